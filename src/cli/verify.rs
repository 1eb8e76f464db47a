//! `verify`: proving the log, and saying what came of it.

use std::io;

use serde::Serialize;

use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::record::Row;
use crate::app::AppError;
use crate::config::Config;
use crate::crypto::{ChainKey, KeyFile, TokenCodec, TokenHashing};
use crate::ports::Tokens as _;
use crate::storage::sqlite::{self, Report};

/// Reads the database in one snapshot, beside a server or alone. Nothing is written, and no store is
/// opened: what is to be proven may be too broken for one.
pub(super) fn run(config: &Config, mut output: Output<'_>) -> Result<Exit, Failure> {
    let path = config.database_path();
    if !path.is_file() {
        return Err(AppError::NoDatabase(path).into());
    }
    let keys = KeyFile::load(&config.key_path()).map_err(AppError::from)?;
    let hashing = TokenHashing {
        memory_kib: config.tokens.memory_kib,
        iterations: config.tokens.iterations,
    };
    let tokens = TokenCodec::new(&keys, hashing, 0).map_err(AppError::TokenHashing)?;
    let mut shown = None;
    let report = sqlite::verify(
        &path,
        &ChainKey::new(&keys),
        &|hash| tokens.fingerprint(hash),
        &mut |done, total| {
            let percent = percent(done, total);
            if shown.replace(percent) != Some(percent) {
                output.progress(&format!("verifying: {percent} %"));
            }
        },
    );
    output.progress("");
    let verified = Verified::from(report.map_err(AppError::from)?);
    Ok(tell(&verified, &mut output)?)
}

fn percent(done: u64, total: u64) -> u64 {
    let done = u128::from(done.min(total)) * 100;
    let percent = done.checked_div(u128::from(total)).unwrap_or(100);
    u64::try_from(percent).unwrap_or(100)
}

/// What was looked at, and what was found.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Verified {
    /// Events of the log.
    events: u64,
    /// Sessions that follow from them, ended ones too.
    sessions: u64,
    /// Users that follow from them, removed ones too.
    users: u64,
    /// Organisations that follow from them.
    organizations: u64,
    /// How much is not as it should be.
    found: u64,
    /// What that is; of very much, the first part.
    findings: Vec<Finding>,
    /// The end of the log.
    head: Head,
}

/// Something that is not as it should be.
#[derive(Debug, Serialize)]
struct Finding {
    /// Where.
    place: String,
    /// What.
    what: String,
}

/// The end of the log: whoever noted it elsewhere can tell later that nothing before it is missing.
#[derive(Debug, Serialize)]
struct Head {
    /// The position of the last event.
    position: i64,
    /// The hash that ties it to all before it.
    link: String,
}

impl From<Report> for Verified {
    fn from(report: Report) -> Self {
        let findings = report.findings.into_iter();
        Self {
            events: report.events,
            sessions: report.sessions,
            users: report.users,
            organizations: report.organizations,
            found: report.found,
            findings: findings
                .map(|finding| Finding {
                    place: finding.place,
                    what: finding.what,
                })
                .collect(),
            head: Head {
                position: report.head.number(),
                link: format!("{:032x}", u128::from_be_bytes(report.link)),
            },
        }
    }
}

/// Prints it. The end of the log is the last line.
fn tell(verified: &Verified, output: &mut Output<'_>) -> io::Result<Exit> {
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
    let (found, listed) = (verified.found, verified.findings.len());
    let what = match found {
        0 => {
            output.message("nothing was changed, removed or slipped in");
            return Ok(Exit::Done);
        }
        1 => "1 finding".to_owned(),
        _ if found > listed as u64 => format!("{found} findings, the first {listed} are listed"),
        _ => format!("{found} findings"),
    };
    output.message(&format!(
        "error: the database is not what its log says: {what}"
    ));
    output
        .hint("keep a copy of the data directory before anything else; then compare with a backup");
    Ok(Exit::Findings)
}

fn counts(verified: &Verified) -> [Count; 4] {
    [
        Count("events", verified.events),
        Count("sessions", verified.sessions),
        Count("users", verified.users),
        Count("organisations", verified.organizations),
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
    use crate::domain::ids::Position;

    fn verified(findings: &[(&str, &str)], found: u64) -> Verified {
        let findings = findings.iter().map(|(place, what)| sqlite::Finding {
            place: (*place).to_owned(),
            what: (*what).to_owned(),
        });
        Verified::from(Report {
            events: 1_234,
            sessions: 56,
            users: 7,
            organizations: 1,
            head: Position::new(1_234),
            link: [
                0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
            ],
            findings: findings.collect(),
            found,
        })
    }

    const FINDINGS: [(&str, &str); 2] = [
        (
            "event 12",
            "its link does not follow from the event before it",
        ),
        ("session 7", "its row is not what its events make"),
    ];

    #[test]
    fn a_whole_log_is_counted_and_its_end_is_the_last_line() {
        let verified = verified(&[], 0);
        insta::assert_snapshot!(both(|output| {
            assert_eq!(tell(&verified, output).unwrap(), Exit::Done);
        }));
    }

    #[test]
    fn findings_are_listed_and_have_a_code_of_their_own() {
        let verified = verified(&FINDINGS, 2);
        insta::assert_snapshot!(both(|output| {
            assert_eq!(tell(&verified, output).unwrap(), Exit::Findings);
        }));
    }

    #[test]
    fn findings_that_are_not_listed_are_counted() {
        for (found, told) in [
            (1, "says: 1 finding\n"),
            (2, "says: 2 findings\n"),
            (4_711, "says: 4711 findings, the first 2 are listed\n"),
        ] {
            let verified = verified(&FINDINGS, found);
            let shown = both(|output| {
                tell(&verified, output).unwrap();
            });
            assert!(shown.contains(told), "{shown}");
        }
    }

    #[test]
    fn progress_ends_at_a_hundred() {
        for (done, total, shown) in [
            (0, 9, 0),
            (1, 3, 33),
            (9, 9, 100),
            (10, 9, 100),
            (0, 0, 100),
        ] {
            assert_eq!(percent(done, total), shown, "{done} of {total}");
        }
    }
}
