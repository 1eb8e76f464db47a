//! Whatever changes a user is in its events: `verify` makes the rows again and compares.

use bartizan::domain::event::{
    CodeAdded, EmailChanged, InviteCodeAdded, MachineChanged, Nothing, PhoneChanged,
    ProfileChanged, TotpAdded, TotpCheckSucceeded, UserEvent,
};
use bartizan::domain::ids::UserId;
use bartizan::domain::secret::{HashText, SealedSecret};
use bartizan::domain::session::Changes;
use bartizan::domain::time::Span;

use bartizan::ports::Store as _;

use super::{Kept, assert_clean, block_on, raw, verified};
use crate::fixture::{
    at, change_user, fingerprint, first_start, new_human, new_machine, new_session, renamed,
    tied_to, written,
};

fn code(digest: &str) -> CodeAdded {
    CodeAdded {
        expiry: Span::from_seconds(60),
        code_returned: true,
        digest: digest.to_owned(),
    }
}

fn totp_added(secret: &str) -> UserEvent {
    let secret = SealedSecret::new(secret);
    UserEvent::TotpAdded(TotpAdded {
        secret_id: fingerprint(&HashText::new(secret.as_str())),
        secret: Some(secret),
    })
}

/// An authenticator app that was replaced, verified, used and failed, and one that was removed.
fn with_apps() -> Kept {
    let kept = Kept::fresh();
    let of_ann = vec![
        totp_added("x1.first"),
        totp_added("x1.second"),
        UserEvent::TotpVerified(Nothing {}),
        UserEvent::TotpCheckFailed(Nothing {}),
        UserEvent::TotpCheckSucceeded(TotpCheckSucceeded { step: 59_847_601 }),
        UserEvent::TotpCheckFailed(Nothing {}),
    ];
    let of_bob = vec![
        totp_added("x1.third"),
        UserEvent::TotpVerified(Nothing {}),
        UserEvent::TotpRemoved(Nothing {}),
    ];
    block_on(async {
        written(&kept.store, first_start()).await;
        let (ann, commit) = new_human(UserId::new(7), "ann");
        written(&kept.store, commit).await;
        let (ann, commit) = change_user(&ann, at(1), of_ann);
        written(&kept.store, commit).await;
        let (bob, commit) = new_human(UserId::new(8), "bob");
        written(&kept.store, commit).await;
        let (bob, commit) = change_user(&bob, at(1), of_bob);
        written(&kept.store, commit).await;
        let proven = Changes {
            totp: true,
            ..tied_to(&ann)
        };
        let (session, commit) = new_session(70, at(2), &proven);
        written(&kept.store, commit).await;
        for user in [ann, bob] {
            assert_eq!(kept.store.user(user.id).await.unwrap(), Some(user));
        }
        assert_eq!(session.factors.totp, Some(at(2)));
        let found = kept.store.session(session.id).await.unwrap();
        assert_eq!(found, Some(session));
    });
    kept
}

