//! Messages that leave the house: sealed when they are queued, delivered later.

use std::fmt::Debug;

use super::HashingError;
use crate::domain::event::Aggregate;
use crate::domain::notification::{Channel, Message, Notification};
use crate::domain::secret::SealedSecret;
use crate::domain::time::Timestamp;

/// A message as the store keeps it, written in the transaction of the event that asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    /// How it is delivered.
    pub channel: Channel,
    /// What it is about.
    pub message: Message,
    /// The user, or the session of an OTP challenge.
    pub aggregate: Aggregate,
    /// All of the [`Notification`], encrypted: it has a code in it.
    pub content: SealedSecret,
    /// The moment from which it is dropped instead of delivered.
    pub expires_at: Timestamp,
}

/// What commands know of delivery.
pub trait Outbox: Debug + Send + Sync {
    /// Whether something is configured that delivers on the channel.
    fn delivers(&self, channel: Channel) -> bool;

    /// The address of the login, under which the pages of the default links are; no slash at its end.
    fn login_url(&self) -> &str;

    /// Encrypts a message for the store.
    ///
    /// # Errors
    /// [`HashingError::Failed`] if the system gives no random bytes.
    fn seal(&self, notification: &Notification) -> Result<Queued, HashingError>;

    /// Says that messages were queued: whoever delivers looks at once.
    fn wake(&self);
}
