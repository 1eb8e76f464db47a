//! Searching personal access tokens.

use bartizan::domain::event::{PatAdded, PatRemoved, UserEvent};
use bartizan::domain::ids::{OrgId, PatId, UserId};
use bartizan::ports::{
    Comparison, PatFilter, PatOrder, PatPage, PatQuery, PatView, Readable, Store, StoreError,
};

use crate::fixture::{
    ORG, at, change_user, fingerprint, first_start, hash_of, new_machine, new_org, new_user,
    owned_by, written,
};

use PatFilter::{CreatedAt, ExpiresAt, Id, Never, Organization, User};

const OTHER: OrgId = OrgId::new(5);

fn pat(id: i64, ends: i64) -> UserEvent {
    let hash = hash_of(&id.to_string());
    UserEvent::PatAdded(PatAdded {
        token_id: PatId::new(id),
        expiration: at(ends),
        hash_id: fingerprint(&hash),
        hash: Some(hash),
    })
}

/// User 7 has tokens 70 and 72, user 8 has 71, user 9 of another organisation, whose id is a text,
/// has 69; each was made at the last digit of its id, and 70 ends last.
async fn world(store: &dyn Store) {
    let mut first = first_start();
    first.appends.push(new_org(OTHER, "other.example"));
    written(store, first).await;
    let (robot, commit) = new_machine(UserId::new(7), "robot");
    written(store, commit).await;
    let (other, commit) = new_machine(UserId::new(8), "other");
    written(store, commit).await;
    let added = bartizan::domain::event::MachineAdded {
        given_id: Some("r2".to_owned()),
        user_name: "r2".to_owned(),
        name: "r2".to_owned(),
        ..Default::default()
    };
    let events = vec![UserEvent::MachineAdded(added)];
    let (away, commit) = new_user(UserId::new(9), at(0), events);
    written(store, owned_by(OTHER, &away, commit)).await;

    let (robot, commit) = change_user(&robot, at(0), vec![pat(70, 900)]);
    written(store, commit).await;
    written(store, change_user(&other, at(1), vec![pat(71, 500)]).1).await;
    let (robot, commit) = change_user(&robot, at(2), vec![pat(72, 700), pat(73, 1)]);
    written(store, commit).await;
    let removed = UserEvent::PatRemoved(PatRemoved {
        token_id: PatId::new(73),
    });
    written(store, change_user(&robot, at(3), vec![removed]).1).await;
    let (after, mut commit) = change_user(&away, at(9), vec![pat(69, 600)]);
    commit.appends[0].owner = OTHER.key();
    commit.appends[0].state =
        bartizan::ports::State::User(Box::new(bartizan::domain::user::User {
            organization: OTHER,
            ..after
        }));
    written(store, commit).await;
}

fn query(filters: Vec<PatFilter>) -> PatQuery {
    PatQuery {
        readable: Readable::Everybody,
        filters,
        order: PatOrder::default(),
        ascending: true,
        offset: 0,
        limit: 1_000,
    }
}

fn ids(page: &PatPage) -> Vec<i64> {
    page.pats.iter().map(|pat| pat.id.key()).collect()
}

async fn search(store: &dyn Store, query: PatQuery) -> Vec<i64> {
    let page = store.search_pats(query).await.unwrap();
    assert_eq!(page.total, page.pats.len() as u64);
    ids(&page)
}

