//! The writer: groups, refusals, trouble.

use std::sync::Arc;
use std::time::Duration;

use bartizan::domain::event::Aggregate;
use bartizan::domain::ids::{SessionId, UserId};
use bartizan::domain::session::Changes;
use bartizan::ports::{LinkHash, Seal, Store as _, StoreError};
use bartizan::storage::sqlite::{Options, SqliteStore};
use futures_util::future::join_all;
use rusqlite::Connection;

use super::{Kept, assert_clean, block_on, open, raw};
use crate::fixture::{
    TestSeal, all_events, at, change_session, first_start, history, new_human, new_session,
    set_key, written,
};

/// Keeps the writer waiting, so that what is sent meanwhile gathers in its queue.
fn hold(connection: &Connection) {
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
}

fn release(connection: &Connection) {
    connection.execute_batch("COMMIT").unwrap();
}

/// Lets the writing thread get as far as it can.
fn settle() {
    for _ in 0..1_000 {
        std::thread::yield_now();
    }
}

#[test]
fn of_many_concurrent_commits_none_is_lost() {
    let kept = Kept::fresh();
    block_on(written(&kept.store, first_start()));
    let store = &kept.store;
    std::thread::scope(|scope| {
        for thread in 0..8_i64 {
            scope.spawn(move || {
                block_on(join_all((0..8_i64).map(|lane| async move {
                    let id = 1 + thread * 8 + lane;
                    let (mut session, commit) = new_session(id, at(id), &Changes::default());
                    written(store, commit).await;
                    for round in 1..=20 {
                        let now = at(id + round);
                        let (changed, commit) = change_session(&session, now, &set_key("x"));
                        written(store, commit).await;
                        session = changed;
                        let read = store.session(session.id).await.unwrap();
                        assert_eq!(read.as_ref(), Some(&session));
                    }
                })));
            });
        }
    });
    let report = assert_clean(&kept.path());
    assert_eq!(report.events, 3 + 64 * (2 + 20 * 2));
    assert_eq!(report.sessions, 64);
    assert_eq!(report.head.number(), i64::try_from(report.events).unwrap());
}

#[test]
fn two_stores_on_one_file_take_turns() {
    let kept = Kept::fresh();
    let other = open(&kept.path(), &Options::default());
    block_on(written(&kept.store, first_start()));
    std::thread::scope(|scope| {
        for (store, first) in [(&kept.store, 1), (&other, 1_001)] {
            scope.spawn(move || {
                block_on(async {
                    for id in first..first + 100 {
                        let (session, commit) = new_session(id, at(id), &Changes::default());
                        written(store, commit).await;
                        let (_, commit) = change_session(&session, at(id), &set_key("x"));
                        written(store, commit).await;
                    }
                });
            });
        }
    });
    // Each sees what the other has written, and refuses what the other has overtaken.
    block_on(async {
        let (session, commit) = new_session(5_000, at(0), &Changes::default());
        written(&kept.store, commit.clone()).await;
        let refused = other.commit(commit).await.unwrap_err();
        assert!(matches!(refused, StoreError::Exists(_)));
        let (_, commit) = change_session(&session, at(1), &set_key("x"));
        written(&other, commit.clone()).await;
        let refused = kept.store.commit(commit).await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict(_)));
        assert_eq!(all_events(&kept.store).await, all_events(&other).await);
    });
    drop(other);
    assert_eq!(assert_clean(&kept.path()).sessions, 201);
}

#[test]
fn a_full_queue_refuses_at_once() {
    let kept = Kept::with(&Options {
        queue: 3,
        ..Options::default()
    });
    block_on(written(&kept.store, first_start()));
    let blocker = raw(&kept.path());
    hold(&blocker);
    let answers: Vec<_> = (1..=10)
        .map(|id| {
            let (_, commit) = new_session(id, at(id), &Changes::default());
            let answer = kept.store.commit(commit);
            settle();
            answer
        })
        .collect();
    let mut waiting = Vec::new();
    let mut refused = 0;
    for mut answer in answers {
        match futures_util::FutureExt::now_or_never(&mut answer) {
            None => waiting.push(answer),
            Some(Err(StoreError::Overloaded)) => refused += 1,
            Some(other) => panic!("{other:?}"),
        }
    }
    // Three wait in the queue, and one may be with the writer.
    assert!(matches!(waiting.len(), 3 | 4), "{}", waiting.len());
    assert_eq!(refused + waiting.len(), 10);
    release(&blocker);
    let written = waiting.len() as u64;
    for answer in block_on(join_all(waiting)) {
        answer.unwrap();
    }
    assert_eq!(assert_clean(&kept.path()).sessions, written);
}

