//! A file for a token: new, for its owner alone, and gone again if the token does not come about.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::failure::Failure;
use crate::domain::secret::Secret;

/// A file that waits for its token.
#[derive(Debug)]
pub(super) struct TokenFile {
    file: File,
    /// Where it is, until the token is in it.
    waiting: Option<PathBuf>,
}

impl TokenFile {
    /// Makes the file. One that exists is left alone: others may read it, or need what is in it.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        let mut options = OpenOptions::new();
        match options.write(true).create_new(true).mode(0o600).open(path) {
            Ok(file) => Ok(Self {
                file,
                waiting: Some(path.to_owned()),
            }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(Failure::message(
                format!("the file exists: `{}`", path.display()),
            )
            .hint("name a file that does not exist")),
            Err(error) => Err(cannot_write(error, path)),
        }
    }

    /// Writes the token; it is on the disk when this returns.
    pub(super) fn keep(mut self, token: &Secret) -> Result<(), Failure> {
        let path = self.waiting.take().unwrap_or_default();
        let mut write = || {
            self.file.write_all(token.expose().as_bytes())?;
            self.file.write_all(b"\n")?;
            self.file.sync_all()
        };
        write().map_err(|error| {
            cannot_write(error, &path)
                .hint("the token is lost: revoke it (`bartizan pat list USER`) and make another")
        })
    }
}

impl Drop for TokenFile {
    fn drop(&mut self) {
        if let Some(path) = &self.waiting {
            // What went wrong is being told already.
            fs::remove_file(path).ok();
        }
    }
}

fn cannot_write(error: io::Error, path: &Path) -> Failure {
    let what = format!("cannot write the token file: `{}`", path.display());
    Failure::new(anyhow::Error::new(error).context(what))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_file_is_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("svc.pat");
        let file = TokenFile::create(&path).unwrap();
        file.keep(&Secret::new("token".to_owned())).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "token\n");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn what_exists_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("svc.pat");
        fs::write(&path, "other").unwrap();
        let failure = TokenFile::create(&path).unwrap_err().to_string();
        assert!(
            failure.starts_with("error: the file exists: `"),
            "{failure}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "other");
    }

    #[test]
    fn without_a_token_there_is_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("svc.pat");
        drop(TokenFile::create(&path).unwrap());
        assert!(!path.exists());
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let failure = TokenFile::create(Path::new("/nonexistent/svc.pat")).unwrap_err();
        assert!(
            failure
                .to_string()
                .starts_with("error: cannot write the token file: `/nonexistent/svc.pat`\ncause: "),
            "{failure}"
        );
    }
}