pub(crate) async fn every_filter_selects(store: &dyn Store) {
    use Comparison::{Equals, Greater, GreaterOrEquals, Less, LessOrEquals};
    world(store).await;
    let user = |id| User(UserId::new(id));
    let table: [(Vec<PatFilter>, &[i64]); 18] = [
        (vec![], &[70, 71, 72, 69]),
        (vec![Id(PatId::new(71))], &[71]),
        (vec![Id(PatId::new(73))], &[]),
        (vec![user(7)], &[70, 72]),
        (vec![user(1)], &[]),
        (vec![Organization(ORG)], &[70, 71, 72]),
        (vec![Organization(OTHER)], &[69]),
        (vec![Never], &[]),
        (vec![CreatedAt(Equals, at(1))], &[71]),
        (vec![CreatedAt(Greater, at(1))], &[72, 69]),
        (vec![CreatedAt(GreaterOrEquals, at(1))], &[71, 72, 69]),
        (vec![CreatedAt(Less, at(1))], &[70]),
        (vec![CreatedAt(LessOrEquals, at(1))], &[70, 71]),
        (vec![ExpiresAt(Equals, at(600))], &[69]),
        (vec![ExpiresAt(Greater, at(600))], &[70, 72]),
        (vec![ExpiresAt(LessOrEquals, at(600))], &[71, 69]),
        (vec![user(7), ExpiresAt(Less, at(900))], &[72]),
        (vec![user(7), user(8)], &[]),
    ];
    for (filters, expected) in table {
        assert_eq!(
            search(store, query(filters.clone())).await,
            expected,
            "{filters:?}"
        );
    }
    let too_many = store.search_pats(query(vec![Never; 401])).await;
    assert!(matches!(too_many, Err(StoreError::TooManyConditions)));
}

pub(crate) async fn tokens_are_shown_without_their_proof(store: &dyn Store) {
    world(store).await;
    let page = store.search_pats(query(vec![Id(PatId::new(69))])).await;
    assert_eq!(
        page.unwrap().pats,
        [PatView {
            id: PatId::new(69),
            user: "r2".to_owned(),
            organization: OTHER,
            created_at: at(9),
            expires_at: at(600),
        }]
    );
}

pub(crate) async fn tokens_are_sorted_and_paged(store: &dyn Store) {
    world(store).await;
    for (order, expected) in [
        (PatOrder::CreationDate, [70, 71, 72, 69]),
        (PatOrder::Id, [69, 70, 71, 72]),
        (PatOrder::User, [70, 72, 71, 69]),
        (PatOrder::Organization, [69, 70, 71, 72]),
        (PatOrder::ExpirationDate, [71, 69, 72, 70]),
    ] {
        let sorted = |ascending| PatQuery {
            order,
            ascending,
            ..query(vec![])
        };
        assert_eq!(search(store, sorted(true)).await, expected, "{order:?}");
        let mut backwards = expected;
        backwards.reverse();
        assert_eq!(search(store, sorted(false)).await, backwards, "{order:?}");
    }
    for (offset, limit, expected) in [
        (0, 3, &[70, 71, 72][..]),
        (3, 3, &[69]),
        (4, 3, &[]),
        (u64::MAX, u32::MAX, &[]),
    ] {
        let page = PatQuery {
            offset,
            limit,
            ..query(vec![])
        };
        let page = store.search_pats(page).await.unwrap();
        assert_eq!((page.total, ids(&page)), (4, expected.to_vec()), "{offset}");
    }
}

pub(crate) async fn only_tokens_of_readable_users_are_counted(store: &dyn Store) {
    world(store).await;
    let readable = |organizations: &[OrgId], user| PatQuery {
        readable: Readable::Some {
            organizations: organizations.to_vec(),
            user: UserId::new(user),
        },
        ..query(vec![])
    };
    for (query, expected) in [
        (readable(&[], 7), &[70, 72][..]),
        (readable(&[], 1), &[]),
        (readable(&[OTHER], 1), &[69]),
        (readable(&[OTHER], 8), &[71, 69]),
        (readable(&[OTHER, ORG], 1), &[70, 71, 72, 69]),
    ] {
        assert_eq!(search(store, query.clone()).await, expected, "{query:?}");
    }
    let other_user = PatQuery {
        filters: vec![User(UserId::new(8))],
        ..readable(&[], 7)
    };
    assert_eq!(search(store, other_user).await, Vec::<i64>::new());
}
