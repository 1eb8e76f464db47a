//! Whatever changes a user is in its events: `verify` makes the rows again and compares.

use bartizan::domain::event::{
    CodeAdded, EmailChanged, MachineChanged, Nothing, PhoneChanged, ProfileChanged, UserEvent,
};
use bartizan::domain::ids::UserId;
use bartizan::domain::time::Span;

use super::{Kept, assert_clean, block_on, raw, verified};
use crate::fixture::{at, change_user, first_start, new_human, new_machine, renamed, written};

fn code(digest: &str) -> CodeAdded {
    CodeAdded {
        expiry: Span::from_seconds(60),
        code_returned: true,
        digest: digest.to_owned(),
    }
}

/// A person and a service user about whom everything was changed.
fn changed() -> Kept {
    let kept = Kept::fresh();
    let of_ann = vec![
        UserEvent::ProfileChanged(ProfileChanged {
            last_name: Some("Amber".to_owned()),
            display_name: Some("Ann Amber".to_owned()),
            nick_name: Some("Änn".to_owned()),
            preferred_language: Some("de".to_owned()),
            gender: Some(1),
            ..ProfileChanged::default()
        }),
        UserEvent::EmailChanged(EmailChanged {
            email: "Ann@Amber.example".to_owned(),
        }),
        UserEvent::EmailCodeAdded(code("e")),
        UserEvent::PhoneChanged(PhoneChanged {
            phone: "+41791234567".to_owned(),
        }),
        UserEvent::PhoneCodeAdded(code("p")),
    ];
    let of_robot = UserEvent::MachineChanged(MachineChanged {
        name: Some("R2".to_owned()),
        description: Some("Cleans".to_owned()),
    });
    block_on(async {
        written(&kept.store, first_start()).await;
        let (ann, commit) = new_human(UserId::new(7), "ann");
        written(&kept.store, commit).await;
        let (robot, commit) = new_machine(UserId::new(8), "robot");
        written(&kept.store, commit).await;
        let (ann, commit) = change_user(&ann, at(1), of_ann);
        written(&kept.store, commit).await;
        written(&kept.store, renamed(&ann, at(2), "amber").1).await;
        let (bob, commit) = new_human(UserId::new(9), "bob");
        written(&kept.store, commit).await;
        let gone = vec![
            UserEvent::PhoneChanged(PhoneChanged {
                phone: "+41791234568".to_owned(),
            }),
            UserEvent::PhoneRemoved(Nothing {}),
        ];
        written(&kept.store, change_user(&bob, at(1), gone).1).await;
        written(&kept.store, change_user(&robot, at(1), vec![of_robot]).1).await;
    });
    kept
}

#[test]
fn a_log_with_every_change_of_a_user_is_whole() {
    let kept = changed();
    assert_eq!(assert_clean(&kept.path()).events, 15);
}

#[test]
fn a_row_that_its_events_did_not_make_is_found() {
    for (sql, found) in [
        (
            "UPDATE users SET username = 'ann' WHERE id = 7",
            "`username`",
        ),
        (
            "UPDATE users SET family_name = 'x' WHERE id = 7",
            "`family_name`",
        ),
        ("UPDATE users SET gender = 2 WHERE id = 7", "`gender`"),
        (
            "UPDATE users SET email_verified = 1 WHERE id = 7",
            "`email_verified`",
        ),
        (
            "UPDATE users SET phone = '+41791234569' WHERE id = 7",
            "`phone`",
        ),
        (
            "UPDATE users SET phone = '+41791234568', phone_verified = 0 WHERE id = 9",
            "`phone`",
        ),
        (
            "UPDATE users SET description = NULL WHERE id = 8",
            "`description`",
        ),
        (
            "INSERT INTO login_names (name, user_id) VALUES ('ann', 7)",
            "cannot have the login name `ann`",
        ),
        (
            "DELETE FROM login_names WHERE user_id = 7",
            "has no login name",
        ),
    ] {
        let kept = changed();
        raw(&kept.path()).execute(sql, []).unwrap();
        let findings = format!("{:?}", verified(&kept.path()).findings);
        assert!(findings.contains(found), "{sql}: {findings}");
    }
}
