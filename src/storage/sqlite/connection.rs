//! How connections are opened: flags, pragmas and limits, each with its reason.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::limits::Limit;
use rusqlite::{Connection, OpenFlags};

use crate::ports::StoreError;

/// Prepared statements that a connection keeps; the writer alone has one for each number of events.
const STATEMENTS: usize = 128;

/// Nobody asks for more than this: a text, a row or a whole statement.
const LONGEST: i32 = 16 * 1024 * 1024;

/// For every connection.
///
/// - `synchronous = FULL`: with WAL, NORMAL loses acknowledged commits when the power fails. It is a
///   property of the connection, so readers have it too and cannot be mistaken for an exception.
/// - `fullfsync`, `checkpoint_fullfsync`: without them macOS leaves commits in the disk's own cache.
/// - `foreign_keys`: off by default in SQLite.
/// - `recursive_triggers`: without it `INSERT OR REPLACE` deletes events behind the trigger's back.
/// - `mmap_size = 0`: a large map saves a tenth of the CPU and costs a gigabyte of resident memory; and
///   an I/O error in a map is a SIGBUS instead of an error.
/// - `temp_store = MEMORY`: sorting a list writes nothing to a folder we do not know.
/// - `cell_size_check`: a damaged page is noticed when it is read, not when it is used.
const PRAGMAS: &str = "
    PRAGMA synchronous = FULL;
    PRAGMA fullfsync = ON;
    PRAGMA checkpoint_fullfsync = ON;
    PRAGMA foreign_keys = ON;
    PRAGMA recursive_triggers = ON;
    PRAGMA mmap_size = 0;
    PRAGMA temp_store = MEMORY;
    PRAGMA cell_size_check = ON;
";

/// For the writer.
///
/// - `wal_autocheckpoint = 0`: the writer checkpoints after it has answered, not inside a COMMIT
///   that callers wait for (see `checkpoint.rs`).
/// - `journal_size_limit`: after a long reader let the log grow, its file shrinks to this again; below
///   it the file is reused, which syncs twice as fast as appending.
const WRITER: &str = "
    PRAGMA wal_autocheckpoint = 0;
    PRAGMA journal_size_limit = 67108864;
";

/// For readers.
///
/// - `query_only`: beside the read-only flag of the file, so that not even a temporary table is made.
const READER: &str = "
    PRAGMA query_only = ON;
";

/// What a reader may do with the file.
pub(super) const READ_ONLY: OpenFlags =
    OpenFlags::SQLITE_OPEN_READ_ONLY.union(OpenFlags::SQLITE_OPEN_NO_MUTEX);

/// What differs from one connection to another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tuning {
    /// Page cache in KiB.
    pub(super) cache_kib: u32,
    /// How long to wait for a lock that another process holds.
    pub(super) busy_timeout: Duration,
}

/// Opens a connection that writes. The file exists.
pub(super) fn open_writer(path: &Path, tuning: Tuning) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open(path, flags, tuning.busy_timeout)?;
    // Where the file cannot be written SQLite opens it to be read, and says so only at the first write.
    if connection.is_readonly(rusqlite::MAIN_DB)? {
        return Err(StoreError::Io(Box::new(ReadOnly)));
    }
    prepare(&connection, tuning)?;
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        return Err(StoreError::Failed(Box::new(NoWal(mode))));
    }
    connection.execute_batch(WRITER)?;
    Ok(connection)
}

/// Opens a connection that only reads.
pub(super) fn open_reader(path: &Path, tuning: Tuning) -> Result<Connection, StoreError> {
    let connection = open(path, READ_ONLY, tuning.busy_timeout)?;
    prepare_reader(&connection, tuning)?;
    Ok(connection)
}

/// Makes a reader of a connection that the pool has opened.
pub(super) fn prepare_reader(connection: &Connection, tuning: Tuning) -> rusqlite::Result<()> {
    prepare(connection, tuning)?;
    connection.execute_batch(READER)
}

/// Opens the file as it is, to look at it before anything is done with it.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place where connections are opened by hand"
)]
pub(super) fn open(
    path: &Path,
    flags: OpenFlags,
    busy_timeout: Duration,
) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(busy_timeout)?;
    Ok(connection)
}

fn prepare(connection: &Connection, tuning: Tuning) -> rusqlite::Result<()> {
    connection.busy_timeout(tuning.busy_timeout)?;
    connection.execute_batch(PRAGMAS)?;
    connection.pragma_update(None, "cache_size", -i64::from(tuning.cache_kib))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Nothing in the file's schema is trusted to call functions, and nobody rewrites the schema by hand.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // Double quotes are names, never texts: a misspelt column is an error.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
    connection.set_limit(Limit::SQLITE_LIMIT_WORKER_THREADS, 0)?;
    connection.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST)?;
    Ok(())
}

/// The file can be read and not written.
#[derive(Debug, thiserror::Error)]
#[error("the file or its folder is read-only")]
struct ReadOnly;

/// The file system gives no shared memory for the write-ahead log.
#[derive(Debug, thiserror::Error)]
#[error("journal mode is `{0}` instead of `wal`")]
struct NoWal(String);
