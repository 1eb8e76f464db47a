//! What the writer has done, in numbers that cost it nothing.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Upper ends of the classes of batches, in requests.
pub const BATCH_BOUNDS: [u64; 10] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/// Upper ends of the classes of transactions, in microseconds.
pub const TRANSACTION_BOUNDS: [u64; 12] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000, 1_000_000,
];

/// Written by the writing thread, but for the first two.
#[derive(Debug, Default)]
pub(super) struct Counts {
    /// Requests that found a place in the queue.
    pub(super) queued: AtomicU64,
    /// Requests that found none.
    pub(super) turned_away: AtomicU64,
    /// Requests that were answered.
    answered: AtomicU64,
    /// Requests that did not fit what the database held.
    refused: AtomicU64,
    /// Requests that the database failed at.
    failed: AtomicU64,
    batches: [AtomicU64; BATCH_BOUNDS.len() + 1],
    transactions: [AtomicU64; TRANSACTION_BOUNDS.len() + 1],
    committed: AtomicU64,
    micros: AtomicU64,
}

/// What the writer has done since the store was opened.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriterStats {
    /// Requests that wait or are being written.
    pub waiting: u64,
    /// Requests that were refused because the queue was full.
    pub turned_away: u64,
    /// Requests that were refused because they did not fit: somebody else was faster.
    pub refused: u64,
    /// Requests that the database failed at.
    pub failed: u64,
    /// Requests in committed batches.
    pub committed: u64,
    /// Batches in each class of [`BATCH_BOUNDS`], and larger ones.
    pub batches: [u64; BATCH_BOUNDS.len() + 1],
    /// Transactions of batches in each class of [`TRANSACTION_BOUNDS`], and longer ones.
    pub transactions: [u64; TRANSACTION_BOUNDS.len() + 1],
    /// Microseconds that those took together.
    pub micros: u64,
}

impl Counts {
    /// A batch was committed.
    pub(super) fn batch(&self, requests: usize, refused: usize, took: Duration) {
        let requests = requests as u64;
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        class(&self.batches, &BATCH_BOUNDS, requests);
        class(&self.transactions, &TRANSACTION_BOUNDS, micros);
        add(&self.micros, micros);
        add(&self.committed, requests);
        add(&self.refused, refused as u64);
        add(&self.answered, requests);
    }

    /// The database failed at so many requests.
    pub(super) fn failed(&self, requests: usize) {
        add(&self.failed, requests as u64);
        add(&self.answered, requests as u64);
    }

    pub(super) fn read(&self) -> WriterStats {
        let answered = self.answered.load(Relaxed);
        WriterStats {
            waiting: self.queued.load(Relaxed).saturating_sub(answered),
            turned_away: self.turned_away.load(Relaxed),
            refused: self.refused.load(Relaxed),
            failed: self.failed.load(Relaxed),
            committed: self.committed.load(Relaxed),
            batches: self.batches.each_ref().map(|count| count.load(Relaxed)),
            transactions: self
                .transactions
                .each_ref()
                .map(|count| count.load(Relaxed)),
            micros: self.micros.load(Relaxed),
        }
    }
}

fn class(counts: &[AtomicU64], bounds: &[u64], value: u64) {
    let place = bounds.iter().position(|bound| value <= *bound);
    if let Some(count) = counts.get(place.unwrap_or(bounds.len())) {
        add(count, 1);
    }
}

/// One thread writes these, so nothing is lost between the two halves.
fn add(number: &AtomicU64, more: u64) {
    number.store(number.load(Relaxed).wrapping_add(more), Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_and_failures_empty_the_queue() {
        let counts = Counts::default();
        counts.queued.fetch_add(9, Relaxed);
        counts.batch(3, 1, Duration::from_micros(250));
        counts.batch(600, 0, Duration::from_secs(2));
        counts.failed(2);
        let stats = counts.read();
        assert_eq!((stats.refused, stats.failed, stats.committed), (1, 2, 603));
        assert_eq!((stats.batches[2], stats.batches[10]), (1, 1));
        assert_eq!((stats.transactions[1], stats.transactions[12]), (1, 1));
        assert_eq!((stats.waiting, stats.micros), (0, 2_000_250));
    }
}
