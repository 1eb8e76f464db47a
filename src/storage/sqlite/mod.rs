//! The store on one SQLite file.
//!
//! One thread owns the only connection that writes and commits in groups (`writer`); point reads run
//! where they are called, on read-only connections of a pool; long reads run on threads of their own
//! (`search`). Every read sees every commit that was acknowledged before it, because all connections
//! read the same write-ahead log.
//!
//! The file may be written by another process meanwhile, such as the command line: nothing that was
//! read is remembered longer than SQLite says that the file has not changed.

mod archive;
mod backup;
mod bell;
mod cells;
mod connection;
mod counts;
mod cursors;
mod error;
mod idp_links;
mod intents;
mod leftover;
mod lines;
mod log;
mod look;
mod members;
mod migrate;
mod orgs;
mod otp;
mod outbox;
mod pats;
mod readers;
mod rows;
mod search;
mod search_members;
mod search_orgs;
mod search_pats;
mod search_sessions;
mod search_users;
mod session_statements;
mod sessions;
mod side;
mod sql;
mod store;
mod sweep;
mod tail;
mod text;
mod unknown;
mod users;
mod verify;
mod views;
mod webauthn;
mod writer;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;

use self::bell::Bell;
use self::connection::Tuning;
use self::lines::Lines;
use self::readers::{Commits, Readers};
use self::search::Searchers;
use self::writer::{Remove, Request, Writer};
use crate::domain::ids::Position;
use crate::domain::time::Timestamp;
use crate::ports::{Pending, Seal, StoreError};

pub use archive::{ArchiveError, Checked, Run, Scope, Written, archive_to, check as check_archive};
pub use backup::{Copied, copy, replace};
pub use counts::{BATCH_BOUNDS, TRANSACTION_BOUNDS, WriterStats};
pub use error::OpenError;
pub use look::{Look, is_blank, look};
pub use verify::{Finding, Report, verify};

const SESSIONS: &str = "SELECT count(*) FROM sessions WHERE state = 1";

/// Two counts in indexes: whether a session is live stands in none that has its expiry. The `+` has the
/// second one made in the index of terminated sessions, which has both.
const EXPIRED: &str = "
    SELECT (SELECT count(*) FROM sessions WHERE expires_at <= ?1)
        - (SELECT count(*) FROM sessions WHERE state = 2 AND +expires_at <= ?1)";

const MESSAGES: &str = "SELECT count(*) FROM outbox";

/// How much a store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// Sessions that were neither terminated nor have expired.
    pub alive: u64,
    /// Sessions that have expired and were not swept.
    pub expired: u64,
    /// Messages that wait to be delivered.
    pub messages: u64,
    /// The position of the last event.
    pub position: Position,
}

/// How a store is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Connections for point reads: one for each thread that reads, so that none waits.
    pub read_connections: u32,
    /// Threads for searches and stretches of the log.
    pub search_threads: usize,
    /// Searches that wait; more are refused.
    pub search_queue: usize,
    /// Writes that wait; more are refused.
    pub queue: usize,
    /// Writes in one transaction.
    pub batch: usize,
    /// Page cache of the writing connection in KiB.
    pub writer_cache_kib: u32,
    /// Page cache of each reading connection in KiB.
    pub reader_cache_kib: u32,
    /// How long a connection waits for a lock that another process holds, and a read for a connection.
    pub busy_timeout: Duration,
    /// No server has the file: what the log holds was left by a process that died.
    pub alone: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            read_connections: 4,
            search_threads: 2,
            search_queue: 256,
            queue: 4_096,
            batch: 512,
            writer_cache_kib: 8 * 1024,
            reader_cache_kib: 2 * 1024,
            busy_timeout: Duration::from_secs(5),
            alone: true,
        }
    }
}

impl Options {
    const fn writer(&self) -> Tuning {
        Tuning {
            cache_kib: self.writer_cache_kib,
            busy_timeout: self.busy_timeout,
        }
    }

    const fn reader(&self) -> Tuning {
        Tuning {
            cache_kib: self.reader_cache_kib,
            busy_timeout: self.busy_timeout,
        }
    }
}

/// A store on one SQLite file.
pub struct SqliteStore {
    // In this order they are dropped: the writer is the last one to close the file, so that nothing
    // is left in the write-ahead log.
    searchers: Searchers,
    readers: Readers,
    writer: Writer,
    lines: Lines,
    bell: Bell,
}

impl SqliteStore {
    /// Opens the file, makes it if there is none, and brings its schema up to date.
    ///
    /// # Errors
    /// [`OpenError`]; a file with a newer schema, of another program or of no database at all is
    /// refused and not touched.
    pub fn open(path: &Path, options: &Options, seal: Arc<dyn Seal>) -> Result<Self, OpenError> {
        let path = absolute(path)?;
        let connection = migrate::open_and_migrate(&path, options.writer(), options.alone)?;
        let commits = Commits::default();
        let readers = Readers::open(&path, options, commits.clone())?;
        let searchers = Searchers::start(&path, options)?;
        let bell = commits.bell();
        let writer = Writer::start(connection, options, seal, path, commits)?;
        Ok(Self {
            searchers,
            readers,
            writer,
            lines: Lines::default(),
            bell,
        })
    }

    /// Takes no more writes, waits until those that were taken are answered, and writes the log back
    /// into the file. Reads go on. Dropping the store does the same.
    pub fn close(&self) {
        self.writer.close();
    }

    /// What the writer has done since the store was opened.
    pub fn writer_stats(&self) -> WriterStats {
        self.writer.counts.read()
    }

    /// Counts what there is at a moment: indexes are read to their end, off the calling thread.
    pub fn held(&self, now: Timestamp) -> Pending<'static, Result<Held, StoreError>> {
        self.searchers.run(move |connection| {
            let count = |sql: &str, params: &[i64]| -> Result<u64, StoreError> {
                let params = rusqlite::params_from_iter(params);
                let count: i64 = connection
                    .prepare_cached(sql)?
                    .query_row(params, |row| row.get(0))?;
                Ok(u64::try_from(count).unwrap_or_default())
            };
            let expired = count(EXPIRED, &[now.micros()])?;
            Ok(Held {
                alive: count(SESSIONS, &[])?.saturating_sub(expired),
                expired,
                messages: count(MESSAGES, &[])?,
                position: log::head(connection)?.position,
            })
        })
    }

    /// The first event behind a position that is not older than a moment.
    pub fn first_since(
        &self,
        after: Position,
        since: Timestamp,
    ) -> Pending<'static, Result<Option<Position>, StoreError>> {
        self.searchers
            .run(move |connection| cursors::first_since(connection, after, since))
    }

    /// Removes events that were written to an archive, and says how many.
    pub fn remove_archived(&self, runs: Vec<Run>) -> Pending<'_, Result<u64, StoreError>> {
        let (sender, answer) = oneshot::channel();
        self.write(Request::Remove(Remove::Events(runs), sender), answer)
    }
}

/// The absolute path: no change of folder moves it, and SQLite does not take it for a URI.
fn absolute(path: &Path) -> Result<PathBuf, OpenError> {
    std::path::absolute(path).map_err(|source| OpenError::File {
        path: path.to_owned(),
        source,
    })
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SqliteStore")
            .field("readers", &self.readers.state())
            .finish_non_exhaustive()
    }
}
