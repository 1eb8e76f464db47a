//! Commits: all or nothing, and only what fits.

use std::sync::Arc;

use bartizan::domain::event::Aggregate;
use bartizan::domain::ids::{OrgId, Position, Sequence, SessionId, UserId};
use bartizan::domain::session::Changes;
use bartizan::ports::{Commit, Ended, Head, State, Store, StoreError};

use crate::fixture::{
    at, change_session, end_session, first_start, new_human, new_org, new_session, set_key, written,
};

/// What a store holds, as far as a commit could have left a trace.
async fn trace(store: &dyn Store) -> (Head, usize) {
    let events = crate::fixture::all_events(store).await;
    (store.head().await.unwrap(), events.len())
}

pub(crate) async fn an_existing_id_is_refused(store: &dyn Store) {
    written(store, first_start()).await;
    let (_, commit) = new_session(1, at(1), &Changes::default());
    written(store, commit.clone()).await;
    let refused = store.commit(commit).await.unwrap_err();
    let session = Aggregate::Session(SessionId::new(1));
    assert!(matches!(refused, StoreError::Exists(found) if found == session));
    let refused = store.commit(first_start()).await.unwrap_err();
    assert!(matches!(
        refused,
        StoreError::Exists(Aggregate::Instance(_))
    ));
}

pub(crate) async fn a_stale_sequence_is_a_conflict(store: &dyn Store) {
    written(store, first_start()).await;
    let (session, commit) = new_session(1, at(1), &Changes::default());
    written(store, commit).await;
    let (first, winner) = change_session(&session, at(2), &set_key("a"));
    let (_, loser) = change_session(&session, at(3), &set_key("b"));
    written(store, winner).await;
    let refused = store.commit(loser).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::Conflict(found) if found == Aggregate::Session(first.id))
    );
    assert_eq!(store.session(first.id).await.unwrap(), Some(first));
}

pub(crate) async fn an_unknown_aggregate_is_a_conflict(store: &dyn Store) {
    written(store, first_start()).await;
    let (session, _) = new_session(1, at(1), &Changes::default());
    let (_, commit) = change_session(&session, at(2), &set_key("a"));
    let refused = store.commit(commit).await.unwrap_err();
    assert!(matches!(
        refused,
        StoreError::Conflict(Aggregate::Session(_))
    ));
    assert_eq!(store.session(session.id).await.unwrap(), None);
}

pub(crate) async fn a_refused_commit_leaves_no_trace(store: &dyn Store) {
    written(store, first_start()).await;
    let (old, commit) = new_session(1, at(1), &Changes::default());
    written(store, commit).await;
    let (user, new_user) = new_human(UserId::new(7), "ann");
    written(store, new_user).await;
    let before = trace(store).await;

    let (fresh, good) = new_session(2, at(2), &Changes::default());
    let (changed, good_change) = change_session(&old, at(2), &set_key("a"));
    let appends = [good.appends, good_change.appends].concat();
    let commit = Commit::new(at(2), UserId::SYSTEM, appends);
    let mut late = commit.clone();
    late.appends[1].expected = Sequence::new(9);
    late.appends[1].state = State::Session(Box::new(bartizan::domain::session::Session {
        sequence: Sequence::new(11),
        ..changed.clone()
    }));
    let mut unknown_user = commit.clone();
    unknown_user.active_users = vec![UserId::new(99)];
    let mut taken = commit.clone();
    taken.login_names = vec![
        (UserId::new(8), "free".to_owned()),
        (UserId::new(8), user.username),
    ];
    for refused in [late, unknown_user, taken] {
        store.commit(refused).await.unwrap_err();
        assert_eq!(trace(store).await, before);
        assert_eq!(store.session(fresh.id).await.unwrap(), None);
        assert_eq!(store.session(old.id).await.unwrap(), Some(old.clone()));
        assert_eq!(store.user_by_login_name("free").await.unwrap(), None);
    }
    written(store, commit).await;
    assert_eq!(store.session(fresh.id).await.unwrap(), Some(fresh));
    assert_eq!(store.session(old.id).await.unwrap(), Some(changed));
}

