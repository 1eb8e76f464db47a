//! Threads that hash, and the bounded queue before them.

use std::collections::VecDeque;
use std::fmt::{self, Debug};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use tokio::sync::oneshot;

use super::memory::OwnMemory;
use crate::ports::{HashingError, Pending};

/// How long a thread without work keeps its memory.
const KEEP: Duration = Duration::from_secs(5);

/// Gets the thread's memory and the pool, which it tells when the thread is free again.
type Job = Box<dyn FnOnce(&mut OwnMemory, &Shared) + Send>;

/// A fixed number of threads that take jobs from one queue. Dropping it ends and joins them.
pub(super) struct Workers {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    queue: usize,
    keep: Duration,
}

struct State {
    waiting: VecDeque<Job>,
    /// Threads that compute nothing.
    idle: usize,
    /// Jobs that found no place.
    refused: u64,
    closed: bool,
}

/// What a pool is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLoad {
    /// Threads that compute.
    pub running: usize,
    /// Jobs that wait for a thread.
    pub waiting: usize,
    /// Jobs that were refused since the start because too many waited.
    pub refused: u64,
}

impl Workers {
    /// Starts the threads, each with memory for `blocks` blocks of argon2.
    pub(super) fn start(threads: usize, queue: usize, blocks: usize) -> io::Result<Self> {
        Self::start_keeping(KEEP, threads, queue, blocks)
    }

    fn start_keeping(
        keep: Duration,
        threads: usize,
        queue: usize,
        blocks: usize,
    ) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                waiting: VecDeque::new(),
                idle: threads,
                refused: 0,
                closed: false,
            }),
            changed: Condvar::new(),
            queue,
            keep,
        });
        let mut workers = Self {
            shared,
            threads: Vec::with_capacity(threads),
        };
        for number in 0..threads {
            let shared = Arc::clone(&workers.shared);
            let thread = thread::Builder::new()
                .name(format!("hash-{number}"))
                .spawn(move || shared.work(OwnMemory::new(blocks)))?;
            workers.threads.push(thread);
        }
        Ok(workers)
    }

    /// Runs `job` on one of the threads.
    ///
    /// Answers [`HashingError::Busy`] without waiting if the queue is full, [`HashingError::Failed`] if
    /// the job panicked or the threads have ended. If nobody waits for the answer any more when the
    /// job's turn comes, it is not run.
    pub(super) fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut OwnMemory) -> Result<T, HashingError> + Send + 'static,
    ) -> Pending<'static, Result<T, HashingError>> {
        let (sender, receiver) = oneshot::channel();
        let queued = self.shared.queue(Box::new(move |memory, shared| {
            if sender.is_closed() {
                return shared.freed();
            }
            let answer = catch_unwind(AssertUnwindSafe(|| job(memory))).unwrap_or_else(|_| {
                memory.release();
                Err(HashingError::Failed)
            });
            // Before the answer: who has it may come again at once and must find the thread free.
            shared.freed();
            // Nobody may be left to answer to by now: that is their choice.
            sender.send(answer).ok();
        }));
        Box::pin(async move {
            queued?;
            // The sender is gone without a word if the pool has ended before.
            receiver.await.unwrap_or(Err(HashingError::Failed))
        })
    }

    /// What it is doing at this moment.
    pub(super) fn load(&self) -> PoolLoad {
        let state = self.shared.lock();
        PoolLoad {
            running: self.count().saturating_sub(state.idle),
            waiting: state.waiting.len(),
            refused: state.refused,
        }
    }

    /// The number of threads.
    pub(super) fn count(&self) -> usize {
        self.threads.len()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No job runs under the lock, so nothing is ever left half done under it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn queue(&self, job: Job) -> Result<(), HashingError> {
        let mut state = self.lock();
        // A thread that is idle but has not woken yet takes its job out of the queue as well.
        if state.waiting.len() >= self.queue.saturating_add(state.idle) {
            state.refused += 1;
            return Err(HashingError::Busy);
        }
        state.waiting.push_back(job);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    fn work(&self, mut memory: OwnMemory) {
        while let Some(job) = self.take(&mut memory) {
            job(&mut memory, self);
        }
    }

    fn freed(&self) {
        self.lock().idle += 1;
    }

    /// Waits for a job; none when the threads shall end.
    fn take(&self, memory: &mut OwnMemory) -> Option<Job> {
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            if let Some(job) = state.waiting.pop_front() {
                state.idle -= 1;
                return Some(job);
            }
            state = self.wait(state, memory);
        }
    }

    /// Waits until something has changed; a thread that waits for long gives its memory back.
    fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        memory: &mut OwnMemory,
    ) -> MutexGuard<'a, State> {
        if memory.is_released() {
            return self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let (state, waited) = self
            .changed
            .wait_timeout(state, self.keep)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            memory.release();
        }
        state
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.closed = true;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        self.shared.changed.notify_all();
        // Whoever waits for one of these hears that it failed.
        drop(waiting);
        for thread in self.threads.drain(..) {
            // A thread ends by itself or not at all: panics of jobs are caught.
            thread.join().ok();
        }
    }
}

