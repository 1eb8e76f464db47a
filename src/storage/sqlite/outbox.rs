//! Messages that wait to be delivered.

use rusqlite::{Connection, params};

use super::rows;
use crate::domain::time::Timestamp;
use crate::ports::{Queued, StoreError};

const QUEUE: &str = "
    INSERT INTO outbox
        (channel, message, aggregate_type, aggregate_id, content, expires_at, attempts, due_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7)";

/// Queues a message, due at once.
pub(super) fn queue(
    connection: &Connection,
    at: Timestamp,
    queued: &Queued,
) -> Result<(), StoreError> {
    rows::change(
        connection,
        QUEUE,
        params![
            queued.channel.code(),
            queued.message.code(),
            queued.aggregate.kind().code(),
            queued.aggregate.key(),
            queued.content.as_str(),
            queued.expires_at.micros(),
            at.micros(),
        ],
    )
}
