//! The event log: appending with the hash chain, and reading back.
//!
//! Each event has a `link`: [`Seal::link`] of the link before it and of the event's own bytes, so that
//! whoever has the key can prove that nothing was changed, removed, swapped or slipped in. The link
//! before the first event is sixteen zero bytes. The bytes, integers big-endian:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | position |
//! | 1 | aggregate type |
//! | 8 | aggregate id |
//! | 4 | sequence |
//! | 2 | event type |
//! | 2 | revision |
//! | 8 | created at, microseconds |
//! | 8 | creator |
//! | 8 | owner, 0 if it is the instance |
//! | 1 | 0 without payload, 1 with one |
//! | 8 | length of the payload |
//! | … | payload, in the form that the revision says |

use rusqlite::{CachedStatement, Connection};

use super::cells::Cells;
use super::error::WrongCount;
use super::{orgs, rows};
use crate::domain::event::{Aggregate, AggregateType, Event, EventError, RecordedEvent, Revision};
use crate::domain::ids::{Position, Sequence, UserId};
use crate::domain::time::Timestamp;
use crate::ports::{EventQuery, Head, LinkHash, Seal, StoreError};

pub(super) const TABLE: &str = "events";

/// The link before the first event.
pub(super) const GENESIS: LinkHash = [0; 16];

/// Rows of one INSERT: one statement for every command, several for a user with many sessions.
const ROWS: usize = 32;

const END: &str = "SELECT position, link FROM events ORDER BY position DESC LIMIT 1";

const LINK: &str = "SELECT link FROM events WHERE position = ?1";

const HEAD: &str = "SELECT position, created_at FROM events ORDER BY position DESC LIMIT 1";

/// `OR ROLLBACK`: a statement that fails ends its transaction anyway, and so needs no journal of its
/// own for the rows before the one that failed.
const INSERT: &str = "INSERT OR ROLLBACK INTO events (position, aggregate_type, aggregate_id, sequence, \
    event_type, revision, created_at, creator, owner, payload, link) VALUES ";

/// Values in a row of [`INSERT`].
const COLUMNS: usize = 11;

/// The columns in the order in which [`read`] takes them.
macro_rules! columns {
    () => {
        "position, aggregate_type, aggregate_id, sequence, event_type, revision, created_at, \
         creator, IIF(owner = 0, IFNULL((SELECT id FROM instance), 0), owner) AS owner, payload"
    };
}
pub(super) use columns;

const PAGE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM events WHERE position > ?1 ORDER BY position LIMIT ?2"
);

const PAGE_OF_KIND: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM events WHERE position > ?1 AND aggregate_type = ?3 ORDER BY position LIMIT ?2"
);

/// Sequences of an aggregate rise with its positions, and the index has them in order.
const PAGE_OF_AGGREGATE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM events WHERE aggregate_id = ?4 AND aggregate_type = ?3 AND position > ?1",
    " ORDER BY sequence LIMIT ?2"
);

/// An event on its way into the log.
#[derive(Debug)]
pub(super) struct Entry<'e> {
    pub(super) aggregate: Aggregate,
    pub(super) sequence: Sequence,
    pub(super) at: Timestamp,
    pub(super) creator: UserId,
    pub(super) owner: i64,
    pub(super) event: &'e Event,
}

/// The end of the log within one transaction.
#[derive(Debug)]
pub(super) struct End {
    pub(super) position: Position,
    link: LinkHash,
}

impl End {
    /// Reads the end of the log. Read anew in each transaction: another process may have written.
    pub(super) fn read(connection: &Connection) -> Result<Self, StoreError> {
        let end = rows::one(connection, END, [], TABLE, |cells| {
            Ok(Self {
                position: Position::new(cells.key("position")?),
                link: cells.digest("link")?,
            })
        })?;
        Ok(end.unwrap_or(Self {
            position: Position::START,
            link: GENESIS,
        }))
    }
}

/// Writes events; keeps the texts of its statements and a buffer from one commit to the next.
#[derive(Debug, Default)]
pub(super) struct Appender {
    statements: Vec<String>,
    bytes: Vec<u8>,
    /// The instance, once it is there.
    instance: Option<i64>,
}

