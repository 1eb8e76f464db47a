//! Rows of users and organisations, login names, and names that nobody has.

use bartizan::domain::event::{
    CodeAdded, EmailChanged, HashUpdated, HumanAdded, MachineAdded, MachineChanged, Nothing,
    PasswordChanged, PhoneChanged, ProfileChanged, UserEvent, UserMetadataSet,
};
use bartizan::domain::ids::{OrgId, Sequence, UserId, given_user_key};
use bartizan::domain::time::Span;
use bartizan::domain::user::{Failures, User, UserState};
use bartizan::ports::{Commit, Store, StoreError};

use crate::fixture::{
    INSTANCE, ORG, at, change_user, fingerprint, first_start, hash_of, human_added, new_human,
    new_machine, new_org, new_session, new_user, renamed, tied_to, written,
};

/// A person about whom everything is known.
fn full_human() -> HumanAdded {
    HumanAdded {
        given_id: Some("my-own-id".to_owned()),
        nick_name: Some("\u{c4}nnchen".to_owned()),
        preferred_language: Some("de-CH".to_owned()),
        gender: 1,
        phone: Some("+41791234567".to_owned()),
        change_required: true,
        ..human_added("ann")
    }
}

fn code(digest: &str) -> CodeAdded {
    CodeAdded {
        expiry: Span::from_seconds(60),
        code_returned: false,
        digest: digest.to_owned(),
    }
}

pub(crate) async fn a_person_is_read_back_as_it_was_written(store: &dyn Store) {
    written(store, first_start()).await;
    let id = given_user_key("my-own-id");
    let (mut user, commit) = new_user(id, at(0), vec![UserEvent::HumanAdded(full_human())]);
    written(store, commit).await;
    let hash = hash_of("second");
    let steps = [
        UserEvent::EmailCodeAdded(code("e")),
        UserEvent::PhoneCodeAdded(code("p")),
        UserEvent::PasswordCheckFailed(Nothing {}),
        UserEvent::PasswordCheckFailed(Nothing {}),
        UserEvent::EmailVerified(Nothing {}),
        UserEvent::PhoneVerified(Nothing {}),
        UserEvent::PasswordHashUpdated(HashUpdated {
            hash_id: fingerprint(&hash),
            hash: Some(hash.clone()),
        }),
        UserEvent::PasswordChanged(PasswordChanged {
            hash_id: fingerprint(&hash),
            change_required: false,
            hash: Some(hash),
        }),
        UserEvent::ProfileChanged(ProfileChanged {
            first_name: Some("Anna".to_owned()),
            last_name: Some("Amber".to_owned()),
            nick_name: Some(String::new()),
            display_name: Some("A. A.".to_owned()),
            preferred_language: Some(String::new()),
            gender: Some(3),
        }),
        UserEvent::EmailChanged(EmailChanged {
            email: "Anna@mail.example".to_owned(),
        }),
        UserEvent::EmailCodeAdded(code("e2")),
        UserEvent::PhoneChanged(PhoneChanged {
            phone: "+41791234568".to_owned(),
        }),
        UserEvent::PhoneCodeAdded(code("p2")),
        UserEvent::PhoneRemoved(Nothing {}),
        UserEvent::Locked(Nothing {}),
        UserEvent::Unlocked(Nothing {}),
        UserEvent::Deactivated(Nothing {}),
        UserEvent::Reactivated(Nothing {}),
        UserEvent::MetadataSet(UserMetadataSet {
            key: "k".to_owned(),
            value: "dg==".to_owned(),
        }),
        UserEvent::Removed(Nothing {}),
    ];
    assert_eq!(store.user(id).await.unwrap().as_ref(), Some(&user));
    for (micros, event) in (1..).zip(steps) {
        let (changed, commit) = change_user(&user, at(micros), vec![event]);
        written(store, commit).await;
        user = changed;
        assert_eq!(store.user(id).await.unwrap().as_ref(), Some(&user));
    }
    let bare = HumanAdded {
        hash_id: None,
        hash: None,
        ..human_added("bare")
    };
    let (bare, commit) = new_user(UserId::new(8), at(0), vec![UserEvent::HumanAdded(bare)]);
    written(store, commit).await;
    assert_eq!(store.user(bare.id).await.unwrap(), Some(bare));
    assert_eq!(store.user(UserId::new(99)).await.unwrap(), None);
}

