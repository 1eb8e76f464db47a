//! Searching sessions.

use bartizan::domain::ids::{SessionId, UserId};
use bartizan::domain::session::{Changes, UserAgent};
use bartizan::domain::time::Span;
use bartizan::ports::{Comparison, SessionFilter, SessionPage, SessionQuery, Store};

use crate::fixture::{
    ADMIN, at, end_session, first_start, new_human, new_session, new_session_on, tied_to, written,
};

use Comparison::{Equals, Greater, GreaterOrEquals, Less, LessOrEquals};

async fn search(store: &dyn Store, filters: Vec<SessionFilter>) -> SessionPage {
    let query = SessionQuery {
        filters,
        ascending: true,
        offset: 0,
        limit: 1_000,
    };
    store.search_sessions(query).await.unwrap()
}

fn ids(page: &SessionPage) -> Vec<i64> {
    let ids = page.sessions.iter().map(|view| view.session.id.key());
    ids.collect()
}

/// Sessions 1 to 6, made at their number; 1 and 2 are tied to user 7, 3 to user 8; 2 and 4 have a
/// device, 5 was made by another caller, 6 has another device.
async fn world(store: &dyn Store) {
    written(store, first_start()).await;
    let (ann, commit) = new_human(UserId::new(7), "ann");
    written(store, commit).await;
    let (bob, commit) = new_human(UserId::new(8), "bob");
    written(store, commit).await;
    let agent = |fingerprint: &str| {
        Some(UserAgent {
            fingerprint_id: Some(fingerprint.to_owned()),
            ..UserAgent::default()
        })
    };
    let sessions = [
        (1, None, tied_to(&ann)),
        (2, agent("phone"), tied_to(&ann)),
        (3, None, tied_to(&bob)),
        (4, agent("phone"), Changes::default()),
        (5, None, Changes::default()),
        (6, agent("Phone"), Changes::default()),
    ];
    for (id, agent, changes) in sessions {
        let (mut session, mut commit) = new_session_on(agent, id, at(id), &changes);
        if id == 5 {
            session.creator = UserId::new(44);
            commit.creator = session.creator;
            commit.appends[0].state = bartizan::ports::State::Session(Box::new(session));
        }
        written(store, commit).await;
    }
}

pub(crate) async fn every_filter_selects(store: &dyn Store) {
    world(store).await;
    let user = |id| SessionFilter::User(UserId::new(id));
    let id_list =
        |ids: &[i64]| SessionFilter::Ids(ids.iter().copied().map(SessionId::new).collect());
    let device = |text: &str| SessionFilter::Fingerprint(text.to_owned());
    let made = |how, micros| SessionFilter::CreatedAt(how, at(micros));
    let table: [(Vec<SessionFilter>, &[i64]); 19] = [
        (vec![], &[1, 2, 3, 4, 5, 6]),
        (vec![id_list(&[5, 2, 99, 2])], &[2, 5]),
        (vec![id_list(&[])], &[]),
        (vec![user(7)], &[1, 2]),
        (vec![user(8)], &[3]),
        (vec![user(9)], &[]),
        (vec![SessionFilter::Creator(UserId::new(44))], &[5]),
        (vec![SessionFilter::Creator(ADMIN)], &[]),
        (
            vec![SessionFilter::Creator(UserId::SYSTEM)],
            &[1, 2, 3, 4, 6],
        ),
        (vec![device("phone")], &[2, 4]),
        (vec![device("phon%")], &[]),
        (vec![made(Equals, 3)], &[3]),
        (vec![made(Greater, 3)], &[4, 5, 6]),
        (vec![made(GreaterOrEquals, 3)], &[3, 4, 5, 6]),
        (vec![made(Less, 3)], &[1, 2]),
        (vec![made(LessOrEquals, 3)], &[1, 2, 3]),
        (vec![user(7), device("phone")], &[2]),
        (vec![user(7), user(8)], &[]),
        (vec![id_list(&[1, 2, 3]), made(Greater, 1), user(7)], &[2]),
    ];
    for (filters, expected) in table {
        let page = search(store, filters.clone()).await;
        assert_eq!(ids(&page), expected, "{filters:?}");
        assert_eq!(page.total, expected.len() as u64, "{filters:?}");
    }
    let page = search(store, vec![id_list(&[1, 4])]).await;
    let shown = page.sessions[0].user.as_ref().unwrap();
    assert_eq!(
        (shown.username.as_str(), shown.org_domain.as_str()),
        ("ann", "acme.example")
    );
    assert_eq!(page.sessions[1].user, None);
    assert_eq!(
        Some(&page.sessions[0]),
        store
            .session_view(SessionId::new(1))
            .await
            .unwrap()
            .as_ref()
    );
}

