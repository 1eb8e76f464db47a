//! How much of a connection is read, and when.
//!
//! actix-http reads all that has come, up to 128 KiB, decodes every request in it and answers those
//! whose answers are ready, all in one turn of the worker's loop: a client that sends thousands of
//! requests without waiting for answers holds up everybody else for as long. It reads on while answers
//! are not taken, and where a request is in hand and its buffer is full it wakes itself for ever. So
//! a connection is read in shares, no further than what is in hand needs, and not at all while its
//! peer takes nothing.

use std::cell::{Cell, RefCell};
use std::task::{Context, Waker};

/// Bytes of a connection in one turn: a few requests, hundreds if they are made to be short.
pub(super) const SHARE: usize = 4 * 1024;

/// Bytes that are read beyond the request in hand: enough for a client that sends the next one early.
const AHEAD: u64 = 8 * 1024;

/// Requests of a connection that are begun in one turn.
const BEGUN: u32 = 8;

/// What keeps a connection from being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// Nothing does.
    Free,
    /// A request is in hand: what it needs is read, and a little more.
    InHand,
    /// The peer takes none of its answers.
    Blocked,
}

/// What a connection may be read of.
#[derive(Debug)]
pub(super) struct Intake {
    /// Bytes that are left of the share of this turn.
    share: Cell<usize>,
    /// Bytes that may still be read until no request is in hand.
    ahead: Cell<u64>,
    /// Requests begun in this turn.
    begun: Cell<u32>,
    /// Whom to wake when reading may go on.
    waiting: RefCell<Option<Waker>>,
}

impl Intake {
    pub(super) fn new() -> Self {
        Self {
            share: Cell::new(SHARE),
            ahead: Cell::new(AHEAD),
            begun: Cell::new(0),
            waiting: RefCell::default(),
        }
    }

    /// How many bytes may be read now. If none, the task is woken when that changes.
    pub(super) fn allowed(&self, hold: Hold, cx: &Context<'_>) -> Option<usize> {
        self.begun.set(0);
        let ahead = match hold {
            Hold::Free => {
                self.ahead.set(AHEAD);
                usize::MAX
            }
            Hold::InHand => usize::try_from(self.ahead.get()).unwrap_or(usize::MAX),
            Hold::Blocked => 0,
        };
        if ahead == 0 {
            self.waiting.replace(Some(cx.waker().clone()));
            return None;
        }
        if self.share.get() == 0 {
            self.share.set(SHARE);
            cx.waker().wake_by_ref();
            return None;
        }
        Some(ahead.min(self.share.get()))
    }

    /// So many bytes were read; without any the turn is over.
    pub(super) fn took(&self, bytes: usize) {
        let share = match bytes {
            0 => SHARE,
            _ => self.share.get().saturating_sub(bytes),
        };
        self.share.set(share);
        self.ahead
            .update(|ahead| ahead.saturating_sub(bytes as u64));
    }

    /// A request is in hand. Returns whether it should wait for the next turn.
    pub(super) fn begin(&self) -> bool {
        self.begun.update(|begun| begun + 1);
        self.begun.get() > BEGUN
    }

    /// The request in hand needs so many more bytes.
    pub(super) fn expect(&self, bytes: u64) {
        self.ahead.update(|ahead| ahead.saturating_add(bytes));
        self.resume();
    }

    /// What held reading up is over.
    pub(super) fn resume(&self) {
        // Borrowed for long, it could be wanted by whoever is woken.
        let waiting = self.waiting.take();
        if let Some(waiting) = waiting {
            waiting.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::woken::Count;
    use super::*;

    #[test]
    fn a_share_that_is_used_up_ends_the_turn() {
        let (count, waker) = Count::new();
        let cx = Context::from_waker(&waker);
        let intake = Intake::new();
        assert_eq!(intake.allowed(Hold::Free, &cx), Some(SHARE));
        intake.took(SHARE - 1);
        assert_eq!(intake.allowed(Hold::Free, &cx), Some(1));
        intake.took(1);
        assert_eq!(count.woken(), 0);
        assert_eq!(intake.allowed(Hold::Free, &cx), None);
        assert_eq!(count.woken(), 1);
        assert_eq!(intake.allowed(Hold::Free, &cx), Some(SHARE));
        // A turn in which nothing more has come.
        intake.took(100);
        intake.took(0);
        assert_eq!(intake.allowed(Hold::Free, &cx), Some(SHARE));
    }

    #[test]
    fn no_more_is_read_than_the_request_in_hand_needs() {
        let (count, waker) = Count::new();
        let cx = Context::from_waker(&waker);
        let intake = Intake::new();
        let read_all = || {
            let mut read = 0;
            loop {
                match intake.allowed(Hold::InHand, &cx) {
                    Some(bytes) => {
                        intake.took(bytes);
                        read += bytes as u64;
                    }
                    None if count.woken() == 0 => return read,
                    None => {}
                }
            }
        };
        assert_eq!(read_all(), AHEAD);
        assert_eq!(read_all(), 0);
        // Another one is no reason to read more: it came with what was read.
        intake.begin();
        assert_eq!(read_all(), 0);
        intake.expect(100_000);
        assert_eq!(count.woken(), 1);
        assert_eq!(read_all(), 100_000);
        // Their answers are out.
        intake.resume();
        assert_eq!(count.woken(), 1);
        assert!(intake.allowed(Hold::Free, &cx).is_some());
        assert_eq!(read_all(), AHEAD);
    }

    #[test]
    fn a_peer_that_takes_nothing_is_not_read() {
        let (count, waker) = Count::new();
        let cx = Context::from_waker(&waker);
        let intake = Intake::new();
        assert_eq!(intake.allowed(Hold::Blocked, &cx), None);
        assert_eq!(count.woken(), 0);
        intake.resume();
        assert_eq!(count.woken(), 1);
        intake.resume();
        assert_eq!(count.woken(), 0);
    }

    #[test]
    fn only_a_few_requests_begin_in_one_turn() {
        let intake = Intake::new();
        let (_, waker) = Count::new();
        let cx = Context::from_waker(&waker);
        for _ in 0..2 {
            let late: Vec<_> = (0..=BEGUN).map(|_| intake.begin()).collect();
            assert_eq!(late.iter().filter(|late| **late).count(), 1);
            assert_eq!(late.last(), Some(&true));
            assert!(intake.allowed(Hold::Free, &cx).is_some());
        }
    }
}
