//! Proving that an archive is what was sealed, and that it belongs to a database.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::line::{Event, FORMAT, Head, Line};
use super::{ArchiveError, Run, ending_at};
use crate::ports::{LinkHash, Seal};
use crate::storage::sqlite::connection::{self, Tuning};
use crate::storage::sqlite::log::GENESIS;
use crate::storage::sqlite::rows;
use crate::storage::sqlite::verify::Finding;

const TUNING: Tuning = Tuning {
    cache_kib: 2 * 1024,
    busy_timeout: Duration::from_secs(5),
};

/// Findings that are told; one is enough to know.
const MOST: usize = 1_000;

const LINK: &str = "SELECT link FROM events WHERE position = ?1";

/// What an archive holds, and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Events.
    pub events: u64,
    /// Sessions whose histories they are.
    pub sessions: u64,
    /// Position of the first and of the last event; 0 where there is none.
    pub positions: (i64, i64),
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// Reads an archive and compares it with its seals and with the database that it came from.
///
/// # Errors
/// [`ArchiveError`] where the file or the database cannot be read. What is wrong inside is no error but
/// a finding.
pub fn check(
    database: &Path,
    seal: &dyn Seal,
    archive: &mut dyn BufRead,
) -> Result<Checked, ArchiveError> {
    let connection = connection::open_reader(database, TUNING)?;
    let mut walk = Walk {
        connection: &connection,
        seal,
        run: None,
        sequences: BTreeMap::new(),
        ended: false,
        runs: 0,
        bytes: Vec::new(),
        checked: Checked::default(),
    };
    let mut sum = GENESIS;
    let mut text = Vec::new();
    let mut number = 0;
    loop {
        text.clear();
        if archive.read_until(b'\n', &mut text)? == 0 {
            break;
        }
        number += 1;
        let before = sum;
        sum = seal.link(&sum, &text);
        if number == 1 {
            let head: Head<'_> =
                serde_json::from_slice(&text).map_err(|_| ArchiveError::Line(number))?;
            if head.format != FORMAT {
                return Err(ArchiveError::Line(number));
            }
        } else if walk.ended {
            walk.find(number, "stands behind the end");
        } else {
            let line = serde_json::from_slice(&text).map_err(|_| ArchiveError::Line(number))?;
            walk.line(number, line, before)?;
        }
    }
    if !walk.ended {
        walk.find(number, "the end of the archive is missing");
    }
    walk.checked.sessions = walk.sequences.len() as u64;
    Ok(walk.checked)
}

struct Walk<'a> {
    connection: &'a Connection,
    seal: &'a dyn Seal,
    run: Option<Run>,
    /// The last sequence of each aggregate.
    sequences: BTreeMap<(i64, u8), u32>,
    ended: bool,
    runs: u64,
    bytes: Vec<u8>,
    checked: Checked,
}

impl Walk<'_> {
    fn find(&mut self, line: u64, what: impl Into<String>) {
        if self.checked.findings.len() < MOST {
            self.checked.findings.push(Finding {
                place: format!("line {line}"),
                what: what.into(),
            });
        }
    }

    fn line(&mut self, number: u64, line: Line<'_>, sum: LinkHash) -> Result<(), ArchiveError> {
        match line {
            Line::Run { run } => {
                self.leave(number)?;
                self.runs += 1;
                if run.first <= self.checked.positions.1 {
                    self.find(number, "the positions fall");
                }
                // A file may say anything.
                let last = run.first.checked_sub(1);
                self.run = Some(Run {
                    first: run.first,
                    last: last.ok_or(ArchiveError::Line(number))?,
                    link: run.before.0,
                });
            }
            Line::Event(event) => self.event(number, &event)?,
            Line::End { end } => {
                self.leave(number)?;
                self.ended = true;
                if end.seal.0 != sum {
                    self.find(number, "the seal over the archive is not ours");
                }
                if (end.runs, end.events) != (self.runs, self.checked.events) {
                    self.find(number, "lines are missing");
                }
            }
        }
        Ok(())
    }

    fn event(&mut self, number: u64, event: &Event<'_>) -> Result<(), ArchiveError> {
        let fields = event.fields().ok_or(ArchiveError::Line(number))?;
        let Some(run) = self.run.as_mut() else {
            return Err(ArchiveError::Line(number));
        };
        fields.canonical(&mut self.bytes);
        let follows = Some(fields.position) == run.last.checked_add(1);
        let sealed = self.seal.link(&run.link, &self.bytes) == event.link.0;
        run.last = fields.position;
        // The one in the file, so that one change is one finding.
        run.link = event.link.0;
        if !follows || !sealed {
            self.find(
                number,
                format!("event {} is not what was sealed", fields.position),
            );
        }
        let aggregate = (fields.aggregate_id, fields.aggregate_type);
        let last = self.sequences.insert(aggregate, fields.sequence);
        if Some(fields.sequence) != last.unwrap_or(0).checked_add(1) {
            self.find(
                number,
                format!("a sequence is missing before {}", fields.sequence),
            );
        }
        if self.checked.positions.0 == 0 {
            self.checked.positions.0 = fields.position;
        }
        self.checked.positions.1 = fields.position;
        self.checked.events += 1;
        Ok(())
    }

    /// At the end of a run: the database has the same link there, archived or still in the log.
    fn leave(&mut self, number: u64) -> Result<(), ArchiveError> {
        let Some(run) = self.run.take() else {
            return Ok(());
        };
        let archived = ending_at(self.connection, self.seal, run.last)?;
        let link = match archived {
            Some((known, true)) => Some(known.link),
            Some((_, false)) => None,
            None => rows::one(self.connection, LINK, [run.last], "events", |cells| {
                cells.set_key(run.last);
                cells.digest("link")
            })?,
        };
        if link != Some(run.link) {
            self.find(
                number,
                format!(
                    "events {} to {} are not of this database",
                    run.first, run.last
                ),
            );
        }
        Ok(())
    }
}
