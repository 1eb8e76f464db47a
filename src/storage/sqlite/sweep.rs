//! Rows of sessions that ended long ago go; their events stay.
//!
//! Up to which end rows have been removed stands, sealed, in the table `sweep`: a row that is missing is
//! accounted for if its session, by its events, had ended before.

use rusqlite::{Connection, params};

use super::log::GENESIS;
use super::rows;
use crate::domain::session::{Session, SessionState};
use crate::domain::time::Timestamp;
use crate::ports::{LinkHash, Seal, StoreError};

const TABLE: &str = "sweep";

const MARKED: &str = "SELECT ended_before, seal FROM sweep WHERE id = 1";

const MARK: &str = "
    INSERT INTO sweep (id, ended_before, seal) VALUES (1, ?1, ?2)
    ON CONFLICT (id) DO UPDATE SET ended_before = ?1, seal = ?2";

const TERMINATED: &str = "
    DELETE FROM sessions
    WHERE id IN (
        SELECT id FROM sessions
        WHERE state = 2 AND changed_at < ?1
        ORDER BY changed_at
        LIMIT ?2
    )";

const EXPIRED: &str = "
    DELETE FROM sessions
    WHERE id IN (
        SELECT id FROM sessions
        WHERE expires_at < ?1
        ORDER BY expires_at
        LIMIT ?2
    )";

/// What is removed: sessions that ended before a moment, so many at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sweep {
    pub(super) ended_before: Timestamp,
    pub(super) most: u32,
}

/// Removes rows within a transaction and says how many.
pub(super) fn sweep(
    connection: &Connection,
    seal: &dyn Seal,
    sweep: Sweep,
) -> Result<u32, StoreError> {
    let before = sweep.ended_before.micros();
    let remove = |sql: &str, most: u32| -> Result<u32, StoreError> {
        let mut statement = connection.prepare_cached(sql)?;
        let removed = statement.execute(params![before, most])?;
        Ok(u32::try_from(removed).unwrap_or(u32::MAX))
    };
    let terminated = remove(TERMINATED, sweep.most)?;
    let expired = remove(EXPIRED, sweep.most.saturating_sub(terminated))?;
    let removed = terminated + expired;
    if removed > 0 && marked(connection, seal)?.is_none_or(|marked| marked < sweep.ended_before) {
        let seal = seal_of(seal, sweep.ended_before);
        rows::change(connection, MARK, params![before, seal.as_slice()])?;
    }
    Ok(removed)
}

/// Up to which end sessions have been swept; nothing if none were, or if somebody else says so.
pub(super) fn marked(
    connection: &Connection,
    seal: &dyn Seal,
) -> Result<Option<Timestamp>, StoreError> {
    let mark = rows::one(connection, MARKED, [], TABLE, |cells| {
        cells.set_key(1);
        Ok((cells.time("ended_before")?, cells.digest("seal")?))
    })?;
    Ok(mark.and_then(|(before, sealed)| (sealed == seal_of(seal, before)).then_some(before)))
}

/// Whether there is a mark at all.
pub(super) fn is_marked(connection: &Connection) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached(MARKED)?.exists([])?)
}

/// Whether a session had ended before a moment: it was terminated, or had expired.
pub(super) fn had_ended(session: &Session, before: Timestamp) -> bool {
    let terminated = session.state == SessionState::Terminated && session.changed_at < before;
    terminated || session.expires_at.is_some_and(|end| end < before)
}

/// Events begin with their position, whose first byte is zero: none is sealed like this.
fn seal_of(seal: &dyn Seal, before: Timestamp) -> LinkHash {
    let mut bytes = b"swept".to_vec();
    bytes.extend_from_slice(&before.micros().to_be_bytes());
    seal.link(&GENESIS, &bytes)
}