impl Appender {
    /// Writes the entries behind the end of the log and moves the end.
    pub(super) fn append(
        &mut self,
        connection: &Connection,
        seal: &dyn Seal,
        end: &mut End,
        entries: &[Entry<'_>],
    ) -> Result<(), StoreError> {
        if self.instance.is_none() {
            self.instance = orgs::load_instance(connection)?.map(|instance| instance.id.key());
        }
        for rows in entries.chunks(ROWS) {
            let mut statement = connection.prepare_cached(self.sql(rows.len()))?;
            let mut parameter = 1;
            for entry in rows {
                self.append_one(&mut statement, seal, end, parameter, entry)?;
                parameter += COLUMNS;
            }
            let changed = statement.raw_execute()?;
            if changed != rows.len() {
                return Err(WrongCount(changed, TABLE).into());
            }
        }
        Ok(())
    }

    fn append_one(
        &mut self,
        statement: &mut CachedStatement<'_>,
        seal: &dyn Seal,
        end: &mut End,
        first: usize,
        entry: &Entry<'_>,
    ) -> Result<(), StoreError> {
        let (revision, payload) = entry
            .event
            .stored(entry.at)
            .map_err(|error| StoreError::Failed(Box::new(error)))?;
        end.position = Position::new(end.position.number() + 1);
        let fields = Fields {
            position: end.position.number(),
            aggregate_type: entry.aggregate.kind().code(),
            aggregate_id: entry.aggregate.key(),
            sequence: entry.sequence.number(),
            event_type: entry.event.code(),
            revision: revision.code(),
            created_at: entry.at.micros(),
            creator: entry.creator.key(),
            owner: self.owner(entry.owner),
            payload: payload.as_deref(),
        };
        fields.canonical(&mut self.bytes);
        end.link = seal.link(&end.link, &self.bytes);
        statement.raw_bind_parameter(first, fields.position)?;
        statement.raw_bind_parameter(first + 1, fields.aggregate_type)?;
        statement.raw_bind_parameter(first + 2, fields.aggregate_id)?;
        statement.raw_bind_parameter(first + 3, fields.sequence)?;
        statement.raw_bind_parameter(first + 4, fields.event_type)?;
        statement.raw_bind_parameter(first + 5, fields.revision)?;
        statement.raw_bind_parameter(first + 6, fields.created_at)?;
        statement.raw_bind_parameter(first + 7, fields.creator)?;
        statement.raw_bind_parameter(first + 8, fields.owner)?;
        statement.raw_bind_parameter(first + 9, fields.payload)?;
        statement.raw_bind_parameter(first + 10, end.link.as_slice())?;
        Ok(())
    }

    /// An owner as the table keeps it: 0 takes no room, and most events are the instance's.
    fn owner(&self, owner: i64) -> i64 {
        if self.instance == Some(owner) {
            0
        } else {
            owner
        }
    }

    /// The INSERT for so many rows.
    fn sql(&mut self, rows: usize) -> &str {
        while self.statements.len() < rows {
            let rows = self.statements.len() + 1;
            let mut sql = INSERT.to_owned();
            for row in 0..rows {
                let first = row * COLUMNS;
                sql.push_str(if row == 0 { "(" } else { ", (" });
                for column in 1..=COLUMNS {
                    let comma = if column == 1 { "" } else { ", " };
                    sql.push_str(comma);
                    sql.push('?');
                    sql.push_str(&(first + column).to_string());
                }
                sql.push(')');
            }
            self.statements.push(sql);
        }
        self.statements
            .get(rows.saturating_sub(1))
            .map_or("", String::as_str)
    }
}

/// What of an event is sealed: every column but the link itself.
#[derive(Debug)]
pub(super) struct Fields<'p> {
    pub(super) position: i64,
    pub(super) aggregate_type: u8,
    pub(super) aggregate_id: i64,
    pub(super) sequence: u32,
    pub(super) event_type: u16,
    pub(super) revision: u16,
    pub(super) created_at: i64,
    pub(super) creator: i64,
    pub(super) owner: i64,
    pub(super) payload: Option<&'p str>,
}

impl<'r> Fields<'r> {
    /// Reads them from the first cells of a row, in their order here.
    pub(super) fn read(cells: &mut Cells<'r, '_>) -> Result<Self, StoreError> {
        Ok(Self {
            position: cells.key("position")?,
            aggregate_type: cells.small("aggregate_type")?,
            aggregate_id: cells.int("aggregate_id")?,
            sequence: cells.small("sequence")?,
            event_type: cells.small("event_type")?,
            revision: cells.small("revision")?,
            created_at: cells.int("created_at")?,
            creator: cells.int("creator")?,
            owner: cells.int("owner")?,
            payload: cells.maybe_str("payload")?,
        })
    }
}

