//! Messages that wait to be delivered.

use rusqlite::{Connection, params};

use super::cells::Cells;
use super::rows;
use crate::domain::event::{Aggregate, AggregateType};
use crate::domain::notification::{Channel, Message};
use crate::domain::secret::SealedSecret;
use crate::domain::time::Timestamp;
use crate::ports::{DueMessage, Queued, StoreError};

const TABLE: &str = "outbox";

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

const DUE: &str = "
    SELECT id, attempts, expires_at, channel, message, aggregate_type, aggregate_id, content
    FROM outbox
    WHERE due_at <= ?1
    ORDER BY due_at, id
    LIMIT ?2";

const NEXT_DUE: &str = "SELECT due_at FROM outbox WHERE due_at > ?1 ORDER BY due_at LIMIT 1";

const POSTPONE: &str = "UPDATE outbox SET attempts = attempts + 1, due_at = ?2 WHERE id = ?1";

const ABOUT: &str = "SELECT message, aggregate_type, aggregate_id FROM outbox WHERE id = ?1";

const REMOVE: &str = "DELETE FROM outbox WHERE id = ?1";

/// Messages that are due, the longest waiting first.
pub(super) fn due(
    connection: &Connection,
    now: Timestamp,
    most: u32,
) -> Result<Vec<DueMessage>, StoreError> {
    rows::all(connection, DUE, params![now.micros(), most], TABLE, read)
}

/// When the first of those is due that are not due yet.
pub(super) fn next_due(
    connection: &Connection,
    now: Timestamp,
) -> Result<Option<Timestamp>, StoreError> {
    rows::one(connection, NEXT_DUE, [now.micros()], TABLE, |cells| {
        cells.time("due_at")
    })
}

/// What a message is about and who asked for it, if it is there and known.
pub(super) fn about(
    connection: &Connection,
    id: i64,
) -> Result<Option<(Message, Aggregate)>, StoreError> {
    let row = rows::one(connection, ABOUT, [id], TABLE, |cells| {
        let message = Message::from_code(cells.small("message")?);
        let kind = AggregateType::from_code(cells.small("aggregate_type")?);
        let key = cells.int("aggregate_id")?;
        Ok(message.zip(kind.map(|kind| Aggregate::from_stored(kind, key))))
    })?;
    Ok(row.flatten())
}

/// Has a message wait after one more failure.
pub(super) fn postpone(
    connection: &Connection,
    id: i64,
    due_at: Timestamp,
) -> Result<(), StoreError> {
    rows::change(connection, POSTPONE, params![id, due_at.micros()])
}

/// Takes a message out.
pub(super) fn remove(connection: &Connection, id: i64) -> Result<(), StoreError> {
    rows::change(connection, REMOVE, [id])
}

/// A row that says what no version knows still has its turn, so that it does not stand in the way of
/// others until it goes.
fn read(cells: &mut Cells<'_, '_>) -> Result<DueMessage, StoreError> {
    let id = cells.key("id")?;
    let attempts = u32::try_from(cells.int("attempts")?).unwrap_or(u32::MAX);
    let expires_at = cells.time("expires_at")?;
    let numbers = [
        cells.int("channel")?,
        cells.int("message")?,
        cells.int("aggregate_type")?,
    ];
    let key = cells.int("aggregate_id")?;
    let content = SealedSecret::new(cells.text("content")?);
    let [channel, message, kind] = numbers.map(|number| u8::try_from(number).unwrap_or(0));
    let known = Channel::from_code(channel)
        .zip(Message::from_code(message))
        .zip(AggregateType::from_code(kind));
    Ok(DueMessage {
        id,
        attempts,
        expires_at,
        queued: known.map(|((channel, message), kind)| Queued {
            channel,
            message,
            aggregate: Aggregate::from_stored(kind, key),
            content,
            expires_at,
        }),
    })
}
