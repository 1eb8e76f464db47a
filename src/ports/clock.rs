//! Time and identity as parameters: the core never asks the machine.

use std::fmt::Debug;
use std::time::Duration;

use super::Pending;
use crate::domain::time::Timestamp;

/// Where the time comes from. Tests advance a clock of their own and never wait.
pub trait Clock: Debug + Send + Sync {
    /// Now, UTC, in microseconds.
    fn now(&self) -> Timestamp;

    /// Waits. Used where something is held back on purpose: an answer (tarpit), a further attempt at a
    /// delivery. Never to poll.
    fn sleep(&self, span: Duration) -> Pending<'static, ()>;
}

/// Where new ids come from.
pub trait IdGenerator: Debug + Send + Sync {
    /// A fresh positive id: seconds of `now` in the high bits, then the node, then random bits.
    ///
    /// Not proven unique: the store refuses an id that exists and the caller takes another.
    fn next(&self, now: Timestamp) -> i64;
}
