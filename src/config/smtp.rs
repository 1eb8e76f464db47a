//! `[notifications.email.smtp]`: the server that takes mails.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::units::{maybe_secret, span};
use crate::domain::secret::Secret;

/// The server that takes mails.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SmtpConfig {
    /// Name or address of the server; no default.
    pub host: String,
    /// Its port; default 587, the port for submission (RFC 6409).
    pub port: u16,
    /// How the connection is encrypted; default `starttls`.
    pub tls: SmtpTls,
    /// Certificates (PEM) that are trusted beside the usual ones; default none.
    pub ca_file: Option<PathBuf>,
    /// The name to log in with; default empty, for no login.
    pub user: String,
    /// The password to log in with; default none.
    #[serde(with = "maybe_secret")]
    pub password: Option<Secret>,
    /// A file with that password in its place; default none.
    pub password_file: Option<PathBuf>,
    /// The address that mails come from; no default.
    pub sender: String,
    /// The name that mails come from; default empty, for none.
    pub sender_name: String,
    /// Where answers go; default empty, for the sender.
    pub reply_to: String,
    /// How long the delivery of one mail may take; default `30s`.
    #[serde(with = "span")]
    pub timeout: Duration,
}

impl Default for SmtpConfig {
    fn default() -> Self {
        Self {
            host: String::new(),
            port: 587,
            tls: SmtpTls::default(),
            ca_file: None,
            user: String::new(),
            password: None,
            password_file: None,
            sender: String::new(),
            sender_name: String::new(),
            reply_to: String::new(),
            timeout: Duration::from_secs(30),
        }
    }
}

/// How the connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// Not at all.
    None,
    /// From the server's greeting on; a server that cannot is not used.
    #[default]
    StartTls,
    /// From the first byte on.
    Tls,
}
