//! The clock of the program in the form that `governor` reads.

use std::sync::Arc;

use governor::clock;
use governor::nanos::Nanos;

use crate::domain::time::Timestamp;
use crate::ports::Clock;

/// Far enough: more than a hundred years, and no sum of two overflows.
const FAR: i64 = 4_000_000_000_000_000;

/// Nanoseconds since it was made.
#[derive(Debug)]
pub(super) struct PortClock {
    clock: Arc<dyn Clock>,
    begun: Timestamp,
}

impl PortClock {
    pub(super) fn new(clock: &Arc<dyn Clock>) -> Self {
        Self {
            clock: Arc::clone(clock),
            begun: clock.now(),
        }
    }
}

impl clock::Clock for PortClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let since = self
            .clock
            .now()
            .micros()
            .saturating_sub(self.begun.micros());
        let since = u64::try_from(since.clamp(0, FAR)).unwrap_or_default();
        Nanos::new(since.saturating_mul(1_000))
    }
}