#[test]
fn a_lock_that_is_held_too_long_is_said_so_to_all_who_wait() {
    let kept = Kept::with(&Options {
        busy_timeout: Duration::from_millis(100),
        ..Options::default()
    });
    block_on(written(&kept.store, first_start()));
    let blocker = raw(&kept.path());
    hold(&blocker);
    let commits = (1..=5).map(|id| {
        let (_, commit) = new_session(id, at(id), &Changes::default());
        kept.store.commit(commit)
    });
    for answer in block_on(join_all(commits)) {
        assert!(matches!(answer, Err(StoreError::Busy)), "{answer:?}");
    }
    release(&blocker);
    let (_, commit) = new_session(9, at(9), &Changes::default());
    block_on(written(&kept.store, commit));
    assert_eq!(assert_clean(&kept.path()).sessions, 1);
}

#[test]
fn of_a_batch_only_the_culprit_fails() {
    let kept = Kept::fresh();
    block_on(written(&kept.store, first_start()));
    let intruder = raw(&kept.path());
    intruder
        .execute_batch(
            "CREATE TRIGGER poison BEFORE INSERT ON sessions WHEN NEW.id = 13
             BEGIN SELECT RAISE(ABORT, 'poison'); END;
             BEGIN IMMEDIATE;",
        )
        .unwrap();
    let commits: Vec<_> = (1..=20)
        .map(|id| {
            let (_, commit) = new_session(id, at(id), &Changes::default());
            kept.store.commit(commit)
        })
        .collect();
    release(&intruder);
    for (id, answer) in (1..).zip(block_on(join_all(commits))) {
        if id == 13 {
            assert!(matches!(answer, Err(StoreError::Failed(_))), "{answer:?}");
        } else {
            answer.unwrap();
        }
    }
    intruder.execute_batch("DROP TRIGGER poison").unwrap();
    let (_, commit) = new_session(13, at(13), &Changes::default());
    block_on(written(&kept.store, commit));
    assert_eq!(assert_clean(&kept.path()).sessions, 20);
}

#[test]
fn those_beside_a_refused_commit_go_on() {
    let kept = Kept::fresh();
    let (first, commit) = new_session(1, at(1), &Changes::default());
    let (_, ann) = new_human(UserId::new(7), "ann");
    let (_, second_ann) = new_human(UserId::new(8), "ann");
    block_on(async {
        written(&kept.store, first_start()).await;
        written(&kept.store, commit.clone()).await;
    });
    let blocker = raw(&kept.path());
    hold(&blocker);
    let (_, winner) = change_session(&first, at(2), &set_key("a"));
    let (_, loser) = change_session(&first, at(3), &set_key("b"));
    let (_, fresh) = new_session(2, at(2), &Changes::default());
    let batch = [commit, winner, loser, ann, second_ann, fresh];
    let answers = batch.map(|commit| kept.store.commit(commit));
    release(&blocker);
    let answers = block_on(join_all(answers));
    assert!(matches!(answers[0], Err(StoreError::Exists(_))));
    assert!(matches!(answers[2], Err(StoreError::Conflict(_))));
    assert!(matches!(answers[4], Err(StoreError::NameTaken)));
    for good in [1, 3, 5] {
        assert!(answers[good].is_ok(), "{:?}", answers[good]);
    }
    assert_eq!(assert_clean(&kept.path()).sessions, 2);
}

/// A seal that breaks over a certain session.
#[derive(Debug)]
struct PanickingSeal;

const FATAL: i64 = 13;

