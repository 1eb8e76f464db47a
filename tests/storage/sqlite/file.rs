//! Opening: what becomes of whatever file is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use bartizan::domain::event::{PatAdded, UserEvent, event_types};
use bartizan::domain::ids::{PatId, UserId};
use bartizan::domain::session::Changes;
use bartizan::ports::Store as _;
use bartizan::storage::sqlite::{OpenError, Options, SqliteStore, verify};
use rusqlite::Connection;

use super::{Kept, assert_clean, block_on, open, raw};
use crate::fixture::{
    TestSeal, at, change_user, fingerprint, first_start, hash_of, new_human, new_machine,
    new_session, renamed, written,
};

fn refused(path: &Path) -> OpenError {
    let by_verify = verify(path, &TestSeal, &fingerprint, &mut |_, _| {}).unwrap_err();
    let by_open = SqliteStore::open(path, &Options::default(), Arc::new(TestSeal)).unwrap_err();
    assert_eq!(by_verify.to_string(), by_open.to_string());
    by_open
}

fn contents(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}

#[test]
fn what_was_written_is_there_after_opening_again() {
    let kept = Kept::fresh();
    let (session, commit) = new_session(1, at(1), &Changes::default());
    block_on(async {
        written(&kept.store, first_start()).await;
        written(&kept.store, commit).await;
    });
    let Kept { store, folder } = kept;
    let path = folder.path().join("test.db");
    drop(store);
    let left: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(left, ["test.db"], "the last one to close leaves no log");
    let store = open(&path, &Options::default());
    let found = block_on(store.session(session.id)).unwrap();
    assert_eq!(found, Some(session));
    assert_eq!(assert_clean(&path).events, 5);
}

