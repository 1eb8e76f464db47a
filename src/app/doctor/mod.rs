//! What an operator would look at when something is wrong, looked at in one go. Nothing is changed.

mod database;
mod files;
mod network;

use crate::config::Config;
use crate::crypto::{ChainKey, KeyFile};
use crate::ports::Clock;

use super::{AppError, Certificates, data_dir};

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// As it should be.
    Good,
    /// It works, and somebody should look at it.
    Unwise,
    /// It does not work.
    Bad,
    /// It could not be looked at, because something before it is bad or it was not asked for.
    Unknown,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// What.
    pub subject: &'static str,
    /// How it is.
    pub health: Health,
    /// In words.
    pub what: String,
    /// What to do about it.
    pub remedy: Option<String>,
}

impl Diagnosis {
    fn new(subject: &'static str, health: Health, what: impl Into<String>) -> Self {
        Self {
            subject,
            health,
            what: what.into(),
            remedy: None,
        }
    }

    fn good(subject: &'static str, what: impl Into<String>) -> Self {
        Self::new(subject, Health::Good, what)
    }

    fn bad(subject: &'static str, what: impl Into<String>) -> Self {
        Self::new(subject, Health::Bad, what)
    }

    fn unwise(subject: &'static str, what: impl Into<String>) -> Self {
        Self::new(subject, Health::Unwise, what)
    }

    fn remedy(self, remedy: impl Into<String>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            ..self
        }
    }
}

/// Looks at everything. `online` also connects to what messages are delivered to.
pub fn examine(config: &Config, clock: &dyn Clock, online: bool) -> Vec<Diagnosis> {
    let mut found = configuration(config);
    found.extend(files::examine(config));
    let running = data_dir::is_locked(&config.data_dir);
    found.extend(network::ports(config, running));
    let keys = KeyFile::load(&config.key_path());
    found.push(key(config, &keys));
    let seal = keys.as_ref().ok().map(ChainKey::new);
    found.extend(database::examine(config, clock, seal.as_ref()));
    found.extend(network::channels(config, online));
    found
}

/// That it was loaded says that it can be used.
fn configuration(config: &Config) -> Vec<Diagnosis> {
    const SUBJECT: &str = "configuration";
    let mut warnings = config.warnings.clone();
    let certificates = Certificates::load(config);
    if let Ok(Some(certificates)) = &certificates {
        warnings.extend(certificates.warning());
    }
    let mut found: Vec<_> = warnings
        .into_iter()
        .map(|warning| Diagnosis::unwise(SUBJECT, warning))
        .collect();
    if let Err(error) = certificates {
        found.push(Diagnosis::bad("certificate", told(&error)));
    }
    if found.is_empty() {
        found.push(Diagnosis::good(SUBJECT, "can be used"));
    }
    found
}

fn key(config: &Config, keys: &Result<KeyFile, crate::crypto::KeyError>) -> Diagnosis {
    const SUBJECT: &str = "key file";
    match keys {
        Ok(keys) => Diagnosis::good(
            SUBJECT,
            format!("keys: {}, the newest is {}", keys.count(), keys.id()),
        ),
        Err(error) if config.database_path().exists() => Diagnosis::bad(SUBJECT, told(error))
            .remedy(format!(
                "put the copy of it back as `{}`",
                config.key_path().display()
            )),
        Err(error) => {
            Diagnosis::new(SUBJECT, Health::Unknown, told(error)).remedy("the first start makes it")
        }
    }
}

/// An error and what lies behind it.
fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        let source_text = source.to_string();
        if !text.contains(&source_text) {
            text.push_str(": ");
            text.push_str(&source_text);
        }
        cause = source.source();
    }
    text
}

/// Adds a key to the key file; see [`KeyFile::rotate`].
///
/// # Errors
/// [`AppError`]: a server runs, there is no database yet, the key file cannot be read or written.
pub fn rotate_key(config: &Config, end_tokens: bool) -> Result<KeyFile, AppError> {
    let database = config.database_path();
    if !database.is_file() {
        return Err(AppError::NoDatabase(database));
    }
    let _lock = data_dir::lock(&config.data_dir)?;
    Ok(KeyFile::rotate(&config.key_path(), end_tokens)?)
}
