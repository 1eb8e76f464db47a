//! The loop of the writing thread: a batch of requests, a transaction, the answers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Instant;

use rusqlite::Connection;

use super::super::Options;
use super::super::connection::{self, Tuning};
use super::super::counts::Counts;
use super::super::error::{Class, Shared};
use super::super::log::{Appender, End};
use super::super::readers::Commits;
use super::super::unknown::{self, Counter};
use super::super::{archive, sweep};
use super::apply::{self, Failure, Pen};
use super::checkpoint::{self, Checkpoints};
use super::{Outcome, Remove, Request, settle};
use crate::ports::{Seal, StoreError, transaction};

/// The write lock is taken at once: a transaction that reads first and is refused the lock later
/// would have to begin again.
const BEGIN: &str = "BEGIN IMMEDIATE";

/// A request and what it comes to if the transaction commits.
type Tried = (Request, Result<Outcome, StoreError>);

/// What the thread owns.
#[derive(Debug)]
pub(super) struct Thread {
    /// Absent after an error: nothing that it had read or cached is trusted, the next batch opens
    /// another. Closing it rolls back whatever it was in.
    connection: Option<Connection>,
    path: PathBuf,
    tuning: Tuning,
    most: usize,
    tools: Tools,
    counts: Arc<Counts>,
    checkpoints: Checkpoints,
}

/// What is used from one commit to the next; nothing here was read from the database.
#[derive(Debug)]
struct Tools {
    seal: Arc<dyn Seal>,
    commits: Commits,
    appender: Appender,
    counter: Counter,
}

/// Why a batch was not committed.
enum Unlucky {
    /// The lock was not to be had.
    NotBegun(Vec<Request>, rusqlite::Error),
    /// The database failed at one of these, most likely the last.
    Broken(Vec<Request>, StoreError),
    /// All were written, and then COMMIT failed.
    NotCommitted(Vec<Request>, rusqlite::Error),
}

impl Thread {
    pub(super) fn new(
        connection: Connection,
        options: &Options,
        seal: Arc<dyn Seal>,
        path: PathBuf,
        commits: Commits,
        counts: Arc<Counts>,
    ) -> Self {
        Self {
            connection: Some(connection),
            path,
            tuning: options.writer(),
            most: options.batch.max(1),
            tools: Tools {
                seal,
                commits,
                appender: Appender::default(),
                counter: Counter::new(unknown::MOST),
            },
            counts,
            checkpoints: Checkpoints::new(),
        }
    }

    /// Serves until the queue is closed and empty.
    pub(super) fn run(&mut self, queue: &Receiver<Request>) {
        if let Some(connection) = &self.connection {
            Checkpoints::watch(connection);
        }
        while let Ok(first) = queue.recv() {
            // Workers that are ready to run bring what they have first, where cores are scarce: the
            // batch gets larger. Where nobody waits for a core this returns at once.
            std::thread::yield_now();
            // The callers of a batch that panics see their channels dropped.
            drop(catch_unwind(AssertUnwindSafe(|| self.serve(first, queue))));
        }
        if let Some(connection) = self.connection.take() {
            checkpoint::last(&connection);
        }
    }

    fn serve(&mut self, first: Request, queue: &Receiver<Request>) {
        let connection = match self.connection() {
            Ok(connection) => connection,
            Err(error) => {
                self.counts.failed(1);
                return first.answer(Err(error));
            }
        };
        let begun = Instant::now();
        match self.tools.batch(&connection, first, queue, self.most) {
            Ok(done) => {
                let took = begun.elapsed();
                let refused = done.iter().filter(|(_, outcome)| outcome.is_err());
                self.counts.batch(done.len(), refused.count(), took);
                transaction(done.len(), took);
                for (request, outcome) in done {
                    request.answer(outcome);
                }
                self.checkpoints.run_if_due(&connection);
                self.connection = Some(connection);
            }
            Err(Unlucky::NotBegun(requests, error)) => {
                let error = Shared::new(error);
                if error.class() == Class::Busy {
                    self.connection = Some(connection);
                }
                // Those who wait would each wait as long again for the same answer. Taken before
                // anybody is answered: who asks after an answer is to be tried anew.
                let mut waiting = requests;
                waiting.extend(queue.try_iter().take(self.most));
                self.counts.failed(waiting.len());
                for request in waiting {
                    request.answer(Err(error.error()));
                }
            }
            Err(Unlucky::Broken(requests, error)) => {
                drop(connection);
                // Those of them that succeed alone count as failed too: the database failed once.
                self.counts.failed(requests.len());
                self.one_by_one(requests, error);
            }
            Err(Unlucky::NotCommitted(requests, error)) => {
                drop(connection);
                let error = Shared::new(error);
                self.counts.failed(requests.len());
                for request in requests {
                    request.answer(Err(error.error()));
                }
            }
        }
    }

