//! Proving that a database is what its events say, and saying what is wrong where.
//!
//! Everything is read in one snapshot, so a server may go on writing meanwhile. Two walks: by
//! position for the chain, by aggregate for sequences and folds; of the log only one event is in
//! memory at a time.
//!
//! What cannot be seen from inside the file: that its end was cut off together with all that follows
//! from it. Compare [`Report::head`] with one that was noted elsewhere.

mod chain;
mod compare;
mod file;
mod fold;
mod report;
mod side;

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use self::report::Finder;
use super::connection::{self, Tuning};
use super::error::OpenError;
use super::{migrate, sweep, text};
use crate::domain::secret::HashText;
use crate::domain::time::Timestamp;
use crate::ports::{Seal, StoreError};

pub use report::{Finding, Report};

/// The walk by aggregate jumps about in the log: it has a larger cache than other readers.
const TUNING: Tuning = Tuning {
    cache_kib: 16 * 1024,
    busy_timeout: Duration::from_secs(5),
};

/// What is needed beside the file.
#[derive(Clone, Copy)]
struct Tools<'a> {
    seal: &'a dyn Seal,
    fingerprint: &'a dyn Fn(&HashText) -> String,
    /// Sessions that had ended before may have no row.
    swept_before: Option<Timestamp>,
}

/// Reads the whole database and compares it with itself.
///
/// `fingerprint` is that of [`Tokens`](crate::ports::Tokens): rows have hashes where events have
/// their fingerprints. `progress` is told how much of how much has been done.
///
/// # Errors
/// [`OpenError`] where the file cannot be read at all, or has another version of the schema. What is
/// wrong inside is no error but a [`Finding`].
pub fn verify(
    path: &Path,
    seal: &dyn Seal,
    fingerprint: &dyn Fn(&HashText) -> String,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, OpenError> {
    let path = super::absolute(path)?;
    migrate::require_current(&path, TUNING.busy_timeout)?;
    let mut connection = connection::open_reader(&path, TUNING)?;
    text::register(&connection).map_err(StoreError::from)?;
    let snapshot = connection.transaction().map_err(StoreError::from)?;
    let mut finder = Finder::new(progress);
    let swept_before = swept_before(&snapshot, seal, &mut finder)?;
    let tools = Tools {
        seal,
        fingerprint,
        swept_before,
    };
    run(&snapshot, tools, &mut finder)?;
    Ok(finder.finish())
}

/// Up to which end sessions were swept, if it was we who did it.
fn swept_before(
    connection: &Connection,
    seal: &dyn Seal,
    finder: &mut Finder<'_>,
) -> Result<Option<Timestamp>, StoreError> {
    let marked = sweep::marked(connection, seal)?;
    if marked.is_none() && sweep::is_marked(connection)? {
        finder.find("`sweep` row 1", "was not written by this installation");
    }
    Ok(marked)
}

fn run(
    connection: &Connection,
    tools: Tools<'_>,
    finder: &mut Finder<'_>,
) -> Result<(), StoreError> {
    finder.pass("the file", |finder| file::check(connection, finder))?;
    finder.pass("the log", |finder| {
        chain::check(connection, tools.seal, finder)
    })?;
    finder.pass("the log", |finder| fold::check(connection, tools, finder))?;
    finder.pass("the rows", |finder| file::check_rows(connection, finder))
}
