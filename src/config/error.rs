//! What cannot be used of the configuration, in words for whoever wrote it.

use std::fmt;
use std::path::PathBuf;

/// Where a value was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// In a file.
    File(PathBuf),
    /// In an environment variable.
    Variable(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(out, "file `{}`", path.display()),
            Self::Variable(name) => write!(out, "environment variable `{name}`"),
        }
    }
}

/// Why a configuration cannot be used. `Display` is one sentence, a blank line and a hint; no secret
/// is ever part of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read configuration file: `{path}`\n\nhint: {reason}", path = path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// The file is no TOML.
    #[error("cannot parse configuration file: `{path}`\n\nhint: {reason}", path = path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// Where, and what the parser says; never the line itself, which may hold a password.
        reason: String,
    },
    /// The file sets a key that does not exist.
    #[error("unknown key in {origin}: `{key}`\n\nhint: {hint}")]
    UnknownKey {
        /// The key, dotted.
        key: String,
        /// The file.
        origin: Origin,
        /// What there is instead.
        hint: String,
    },
    /// A variable begins with `BARTIZAN_` and names no key.
    #[error("unknown environment variable: `{name}`\n\nhint: {hint}")]
    UnknownVariable {
        /// The variable.
        name: String,
        /// What there is instead.
        hint: String,
    },
    /// The value is of the wrong kind, out of its range, or does not fit another value.
    #[error(
        "value of `{key}` in {origin} is not allowed{value}\n\nhint: write {allowed}",
        value = value.as_ref().map(|value| format!(": `{value}`")).unwrap_or_default()
    )]
    NotAllowed {
        /// The key, dotted.
        key: String,
        /// The value, unless it is secret.
        value: Option<String>,
        /// Where it was written.
        origin: Origin,
        /// What is allowed.
        allowed: String,
    },
    /// The key means nothing without another one, which is not set.
    #[error("`{key}` is set in {origin} and `{missing}` is not\n\nhint: set both or neither")]
    Alone {
        /// The key that is set, dotted.
        key: String,
        /// Where it was written.
        origin: Origin,
        /// The key that is not.
        missing: String,
    },
    /// A table lacks a key that every one needs.
    #[error("`{missing}` of {what} is not set: `{key}`\n\nhint: every {needing} needs it")]
    Incomplete {
        /// The table: its place in the list, from 0.
        key: String,
        /// What it stands for.
        what: &'static str,
        /// Which tables need the key.
        needing: &'static str,
        /// The key that is missing.
        missing: &'static str,
    },
    /// The value passed its rule and still has no place in the types: our fault.
    #[error(
        "cannot use the value of a key: `{key}`\n\nhint: this is a mistake in the program, please report it"
    )]
    Unusable {
        /// The key, dotted.
        key: String,
    },
}

/// A text for one line of a terminal: line breaks and whatever else moves the cursor are escaped.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            out.extend(c.escape_default());
        } else {
            out.push(c);
        }
    }
    out
}
