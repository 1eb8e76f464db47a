//! `[notifications.webhook]`: what requests to HTTP services may do, also those that tell of events.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::units::span;

/// What requests that carry messages may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookConfig {
    /// How long one request that carries a message may take; default `10s`.
    #[serde(with = "span")]
    pub timeout: Duration,
    /// Whether endpoints may begin with `http://`; default no, for they are sent codes.
    pub allow_http: bool,
    /// Host names, addresses and networks that may be connected to whatever else denies it; default
    /// none.
    pub allow: Vec<String>,
    /// Those that may not, beside loopback, private and all others that are not the internet; default
    /// none.
    pub deny: Vec<String>,
}

impl Default for WebhookConfig {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            allow_http: false,
            allow: Vec::new(),
            deny: Vec::new(),
        }
    }
}
