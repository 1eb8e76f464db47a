//! The key file on disk: owner only, whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::{KeyError, KeyFault, KeyFile, random, text};

/// What nobody but the owner may have.
const OTHERS: u32 = 0o077;

impl KeyFile {
    /// Loads the file; on the first start creates it with one fresh key.
    ///
    /// # Errors
    /// [`KeyError`]. A file that is there is never replaced, whatever is wrong with it.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        match Self::load(path) {
            Err(KeyError::Missing { .. }) => Self::create(path),
            other => other,
        }
    }

    /// Loads the file.
    ///
    /// # Errors
    /// [`KeyError`]: missing, unreadable, open to others, malformed.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let unreadable = |source: io::Error| {
            let path = path.to_owned();
            if source.kind() == io::ErrorKind::NotFound {
                KeyError::Missing { path }
            } else {
                KeyError::Unreadable { path, source }
            }
        };
        let malformed = |source: KeyFault| KeyError::Malformed {
            path: path.to_owned(),
            source,
        };

        let file = File::open(path).map_err(unreadable)?;
        // Asked of the open file, so that what is judged is what is read.
        let metadata = file.metadata().map_err(unreadable)?;
        if !metadata.is_file() {
            return Err(KeyError::NotAFile {
                path: path.to_owned(),
            });
        }
        let mode = metadata.permissions().mode() & 0o7777;
        if mode & OTHERS != 0 {
            return Err(KeyError::Permissions {
                path: path.to_owned(),
                mode,
            });
        }

        // One byte more than a key file has, with room for it: growing would leave a copy behind.
        let limit = text::MAX_SIZE + 1;
        let mut content = Zeroizing::new(Vec::with_capacity(2 * limit));
        file.take(limit as u64)
            .read_to_end(&mut content)
            .map_err(unreadable)?;
        if content.len() == limit {
            return Err(malformed(KeyFault::TooLarge));
        }
        let content = str::from_utf8(&content).map_err(|_| malformed(KeyFault::NotText))?;
        text::parse(content).map_err(malformed)
    }

    /// Adds a fresh key, which makes from then on; what the others made is still read, but for tokens
    /// if `end_tokens`. The file is the old one or the new one, whatever happens meanwhile.
    ///
    /// Nobody else may have the file in use: who has read it before does not know the new key.
    ///
    /// # Errors
    /// [`KeyError`]; also when the file has no room for another key.
    pub fn rotate(path: &Path, end_tokens: bool) -> Result<Self, KeyError> {
        let keys = Self::load(path)?
            .with_fresh(end_tokens)
            .map_err(|_| KeyError::Random)?;
        let text = text::write(&keys);
        if text.len() > text::MAX_SIZE {
            return Err(KeyError::Malformed {
                path: path.to_owned(),
                source: KeyFault::TooLarge,
            });
        }
        let draft = draft_of(path)?;
        let written = write_new(&draft, text.as_bytes())
            .and_then(|()| fs::rename(&draft, path))
            .and_then(|()| sync_folder(path));
        if let Err(source) = written {
            // If it stays, it is a key that nothing uses.
            fs::remove_file(&draft).ok();
            return Err(KeyError::Uncreatable {
                path: path.to_owned(),
                source,
            });
        }
        Ok(keys)
    }

    /// Creates the file. Another process may do the same at the same time: one of them wins, both
    /// have its key.
    fn create(path: &Path) -> Result<Self, KeyError> {
        let keys = Self::ephemeral().map_err(|_| KeyError::Random)?;
        let draft = draft_of(path)?;
        let written = write_new(&draft, text::write(&keys).as_bytes())
            // A link does not replace what is there, and what it makes is complete at once: a crash
            // leaves either no key file or a good one.
            .and_then(|()| fs::hard_link(&draft, path));
        // If it stays, it is a key that nothing uses.
        fs::remove_file(&draft).ok();
        match written.and_then(|()| sync_folder(path)) {
            Ok(()) => Ok(keys),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::load(path),
            Err(source) => Err(KeyError::Uncreatable {
                path: path.to_owned(),
                source,
            }),
        }
    }
}

