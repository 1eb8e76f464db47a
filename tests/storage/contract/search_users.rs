//! Searching users.

use bartizan::domain::event::{HumanAdded, MachineAdded, Nothing, UserEvent};
use bartizan::domain::ids::{OrgId, UserId};
use bartizan::ports::{
    Readable, Store, StoreError, TextMatch, TextMethod, UserFilter, UserOrder, UserPage, UserQuery,
    UserText,
};

use crate::fixture::{
    ORG, at, change_user, first_start, human_added, new_org, new_user, owned_by, written,
};

use TextMethod::{Contains, EndsWith, Equals, StartsWith};
use UserFilter::{And, Emails, Ids, Never, Not, Or, Organization, State, Type};
use UserText::{Email, FirstName, LastName, LoginName, NickName, UserName};

const OTHER_ORG: OrgId = OrgId::new(5);

fn text(field: UserText, method: TextMethod, ignore_case: bool, value: &str) -> UserFilter {
    let wanted = TextMatch {
        method,
        ignore_case,
        value: value.to_owned(),
    };
    UserFilter::Text(field, wanted)
}

fn exactly(field: UserText, value: &str) -> UserFilter {
    text(field, Equals, false, value)
}

fn query(filters: Vec<UserFilter>) -> UserQuery {
    UserQuery {
        readable: Readable::Everybody,
        filters,
        order: UserOrder::CreationDate,
        ascending: true,
        offset: 0,
        limit: 1_000,
        login_name_includes_domain: false,
    }
}

fn ids(page: &UserPage) -> Vec<i64> {
    page.users.iter().map(|view| view.user.id.key()).collect()
}

async fn search(store: &dyn Store, filters: Vec<UserFilter>) -> Vec<i64> {
    let page = store.search_users(query(filters)).await.unwrap();
    assert_eq!(page.total, page.users.len() as u64);
    ids(&page)
}

/// People 1 to 4 and service user 5, made at their number; 4 belongs to another organisation, 3 is
/// locked.
async fn world(store: &dyn Store) {
    let mut first = first_start();
    first.appends.push(new_org(OTHER_ORG, "other.example"));
    written(store, first).await;
    let person = |name: &str, first: &str, last: &str, nick: Option<&str>, phone: Option<&str>| {
        UserEvent::HumanAdded(HumanAdded {
            first_name: first.to_owned(),
            last_name: last.to_owned(),
            nick_name: nick.map(str::to_owned),
            display_name: format!("{first} {last}"),
            phone: phone.map(str::to_owned),
            ..human_added(name)
        })
    };
    let robot = UserEvent::MachineAdded(MachineAdded {
        user_name: "robot".to_owned(),
        name: "Ann's robot".to_owned(),
        ..MachineAdded::default()
    });
    let users = [
        (1, person("ann", "Ann", "Ample", None, Some("+41791112233"))),
        (2, person("Bob_1", "Bob", "Berg", Some("100%"), None)),
        (
            3,
            person("bobx1", "\u{c4}nne", "\u{c9}mile", Some("1000"), None),
        ),
        (4, person("dora", "Dora", "ann", None, None)),
        (5, robot),
    ];
    for (id, event) in users {
        let (user, commit) = new_user(UserId::new(id), at(id), vec![event]);
        let commit = match id {
            4 => owned_by(OTHER_ORG, &user, commit),
            _ => commit,
        };
        written(store, commit).await;
        if id == 3 {
            let (_, lock) = change_user(&user, at(9), vec![UserEvent::Locked(Nothing {})]);
            written(store, lock).await;
        }
    }
}

