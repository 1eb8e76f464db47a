//! Requests, counted by what they were and what they came to.
//!
//! Every worker counts on its own: a request costs it a look-up by address and four additions to memory
//! that nobody else writes. Whoever reads adds the workers up.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::error::Kind;

/// Upper ends of the classes of durations, in microseconds; what takes longer is in a class of its own.
pub const BOUNDS: [u64; 14] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000,
];

const CLASSES: usize = BOUNDS.len() + 1;

/// One for each kind of refusal, and the first for success.
const RESULTS: usize = Kind::ALL.len() + 1;

/// The name of an operation: the method of a route and its pattern, or nothing and the path of a
/// procedure.
pub type Operation = (&'static str, &'static str);

/// What was counted of one operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// Answers without a refusal, then those with each of [`Kind::ALL`].
    pub results: [u64; RESULTS],
    /// Answers in each class of [`BOUNDS`], and those that took longer.
    pub classes: [u64; CLASSES],
    /// Microseconds of all together.
    pub micros: u64,
}

/// The counts of one operation in one worker.
#[derive(Debug)]
struct Row {
    operation: Operation,
    results: [AtomicU64; RESULTS],
    classes: [AtomicU64; CLASSES],
    micros: AtomicU64,
}

type Rows = Mutex<Vec<Arc<Row>>>;

/// All workers.
#[derive(Debug, Default)]
pub struct Meter {
    workers: Mutex<Vec<Arc<Rows>>>,
}

/// One worker.
pub struct WorkerMeter {
    /// By the addresses of the two names: they are constants, so nothing is compared.
    known: RefCell<HashMap<(usize, usize), Arc<Row>>>,
    rows: Arc<Rows>,
}

impl Meter {
    /// Takes a worker in.
    pub fn worker(&self) -> WorkerMeter {
        let rows = Arc::<Rows>::default();
        lock(&self.workers).push(Arc::clone(&rows));
        WorkerMeter {
            known: RefCell::default(),
            rows,
        }
    }

    /// What all workers have counted.
    pub fn counted(&self) -> BTreeMap<Operation, Counted> {
        let mut all = BTreeMap::<Operation, Counted>::new();
        for worker in lock(&self.workers).iter() {
            for row in lock(worker).iter() {
                row.add_to(all.entry(row.operation).or_default());
            }
        }
        all
    }
}

impl WorkerMeter {
    /// Counts an answer.
    pub fn count(&self, operation: Operation, refused: Option<Kind>, took: Duration) {
        let address = (operation.0.as_ptr().addr(), operation.1.as_ptr().addr());
        let mut known = self.known.borrow_mut();
        let row = known.entry(address).or_insert_with(|| {
            let row = Arc::new(Row::new(operation));
            lock(&self.rows).push(Arc::clone(&row));
            row
        });
        row.count(refused, took);
    }
}

impl Row {
    fn new(operation: Operation) -> Self {
        Self {
            operation,
            results: Default::default(),
            classes: Default::default(),
            micros: AtomicU64::new(0),
        }
    }

    fn count(&self, refused: Option<Kind>, took: Duration) {
        let result = refused
            .and_then(|kind| Kind::ALL.iter().position(|known| *known == kind))
            .map_or(0, |place| place + 1);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let class = BOUNDS.iter().position(|bound| micros <= *bound);
        add(self.results.get(result), 1);
        add(self.classes.get(class.unwrap_or(BOUNDS.len())), 1);
        add(Some(&self.micros), micros);
    }

    fn add_to(&self, counted: &mut Counted) {
        for (sum, part) in counted.results.iter_mut().zip(&self.results) {
            *sum += part.load(Relaxed);
        }
        for (sum, part) in counted.classes.iter_mut().zip(&self.classes) {
            *sum += part.load(Relaxed);
        }
        counted.micros = counted.micros.wrapping_add(self.micros.load(Relaxed));
    }
}

/// Adds without locking the memory: each number has one thread that writes it.
fn add(number: Option<&AtomicU64>, more: u64) {
    if let Some(number) = number {
        number.store(number.load(Relaxed).wrapping_add(more), Relaxed);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for WorkerMeter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "WorkerMeter({})", self.known.borrow().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GET: Operation = ("GET", "/v2/sessions/{session_id}");

    #[test]
    fn workers_are_added_up() {
        let meter = Meter::default();
        let (one, other) = (meter.worker(), meter.worker());
        one.count(GET, None, Duration::from_micros(100));
        one.count(GET, Some(Kind::NotFound), Duration::from_micros(101));
        other.count(GET, None, Duration::from_secs(3));
        other.count(("", "/a.B/C"), Some(Kind::Unauthenticated), Duration::ZERO);
        let all = meter.counted();
        assert_eq!(
            all.keys().copied().collect::<Vec<_>>(),
            [("", "/a.B/C"), GET]
        );
        let get = &all[&GET];
        assert_eq!((get.results[0], get.results[5]), (2, 1));
        assert_eq!((get.classes[0], get.classes[1], get.classes[14]), (1, 1, 1));
        assert_eq!(get.micros, 3_000_201);
        assert_eq!(all[&("", "/a.B/C")].results[14], 1);
    }

    #[test]
    fn one_name_at_two_addresses_is_one_operation() {
        let copy: &'static str = Box::leak(GET.1.to_owned().into_boxed_str());
        let meter = Meter::default();
        let worker = meter.worker();
        worker.count(GET, None, Duration::ZERO);
        worker.count((GET.0, copy), None, Duration::ZERO);
        assert_eq!(meter.counted()[&GET].results[0], 2);
    }
}
