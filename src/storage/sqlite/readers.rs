//! Point reads: where they are called, on a connection of the pool.
//!
//! Alone, each read is a transaction of its own: a lock in shared memory, a system call and a mutex
//! that all connections of the process share. A thread that serves many requests at once can hold a
//! connection for a turn (see [`Store::hold`](crate::ports::Store::hold)): its reads then share one
//! transaction for as long as nobody in this process commits. What other processes commit is seen
//! in the next turn.

use std::cell::RefCell;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use r2d2::{ManageConnection, PooledConnection};
use rusqlite::Connection;

use super::bell::Bell;
use super::connection::{self, Tuning};
use super::error::OpenError;
use super::{Options, pats};
use crate::domain::ids::PatId;
use crate::ports::{PatBearer, StoreError};

/// Stores of this process so far; tells the turns of one from those of another.
static STORES: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static TURN: RefCell<Option<Turn>> = const { RefCell::new(None) };
}

/// Counts the commits of this process, before they are acknowledged.
#[derive(Debug, Clone, Default)]
pub(super) struct Commits(Arc<AtomicU64>, Bell);

impl Commits {
    /// Something was committed.
    pub(super) fn note(&self) {
        self.0.fetch_add(1, Ordering::Release);
        self.1.ring();
    }

    /// What is heard of each.
    pub(super) fn bell(&self) -> Bell {
        self.1.clone()
    }

    fn so_far(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }
}

/// The connections for point reads.
#[derive(Debug)]
pub(super) struct Readers {
    pool: r2d2::Pool<Manager>,
    commits: Commits,
    store: u64,
}

impl Readers {
    pub(super) fn open(
        path: &Path,
        options: &Options,
        commits: Commits,
    ) -> Result<Self, OpenError> {
        let manager = Manager {
            path: path.to_owned(),
            tuning: options.reader(),
        };
        let pool = r2d2::Pool::builder()
            .max_size(options.read_connections.max(1))
            .connection_timeout(options.busy_timeout)
            // A connection to a file does not go stale: it is neither tested nor replaced.
            .test_on_check_out(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .build(manager)
            .map_err(|error| OpenError::Start(Box::new(error)))?;
        Ok(Self {
            pool,
            commits,
            store: STORES.fetch_add(1, Ordering::Relaxed),
        })
    }

    /// Reads on the connection that this thread holds, or else on one for this read alone.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with(|reader, _| read(&reader.connection))
    }

    /// A personal access token with its owner. Within a turn it is remembered from one to the next,
    /// until anything in the file has changed.
    pub(super) fn pat_bearer(&self, id: PatId) -> Result<Option<PatBearer>, StoreError> {
        self.with(|reader, shared| {
            if !shared {
                return pats::bearer(&reader.connection, id);
            }
            if let Some((_, known)) = reader.bearers.iter().find(|(known, _)| *known == id) {
                return Ok(Some(known.clone()));
            }
            let bearer = pats::bearer(&reader.connection, id)?;
            if let Some(bearer) = &bearer {
                if reader.bearers.len() >= BEARERS {
                    reader.bearers.clear();
                }
                reader.bearers.push((id, bearer.clone()));
            }
            Ok(bearer)
        })
    }

    /// Runs a read; says whether it is within the transaction of a turn.
    fn with<T>(
        &self,
        read: impl FnOnce(&mut Reader, bool) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        TURN.with(|turn| {
            // Borrowed already: a read within a read, which has a connection of its own.
            if let Ok(mut turn) = turn.try_borrow_mut()
                && let Some(turn) = turn.as_mut().filter(|turn| turn.store == self.store)
            {
                return turn.read(&self.commits, |reader| read(reader, true));
            }
            let mut reader = self.pool.get().map_err(|_| StoreError::Overloaded)?;
            read(&mut reader, false)
        })
    }

    /// Holds a connection for this thread until [`let_go`](Self::let_go). False if it holds one
    /// already, or none is free.
    pub(super) fn hold(&self) -> bool {
        TURN.with_borrow_mut(|turn| {
            if turn.is_some() {
                return false;
            }
            *turn = self.pool.try_get().map(|reader| Turn {
                store: self.store,
                reader,
                since: None,
            });
            turn.is_some()
        })
    }

    /// Gives the connection of this thread back.
    pub(super) fn let_go(&self) {
        let turn = TURN.with_borrow_mut(|turn| turn.take_if(|turn| turn.store == self.store));
        if let Some(mut turn) = turn {
            turn.end();
        }
    }

    /// What the pool says of itself.
    pub(super) fn state(&self) -> r2d2::State {
        self.pool.state()
    }
}

/// The bearers that a connection remembers: an instance has a few service users that ask much.
const BEARERS: usize = 32;

/// A connection that reads, and what is remembered beside it.
#[derive(Debug)]
pub(super) struct Reader {
    connection: Connection,
    /// `PRAGMA data_version` to which the bearers belong: it changes with every commit of anybody
    /// else, other processes included.
    version: i64,
    bearers: Vec<(PatId, PatBearer)>,
}

/// What a thread holds.
struct Turn {
    store: u64,
    reader: PooledConnection<Manager>,
    /// The commits before the transaction that is open.
    since: Option<u64>,
}

impl Turn {
    fn read<T>(
        &mut self,
        commits: &Commits,
        read: impl FnOnce(&mut Reader) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // Before the transaction begins, so that it sees all of these.
        let now = commits.so_far();
        if self.since != Some(now) {
            self.end();
            self.begin()?;
            self.since = Some(now);
        }
        let outcome = read(&mut self.reader);
        if outcome.is_err() {
            // Whatever it was, it does not last.
            self.end();
        }
        outcome
    }

    /// Begins a transaction that sees what is committed now.
    fn begin(&mut self) -> Result<(), StoreError> {
        let reader = &mut *self.reader;
        reader.connection.prepare_cached("BEGIN")?.execute([])?;
        let version = reader
            .connection
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get(0))?;
        if version != reader.version {
            reader.version = version;
            reader.bearers.clear();
        }
        Ok(())
    }

    fn end(&mut self) {
        self.since = None;
        let connection = &self.reader.connection;
        if connection.is_autocommit() {
            return;
        }
        let ended = connection
            .prepare_cached("COMMIT")
            .and_then(|mut commit| commit.execute([]));
        if let Err(error) = ended {
            log::warn!("a reading transaction did not end: {error}");
            drop(connection.execute_batch("ROLLBACK"));
        }
    }
}

/// Opens connections for the pool.
#[derive(Debug)]
struct Manager {
    path: std::path::PathBuf,
    tuning: Tuning,
}

impl ManageConnection for Manager {
    type Connection = Reader;
    type Error = StoreError;

    fn connect(&self) -> Result<Reader, StoreError> {
        Ok(Reader {
            connection: connection::open_reader(&self.path, self.tuning)?,
            version: 0,
            bearers: Vec::new(),
        })
    }

    fn is_valid(&self, _: &mut Reader) -> Result<(), StoreError> {
        Ok(())
    }

    fn has_broken(&self, _: &mut Reader) -> bool {
        false
    }
}
