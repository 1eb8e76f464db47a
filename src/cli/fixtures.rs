//! Fixed values that tests show, and what became of them on both streams.

use super::args::Format;
use super::output::Output;
use crate::domain::ids::{OrgId, Sequence, SessionId, UserId};
use crate::domain::session::{
    CheckedUser, Factors, Metadata, OtpChallenges, Session, SessionState, UserAgent, WebAuthnFactor,
};
use crate::domain::time::Timestamp;
use crate::domain::user::{Contact, Failures, Human, Machine, Password, User, UserKind, UserState};
use crate::ports::{SessionUser, SessionView, UserView};

/// 2026-07-10T05:32:39.007096Z.
pub(super) const NOW: Timestamp = Timestamp::from_micros(1_783_661_559_007_096);

/// `seconds` after [`NOW`].
pub(super) const fn later(seconds: i64) -> Timestamp {
    Timestamp::from_micros(NOW.micros() + seconds * 1_000_000)
}

/// What is written as a table and as JSON, each with what goes to stderr.
pub(super) fn both(write: impl Fn(&mut Output<'_>)) -> String {
    [Format::Table, Format::Json]
        .map(|format| {
            let (data, messages) = written(format, &write);
            format!("--- {format:?}\n{data}--- messages\n{messages}")
        })
        .concat()
}

/// What goes to stdout and to stderr.
pub(super) fn written(format: Format, write: impl FnOnce(&mut Output<'_>)) -> (String, String) {
    let (mut data, mut messages) = (Vec::new(), Vec::new());
    write(&mut Output::new(format, &mut data, &mut messages));
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(data), text(messages))
}

/// A session right after `session.added`.
pub(super) fn empty_session() -> SessionView {
    SessionView {
        session: Session {
            id: SessionId::new(206_158_430_208_000_007),
            state: SessionState::Active,
            sequence: Sequence::new(2),
            created_at: NOW,
            changed_at: NOW,
            creator: UserId::new(11),
            user: None,
            factors: Factors::default(),
            web_auth_n_challenge: None,
            otp_challenges: OtpChallenges::default(),
            metadata: Metadata::new(),
            user_agent: None,
            expires_at: None,
            token: None,
        },
        user: None,
    }
}

/// A session with all that one can have.
pub(super) fn full_session() -> SessionView {
    let SessionView { session, .. } = empty_session();
    SessionView {
        session: Session {
            id: SessionId::new(206_158_430_208_000_008),
            sequence: Sequence::new(6),
            changed_at: later(60),
            user: Some(CheckedUser {
                id: UserId::new(77),
                organization: OrgId::new(5),
                checked_at: later(30),
            }),
            factors: Factors {
                password: Some(later(60)),
                totp: Some(later(60)),
                web_auth_n: Some(WebAuthnFactor {
                    checked_at: later(45),
                    user_verified: true,
                }),
                ..Factors::default()
            },
            metadata: Metadata::from([("theme".to_owned(), vec![1, 2, 255])]),
            user_agent: Some(UserAgent {
                fingerprint_id: Some("device-1".to_owned()),
                ip: Some("192.0.2.7".to_owned()),
                description: Some("Firefox\u{1b}[2J on Linux".to_owned()),
                header: [("user-agent".to_owned(), vec!["Firefox".to_owned()])].into(),
            }),
            expires_at: Some(later(3_600)),
            ..session
        },
        user: Some(SessionUser {
            public_id: "f3b1".to_owned(),
            username: "mini".to_owned(),
            org_domain: "acme.example".to_owned(),
            display_name: Some("Mini Mouse".to_owned()),
            active: true,
            password_changed_at: Some(NOW),
            totp_ready: false,
            u2f_ready: false,
            otp_sms_ready: false,
            otp_email_ready: false,
        }),
    }
}

/// A person with a password.
pub(super) fn person() -> UserView {
    UserView {
        user: User {
            id: UserId::new(77),
            given_id: Some("f3b1".to_owned()),
            organization: OrgId::new(5),
            state: UserState::Active,
            sequence: Sequence::new(3),
            created_at: NOW,
            changed_at: later(60),
            username: "mini".to_owned(),
            kind: UserKind::Human(Box::new(Human {
                given_name: "Mini".to_owned(),
                family_name: "Mouse".to_owned(),
                display_name: "Mini Mouse".to_owned(),
                preferred_language: Some("en".to_owned()),
                email: Contact {
                    address: "mini@mouse.com".to_owned(),
                    ..Contact::default()
                },
                phone: Some(Contact {
                    address: "+41791234567".to_owned(),
                    verified: true,
                    code: None,
                }),
                password: Some(Password {
                    proof: crate::domain::session::Proof::Fingerprint("f".to_owned()),
                    changed_at: later(60),
                    change_required: true,
                }),
                failures: Failures {
                    count: 2,
                    last_at: Some(later(70)),
                },
                ..Human::default()
            })),
        },
        org_domain: "acme.example".to_owned(),
    }
}

/// A service user.
pub(super) fn service() -> UserView {
    let UserView { user, org_domain } = person();
    UserView {
        user: User {
            id: UserId::new(78),
            given_id: None,
            state: UserState::Locked,
            sequence: Sequence::new(2),
            username: "billing".to_owned(),
            kind: UserKind::Machine(Machine {
                name: "Billing".to_owned(),
                description: Some("Sends invoices".to_owned()),
            }),
            ..user
        },
        org_domain,
    }
}
