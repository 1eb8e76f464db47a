//! `[sweep]`: when rows of sessions that have ended go.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::units::span;

/// When rows of sessions that have ended go. Their events stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SweepConfig {
    /// Whether they go at all; default true.
    pub enabled: bool,
    /// How long after its end, by termination or by expiry, a session goes; default `720h`, 30 days.
    #[serde(with = "span")]
    pub after: Duration,
    /// How often it is looked for such sessions; default `10m`.
    #[serde(with = "span")]
    pub interval: Duration,
    /// Rows that go in one transaction at most; default 200.
    ///
    /// Each takes some microseconds, and requests that write wait for all of them.
    pub batch: u32,
}

impl Default for SweepConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            after: Duration::from_hours(720),
            interval: Duration::from_mins(10),
            batch: 200,
        }
    }
}