#[test]
fn authenticator_apps_come_back_as_they_were_and_as_their_events_say() {
    let kept = with_apps();
    assert_eq!(assert_clean(&kept.path()).events, 18);
    let payloads: String = raw(&kept.path())
        .query_row("SELECT group_concat(payload) FROM events", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert!(payloads.contains("secretID"), "{payloads}");
    assert!(!payloads.contains("x1."), "{payloads}");
}

#[test]
fn what_was_slipped_into_an_authenticator_app_is_found() {
    for (sql, found) in [
        (
            "UPDATE users SET totp_secret = 'x1.first' WHERE id = 7",
            "`totp_secret`",
        ),
        (
            "UPDATE users SET totp_ready = 0 WHERE id = 7",
            "`totp_ready and totp_step`",
        ),
        (
            "UPDATE users SET totp_step = 1 WHERE id = 7",
            "`totp_ready and totp_step`",
        ),
        (
            "UPDATE users SET totp_step = NULL WHERE id = 7",
            "`totp_ready and totp_step`",
        ),
        (
            "UPDATE users SET otp_failures = 0 WHERE id = 7",
            "`otp_failures`",
        ),
        (
            "UPDATE users SET otp_failed_at = NULL WHERE id = 7",
            "`otp_failed_at`",
        ),
        (
            "UPDATE users SET totp_secret = 'x1.third', totp_ready = 1 WHERE id = 8",
            "`totp_secret`",
        ),
        ("UPDATE users SET totp_ready = 1 WHERE id = 8", "totp_ready"),
        ("UPDATE users SET totp_step = -1 WHERE id = 7", "totp_step"),
        (
            "UPDATE sessions SET totp_checked_at = NULL",
            "`totp_checked_at`",
        ),
    ] {
        let kept = with_apps();
        raw(&kept.path()).execute(sql, []).unwrap();
        let findings = format!("{:?}", verified(&kept.path()).findings);
        assert!(findings.contains(found), "{sql}: {findings}");
    }
}

/// Somebody with every kind of code and wrong ones, and somebody whose codes are void.
fn with_codes() -> Kept {
    let kept = Kept::fresh();
    let invite = |digest: &str| {
        UserEvent::InviteCodeAdded(InviteCodeAdded {
            expiry: Span::from_seconds(60),
            code_returned: true,
            digest: digest.to_owned(),
            url_template: Some("https://login.example/{{.Code}}".to_owned()),
            application_name: None,
        })
    };
    let of_ann = vec![
        UserEvent::PasswordCodeAdded(code("first")),
        UserEvent::PasswordCodeFailed(Nothing {}),
        UserEvent::PasswordCodeAdded(code("second")),
        invite("third"),
        UserEvent::InviteCheckFailed(Nothing {}),
        UserEvent::MfaInitSkipped(Nothing {}),
    ];
    let of_bob = vec![
        UserEvent::PasswordCodeAdded(code("first")),
        invite("second"),
        UserEvent::EmailVerificationFailed(Nothing {}),
        UserEvent::Locked(Nothing {}),
        UserEvent::Unlocked(Nothing {}),
        UserEvent::EmailChanged(EmailChanged {
            email: "bob@other.example".to_owned(),
        }),
    ];
    block_on(async {
        written(&kept.store, first_start()).await;
        for (id, name, events) in [(7, "ann", of_ann), (8, "bob", of_bob)] {
            let (user, commit) = new_human(UserId::new(id), name);
            written(&kept.store, commit).await;
            let (user, commit) = change_user(&user, at(1), events);
            written(&kept.store, commit).await;
            assert_eq!(kept.store.user(user.id).await.unwrap(), Some(user));
        }
    });
    kept
}

#[test]
fn codes_come_back_as_they_were_and_as_their_events_say() {
    let kept = with_codes();
    assert_eq!(assert_clean(&kept.path()).events, 17);
}

#[test]
fn what_was_slipped_into_a_code_is_found() {
    for (sql, found) in [
        (
            "UPDATE users SET password_code_digest = 'first' WHERE id = 7",
            "`password_code`",
        ),
        (
            "UPDATE users SET password_code_expires_at = password_code_expires_at + 1 WHERE id = 7",
            "`password_code`",
        ),
        (
            "UPDATE users SET password_code_digest = NULL WHERE id = 7",
            "password_code_expires_at",
        ),
        (
            "UPDATE users SET password_code_digest = 'first', password_code_expires_at = 1 WHERE id = 8",
            "`password_code`",
        ),
        (
            "UPDATE users SET invite_code_digest = 'first' WHERE id = 7",
            "`invite`",
        ),
        (
            "UPDATE users SET invite_returned = 0 WHERE id = 7",
            "`invite`",
        ),
        (
            "UPDATE users SET invite_returned = NULL WHERE id = 7",
            "invite_returned",
        ),
        (
            "UPDATE users SET invite_url_template = NULL WHERE id = 7",
            "`invite`",
        ),
        (
            "UPDATE users SET invite_application = 'App' WHERE id = 8",
            "invite_application",
        ),
        (
            "UPDATE users SET code_failures = 0 WHERE id = 7",
            "`code_failures`",
        ),
        (
            "UPDATE users SET code_failed_at = NULL WHERE id = 7",
            "`code_failed_at`",
        ),
        (
            "UPDATE users SET code_failures = 1 WHERE id = 8",
            "`code_failures`",
        ),
        (
            "UPDATE users SET mfa_init_skipped_at = NULL WHERE id = 7",
            "`mfa_init_skipped_at`",
        ),
    ] {
        let kept = with_codes();
        raw(&kept.path()).execute(sql, []).unwrap();
        let findings = format!("{:?}", verified(&kept.path()).findings);
        assert!(findings.contains(found), "{sql}: {findings}");
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
