//! How it goes with a webhook, for those who watch.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use crate::domain::ids::Position;
use crate::domain::time::Timestamp;

/// That no event waits.
const NOTHING: i64 = i64::MIN;

/// How it goes with a webhook.
#[derive(Debug)]
pub struct WebhookState {
    name: String,
    position: AtomicI64,
    waiting_since: AtomicI64,
    delivered: AtomicU64,
    failed: AtomicU64,
    refused: AtomicU64,
    gaps: AtomicU64,
}

/// What is known at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// How far it has been told.
    pub position: Position,
    /// When the event was written that is being delivered, if one is.
    pub waiting_since: Option<Timestamp>,
    /// Attempts that ended well.
    pub delivered: u64,
    /// Attempts that did not.
    pub failed: u64,
    /// Attempts after which it was left alone.
    pub refused: u64,
    /// How often events were archived before it took them.
    pub gaps: u64,
}

impl WebhookState {
    /// Of a webhook that has been told up to a position.
    #[must_use]
    pub fn new(name: String, position: Position) -> Self {
        Self {
            name,
            position: AtomicI64::new(position.number()),
            waiting_since: AtomicI64::new(NOTHING),
            delivered: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            gaps: AtomicU64::new(0),
        }
    }

    /// The name of the webhook.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it goes.
    pub fn read(&self) -> Progress {
        let since = self.waiting_since.load(Relaxed);
        Progress {
            position: Position::new(self.position.load(Relaxed)),
            waiting_since: (since != NOTHING).then(|| Timestamp::from_micros(since)),
            delivered: self.delivered.load(Relaxed),
            failed: self.failed.load(Relaxed),
            refused: self.refused.load(Relaxed),
            gaps: self.gaps.load(Relaxed),
        }
    }

    pub(super) fn reached(&self, position: Position) {
        self.position.store(position.number(), Relaxed);
        self.waiting_since.store(NOTHING, Relaxed);
    }

    pub(super) fn waits(&self, since: Timestamp) {
        self.waiting_since.store(since.micros(), Relaxed);
    }

    pub(super) fn delivered(&self) {
        self.delivered.fetch_add(1, Relaxed);
    }

    pub(super) fn failed(&self) {
        self.failed.fetch_add(1, Relaxed);
    }

    pub(super) fn refused(&self) {
        self.refused.fetch_add(1, Relaxed);
    }

    pub(super) fn gap(&self) {
        self.gaps.fetch_add(1, Relaxed);
    }
}
