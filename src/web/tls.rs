//! TLS on the port: what a handshake needs, and how that changes while connections are open.
//!
//! A certificate and its key become one [`Pair`], tested before anybody sees it. A connection takes
//! the pair of the moment when it begins; [`Tls::replace`] is for those that come later. Where the
//! two are kept is not known here, and no text from here shows any of what they hold.

use std::fmt;
use std::io;
use std::sync::Arc;

use arc_swap::ArcSwap;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ResolvesServerCert;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{InconsistentKeys, InvalidMessage, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::stream::Protocol;

/// The name of HTTP/2 over TLS (RFC 9113 section 3.2).
const H2: &[u8] = b"h2";

/// The name of HTTP/1.1 (RFC 7301 section 6).
const HTTP1: &[u8] = b"http/1.1";

/// A chain of certificates and the key of the first one, ready for handshakes of TLS 1.2 and 1.3.
#[derive(Clone)]
pub struct Pair(Arc<ServerConfig>);

impl Pair {
    /// Reads both from PEM: the chain begins with the certificate of the server, and of several keys
    /// the first counts.
    ///
    /// # Errors
    /// [`PairError`].
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, PairError> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate)
            .collect::<Result<_, _>>()
            // The parser's words may show the line that it stopped at.
            .map_err(|_| PairError::Certificate)?;
        if chain.is_empty() {
            return Err(PairError::Certificate);
        }
        let provider = ring::default_provider();
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| PairError::Key)?;
        let key = provider
            .key_provider
            .load_private_key(key)
            .map_err(|_| PairError::Key)?;
        let certified = CertifiedKey::new(chain, key);
        match certified.keys_match() {
            // Keys that cannot tell are left to the handshake.
            Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => {}
            Err(rustls::Error::InconsistentKeys(_)) => return Err(PairError::Mismatch),
            Err(_) => return Err(PairError::Certificate),
        }
        let resolver: Arc<dyn ResolvesServerCert> = Arc::new(SingleCertAndKey::from(certified));
        let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(PairError::Unsupported)?
            .with_no_client_auth()
            .with_cert_resolver(resolver);
        config.alpn_protocols = vec![H2.to_vec(), HTTP1.to_vec()];
        // Clients come back without a memory of them here, but never with a ticket of another pair.
        config.ticketer = ring::Ticketer::new().map_err(PairError::Unsupported)?;
        Ok(Self(Arc::new(config)))
    }
}

impl fmt::Debug for Pair {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Pair(\u{2026})")
    }
}

/// Why a certificate and a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// There is no certificate, or it cannot be read.
    #[error("it does not hold a chain of certificates in PEM")]
    Certificate,
    /// There is no private key, or it is of a kind that is not spoken.
    #[error("it does not hold a private key in PEM, RSA, ECDSA or Ed25519, without a passphrase")]
    Key,
    /// Both are good and do not belong together.
    #[error("it is not the key of the first certificate")]
    Mismatch,
    /// The library does not do what it is asked to.
    #[error("TLS cannot be used: {0}")]
    Unsupported(#[source] rustls::Error),
}

/// The pair that new connections are given.
pub struct Tls(ArcSwap<ServerConfig>);

impl Tls {
    /// Begins with a pair.
    pub fn new(pair: Pair) -> Self {
        Self(ArcSwap::new(pair.0))
    }

    /// Gives another pair to the connections that begin from now on; those that are open go on.
    pub fn replace(&self, pair: Pair) {
        self.0.store(pair.0);
    }

    /// Waits for the handshake of a client.
    pub(super) async fn accept<S>(&self, stream: S) -> io::Result<Box<TlsStream<S>>>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let accept = TlsAcceptor::from(self.0.load_full()).accept(stream);
        accept.await.map(Box::new)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Tls(\u{2026})")
    }
}

/// The protocol that a client agreed on in its handshake, if it asked for any.
pub(super) fn agreed<S>(stream: &TlsStream<S>) -> Option<Protocol> {
    match stream.get_ref().1.alpn_protocol() {
        Some(H2) => Some(Protocol::Http2),
        Some(_) => Some(Protocol::Http1),
        None => None,
    }
}

/// Whether a handshake failed because what came was no TLS at all.
pub(super) fn is_cleartext(error: &io::Error) -> bool {
    let cause = error
        .get_ref()
        .and_then(|cause| cause.downcast_ref::<rustls::Error>());
    matches!(
        cause,
        Some(rustls::Error::InvalidMessage(
            InvalidMessage::InvalidContentType
        ))
    )
}

#[cfg(test)]
mod tests {
    use rcgen::{CertifiedKey as Made, KeyPair, generate_simple_self_signed};

    use super::*;

    fn made() -> (String, String) {
        let Made { cert, signing_key } =
            generate_simple_self_signed(["service.test".to_owned()]).unwrap();
        (cert.pem(), signing_key.serialize_pem())
    }

    fn refused(certificate: &str, key: &str) -> String {
        let error = Pair::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap_err();
        format!("{error} {error:?}")
    }

    #[test]
    fn a_pair_is_told_from_what_is_none() {
        const NO_CERTIFICATE: &str = "it does not hold a chain of certificates in PEM Certificate";
        const NO_KEY: &str = "it does not hold a private key in PEM, RSA, ECDSA or Ed25519, \
                              without a passphrase Key";
        let (certificate, key) = made();
        let (_, other_key) = made();
        assert!(Pair::from_pem(certificate.as_bytes(), key.as_bytes()).is_ok());
        let both = format!("{key}{certificate}");
        assert!(
            Pair::from_pem(both.as_bytes(), both.as_bytes()).is_ok(),
            "one file may hold both"
        );
        let without_lines = |pem: &str| pem.replace('\n', "");
        let cut = certificate.split_at(certificate.len() / 2).0;
        let empty = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";
        for (certificate, key, expected) in [
            ("", &*key, NO_CERTIFICATE),
            ("text", &key, NO_CERTIFICATE),
            (&key, &key, NO_CERTIFICATE),
            (cut, &key, NO_CERTIFICATE),
            (empty, &key, NO_CERTIFICATE),
            (&without_lines(&both), &key, NO_CERTIFICATE),
            (&certificate, "", NO_KEY),
            (&certificate, &certificate, NO_KEY),
            (&certificate, key.split_at(key.len() / 2).0, NO_KEY),
            (&certificate, &without_lines(&key), NO_KEY),
            (
                &certificate,
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                NO_KEY,
            ),
            (
                &certificate,
                &other_key,
                "it is not the key of the first certificate Mismatch",
            ),
        ] {
            assert_eq!(refused(certificate, key), expected, "{certificate}");
        }
    }

    #[test]
    fn what_is_shown_of_a_pair_is_nothing() {
        let key = KeyPair::generate().unwrap();
        let parameters = rcgen::CertificateParams::new(["service.test".to_owned()]).unwrap();
        let certificate = parameters.self_signed(&key).unwrap().pem();
        let pair = Pair::from_pem(certificate.as_bytes(), key.serialize_pem().as_bytes()).unwrap();
        assert_eq!(
            format!("{pair:?} {:?}", Tls::new(pair.clone())),
            "Pair(…) Tls(…)"
        );
    }
}
