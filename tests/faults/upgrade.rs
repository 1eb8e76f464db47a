//! Databases of every older version of the schema (`upgrade/make.py` says how they were made), and
//! backups that are made while many write.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use serde_json::{Value, json};

use crate::place::{Place, json_of, text};
use crate::traffic::{Known, gaps, look_at, write};

const STORED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/faults/upgrade");

/// The stored databases, oldest first, and the version of each.
fn stored() -> Vec<(i64, PathBuf)> {
    let mut found: Vec<_> = fs::read_dir(STORED)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .map(|path| {
            (
                path.file_stem().unwrap().to_str().unwrap().parse().unwrap(),
                path,
            )
        })
        .collect();
    found.sort();
    found
}

/// A data directory as a program of that version has left it.
fn of_version(path: &Path) -> Place {
    let place = Place::new();
    let data_dir = place.data_dir();
    fs::create_dir(&data_dir).unwrap();
    for name in ["bartizan.key", "admin.pat", "login-client.pat"] {
        // The repository keeps no modes.
        let content = fs::read(Path::new(STORED).join("data").join(name)).unwrap();
        put(&data_dir.join(name), &content);
    }
    put(&data_dir.join("bartizan.db"), b"");
    let old = look_at(&data_dir);
    // The rows come in the order of their tables.
    old.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    old.execute_batch(&fs::read_to_string(path).unwrap())
        .unwrap();
    old.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
        .unwrap();
    place
}

/// A file for its owner alone.
fn put(path: &Path, content: &[u8]) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

fn version(place: &Place) -> i64 {
    look_at(&place.data_dir())
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap()
}

/// The sessions that are in every stored database.
fn known() -> (Value, Vec<Known>) {
    let known = fs::read(Path::new(STORED).join("data/known.json")).unwrap();
    let known: Value = serde_json::from_slice(&known).unwrap();
    let sessions = known["sessions"].as_array().unwrap();
    let sessions = sessions
        .iter()
        .map(|session| Known {
            id: text(session, "/id"),
            token: text(session, "/token"),
            replaced: None,
            sequence: text(session, "/sequence"),
            deleted: session["deleted"] == true,
            asked: None,
        })
        .collect();
    (known, sessions)
}

/// Asserts that a server knows all that is stored, and goes on with it.
#[track_caller]
fn goes_on(place: &Place) {
    let (known, mut sessions) = known();
    let server = place.serve();
    let token = place.token("login-client.pat");
    let call = |method: &str, target: &str, body: &Value| {
        server.call(method, target, &token, body).unwrap()
    };
    for session in &sessions {
        session.is_known_to(&server, &token);
    }
    for (index, method) in [(0, "PATCH"), (1, "PATCH"), (2, "DELETE")] {
        let session = &mut sessions[index];
        session.asked = Some(method);
        let body = match method {
            "PATCH" => json!({ "sessionToken": session.token, "metadata": { "c": "Yw==" } }),
            _ => json!({}),
        };
        let answer = call(method, &session.target(), &body);
        session.answered(&answer);
    }
    // The hash of a password, and a session with a check as a bearer.
    let user = text(&known, "/user");
    let password = text(&known, "/password");
    let checks = json!({ "checks": {
        "user": { "userId": user }, "password": { "password": password },
    } });
    sessions.push(Known::of(&call("POST", "/v2/sessions", &checks)));
    let bearer = &sessions[3];
    let own = server.call("GET", &bearer.target(), &bearer.token, &Value::Null);
    assert_eq!(own.unwrap().status, 200);
    // What the file has not had from its beginning is there: a code by e-mail is asked for.
    let admin = place.token("admin.pat");
    let target = format!("/v2/users/{user}/otp_email");
    let added = server.call("POST", &target, &admin, &json!({})).unwrap();
    assert_eq!(
        added.status,
        200,
        "{}",
        String::from_utf8_lossy(&added.body)
    );
    for session in &sessions {
        session.is_known_to(&server, &token);
    }
    server.stop();
    place.verified();
    assert_eq!(gaps(&look_at(&place.data_dir())), 0);
}

#[test]
fn a_database_of_any_older_version_is_brought_up_to_date_and_used() {
    let fresh = Place::new();
    fresh.serve().stop();
    let newest = version(&fresh);
    let stored = stored();
    let versions: Vec<_> = stored.iter().map(|(version, _)| *version).collect();
    assert!(versions.len() >= 11 && versions.iter().copied().eq((1..).take(versions.len())));
    for (of, path) in &stored {
        println!("version {of}");
        let place = of_version(path);
        assert_eq!(version(&place), *of);
        goes_on(&place);
        assert_eq!(version(&place), newest);
    }
}

#[test]
fn a_backup_of_an_older_version_is_restored() {
    for (_, path) in stored().iter().step_by(5) {
        let old = of_version(path);
        let backup = old.path("backup.db");
        let made = old.run(&["backup", backup.to_str().unwrap()]);
        assert!(made.status.success(), "{made:?}");
        let place = Place::new();
        fs::create_dir(place.data_dir()).unwrap();
        for name in ["bartizan.key", "admin.pat", "login-client.pat"] {
            let content = fs::read(old.data_dir().join(name)).unwrap();
            put(&place.data_dir().join(name), &content);
        }
        let restored = place.run(&["restore", backup.to_str().unwrap()]);
        assert!(restored.status.success(), "{restored:?}");
        goes_on(&place);
    }
}

#[test]
fn backups_that_are_made_while_many_write_hold_all_that_was_acknowledged_before() {
    const WRITERS: usize = 8;
    let place = Place::new();
    let server = place.serve();
    let token = place.token("login-client.pat");
    let (told, stop) = (Mutex::new(Vec::<Known>::new()), AtomicBool::new(false));
    let mut backups = Vec::new();
    std::thread::scope(|scope| {
        for _ in 0..WRITERS {
            scope.spawn(|| {
                while !stop.load(Relaxed) {
                    let known = write(server.address, &token, 3, &mut |_| {});
                    told.lock().unwrap().extend(known);
                }
            });
        }
        for number in 0..5 {
            while told.lock().unwrap().len() < 60 * (number + 1) {
                std::thread::yield_now();
            }
            let before = told.lock().unwrap().clone();
            let file = place.path(&format!("backup-{number}.db"));
            let made = place.run(&["backup", file.to_str().unwrap()]);
            assert!(made.status.success(), "{made:?}");
            backups.push((file, before));
        }
        stop.store(true, Relaxed);
    });
    let all = told.into_inner().unwrap();
    for session in &all {
        session.is_known_to(&server, &token);
    }
    server.stop();
    place.verified();
    for (file, before) in &backups {
        let other = Place::new();
        fs::create_dir(other.data_dir()).unwrap();
        for name in ["bartizan.key", "login-client.pat"] {
            let content = fs::read(place.data_dir().join(name)).unwrap();
            put(&other.data_dir().join(name), &content);
        }
        let restored = other.run(&["restore", file.to_str().unwrap()]);
        assert!(restored.status.success(), "{restored:?}");
        let server = other.serve();
        for session in before {
            session.is_known_to(&server, &token);
        }
        let found = server.call("POST", "/v2/sessions/search", &token, &json!({}));
        assert!(json_of(&found.unwrap())["details"]["totalResult"].is_string());
        server.stop();
        other.verified();
    }
}