impl Seal for PanickingSeal {
    fn link(&self, previous: &LinkHash, event: &[u8]) -> LinkHash {
        assert!(event[9..17] != FATAL.to_be_bytes(), "this is expected");
        TestSeal.link(previous, event)
    }
}

#[test]
fn a_panic_is_an_error_and_not_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let seal = Arc::new(PanickingSeal);
    let store = SqliteStore::open(&path, &Options::default(), seal).unwrap();
    block_on(written(&store, first_start()));
    for (id, fails) in [
        (1, false),
        (FATAL, true),
        (2, false),
        (FATAL, true),
        (3, false),
    ] {
        let (_, commit) = new_session(id, at(id), &Changes::default());
        let answer = block_on(store.commit(commit));
        assert_eq!(answer.is_err(), fails, "{answer:?}");
        assert!(matches!(answer, Ok(_) | Err(StoreError::Failed(_))));
    }
    drop(store);
    assert_eq!(assert_clean(&path).sessions, 3);
}

#[test]
fn closing_answers_what_was_taken_and_takes_no_more() {
    let kept = Kept::fresh();
    block_on(written(&kept.store, first_start()));
    let taken: Vec<_> = (1..=200)
        .map(|id| {
            let (_, commit) = new_session(id, at(id), &Changes::default());
            kept.store.commit(commit)
        })
        .collect();
    kept.store.close();
    kept.store.close();
    for answer in taken {
        let answer = futures_util::FutureExt::now_or_never(answer);
        answer.expect("answered before closing").unwrap();
    }
    let (_, commit) = new_session(201, at(201), &Changes::default());
    let refused = block_on(kept.store.commit(commit)).unwrap_err();
    assert!(matches!(refused, StoreError::Closed));
    let refused = block_on(kept.store.count_unknown([1; 16], at(1), at(0)));
    assert!(matches!(refused, Err(StoreError::Closed)));
    let read = block_on(kept.store.session(SessionId::new(200))).unwrap();
    assert!(read.is_some(), "reads go on");
    let log = kept.folder.path().join("test.db-wal");
    assert_eq!(std::fs::metadata(log).unwrap().len(), 0, "written back");
}

#[test]
fn a_commit_counts_even_if_nobody_waits_for_it() {
    let kept = Kept::fresh();
    block_on(written(&kept.store, first_start()));
    let (session, commit) = new_session(1, at(1), &Changes::default());
    drop(kept.store.commit(commit));
    kept.store.close();
    let events = block_on(history(&kept.store, Aggregate::Session(session.id)));
    assert_eq!(events.len(), 2);
}

#[test]
fn the_log_is_written_back_while_running() {
    let kept = Kept::fresh();
    block_on(written(&kept.store, first_start()));
    let log = kept.folder.path().join("test.db-wal");
    block_on(async {
        for id in 1..=3_000 {
            let (_, commit) = new_session(id, at(id), &Changes::default());
            written(&kept.store, commit).await;
        }
    });
    let length = std::fs::metadata(log).unwrap().len();
    assert!(length < 8 * 1024 * 1024, "{length}");
    let file = std::fs::metadata(kept.path()).unwrap().len();
    assert!(file > 500_000, "{file}");
}

#[test]
fn a_burst_of_unknown_names_stays_bounded() {
    let kept = Kept::fresh();
    block_on(async {
        for chunk in 0..11_u32 {
            let counts = (0..2_000_u32).map(|number| {
                let mut name = [0; 16];
                name[..4].copy_from_slice(&(chunk * 2_000 + number).to_be_bytes());
                let now = at(i64::from(chunk * 2_000 + number));
                kept.store
                    .count_unknown(name, now, at(i64::from(chunk) * 1_000))
            });
            for counted in join_all(counts).await {
                assert_eq!(counted.unwrap().count, 1);
            }
        }
    });
    let rows: i64 = raw(&kept.path())
        .prepare_cached("SELECT count(*) FROM unknown_names")
        .unwrap()
        .query_row([], |row| row.get(0))
        .unwrap();
    assert!(rows <= 12_000, "{rows}");
}
