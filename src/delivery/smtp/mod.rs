//! Messages as mails.

mod html;
mod mail;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message as Mail, Tokio1Executor};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use super::carrier::{Carrier, Undelivered};
use super::texts::Wording;
use crate::domain::notification::Notification;
use crate::domain::secret::Secret;
use crate::ports::{Clock, Pending};

use mail::Letterhead;

/// Answers that are about us and not about the mail: the login is wanted or wrong (RFC 4954 section 6),
/// or the server does not know a command (RFC 5321 section 4.2.4). Once the configuration is right, the
/// mail can go.
const OURS: [u16; 9] = [500, 501, 502, 503, 504, 530, 534, 535, 538];

/// How the connection is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// Not at all.
    None,
    /// After the greeting, and never without.
    StartTls,
    /// From the first byte on.
    Tls,
}

/// A mail server and what it is to be told.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the connection is encrypted.
    pub encryption: Encryption,
    /// Certificates (PEM) that are trusted beside the usual ones.
    pub authorities: Option<Vec<u8>>,
    /// Name and password to log in with.
    pub credentials: Option<(String, Secret)>,
    /// Address that mails come from.
    pub sender: String,
    /// The name beside it; empty for none.
    pub sender_name: String,
    /// Where answers go; empty for the sender.
    pub reply_to: String,
    /// How long the delivery of one mail may take.
    pub timeout: Duration,
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    /// An address is none.
    #[error("not an e-mail address: `{0}`")]
    Address(String),
    /// The certificates cannot be read.
    #[error("not a file of certificates in PEM")]
    Authorities,
    /// TLS cannot be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] Error),
}

/// Hands each message to a mail server, over a connection of its own.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    letterhead: Letterhead,
    wording: Arc<Wording>,
    clock: Arc<dyn Clock>,
    timeout: Duration,
}

impl Smtp {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// [`SmtpError`].
    pub fn new(
        settings: SmtpSettings,
        wording: Arc<Wording>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SmtpError> {
        let letterhead =
            Letterhead::new(&settings.sender, &settings.sender_name, &settings.reply_to)?;
        let encryption = encryption(&settings)?;
        // Other servers tell a stranger's machine by the name of its domain.
        let name = ClientId::Domain(letterhead.domain().to_owned());
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(settings.host)
            .port(settings.port)
            .tls(encryption)
            .hello_name(name)
            .timeout(Some(settings.timeout));
        if let Some((user, password)) = settings.credentials {
            let credentials = Credentials::new(user, password.expose().to_owned());
            builder = builder.credentials(credentials);
        }
        Ok(Self {
            transport: builder.build(),
            letterhead,
            wording,
            clock,
            timeout: settings.timeout,
        })
    }

    async fn send(&self, notification: &Notification) -> Result<(), Undelivered> {
        let mail = mail::write(
            &self.letterhead,
            &self.wording,
            notification,
            self.clock.now(),
        )
        .map_err(|why| Undelivered::Refused(why.to_owned()))?;
        let sent = tokio::time::timeout(self.timeout, self.hand_over(mail)).await;
        sent.unwrap_or_else(|_| Err(Undelivered::failed("the mail server takes too long")))
    }

    async fn hand_over(&self, mail: Mail) -> Result<(), Undelivered> {
        match self.transport.send(mail).await {
            Ok(_) => Ok(()),
            Err(error) => Err(undelivered(&error)),
        }
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Smtp")
            .field("letterhead", &self.letterhead)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl Carrier for Smtp {
    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
    ) -> Pending<'a, Result<(), Undelivered>> {
        Box::pin(self.send(notification))
    }
}

fn encryption(settings: &SmtpSettings) -> Result<Tls, SmtpError> {
    let parameters = || -> Result<TlsParameters, SmtpError> {
        let mut builder = TlsParameters::builder(settings.host.clone());
        for certificate in certificates(settings.authorities.as_deref())? {
            builder = builder.add_root_certificate(certificate);
        }
        Ok(builder.build_rustls()?)
    };
    Ok(match settings.encryption {
        Encryption::None => Tls::None,
        Encryption::StartTls => Tls::Required(parameters()?),
        Encryption::Tls => Tls::Wrapper(parameters()?),
    })
}

fn certificates(pem: Option<&[u8]>) -> Result<Vec<Certificate>, SmtpError> {
    let Some(pem) = pem else {
        return Ok(Vec::new());
    };
    let certificates = CertificateDer::pem_slice_iter(pem)
        .map(|found| {
            let der = found.map_err(|_| SmtpError::Authorities)?;
            Certificate::from_der(der.to_vec()).map_err(|_| SmtpError::Authorities)
        })
        .collect::<Result<Vec<_>, _>>()?;
    if certificates.is_empty() {
        return Err(SmtpError::Authorities);
    }
    Ok(certificates)
}

/// The server's own words are left out: they often have the recipient's address in them.
fn undelivered(error: &Error) -> Undelivered {
    let Some(code) = error.status() else {
        return Undelivered::failed(if error.is_response() {
            "the mail server's answer cannot be read".to_owned()
        } else if error.is_client() {
            "the mail server does not offer what the mail needs".to_owned()
        } else {
            error.to_string()
        });
    };
    let code = code.to_string();
    let ours = code.parse().is_ok_and(|code| OURS.contains(&code));
    let why = format!("the mail server answers {code}");
    if error.is_permanent() && !ours {
        Undelivered::Refused(why)
    } else {
        Undelivered::Failed(why)
    }
}
