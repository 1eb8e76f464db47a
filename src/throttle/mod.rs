//! Budgets of failures in memory: the generic cell rate algorithm over a bounded table.
//!
//! The arithmetic is that of `governor`. The table is ours, for two reasons: its own tables only
//! grow until somebody tidies them, and they cannot give back what was taken.

mod bounded;
mod time;

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::{Quota, RateLimiter};

use crate::domain::policy::{Budget, FailurePolicy};
use crate::ports::{Clock, FailureKey, FailureLimits};

use bounded::Bounded;
use time::PortClock;

/// Budgets of each kind that are remembered, some 100 bytes each. The one that was used least goes
/// first, so that who wants its own forgotten needs more addresses than this.
const REMEMBERED: usize = 1 << 16;

/// One kind of budgets, and the table in which it keeps them.
struct Limiter {
    rate: RateLimiter<FailureKey, Bounded, PortClock, NoOpMiddleware<Nanos>>,
    table: Bounded,
}

/// The budgets of a policy.
pub struct Throttle {
    checks: Option<Limiter>,
    checks_of: Option<Limiter>,
    tokens: Option<Limiter>,
}

impl Throttle {
    /// Budgets that nobody has drawn on.
    pub fn new(policy: &FailurePolicy, clock: &Arc<dyn Clock>) -> Self {
        Self {
            checks: limiter(policy.per_address, clock),
            checks_of: limiter(policy.per_address_and_user, clock),
            tokens: limiter(policy.tokens_per_address, clock),
        }
    }

    const fn of(&self, key: &FailureKey) -> Option<&Limiter> {
        match key {
            FailureKey::Checks(_) => self.checks.as_ref(),
            FailureKey::ChecksOf(..) => self.checks_of.as_ref(),
            FailureKey::Tokens(_) => self.tokens.as_ref(),
        }
    }
}

/// A limiter; none for a budget that sets no limit.
fn limiter(budget: Budget, clock: &Arc<dyn Clock>) -> Option<Limiter> {
    let quota = Quota::with_period(budget.refill)?.allow_burst(NonZeroU32::new(budget.at_once)?);
    let table = Bounded::new(REMEMBERED, budget.refill);
    Some(Limiter {
        rate: RateLimiter::new(quota, table.clone(), PortClock::new(clock)),
        table,
    })
}

impl FailureLimits for Throttle {
    fn limits(&self, key: &FailureKey) -> bool {
        self.of(key).is_some()
    }

    fn take(&self, key: &FailureKey) -> Result<(), Duration> {
        use governor::clock::Clock as _;

        self.of(key).map_or(Ok(()), |limiter| {
            let rate = &limiter.rate;
            rate.check_key(key)
                .map_err(|until| until.wait_time_from(rate.clock().now()))
        })
    }

    fn give_back(&self, key: &FailureKey) {
        if let Some(limiter) = self.of(key) {
            limiter.table.give_back(key);
        }
    }
}

impl fmt::Debug for Throttle {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Throttle")
    }
}

#[cfg(test)]
mod tests;
