//! The walk by position: each event is the one that was sealed behind the one before it.

use rusqlite::Connection;

use super::report::Finder;
use crate::domain::ids::Position;
use crate::ports::{LinkHash, Seal, StoreError};
use crate::storage::sqlite::archive;
use crate::storage::sqlite::cells::Cells;
use crate::storage::sqlite::log::{Fields, GENESIS};

const ALL: &str = "
    SELECT position, aggregate_type, aggregate_id, sequence, event_type, revision, created_at,
        creator, owner, payload, link
    FROM events
    ORDER BY position";

const COUNT: &str = "SELECT count(*) FROM events";

/// Walks the whole log and checks each link.
pub(super) fn check(
    connection: &Connection,
    seal: &dyn Seal,
    finder: &mut Finder<'_>,
) -> Result<(), StoreError> {
    let count: i64 = connection
        .prepare_cached(COUNT)?
        .query_row([], |row| row.get(0))?;
    // Each event is met twice: here and by aggregate.
    finder.expect(u64::try_from(count).unwrap_or(0).saturating_mul(2));
    let mut statement = connection.prepare_cached(ALL)?;
    let mut rows = statement.query([])?;
    let mut bytes = Vec::new();
    let mut link = GENESIS;
    let mut runs = archive::runs(connection, seal)?.into_iter().peekable();
    while let Some(row) = rows.next()? {
        finder.report.events += 1;
        let next: Option<i64> = row.get(0).ok();
        let mut cells = Cells::of(row, "events");
        while let Some((run, ours)) =
            runs.next_if(|(run, _)| next.is_some_and(|next| run.last < next))
        {
            let follows = run.first == finder.report.head.number() + 1 && run.first <= run.last;
            if ours && follows {
                finder.report.archived += run.events();
                finder.report.head = Position::new(run.last);
                link = run.link;
            } else {
                finder.find(
                    format_args!("`archived` row {}", run.last),
                    "was not written by this installation, or is not where it was",
                );
            }
        }
        match one(&mut cells, seal, &link, &mut bytes) {
            Ok(checked) => {
                if checked.stored != checked.computed {
                    let before = finder.report.head;
                    finder.find(
                        format_args!("event {}", checked.position),
                        format_args!("is not what was sealed behind event {before}"),
                    );
                }
                finder.report.head = checked.position;
                // The stored one, so that one change is one finding.
                link = checked.stored;
            }
            Err(error) => finder.unreadable("the log", error)?,
        }
        finder.step();
    }
    for (run, _) in runs {
        finder.find(
            format_args!("`archived` row {}", run.last),
            "covers events that are still there, or has none behind it",
        );
    }
    finder.report.link = link;
    Ok(())
}

struct Checked {
    position: Position,
    stored: LinkHash,
    computed: LinkHash,
}

fn one(
    cells: &mut Cells<'_, '_>,
    seal: &dyn Seal,
    before: &LinkHash,
    bytes: &mut Vec<u8>,
) -> Result<Checked, StoreError> {
    let fields = Fields::read(cells)?;
    let stored = cells.digest("link")?;
    fields.canonical(bytes);
    Ok(Checked {
        position: Position::new(fields.position),
        stored,
        computed: seal.link(before, bytes),
    })
}
