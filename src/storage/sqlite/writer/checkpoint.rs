//! When the write-ahead log goes back into the database file.
//!
//! SQLite's own rule runs the checkpoint inside the COMMIT that makes the log long enough, so that all
//! callers of that batch wait for it. Here it runs after their answers are out. It is PASSIVE: it
//! never waits for readers, and what they hold back is done next time. It never truncates the log
//! while running: a log that is written over syncs twice as fast as one that grows.

use std::cell::Cell;
use std::ffi::c_int;

use rusqlite::Connection;
use rusqlite::hooks::Wal;

/// Pages in the log after which it is written back: SQLite's own default, 4 MB.
const PAGES: c_int = 1_000;

thread_local! {
    /// Pages in the log after this thread's last commit. The hook is a plain function, so it can
    /// leave the number nowhere else.
    static LOGGED: Cell<c_int> = const { Cell::new(0) };
}

#[expect(clippy::unnecessary_wraps, reason = "the type that the hook must have")]
fn note(_: &Wal, pages: c_int) -> rusqlite::Result<()> {
    LOGGED.set(pages);
    Ok(())
}

/// The length of the log at which the next checkpoint is due.
#[derive(Debug)]
pub(super) struct Checkpoints {
    due: c_int,
    last: c_int,
}

impl Checkpoints {
    pub(super) const fn new() -> Self {
        Self {
            due: PAGES,
            last: 0,
        }
    }

    /// Watches the commits of a connection on the calling thread.
    pub(super) fn watch(connection: &Connection) {
        connection.wal_hook(Some(note));
    }

    /// Writes the log back if it has become long enough since the last time.
    pub(super) fn run_if_due(&mut self, connection: &Connection) {
        let logged = LOGGED.get();
        if logged < self.last {
            // The log has begun again from its start.
            self.due = PAGES;
        }
        self.last = logged;
        if logged >= self.due {
            // Where readers hold pages back, only new ones make another attempt worthwhile.
            self.due = logged.saturating_add(PAGES);
            checkpoint(connection, "PASSIVE");
        }
    }
}

/// Writes the whole log back and empties it: nobody else is there any more.
pub(super) fn last(connection: &Connection) {
    checkpoint(connection, "TRUNCATE");
}

/// What fails here fails no caller: the log still holds everything, and the next attempt is not far.
fn checkpoint(connection: &Connection, mode: &str) {
    let result = connection.pragma(None, "wal_checkpoint", mode, |_| Ok(()));
    if let Err(error) = result {
        log::warn!("the write-ahead log could not be written back: {error}");
    }
}
