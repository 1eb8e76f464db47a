//! The table of budgets: bounded, and able to give back.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::nanos::Nanos;
use governor::state::StateStore;
use quick_cache::unsync::Cache;

use crate::ports::FailureKey;

/// When each budget will be full again, for as many as fit.
///
/// One lock for all: it is taken for checks of secrets, which cost a thousand times as much, and for
/// tokens that were refused; never for other requests.
#[derive(Clone)]
pub(super) struct Bounded {
    full_at: Arc<Mutex<Cache<FailureKey, Nanos>>>,
    refill: Nanos,
}

impl Bounded {
    /// A table of about so many budgets, which gain one failure in each span of `refill`.
    pub(super) fn new(capacity: usize, refill: Duration) -> Self {
        Self {
            full_at: Arc::new(Mutex::new(Cache::new(capacity))),
            refill: refill.into(),
        }
    }

    /// Gives one failure back; a budget that was forgotten meanwhile is full anyway.
    pub(super) fn give_back(&self, key: &FailureKey) {
        let mut table = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(full_at) = table.get(key).copied() {
            table.insert(*key, full_at.saturating_sub(self.refill));
        }
    }
}

impl StateStore for Bounded {
    type Key = FailureKey;

    fn measure_and_replace<T, F, E>(&self, key: &FailureKey, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut table = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let (measured, full_at) = measure(table.get(key).copied())?;
        table.insert(*key, full_at);
        drop(table);
        Ok(measured)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn the_table_does_not_grow_without_end() {
        let bounded = Bounded::new(100, Duration::from_secs(1));
        for address in 0..10_000_u32 {
            let key = FailureKey::Checks(Ipv4Addr::from(address).into());
            let measured: Result<(), ()> =
                bounded.measure_and_replace(&key, |_| Ok(((), 1.into())));
            assert_eq!(measured, Ok(()));
        }
        assert!(bounded.full_at.lock().unwrap().len() <= 100);
    }
}
