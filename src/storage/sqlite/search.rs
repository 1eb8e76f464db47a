//! Long reads: a few threads with connections of their own, off the workers, behind a bounded queue.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::error::{OpenError, Unanswered};
use super::{Options, connection, text};
use crate::ports::{Pending, StoreError};

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// The threads and the way to them.
#[derive(Debug)]
pub(super) struct Searchers {
    /// Gone once they are told to stop.
    queue: Option<SyncSender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Searchers {
    /// Opens the connections and starts the threads.
    pub(super) fn start(path: &Path, options: &Options) -> Result<Self, OpenError> {
        let (queue, jobs) = sync_channel(options.search_queue);
        let jobs = Arc::new(Mutex::new(jobs));
        let mut searchers = Self {
            queue: Some(queue),
            threads: Vec::new(),
        };
        for number in 0..options.search_threads.max(1) {
            let connection = connection::open_reader(path, options.reader())?;
            text::register(&connection).map_err(StoreError::from)?;
            let jobs = Arc::clone(&jobs);
            let thread = std::thread::Builder::new()
                .name(format!("store-search-{number}"))
                .spawn(move || run(connection, &jobs))
                .map_err(|error| OpenError::Start(Box::new(error)))?;
            searchers.threads.push(thread);
        }
        Ok(searchers)
    }

    /// Runs a search on one of the threads, in a snapshot of its own.
    pub(super) fn run<T: Send + 'static>(
        &self,
        search: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Pending<'static, Result<T, StoreError>> {
        let (answer, answered) = oneshot::channel();
        let job = move |connection: &mut Connection| {
            // Whoever asked may have given up while this waited.
            if !answer.is_closed() {
                drop(answer.send(in_snapshot(connection, search)));
            }
        };
        let sent = self
            .queue
            .as_ref()
            .map_or(Err(StoreError::Closed), |queue| {
                queue.try_send(Box::new(job)).map_err(|error| match error {
                    TrySendError::Full(_) => StoreError::Overloaded,
                    TrySendError::Disconnected(_) => StoreError::Closed,
                })
            });
        Box::pin(async move {
            sent?;
            answered.await.map_err(|_| Unanswered)?
        })
    }
}

/// Several statements see the same state: a page and its total fit together.
fn in_snapshot<T>(
    connection: &mut Connection,
    search: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let transaction = connection.transaction()?;
    let found = search(&transaction)?;
    transaction.finish()?;
    Ok(found)
}

fn run(mut connection: Connection, jobs: &Mutex<Receiver<Job>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { break };
        // Whoever asked sees the channel dropped; an open transaction ends with the guard.
        drop(catch_unwind(AssertUnwindSafe(|| job(&mut connection))));
    }
}

impl Drop for Searchers {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
    }
}
