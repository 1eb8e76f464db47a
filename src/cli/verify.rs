//! `verify`: what came of proving the log.

use std::io;

use serde::Serialize;

use super::exit::Exit;
use super::output::Output;
use super::record::Row;
use crate::storage::sqlite::{self, Report};

/// What was looked at, and what was found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Verified {
    /// Events of the log.
    pub(super) events: u64,
    /// Sessions that follow from them, ended ones too.
    pub(super) sessions: u64,
    /// Users that follow from them, removed ones too.
    pub(super) users: u64,
    /// What is not as it should be.
    pub(super) findings: Vec<Finding>,
    /// The end of the log.
    pub(super) head: Head,
}

impl From<Report> for Verified {
    fn from(report: Report) -> Self {
        Self {
            events: report.events,
            sessions: report.sessions,
            users: report.users,
            findings: report.findings.into_iter().map(Finding::from).collect(),
            head: Head {
                position: report.head.number(),
                link: format!("{:032x}", u128::from_be_bytes(report.link)),
            },
        }
    }
}

/// Something that is not as it should be.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    /// Where.
    pub(super) place: String,
    /// What.
    pub(super) what: String,
}

impl From<sqlite::Finding> for Finding {
    fn from(finding: sqlite::Finding) -> Self {
        Self {
            place: finding.place,
            what: finding.what,
        }
    }
}

/// The end of the log: whoever noted it elsewhere can tell later that nothing before it is missing.
#[derive(Debug, Serialize)]
pub(super) struct Head {
    /// The position of the last event.
    pub(super) position: i64,
    /// The hash that ties it to all before it.
    pub(super) link: String,
}

/// Prints it. The end of the log is the last line.
pub(super) fn tell(verified: &Verified, output: &mut Output<'_>) -> io::Result<Exit> {
    if output.is_for_people() {
        if verified.findings.is_empty() {
            output.list(&counts(verified), "")?;
        } else {
            output.list(&verified.findings, "")?;
        }
        let Head { position, link } = &verified.head;
        output.text(&format!(
            "\nend of the log: position {position}, link {link}\n"
        ))?;
    } else {
        output.json(verified)?;
    }
    Ok(match verified.findings.len() {
        0 => {
            output.message("nothing was changed, removed or slipped in")?;
            Exit::Done
        }
        count => {
            output.message(&format!(
                "error: the database is not what its log says: {count} findings"
            ))?;
            output.hint("keep a copy of the data directory before anything else; then compare with a backup")?;
            Exit::Findings
        }
    })
}

fn counts(verified: &Verified) -> [Count; 3] {
    [
        Count("events", verified.events),
        Count("sessions", verified.sessions),
        Count("users", verified.users),
    ]
}

#[derive(Serialize)]
struct Count(&'static str, u64);

impl Row for Count {
    const COLUMNS: &'static [&'static str] = &["WHAT", "COUNT"];

    fn cells(&self) -> Vec<String> {
        vec![self.0.to_owned(), self.1.to_string()]
    }
}

impl Row for Finding {
    const COLUMNS: &'static [&'static str] = &["WHERE", "WHAT"];

    fn cells(&self) -> Vec<String> {
        vec![self.place.clone(), self.what.clone()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::fixtures::both;

    fn verified(findings: Vec<Finding>) -> Verified {
        Verified {
            events: 1_234,
            sessions: 56,
            users: 7,
            findings,
            head: Head {
                position: 1_234,
                link: "0f1e2d3c4b5a69788796a5b4c3d2e1f0".to_owned(),
            },
        }
    }

    #[test]
    fn a_whole_log_is_counted_and_its_end_is_the_last_line() {
        let verified = verified(Vec::new());
        insta::assert_snapshot!(both(|output| {
            assert_eq!(tell(&verified, output).unwrap(), Exit::Done);
        }));
    }

    #[test]
    fn findings_are_listed_and_have_a_code_of_their_own() {
        let verified = verified(vec![
            Finding {
                place: "event 12".to_owned(),
                what: "its link does not follow from the event before it".to_owned(),
            },
            Finding {
                place: "session 7".to_owned(),
                what: "its row is not what its events make".to_owned(),
            },
        ]);
        insta::assert_snapshot!(both(|output| {
            assert_eq!(tell(&verified, output).unwrap(), Exit::Findings);
        }));
    }
}
