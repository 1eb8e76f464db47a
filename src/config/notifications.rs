//! `[notifications]`: how messages reach people.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::units::maybe_secret;
use super::{SmtpConfig, WebhookConfig};
use crate::domain::secret::Secret;

/// Messages to people: codes, and links that carry them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NotificationsConfig {
    /// Where the pages of the login are, to which links lead unless a request has a template of its
    /// own; default `http://localhost:3000/ui/v2/login`. The host of a request is never taken for it.
    pub login_url: String,
    /// Messages by e-mail.
    pub email: EmailConfig,
    /// Messages by SMS.
    pub sms: SmsConfig,
    /// What requests to webhooks may do.
    pub webhook: WebhookConfig,
}

impl Default for NotificationsConfig {
    fn default() -> Self {
        Self {
            login_url: "http://localhost:3000/ui/v2/login".to_owned(),
            email: EmailConfig::default(),
            sms: SmsConfig::default(),
            webhook: WebhookConfig::default(),
        }
    }
}

/// How messages are delivered by e-mail.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmailConfig {
    /// By what; default by nothing.
    pub kind: EmailKind,
    /// The folder for messages, where `kind` is `folder`; default none. A relative path starts at the
    /// working directory. It is made with mode 0700.
    pub path: Option<PathBuf>,
    /// Where messages are posted, where `kind` is `webhook`; default none.
    pub endpoint: Option<String>,
    /// With what those requests are signed; default none, and needed.
    #[serde(with = "maybe_secret")]
    pub signing_key: Option<Secret>,
    /// The mail server, where `kind` is `smtp`.
    pub smtp: SmtpConfig,
}

/// What delivers e-mail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EmailKind {
    /// Nothing: a request that asks for a mail is refused.
    #[default]
    None,
    /// Each message becomes a file.
    Folder,
    /// A mail server.
    Smtp,
    /// An HTTP service.
    Webhook,
}

/// How messages are delivered by SMS.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmsConfig {
    /// By what; default by nothing.
    pub kind: SmsKind,
    /// The folder for messages, as for e-mail; it may be the same.
    pub path: Option<PathBuf>,
    /// Where messages are posted, where `kind` is `webhook`; default none.
    pub endpoint: Option<String>,
    /// With what those requests are signed; default none, and needed.
    #[serde(with = "maybe_secret")]
    pub signing_key: Option<Secret>,
}

/// What delivers SMS.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmsKind {
    /// Nothing: a request that asks for an SMS is refused.
    #[default]
    None,
    /// Each message becomes a file.
    Folder,
    /// An HTTP service.
    Webhook,
}
