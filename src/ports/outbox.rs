//! Messages that leave the house: sealed when they are queued, delivered later.

use std::fmt::Debug;

use super::{HashingError, Pending, StoreError};
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

/// A message whose turn it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueMessage {
    /// The key of its row. Rows that are gone may give theirs to later ones.
    pub id: i64,
    /// Deliveries that failed.
    pub attempts: u32,
    /// The moment from which it is dropped instead of delivered.
    pub expires_at: Timestamp,
    /// The message; `None` for a row that cannot be read.
    pub queued: Option<Queued>,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// It was delivered, at this moment: its row goes.
    Delivered(Timestamp),
    /// It failed and is tried again at this moment.
    Postponed(Timestamp),
    /// It is given up: its row goes.
    Dropped,
}

/// What delivery reads and writes.
///
/// One process delivers at a time: nothing here keeps two of them from taking the same message.
pub trait Deliveries: Debug + Send + Sync {
    /// Messages that are due, the longest waiting first.
    fn due_messages(
        &self,
        now: Timestamp,
        most: u32,
    ) -> Pending<'_, Result<Vec<DueMessage>, StoreError>>;

    /// When the first of those is due that are not due yet.
    fn next_due(&self, now: Timestamp) -> Pending<'_, Result<Option<Timestamp>, StoreError>>;

    /// Writes what became of a message, and answers after it is durable. A row that is gone already
    /// makes no difference.
    fn settle(&self, id: i64, settlement: Settlement) -> Pending<'_, Result<(), StoreError>>;
}
