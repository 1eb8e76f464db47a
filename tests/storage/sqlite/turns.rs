//! Reads that share one view of the data.

use bartizan::domain::event::{PatAdded, PatRemoved, UserEvent};
use bartizan::domain::ids::{PatId, SessionId, UserId};
use bartizan::domain::session::Changes;
use bartizan::domain::user::User;
use bartizan::ports::Store as _;
use bartizan::storage::sqlite::{Options, SqliteStore};

use super::{Kept, block_on, open, raw};
use crate::fixture::{
    at, change_session, change_user, fingerprint, first_start, hash_of, new_machine, new_session,
    set_key, written,
};

const PAT: PatId = PatId::new(70);

fn with_pat(store: &SqliteStore) -> User {
    let hash = hash_of("70");
    let added = UserEvent::PatAdded(PatAdded {
        token_id: PAT,
        expiration: at(1_000_000),
        hash_id: fingerprint(&hash),
        hash: Some(hash),
    });
    block_on(async {
        written(store, first_start()).await;
        let (robot, commit) = new_machine(UserId::new(7), "robot");
        written(store, commit).await;
        let (robot, commit) = change_user(&robot, at(1), vec![added]);
        written(store, commit).await;
        robot
    })
}

fn revoke(store: &SqliteStore, robot: &User) {
    let removed = UserEvent::PatRemoved(PatRemoved { token_id: PAT });
    let (_, commit) = change_user(robot, at(2), vec![removed]);
    block_on(written(store, commit));
}

fn known(store: &SqliteStore) -> bool {
    block_on(store.pat_bearer(PAT)).unwrap().is_some()
}

#[test]
fn what_this_process_commits_is_seen_at_once() {
    let kept = Kept::fresh();
    let store = &kept.store;
    block_on(written(store, first_start()));
    assert!(store.hold());
    assert!(!store.hold(), "it is held already");
    let (session, commit) = new_session(1, at(1), &Changes::default());
    assert_eq!(block_on(store.session(session.id)).unwrap(), None);
    block_on(written(store, commit));
    assert_eq!(
        block_on(store.session(session.id)).unwrap(),
        Some(session.clone())
    );
    let (changed, commit) = change_session(&session, at(2), &set_key("x"));
    block_on(written(store, commit));
    assert_eq!(block_on(store.session(session.id)).unwrap(), Some(changed));
    store.let_go();
}

#[test]
fn a_token_that_this_process_revokes_is_gone_at_once() {
    let kept = Kept::fresh();
    let robot = with_pat(&kept.store);
    assert!(kept.store.hold());
    assert!(known(&kept.store) && known(&kept.store));
    revoke(&kept.store, &robot);
    assert!(!known(&kept.store));
    kept.store.let_go();
}

#[test]
fn what_another_process_commits_is_seen_in_the_next_turn() {
    let kept = Kept::fresh();
    let robot = with_pat(&kept.store);
    let elsewhere = open(&kept.path(), &Options::default());
    for _ in 0..2 {
        assert!(kept.store.hold());
        assert!(known(&kept.store));
        kept.store.let_go();
    }
    assert!(kept.store.hold());
    assert!(known(&kept.store));
    revoke(&elsewhere, &robot);
    kept.store.let_go();
    assert!(kept.store.hold());
    assert!(!known(&kept.store));
    kept.store.let_go();
}

#[test]
fn a_turn_belongs_to_one_store_and_one_thread() {
    let (kept, other) = (Kept::fresh(), Kept::fresh());
    block_on(written(&kept.store, first_start()));
    assert!(kept.store.hold());
    assert!(!other.store.hold(), "this thread is busy");
    let (session, commit) = new_session(1, at(1), &Changes::default());
    block_on(written(&kept.store, commit));
    assert_eq!(block_on(other.store.session(session.id)).unwrap(), None);
    other.store.let_go();
    assert!(!kept.store.hold(), "only the store itself lets go");
    std::thread::scope(|scope| {
        let elsewhere = scope.spawn(|| {
            let held = kept.store.hold();
            kept.store.let_go();
            held
        });
        assert!(elsewhere.join().unwrap());
    });
    kept.store.let_go();
    assert!(kept.store.hold());
    kept.store.let_go();
}

#[test]
fn a_turn_that_has_ended_keeps_nobody_from_the_log() {
    let kept = Kept::fresh();
    block_on(written(&kept.store, first_start()));
    let emptied = || {
        let truncate = "PRAGMA wal_checkpoint(TRUNCATE)";
        let busy: i64 = raw(&kept.path())
            .query_row(truncate, [], |row| row.get(0))
            .unwrap();
        busy == 0
    };
    assert!(kept.store.hold());
    assert_eq!(
        block_on(kept.store.session(SessionId::new(1))).unwrap(),
        None
    );
    kept.store.let_go();
    assert!(emptied());
}

#[test]
fn a_read_that_fails_ends_the_view() {
    let kept = Kept::fresh();
    block_on(written(&kept.store, first_start()));
    let (session, commit) = new_session(1, at(1), &Changes::default());
    block_on(written(&kept.store, commit));
    raw(&kept.path())
        .execute("UPDATE sessions SET user_agent = '{' WHERE id = 1", [])
        .unwrap();
    assert!(kept.store.hold());
    assert!(block_on(kept.store.session(session.id)).is_err());
    raw(&kept.path())
        .execute("UPDATE sessions SET user_agent = NULL WHERE id = 1", [])
        .unwrap();
    assert_eq!(
        block_on(kept.store.session(session.id)).unwrap(),
        Some(session)
    );
    kept.store.let_go();
}
