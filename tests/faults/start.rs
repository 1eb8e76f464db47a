//! What a start makes of files that are damaged, missing, of somebody else, or cannot be written: it
//! serves what is whole, or says what is wrong and what to do, ends with 1, and touches nothing.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::json;

use crate::place::{Place, Process};
use crate::shim::{ALL, DATABASE, ENOSPC, EROFS, Faults, Field, WAL};
use crate::traffic::{Known, look_at};

/// All files but the lock and the index of the log, which is made anew at every start.
fn files(data_dir: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(data_dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .filter(|(name, _)| !name.ends_with("-shm") && name != "bartizan.lock")
        .map(|(name, path)| (name, fs::read(path).unwrap()))
        // An empty log is no log.
        .filter(|(name, content)| !(name.ends_with("-wal") && content.is_empty()))
        .collect()
}

/// Asserts that the program refuses to start, in these words, and leaves everything as it is.
#[track_caller]
fn refuses(place: &Place, name: &str, words: &[&str]) {
    let before = files(&place.data_dir());
    let (code, said) = place.refused();
    assert_eq!(code, Some(1), "{name}: {said}");
    for word in words {
        assert!(said.contains(word), "{name}: {said}");
    }
    assert!(said.contains("\nhint: "), "{name}: nothing to do: {said}");
    let after = files(&place.data_dir());
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&after), names(&before), "{name}");
    assert!(after == before, "{name}: a file was touched");
}

fn made(server: &Process, token: &str) -> Known {
    Known::of(
        &server
            .call("POST", "/v2/sessions", token, &json!({}))
            .unwrap(),
    )
}

