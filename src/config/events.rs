//! `[events]`: who is told of events.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::event_webhook::EventWebhookConfig;
use super::units::{numbered, span};

/// Who is told of events.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventsConfig {
    /// Streams of `GET /v2/events` that are open at the same time; default 32. One more is refused.
    pub max_streams: usize,
    /// After how much silence a stream says that it lives; default `15s`.
    #[serde(with = "span")]
    pub heartbeat: Duration,
    /// Services that are told of events; default none.
    #[serde(deserialize_with = "numbered")]
    pub webhook: Vec<EventWebhookConfig>,
}

impl Default for EventsConfig {
    fn default() -> Self {
        Self {
            max_streams: 32,
            heartbeat: Duration::from_secs(15),
            webhook: Vec::new(),
        }
    }
}
