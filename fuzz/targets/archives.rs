//! Archives of events. The input is an archive by lines: `@3` is the fourth line of one that was
//! sealed, `@3 a=>b` the same with the first `a` replaced, anything else a line as it stands. `~` at
//! the end of a line leaves its line break out.

use std::fs;
use std::io::Cursor;
use std::sync::{Arc, OnceLock};

use bartizan::app::{self, Opened};
use bartizan::command::{CreateSession, create_session, terminate_session};
use bartizan::domain::time::Timestamp;
use bartizan::ports::{Seal, Upkeep as _};
use bartizan::query;
use bartizan::storage::sqlite::{Scope, archive_to, check_archive};
use tempfile::TempDir;

struct Archive {
    directory: TempDir,
    seal: Arc<dyn Seal>,
    bytes: Vec<u8>,
}

/// The events of two sessions that ended and were swept. They are in the database still.
fn archive() -> &'static Archive {
    static ARCHIVE: OnceLock<Archive> = OnceLock::new();
    ARCHIVE.get_or_init(|| {
        let directory = tempfile::tempdir().expect("a directory");
        let (config, machine) = super::service::configured(&directory);
        let runtime = actix_rt::Runtime::new().expect("a runtime");
        let running = app::start(&config, machine.clone()).expect("a server");
        runtime.block_on(async {
            let core = running.core();
            let token = fs::read_to_string(config.login_client_pat_path()).expect("a token");
            let caller = query::authenticate(core, token.trim(), None)
                .await
                .expect("a caller");
            for _ in 0..2 {
                let made = create_session(core, &caller, CreateSession::default()).await;
                let id = made.expect("a session").session.id;
                let ended = terminate_session(core, &caller, Some(id), None).await;
                ended.expect("an end");
            }
        });
        running.stop().expect("a stop");
        let bytes = runtime.block_on(async {
            let Opened { store, seal, .. } = app::open(&config, machine).await.expect("a store");
            let later = Timestamp::from_micros(i64::MAX);
            assert_eq!(store.sweep(later, 10).await.expect("a sweep"), 2);
            let file = directory.path().join("archive.jsonl");
            let scope = Scope {
                until: i64::MAX,
                before: later,
            };
            let path = config.database_path();
            archive_to(&path, seal.as_ref(), scope, &file, &mut |_| {}).expect("an archive");
            (fs::read(&file).expect("an archive"), seal)
        });
        let (bytes, seal) = bytes;
        Archive {
            directory,
            seal,
            bytes,
        }
    })
}

/// Only what was sealed is found to be what was sealed.
pub fn run(data: &[u8]) {
    let archive = archive();
    let text = written(data, &archive.bytes);
    let database = archive.directory.path().join("data/bartizan.db");
    let checked = check_archive(&database, archive.seal.as_ref(), &mut Cursor::new(&text));
    let clean = checked.is_ok_and(|checked| checked.findings.is_empty());
    assert_eq!(
        clean,
        text == archive.bytes,
        "{}",
        String::from_utf8_lossy(&text)
    );
}

fn written(data: &[u8], sealed: &[u8]) -> Vec<u8> {
    let sealed: Vec<&[u8]> = sealed.split_inclusive(|byte| *byte == b'\n').collect();
    let mut text = Vec::new();
    for line in data.split(|byte| *byte == b'\n') {
        let (line, end) = match line.strip_suffix(b"~") {
            Some(line) => (line, &b""[..]),
            None => (line, &b"\n"[..]),
        };
        text.extend(known(line, &sealed).unwrap_or_else(|| line.to_vec()));
        text.extend(end);
    }
    text
}

fn known(line: &[u8], sealed: &[&[u8]]) -> Option<Vec<u8>> {
    let line = str::from_utf8(line.strip_prefix(b"@")?).ok()?;
    let (number, change) = line.split_once(' ').unwrap_or((line, ""));
    let sealed = sealed
        .get(number.parse::<usize>().ok()?)?
        .strip_suffix(b"\n")?;
    let sealed = str::from_utf8(sealed).ok()?;
    Some(match change.split_once("=>") {
        Some((from, to)) => sealed.replacen(from, to, 1).into_bytes(),
        None => sealed.to_owned().into_bytes(),
    })
}