pub(crate) async fn sessions_without_expiration_are_later_than_every_moment(store: &dyn Store) {
    written(store, first_start()).await;
    for (id, lifetime) in [(1, None), (2, Some(10)), (3, Some(20)), (4, Some(30))] {
        let changes = Changes {
            lifetime: lifetime.map(Span::from_seconds),
            ..Changes::default()
        };
        let (_, commit) = new_session(id, at(0), &changes);
        written(store, commit).await;
    }
    let table: [(Comparison, &[i64]); 5] = [
        (Equals, &[3]),
        (Less, &[2]),
        (LessOrEquals, &[2, 3]),
        (Greater, &[1, 4]),
        (GreaterOrEquals, &[1, 3, 4]),
    ];
    for (comparison, expected) in table {
        let filter = SessionFilter::ExpiresAt(comparison, at(20_000_000));
        let page = search(store, vec![filter]).await;
        assert_eq!(ids(&page), expected, "{comparison:?}");
    }
}

pub(crate) async fn ended_sessions_are_not_found(store: &dyn Store) {
    world(store).await;
    let session = store.session(SessionId::new(2)).await.unwrap().unwrap();
    let (_, commit) = end_session(&session, at(100));
    written(store, commit).await;
    for filters in [
        vec![],
        vec![SessionFilter::Ids(vec![session.id])],
        vec![SessionFilter::User(UserId::new(7))],
        vec![SessionFilter::Fingerprint("phone".to_owned())],
    ] {
        let page = search(store, filters).await;
        assert!(!ids(&page).contains(&2));
        assert_eq!(page.total, page.sessions.len() as u64);
    }
}

pub(crate) async fn pages_follow_each_other(store: &dyn Store) {
    written(store, first_start()).await;
    // Two of each date, so that the id decides between them.
    for id in 1..=10 {
        let (_, commit) = new_session(id, at((id + 1) / 2 * 10), &Changes::default());
        written(store, commit).await;
    }
    for ascending in [false, true] {
        let mut seen = Vec::new();
        for offset in [0, 4, 8, 12, u64::MAX] {
            let query = SessionQuery {
                filters: Vec::new(),
                ascending,
                offset,
                limit: 4,
            };
            let page = store.search_sessions(query).await.unwrap();
            assert_eq!(page.total, 10, "at {offset}");
            seen.extend(ids(&page));
        }
        let mut expected: Vec<i64> = (1..=10).collect();
        if !ascending {
            expected.reverse();
        }
        assert_eq!(seen, expected);
    }
    let none = SessionQuery {
        limit: 0,
        ..SessionQuery::default()
    };
    let page = store.search_sessions(none).await.unwrap();
    assert_eq!((page.total, page.sessions.len()), (10, 0));
}

pub(crate) async fn many_ids_are_no_trouble(store: &dyn Store) {
    world(store).await;
    let many = (1..=100_000).map(|id| SessionId::new(i64::MAX - 100_000 + id));
    let wanted = many.chain([SessionId::new(3)]).collect();
    let page = search(store, vec![SessionFilter::Ids(wanted)]).await;
    assert_eq!((ids(&page), page.total), (vec![3], 1));
    let many_filters = (0..300).map(|_| SessionFilter::CreatedAt(Greater, at(0)));
    assert_eq!(search(store, many_filters.collect()).await.total, 6);
}