pub(crate) async fn a_service_user_is_read_back_as_it_was_written(store: &dyn Store) {
    written(store, first_start()).await;
    let added = MachineAdded {
        user_name: "robot".to_owned(),
        name: "Robot".to_owned(),
        description: Some("does things".to_owned()),
        ..MachineAdded::default()
    };
    let (user, commit) = new_user(UserId::new(7), at(0), vec![UserEvent::MachineAdded(added)]);
    written(store, commit).await;
    assert_eq!(store.user(user.id).await.unwrap().as_ref(), Some(&user));
    let view = store.user_view(user.id).await.unwrap().unwrap();
    assert_eq!(
        (view.user, view.org_domain.as_str()),
        (user.clone(), "acme.example")
    );
    assert_eq!(store.user_view(UserId::new(8)).await.unwrap(), None);
    let changed = UserEvent::MachineChanged(MachineChanged {
        name: Some("Other".to_owned()),
        description: Some(String::new()),
    });
    let (user, commit) = change_user(&user, at(1), vec![changed]);
    written(store, commit).await;
    assert_eq!(store.user(user.id).await.unwrap(), Some(user));
}

pub(crate) async fn a_user_is_found_by_login_name(store: &dyn Store) {
    written(store, first_start()).await;
    let (user, mut commit) = new_human(UserId::new(7), "ann");
    commit
        .login_names
        .push((user.id, "ann@acme.example".to_owned()));
    written(store, commit).await;
    for name in ["ann", "ann@acme.example"] {
        assert_eq!(
            store.user_by_login_name(name).await.unwrap().as_ref(),
            Some(&user)
        );
    }
    for name in ["Ann", "an", "ann%", ""] {
        assert_eq!(
            store.user_by_login_name(name).await.unwrap(),
            None,
            "{name}"
        );
    }
}

pub(crate) async fn a_login_name_belongs_to_one_user(store: &dyn Store) {
    written(store, first_start()).await;
    let (ann, commit) = new_human(UserId::new(7), "ann");
    written(store, commit).await;
    let (other, mut commit) = new_human(UserId::new(8), "bob");
    commit.login_names.push((other.id, "ann".to_owned()));
    let refused = store.commit(commit.clone()).await.unwrap_err();
    assert!(matches!(refused, StoreError::NameTaken));
    assert_eq!(store.user(other.id).await.unwrap(), None);
    assert_eq!(store.user_by_login_name("bob").await.unwrap(), None);

    commit.login_names = vec![
        (other.id, "new".to_owned()),
        (UserId::new(9), "new".to_owned()),
    ];
    let refused = store.commit(commit).await.unwrap_err();
    assert!(
        matches!(refused, StoreError::NameTaken),
        "twice in one commit"
    );

    let (_, mut commit) = change_user(&ann, at(1), vec![UserEvent::EmailVerified(Nothing {})]);
    commit.login_names = vec![(ann.id, "ann".to_owned()), (ann.id, "ann2".to_owned())];
    written(store, commit).await;
    let found = store.user_by_login_name("ann2").await.unwrap();
    assert_eq!(found.map(|user| user.id), Some(ann.id));
}

pub(crate) async fn another_username_frees_the_old_login_name(store: &dyn Store) {
    written(store, first_start()).await;
    let (ann, mut commit) = new_human(UserId::new(7), "ann");
    commit
        .login_names
        .push((ann.id, "ann@acme.example".to_owned()));
    written(store, commit).await;
    let (bob, commit) = new_human(UserId::new(8), "bob");
    written(store, commit).await;

    let (_, taken) = renamed(&ann, at(1), "bob");
    let refused = store.commit(taken).await.unwrap_err();
    assert!(matches!(refused, StoreError::NameTaken));
    assert_eq!(
        store.user_by_login_name("ann").await.unwrap(),
        Some(ann.clone())
    );

    let (ann, commit) = renamed(&ann, at(1), "Anna");
    written(store, commit).await;
    assert_eq!(ann.username, "Anna");
    assert_eq!(
        store.user_by_login_name("anna").await.unwrap().as_ref(),
        Some(&ann)
    );
    for free in ["ann", "ann@acme.example"] {
        assert_eq!(
            store.user_by_login_name(free).await.unwrap(),
            None,
            "{free}"
        );
    }
    let (bob, commit) = renamed(&bob, at(2), "ann");
    written(store, commit).await;
    assert_eq!(store.user_by_login_name("ann").await.unwrap(), Some(bob));
    // Another way to write the same name is no other name.
    let (ann, commit) = renamed(&ann, at(3), "ANNA");
    written(store, commit).await;
    assert_eq!(store.user_by_login_name("anna").await.unwrap(), Some(ann));
}

