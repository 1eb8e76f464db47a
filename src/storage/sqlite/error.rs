//! What SQLite says, in the words of the port. Driver errors stop here.

use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::ErrorCode;

use crate::ports::{Cause, StoreError};

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no file, and none was to be made.
    #[error("no database there: `{0}`")]
    Missing(PathBuf),
    /// The file is not one of SQLite's, or its beginning is damaged.
    #[error("not a database: `{0}`")]
    NotADatabase(PathBuf),
    /// A database, but somebody else's.
    #[error("a database of another program: `{0}`")]
    Foreign(PathBuf),
    /// The schema is from a newer version. Nothing was touched.
    #[error("the database has schema version {found}, this program knows up to {known}")]
    Newer {
        /// What the file has.
        found: i64,
        /// What this program can read.
        known: i64,
    },
    /// The schema is from an older version, and this was not the place to migrate it.
    #[error("the database has schema version {found}, this program needs {known}")]
    Older {
        /// What the file has.
        found: i64,
        /// What this program needs.
        known: i64,
    },
    /// The file or its folder could not be made or read.
    #[error("cannot make or read: `{path}`")]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A migration failed; the database is as it was.
    #[error("the schema could not be migrated")]
    Migration(#[source] Cause),
    /// The pool of read connections or a thread could not be started.
    #[error("the connections could not be opened")]
    Start(#[source] Cause),
    /// Anything else.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A commit that cannot have come from a decision: a fault of ours, refused before anything is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("an append without events")]
    NoEvents,
    #[error("the row's sequence does not follow from the expected one and the events")]
    Sequence,
    #[error("an event of another kind of aggregate")]
    Kind,
    #[error("a fingerprint where the row needs the hash")]
    HashMissing,
    #[error("a fingerprint where the row needs the secret")]
    SecretMissing,
    #[error("a step of a code beyond all time")]
    Step,
    #[error("sessions to end, but no instance that owns them")]
    NoInstance,
}

/// The writer or a search thread went away before it answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the thread stopped before it answered")]
pub(super) struct Unanswered;

/// A row that was to be changed was not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a change met {0} rows of `{1}` instead of one")]
pub(super) struct WrongCount(pub(super) usize, pub(super) &'static str);

impl From<Malformed> for StoreError {
    fn from(error: Malformed) -> Self {
        Self::Failed(Box::new(error))
    }
}

impl From<Unanswered> for StoreError {
    fn from(error: Unanswered) -> Self {
        Self::Failed(Box::new(error))
    }
}

impl From<WrongCount> for StoreError {
    fn from(error: WrongCount) -> Self {
        Self::Failed(Box::new(error))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match class(&error) {
            Class::Busy => Self::Busy,
            Class::Io => Self::Io(Box::new(error)),
            Class::Damaged | Class::Other => Self::Failed(Box::new(error)),
        }
    }
}

/// An error that several callers are told.
#[derive(Debug)]
pub(super) struct Shared(Arc<rusqlite::Error>);

impl Shared {
    pub(super) fn new(error: rusqlite::Error) -> Self {
        Self(Arc::new(error))
    }

    pub(super) fn class(&self) -> Class {
        class(&self.0)
    }

    /// The error for one of them.
    pub(super) fn error(&self) -> StoreError {
        let cause = Box::new(Arc::clone(&self.0));
        match self.class() {
            Class::Busy => StoreError::Busy,
            Class::Io => StoreError::Io(cause),
            Class::Damaged | Class::Other => StoreError::Failed(cause),
        }
    }
}

/// What kind of trouble an error of SQLite is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Somebody else holds the lock.
    Busy,
    /// Disk, folder, permissions.
    Io,
    /// The file is not what it should be.
    Damaged,
    /// The rest: constraints, limits, our own mistakes.
    Other,
}

/// The kind of an error.
pub(super) fn class(error: &rusqlite::Error) -> Class {
    let Some(code) = error.sqlite_error_code() else {
        return Class::Other;
    };
    if matches!(code, ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) {
        Class::Busy
    } else if matches!(
        code,
        ErrorCode::DiskFull
            | ErrorCode::SystemIoFailure
            | ErrorCode::ReadOnly
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::FileLockingProtocolFailed
    ) {
        Class::Io
    } else if matches!(code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) {
        Class::Damaged
    } else {
        Class::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sqlite(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None)
    }

    #[test]
    fn every_code_has_its_place() {
        use rusqlite::ffi;
        for (code, expected) in [
            (ffi::SQLITE_BUSY, Class::Busy),
            (ffi::SQLITE_BUSY_SNAPSHOT, Class::Busy),
            (ffi::SQLITE_LOCKED, Class::Busy),
            (ffi::SQLITE_FULL, Class::Io),
            (ffi::SQLITE_IOERR_FSYNC, Class::Io),
            (ffi::SQLITE_READONLY, Class::Io),
            (ffi::SQLITE_CANTOPEN, Class::Io),
            (ffi::SQLITE_CORRUPT, Class::Damaged),
            (ffi::SQLITE_NOTADB, Class::Damaged),
            (ffi::SQLITE_CONSTRAINT_UNIQUE, Class::Other),
            (ffi::SQLITE_TOOBIG, Class::Other),
        ] {
            assert_eq!(class(&sqlite(code)), expected, "{code}");
        }
    }
}
