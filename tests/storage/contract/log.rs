//! Reading the log.

use bartizan::domain::event::{Aggregate, AggregateType};
use bartizan::domain::ids::{Position, Sequence, SessionId, UserId};
use bartizan::domain::session::{self, Changes};
use bartizan::ports::{EventQuery, Head, Store};

use crate::fixture::{
    ADMIN, INSTANCE, all_events, at, end_session, first_start, history, new_human, new_session,
    set_key, written,
};

pub(crate) async fn events_are_read_in_order(store: &dyn Store) {
    written(store, first_start()).await;
    let (session, commit) = new_session(1, at(1), &set_key("a"));
    written(store, commit).await;
    let (ended, commit) = end_session(&session, at(2));
    written(store, commit).await;
    let events = all_events(store).await;
    let names: Vec<_> = events
        .iter()
        .map(|recorded| recorded.event.name())
        .collect();
    assert_eq!(
        names,
        [
            "instance.added",
            "org.added",
            "org.domain.primary.set",
            "session.added",
            "session.metadata.set",
            "session.token.set",
            "session.terminated",
        ]
    );
    assert!(events.is_sorted_by(|one, next| one.position < next.position));
    let of_session = &events[3..];
    for (number, recorded) in (1..).zip(of_session) {
        assert_eq!(recorded.sequence, Sequence::new(number));
        assert_eq!(recorded.aggregate, Aggregate::Session(session.id));
        assert_eq!((recorded.creator, recorded.owner), (ADMIN, INSTANCE.key()));
    }
    assert_eq!(of_session[0].created_at, at(1));
    assert_eq!(of_session[3].created_at, at(2));
    let fold = session::fold(of_session).unwrap();
    assert_eq!((fold.state, fold.sequence), (ended.state, ended.sequence));
}

pub(crate) async fn events_of_one_aggregate_are_read_alone(store: &dyn Store) {
    written(store, first_start()).await;
    // The same number names a user and a session.
    let (user, commit) = new_human(UserId::new(1), "ann");
    written(store, commit).await;
    let (session, commit) = new_session(1, at(1), &Changes::default());
    written(store, commit).await;
    let of_session = history(store, Aggregate::Session(session.id)).await;
    assert_eq!(of_session.len(), 2);
    let of_user = history(store, Aggregate::User(user.id)).await;
    assert_eq!(of_user.len(), 1);
    assert_eq!(
        history(store, Aggregate::Session(SessionId::new(2))).await,
        []
    );
    let query = EventQuery {
        after: Position::START,
        aggregate: None,
        kind: Some(AggregateType::User),
        limit: 100,
    };
    assert_eq!(store.events(query).await.unwrap(), of_user);
    let contradiction = EventQuery {
        aggregate: Some(Aggregate::Session(session.id)),
        ..query
    };
    assert_eq!(store.events(contradiction).await.unwrap(), []);
}

pub(crate) async fn events_are_paged(store: &dyn Store) {
    written(store, first_start()).await;
    for id in 1..=10 {
        let (_, commit) = new_session(id, at(id), &Changes::default());
        written(store, commit).await;
    }
    let mut query = EventQuery {
        after: Position::START,
        aggregate: None,
        kind: Some(AggregateType::Session),
        limit: 7,
    };
    let mut sizes = Vec::new();
    loop {
        let page = store.events(query).await.unwrap();
        sizes.push(page.len());
        let Some(last) = page.last() else { break };
        assert!(page[0].position > query.after);
        query.after = last.position;
    }
    assert_eq!(sizes, [7, 7, 6, 0]);
    let of_one = EventQuery {
        after: Position::START,
        aggregate: Some(Aggregate::Session(SessionId::new(3))),
        kind: None,
        limit: 1,
    };
    let first = store.events(of_one).await.unwrap();
    let rest = EventQuery {
        after: first[0].position,
        limit: 9,
        ..of_one
    };
    let rest = store.events(rest).await.unwrap();
    assert_eq!(
        (first[0].sequence, rest[0].sequence),
        (Sequence::new(1), Sequence::new(2))
    );
    assert_eq!(rest.len(), 1);
}

pub(crate) async fn the_head_is_the_last_event(store: &dyn Store) {
    assert_eq!(store.head().await.unwrap(), Head::default());
    written(store, first_start()).await;
    let (_, commit) = new_session(1, at(9), &Changes::default());
    let committed = store.commit(commit).await.unwrap();
    let head = Head {
        position: committed.position,
        created_at: Some(at(9)),
    };
    assert_eq!(store.head().await.unwrap(), head);
}
