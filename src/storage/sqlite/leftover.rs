//! What a process that died has left in the write-ahead log.
//!
//! The system may hold pages of that file in memory that no disk has: a sync has failed, and the
//! system marks such pages as written all the same. As long as the process lives this does no harm,
//! because what was not synced is not counted and written over. The next process reads the log from
//! memory, takes what it finds for committed, and everything it appends would hang on frames that a
//! power failure takes away. So they are written once more, and synced, before anybody builds on them
//! (decision 0049).

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use super::error::OpenError;
use crate::ports::StoreError;

/// Bytes that are read and written back at a time.
const PIECE: usize = 1024 * 1024;

/// Makes durable what the log holds, whoever wrote it.
///
/// The write lock is held meanwhile: others may read the log, nobody changes it.
pub(super) fn make_durable(connection: &Connection, database: &Path) -> Result<(), OpenError> {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    let path = PathBuf::from(name);
    connection
        .execute_batch("BEGIN IMMEDIATE")
        .map_err(StoreError::from)?;
    let written = write_again(&path);
    connection
        .execute_batch("ROLLBACK")
        .map_err(StoreError::from)?;
    written.map_err(|source| OpenError::File { path, source })
}

fn write_again(path: &Path) -> io::Result<()> {
    if std::fs::metadata(path)?.len() == 0 {
        return Ok(());
    }
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let mut piece = Vec::with_capacity(PIECE);
    let mut offset = 0;
    loop {
        piece.clear();
        let wanted = u64::try_from(PIECE).unwrap_or(u64::MAX);
        let found = (&mut file).take(wanted).read_to_end(&mut piece)?;
        if found == 0 {
            return file.sync_data();
        }
        put(&mut file, offset, &piece)?;
        offset = file.stream_position()?;
    }
}

fn put(file: &mut File, offset: u64, piece: &[u8]) -> io::Result<()> {
    file.seek(SeekFrom::Start(offset))?;
    file.write_all(piece)
}
