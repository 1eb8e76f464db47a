//! Following the log: stretches of bounded length, with what is missing in them.
//!
//! A search thread reads them like any other search, each in a snapshot of its own, so that whoever
//! follows holds up neither the writer nor its checkpoints.

use rusqlite::Connection;

use super::cells::Cells;
use super::log;
use super::rows;
use crate::domain::event::RecordedEvent;
use crate::domain::ids::Position;
use crate::ports::{StoreError, Stretch, TailQuery};

/// Rows that one read looks at, whether they match or not: some milliseconds.
const SCANNED: u32 = 10_000;

/// Bytes of payloads after which a stretch ends.
const BYTES: i64 = 1 << 20;

/// The columns as [`read`] takes them: first those that decide whether the rest is read.
macro_rules! columns {
    () => {
        concat!(
            "aggregate_type, event_type, length(CAST(IFNULL(payload, '') AS BLOB)) AS payload, ",
            log::columns!()
        )
    };
}

const ALL: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM events WHERE position > ?1 ORDER BY position LIMIT ?2"
);

/// Sequences of an aggregate rise with its positions, and the index has them in order.
const OF_AGGREGATE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM events WHERE aggregate_id = ?4 AND aggregate_type = ?3 AND position > ?1",
    " ORDER BY sequence LIMIT ?2"
);

/// The last position that is gone.
const ARCHIVED: &str = "SELECT last FROM archived WHERE last > ?1 ORDER BY last DESC LIMIT 1";

/// Reads on from a position.
pub(super) fn stretch(connection: &Connection, query: &TailQuery) -> Result<Stretch, StoreError> {
    let end = log::head(connection)?.position;
    let sql = if query.aggregate.is_some() {
        OF_AGGREGATE
    } else {
        ALL
    };
    let mut statement = connection.prepare_cached(sql)?;
    statement.raw_bind_parameter(1, query.after.number())?;
    statement.raw_bind_parameter(2, SCANNED)?;
    if let Some(aggregate) = query.aggregate {
        statement.raw_bind_parameter(3, aggregate.kind().code())?;
        statement.raw_bind_parameter(4, aggregate.key())?;
    }
    let mut through = query.after;
    let mut scanned = 0;
    let mut bytes = 0;
    let mut events = Vec::new();
    let mut rows = statement.raw_query();
    let mut exhausted = true;
    while let Some(row) = rows.next()? {
        let mut cells = Cells::of(row, log::TABLE);
        let (position, size, event) = read(&mut cells, query)?;
        through = position;
        scanned += 1;
        if let Some(event) = event {
            bytes += size;
            events.push(event);
        }
        if scanned == SCANNED || bytes >= BYTES || events.len() as u64 >= query.limit.into() {
            exhausted = false;
            break;
        }
    }
    if exhausted {
        through = through.max(end).max(query.after);
    }
    Ok(Stretch {
        archived: archived(connection, query)?,
        events,
        through,
        end,
    })
}

/// Where it is, how large its payload is, and the event if it matches.
fn read(
    cells: &mut Cells<'_, '_>,
    query: &TailQuery,
) -> Result<(Position, i64, Option<RecordedEvent>), StoreError> {
    let kind: u8 = cells.small("aggregate_type")?;
    let event_type: u16 = cells.small("event_type")?;
    let size = cells.int("payload")?;
    let position = Position::new(cells.key("position")?);
    let kinds = &query.kinds;
    let wanted = (kinds.is_empty() || kinds.iter().any(|wanted| wanted.code() == kind))
        && (query.types.is_empty() || query.types.contains(&event_type));
    let event = if wanted {
        let aggregate = log::read_aggregate(cells)?;
        Some(log::read_rest(cells, position, aggregate)?)
    } else {
        None
    };
    Ok((position, size, event))
}

/// The last of the events behind a position that were archived. What is asked of one aggregate misses
/// nothing: either its whole history is there, or nothing.
fn archived(connection: &Connection, query: &TailQuery) -> Result<Option<Position>, StoreError> {
    if query.aggregate.is_some() {
        return Ok(None);
    }
    let after = [query.after.number()];
    rows::one(connection, ARCHIVED, after, "archived", |cells| {
        cells.int("last").map(Position::new)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::AggregateType;
    use crate::storage::sqlite::migrate;

    /// A log of so many changes of sessions, each with a payload of so many bytes and some.
    fn log_of(count: i64, bytes: usize) -> Connection {
        let connection = migrate::pattern().unwrap();
        let payload = format!(r#"{{"metadata":{{"a":"{}"}}}}"#, "A".repeat(bytes));
        connection
            .execute(
                "INSERT INTO events
                WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
                SELECT i, 4, i, 1, event_types.code, 1, 0, 0, 1, ?2, zeroblob(16) FROM n
                JOIN event_types ON event_types.name = 'session.metadata.set'",
                rusqlite::params![count, payload],
            )
            .unwrap();
        connection
    }

    /// How many events come in each stretch and through where, up to the end.
    fn stretches(connection: &Connection, kinds: Vec<AggregateType>) -> Vec<(usize, i64)> {
        let mut query = TailQuery {
            kinds,
            limit: 256,
            ..TailQuery::default()
        };
        let mut seen = Vec::new();
        loop {
            let found = stretch(connection, &query).unwrap();
            seen.push((found.events.len(), found.through.number()));
            if found.through >= found.end {
                return seen;
            }
            query.after = found.through;
        }
    }

    #[test]
    fn a_long_way_without_a_match_is_gone_in_steps() {
        let connection = log_of(25_000, 0);
        assert_eq!(
            stretches(&connection, vec![AggregateType::Org]),
            [(0, 10_000), (0, 20_000), (0, 25_000)]
        );
    }

    #[test]
    fn large_events_come_a_few_at_a_time() {
        let connection = log_of(7, 400_000);
        assert_eq!(stretches(&connection, Vec::new()), [(3, 3), (3, 6), (1, 7)]);
    }
}
