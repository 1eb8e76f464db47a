//! The statements that write rows of sessions, and which of them events need.

use crate::domain::event::{Event, SessionEvent};

/// Columns that any new session may have. Few have more, and each one that is bound costs.
pub(super) const PLAIN: usize = 16;

/// Writes a row: [`PLAIN`] columns and others.
macro_rules! inserted {
    ($columns:literal, $values:literal) => {
        concat!(
            "INSERT INTO sessions (id, state, sequence, created_at, changed_at, creator, user_id, \
             user_organization, user_checked_at, password_checked_at, metadata, fingerprint_id, \
             user_agent, expires_at, token_hash, token_sequence",
            $columns,
            ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16",
            $values,
            ")"
        )
    };
}

/// Any new session.
pub(super) const INSERT: &str = inserted!(
    ", totp_checked_at, web_auth_n_checked_at, web_auth_n_user_verified, web_auth_n_challenge, \
     otp_sms_checked_at, otp_email_checked_at, recovery_code_checked_at, otp_sms_digest, \
     otp_sms_expires_at, otp_email_digest, otp_email_expires_at, intent_checked_at, \
     shown_sequence, shown_changed_at",
    ", ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30"
);

/// A new session with nothing in the other columns.
pub(super) const INSERT_PLAIN: &str = inserted!("", "");

/// What [`REST`] leaves, and an index has. SQLite takes an entry out and puts it back for every column
/// that is set, also to what it was before, and each entry stands on a page of its own.
macro_rules! indexed {
    () => {
        "state = ?3, user_id = ?6, user_organization = ?7, user_checked_at = ?8, expires_at = ?10, "
    };
}

/// No event changes what is missing here: date and caller of the creation, and the device.
macro_rules! rest {
    () => {
        "sequence = ?4, changed_at = ?5, password_checked_at = ?9, metadata = ?11,
            token_hash = ?12, token_sequence = ?13, totp_checked_at = ?14,
            web_auth_n_checked_at = ?15, web_auth_n_user_verified = ?16,
            web_auth_n_challenge = ?17, otp_sms_checked_at = ?18, otp_email_checked_at = ?19,
            recovery_code_checked_at = ?20, otp_sms_digest = ?21, otp_sms_expires_at = ?22,
            otp_email_digest = ?23, otp_email_expires_at = ?24, intent_checked_at = ?25,
            shown_sequence = ?26, shown_changed_at = ?27
        WHERE id = ?1 AND sequence = ?2"
    };
}

/// Whatever may change.
pub(super) const ALL: &str = concat!("UPDATE sessions SET ", indexed!(), rest!());

/// What no index has.
pub(super) const REST: &str = concat!("UPDATE sessions SET ", rest!());

/// That it has ended.
pub(super) const END: &str = "
    UPDATE sessions
    SET state = ?3, sequence = ?4, changed_at = ?5, shown_sequence = ?6, shown_changed_at = ?7
    WHERE id = ?1 AND sequence = ?2";

/// Which columns events may have changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// It has ended, and nothing else.
    End,
    /// Nothing that an index has.
    Rest,
    /// Whatever.
    All,
}

impl Change {
    /// What such events change.
    pub(super) fn of(events: &[Event]) -> Self {
        let mut changes = events.iter().map(Self::of_one);
        let first = changes.next().unwrap_or(Self::All);
        if changes.all(|change| change == first) {
            first
        } else {
            Self::All
        }
    }

    const fn of_one(event: &Event) -> Self {
        let Event::Session(event) = event else {
            return Self::All;
        };
        match event {
            SessionEvent::Terminated(_) => Self::End,
            SessionEvent::Added(_)
            | SessionEvent::UserChecked(_)
            | SessionEvent::LifetimeSet(_) => Self::All,
            SessionEvent::PasswordChecked(_)
            | SessionEvent::TotpChecked(_)
            | SessionEvent::RecoveryCodeChecked(_)
            | SessionEvent::OtpSmsChallenged(_)
            | SessionEvent::OtpSmsChecked(_)
            | SessionEvent::OtpSmsSent(_)
            | SessionEvent::OtpEmailChallenged(_)
            | SessionEvent::OtpEmailChecked(_)
            | SessionEvent::OtpEmailSent(_)
            | SessionEvent::WebAuthnChallenged(_)
            | SessionEvent::WebAuthnChecked(_)
            | SessionEvent::PasskeySigned(_)
            | SessionEvent::U2fSigned(_)
            | SessionEvent::IntentChecked(_)
            | SessionEvent::MetadataSet(_)
            | SessionEvent::TokenSet(_) => Self::Rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::domain::event::{LifetimeSet, MetadataSet, SessionTerminated};
    use crate::domain::session::Metadata;
    use crate::domain::time::Span;
    use crate::storage::sqlite::migrate;

    /// The table and the indexes that a statement may write to.
    fn written_by(sql: &str) -> BTreeSet<String> {
        let connection = migrate::pattern().unwrap();
        let name = "SELECT name FROM sqlite_schema WHERE rootpage = ?1";
        let mut program = connection
            .prepare_cached(&format!("EXPLAIN {sql}"))
            .unwrap();
        let steps = program
            .raw_query()
            .mapped(|row| Ok((row.get(1)?, row.get(3)?)));
        steps
            .map(Result::unwrap)
            .filter(|(step, _): &(String, i64)| step == "OpenWrite")
            .map(|(_, root)| {
                connection
                    .query_row(name, [root], |row| row.get(0))
                    .unwrap()
            })
            .collect()
    }

    #[test]
    fn each_statement_writes_to_the_indexes_that_it_must() {
        let names = |names: &[&str]| -> BTreeSet<String> {
            names.iter().map(|name| format!("sessions{name}")).collect()
        };
        assert_eq!(
            written_by(END),
            names(&["", "_by_user", "_by_fingerprint", "_by_termination"])
        );
        // Nothing is written there while the session is live.
        assert_eq!(written_by(REST), names(&["", "_by_termination"]));
        assert_eq!(
            written_by(ALL),
            names(&[
                "",
                "_by_user",
                "_by_fingerprint",
                "_by_termination",
                "_by_expiry"
            ])
        );
    }

    #[test]
    fn what_events_change_is_what_all_of_them_change() {
        let end = Event::Session(SessionEvent::Terminated(SessionTerminated::default()));
        let metadata = Event::Session(SessionEvent::MetadataSet(MetadataSet {
            metadata: Metadata::new(),
        }));
        let lifetime = Event::Session(SessionEvent::LifetimeSet(LifetimeSet {
            lifetime: Span::from_seconds(1),
        }));
        for (events, change) in [
            (vec![&end], Change::End),
            (vec![&metadata], Change::Rest),
            (vec![&metadata, &metadata], Change::Rest),
            (vec![&lifetime], Change::All),
            (vec![&metadata, &lifetime], Change::All),
            (vec![&metadata, &end], Change::All),
            (vec![], Change::All),
        ] {
            let events: Vec<_> = events.into_iter().cloned().collect();
            assert_eq!(Change::of(&events), change, "{events:?}");
        }
    }
}