pub(crate) async fn every_filter_selects(store: &dyn Store) {
    world(store).await;
    let id_list = |ids: &[i64]| Ids(ids.iter().copied().map(UserId::new).collect());
    let addresses =
        |list: &[&str]| Emails(list.iter().map(|address| (*address).to_owned()).collect());
    let table: [(Vec<UserFilter>, &[i64]); 25] = [
        (vec![], &[1, 2, 3, 4, 5]),
        (vec![exactly(UserName, "ann")], &[1]),
        (vec![exactly(UserName, "robot")], &[5]),
        (vec![exactly(FirstName, "Dora")], &[4]),
        (vec![exactly(LastName, "ann")], &[4]),
        (vec![exactly(NickName, "1000")], &[3]),
        (vec![exactly(NickName, "")], &[]),
        (vec![exactly(UserText::DisplayName, "Bob Berg")], &[2]),
        (vec![exactly(UserText::DisplayName, "Ann's robot")], &[]),
        (vec![exactly(Email, "ann@mail.example")], &[1]),
        (vec![exactly(Email, "Ann@mail.example")], &[]),
        (vec![exactly(UserText::Phone, "+41791112233")], &[1]),
        (vec![exactly(LoginName, "Bob_1")], &[2]),
        (vec![exactly(LoginName, "bob_1")], &[]),
        (vec![State(1)], &[1, 2, 4, 5]),
        (vec![State(4)], &[3]),
        (vec![State(3)], &[]),
        (vec![Type(2)], &[5]),
        (vec![Type(7)], &[]),
        (vec![id_list(&[2, 5, 99])], &[2, 5]),
        (vec![id_list(&[])], &[]),
        (
            vec![addresses(&["dora@mail.example", "x", "ann@mail.example"])],
            &[1, 4],
        ),
        (vec![Organization(OTHER_ORG)], &[4]),
        (vec![Never], &[]),
        (vec![Type(1), State(1), Organization(ORG)], &[1, 2]),
    ];
    for (filters, expected) in table {
        assert_eq!(
            search(store, filters.clone()).await,
            expected,
            "{filters:?}"
        );
    }
    let page = store
        .search_users(query(vec![id_list(&[4])]))
        .await
        .unwrap();
    assert_eq!(page.users[0].org_domain, "other.example");
    let view = store.user_view(UserId::new(4)).await.unwrap();
    assert_eq!(Some(&page.users[0]), view.as_ref());
}

pub(crate) async fn texts_are_compared_as_asked(store: &dyn Store) {
    world(store).await;
    let table: [(UserText, TextMethod, bool, &str, &[i64]); 19] = [
        (UserName, Equals, true, "ANN", &[1]),
        (UserName, StartsWith, false, "bob", &[3]),
        (UserName, StartsWith, true, "BOB", &[2, 3]),
        (UserName, Contains, false, "o", &[2, 3, 4, 5]),
        (UserName, Contains, true, "O", &[2, 3, 4, 5]),
        (UserName, Contains, false, "O", &[]),
        (UserName, EndsWith, false, "1", &[2, 3]),
        (UserName, EndsWith, true, "BOT", &[5]),
        (UserName, EndsWith, false, "a-long-prefix-and-robot", &[]),
        (UserName, StartsWith, false, "robot-and-more", &[]),
        (UserName, StartsWith, false, "", &[1, 2, 3, 4, 5]),
        (UserName, Contains, false, "", &[1, 2, 3, 4, 5]),
        (UserName, EndsWith, false, "", &[1, 2, 3, 4, 5]),
        (UserName, Equals, false, "", &[]),
        // A service user has no address, so nothing about it holds.
        (Email, Contains, false, "", &[1, 2, 3, 4]),
        (Email, Equals, true, "BOB_1@Mail.Example", &[2]),
        (LoginName, Equals, true, "BOB_1", &[2]),
        (LoginName, StartsWith, true, "BOB", &[2, 3]),
        (LoginName, EndsWith, false, "@acme.example", &[]),
    ];
    for (field, method, ignore_case, value, expected) in table {
        let filter = text(field, method, ignore_case, value);
        assert_eq!(
            search(store, vec![filter.clone()]).await,
            expected,
            "{filter:?}"
        );
        let nested = Or(vec![Never, filter]);
        assert_eq!(
            search(store, vec![nested.clone()]).await,
            expected,
            "{nested:?}"
        );
    }
    let with_domain = |method, value| UserQuery {
        login_name_includes_domain: true,
        ..query(vec![Or(vec![text(LoginName, method, true, value)])])
    };
    for (method, value, expected) in [
        (EndsWith, "@ACME.example", vec![1, 2, 3, 5]),
        (Equals, "dora@other.example", vec![4]),
        (Equals, "dora", vec![]),
    ] {
        let page = store
            .search_users(with_domain(method, value))
            .await
            .unwrap();
        assert_eq!(ids(&page), expected, "{value}");
    }
}