pub(crate) async fn a_user_who_is_not_active_is_refused(store: &dyn Store) {
    written(store, first_start()).await;
    let (ann, commit) = new_human(UserId::new(7), "ann");
    written(store, commit).await;
    let (_, for_nobody) = new_session(
        1,
        at(1),
        &tied_to(&User {
            id: UserId::new(99),
            ..ann.clone()
        }),
    );
    let refused = store.commit(for_nobody).await.unwrap_err();
    assert!(matches!(refused, StoreError::UserNotActive(user) if user == UserId::new(99)));

    let mut user = ann;
    let steps = [
        (UserEvent::Locked(Nothing {}), UserState::Locked),
        (UserEvent::Unlocked(Nothing {}), UserState::Active),
        (UserEvent::Deactivated(Nothing {}), UserState::Inactive),
        (UserEvent::Reactivated(Nothing {}), UserState::Active),
        (UserEvent::Removed(Nothing {}), UserState::Removed),
    ];
    for (number, (event, state)) in (1..).zip(steps) {
        let (changed, commit) = change_user(&user, at(number), vec![event]);
        written(store, commit).await;
        user = changed;
        let (session, commit) = new_session(number, at(number), &tied_to(&user));
        let answer = store.commit(commit).await;
        if state == UserState::Active {
            answer.unwrap();
        } else {
            assert!(
                matches!(answer, Err(StoreError::UserNotActive(_))),
                "{state:?}"
            );
            assert_eq!(store.session(session.id).await.unwrap(), None);
        }
    }
}

pub(crate) async fn a_removed_user_leaves_its_names(store: &dyn Store) {
    written(store, first_start()).await;
    let (ann, commit) = new_human(UserId::new(7), "ann");
    written(store, commit).await;
    let (removed, commit) = change_user(&ann, at(1), vec![UserEvent::Removed(Nothing {})]);
    written(store, commit).await;
    assert_eq!(store.user(ann.id).await.unwrap(), Some(removed));
    assert_eq!(store.user_by_login_name("ann").await.unwrap(), None);
    let (again, commit) = new_machine(UserId::new(8), "ann");
    written(store, commit).await;
    assert_eq!(store.user_by_login_name("ann").await.unwrap(), Some(again));
}

pub(crate) async fn failures_of_unknown_names_are_counted(store: &dyn Store) {
    let (one, other) = ([1; 16], [2; 16]);
    assert_eq!(
        store.unknown_failures(one).await.unwrap(),
        Failures::default()
    );
    for count in 1..=3 {
        let now = at(i64::from(count));
        let expected = Failures {
            count,
            last_at: Some(now),
        };
        assert_eq!(
            store.count_unknown(one, now, at(0)).await.unwrap(),
            expected
        );
        assert_eq!(store.unknown_failures(one).await.unwrap(), expected);
    }
    assert_eq!(
        store.unknown_failures(other).await.unwrap(),
        Failures::default()
    );
    let counted = store.count_unknown(other, at(10), at(4)).await.unwrap();
    assert_eq!(counted.count, 1);
    assert_eq!(
        store.unknown_failures(one).await.unwrap(),
        Failures::default()
    );
    assert_eq!(
        store.count_unknown(one, at(11), at(4)).await.unwrap().count,
        1
    );
}

pub(crate) async fn organizations_are_read_back(store: &dyn Store) {
    assert_eq!(store.instance().await.unwrap(), None);
    assert_eq!(store.org(ORG).await.unwrap(), None);
    written(store, first_start()).await;
    let other = new_org(OrgId::new(5), "other.example");
    written(store, Commit::new(at(0), UserId::SYSTEM, vec![other])).await;
    let instance = store.instance().await.unwrap().unwrap();
    assert_eq!(
        (instance.id, instance.sequence),
        (INSTANCE, Sequence::new(1))
    );
    let org = store.org(ORG).await.unwrap().unwrap();
    assert_eq!(
        (org.primary_domain.as_str(), org.sequence),
        ("acme.example", Sequence::new(2))
    );
    let found = store.org_by_domain("other.example").await.unwrap().unwrap();
    assert_eq!(found.id, OrgId::new(5));
    for domain in ["Other.example", "nobody.example", ""] {
        assert_eq!(store.org_by_domain(domain).await.unwrap(), None, "{domain}");
    }
}