/// Name and text of everything in a schema; the text without comments and white space, because SQLite
/// adds columns to it as it likes.
fn schema(connection: &Connection) -> BTreeMap<String, String> {
    let mut statement = connection
        .prepare_cached("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
        .unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    rows.map(|row| {
        let (name, sql): (String, String) = row.unwrap();
        let code = sql.lines().map(|line| line.split("--").next().unwrap());
        (name, code.flat_map(str::split_whitespace).collect())
    })
    .collect()
}

fn types(connection: &Connection) -> Vec<(u16, String)> {
    let mut statement = connection
        .prepare_cached("SELECT code, name FROM event_types ORDER BY code")
        .unwrap();
    let rows = statement
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn migrating_an_empty_file_gives_the_schema_that_is_written_down() {
    let kept = Kept::fresh();
    let migrated = raw(&kept.path());
    let written = Connection::open_in_memory().unwrap();
    written
        .execute_batch(include_str!("../../../schema.sql"))
        .unwrap();
    assert_eq!(schema(&migrated), schema(&written));
    assert_eq!(types(&migrated), types(&written));
    let id = |connection: &Connection| -> i64 {
        connection
            .pragma_query_value(None, "application_id", |row| row.get(0))
            .unwrap()
    };
    assert_eq!(id(&migrated), id(&written));
    let of_this_program: Vec<_> = event_types()
        .map(|(code, name)| (code, name.to_owned()))
        .collect();
    assert_eq!(types(&migrated), of_this_program);
}

/// The schema of version 1, which databases in use have.
const VERSION_1: &str = include_str!("../../../src/storage/sqlite/migrations/0001_first.sql");

/// A database of version 1 with the rows of another one.
fn of_version_1(path: &Path, rows_of: &Path) {
    let old = raw(path);
    old.execute_batch(VERSION_1).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    old.execute("ATTACH ?1 AS other", [rows_of.to_str().unwrap()])
        .unwrap();
    for table in ["events", "instance", "orgs", "users", "login_names", "pats"] {
        let columns: String = old
            .query_row(
                "SELECT group_concat(name) FROM main.pragma_table_info(?1)",
                [table],
                |row| row.get(0),
            )
            .unwrap();
        old.execute_batch(&format!(
            "INSERT INTO main.{table} ({columns}) SELECT {columns} FROM other.{table}"
        ))
        .unwrap();
    }
}

#[test]
fn a_database_of_version_1_is_brought_up_to_date_and_used() {
    let kept = Kept::fresh();
    let (ann, commit) = new_human(UserId::new(7), "ann");
    let (robot, robots) = new_machine(UserId::new(8), "robot");
    let hash = hash_of("70");
    let pat = UserEvent::PatAdded(PatAdded {
        token_id: PatId::new(70),
        expiration: at(1_000_000),
        hash_id: fingerprint(&hash),
        hash: Some(hash),
    });
    let (robot, token) = change_user(&robot, at(1), vec![pat]);
    block_on(async {
        for commit in [first_start(), commit, robots, token] {
            written(&kept.store, commit).await;
        }
    });
    let Kept { store, folder } = kept;
    drop(store);
    let path = folder.path().join("old.db");
    of_version_1(&path, &folder.path().join("test.db"));
    let refused = verify(&path, &TestSeal, &fingerprint, &mut |_, _| {}).unwrap_err();
    assert!(matches!(refused, OpenError::Older { found: 1, .. }));

    let store = open(&path, &Options::default());
    assert_eq!(block_on(store.user(ann.id)).unwrap().as_ref(), Some(&ann));
    assert_eq!(block_on(store.pats(robot.id)).unwrap().len(), 1);
    let (renamed, commit) = renamed(&ann, at(2), "anna");
    block_on(written(&store, commit));
    assert_eq!(block_on(store.user(ann.id)).unwrap(), Some(renamed));
    drop(store);
    assert_eq!(assert_clean(&path).events, 7);
    let current = Connection::open_in_memory().unwrap();
    current
        .execute_batch(include_str!("../../../schema.sql"))
        .unwrap();
    let migrated = raw(&path);
    assert_eq!(schema(&migrated), schema(&current));
    assert_eq!(types(&migrated), types(&current));
}

#[test]
fn an_empty_file_is_migrated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    fs::write(&path, b"").unwrap();
    drop(open(&path, &Options::default()));
    assert_clean(&path);
}

#[test]
fn a_newer_schema_is_refused_and_not_touched() {
    let kept = Kept::fresh();
    let path = kept.path();
    let Kept { store, folder } = kept;
    drop(store);
    let newer = raw(&path);
    newer.pragma_update(None, "user_version", 99).unwrap();
    // The version is in the write-ahead log alone: the file itself still says 1.
    let before = contents(&path);
    assert!(matches!(refused(&path), OpenError::Newer { found: 99, .. }));
    assert_eq!(contents(&path), before);
    drop(newer);
    let before = contents(&path);
    let told = refused(&path).to_string();
    assert!(
        told.starts_with("the database has schema version 99, this program knows up to "),
        "{told}"
    );
    assert_eq!(contents(&path), before);
    drop(folder);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    fs::write(&path, "no database ".repeat(1_000)).unwrap();
    let before = contents(&path);
    assert!(matches!(refused(&path), OpenError::NotADatabase(found) if found == path));
    assert_eq!(contents(&path), before);
}

#[test]
fn a_cut_off_file_is_refused() {
    let kept = Kept::fresh();
    let path = kept.path();
    let Kept { store, folder } = kept;
    drop(store);
    let whole = contents(&path);
    fs::write(&path, &whole[..1_000]).unwrap();
    assert!(matches!(refused(&path), OpenError::NotADatabase(_)));
    drop(folder);
}

#[test]
fn a_database_of_another_program_is_refused_and_not_touched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let other = raw(&path);
    other.execute_batch("CREATE TABLE t (a)").unwrap();
    drop(other);
    let before = contents(&path);
    assert!(matches!(refused(&path), OpenError::Foreign(_)));
    assert_eq!(contents(&path), before);
}

#[test]
fn a_folder_that_is_not_there_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("absent").join("test.db");
    let error = SqliteStore::open(&path, &Options::default(), Arc::new(TestSeal)).unwrap_err();
    assert!(matches!(error, OpenError::File { .. }), "{error:?}");
    let error = verify(&path, &TestSeal, &fingerprint, &mut |_, _| {}).unwrap_err();
    assert!(matches!(error, OpenError::Missing(_)), "{error:?}");
}

#[test]
fn many_may_open_a_new_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let start = std::sync::Barrier::new(4);
    let opened = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                start.wait();
                let store = open(&path, &Options::default());
                opened.lock().unwrap().push(store);
            });
        }
    });
    let opened = opened.into_inner().unwrap();
    block_on(written(&opened[0], first_start()));
    drop(opened);
    assert_eq!(assert_clean(&path).events, 3);
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let kept = Kept::fresh();
    block_on(written(&kept.store, first_start()));
    let mut names = Vec::new();
    for entry in fs::read_dir(kept.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{path:?}");
        names.push(path);
    }
    assert_eq!(names.len(), 3, "{names:?}");
    let path = kept.path();
    let Kept { store, folder } = kept;
    drop(store);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    drop(open(&path, &Options::default()));
    assert_eq!(mode(&path), 0o600);
    drop(folder);
}

#[test]
fn a_name_is_never_taken_for_a_uri() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file:x?mode=memory#%41.db");
    let store = open(&path, &Options::default());
    block_on(written(&store, first_start()));
    drop(store);
    assert_eq!(assert_clean(&path).events, 3);
}