pub(crate) async fn letters_of_every_script_have_two_cases(store: &dyn Store) {
    world(store).await;
    for (filter, expected) in [
        (text(FirstName, Equals, true, "\u{e4}NNE"), vec![3]),
        (text(FirstName, Equals, false, "\u{e4}nne"), vec![]),
        (text(FirstName, StartsWith, true, "\u{e4}"), vec![3]),
        (text(LastName, Contains, true, "\u{e9}MI"), vec![3]),
        (text(LastName, EndsWith, true, "\u{e9}mile"), vec![3]),
        (text(FirstName, Contains, true, "NN"), vec![1, 3]),
    ] {
        assert_eq!(
            search(store, vec![filter.clone()]).await,
            expected,
            "{filter:?}"
        );
    }
}

pub(crate) async fn patterns_are_letters_like_others(store: &dyn Store) {
    world(store).await;
    for (filter, expected) in [
        (text(UserName, Contains, false, "b_1"), vec![2]),
        (text(UserName, StartsWith, true, "bob_"), vec![2]),
        (text(UserName, Contains, true, "%"), vec![]),
        (text(NickName, EndsWith, false, "00%"), vec![2]),
        (text(NickName, Equals, true, "100%"), vec![2]),
        (text(NickName, StartsWith, false, "100\\"), vec![]),
        (
            text(UserName, Contains, false, "'; DROP TABLE users; --"),
            vec![],
        ),
        (text(UserName, Contains, false, "\u{0}"), vec![]),
    ] {
        assert_eq!(
            search(store, vec![filter.clone()]).await,
            expected,
            "{filter:?}"
        );
    }
}

pub(crate) async fn conditions_nest(store: &dyn Store) {
    world(store).await;
    let bobs = || text(UserName, StartsWith, true, "bob");
    let not = |filter| Not(Box::new(filter));
    let nick = || text(NickName, Contains, false, "0");
    let table: [(UserFilter, &[i64]); 11] = [
        (Or(vec![]), &[]),
        (And(vec![]), &[1, 2, 3, 4, 5]),
        (not(Or(vec![])), &[1, 2, 3, 4, 5]),
        (not(Never), &[1, 2, 3, 4, 5]),
        (Or(vec![bobs(), Type(2)]), &[2, 3, 5]),
        (And(vec![bobs(), State(1)]), &[2]),
        (not(bobs()), &[1, 4, 5]),
        // Who has no nick name has none with a nought.
        (not(nick()), &[1, 4, 5]),
        (not(not(nick())), &[2, 3]),
        (And(vec![Or(vec![bobs(), Type(2)]), not(State(4))]), &[2, 5]),
        (
            not(And(vec![Type(1), not(Organization(ORG))])),
            &[1, 2, 3, 5],
        ),
    ];
    for (filter, expected) in table {
        assert_eq!(
            search(store, vec![filter.clone()]).await,
            expected,
            "{filter:?}"
        );
    }
}

