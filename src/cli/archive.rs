//! `events archive` and `verify --archive`.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::Context as _;
use serde::Serialize;

use super::args::Archive;
use super::backup::refuse_existing;
use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::progress::Progress;
use super::record::Sheet;
use super::verify::{Finding, Verified, tell};
use crate::app::{self, AppError, Opened};
use crate::config::Config;
use crate::domain::time::Timestamp;
use crate::storage::sqlite::{self, Checked, Run, Scope};

/// Events that are removed in one transaction, about.
const AT_ONCE: u64 = 500;

/// What went where.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Archived<'a> {
    file: &'a Path,
    events: u64,
}

/// Moves the events of swept sessions to a file.
///
/// The database is proven first: what is wrong with it would leave it.
pub(super) async fn archive(
    config: &Config,
    opened: &Opened,
    args: &Archive,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    refuse_existing(&args.file)?;
    let database = config.database_path();
    let tokens = &opened.core.tokens;
    let progress = Progress::beside(output, "verifying");
    let report = sqlite::verify(
        &database,
        opened.seal.as_ref(),
        &|hash| tokens.fingerprint(hash),
        &mut |done, total| progress.tell(done, total),
    )
    .map_err(AppError::from)?;
    if !report.is_clean() {
        drop(progress);
        let exit = tell(&Verified::from(report), output)?;
        output.message("nothing was archived")?;
        return Ok(exit);
    }
    let now = opened.core.clock.now();
    let (until, held) = app::held(config, &opened.store, now).await?;
    for held in held.iter().filter(|held| held.from <= report.head) {
        output.message(&format!(
            "webhook `{}` has still to be told of events from position {} on: they stay",
            held.name, held.from
        ))?;
    }
    let scope = Scope {
        until: args.until.unwrap_or(i64::MAX).min(until.number()),
        before: args.before.unwrap_or(Timestamp::from_micros(i64::MAX)),
    };
    let total = u64::try_from(report.head.number()).unwrap_or_default();
    progress.name("writing");
    let written = sqlite::archive_to(
        &database,
        opened.seal.as_ref(),
        scope,
        &args.file,
        &mut |done| progress.tell(done, total),
    )
    .with_context(|| format!("cannot archive to: `{}`", args.file.display()))?;
    progress.name("removing");
    let mut removed = 0;
    for runs in portions(&written.runs) {
        removed += opened.store.remove_archived(runs).await?;
        progress.tell(removed, written.events);
    }
    drop(progress);
    if written.events == 0 {
        output.message("no events of swept sessions; no file was made")?;
        return Ok(Exit::Done);
    }
    if output.is_for_people() {
        output.text(&format!("{}\n", args.file.display()))?;
    } else {
        let (file, events) = (args.file.as_path(), written.events);
        output.json(&Archived { file, events })?;
    }
    output.message(&format!("archived {} events", written.events))?;
    output.hint(&format!(
        "the file is the only place where they are: keep copies, and prove them with `bartizan verify --archive {}`",
        args.file.display()
    ))?;
    Ok(Exit::Done)
}

/// Runs that go together.
fn portions(runs: &[Run]) -> Vec<Vec<Run>> {
    let mut portions: Vec<Vec<Run>> = Vec::new();
    let mut events = AT_ONCE;
    for run in runs {
        if events >= AT_ONCE {
            portions.push(Vec::new());
            events = 0;
        }
        events += run.events();
        if let Some(portion) = portions.last_mut() {
            portion.push(*run);
        }
    }
    portions
}

/// What an archive holds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Proven {
    events: u64,
    sessions: u64,
    first_position: i64,
    last_position: i64,
    findings: Vec<Finding>,
}

impl From<Checked> for Proven {
    fn from(checked: Checked) -> Self {
        Self {
            events: checked.events,
            sessions: checked.sessions,
            first_position: checked.positions.0,
            last_position: checked.positions.1,
            findings: checked.findings.into_iter().map(Finding::from).collect(),
        }
    }
}

impl Sheet for Proven {
    fn fields(&self) -> Vec<(&'static str, Option<String>)> {
        vec![
            ("events", Some(self.events.to_string())),
            ("sessions", Some(self.sessions.to_string())),
            ("first position", Some(self.first_position.to_string())),
            ("last position", Some(self.last_position.to_string())),
        ]
    }
}

/// Proves an archive, and that it is of this database.
pub(super) fn prove(
    config: &Config,
    opened: &Opened,
    file: &Path,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let reader = File::open(file).with_context(|| format!("cannot read: `{}`", file.display()))?;
    let progress = Progress::beside(output, "verifying");
    let bytes = reader.metadata().map_or(0, |data| data.len());
    let checked = sqlite::check_archive(
        &config.database_path(),
        opened.seal.as_ref(),
        &mut BufReader::new(progress.reading(reader, bytes)),
    );
    drop(progress);
    let checked = checked?;
    let proven = Proven::from(checked);
    if output.is_for_people() && !proven.findings.is_empty() {
        output.list(&proven.findings, "")?;
    } else {
        output.show(&proven)?;
    }
    Ok(match proven.findings.len() {
        0 => {
            output.message("nothing was changed, removed or slipped in")?;
            Exit::Done
        }
        count => {
            output.message(&format!(
                "error: the archive is not what was written: {count} findings"
            ))?;
            Exit::Findings
        }
    })
}

impl From<sqlite::ArchiveError> for Failure {
    fn from(error: sqlite::ArchiveError) -> Self {
        Self::new(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transaction_removes_some_hundred_events() {
        let run = |first, last| Run {
            first,
            last,
            link: [0; 16],
        };
        let runs = [run(1, 400), run(500, 899), run(900, 900), run(901, 1_900)];
        let sizes: Vec<_> = portions(&runs).iter().map(Vec::len).collect();
        assert_eq!(sizes, [2, 2]);
        assert!(portions(&[]).is_empty());
    }
}
