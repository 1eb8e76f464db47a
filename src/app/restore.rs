//! Putting a backup in the place of the database.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::Config;
use crate::crypto::{ChainKey, KeyFile, TokenCodec};
use crate::ports::{Seal, Tokens as _};
use crate::storage::sqlite::{self, Report, SqliteStore};

use super::open::{options, token_hashing};
use super::{AppError, data_dir};

/// What a restore came to.
#[derive(Debug)]
pub struct Restored {
    /// What proving the backup found.
    pub report: Report,
    /// The database, if the backup was taken.
    pub database: Option<PathBuf>,
}

/// Proves a backup with the key file of the data directory, then puts it in the database's place.
///
/// It is proven on a copy beside the database, whose schema is brought up to date first. What was there
/// before is kept. `progress` is told what is being done, and how much of how much.
///
/// # Errors
/// [`AppError`]: a server runs on the data directory, the key file is missing, the backup cannot be
/// read. The database is as it was then, and also where the report has findings.
pub fn restore(
    config: &Config,
    backup: &Path,
    progress: &mut dyn FnMut(&'static str, u64, u64),
) -> Result<Restored, AppError> {
    data_dir::create(&config.data_dir)?;
    let _lock = data_dir::lock(&config.data_dir)?;
    let keys = KeyFile::load(&config.key_path())?;
    let database = config.database_path();
    let copy = database.with_extension("restoring");
    clear(&copy);
    let report = prove(config, &keys, backup, &copy, progress);
    let taken = report
        .as_ref()
        .is_ok_and(|report| report.findings.is_empty());
    if taken {
        sqlite::replace(&database, &copy)?;
    }
    clear(&copy);
    Ok(Restored {
        report: report?,
        database: taken.then_some(database),
    })
}

fn prove(
    config: &Config,
    keys: &KeyFile,
    backup: &Path,
    copy: &Path,
    progress: &mut dyn FnMut(&'static str, u64, u64),
) -> Result<Report, AppError> {
    sqlite::copy(backup, copy, &mut |done, total| {
        progress("copying", done, total);
    })?;
    let seal: Arc<dyn Seal> = Arc::new(ChainKey::new(keys));
    // Opening migrates, closing leaves nothing beside the file.
    drop(SqliteStore::open(
        copy,
        &options(config),
        Arc::clone(&seal),
    )?);
    let tokens = TokenCodec::new(keys, token_hashing(config), 0).map_err(AppError::TokenHashing)?;
    let report = sqlite::verify(
        copy,
        seal.as_ref(),
        &|hash| tokens.fingerprint(hash),
        &mut |done, total| progress("verifying", done, total),
    )?;
    Ok(report)
}

/// Takes away what an attempt left behind; what is not there need not be.
fn clear(copy: &Path) {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = copy.as_os_str().to_owned();
        name.push(suffix);
        drop(std::fs::remove_file(PathBuf::from(name)));
    }
}
