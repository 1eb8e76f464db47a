//! How far webhooks have been told of events.

use rusqlite::{Connection, params};

use super::rows;
use crate::domain::ids::Position;
use crate::domain::time::Timestamp;
use crate::ports::{Cursor, StoreError};

const TABLE: &str = "webhook_cursors";

const ALL: &str = "SELECT name, position, changed_at FROM webhook_cursors ORDER BY name";

const MOVE: &str = "
    INSERT INTO webhook_cursors (name, position, changed_at) VALUES (?1, ?2, ?3)
    ON CONFLICT (name)
    DO UPDATE SET position = excluded.position, changed_at = excluded.changed_at";

/// The first event behind a position that is not older than a moment. What is older is passed by on
/// the way; no index helps, and only the archive asks.
const FIRST_SINCE: &str = "
    SELECT position FROM events WHERE position > ?1 AND created_at >= ?2 ORDER BY position LIMIT 1";

/// All cursors, by name.
pub(super) fn all(connection: &Connection) -> Result<Vec<Cursor>, StoreError> {
    rows::all(connection, ALL, [], TABLE, |cells| {
        Ok(Cursor {
            name: cells.text("name")?,
            position: Position::new(cells.int("position")?),
            changed_at: cells.time("changed_at")?,
        })
    })
}

/// Moves a cursor, or makes it.
pub(super) fn put(connection: &Connection, cursor: &Cursor) -> Result<(), StoreError> {
    rows::change(
        connection,
        MOVE,
        params![
            cursor.name,
            cursor.position.number(),
            cursor.changed_at.micros()
        ],
    )
}

/// The first event behind a position that is not older than a moment.
pub(super) fn first_since(
    connection: &Connection,
    after: Position,
    since: Timestamp,
) -> Result<Option<Position>, StoreError> {
    let params = params![after.number(), since.micros()];
    rows::one(connection, FIRST_SINCE, params, "events", |cells| {
        cells.int("position").map(Position::new)
    })
}
