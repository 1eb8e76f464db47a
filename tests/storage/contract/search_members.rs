//! Searching memberships.

use bartizan::domain::event::{Event, InstanceEvent, MemberRoles, OrgEvent};
use bartizan::domain::ids::{OrgId, UserId};
use bartizan::domain::permission::Resource;
use bartizan::ports::{
    Comparison, MemberFilter, MemberOrder, MemberQuery, MemberText, Orgs, ReadableMembers, Store,
    StoreError, TextMatch, TextMethod,
};

use crate::fixture::{
    ORG, at, change_instance, change_org, first_start, new_human, new_machine, new_org, owned_by,
    written,
};

use MemberFilter::{
    And, ChangedAt, CreatedAt, Never, Not, Or, Resource as On, Role, UserOrganization, Users,
};

const OTHER_ORG: OrgId = OrgId::new(5);
const ANN: UserId = UserId::new(1);
const BOB: UserId = UserId::new(2);
const ROBOT: UserId = UserId::new(3);

/// `ann` on the instance at 11 and on the other organisation at 12, `bob` on the default one at 13,
/// changed at 20; `robot`, of the other organisation, on it at 14.
async fn world(store: &dyn Store) {
    let mut first = first_start();
    first.appends.push(new_org(OTHER_ORG, "other.example"));
    written(store, first).await;
    for (id, name) in [(ANN, "ann"), (BOB, "bob")] {
        let (_, commit) = new_human(id, name);
        written(store, commit).await;
    }
    let (robot, commit) = new_machine(ROBOT, "robot");
    written(store, owned_by(OTHER_ORG, &robot, commit)).await;
    let roles = |user: UserId, roles: &[&str]| MemberRoles {
        user_id: user.to_string(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
    };
    let set = InstanceEvent::MemberAdded(roles(ANN, &["IAM_OWNER", "X"]));
    change_instance(store, at(11), Event::Instance(set)).await;
    for (org, moment, user, names) in [
        (OTHER_ORG, 12, ANN, &["ORG_OWNER"][..]),
        (ORG, 13, BOB, &["ORG_OWNER"]),
        (OTHER_ORG, 14, ROBOT, &["X"]),
    ] {
        let set = OrgEvent::MemberAdded(roles(user, names));
        change_org(store, org, at(moment), Event::Org(set)).await;
    }
    let set = OrgEvent::MemberChanged(roles(BOB, &["ORG_OWNER", "X"]));
    change_org(store, ORG, at(20), Event::Org(set)).await;
}

fn query(filters: Vec<MemberFilter>) -> MemberQuery {
    MemberQuery {
        readable: ReadableMembers {
            instance: true,
            organizations: Orgs::All,
            user: UserId::new(99),
        },
        filters,
        order: MemberOrder::CreationDate,
        ascending: true,
        offset: 0,
        limit: 1_000,
        login_name_includes_domain: false,
    }
}

/// Users and the places of their roles: 0 for the instance.
async fn search(store: &dyn Store, query: MemberQuery) -> Vec<(i64, i64)> {
    let page = store.search_members(query).await.unwrap();
    page.members
        .iter()
        .map(|view| {
            let place = match view.member.resource {
                Resource::Instance => 0,
                Resource::Org(id) => id.key(),
            };
            (view.member.user.key(), place)
        })
        .collect()
}

fn text(field: MemberText, value: &str) -> MemberFilter {
    let wanted = TextMatch {
        method: TextMethod::Contains,
        ignore_case: true,
        value: value.to_owned(),
    };
    MemberFilter::Text(field, wanted)
}

pub(crate) async fn every_filter_selects(store: &dyn Store) {
    world(store).await;
    let (other, org) = (OTHER_ORG.key(), ORG.key());
    let role = |name: &str| Role(name.to_owned());
    let all = [(1, 0), (1, other), (2, org), (3, other)];
    for (filter, expected) in [
        (CreatedAt(Comparison::Equals, at(12)), &all[1..2]),
        (CreatedAt(Comparison::Greater, at(12)), &all[2..]),
        (CreatedAt(Comparison::GreaterOrEquals, at(12)), &all[1..]),
        (CreatedAt(Comparison::Less, at(12)), &all[..1]),
        (CreatedAt(Comparison::LessOrEquals, at(12)), &all[..2]),
        (ChangedAt(Comparison::Equals, at(20)), &all[2..3]),
        (Users(vec![ANN]), &all[..2]),
        (Users(vec![]), &[]),
        (UserOrganization(OTHER_ORG), &all[3..]),
        (text(MemberText::LoginName, "BO"), &all[2..]),
        (text(MemberText::LoginName, "nobody"), &[]),
        (On(Resource::Instance), &all[..1]),
        (On(Resource::Org(ORG)), &all[2..3]),
        (role("ORG_OWNER"), &all[1..3]),
        (role("OWNER"), &[]),
        (
            Or(vec![On(Resource::Instance), UserOrganization(OTHER_ORG)]),
            &[all[0], all[3]],
        ),
        (Or(vec![]), &[]),
        (And(vec![Users(vec![ANN]), role("X")]), &all[..1]),
        (And(vec![]), &all),
        (Not(Box::new(role("X"))), &all[1..2]),
        (Never, &[]),
    ] {
        let shown = format!("{filter:?}");
        let page = store
            .search_members(query(vec![filter.clone()]))
            .await
            .unwrap();
        assert_eq!(page.total, expected.len() as u64, "{shown}");
        assert_eq!(
            search(store, query(vec![filter])).await,
            expected,
            "{shown}"
        );
    }
}

pub(crate) async fn members_are_shown_with_their_names(store: &dyn Store) {
    world(store).await;
    let page = store.search_members(query(vec![])).await.unwrap();
    let names: Vec<_> = page
        .members
        .iter()
        .map(|view| (view.username.as_str(), view.organization))
        .collect();
    let expected = [
        ("ann", ORG),
        ("ann", ORG),
        ("bob", ORG),
        ("robot", OTHER_ORG),
    ];
    assert_eq!(names, expected);
    assert!(
        page.members
            .iter()
            .all(|view| !view.display_name.is_empty())
    );
    assert_eq!(page.members[0].resource_name, "");
    let other = store.org(OTHER_ORG).await.unwrap().unwrap();
    assert_eq!(page.members[1].resource_name, other.name);
    assert_eq!(page.members[3].org_domain, "other.example");
    let mut with_domain = query(vec![text(MemberText::LoginName, "@other.example")]);
    assert_eq!(search(store, with_domain.clone()).await, []);
    with_domain.login_name_includes_domain = true;
    assert_eq!(search(store, with_domain).await, [(3, OTHER_ORG.key())]);
}

pub(crate) async fn only_readable_members_are_counted(store: &dyn Store) {
    world(store).await;
    let (other, org) = (OTHER_ORG.key(), ORG.key());
    for (instance, organizations, user, expected) in [
        (false, Orgs::Some(vec![]), 99, &[][..]),
        (false, Orgs::Some(vec![]), 1, &[(1, 0), (1, other)]),
        (true, Orgs::Some(vec![]), 99, &[(1, 0)]),
        (false, Orgs::Some(vec![ORG]), 3, &[(2, org), (3, other)]),
        (false, Orgs::All, 99, &[(1, other), (2, org), (3, other)]),
    ] {
        let query = MemberQuery {
            readable: ReadableMembers {
                instance,
                organizations,
                user: UserId::new(user),
            },
            ..query(vec![])
        };
        let page = store.search_members(query.clone()).await.unwrap();
        assert_eq!(page.total, expected.len() as u64);
        assert_eq!(search(store, query).await, expected);
    }
}

pub(crate) async fn members_are_sorted_and_paged(store: &dyn Store) {
    world(store).await;
    for (order, ascending, offset, limit, expected) in [
        (MemberOrder::CreationDate, false, 0, 9, &[3, 2, 1, 1][..]),
        (MemberOrder::ChangeDate, true, 0, 9, &[1, 1, 3, 2]),
        (MemberOrder::User, false, 0, 9, &[3, 2, 1, 1]),
        (MemberOrder::User, true, 1, 2, &[1, 2]),
        (MemberOrder::User, true, u64::MAX, 9, &[]),
        (MemberOrder::User, true, 0, 0, &[]),
    ] {
        let query = MemberQuery {
            order,
            ascending,
            offset,
            limit,
            ..query(vec![])
        };
        let page = store.search_members(query.clone()).await.unwrap();
        assert_eq!(page.total, 4);
        let users: Vec<_> = search(store, query).await.iter().map(|row| row.0).collect();
        assert_eq!(users, expected, "{order:?} {ascending}");
    }
}

pub(crate) async fn nesting_has_an_end(store: &dyn Store) {
    world(store).await;
    let deep = |levels: usize| (0..levels).fold(Never, |filter, _| Not(Box::new(filter)));
    assert_eq!(search(store, query(vec![deep(21)])).await.len(), 4);
    let refused = store.search_members(query(vec![deep(100)])).await;
    assert!(
        matches!(refused, Err(StoreError::TooManyConditions)),
        "{refused:?}"
    );
}