impl Debug for Workers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Workers({} + {})", self.count(), self.shared.queue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::argon::Memory as _;
    use std::sync::mpsc;
    use std::time::Instant;

    fn workers(threads: usize, queue: usize) -> Workers {
        Workers::start(threads, queue, 8).unwrap()
    }

    /// The answer, which must come: a test shall fail and not hang.
    async fn soon<T>(answer: Pending<'_, T>) -> T {
        tokio::time::timeout(Duration::from_secs(20), answer)
            .await
            .unwrap()
    }

    /// Occupies a thread until something is sent or the sender is dropped; returns when it is occupied.
    fn occupy(workers: &Workers) -> (mpsc::Sender<()>, Pending<'static, Result<(), HashingError>>) {
        let (started, has_started) = mpsc::channel();
        let (release, released) = mpsc::channel();
        let answer = workers.run(move |_| {
            started.send(()).unwrap();
            released.recv().ok();
            Ok(())
        });
        has_started.recv().unwrap();
        (release, answer)
    }

    #[tokio::test]
    async fn jobs_run_on_other_threads_and_answer() {
        let workers = workers(2, 8);
        let name = workers.run(|_| Ok(thread::current().name().map(str::to_owned)));
        assert!(soon(name).await.unwrap().unwrap().starts_with("hash-"));
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_takes_again_later() {
        let workers = workers(2, 3);
        let (first, one) = occupy(&workers);
        let (second, two) = occupy(&workers);
        let waiting: Vec<_> = (0..3)
            .map(|number| workers.run(move |_| Ok(number)))
            .collect();
        let begin = Instant::now();
        assert_eq!(soon(workers.run(|_| Ok(()))).await, Err(HashingError::Busy));
        assert!(begin.elapsed() < Duration::from_secs(1));
        let load = workers.load();
        assert_eq!((load.running, load.waiting, load.refused), (2, 3, 1));

        drop((first, second));
        assert_eq!((soon(one).await, soon(two).await), (Ok(()), Ok(())));
        for (number, answer) in waiting.into_iter().enumerate() {
            assert_eq!(soon(answer).await, Ok(number));
        }
        assert_eq!(soon(workers.run(|_| Ok(()))).await, Ok(()));
    }

    #[tokio::test]
    async fn as_many_as_there_are_threads_are_taken_without_any_queue() {
        let workers = workers(3, 0);
        // At once, before any thread can have woken.
        let (releases, answers): (Vec<_>, Vec<_>) = (0..3)
            .map(|_| {
                let (release, released) = mpsc::channel::<()>();
                let answer = workers.run(move |_| {
                    released.recv().ok();
                    Ok(())
                });
                (release, answer)
            })
            .unzip();
        assert_eq!(soon(workers.run(|_| Ok(()))).await, Err(HashingError::Busy));
        drop(releases);
        for answer in answers {
            assert_eq!(soon(answer).await, Ok(()));
        }
    }

    #[tokio::test]
    async fn a_job_that_panics_fails_alone() {
        let workers = workers(1, 8);
        for _ in 0..3 {
            let failed = workers.run(|_| -> Result<(), _> { panic!("on purpose") });
            assert_eq!(soon(failed).await, Err(HashingError::Failed));
            assert_eq!(soon(workers.run(|_| Ok(1))).await, Ok(1));
        }
        // Nor does it take a place of the queue with it.
        assert_eq!(workers.shared.lock().idle, 1);
    }

    #[tokio::test]
    async fn a_job_that_nobody_waits_for_is_not_run() {
        let workers = workers(1, 8);
        let (release, _answer) = occupy(&workers);
        let (ran, has_run) = mpsc::channel();
        drop(workers.run(move |_| {
            ran.send(()).ok();
            Ok(())
        }));
        drop(release);
        soon(workers.run(|_| Ok(()))).await.unwrap();
        assert!(has_run.try_recv().is_err());
    }

    #[tokio::test]
    async fn dropping_ends_the_threads_and_fails_what_waits() {
        let workers = workers(1, 8);
        let shared = Arc::downgrade(&workers.shared);
        let (release, running) = occupy(&workers);
        let waiting = workers.run(|_| Ok(2));
        let dropping = thread::spawn(move || drop(workers));
        assert_eq!(soon(waiting).await, Err(HashingError::Failed));
        assert!(!dropping.is_finished(), "it waits for the running job");
        drop(release);
        dropping.join().unwrap();
        assert_eq!(soon(running).await, Ok(()));
        assert_eq!(shared.strong_count(), 0, "no thread is left");
    }

    #[tokio::test]
    async fn memory_is_kept_from_job_to_job() {
        let keep = Duration::from_hours(1);
        let workers = Workers::start_keeping(keep, 1, 8, 8).unwrap();
        for kept in [false, true, true] {
            let held = workers.run(|memory| {
                let held = !memory.is_released();
                memory.lend(8);
                Ok(held)
            });
            assert_eq!(soon(held).await, Ok(kept));
        }
    }

    #[tokio::test]
    async fn memory_is_given_back_without_jobs() {
        let workers = Workers::start_keeping(Duration::ZERO, 1, 8, 8).unwrap();
        let taken = workers.run(|memory| Ok(memory.lend(8).is_some()));
        assert_eq!(soon(taken).await, Ok(true));
        // A job may come before the thread has found out that there is none.
        let begin = Instant::now();
        while soon(workers.run(|memory| Ok(memory.is_released()))).await == Ok(false) {
            assert!(begin.elapsed() < Duration::from_secs(10), "it is kept");
        }
    }

    #[test]
    fn debug_output_tells_threads_and_queue() {
        assert_eq!(format!("{:?}", workers(2, 8)), "Workers(2 + 8)");
    }
}
