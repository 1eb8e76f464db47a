//! Passkeys and security keys come back as they were, and `verify` makes them again.

use bartizan::domain::event::{
    Nothing, PasskeyCodeAdded, PasskeyCodeChecked, UserEvent, WebAuthnAdded, WebAuthnRemoved,
    WebAuthnSigned, WebAuthnVerified,
};
use bartizan::domain::ids::{PasskeyCodeId, UserId, WebAuthnKeyId};
use bartizan::domain::session::{Changes, WebAuthnFactor, WebAuthnProven};
use bartizan::domain::time::Span;
use bartizan::domain::user::KeyState;
use bartizan::domain::webauthn::{KeyKind, UserVerification, WebAuthnChallenge};
use bartizan::ports::Store as _;

use super::{Kept, assert_clean, block_on, raw, verified};
use crate::fixture::{
    at, change_session, change_user, first_start, new_human, new_session, tied_to, written,
};

fn added(key: i64) -> WebAuthnAdded {
    WebAuthnAdded {
        key: WebAuthnKeyId::new(key),
        challenge: format!("challenge-{key}"),
        rp_id: "login.example.com".to_owned(),
        opened_by: (key % 2 == 0).then_some(UserId::new(9)),
    }
}

fn made(key: i64) -> WebAuthnVerified {
    WebAuthnVerified {
        key: WebAuthnKeyId::new(key),
        key_id: format!("credential-{key}"),
        public_key: format!("public-{key}"),
        name: "a \"quoted\" \u{1f511}".to_owned(),
        sign_count: 3,
    }
}

fn signed(key: i64) -> WebAuthnSigned {
    WebAuthnSigned {
        key: WebAuthnKeyId::new(key),
        sign_count: u32::MAX,
    }
}

fn removed(key: i64) -> WebAuthnRemoved {
    WebAuthnRemoved {
        key: WebAuthnKeyId::new(key),
    }
}

fn code(id: i64) -> PasskeyCodeAdded {
    PasskeyCodeAdded {
        id: PasskeyCodeId::new(id),
        expiry: Span::from_seconds(3_600),
        digest: format!("digest-{id}"),
    }
}

fn checked(id: i64) -> PasskeyCodeChecked {
    PasskeyCodeChecked {
        id: PasskeyCodeId::new(id),
    }
}

/// Everything that can happen to keys and codes, each of them being left in some state.
pub(super) fn key_events() -> Vec<UserEvent> {
    vec![
        UserEvent::PasskeyCodeAdded(code(61)),
        UserEvent::PasskeyCodeRequested(code(62)),
        UserEvent::PasskeyCodeCheckFailed(checked(62)),
        UserEvent::PasskeyAdded(added(71)),
        UserEvent::PasskeyCodeCheckSucceeded(checked(61)),
        UserEvent::PasskeyVerified(made(71)),
        UserEvent::PasskeyCheckSucceeded(signed(71)),
        UserEvent::PasskeyAdded(added(72)),
        UserEvent::PasskeyAdded(added(73)),
        UserEvent::PasskeyRemoved(removed(73)),
        UserEvent::U2fAdded(added(81)),
        UserEvent::U2fVerified(made(81)),
        UserEvent::U2fCheckSucceeded(signed(81)),
        UserEvent::U2fAdded(added(82)),
        UserEvent::U2fVerified(made(82)),
        UserEvent::U2fRemoved(removed(82)),
    ]
}

/// A signature.
pub(super) const fn proven(kind: KeyKind) -> WebAuthnProven {
    WebAuthnProven {
        kind,
        key: WebAuthnKeyId::new(71),
        sign_count: 4,
        user_verified: matches!(kind, KeyKind::Passkey),
    }
}

/// A challenge that waits.
pub(super) fn challenge() -> WebAuthnChallenge {
    WebAuthnChallenge {
        challenge: "challenge".to_owned(),
        allowed: vec!["credential-71".to_owned(), "another".to_owned()],
        user_verification: UserVerification::Preferred,
        rp_id: "login.example.com".to_owned(),
    }
}

