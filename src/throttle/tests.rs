use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};

use super::*;
use crate::domain::time::Timestamp;
use crate::ports::Pending;

/// A clock that moves when it is told to.
#[derive(Debug, Default)]
struct HandClock(AtomicI64);

impl HandClock {
    fn advance(&self, span: Duration) {
        let micros = i64::try_from(span.as_micros()).unwrap();
        self.0.fetch_add(micros, Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed))
    }

    fn sleep(&self, _: Duration) -> Pending<'static, ()> {
        Box::pin(async {})
    }
}

fn throttle(at_once: u32) -> (Throttle, Arc<HandClock>) {
    let clock = Arc::new(HandClock::default());
    let policy = FailurePolicy {
        per_address: Budget {
            at_once,
            refill: Duration::from_secs(10),
        },
        ..FailurePolicy::default()
    };
    let shared: Arc<dyn Clock> = Arc::<HandClock>::clone(&clock);
    (Throttle::new(&policy, &shared), clock)
}

fn checks(address: &str) -> FailureKey {
    FailureKey::Checks(address.parse::<IpAddr>().unwrap())
}

#[test]
fn a_budget_is_used_up_and_refills_one_by_one() {
    let (throttle, clock) = throttle(3);
    let key = checks("192.0.2.1");
    for _ in 0..3 {
        assert_eq!(throttle.take(&key), Ok(()));
    }
    assert_eq!(throttle.take(&key), Err(Duration::from_secs(10)));
    clock.advance(Duration::from_secs(4));
    assert_eq!(throttle.take(&key), Err(Duration::from_secs(6)));
    clock.advance(Duration::from_secs(6));
    assert_eq!(throttle.take(&key), Ok(()));
    assert_eq!(throttle.take(&key), Err(Duration::from_secs(10)));
    // Another address, and another kind of failure from the same one.
    assert_eq!(throttle.take(&checks("192.0.2.2")), Ok(()));
    let FailureKey::Checks(address) = key else {
        panic!("a key of another kind");
    };
    assert_eq!(
        throttle.take(&FailureKey::ChecksOf(address, [7; 16])),
        Ok(())
    );
    assert_eq!(throttle.take(&FailureKey::Tokens(address)), Ok(()));
}

#[test]
fn what_was_no_failure_is_given_back() {
    let (throttle, _) = throttle(2);
    let key = checks("192.0.2.1");
    for _ in 0..100 {
        assert_eq!(throttle.take(&key), Ok(()));
        throttle.give_back(&key);
    }
    assert_eq!(throttle.take(&key), Ok(()));
    assert_eq!(throttle.take(&key), Ok(()));
    assert!(throttle.take(&key).is_err());
    throttle.give_back(&checks("192.0.2.9"));
}

#[test]
fn a_budget_of_nothing_sets_no_limit() {
    let (throttle, _) = throttle(0);
    let key = checks("192.0.2.1");
    assert!(!throttle.limits(&key));
    assert!((0..10_000).all(|_| throttle.take(&key).is_ok()));
}
