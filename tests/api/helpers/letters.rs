//! Messages that a server delivers into a folder.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bartizan::config::{Config, EmailKind, SmsKind};
use serde_json::Value;

use super::TestServer;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) fn to_folder(config: &mut Config) {
    let path = config.data_dir.with_file_name("messages");
    "https://login.example/ui".clone_into(&mut config.notifications.login_url);
    config.notifications.email.kind = EmailKind::Folder;
    config.notifications.email.path = Some(path.clone());
    config.notifications.sms.kind = SmsKind::Folder;
    config.notifications.sms.path = Some(path);
}

pub(crate) fn folder(server: &TestServer) -> PathBuf {
    server.directory().join("messages")
}

#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed() < PATIENCE, "never: {what}");
        std::thread::yield_now();
    }
}

pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    files.sort();
    files
}

/// The one message that lies there once it does; it is taken away.
#[track_caller]
pub(crate) fn take(server: &TestServer) -> Value {
    let file = until("a message", || files(&folder(server)).into_iter().next());
    let mode = fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let message = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    fs::remove_file(file).unwrap();
    message
}
