//! Budgets of failures, by where they come from.

use std::fmt::Debug;
use std::net::IpAddr;
use std::time::Duration;

use super::CodeDigest;

/// What a budget of failures is kept for. Addresses stand for one client each: see
/// [`one_client`](crate::domain::client::one_client).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKey {
    /// Checks from an address.
    Checks(IpAddr),
    /// Checks from an address about one user, or about a name that nobody has.
    ChecksOf(IpAddr, CodeDigest),
    /// Bearer tokens from an address.
    Tokens(IpAddr),
}

/// Budgets of failures, kept in memory.
///
/// A failure is taken before it is known whether there is one, and given back if there was none:
/// many attempts at the same time do not get past a budget that one after the other would exhaust.
pub trait FailureLimits: Debug + Send + Sync {
    /// Whether there is a budget for such keys at all.
    fn limits(&self, key: &FailureKey) -> bool;

    /// Takes one failure from a budget.
    ///
    /// # Errors
    /// How long to wait until there may be one more, if none is left; nothing is taken.
    fn take(&self, key: &FailureKey) -> Result<(), Duration>;

    /// Gives one back that was taken.
    fn give_back(&self, key: &FailureKey);
}
