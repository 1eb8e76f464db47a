//! Copying a database while others write to it.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::OpenFlags;
use rusqlite::backup::{Backup, StepResult};

use super::error::OpenError;
use super::{connection, migrate};
use crate::ports::StoreError;

/// Pages of one step: what the source keeps a lock for is the snapshot, so this bounds only how often
/// the progress is told.
const STEP: i32 = 256;

const BUSY: Duration = Duration::from_secs(5);

/// Bytes of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Copied(pub u64);

/// Copies a database of ours, of whatever version up to this one, into a new file.
///
/// The copy is of one moment, whatever is written meanwhile: the snapshot is taken before the first
/// page, so that SQLite neither waits for the writer nor begins anew. The file is there whole and
/// durable, or not at all; only its owner can read it, and nothing stands beside it.
///
/// # Errors
/// [`OpenError`]: the source is not a database of ours or is newer; the target exists or cannot be
/// written.
pub fn copy(
    from: &Path,
    to: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Copied, OpenError> {
    let (from, to) = (super::absolute(from)?, super::absolute(to)?);
    migrate::require_ours(&from, BUSY)?;
    if to.exists() {
        return Err(failed(&to)(io::ErrorKind::AlreadyExists.into()));
    }
    let unfinished = beside(&to, ".unfinished");
    let copied = fill(&from, &unfinished, progress).and_then(|copied| {
        std::fs::rename(&unfinished, &to).map_err(failed(&to))?;
        migrate::sync_folder(&to)?;
        Ok(copied)
    });
    if copied.is_err() {
        // The error is what counts; what is left behind is cleared away by the next attempt.
        drop(std::fs::remove_file(&unfinished));
    }
    copied
}

fn fill(from: &Path, to: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Copied, OpenError> {
    // What an earlier attempt left behind is worth nothing.
    if to.exists() {
        std::fs::remove_file(to).map_err(failed(to))?;
    }
    migrate::create(to)?;
    let copied = copy_pages(from, to, progress)?;
    std::fs::File::open(to)
        .and_then(|file| file.sync_all())
        .map_err(failed(to))?;
    Ok(copied)
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.to_owned();
    |source| OpenError::File { path, source }
}

fn copy_pages(
    from: &Path,
    to: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Copied, StoreError> {
    let source = connection::open(from, connection::READ_ONLY, BUSY)?;
    let snapshot = source.unchecked_transaction()?;
    // A transaction takes its snapshot with its first read.
    snapshot.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut target = connection::open(to, flags, BUSY)?;
    // Nobody reads it before it is whole, and it is made durable once, at its end.
    target.execute_batch("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")?;
    let backup = Backup::new(&snapshot, &mut target)?;
    loop {
        let step = backup.step(STEP)?;
        let found = backup.progress();
        let (total, left) = (count(found.pagecount), count(found.remaining));
        progress(total.saturating_sub(left), total);
        match step {
            StepResult::Done => break,
            StepResult::More => {}
            StepResult::Busy | StepResult::Locked => return Err(StoreError::Busy),
            _ => return Err(StoreError::Failed("the copy stopped".into())),
        }
    }
    drop(backup);
    // The header says that there is a write-ahead log; beside a copy there is none.
    target.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))?;
    let bytes = target.query_row(
        "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        [],
        |row| row.get::<_, i64>(0),
    )?;
    target.close().map_err(|(_, error)| error)?;
    Ok(Copied(u64::try_from(bytes).unwrap_or_default()))
}

fn count(pages: i32) -> u64 {
    u64::try_from(pages).unwrap_or_default()
}

/// The path with something after its name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Puts a finished copy in the place of a database that no process has open. What was there stands
/// beside it afterwards, under a name that ends in `.before-restore`.
///
/// # Errors
/// [`OpenError::File`].
pub fn replace(database: &Path, copy: &Path) -> Result<(), OpenError> {
    let database = super::absolute(database)?;
    for suffix in ["", "-wal", "-shm"] {
        let path = beside(&database, suffix);
        let kept = beside(&beside(&database, ".before-restore"), suffix);
        match std::fs::rename(&path, &kept) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(failed(&path)(source)),
        }
    }
    std::fs::rename(copy, &database).map_err(failed(&database))?;
    migrate::sync_folder(&database)
}
