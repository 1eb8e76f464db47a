//! A clock that stands still until a test moves it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bartizan::domain::time::Timestamp;
use bartizan::ports::{Clock, Pending};

/// 2026-11-23T10:00:00.123456Z: with microseconds, so that a lost digit is seen.
const START: i64 = 1_795_428_000_123_456;

/// Time as a test wants it.
#[derive(Debug)]
pub(crate) struct FakeClock {
    now: AtomicI64,
    slept: Mutex<Vec<Duration>>,
}

impl FakeClock {
    /// A clock at its fixed first moment.
    pub(crate) fn new() -> Self {
        Self {
            now: AtomicI64::new(START),
            slept: Mutex::new(Vec::new()),
        }
    }

    /// Moves on.
    pub(crate) fn advance(&self, span: Duration) {
        let micros = i64::try_from(span.as_micros()).unwrap();
        self.now.fetch_add(micros, Ordering::SeqCst);
    }

    /// Moves on by seconds.
    pub(crate) fn advance_seconds(&self, seconds: u64) {
        self.advance(Duration::from_secs(seconds));
    }

    /// Jumps back, as a clock that was set does.
    pub(crate) fn set_back(&self, span: Duration) {
        let micros = i64::try_from(span.as_micros()).unwrap();
        self.now.fetch_sub(micros, Ordering::SeqCst);
    }

    /// This moment plus some seconds, as answers write it.
    pub(crate) fn text_in(&self, seconds: i64) -> String {
        Timestamp::from_micros(self.now().micros() + seconds * 1_000_000).to_string()
    }

    /// This moment as answers write it.
    pub(crate) fn text(&self) -> String {
        self.text_in(0)
    }

    /// The delays that answers were held back for since this was last asked, but for those of
    /// nothing at all.
    pub(crate) fn take_slept(&self) -> Vec<Duration> {
        let slept = std::mem::take(&mut *self.slept.lock().unwrap());
        slept.into_iter().filter(|span| !span.is_zero()).collect()
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.now.load(Ordering::SeqCst))
    }

    fn sleep(&self, span: Duration) -> Pending<'static, ()> {
        self.slept.lock().unwrap().push(span);
        Box::pin(std::future::ready(()))
    }
}