/// What is done to the files, and what is said of it.
type Harm = (&'static str, fn(&Path), &'static [&'static str]);

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

const HARMS: &[Harm] = &[
    (
        "an empty database",
        |dir| fs::write(dir.join("bartizan.db"), b"").unwrap(),
        &["the database is empty, but was set up before", "restore"],
    ),
    (
        "a database cut off in the middle",
        |dir| change(&dir.join("bartizan.db"), |bytes| bytes.truncate(20_000)),
        &["not a database: ", "bartizan restore FILE"],
    ),
    (
        "a damaged first page",
        |dir| change(&dir.join("bartizan.db"), |bytes| bytes[100..300].fill(0xA5)),
        &["not a database: ", "bartizan restore FILE"],
    ),
    (
        "a damaged page of the log of events",
        |dir| {
            let root: u32 = look_at(dir)
                .query_row(
                    "SELECT rootpage FROM sqlite_schema WHERE name = 'instance'",
                    [],
                    |row| row.get(0),
                )
                .unwrap();
            let root = usize::try_from(root).unwrap();
            change(&dir.join("bartizan.db"), |bytes| {
                bytes[(root - 1) * 4096..root * 4096].fill(0xA5);
            });
        },
        &["malformed", "bartizan restore FILE"],
    ),
    (
        "a text",
        |dir| fs::write(dir.join("bartizan.db"), "text ".repeat(2_000)).unwrap(),
        &["not a database: ", "bartizan restore FILE"],
    ),
    (
        "a database of another program",
        |dir| {
            fs::remove_file(dir.join("bartizan.db")).unwrap();
            fs::write(dir.join("bartizan.db"), b"").unwrap();
            look_at(dir).execute_batch("CREATE TABLE t (a)").unwrap();
        },
        &["a database of another program: ", "--data-dir"],
    ),
    (
        "a newer schema",
        |dir| {
            let newer = look_at(dir);
            newer.pragma_update(None, "user_version", 99).unwrap();
        },
        &["the database has schema version 99", "the newer program"],
    ),
    (
        "no key file",
        |dir| fs::remove_file(dir.join("bartizan.key")).unwrap(),
        &["there is no key file: ", "put the key file back"],
    ),
    (
        "a short key file",
        |dir| change(&dir.join("bartizan.key"), |bytes| bytes.truncate(30)),
        &["the key file is malformed: ", "put the key file back"],
    ),
    (
        "a key file that others can read",
        |dir| {
            let open = fs::Permissions::from_mode(0o644);
            fs::set_permissions(dir.join("bartizan.key"), open).unwrap();
        },
        &["the key file is open to others: ", "chmod 600"],
    ),
];

#[test]
fn files_that_cannot_be_used_are_named_and_not_touched() {
    let whole = Place::new();
    whole.serve().stop();
    let kept = files(&whole.data_dir());
    for (name, harm, words) in HARMS {
        let place = Place::new();
        fs::create_dir(place.data_dir()).unwrap();
        for (name, content) in &kept {
            let path = place.data_dir().join(name);
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        harm(&place.data_dir());
        refuses(&place, name, words);
    }
}

#[test]
fn a_key_file_of_another_database_is_refused_before_anything_is_sealed_with_it() {
    let (place, other) = (Place::new(), Place::new());
    place.serve().stop();
    other.serve().stop();
    let key = place.data_dir().join("bartizan.key");
    let own = fs::read(&key).unwrap();
    fs::write(
        &key,
        fs::read(other.data_dir().join("bartizan.key")).unwrap(),
    )
    .unwrap();
    let words = [
        "the key file does not belong to the database: ",
        "bartizan verify",
    ];
    refuses(&place, "a foreign key file", &words);
    let refused = place.run(&["user", "add", "machine", "--username", "robot"]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains(words[0]), "{said}");
    // The log can be read all the same.
    assert!(place.run(&["events", "tail"]).status.success());
    fs::write(&key, own).unwrap();
    place.verified();
    place.serve().stop();
}

/// A log that a process has left which was killed, and what the clients were told.
fn left() -> (Place, Vec<Known>) {
    let place = Place::new();
    // What was set up is in the file, only what follows is in the log.
    place.serve().stop();
    let server = place.serve();
    let token = place.token("login-client.pat");
    let sessions = (0..30).map(|_| made(&server, &token)).collect();
    drop(server);
    (place, sessions)
}

#[test]
fn of_a_damaged_log_everything_before_the_damage_is_served() {
    type Harm = (&'static str, fn(&mut Vec<u8>), bool);
    let harms: &[Harm] = &[
        ("whole", |_| {}, true),
        (
            "with garbage behind it",
            |log| log.extend([0xA5; 10_000]),
            true,
        ),
        ("cut off", |log| log.truncate(log.len() / 2), false),
        ("cut off in its head", |log| log.truncate(20), false),
        (
            "with garbage in the middle",
            |log| {
                let middle = log.len() / 2;
                log[middle..middle + 100].fill(0xA5);
            },
            false,
        ),
        ("of garbage alone", |log| log.fill(0xA5), false),
    ];
    for (name, harm, all) in harms {
        let (place, sessions) = left();
        let token = place.token("login-client.pat");
        change(&place.data_dir().join("bartizan.db-wal"), harm);
        let server = place.serve();
        let lives = |session: &&Known| {
            let found = server.call("GET", &session.target(), &token, &json!(null));
            found.unwrap().status == 200
        };
        let kept = sessions.iter().take_while(lives).count();
        let alive = sessions.iter().filter(lives).count();
        assert_eq!(kept, alive, "{name}: one in the middle is missing");
        assert_eq!(kept == sessions.len(), *all, "{name}: {kept}");
        made(&server, &token);
        server.stop();
        place.verified();
    }
}

#[test]
fn a_database_that_has_lost_all_its_content_is_not_set_up_anew() {
    let place = Place::new();
    // Killed before anything but its first page is in the file.
    drop(place.serve());
    change(&place.data_dir().join("bartizan.db-wal"), |log| {
        log.fill(0xA5);
    });
    refuses(
        &place,
        "a lost log",
        &["the database is empty, but was set up before", "restore"],
    );
    let verified = place.run(&["verify"]);
    let said = String::from_utf8(verified.stderr).unwrap();
    assert_eq!(verified.status.code(), Some(1), "{said}");
    assert!(said.contains("the database was never set up"), "{said}");
}

#[test]
fn files_that_cannot_be_written_are_said_so() {
    let (place, faults) = Faults::new(Place::new());
    place.serve().stop();
    for (name, files, word) in [
        (
            "a read-only file",
            DATABASE,
            "whether its file system is read-only",
        ),
        (
            "a read-only log",
            WAL,
            "whether its file system is read-only",
        ),
        (
            "a read-only folder",
            ALL,
            "name a directory that you may write to",
        ),
    ] {
        faults.fail(Field::OpenError, EROFS, files);
        refuses(&place, name, &[word]);
        assert!(faults.failed() > 0, "{name}");
        faults.mend();
    }
    place.serve().stop();
    place.verified();
}

#[test]
fn a_full_disk_at_the_first_start_leaves_nothing_that_is_in_the_way() {
    for files in [DATABASE, WAL, ALL] {
        let (place, faults) = Faults::new(Place::new());
        faults.fail(Field::WriteError, ENOSPC, files);
        let (code, said) = place.refused();
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("\nhint: "), "{said}");
        faults.mend();
        let server = place.serve();
        made(&server, &place.token("login-client.pat"));
        server.stop();
        place.verified();
    }
}

#[test]
fn a_full_disk_at_a_later_start_serves_reads() {
    let (place, faults) = Faults::new(Place::new());
    let server = place.serve();
    let token = place.token("login-client.pat");
    let session = made(&server, &token);
    server.stop();
    faults.fail(Field::WriteError, ENOSPC, DATABASE | WAL);
    let server = place.serve();
    session.is_known_to(&server, &token);
    let refused = server.call("POST", "/v2/sessions", &token, &json!({}));
    assert_eq!(refused.unwrap().status, 503);
    faults.mend();
    made(&server, &token);
    server.stop();
    place.verified();
}
