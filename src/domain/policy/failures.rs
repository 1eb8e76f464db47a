//! How often a place may fail, whoever it tries to be.

use std::time::Duration;

/// Failures that may come at once, and after how long there may be one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Failures at once; 0 sets no limit.
    pub at_once: u32,
    /// After how long one more may come.
    pub refill: Duration,
}

/// How often a place may fail. A place is an address: one of IPv4, or one network of IPv6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailurePolicy {
    /// Failed checks from one address, whomever they are about.
    pub per_address: Budget,
    /// Failed checks from one address about one user.
    pub per_address_and_user: Budget,
    /// Wrong bearer tokens from one address.
    pub tokens_per_address: Budget,
    /// How long a user stays known in a place after it has proven there who it is.
    pub known_for: Duration,
}

impl Default for FailurePolicy {
    fn default() -> Self {
        Self {
            per_address: Budget {
                at_once: 300,
                refill: Duration::from_secs(6),
            },
            per_address_and_user: Budget {
                at_once: 20,
                refill: Duration::from_mins(3),
            },
            tokens_per_address: Budget {
                at_once: 3_000,
                refill: Duration::from_millis(600),
            },
            known_for: Duration::from_hours(720),
        }
    }
}
