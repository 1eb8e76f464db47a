//! What a file is, for whoever has trouble with it: it is looked at and not touched.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::connection::{self, Tuning};
use super::error::OpenError;
use super::log::{self, Fields, GENESIS};
use super::{archive, cursors, members, migrate, rows};
use crate::domain::org::Member;
use crate::domain::time::Timestamp;
use crate::ports::{Cursor, LinkHash, Seal, StoreError};

const TUNING: Tuning = Tuning {
    cache_kib: 1024,
    busy_timeout: Duration::from_secs(2),
};

const LAST: &str = "
    SELECT position, aggregate_type, aggregate_id, sequence, event_type, revision, created_at,
        creator, owner, payload, link
    FROM events
    ORDER BY position DESC
    LIMIT 1";

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// The version of its schema.
    pub version: i64,
    /// The version that this program writes.
    pub known: i64,
    /// When the last event was written.
    pub newest: Option<Timestamp>,
    /// Whether the last event was sealed with the key at hand; nothing where there is no event or no key.
    pub sealed: Option<bool>,
    /// Who has which roles; nobody where the schema is of another version.
    pub members: Vec<Member>,
    /// How far webhooks have been told of events; nothing where the schema is of another version.
    pub cursors: Vec<Cursor>,
}

/// Looks at a database of ours, of this version or an older one.
///
/// # Errors
/// [`OpenError`], as opening it would give.
pub fn look(path: &Path, seal: Option<&dyn Seal>) -> Result<Look, OpenError> {
    let path = super::absolute(path)?;
    let version = migrate::require_ours(&path, TUNING.busy_timeout)?;
    let connection = connection::open_reader(&path, TUNING)?;
    let known = migrate::known();
    let mut look = Look {
        version,
        known,
        newest: None,
        sealed: None,
        members: Vec::new(),
        cursors: Vec::new(),
    };
    if let Some((at, sealed)) = last(&connection, seal, version == known)? {
        look.newest = Some(at);
        look.sealed = sealed;
    }
    if version == known {
        look.members = members::load(&connection, None)?;
        look.cursors = cursors::all(&connection)?;
    }
    Ok(look)
}

/// Whether a file is there and nothing is in it, not even a schema.
pub fn is_blank(path: &Path) -> bool {
    super::absolute(path).is_ok_and(|path| migrate::is_blank(&path, TUNING.busy_timeout))
}

fn last(
    connection: &Connection,
    seal: Option<&dyn Seal>,
    current: bool,
) -> Result<Option<(Timestamp, Option<bool>)>, StoreError> {
    rows::one(connection, LAST, [], "events", |cells| {
        let fields = Fields::read(cells)?;
        let stored = cells.digest("link")?;
        let at = Timestamp::from_micros(fields.created_at);
        let Some(seal) = seal else {
            return Ok((at, None));
        };
        let before = before(connection, seal, fields.position, current)?;
        let mut bytes = Vec::new();
        fields.canonical(&mut bytes);
        Ok((at, Some(seal.link(&before, &bytes) == stored)))
    })
}

/// The link behind which the last event stands.
fn before(
    connection: &Connection,
    seal: &dyn Seal,
    position: i64,
    current: bool,
) -> Result<LinkHash, StoreError> {
    match log::link_at(connection, position - 1)? {
        Some(link) => Ok(link),
        // Older versions have no archives.
        None if current => {
            let run = archive::ending_at(connection, seal, position - 1)?;
            Ok(run.map_or(GENESIS, |(run, _)| run.link))
        }
        None => Ok(GENESIS),
    }
}
