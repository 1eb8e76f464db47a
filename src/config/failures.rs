//! `[policy.failures]`: how often a place may fail, whoever it tries to be.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::units::span;
use crate::domain::policy::{Budget, FailurePolicy};

/// How often an address may fail; in memory, so that a restart forgets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FailureConfig {
    /// Failed checks of one address at once; default 300, 0 sets no limit.
    pub per_address: u32,
    /// After how long there may be one more; default `6s`.
    #[serde(with = "span")]
    pub per_address_refill: Duration,
    /// Failed checks of one address about one user at once; default 20, 0 sets no limit.
    pub per_address_and_user: u32,
    /// After how long there may be one more; default `3m`.
    #[serde(with = "span")]
    pub per_address_and_user_refill: Duration,
    /// Wrong bearer tokens of one address at once; default 3000, 0 sets no limit.
    pub tokens_per_address: u32,
    /// After how long there may be one more; default `600ms`.
    #[serde(with = "span")]
    pub tokens_per_address_refill: Duration,
    /// How long a user stays known where it has logged in; default `720h`.
    #[serde(with = "span")]
    pub known_for: Duration,
}

impl FailureConfig {
    pub(super) const fn to_domain(&self) -> FailurePolicy {
        FailurePolicy {
            per_address: Budget {
                at_once: self.per_address,
                refill: self.per_address_refill,
            },
            per_address_and_user: Budget {
                at_once: self.per_address_and_user,
                refill: self.per_address_and_user_refill,
            },
            tokens_per_address: Budget {
                at_once: self.tokens_per_address,
                refill: self.tokens_per_address_refill,
            },
            known_for: self.known_for,
        }
    }
}

impl Default for FailureConfig {
    fn default() -> Self {
        let policy = FailurePolicy::default();
        Self {
            per_address: policy.per_address.at_once,
            per_address_refill: policy.per_address.refill,
            per_address_and_user: policy.per_address_and_user.at_once,
            per_address_and_user_refill: policy.per_address_and_user.refill,
            tokens_per_address: policy.tokens_per_address.at_once,
            tokens_per_address_refill: policy.tokens_per_address.refill,
            known_for: policy.known_for,
        }
    }
}
