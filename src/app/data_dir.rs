//! The data directory: its modes, its lock and the token files in it (design section 2).

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::AppError;
use crate::domain::secret::Secret;

/// What the lock file is called.
const LOCK: &str = "bartizan.lock";

/// The lock of a data directory, held as long as the server runs. The system frees it when the
/// process ends, however it ends.
#[derive(Debug)]
pub(super) struct DirLock(#[expect(dead_code, reason = "held for its lock")] File);

/// Makes the directory, for the owner alone, if it is not there.
///
/// # Errors
/// [`AppError::DataDir`].
pub(super) fn create(dir: &Path) -> Result<(), AppError> {
    let failed = |source: io::Error| AppError::DataDir {
        path: dir.to_owned(),
        source,
    };
    if dir.is_dir() {
        let mode = fs::metadata(dir).map_err(failed)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            log::warn!(
                "others can look into the data directory: `{}` has mode {mode:04o}",
                dir.display()
            );
        }
        return Ok(());
    }
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .map_err(failed)
}

/// Takes the directory for one server.
///
/// # Errors
/// [`AppError::Locked`] when another server has it.
pub(super) fn lock(dir: &Path) -> Result<DirLock, AppError> {
    let path = dir.join(LOCK);
    let failed = |source: io::Error| AppError::DataDir {
        path: path.clone(),
        source,
    };
    let mut options = OpenOptions::new();
    let file = options
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(&path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(DirLock(file)),
        Err(TryLockError::WouldBlock) => Err(AppError::Locked(dir.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Whether a server has the directory. Nothing is made or changed.
pub(super) fn is_locked(dir: &Path) -> bool {
    let Ok(file) = File::open(dir.join(LOCK)) else {
        return false;
    };
    // Given back at once, with the file.
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// Writes a token file, mode 0600, in one step: the file is there whole or not at all.
///
/// # Errors
/// [`AppError::TokenFile`].
pub(super) fn write_token(path: &Path, token: &Secret) -> Result<(), AppError> {
    let failed = |source: io::Error| AppError::TokenFile {
        path: path.to_owned(),
        source,
    };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let temporary: PathBuf = path.with_file_name(name);
    let mut options = OpenOptions::new();
    let mut file = options
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(&temporary)
        .map_err(failed)?;
    file.write_all(token.expose().as_bytes()).map_err(failed)?;
    file.write_all(b"\n").map_err(failed)?;
    file.sync_all().map_err(failed)?;
    fs::rename(&temporary, path).map_err(failed)?;
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or_else(|| Path::new("."));
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn directory_and_token_files_are_for_the_owner_alone() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("a/b");
        create(&dir).unwrap();
        assert_eq!(mode(&dir), 0o700);
        let path = dir.join("admin.pat");
        write_token(&path, &Secret::new("token".to_owned())).unwrap();
        assert_eq!(
            (mode(&path), fs::read_to_string(&path).unwrap()),
            (0o600, "token\n".to_owned())
        );
        assert_eq!(
            fs::read_dir(&dir).unwrap().count(),
            1,
            "nothing is left beside it"
        );
    }

    #[test]
    fn a_directory_is_locked_once() {
        let root = tempfile::tempdir().unwrap();
        let first = lock(root.path()).unwrap();
        assert!(matches!(lock(root.path()), Err(AppError::Locked(_))));
        assert!(is_locked(root.path()));
        drop(first);
        assert!(!is_locked(root.path()));
        assert!(lock(root.path()).is_ok());
    }
}
