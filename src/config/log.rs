//! `[log]`: what is logged, and how.

use serde::{Deserialize, Serialize};

/// What is logged, and how. Logs go to stderr.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LogConfig {
    /// `off`, `error`, `warn`, `info`, `debug` or `trace`, and by commas `target=level` for parts
    /// of the program (`info,bartizan::storage=debug`); default `info`.
    ///
    /// The variable `RUST_LOG`, which Rust programs share, wins over every other source.
    pub level: String,
    /// One line of text or one JSON object per message; default `text`.
    pub format: LogFormat,
    /// Whether each request is logged, whatever the level; default true.
    ///
    /// The lines have the target `access`, the level `info`, and in JSON the members `method`,
    /// `path`, `operation`, `status`, `code`, `bytes`, `duration_us`, `request_id` and `peer`.
    pub access: bool,
}

/// The form of a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// `2026-11-23T10:00:00.123456Z INFO target message`.
    #[default]
    Text,
    /// `{"ts":…,"level":…,"target":…,"message":…}` and what the message is about, such as
    /// `"request_id":…`.
    Json,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            level: "info".to_owned(),
            format: LogFormat::default(),
            access: true,
        }
    }
}
