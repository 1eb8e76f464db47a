//! Events for webhooks: at least once, each webhook in the order of positions.

mod state;
mod teller;
#[cfg(test)]
mod tests;

use std::fmt::Debug;

use super::carrier::Undelivered;
use crate::domain::ids::Position;
use crate::ports::Pending;

pub use state::{Progress, WebhookState};
pub use teller::Teller;

/// An event on its way to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// Its position.
    pub position: Position,
    /// Which delivery it is: the same however often it is tried, and another for another event that has
    /// come to the same position in a database that was restored.
    pub delivery: String,
    /// The event in JSON, as a stream of events has it.
    pub body: String,
    /// The positions between which events may be missing, the first one excluded: they were archived.
    pub missing: Option<(Position, Position)>,
}

/// Takes events.
pub trait EventReceiver: Debug + Send + Sync {
    /// Hands an event over; does not return before the other side has taken it.
    /// [`Undelivered::Refused`] says that it takes nothing any more.
    fn take<'a>(&'a self, telling: &'a Telling) -> Pending<'a, Result<(), Undelivered>>;
}