    /// Gives each its own transaction, so that only the culprit fails.
    fn one_by_one(&mut self, requests: Vec<Request>, error: StoreError) {
        if let [_] = requests.as_slice() {
            let mut error = Some(error);
            for request in requests {
                request.answer(Err(error.take().unwrap_or(StoreError::Closed)));
            }
            return;
        }
        for request in requests {
            let outcome = self.alone(&request);
            request.answer(outcome);
        }
    }

    fn alone(&mut self, request: &Request) -> Result<Outcome, StoreError> {
        let connection = self.connection()?;
        let outcome = self.tools.transaction(&connection, request);
        match outcome {
            Ok(outcome) => {
                self.connection = Some(connection);
                Ok(outcome)
            }
            Err(Failure::Refused(error)) => {
                connection.execute_batch("ROLLBACK")?;
                self.connection = Some(connection);
                Err(error)
            }
            Err(Failure::Broken(error)) => Err(error),
        }
    }

    /// The connection, or another if the last one was given up.
    fn connection(&mut self) -> Result<Connection, StoreError> {
        if let Some(connection) = self.connection.take() {
            return Ok(connection);
        }
        let connection = connection::open_writer(&self.path, self.tuning)?;
        Checkpoints::watch(&connection);
        self.checkpoints = Checkpoints::new();
        Ok(connection)
    }
}

impl Tools {
    /// Takes what has gathered in the queue and whatever comes while it is being written.
    fn batch(
        &mut self,
        connection: &Connection,
        first: Request,
        queue: &Receiver<Request>,
        most: usize,
    ) -> Result<Vec<Tried>, Unlucky> {
        if let Err(error) = execute(connection, BEGIN) {
            return Err(Unlucky::NotBegun(vec![first], error));
        }
        let mut end = match End::read(connection) {
            Ok(end) => end,
            Err(error) => return Err(Unlucky::Broken(vec![first], error)),
        };
        let mut tried = Vec::new();
        let mut next = Some(first);
        while let Some(request) = next {
            match self.apply(connection, &mut end, &request) {
                Ok(outcome) => tried.push((request, Ok(outcome))),
                Err(Failure::Refused(error)) => tried.push((request, Err(error))),
                Err(Failure::Broken(error)) => {
                    let mut requests = only_requests(tried);
                    requests.push(request);
                    return Err(Unlucky::Broken(requests, error));
                }
            }
            next = if tried.len() < most {
                queue.try_recv().ok()
            } else {
                None
            };
        }
        match self.commit(connection) {
            Ok(()) => Ok(tried),
            // Refusals too: they may rest on what others of the batch had written.
            Err(error) => Err(Unlucky::NotCommitted(only_requests(tried), error)),
        }
    }

    /// One request in a transaction of its own, which is left open where the request is refused.
    fn transaction(
        &mut self,
        connection: &Connection,
        request: &Request,
    ) -> Result<Outcome, Failure> {
        execute(connection, BEGIN)?;
        let mut end = End::read(connection)?;
        let outcome = self.apply(connection, &mut end, request)?;
        self.commit(connection)?;
        Ok(outcome)
    }

    /// Makes it durable, and known to those who read, before anybody is answered.
    fn commit(&self, connection: &Connection) -> rusqlite::Result<()> {
        let committed = execute(connection, "COMMIT");
        // Also where it failed: nobody knows then what is in the file.
        self.commits.note();
        committed
    }

    fn apply(
        &mut self,
        connection: &Connection,
        end: &mut End,
        request: &Request,
    ) -> Result<Outcome, Failure> {
        match request {
            Request::Commit(commit, _) => {
                let mut pen = Pen {
                    connection,
                    seal: self.seal.as_ref(),
                    appender: &mut self.appender,
                    end,
                };
                apply::commit(&mut pen, commit).map(Outcome::Committed)
            }
            Request::Count(unknown, _) => self
                .counter
                .count(connection, &unknown.name, unknown.at, unknown.forget_before)
                .map(Outcome::Counted)
                .map_err(Failure::Broken),
            Request::Settle(request, _) => {
                let mut pen = Pen {
                    connection,
                    seal: self.seal.as_ref(),
                    appender: &mut self.appender,
                    end,
                };
                settle::settle(&mut pen, request)?;
                Ok(Outcome::Settled)
            }
            Request::Remove(request, _) => {
                let seal = self.seal.as_ref();
                let removed = match request {
                    Remove::Sessions(sweep) => {
                        sweep::sweep(connection, seal, *sweep).map(u64::from)
                    }
                    Remove::Events(runs) => archive::remove(connection, seal, runs),
                };
                Ok(Outcome::Removed(removed?))
            }
        }
    }
}

fn execute(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}

fn only_requests(tried: Vec<Tried>) -> Vec<Request> {
    tried.into_iter().map(|(request, _)| request).collect()
}