/// A person with keys, one who is gone, and sessions that have asked and proven.
fn with_keys() -> Kept {
    let kept = Kept::fresh();
    block_on(async {
        written(&kept.store, first_start()).await;
        let (ann, commit) = new_human(UserId::new(7), "ann");
        written(&kept.store, commit).await;
        let (ann, commit) = change_user(&ann, at(1), key_events());
        written(&kept.store, commit).await;
        let (bob, commit) = new_human(UserId::new(8), "bob");
        written(&kept.store, commit).await;
        let (bob, commit) = change_user(&bob, at(1), key_events());
        written(&kept.store, commit).await;
        let (bob, commit) = change_user(&bob, at(2), vec![UserEvent::Removed(Nothing {})]);
        written(&kept.store, commit).await;
        for user in [&ann, &bob] {
            assert_eq!(kept.store.user(user.id).await.unwrap().as_ref(), Some(user));
        }
        let keys = &ann.human().unwrap().web_auth_n;
        let ready = |key: i64| {
            let found = keys.keys.iter().find(|found| found.id.key() == key);
            found.map(|key| matches!(key.state, KeyState::Ready(_)))
        };
        assert_eq!(
            [71, 72, 73, 81, 82].map(ready),
            [Some(true), Some(false), None, Some(true), None]
        );
        assert!(bob.human().unwrap().web_auth_n.is_empty());

        let asked = Changes {
            web_auth_n_challenge: Some(challenge()),
            ..tied_to(&ann)
        };
        let (waiting, commit) = new_session(70, at(2), &asked);
        written(&kept.store, commit).await;
        assert_eq!(waiting.web_auth_n_challenge, Some(challenge()));
        let (session, commit) = new_session(71, at(2), &asked);
        written(&kept.store, commit).await;
        let answered = Changes {
            web_auth_n: Some(proven(KeyKind::Passkey)),
            ..Changes::default()
        };
        let (session, commit) = change_session(&session, at(3), &answered);
        written(&kept.store, commit).await;
        assert_eq!(session.web_auth_n_challenge, None);
        assert_eq!(
            session.factors.web_auth_n,
            Some(WebAuthnFactor {
                checked_at: at(3),
                user_verified: true,
            })
        );
        for session in [waiting, session] {
            let found = kept.store.session(session.id).await.unwrap();
            assert_eq!(found.as_ref(), Some(&session));
            let view = kept.store.session_view(session.id).await.unwrap().unwrap();
            assert_eq!(
                (view.session, view.user.unwrap().u2f_ready),
                (session, true)
            );
        }
    });
    kept
}

#[test]
fn keys_and_challenges_come_back_as_they_were_and_as_their_events_say() {
    let kept = with_keys();
    assert_clean(&kept.path());
    let column: Option<String> = raw(&kept.path())
        .query_row("SELECT web_auth_n FROM users WHERE id = 8", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(column, None, "what a removed user had");
}

#[test]
fn what_was_slipped_into_keys_and_challenges_is_found() {
    for (sql, found) in [
        (
            "UPDATE users SET web_auth_n = NULL, u2f_ready = 0 WHERE id = 7",
            "`web_auth_n`",
        ),
        (
            "UPDATE users SET web_auth_n = replace(web_auth_n, 'public-71', 'public-99')",
            "`web_auth_n`",
        ),
        (
            "UPDATE users SET web_auth_n = replace(web_auth_n, '4294967295', '0')",
            "`web_auth_n`",
        ),
        (
            "UPDATE users SET web_auth_n = replace(web_auth_n, 'digest-62', 'digest-63')",
            "`web_auth_n`",
        ),
        (
            "UPDATE users SET web_auth_n = '{}' WHERE id = 7",
            "web_auth_n",
        ),
        ("UPDATE users SET u2f_ready = 0 WHERE id = 7", "u2f_ready"),
        ("UPDATE users SET u2f_ready = 1 WHERE id = 8", "u2f_ready"),
        (
            "UPDATE users SET u2f_ready = NULL WHERE id = 7",
            "u2f_ready",
        ),
        (
            "UPDATE users SET web_auth_n = (SELECT web_auth_n FROM users WHERE id = 7),
             u2f_ready = 1 WHERE id = 8",
            "`web_auth_n`",
        ),
        (
            "UPDATE sessions SET web_auth_n_challenge = NULL WHERE id = 70",
            "`web_auth_n_challenge`",
        ),
        (
            "UPDATE sessions SET web_auth_n_challenge = 'x' WHERE id = 70",
            "web_auth_n_challenge",
        ),
        (
            "UPDATE sessions SET web_auth_n_challenge =
             (SELECT web_auth_n_challenge FROM sessions WHERE id = 70) WHERE id = 71",
            "`web_auth_n_challenge`",
        ),
        (
            "UPDATE sessions SET web_auth_n_user_verified = 0 WHERE id = 71",
            "web_auth_n_user_verified",
        ),
        (
            "UPDATE sessions SET web_auth_n_user_verified = 1 WHERE id = 70",
            "web_auth_n_user_verified",
        ),
        (
            "UPDATE sessions SET web_auth_n_checked_at = 5, web_auth_n_user_verified = 1
             WHERE id = 70",
            "web_auth_n_checked_at",
        ),
    ] {
        let kept = with_keys();
        raw(&kept.path()).execute(sql, []).unwrap();
        let findings = format!("{:?}", verified(&kept.path()).findings);
        assert!(findings.contains(found), "{sql}: {findings}");
    }
}