/// A name beside the file that nobody else uses.
fn draft_of(path: &Path) -> Result<PathBuf, KeyError> {
    let mut random = [0; 8];
    random::fill(&mut random).map_err(|_| KeyError::Random)?;
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{:016x}", u64::from_be_bytes(random)));
    Ok(path.with_file_name(name))
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Makes the new name in the folder durable.
fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Purpose;
    use super::*;
    use std::fs::Permissions;

    fn mac(keys: &KeyFile) -> [u8; 16] {
        keys.newest(Purpose::Code).mac(&[b"text"])
    }

    fn names(folder: &Path) -> Vec<OsString> {
        fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect()
    }

    #[test]
    fn the_first_start_creates_it_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bartizan.key");
        KeyFile::load_or_create(&path).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode, 0o600);
        assert_eq!(names(folder.path()), ["bartizan.key"], "no draft stays");
    }

    #[test]
    fn the_second_start_has_the_same_keys_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bartizan.key");
        let first = KeyFile::load_or_create(&path).unwrap();
        let before = fs::read(&path).unwrap();
        let second = KeyFile::load_or_create(&path).unwrap();
        assert_eq!(mac(&first), mac(&second));
        assert_eq!(mac(&first), mac(&KeyFile::load(&path).unwrap()));
        assert_eq!(before, fs::read(&path).unwrap());
    }

    #[test]
    fn a_rotated_file_has_a_new_key_and_reads_what_the_old_one_made() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bartizan.key");
        let first = KeyFile::load_or_create(&path).unwrap();
        let second = KeyFile::rotate(&path, false).unwrap();
        assert_ne!(first.id(), second.id());
        assert_eq!(first.id(), second.first_id());
        let loaded = KeyFile::load(&path).unwrap();
        assert_eq!((loaded.id(), loaded.count()), (second.id(), 2));
        assert_eq!(loaded.retired(Purpose::SessionToken).len(), 1);

        let third = KeyFile::rotate(&path, true).unwrap();
        let loaded = KeyFile::load(&path).unwrap();
        assert_eq!((loaded.id(), loaded.count()), (third.id(), 3));
        for purpose in [
            Purpose::SessionToken,
            Purpose::PatToken,
            Purpose::IntentToken,
        ] {
            assert_eq!(loaded.retired(purpose).len(), 0, "{purpose:?}");
        }
        for purpose in [Purpose::TotpSecret, Purpose::Code, Purpose::Outbox] {
            assert_eq!(loaded.retired(purpose).len(), 2, "{purpose:?}");
        }
        KeyFile::rotate(&path, false).unwrap();
        let loaded = KeyFile::load(&path).unwrap();
        assert_eq!(loaded.retired(Purpose::SessionToken).len(), 1);
        assert_eq!(loaded.first_id(), first.id(), "the chain keeps its key");
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode, 0o600);
        assert_eq!(names(folder.path()), ["bartizan.key"], "no draft stays");
    }

    #[test]
    fn a_full_file_takes_no_more_keys_and_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bartizan.key");
        KeyFile::load_or_create(&path).unwrap();
        let refused = (0..100).find_map(|_| KeyFile::rotate(&path, true).err());
        assert!(matches!(
            refused,
            Some(KeyError::Malformed {
                source: KeyFault::TooLarge,
                ..
            })
        ));
        assert!(KeyFile::load(&path).unwrap().count() > 40);
    }

    #[test]
    fn two_who_create_at_once_have_the_same_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bartizan.key");
        let winner = KeyFile::create(&path).unwrap();
        let loser = KeyFile::create(&path).unwrap();
        assert_eq!(mac(&winner), mac(&loser));
        assert_eq!(names(folder.path()), ["bartizan.key"]);
    }

    #[test]
    fn a_file_that_others_may_use_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bartizan.key");
        KeyFile::load_or_create(&path).unwrap();
        for mode in [0o640, 0o604, 0o660, 0o644, 0o620, 0o601, 0o777] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            let error = KeyFile::load_or_create(&path).unwrap_err();
            assert!(
                matches!(error, KeyError::Permissions { mode: seen, .. } if seen == mode),
                "{mode:o}: {error}"
            );
            assert!(error.to_string().contains(&format!("{mode:04o}")));
        }
        for mode in [0o600, 0o400] {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert!(KeyFile::load(&path).is_ok(), "{mode:o}");
        }
    }

    #[test]
    fn a_damaged_file_is_refused_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        for (name, content, expected) in [
            ("empty", Vec::new(), KeyFault::Header),
            ("text", b"hello".to_vec(), KeyFault::Header),
            ("binary", vec![0xff, 0xfe], KeyFault::NotText),
            ("large", vec![b'#'; text::MAX_SIZE + 1], KeyFault::TooLarge),
            ("keyless", b"bartizan-key 1\n".to_vec(), KeyFault::Empty),
        ] {
            let path = folder.path().join(name);
            write_new(&path, &content).unwrap();
            let error = KeyFile::load_or_create(&path).unwrap_err();
            assert!(
                matches!(error, KeyError::Malformed { source, .. } if source == expected),
                "{name}: {error:?}"
            );
            assert_eq!(fs::read(&path).unwrap(), content, "{name}");
        }
    }

    #[test]
    fn what_is_not_there_or_not_a_file_is_said_so() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("bartizan.key");
        assert!(matches!(
            KeyFile::load(&missing),
            Err(KeyError::Missing { .. })
        ));
        assert!(matches!(
            KeyFile::load_or_create(folder.path()),
            Err(KeyError::NotAFile { .. })
        ));
        assert!(matches!(
            KeyFile::load_or_create(&folder.path().join("nowhere/bartizan.key")),
            Err(KeyError::Uncreatable { .. })
        ));
    }

    #[test]
    fn no_error_shows_the_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bartizan.key");
        KeyFile::load_or_create(&path).unwrap();
        let content = fs::read_to_string(&path).unwrap();
        let key = content.rsplit(' ').next().unwrap().trim();
        fs::write(&path, format!("bartizan-key 1\nx {key}\n")).unwrap();
        let error = KeyFile::load(&path).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(key));
    }
}