pub(crate) async fn nesting_has_an_end(store: &dyn Store) {
    world(store).await;
    let wrapped = |levels: u32| (0..levels).fold(Never, |inner, _| Not(Box::new(inner)));
    assert_eq!(search(store, vec![wrapped(32)]).await, Vec::<i64>::new());
    let wide = |number| Or(vec![Type(2); number]);
    assert_eq!(search(store, vec![wide(300)]).await, [5]);
    for beyond in [
        wrapped(5_000),
        wide(50_000),
        And(vec![wide(200), wide(300)]),
    ] {
        let refused = store.search_users(query(vec![beyond])).await.unwrap_err();
        assert!(
            matches!(refused, StoreError::TooManyConditions),
            "{refused:?}"
        );
    }
    let many = (0..100_000).map(|id| UserId::new(1_000_000 + id));
    let ids = Ids(many.chain([UserId::new(2)]).collect());
    assert_eq!(search(store, vec![ids]).await, [2]);
}

pub(crate) async fn only_readable_users_are_counted(store: &dyn Store) {
    world(store).await;
    let readable = |organizations: &[OrgId], user| Readable::Some {
        organizations: organizations.to_vec(),
        user: UserId::new(user),
    };
    let table: [(Readable, &[i64]); 4] = [
        (readable(&[OTHER_ORG], 1), &[1, 4]),
        (readable(&[], 2), &[2]),
        (readable(&[ORG, OTHER_ORG], 99), &[1, 2, 3, 4, 5]),
        (readable(&[], 99), &[]),
    ];
    for (readable, expected) in table {
        let query = UserQuery {
            readable: readable.clone(),
            ..query(vec![Or(vec![Type(1), Type(2)])])
        };
        let page = store.search_users(query).await.unwrap();
        assert_eq!(ids(&page), expected, "{readable:?}");
        assert_eq!(page.total, expected.len() as u64, "{readable:?}");
    }
}

pub(crate) async fn users_are_sorted(store: &dyn Store) {
    world(store).await;
    let table: [(UserOrder, &[i64]); 9] = [
        (UserOrder::UserName, &[1, 2, 3, 4, 5]),
        (UserOrder::FirstName, &[5, 1, 2, 4, 3]),
        (UserOrder::LastName, &[5, 1, 4, 2, 3]),
        (UserOrder::NickName, &[1, 4, 5, 2, 3]),
        (UserOrder::DisplayName, &[5, 1, 2, 4, 3]),
        (UserOrder::Email, &[5, 1, 2, 3, 4]),
        (UserOrder::State, &[1, 2, 4, 5, 3]),
        (UserOrder::Type, &[1, 2, 3, 4, 5]),
        (UserOrder::CreationDate, &[1, 2, 3, 4, 5]),
    ];
    for (order, expected) in table {
        for ascending in [true, false] {
            let mut seen = Vec::new();
            for offset in 0..=5 {
                let query = UserQuery {
                    order,
                    ascending,
                    offset,
                    limit: 1,
                    ..query(vec![])
                };
                let page = store.search_users(query).await.unwrap();
                assert_eq!(page.total, 5);
                seen.extend(ids(&page));
            }
            let mut expected = expected.to_vec();
            if !ascending {
                expected.reverse();
            }
            assert_eq!(seen, expected, "{order:?}, ascending: {ascending}");
        }
    }
}

pub(crate) async fn removed_users_are_not_found(store: &dyn Store) {
    world(store).await;
    let user = store.user(UserId::new(1)).await.unwrap().unwrap();
    let (_, commit) = change_user(&user, at(20), vec![UserEvent::Removed(Nothing {})]);
    written(store, commit).await;
    assert_eq!(search(store, vec![]).await, [2, 3, 4, 5]);
    assert_eq!(
        search(store, vec![Ids(vec![user.id])]).await,
        Vec::<i64>::new()
    );
    assert_eq!(search(store, vec![State(3)]).await, Vec::<i64>::new());
    assert_eq!(search(store, vec![Not(Box::new(Type(2)))]).await, [2, 3, 4]);
}
