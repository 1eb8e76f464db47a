//! Events that left the database for a file.
//!
//! Only whole histories go, and only those of swept sessions. Where a run of events is gone the table
//! `archived` has its bounds and the link of its last event, under a seal: the event behind the run
//! follows from that link, so that what remains is proven as before. The trigger on the log lets go of
//! an event only where such a row covers it.
//!
//! The file is complete and durable before the first event is removed. Whatever ends the program, an
//! event is in the database, in the file, or in both.

mod check;
mod line;
mod write;

use rusqlite::{Connection, params};

use super::error::WrongCount;
use super::rows;
use crate::ports::{LinkHash, Seal, StoreError};

pub use check::{Checked, check};
pub use write::{Scope, Written, archive_to};

const TABLE: &str = "archived";

const INSERT: &str = "INSERT INTO archived (last, first, link, seal) VALUES (?1, ?2, ?3, ?4)";

const LINK: &str = "SELECT link FROM events WHERE position = ?1";

const REMOVE: &str = "DELETE FROM events WHERE position BETWEEN ?1 AND ?2";

const ALL: &str = "SELECT last, first, link, seal FROM archived ORDER BY last";

const ONE: &str = "SELECT last, first, link, seal FROM archived WHERE last = ?1";

/// Consecutive events that left together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The position of the first.
    pub first: i64,
    /// The position of the last.
    pub last: i64,
    /// The link of the last.
    pub link: LinkHash,
}

impl Run {
    /// How many events it has.
    pub const fn events(&self) -> u64 {
        self.last.abs_diff(self.first) + 1
    }

    /// Events begin with their position, whose first byte is zero: none is sealed like this.
    fn seal(&self, seal: &dyn Seal) -> LinkHash {
        let mut bytes = b"archived".to_vec();
        bytes.extend_from_slice(&self.first.to_be_bytes());
        bytes.extend_from_slice(&self.last.to_be_bytes());
        seal.link(&self.link, &bytes)
    }
}

/// Why an archive could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file.
    #[error("cannot read or write the archive")]
    File(#[from] std::io::Error),
    /// An event is not what was sealed; nothing was archived.
    #[error("event {0} is not what was sealed: run `bartizan verify`")]
    Broken(i64),
    /// A line of the file is none of ours.
    #[error("line {0} is not of an archive")]
    Line(u64),
}

impl From<rusqlite::Error> for ArchiveError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Removes the events of runs within a transaction, and says how many they were.
///
/// # Errors
/// What the database says; also if the events are not those that were written to the file.
pub(super) fn remove(
    connection: &Connection,
    seal: &dyn Seal,
    runs: &[Run],
) -> Result<u64, StoreError> {
    let mut removed = 0;
    for run in runs {
        let link = rows::one(connection, LINK, [run.last], "events", |cells| {
            cells.set_key(run.last);
            cells.digest("link")
        })?;
        if link != Some(run.link) {
            return Err(WrongCount(0, "events").into());
        }
        let sealed = run.seal(seal);
        let row = params![run.last, run.first, run.link.as_slice(), sealed.as_slice()];
        rows::change_one(connection, INSERT, row, TABLE)?;
        let gone = connection
            .prepare_cached(REMOVE)?
            .execute(params![run.first, run.last])?;
        if gone as u64 != run.events() {
            return Err(WrongCount(gone, "events").into());
        }
        removed += run.events();
    }
    Ok(removed)
}

/// All runs in order, each with whether its seal is ours.
pub(super) fn runs(
    connection: &Connection,
    seal: &dyn Seal,
) -> Result<Vec<(Run, bool)>, StoreError> {
    rows::all(connection, ALL, [], TABLE, |cells| read(cells, seal))
}

/// The run that ends at a position.
pub(super) fn ending_at(
    connection: &Connection,
    seal: &dyn Seal,
    last: i64,
) -> Result<Option<(Run, bool)>, StoreError> {
    rows::one(connection, ONE, [last], TABLE, |cells| read(cells, seal))
}

fn read(
    cells: &mut super::cells::Cells<'_, '_>,
    seal: &dyn Seal,
) -> Result<(Run, bool), StoreError> {
    let run = Run {
        last: cells.key("last")?,
        first: cells.int("first")?,
        link: cells.digest("link")?,
    };
    let sealed = cells.digest("seal")?;
    Ok((run, sealed == run.seal(seal)))
}
