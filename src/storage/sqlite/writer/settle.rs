//! What became of a message, within the transaction.

use rusqlite::Connection;

use super::super::outbox;
use super::Settle;
use crate::ports::{Settlement, StoreError};

/// Writes it.
pub(super) fn settle(connection: &Connection, request: &Settle) -> Result<(), StoreError> {
    match request.settlement {
        Settlement::Delivered(_) | Settlement::Dropped => outbox::remove(connection, request.id),
        Settlement::Postponed(due_at) => outbox::postpone(connection, request.id, due_at),
    }
}
