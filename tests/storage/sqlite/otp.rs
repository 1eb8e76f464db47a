//! One-time codes in rows: `verify` makes the rows again and compares.

use bartizan::domain::event::{
    Nothing, OtpEmailChallenged, OtpSmsChallenged, RecoveryCodeUsed, RecoveryCodesAdded, UserEvent,
};
use bartizan::domain::ids::UserId;
use bartizan::domain::session::Changes;
use bartizan::domain::time::Span;
use bartizan::ports::Store as _;

use super::{Kept, assert_clean, block_on, raw, verified};
use crate::fixture::{
    at, change_session, change_user, first_start, new_human, new_session, tied_to, written,
};

/// Somebody with codes of every kind, and sessions that wait for codes and that got them.
fn with_codes() -> Kept {
    let kept = Kept::fresh();
    let events = vec![
        UserEvent::EmailVerified(Nothing {}),
        UserEvent::OtpEmailAdded(Nothing {}),
        UserEvent::OtpSmsAdded(Nothing {}),
        UserEvent::RecoveryCodesAdded(RecoveryCodesAdded {
            codes: vec!["one".to_owned(), "two".to_owned()],
        }),
        UserEvent::RecoveryCodeCheckFailed(Nothing {}),
        UserEvent::RecoveryCodeCheckSucceeded(RecoveryCodeUsed {
            code: "one".to_owned(),
        }),
        UserEvent::OtpSmsCheckFailed(Nothing {}),
    ];
    let waiting = Changes {
        otp_sms_challenge: Some(OtpSmsChallenged {
            expiry: Span::from_seconds(300),
            code_returned: false,
            digest: "sms".to_owned(),
        }),
        otp_email_challenge: Some(OtpEmailChallenged {
            expiry: Span::from_seconds(300),
            return_code: true,
            url_tmpl: None,
            digest: "email".to_owned(),
        }),
        ..Changes::default()
    };
    let proven = Changes {
        otp_sms: true,
        otp_email: true,
        recovery_code: true,
        ..Changes::default()
    };
    block_on(async {
        written(&kept.store, first_start()).await;
        let (ann, commit) = new_human(UserId::new(7), "ann");
        written(&kept.store, commit).await;
        let (ann, commit) = change_user(&ann, at(1), events);
        written(&kept.store, commit).await;
        let mut sessions = Vec::new();
        for id in [70, 71] {
            let (session, commit) = new_session(id, at(2), &tied_to(&ann));
            written(&kept.store, commit).await;
            let (session, commit) = change_session(&session, at(3), &waiting);
            written(&kept.store, commit).await;
            sessions.push(session);
        }
        let (session, commit) = change_session(&sessions[1], at(4), &proven);
        written(&kept.store, commit).await;
        sessions[1] = session;
        assert_eq!(kept.store.user(ann.id).await.unwrap(), Some(ann));
        for session in sessions {
            let found = kept.store.session(session.id).await.unwrap();
            assert_eq!(found, Some(session));
        }
    });
    kept
}

#[test]
fn codes_come_back_as_they_were_and_as_their_events_say() {
    let kept = with_codes();
    assert_clean(&kept.path());
    let left: String = raw(&kept.path())
        .query_row("SELECT recovery_codes FROM users WHERE id = 7", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(left, r#"["two"]"#);
}

#[test]
fn what_was_slipped_in_among_codes_is_found() {
    for (sql, found) in [
        ("UPDATE users SET otp_sms = 0 WHERE id = 7", "`otp_sms`"),
        ("UPDATE users SET otp_email = 0 WHERE id = 7", "`otp_email`"),
        (
            "UPDATE users SET recovery_codes = NULL WHERE id = 7",
            "`recovery_codes`",
        ),
        (
            "UPDATE users SET recovery_codes = '[\"one\",\"two\"]' WHERE id = 7",
            "`recovery_codes`",
        ),
        (
            "UPDATE users SET recovery_codes = '[]' WHERE id = 7",
            "recovery_codes",
        ),
        (
            "UPDATE users SET recovery_codes = 'two' WHERE id = 7",
            "recovery_codes",
        ),
        (
            "UPDATE sessions SET otp_sms_digest = 'other' WHERE id = 70",
            "`otp_sms_digest and otp_sms_expires_at`",
        ),
        (
            "UPDATE sessions SET otp_email_expires_at = 1 WHERE id = 70",
            "`otp_email_digest and otp_email_expires_at`",
        ),
        (
            "UPDATE sessions SET otp_email_digest = NULL WHERE id = 70",
            "otp_email_expires_at",
        ),
        (
            "UPDATE sessions SET otp_sms_digest = 'used' WHERE id = 71",
            "otp_sms_expires_at",
        ),
        (
            "UPDATE sessions SET otp_sms_checked_at = 1 WHERE id = 71",
            "`otp_sms_checked_at`",
        ),
        (
            "UPDATE sessions SET otp_email_checked_at = NULL WHERE id = 71",
            "`otp_email_checked_at`",
        ),
        (
            "UPDATE sessions SET recovery_code_checked_at = 1 WHERE id = 70",
            "`recovery_code_checked_at`",
        ),
    ] {
        let kept = with_codes();
        raw(&kept.path()).execute(sql, []).unwrap();
        let findings = format!("{:?}", verified(&kept.path()).findings);
        assert!(findings.contains(found), "{sql}: {findings}");
    }
}
