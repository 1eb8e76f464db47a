//! What takes messages to people.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use crate::domain::notification::{Channel, Notification};
use crate::ports::Pending;

/// Why a message was not delivered. The texts are for the log: no code, no link, no address in them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Undelivered {
    /// It may succeed later.
    #[error("{0}")]
    Failed(String),
    /// It will be refused again however often it is tried.
    #[error("{0}")]
    Refused(String),
}

impl Undelivered {
    /// It may succeed later.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "it is given to `map_err`, which hands over values"
    )]
    pub(super) fn failed(why: impl ToString) -> Self {
        Self::Failed(why.to_string())
    }
}

/// Takes messages to people on one channel.
pub trait Carrier: Debug + Send + Sync {
    /// Delivers a message; does not return before the other side has taken it.
    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
    ) -> Pending<'a, Result<(), Undelivered>>;
}

/// What delivers on each channel.
pub type Carriers = BTreeMap<Channel, Arc<dyn Carrier>>;
