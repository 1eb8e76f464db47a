//! The store on SQLite: the contract, and what only a file has.

mod code_laws;
mod cursors;
mod file;
mod key_laws;
mod laws;
mod log;
mod otp;
mod passkey_links;
mod sweep;
mod tamper;
mod turns;
mod users;
mod webauthn;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bartizan::ports::Store;
use bartizan::storage::sqlite::{Options, Report, SqliteStore, verify};
use rusqlite::Connection;
use tempfile::TempDir;

use crate::fixture::{TestSeal, fingerprint};

mod contract {
    crate::contract_suite!(crate::sqlite::Kept::fresh());
}

/// A store in a folder of its own.
struct Kept {
    store: SqliteStore,
    folder: TempDir,
}

impl Kept {
    fn fresh() -> Self {
        Self::with(&Options::default())
    }

    fn with(options: &Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = open(&folder.path().join("test.db"), options);
        Self { store, folder }
    }

    fn store(&self) -> &dyn Store {
        &self.store
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("test.db")
    }
}

fn open(path: &Path, options: &Options) -> SqliteStore {
    SqliteStore::open(path, options, Arc::new(TestSeal)).unwrap()
}

/// A connection that knows nothing of us.
#[expect(
    clippy::disallowed_methods,
    reason = "an intruder comes without our pragmas"
)]
fn raw(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection
        .busy_timeout(std::time::Duration::from_secs(5))
        .unwrap();
    connection
}

fn verified(path: &Path) -> Report {
    verify(path, &TestSeal, &fingerprint, &mut |_, _| {}).unwrap()
}

/// Asserts that nothing is wrong, or says what.
#[track_caller]
fn assert_clean(path: &Path) -> Report {
    let report = verified(path);
    assert!(report.is_clean(), "{:#?}", report.findings);
    report
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}
