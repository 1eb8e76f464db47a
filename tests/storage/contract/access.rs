//! Personal access tokens and memberships.

use bartizan::domain::event::{
    Event, InstanceEvent, MemberRemoved, MemberRoles, Nothing, OrgEvent, PatAdded, PatRemoved,
    UserEvent,
};
use bartizan::domain::ids::{OrgId, PatId, UserId};
use bartizan::domain::permission::Resource;
use bartizan::domain::session::Proof;
use bartizan::ports::Store;

use crate::fixture::{
    ORG, at, change_instance, change_org, change_user, fingerprint, first_start, hash_of,
    new_machine, new_org, written,
};

fn pat(id: i64) -> UserEvent {
    let hash = hash_of(&id.to_string());
    UserEvent::PatAdded(PatAdded {
        token_id: PatId::new(id),
        expiration: at(1_000_000),
        hash_id: fingerprint(&hash),
        hash: Some(hash),
    })
}

fn roles(user: UserId, roles: &[&str]) -> MemberRoles {
    MemberRoles {
        user_id: user.to_string(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
    }
}

fn gone(user: UserId) -> MemberRemoved {
    MemberRemoved {
        user_id: user.to_string(),
    }
}

pub(crate) async fn a_token_is_read_with_its_owner_and_roles(store: &dyn Store) {
    written(store, first_start()).await;
    let (robot, commit) = new_machine(UserId::new(7), "robot");
    written(store, commit).await;
    let (robot, commit) = change_user(&robot, at(1), vec![pat(70)]);
    written(store, commit).await;
    let bearer = store.pat_bearer(PatId::new(70)).await.unwrap().unwrap();
    assert_eq!(bearer.pat.id, PatId::new(70));
    assert_eq!(bearer.pat.user, robot.id);
    assert_eq!(bearer.pat.proof, Proof::Hash(hash_of("70")));
    assert_eq!(
        (bearer.pat.created_at, bearer.pat.expires_at),
        (at(1), at(1_000_000))
    );
    assert_eq!((bearer.user_active, bearer.organization), (true, ORG));
    assert_eq!(bearer.memberships, []);

    let set = Event::Instance(InstanceEvent::MemberAdded(roles(robot.id, &["IAM_OWNER"])));
    change_instance(store, at(2), set).await;
    let set = Event::Org(OrgEvent::MemberAdded(roles(robot.id, &["A B", "\"C\""])));
    change_org(store, ORG, at(2), set).await;
    let bearer = store.pat_bearer(PatId::new(70)).await.unwrap().unwrap();
    let mut memberships = bearer.memberships;
    memberships.sort();
    assert_eq!(
        memberships,
        [
            (Resource::Instance, vec!["IAM_OWNER".to_owned()]),
            (
                Resource::Org(ORG),
                vec!["A B".to_owned(), "\"C\"".to_owned()]
            ),
        ]
    );
    let (_, commit) = change_user(&robot, at(3), vec![UserEvent::Deactivated(Nothing {})]);
    written(store, commit).await;
    let bearer = store.pat_bearer(PatId::new(70)).await.unwrap().unwrap();
    assert!(!bearer.user_active);
    assert_eq!(store.pat_bearer(PatId::new(71)).await.unwrap(), None);
}

pub(crate) async fn a_revoked_token_is_gone(store: &dyn Store) {
    written(store, first_start()).await;
    let (robot, commit) = new_machine(UserId::new(7), "robot");
    written(store, commit).await;
    let (robot, commit) = change_user(&robot, at(1), vec![pat(70), pat(71)]);
    written(store, commit).await;
    let (other, commit) = new_machine(UserId::new(8), "other");
    written(store, commit).await;
    let revoke = |id| {
        UserEvent::PatRemoved(PatRemoved {
            token_id: PatId::new(id),
        })
    };
    let (_, commit) = change_user(&other, at(2), vec![revoke(71)]);
    written(store, commit).await;
    assert!(
        store.pat_bearer(PatId::new(71)).await.unwrap().is_some(),
        "not the other's to revoke"
    );
    let (robot, commit) = change_user(&robot, at(2), vec![revoke(70)]);
    written(store, commit).await;
    assert_eq!(store.pat_bearer(PatId::new(70)).await.unwrap(), None);
    let left = store.pats(robot.id).await.unwrap();
    assert_eq!(
        left.iter().map(|pat| pat.id.key()).collect::<Vec<_>>(),
        [71]
    );
}

pub(crate) async fn tokens_are_listed_oldest_first(store: &dyn Store) {
    written(store, first_start()).await;
    let (robot, commit) = new_machine(UserId::new(7), "robot");
    written(store, commit).await;
    let mut user = robot;
    for (now, id) in [(1, 75), (2, 70), (2, 73), (3, 71)] {
        let (changed, commit) = change_user(&user, at(now), vec![pat(id)]);
        written(store, commit).await;
        user = changed;
    }
    let pats = store.pats(user.id).await.unwrap();
    let ids: Vec<_> = pats.iter().map(|pat| pat.id.key()).collect();
    assert_eq!(ids, [75, 70, 73, 71]);
    assert_eq!(store.pats(UserId::new(8)).await.unwrap(), []);
}

pub(crate) async fn tokens_go_with_their_user(store: &dyn Store) {
    written(store, first_start()).await;
    let (robot, commit) = new_machine(UserId::new(7), "robot");
    written(store, commit).await;
    let (robot, commit) = change_user(&robot, at(1), vec![pat(70), pat(71)]);
    written(store, commit).await;
    let (robot, commit) = change_user(&robot, at(2), vec![UserEvent::Removed(Nothing {})]);
    written(store, commit).await;
    assert_eq!(store.pats(robot.id).await.unwrap(), []);
    assert_eq!(store.pat_bearer(PatId::new(70)).await.unwrap(), None);
}

pub(crate) async fn roles_are_replaced_and_taken(store: &dyn Store) {
    let mut first = first_start();
    first.appends.push(new_org(OrgId::new(5), "other.example"));
    written(store, first).await;
    let (ann, commit) = new_machine(UserId::new(7), "ann");
    written(store, commit).await;
    let (bob, commit) = new_machine(UserId::new(8), "bob");
    written(store, commit).await;
    let on_instance = InstanceEvent::MemberAdded(roles(ann.id, &["IAM_OWNER"]));
    change_instance(store, at(1), Event::Instance(on_instance)).await;
    let on_org = OrgEvent::MemberAdded(roles(ann.id, &["ORG_OWNER"]));
    change_org(store, OrgId::new(5), at(2), Event::Org(on_org)).await;
    let bobs = OrgEvent::MemberAdded(roles(bob.id, &["ORG_OWNER"]));
    change_org(store, ORG, at(3), Event::Org(bobs)).await;
    let replaced = OrgEvent::MemberChanged(roles(ann.id, &["ORG_USER_MANAGER"]));
    change_org(store, OrgId::new(5), at(4), Event::Org(replaced)).await;

    let of_ann = store.members(Some(ann.id)).await.unwrap();
    let seen: Vec<_> = of_ann
        .iter()
        .map(|member| (member.resource, member.roles.join(" ")))
        .collect();
    assert_eq!(
        seen,
        [
            (Resource::Instance, "IAM_OWNER".to_owned()),
            (Resource::Org(OrgId::new(5)), "ORG_USER_MANAGER".to_owned()),
        ]
    );
    assert_eq!((of_ann[1].created_at, of_ann[1].changed_at), (at(2), at(4)));
    assert_eq!(store.members(None).await.unwrap().len(), 3);

    let taken = InstanceEvent::MemberRemoved(gone(ann.id));
    change_instance(store, at(5), Event::Instance(taken)).await;
    let taken = OrgEvent::MemberCascadeRemoved(gone(bob.id));
    change_org(store, ORG, at(5), Event::Org(taken)).await;
    let left = store.members(None).await.unwrap();
    assert_eq!(left, of_ann[1..]);
    assert_eq!(store.members(Some(bob.id)).await.unwrap(), []);
}
