//! What delivers messages: made from the configuration, run on a thread of its own.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::{Notify, oneshot};

use crate::config::{Config, EmailKind, SmsKind, SmtpConfig, SmtpTls, WebhookConfig};
use crate::crypto::{KeyFile, SealingKeys};
use crate::delivery::{
    Carrier, Carriers, Encryption, Folder, Look, Postbox, Smtp, SmtpSettings, Webhook,
    WebhookSettings, Wording, Worker,
};
use crate::domain::notification::{Channel, Target, Targets};
use crate::domain::secret::Secret;
use crate::ports::{Clock, Deliveries};

use super::AppError;

/// Where commands leave their messages.
pub(super) fn postbox(config: &Config, keys: &KeyFile) -> Postbox {
    let notifications = &config.notifications;
    let email = notifications.email.kind != EmailKind::None;
    let sms = notifications.sms.kind != SmsKind::None;
    let channels = [(Channel::Email, email), (Channel::Sms, sms)];
    Postbox::new(
        Arc::new(SealingKeys::for_outbox(keys)),
        channels
            .into_iter()
            .filter_map(|(channel, delivers)| delivers.then_some(channel)),
        &notifications.login_url,
    )
}

/// What the configuration has for each channel.
///
/// # Errors
/// [`AppError`] where it cannot be used.
pub(super) fn carriers(config: &Config, clock: &Arc<dyn Clock>) -> Result<Carriers, AppError> {
    let notifications = &config.notifications;
    let light = &config.branding.light;
    let look = Look {
        primary_color: light.primary_color.clone(),
        background_color: light.background_color.clone(),
        font_color: light.font_color.clone(),
        logo_url: light.logo_url.clone(),
    };
    let wording = Arc::new(Wording::new(
        &config.general.default_language,
        &notifications.login_url,
        look,
    ));
    let folder = |path: Option<&Path>| -> Result<Arc<dyn Carrier>, AppError> {
        let path = path.unwrap_or_else(|| Path::new("."));
        let folder = Folder::open(path, Arc::clone(&wording), Arc::clone(clock));
        let folder = folder.map_err(|source| AppError::Folder {
            path: path.to_owned(),
            source,
        })?;
        Ok(Arc::new(folder))
    };
    let webhook = |key: &str, endpoint: Option<&str>, signing_key: Option<&Secret>| {
        let settings = webhook_settings(&notifications.webhook, endpoint, signing_key);
        Webhook::new(settings, Arc::clone(&wording), Arc::clone(clock))
            .map(|webhook| -> Arc<dyn Carrier> { Arc::new(webhook) })
            .map_err(|source| AppError::Webhook {
                key: key.to_owned(),
                source,
            })
    };
    let mut carriers = Carriers::new();
    match notifications.email.kind {
        EmailKind::None => {}
        EmailKind::Folder => {
            let path = notifications.email.path.as_deref();
            carriers.insert(Channel::Email, folder(path)?);
        }
        EmailKind::Smtp => {
            let settings = smtp_settings(&notifications.email.smtp)?;
            let smtp = Smtp::new(settings, Arc::clone(&wording), Arc::clone(clock))
                .map_err(AppError::MailServer)?;
            carriers.insert(Channel::Email, Arc::new(smtp));
        }
        EmailKind::Webhook => {
            let email = &notifications.email;
            let (endpoint, key) = (email.endpoint.as_deref(), email.signing_key.as_ref());
            let webhook = webhook("notifications.email.endpoint", endpoint, key)?;
            carriers.insert(Channel::Email, webhook);
        }
    }
    match notifications.sms.kind {
        SmsKind::None => {}
        SmsKind::Folder => {
            let path = notifications.sms.path.as_deref();
            carriers.insert(Channel::Sms, folder(path)?);
        }
        SmsKind::Webhook => {
            let sms = &notifications.sms;
            let (endpoint, key) = (sms.endpoint.as_deref(), sms.signing_key.as_ref());
            let webhook = webhook("notifications.sms.endpoint", endpoint, key)?;
            carriers.insert(Channel::Sms, webhook);
        }
    }
    Ok(carriers)
}

/// What requests to a webhook may do.
pub(super) fn webhook_settings(
    config: &WebhookConfig,
    endpoint: Option<&str>,
    signing_key: Option<&Secret>,
) -> WebhookSettings {
    let parse = |texts: &[String]| {
        texts
            .iter()
            .filter_map(|text| Target::parse(text))
            .collect()
    };
    WebhookSettings {
        // The configuration is refused without either.
        endpoint: endpoint.unwrap_or_default().to_owned(),
        signing_key: signing_key
            .cloned()
            .unwrap_or_else(|| Secret::new(String::new())),
        timeout: config.timeout,
        keep: None,
        allow_http: config.allow_http,
        targets: Targets::new(parse(&config.allow), parse(&config.deny)),
    }
}

fn smtp_settings(config: &SmtpConfig) -> Result<SmtpSettings, AppError> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|source| AppError::MailFile {
            path: path.to_owned(),
            source,
        })
    };
    let password = match &config.password_file {
        Some(path) => {
            let text = String::from_utf8_lossy(&read(path)?).into_owned();
            // Without the line break that editors add.
            Some(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
        }
        None => config.password.clone(),
    };
    Ok(SmtpSettings {
        host: config.host.clone(),
        port: config.port,
        encryption: match config.tls {
            SmtpTls::None => Encryption::None,
            SmtpTls::StartTls => Encryption::StartTls,
            SmtpTls::Tls => Encryption::Tls,
        },
        authorities: config.ca_file.as_deref().map(read).transpose()?,
        credentials: password.map(|password| (config.user.clone(), password)),
        sender: config.sender.clone(),
        sender_name: config.sender_name.clone(),
        reply_to: config.reply_to.clone(),
        timeout: config.timeout,
    })
}

/// The thread that delivers.
#[derive(Debug)]
pub(super) struct Delivery {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Delivery {
    /// Starts it.
    ///
    /// # Errors
    /// [`AppError::Serve`] if the system gives no thread.
    pub(super) fn start(
        store: Arc<dyn Deliveries>,
        keys: &KeyFile,
        carriers: Carriers,
        clock: Arc<dyn Clock>,
        bell: Arc<Notify>,
    ) -> Result<Self, AppError> {
        let sealer = Arc::new(SealingKeys::for_outbox(keys));
        let worker = Worker::new(store, sealer, carriers, clock, bell);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(AppError::Serve)?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("bartizan-delivery".to_owned())
            .spawn(move || runtime.block_on(worker.run(stopped)))
            .map_err(AppError::Serve)?;
        Ok(Self { stop, thread })
    }

    /// Lets running deliveries end, for a few seconds, and begins no other.
    ///
    /// # Errors
    /// [`AppError::Serve`] if the thread had panicked.
    pub(super) fn stop(self) -> Result<(), AppError> {
        drop(self.stop);
        self.thread
            .join()
            .map_err(|_| AppError::Serve(io::Error::other("delivery panicked")))
    }
}
