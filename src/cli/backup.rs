//! `backup` and `restore`.

use std::path::Path;

use serde::Serialize;

use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::progress::Progress;
use super::verify::{Verified, tell};
use crate::app::{self, AppError};
use crate::config::Config;
use crate::storage::sqlite;

/// What was copied where.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BackedUp<'a> {
    file: &'a Path,
    bytes: u64,
}

/// Copies the database to a new file.
pub(super) fn backup(
    config: &Config,
    file: &Path,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let database = config.database_path();
    if !database.is_file() {
        return Err(AppError::NoDatabase(database).into());
    }
    refuse_existing(file)?;
    let progress = Progress::beside(output, "copying");
    let copied = sqlite::copy(&database, file, &mut |done, total| {
        progress.tell(done, total);
    });
    drop(progress);
    let sqlite::Copied(bytes) = copied.map_err(AppError::from)?;
    if output.is_for_people() {
        output.text(&format!("{}\n", file.display()))?;
    } else {
        output.json(&BackedUp { file, bytes })?;
    }
    output.message(&format!("backed up {bytes} bytes"))?;
    output.hint(&format!(
        "it is of no use without `{}`: keep a copy of that too, but not beside it",
        config.key_path().display()
    ))?;
    Ok(Exit::Done)
}

/// Says early and in words of people what whoever makes the file would refuse later.
pub(super) fn refuse_existing(file: &Path) -> Result<(), Failure> {
    if file.exists() {
        let text = format!("the file exists already: `{}`", file.display());
        return Err(Failure::message(text).hint("no file is ever replaced: name another one"));
    }
    Ok(())
}

/// Puts a backup in the place of the database.
pub(super) fn restore(
    config: &Config,
    file: &Path,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    let progress = Progress::beside(output, "restoring");
    let restored = app::restore(config, file, &mut |what, done, total| {
        progress.name(what);
        progress.tell(done, total);
    });
    drop(progress);
    let restored = restored?;
    let exit = tell(&Verified::from(restored.report), output)?;
    match restored.database {
        Some(database) => output.message(&format!(
            "restored `{}`; what was there before is beside it",
            database.display()
        ))?,
        None => output.message("the backup was not taken; the database is as it was")?,
    }
    Ok(exit)
}
