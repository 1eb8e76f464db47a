//! The word that goes to every connection when the server stops.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Shared by the server's handle, its workers and their connections.
#[derive(Debug)]
pub(super) struct Stop {
    drain: Duration,
    deadline: OnceLock<Instant>,
    signal: watch::Sender<()>,
    connections: AtomicUsize,
}

/// Held by every open connection: the stop is complete when all are gone.
#[derive(Debug)]
pub(super) struct Open {
    stop: Arc<Stop>,
    _signal: watch::Receiver<()>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.stop.connections.fetch_sub(1, Relaxed);
    }
}

impl Stop {
    pub(super) fn new(drain: Duration) -> Arc<Self> {
        Arc::new(Self {
            drain,
            deadline: OnceLock::new(),
            signal: watch::Sender::new(()),
            connections: AtomicUsize::new(0),
        })
    }

    /// Tells every connection to finish what it has in hand.
    pub(super) fn begin(&self) {
        self.deadline.get_or_init(|| Instant::now() + self.drain);
        self.signal.send_replace(());
    }

    /// When the last request must be finished, once the stop has begun.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline.get().copied()
    }

    /// Counts a connection as open for as long as the result lives.
    pub(super) fn open(self: &Arc<Self>) -> Open {
        self.connections.fetch_add(1, Relaxed);
        Open {
            stop: Arc::clone(self),
            _signal: self.signal.subscribe(),
        }
    }

    /// How many connections are open.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Relaxed)
    }

    /// Resolves when the stop begins, or at once if it has begun.
    pub(super) async fn begun(&self) {
        // Subscribing first: a stop that begins between the two lines is not missed.
        let mut signal = self.signal.subscribe();
        if self.deadline().is_none() {
            // The sender lives in `self`, so there is no error to see here.
            signal.changed().await.ok();
        }
    }

    /// Resolves when no connection is open.
    pub(super) async fn emptied(&self) {
        self.signal.closed().await;
    }
}