pub(crate) async fn several_aggregates_are_written_together(store: &dyn Store) {
    let mut first = first_start();
    let (user, add_user) = new_human(UserId::new(7), "ann");
    first.appends.extend(add_user.appends);
    first.appends.push(new_org(OrgId::new(5), "other.example"));
    first.login_names = add_user.login_names;
    let committed = store.commit(first).await.unwrap();
    assert_eq!(committed.position, Position::new(6));
    assert_eq!(committed.ended, Ended::default());
    assert!(store.instance().await.unwrap().is_some());
    assert_eq!(store.user(user.id).await.unwrap(), Some(user));
    assert!(store.org(OrgId::new(5)).await.unwrap().is_some());
}

pub(crate) async fn one_aggregate_may_be_written_twice_in_a_commit(store: &dyn Store) {
    written(store, first_start()).await;
    let (session, mut commit) = new_session(1, at(1), &Changes::default());
    let (session, change) = change_session(&session, at(1), &set_key("a"));
    commit.appends.extend(change.appends);
    written(store, commit).await;
    assert_eq!(
        store.session(session.id).await.unwrap(),
        Some(session.clone())
    );
    let (_, twice) = end_session(&session, at(2));
    let appends = [twice.appends.clone(), twice.appends].concat();
    let refused = store
        .commit(Commit::new(at(2), UserId::SYSTEM, appends))
        .await
        .unwrap_err();
    assert!(matches!(
        refused,
        StoreError::Conflict(Aggregate::Session(_))
    ));
    assert_eq!(store.session(session.id).await.unwrap(), Some(session));
}

pub(crate) async fn what_does_not_fit_together_is_refused(store: &dyn Store) {
    written(store, first_start()).await;
    let before = trace(store).await;
    let (_, good) = new_session(1, at(1), &Changes::default());
    let mut no_events = good.clone();
    no_events.appends[0].events.clear();
    let mut too_few = good.clone();
    too_few.appends[0].events.pop();
    let mut of_another = good.clone();
    of_another.appends[0].events[1] = first_start().appends[0].events[0].clone();
    let mut no_hash = good.clone();
    if let State::Session(session) = &mut no_hash.appends[0].state {
        session.token.as_mut().unwrap().proof =
            bartizan::domain::session::Proof::Fingerprint("x".to_owned());
    }
    for malformed in [no_events, too_few, of_another, no_hash] {
        let refused = store.commit(malformed).await.unwrap_err();
        assert!(matches!(refused, StoreError::Failed(_)), "{refused:?}");
        assert_eq!(trace(store).await, before);
    }
    written(store, good).await;
}

pub(crate) async fn every_read_sees_what_was_acknowledged(store: &dyn Store) {
    written(store, first_start()).await;
    let (mut session, commit) = new_session(1, at(1), &Changes::default());
    written(store, commit).await;
    for round in 2..50 {
        let (changed, commit) = change_session(&session, at(round), &set_key(&round.to_string()));
        let committed = store.commit(commit).await.unwrap();
        session = changed;
        assert_eq!(
            store.session(session.id).await.unwrap().as_ref(),
            Some(&session)
        );
        assert_eq!(store.head().await.unwrap().position, committed.position);
    }
}

pub(crate) async fn of_many_writers_of_one_session_one_wins(store: &dyn Store) {
    written(store, first_start()).await;
    let (session, commit) = new_session(1, at(1), &Changes::default());
    written(store, commit).await;
    let session = Arc::new(session);
    let commits = (0..20).map(|number: i64| {
        let (_, commit) = change_session(&session, at(2), &set_key(&number.to_string()));
        store.commit(commit)
    });
    let answers = futures_util::future::join_all(commits).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 19));
    for refused in lost {
        assert!(matches!(refused, Err(StoreError::Conflict(_))));
    }
    let row = store.session(session.id).await.unwrap().unwrap();
    assert_eq!(row.sequence, session.sequence.after(2));
}
