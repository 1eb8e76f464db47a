//! Writing the events of swept sessions to a file.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, params};
use serde::Serialize;

use super::line::{Begin, End, Event, FORMAT, Head, Hex, Line};
use super::{ArchiveError, Run, ending_at};
use crate::domain::time::Timestamp;
use crate::ports::{LinkHash, Seal, StoreError};
use crate::storage::sqlite::cells::Cells;
use crate::storage::sqlite::connection::{self, Tuning};
use crate::storage::sqlite::log::{Fields, GENESIS};
use crate::storage::sqlite::{log, migrate, orgs};

const TUNING: Tuning = Tuning {
    cache_kib: 16 * 1024,
    busy_timeout: Duration::from_secs(5),
};

/// Events of sessions without a row whose last event is not behind the bounds.
const EVENTS: &str = "
    SELECT position, aggregate_type, aggregate_id, sequence, event_type, revision, created_at,
        creator, owner, payload, link
    FROM events AS e
    WHERE aggregate_type = 4
        AND position <= ?1
        AND NOT EXISTS (SELECT 1 FROM sessions AS s WHERE s.id = e.aggregate_id)
        AND (
            SELECT l.position <= ?1 AND l.created_at < ?2
            FROM events AS l
            WHERE l.aggregate_id = e.aggregate_id AND l.aggregate_type = 4
            ORDER BY l.sequence DESC
            LIMIT 1
        )
    ORDER BY position";

/// Events of a run at most, so that removing one takes milliseconds.
const LONGEST: u64 = 500;

/// Which events go.
#[derive(Debug, Clone, Copy)]
pub struct Scope {
    /// Histories that end at this position or before.
    pub until: i64,
    /// Histories that end before this moment.
    pub before: Timestamp,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The runs, in order.
    pub runs: Vec<Run>,
    /// Their events.
    pub events: u64,
}

/// Writes the events of one moment to a new file, which is there whole and durable or not at all; none
/// is made where there are no events. Only its owner can read it.
///
/// # Errors
/// [`ArchiveError`]; also if the file exists.
pub fn archive_to(
    path: &Path,
    seal: &dyn Seal,
    scope: Scope,
    file: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Written, ArchiveError> {
    let file = std::path::absolute(file)?;
    if file.exists() {
        return Err(io::Error::from(io::ErrorKind::AlreadyExists).into());
    }
    let mut unfinished = file.clone().into_os_string();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    let written = fill(path, seal, scope, &unfinished, progress);
    let there = match &written {
        Ok(written) if written.events > 0 => {
            std::fs::rename(&unfinished, &file)?;
            migrate::sync_folder(&file).map_err(io::Error::other)?;
            true
        }
        Ok(_) | Err(_) => false,
    };
    if !there {
        // Of no use, and replaced by the next attempt if it stays.
        std::fs::remove_file(&unfinished).ok();
    }
    written
}

fn fill(
    path: &Path,
    seal: &dyn Seal,
    scope: Scope,
    unfinished: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Written, ArchiveError> {
    if unfinished.exists() {
        std::fs::remove_file(unfinished)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = io::BufWriter::new(options.open(unfinished)?);
    let written = write(path, seal, scope, &mut out, progress)?;
    let out = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    out.sync_all()?;
    Ok(written)
}

/// Writes the events of one moment; each is proven to be the one that was sealed. Nothing is removed
/// here. `progress` is told the position that was reached.
///
/// # Errors
/// [`ArchiveError`].
fn write(
    path: &Path,
    seal: &dyn Seal,
    scope: Scope,
    out: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
) -> Result<Written, ArchiveError> {
    let mut connection = connection::open_reader(path, TUNING)?;
    let snapshot = connection.transaction()?;
    let instance = orgs::load_instance(&snapshot)?
        .map(|instance| instance.id.to_string())
        .unwrap_or_default();
    let mut file = Out {
        file: out,
        seal,
        sum: GENESIS,
    };
    file.line(&Head {
        format: FORMAT.into(),
        instance: instance.into(),
    })?;
    let mut written = Written {
        runs: Vec::new(),
        events: 0,
    };
    let mut statement = snapshot.prepare_cached(EVENTS)?;
    // The last event of the log stays whatever it is: the next one is sealed behind it.
    let last = log::head(&snapshot)?.position.number() - 1;
    let mut rows = statement.query(params![scope.until.min(last), scope.before.micros()])?;
    let mut bytes = Vec::new();
    while let Some(row) = rows.next()? {
        let (fields, stored) = read(&mut Cells::of(row, "events"))?;
        let follows = written
            .runs
            .last()
            .is_some_and(|run| run.last + 1 == fields.position && run.events() < LONGEST);
        if !follows {
            let before = link_before(&snapshot, seal, fields.position)?;
            let first = fields.position;
            let run = Begin {
                first,
                before: Hex(before),
            };
            file.line(&Line::Run { run })?;
            written.runs.push(Run {
                first,
                last: first - 1,
                link: before,
            });
        }
        let Some(run) = written.runs.last_mut() else {
            continue;
        };
        fields.canonical(&mut bytes);
        if seal.link(&run.link, &bytes) != stored {
            return Err(ArchiveError::Broken(fields.position));
        }
        run.last = fields.position;
        run.link = stored;
        file.line(&Line::Event(Box::new(Event::new(&fields, stored))))?;
        written.events += 1;
        progress(u64::try_from(fields.position).unwrap_or_default());
    }
    let end = End {
        runs: written.runs.len() as u64,
        events: written.events,
        seal: Hex(file.sum),
    };
    file.line(&Line::End { end })?;
    Ok(written)
}

fn read<'r>(cells: &mut Cells<'r, '_>) -> Result<(Fields<'r>, LinkHash), StoreError> {
    let fields = Fields::read(cells)?;
    Ok((fields, cells.digest("link")?))
}

/// The link of the event before a position, whether it is still there or was archived.
fn link_before(
    connection: &Connection,
    seal: &dyn Seal,
    position: i64,
) -> Result<LinkHash, ArchiveError> {
    if position <= 1 {
        return Ok(GENESIS);
    }
    if let Some(link) = log::link_at(connection, position - 1)? {
        return Ok(link);
    }
    match ending_at(connection, seal, position - 1)? {
        Some((run, true)) => Ok(run.link),
        Some((_, false)) | None => Err(ArchiveError::Broken(position)),
    }
}

/// The file, and the seal over what it has so far.
struct Out<'a> {
    file: &'a mut dyn Write,
    seal: &'a dyn Seal,
    sum: LinkHash,
}

impl Out<'_> {
    fn line(&mut self, line: &impl Serialize) -> Result<(), ArchiveError> {
        let mut text = serde_json::to_vec(line).map_err(io::Error::from)?;
        text.push(b'\n');
        self.sum = self.seal.link(&self.sum, &text);
        Ok(self.file.write_all(&text)?)
    }
}
