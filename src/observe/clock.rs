//! The clock of the machine.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use crate::domain::time::Timestamp;
use crate::ports::{Clock, Pending};

/// The largest moment that was handed out.
static LATEST: AtomicI64 = AtomicI64::new(i64::MIN);

/// The system's clock, but for one thing: it never goes back while the process lives.
///
/// When the system's clock is set back, the time stands still here until it has caught up. An expiry
/// that was once seen as passed stays passed, and nothing is created before what it follows.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        never_back(&LATEST, micros_of(system_time()))
    }

    fn sleep(&self, span: Duration) -> Pending<'static, ()> {
        // Inside the future, because a timer can only be made within a runtime.
        Box::pin(async move { tokio::time::sleep(span).await })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is where the port `Clock` gets the time from"
)]
fn system_time() -> SystemTime {
    SystemTime::now()
}

fn micros_of(time: SystemTime) -> i64 {
    let micros = |span: Duration| i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
    match time.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(since) => micros(since),
        Err(before) => -micros(before.duration()),
    }
}

/// One variable has one order of changes for all threads, so nothing stronger than `Relaxed` is needed.
fn never_back(latest: &AtomicI64, micros: i64) -> Timestamp {
    let before = latest.fetch_max(micros, Ordering::Relaxed);
    Timestamp::from_micros(before.max(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_stands_still_while_the_system_is_behind() {
        let latest = AtomicI64::new(i64::MIN);
        for (system, handed_out) in [(-5, -5), (100, 100), (99, 100), (-7, 100), (101, 101)] {
            assert_eq!(never_back(&latest, system).micros(), handed_out);
        }
    }

    #[test]
    fn no_thread_sees_the_time_go_back() {
        let latest = AtomicI64::new(i64::MIN);
        let seen = AtomicI64::new(i64::MIN);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let (latest, seen) = (&latest, &seen);
                scope.spawn(move || {
                    for step in 0..10_000 {
                        let before = seen.load(Ordering::SeqCst);
                        let now = never_back(latest, (step * 7 + thread * 3) % 9_973).micros();
                        assert!(now >= before, "{now} < {before}");
                        seen.fetch_max(now, Ordering::SeqCst);
                    }
                });
            }
        });
    }

    #[test]
    fn the_time_is_that_of_the_system() {
        let system = micros_of(system_time());
        let now = SystemClock.now().micros();
        assert!(now >= system && now - system < 60_000_000, "{now} {system}");
    }

    #[test]
    fn moments_before_the_epoch_are_negative() {
        let before = SystemTime::UNIX_EPOCH - Duration::from_micros(3);
        assert_eq!(micros_of(before), -3);
        assert_eq!(micros_of(SystemTime::UNIX_EPOCH), 0);
    }

    #[test]
    fn sleeping_takes_the_span() {
        let span = Duration::from_millis(2);
        // Made outside of the runtime, as a caller may.
        let sleep = SystemClock.sleep(span);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        let start = std::time::Instant::now();
        runtime.block_on(sleep);
        assert!(start.elapsed() >= span);
    }
}