impl Fields<'_> {
    /// Replaces the buffer's content by the bytes that are sealed; the layout is in the module's docs.
    pub(super) fn canonical(&self, bytes: &mut Vec<u8>) {
        let payload = self.payload.unwrap_or_default();
        bytes.clear();
        bytes.extend_from_slice(&self.position.to_be_bytes());
        bytes.extend_from_slice(&self.aggregate_type.to_be_bytes());
        bytes.extend_from_slice(&self.aggregate_id.to_be_bytes());
        bytes.extend_from_slice(&self.sequence.to_be_bytes());
        bytes.extend_from_slice(&self.event_type.to_be_bytes());
        bytes.extend_from_slice(&self.revision.to_be_bytes());
        bytes.extend_from_slice(&self.created_at.to_be_bytes());
        bytes.extend_from_slice(&self.creator.to_be_bytes());
        bytes.extend_from_slice(&self.owner.to_be_bytes());
        bytes.push(u8::from(self.payload.is_some()));
        bytes.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        bytes.extend_from_slice(payload.as_bytes());
    }
}

/// The link of the event at a position, if it is there.
pub(super) fn link_at(
    connection: &Connection,
    position: i64,
) -> Result<Option<LinkHash>, StoreError> {
    rows::one(connection, LINK, [position], TABLE, |cells| {
        cells.set_key(position);
        cells.digest("link")
    })
}

/// The end of the log, for readers.
pub(super) fn head(connection: &Connection) -> Result<Head, StoreError> {
    let head = rows::one(connection, HEAD, [], TABLE, |cells| {
        Ok(Head {
            position: Position::new(cells.key("position")?),
            created_at: Some(cells.time("created_at")?),
        })
    })?;
    Ok(head.unwrap_or_default())
}

/// A stretch of the log in order of position.
pub(super) fn page(
    connection: &Connection,
    query: &EventQuery,
) -> Result<Vec<RecordedEvent>, StoreError> {
    let kind = query.aggregate.map(Aggregate::kind).or(query.kind);
    if query.kind.is_some() && kind != query.kind {
        return Ok(Vec::new());
    }
    let sql = match (query.aggregate, kind) {
        (Some(_), _) => PAGE_OF_AGGREGATE,
        (None, Some(_)) => PAGE_OF_KIND,
        (None, None) => PAGE,
    };
    let mut statement = connection.prepare_cached(sql)?;
    statement.raw_bind_parameter(1, query.after.number())?;
    statement.raw_bind_parameter(2, query.limit)?;
    if let Some(kind) = kind {
        statement.raw_bind_parameter(3, kind.code())?;
    }
    if let Some(aggregate) = query.aggregate {
        statement.raw_bind_parameter(4, aggregate.key())?;
    }
    rows::collect(statement.raw_query(), TABLE, read)
}

/// Reads the cells that `columns!` names.
fn read(cells: &mut Cells<'_, '_>) -> Result<RecordedEvent, StoreError> {
    let (position, aggregate) = read_place(cells)?;
    read_rest(cells, position, aggregate)
}

/// Reads position and aggregate, the first cells of an event.
pub(super) fn read_place(cells: &mut Cells<'_, '_>) -> Result<(Position, Aggregate), StoreError> {
    let position = Position::new(cells.key("position")?);
    Ok((position, read_aggregate(cells)?))
}

/// Reads the type of an aggregate and its id.
pub(super) fn read_aggregate(cells: &mut Cells<'_, '_>) -> Result<Aggregate, StoreError> {
    let code = cells.small("aggregate_type")?;
    let kind = AggregateType::from_code(code).ok_or_else(|| cells.corrupt("aggregate_type"))?;
    Ok(Aggregate::from_stored(kind, cells.int("aggregate_id")?))
}

/// Reads the cells of an event behind its position and aggregate.
pub(super) fn read_rest(
    cells: &mut Cells<'_, '_>,
    position: Position,
    aggregate: Aggregate,
) -> Result<RecordedEvent, StoreError> {
    let sequence = cells.sequence("sequence")?;
    let event_type = cells.small("event_type")?;
    let revision = cells.small("revision")?;
    let revision = Revision::from_code(revision).ok_or_else(|| cells.corrupt("revision"))?;
    let created_at = cells.time("created_at")?;
    let creator = cells.user("creator")?;
    let owner = cells.int("owner")?;
    let payload = cells.maybe_str("payload")?;
    let event = Event::from_stored(aggregate.kind(), event_type, revision, payload, created_at)
        .map_err(|error| match error {
            EventError::UnknownType(_) => cells.corrupt("event_type"),
            EventError::Payload(..) => cells.corrupt("payload"),
        })?;
    Ok(RecordedEvent {
        position,
        aggregate,
        sequence,
        created_at,
        creator,
        owner,
        event,
    })
}
