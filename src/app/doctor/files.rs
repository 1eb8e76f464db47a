//! The data directory: what is there, for whom, and how much room there is.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::{Diagnosis, Health};
use crate::config::Config;

/// What nobody but the owner may have.
const OTHERS: u32 = 0o077;

/// Below this there is no room for the write-ahead log of a busy hour.
const ROOM: u64 = 256 << 20;

/// Below this the next checkpoint may fail.
const NO_ROOM: u64 = 32 << 20;

pub(super) fn examine(config: &Config) -> Vec<Diagnosis> {
    const SUBJECT: &str = "data directory";
    let directory = &config.data_dir;
    let shown = directory.display();
    let Ok(metadata) = fs::metadata(directory) else {
        return vec![
            Diagnosis::new(SUBJECT, Health::Unknown, format!("is not there: `{shown}`"))
                .remedy("the first start makes it; if there was one, name it with `--data-dir`"),
        ];
    };
    if !metadata.is_dir() {
        return vec![Diagnosis::bad(
            SUBJECT,
            format!("is no directory: `{shown}`"),
        )];
    }
    let mode = metadata.permissions().mode() & 0o777;
    let mut found = vec![if mode & OTHERS == 0 {
        Diagnosis::good(SUBJECT, format!("`{shown}`"))
    } else {
        Diagnosis::unwise(SUBJECT, format!("others can look into it: mode {mode:04o}"))
            .remedy(format!("chmod 700 {shown}"))
    }];
    found.push(writable(directory));
    found.extend(modes(config));
    found.push(room(directory));
    found
}

fn writable(directory: &Path) -> Diagnosis {
    const SUBJECT: &str = "permissions";
    match rustix::fs::access(directory, rustix::fs::Access::WRITE_OK) {
        Ok(()) => Diagnosis::good(SUBJECT, "this user may write to the data directory"),
        Err(error) => Diagnosis::bad(
            SUBJECT,
            format!("this user may not write to the data directory: {error}"),
        )
        .remedy(format!("run as the owner of `{}`", directory.display())),
    }
}

/// Files that are open to others, and first tokens that are still there.
fn modes(config: &Config) -> Vec<Diagnosis> {
    let database = config.database_path();
    let beside = |suffix: &str| {
        let mut name = database.clone().into_os_string();
        name.push(suffix);
        name.into()
    };
    let tokens = [config.admin_pat_path(), config.login_client_pat_path()];
    let mut found: Vec<_> = [
        database.clone(),
        beside("-wal"),
        beside("-shm"),
        config.key_path(),
    ]
    .iter()
    .chain(&tokens)
    .filter_map(|path| {
        let mode = fs::metadata(path).ok()?.permissions().mode() & 0o777;
        (mode & OTHERS != 0).then(|| {
            let shown = path.display();
            Diagnosis::bad(
                "files",
                format!("others can read `{shown}`: mode {mode:04o}"),
            )
            .remedy(format!("chmod 600 {shown}"))
        })
    })
    .collect();
    if found.is_empty() {
        found.push(Diagnosis::good("files", "are for their owner alone"));
    }
    for token in tokens
        .iter()
        .filter(|token| token.starts_with(&config.data_dir))
    {
        if token.exists() {
            let shown = token.display();
            found.push(
                Diagnosis::unwise("first tokens", format!("`{shown}` is still there"))
                    .remedy("move it to where it is used, then delete it here"),
            );
        }
    }
    found
}

fn room(directory: &Path) -> Diagnosis {
    const SUBJECT: &str = "disk space";
    let room = match rustix::fs::statvfs(directory) {
        Ok(found) => found.f_bavail.saturating_mul(found.f_frsize),
        Err(error) => {
            return Diagnosis::new(SUBJECT, Health::Unknown, format!("cannot be read: {error}"));
        }
    };
    let text = format!("{} MiB are free", room >> 20);
    if room < NO_ROOM {
        Diagnosis::bad(SUBJECT, text).remedy("make room: nothing can be written soon")
    } else if room < ROOM {
        Diagnosis::unwise(SUBJECT, text).remedy("make room")
    } else {
        Diagnosis::good(SUBJECT, text)
    }
}
