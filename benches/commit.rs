//! What a commit costs, alone and in company: `cargo bench --bench commit`.
//!
//! Every commit is a new session of a known user: `session.added`, `session.user.checked`,
//! `session.token.set` and the row. It is on disk when its answer comes, so the directory for temporary
//! files (`TMPDIR`) should be on the disk that is of interest.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a bench that cannot begin shall say so and end"
)]

#[expect(dead_code, reason = "the tests use the rest")]
#[path = "../tests/storage/fixture.rs"]
mod fixture;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bartizan::crypto::{ChainKey, KeyFile};
use bartizan::domain::ids::{SessionId, UserId};
use bartizan::domain::session::Changes;
use bartizan::ports::{Commit, Store};
use bartizan::storage::sqlite::{Options, SqliteStore};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures_util::future::join_all;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A store on a fresh file, and what makes sessions for it.
struct Bench {
    runtime: Runtime,
    store: SqliteStore,
    changes: Changes,
    next: i64,
    _directory: TempDir,
}

impl Bench {
    fn new(batch: usize) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let directory = TempDir::new().unwrap();
        let keys = KeyFile::ephemeral().unwrap();
        let options = Options {
            batch,
            ..Options::default()
        };
        let path = directory.path().join("bench.db");
        let store = SqliteStore::open(&path, &options, Arc::new(ChainKey::new(&keys))).unwrap();
        let (user, added) = fixture::new_human(UserId::new(4_000), "ann");
        runtime.block_on(async {
            fixture::written(&store, fixture::first_start()).await;
            fixture::written(&store, added).await;
        });
        Self {
            runtime,
            store,
            changes: fixture::tied_to(&user),
            next: 10_000,
            _directory: directory,
        }
    }

    fn commit(&mut self) -> Commit {
        self.next += 1;
        fixture::new_session(self.next, fixture::at(self.next), &self.changes).1
    }

    /// How long so many rounds take in which so many commits wait at the same time.
    fn rounds(&mut self, rounds: u64, together: usize) -> Duration {
        let mut spent = Duration::ZERO;
        for _ in 0..rounds {
            let commits: Vec<_> = (0..together).map(|_| self.commit()).collect();
            let begun = Instant::now();
            let answers = self.runtime.block_on(join_all(
                commits.into_iter().map(|commit| self.store.commit(commit)),
            ));
            spent += begun.elapsed();
            assert!(answers.iter().all(Result::is_ok));
        }
        spent
    }
}

fn commits(bench: &mut Criterion) {
    let mut group = bench.benchmark_group("commit");
    for (name, batch) in [("group", Options::default().batch), ("one_by_one", 1)] {
        for together in [1, 16, 64, 256] {
            group.throughput(Throughput::Elements(together));
            group.bench_function(BenchmarkId::new(name, together), |bench| {
                let mut state = Bench::new(batch);
                let together = usize::try_from(together).unwrap();
                bench.iter_custom(|rounds| state.rounds(rounds, together));
            });
        }
    }
    group.finish();
}

fn reads(bench: &mut Criterion) {
    let mut state = Bench::new(Options::default().batch);
    state.rounds(100, 100);
    let id = SessionId::new(state.next - 5_000);
    let mut group = bench.benchmark_group("read");
    group.bench_function("session", |bench| {
        bench.iter(|| state.runtime.block_on(state.store.session(id)).unwrap());
    });
    group.bench_function("session_view", |bench| {
        bench.iter(|| {
            state
                .runtime
                .block_on(state.store.session_view(id))
                .unwrap()
        });
    });
    group.finish();
}

criterion_group!(benches, commits, reads);
criterion_main!(benches);
