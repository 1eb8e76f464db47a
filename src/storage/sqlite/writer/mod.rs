//! The one thread that writes, and the way to it.
//!
//! Requests wait in a bounded queue; where it is full the answer is [`StoreError::Overloaded`] at
//! once. The thread commits whatever has gathered while it was busy in one transaction: the price of
//! making a commit durable is shared by all of them, and none waits for a timer. Nothing is answered
//! before COMMIT has returned.

mod apply;
mod batch;
mod checkpoint;
mod settle;

use std::sync::atomic::Ordering::Relaxed;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use self::batch::Thread;
use super::Options;
use super::archive::Run;
use super::counts::Counts;
use super::error::OpenError;
use super::readers::Commits;
use super::sweep::Sweep;
use crate::domain::time::Timestamp;
use crate::domain::user::Failures;
use crate::ports::{CodeDigest, Commit, Committed, Cursor, Seal, Settlement, StoreError};

/// Where the answer to a request is awaited.
pub(super) type Answer<T> = oneshot::Receiver<Result<T, StoreError>>;

/// What the thread is asked for.
#[derive(Debug)]
pub(super) enum Request {
    /// Writes all or nothing.
    Commit(Box<Commit>, oneshot::Sender<Result<Committed, StoreError>>),
    /// Counts a failure against an unknown name.
    Count(Unknown, oneshot::Sender<Result<Failures, StoreError>>),
    /// Writes what became of a message, or of events.
    Settle(Settle, oneshot::Sender<Result<(), StoreError>>),
    /// Removes rows or events of what is long over, and says how many.
    Remove(Remove, oneshot::Sender<Result<u64, StoreError>>),
}

/// What is removed.
#[derive(Debug)]
pub(super) enum Remove {
    /// Rows of sessions.
    Sessions(Sweep),
    /// Events that were archived.
    Events(Vec<Run>),
}

/// What became of what is sent to others.
#[derive(Debug)]
pub(super) enum Settle {
    /// Of a message.
    Message {
        /// The key of its row.
        id: i64,
        /// What.
        settlement: Settlement,
    },
    /// Of events that a webhook was told of.
    Cursor(Cursor),
}

/// A failed check against a name that nobody has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unknown {
    pub(super) name: CodeDigest,
    pub(super) at: Timestamp,
    pub(super) forget_before: Timestamp,
}

/// What a request came to.
#[derive(Debug)]
enum Outcome {
    Committed(Committed),
    Counted(Failures),
    Settled,
    Removed(u64),
}

impl Request {
    /// Tells the caller; one that went away meanwhile is no trouble.
    fn answer(self, outcome: Result<Outcome, StoreError>) {
        match (self, outcome) {
            (Self::Commit(_, caller), Ok(Outcome::Committed(committed))) => {
                drop(caller.send(Ok(committed)));
            }
            (Self::Count(_, caller), Ok(Outcome::Counted(failures))) => {
                drop(caller.send(Ok(failures)));
            }
            (Self::Settle(_, caller), Ok(Outcome::Settled)) => drop(caller.send(Ok(()))),
            (Self::Remove(_, caller), Ok(Outcome::Removed(count))) => {
                drop(caller.send(Ok(count)));
            }
            (Self::Commit(_, caller), Err(error)) => drop(caller.send(Err(error))),
            (Self::Count(_, caller), Err(error)) => drop(caller.send(Err(error))),
            (Self::Settle(_, caller), Err(error)) => drop(caller.send(Err(error))),
            (Self::Remove(_, caller), Err(error)) => drop(caller.send(Err(error))),
            // An answer of the wrong kind: the caller sees that none came.
            (Self::Commit(..) | Self::Count(..) | Self::Settle(..) | Self::Remove(..), Ok(_)) => {}
        }
    }
}

/// The way to the thread.
#[derive(Debug)]
pub(super) struct Writer {
    /// Gone once the writer is closed.
    queue: RwLock<Option<SyncSender<Request>>>,
    pub(super) counts: Arc<Counts>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread on an open connection.
    pub(super) fn start(
        connection: Connection,
        options: &Options,
        seal: Arc<dyn Seal>,
        path: std::path::PathBuf,
        commits: Commits,
    ) -> Result<Self, OpenError> {
        let (queue, requests) = sync_channel(options.queue);
        let counts = Arc::<Counts>::default();
        let mut thread = Thread::new(
            connection,
            options,
            seal,
            path,
            commits,
            Arc::clone(&counts),
        );
        let handle = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || thread.run(&requests))
            .map_err(|error| OpenError::Start(Box::new(error)))?;
        Ok(Self {
            queue: RwLock::new(Some(queue)),
            counts,
            thread: Mutex::new(Some(handle)),
        })
    }

    /// Puts a request into the queue.
    pub(super) fn submit(&self, request: Request) -> Result<(), StoreError> {
        let sent = self
            .queue
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map(|queue| queue.try_send(request));
        match sent {
            Some(Ok(())) => {
                self.counts.queued.fetch_add(1, Relaxed);
                Ok(())
            }
            Some(Err(TrySendError::Full(_))) => {
                self.counts.turned_away.fetch_add(1, Relaxed);
                Err(StoreError::Overloaded)
            }
            Some(Err(TrySendError::Disconnected(_))) | None => Err(StoreError::Closed),
        }
    }

    /// Takes no more requests, waits until those in the queue are answered, and closes the connection.
    pub(super) fn close(&self) {
        let queue = self
            .queue
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(queue);
        let thread = self
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // A panic of the thread has been reported where it happened.
            drop(thread.join());
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}
