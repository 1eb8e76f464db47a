//! What verifying found.

use std::fmt;

use crate::domain::ids::Position;
use crate::ports::{LinkHash, StoreError};

/// Findings that are kept; a broken file would have one for each row.
const MOST: usize = 1_000;

/// Events between two words on progress.
const STEP: u64 = 4_096;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Where: an aggregate, an event, a table.
    pub place: String,
    /// What is wrong there.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.place, self.what)
    }
}

/// What a database holds, and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Events in the log.
    pub events: u64,
    /// Rows of sessions, ended ones included.
    pub sessions: u64,
    /// Sessions whose rows were swept.
    pub swept: u64,
    /// Events that were archived.
    pub archived: u64,
    /// Rows of users, removed ones included.
    pub users: u64,
    /// Rows of organisations.
    pub organizations: u64,
    /// The position of the last event.
    pub head: Position,
    /// Its link: it stands for the whole log up to there.
    pub link: LinkHash,
    /// What is wrong, at most a thousand findings.
    pub findings: Vec<Finding>,
    /// How many findings there were in all.
    pub found: u64,
}

impl Report {
    /// Whether nothing is wrong.
    pub const fn is_clean(&self) -> bool {
        self.found == 0
    }
}

/// Gathers findings and tells how far the walk is.
pub(super) struct Finder<'a> {
    pub(super) report: Report,
    progress: &'a mut dyn FnMut(u64, u64),
    done: u64,
    total: u64,
}

impl<'a> Finder<'a> {
    pub(super) fn new(progress: &'a mut dyn FnMut(u64, u64)) -> Self {
        Self {
            report: Report::default(),
            progress,
            done: 0,
            total: 0,
        }
    }

    /// Keeps a finding.
    pub(super) fn find(&mut self, place: impl fmt::Display, what: impl fmt::Display) {
        self.report.found += 1;
        if self.report.findings.len() < MOST {
            self.report.findings.push(Finding {
                place: place.to_string(),
                what: what.to_string(),
            });
        }
    }

    /// Says how much there is to do.
    pub(super) const fn expect(&mut self, total: u64) {
        self.total = total;
    }

    /// One event more is done.
    pub(super) fn step(&mut self) {
        self.done += 1;
        if self.done.is_multiple_of(STEP) {
            (self.progress)(self.done, self.total);
        }
    }

    /// Runs a part of the work; what it cannot read is a finding, and the other parts go on.
    pub(super) fn pass(
        &mut self,
        place: &str,
        part: impl FnOnce(&mut Self) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        match part(self) {
            Ok(()) => Ok(()),
            Err(error) => self.unreadable(place, error),
        }
    }

    /// Keeps what could not be read as a finding; passes trouble on that is not the file's content.
    pub(super) fn unreadable(
        &mut self,
        place: impl fmt::Display,
        error: StoreError,
    ) -> Result<(), StoreError> {
        match error {
            StoreError::Corrupt { table, column, row } => {
                self.find(
                    format_args!("`{table}` row {row}"),
                    format_args!("unreadable `{column}`"),
                );
                Ok(())
            }
            StoreError::Failed(cause) => {
                self.find(place, format_args!("cannot be read: {cause}"));
                Ok(())
            }
            StoreError::Conflict(_)
            | StoreError::Exists(_)
            | StoreError::NameTaken
            | StoreError::IdpLinkTaken
            | StoreError::UserNotActive(_)
            | StoreError::TooManyConditions
            | StoreError::Overloaded
            | StoreError::Busy
            | StoreError::Io(_)
            | StoreError::Closed => Err(error),
        }
    }

    /// Says that all is done.
    pub(super) fn finish(self) -> Report {
        (self.progress)(self.total, self.total);
        self.report
    }
}
