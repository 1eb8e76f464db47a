//! From whatever file is there to the schema of this version, or a refusal that touches nothing.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};

use super::connection::{self, Tuning};
use super::error::{Class, OpenError, class};
use super::leftover;
use crate::ports::StoreError;

/// `PRAGMA application_id`: "BART".
const APPLICATION_ID: i64 = 1_111_577_172;

/// One step per version; a released step is never edited.
const STEPS: &[M<'static>] = &[
    M::up(include_str!("migrations/0001_first.sql")),
    M::up(include_str!("migrations/0002_user_changes.sql")),
    M::up(include_str!("migrations/0003_totp.sql")),
    M::up(include_str!("migrations/0004_outbox.sql")),
    M::up(include_str!("migrations/0005_contact_codes.sql")),
    M::up(include_str!("migrations/0006_otp.sql")),
    M::up(include_str!("migrations/0007_webauthn.sql")),
    M::up(include_str!("migrations/0008_idp.sql")),
    M::up(include_str!("migrations/0009_sent.sql")),
    M::up(include_str!("migrations/0010_sweep.sql")),
    M::up(include_str!("migrations/0011_archive.sql")),
    M::up(include_str!("migrations/0012_webhooks.sql")),
    M::up(include_str!("migrations/0013_fewer_pages.sql")),
];

/// Opening is done by one thread at a time. Closing any descriptor of a file drops the POSIX locks
/// that this process holds on it through others, so a file must not be made while a connection to it
/// is being opened beside.
static OPENING: Mutex<()> = Mutex::new(());

/// What a file is, before anything was done with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// Nothing, or a file without a schema.
    Empty,
    /// A database of ours with this version of the schema.
    Version(i64),
}

/// The version of the schema that this program writes.
pub(super) fn known() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// Makes the file if there is none, brings its schema up to date, and opens it for writing.
///
/// `alone` says that no server has the file: a log that is there is what a process has left that died.
pub(super) fn open_and_migrate(
    path: &Path,
    tuning: Tuning,
    alone: bool,
) -> Result<Connection, OpenError> {
    let guard = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
    if !path.exists() {
        create(path)?;
    }
    restrict(path)?;
    refuse_newer(inspect(path, tuning.busy_timeout)?)?;
    let mut connection = connection::open_writer(path, tuning)?;
    if alone {
        leftover::make_durable(&connection, path)?;
    }
    migrate(&mut connection)?;
    drop(guard);
    Ok(connection)
}

/// Refuses every file but one of ours with exactly this version of the schema. Changes nothing.
pub(super) fn require_current(path: &Path, busy_timeout: Duration) -> Result<(), OpenError> {
    if !path.exists() {
        return Err(OpenError::Missing(path.to_owned()));
    }
    let found = inspect(path, busy_timeout)?;
    refuse_newer(found)?;
    match found {
        Found::Version(version) if version == known() => Ok(()),
        Found::Version(found) => Err(OpenError::Older {
            found,
            known: known(),
        }),
        Found::Empty => Err(OpenError::Older {
            found: 0,
            known: known(),
        }),
    }
}

/// Refuses every file but one of ours with a schema of this version or an older one, and says which it
/// is. Changes nothing.
pub(super) fn require_ours(path: &Path, busy_timeout: Duration) -> Result<i64, OpenError> {
    if !path.exists() {
        return Err(OpenError::Missing(path.to_owned()));
    }
    let found = inspect(path, busy_timeout)?;
    refuse_newer(found)?;
    match found {
        Found::Version(version) => Ok(version),
        Found::Empty => Err(OpenError::NotADatabase(path.to_owned())),
    }
}

fn refuse_newer(found: Found) -> Result<(), OpenError> {
    match found {
        Found::Version(found) if found > known() => Err(OpenError::Newer {
            found,
            known: known(),
        }),
        Found::Version(_) | Found::Empty => Ok(()),
    }
}

/// Looks at the file through a read-only connection, so that closing it does not checkpoint.
fn inspect(path: &Path, busy_timeout: Duration) -> Result<Found, OpenError> {
    let look = || -> rusqlite::Result<(i64, i64, i64)> {
        let connection = connection::open(path, connection::READ_ONLY, busy_timeout)?;
        let pragma = |name| connection.pragma_query_value(None, name, |row| row.get(0));
        let tables =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
        Ok((pragma("application_id")?, pragma("user_version")?, tables))
    };
    match look() {
        Ok((_, 0, 0)) => Ok(Found::Empty),
        Ok((APPLICATION_ID, version, _)) => Ok(Found::Version(version)),
        Ok(_) => Err(OpenError::Foreign(path.to_owned())),
        Err(error) if class(&error) == Class::Damaged => {
            Err(OpenError::NotADatabase(path.to_owned()))
        }
        Err(error) => Err(StoreError::from(error).into()),
    }
}

/// Whether a file is there and nothing is in it. Changes nothing.
pub(super) fn is_blank(path: &Path, busy_timeout: Duration) -> bool {
    match std::fs::metadata(path) {
        // Not even looked at: SQLite removes the log of a database without content.
        Ok(found) if found.len() == 0 => true,
        Ok(_) => inspect(path, busy_timeout).is_ok_and(|found| found == Found::Empty),
        Err(_) => false,
    }
}

/// A database in memory with the schema of this version and nothing else.
pub(super) fn pattern() -> Result<Connection, StoreError> {
    let mut connection = Connection::open_in_memory()?;
    Migrations::from_slice(STEPS)
        .to_latest(&mut connection)
        .map_err(|error| StoreError::Failed(Box::new(error)))?;
    Ok(connection)
}

fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    connection.set_transaction_behavior(rusqlite::TransactionBehavior::Immediate);
    let Err(error) = Migrations::from_slice(STEPS).to_latest(connection) else {
        return Ok(());
    };
    // Another process may have done the same a moment earlier, while this one waited for the lock.
    let version: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(StoreError::from)?;
    if version == known() {
        Ok(())
    } else {
        Err(OpenError::Migration(Box::new(error)))
    }
}

/// Makes an empty file that only its owner can read; SQLite gives its side files the same mode.
pub(super) fn create(path: &Path) -> Result<(), OpenError> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let failed = |path: &Path| {
        let path = path.to_owned();
        |source| OpenError::File { path, source }
    };
    match options.open(path) {
        Ok(file) => file.sync_all().map_err(failed(path))?,
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed(path)(error)),
    }
    sync_folder(path)
}

/// Makes the name of a file durable: it is as durable as its folder.
pub(super) fn sync_folder(path: &Path) -> Result<(), OpenError> {
    let folder = path.parent().unwrap_or(path);
    std::fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| OpenError::File {
            path: folder.to_owned(),
            source,
        })
}

/// What everybody but the owner may do with a file.
#[cfg(unix)]
const OTHERS: u32 = 0o077;

/// Takes the file and its side files from everybody but their owner.
fn restrict(path: &Path) -> Result<(), OpenError> {
    #[cfg(unix)]
    for suffix in ["", "-wal", "-shm"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        let path = PathBuf::from(name);
        let result = match std::fs::metadata(&path) {
            Ok(found) if found.permissions().mode() & OTHERS == 0 => Ok(()),
            Ok(_) => std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        };
        result.map_err(|source| OpenError::File { path, source })?;
    }
    #[cfg(not(unix))]
    let _: PathBuf = path.to_owned();
    Ok(())
}
