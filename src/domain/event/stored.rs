//! Payloads as the table keeps them: without what the row says anyway.
//!
//! ZITADEL's payloads of checks say when the check was. Where that is the moment of the event itself,
//! as it is in every session that was made here, it is left out: a fifth of what a login takes on disk.

use serde::Serialize;

use super::{AggregateType, Event, EventError, FactorChecked, SessionEvent, UserChecked};
use crate::domain::ids::OrgId;
use crate::domain::time::Timestamp;

/// The form of a stored payload; the number is what the table keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revision {
    /// As [`Event::payload`] writes it.
    Whole,
    /// Without `checkedAt`, which is the event's own `created_at`.
    Timeless,
}

impl Revision {
    /// The number that the table keeps.
    pub const fn code(self) -> u16 {
        match self {
            Self::Whole => 1,
            Self::Timeless => 2,
        }
    }

    /// The form behind a stored number.
    pub const fn from_code(code: u16) -> Option<Self> {
        match code {
            1 => Some(Self::Whole),
            2 => Some(Self::Timeless),
            _ => None,
        }
    }
}

/// What [`UserChecked`] says but for the time.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserNamed<'a> {
    #[serde(rename = "userID")]
    user_id: &'a str,
    user_resource_owner: OrgId,
    #[serde(skip_serializing_if = "Option::is_none")]
    preferred_language: Option<&'a str>,
}

impl Event {
    /// The payload of an event of this moment as the table keeps it, and its form.
    ///
    /// # Errors
    /// What serde says; it cannot fail for our own types.
    pub fn stored(&self, at: Timestamp) -> Result<(Revision, Option<String>), serde_json::Error> {
        let Self::Session(event) = self else {
            return Ok((Revision::Whole, self.payload()?));
        };
        if let SessionEvent::UserChecked(checked) = event
            && checked.checked_at == at
        {
            let named = serde_json::to_string(&UserNamed::from(checked))?;
            return Ok((Revision::Timeless, Some(named)));
        }
        if let SessionEvent::PasswordChecked(checked)
        | SessionEvent::TotpChecked(checked)
        | SessionEvent::RecoveryCodeChecked(checked)
        | SessionEvent::OtpSmsChecked(checked)
        | SessionEvent::OtpEmailChecked(checked)
        | SessionEvent::IntentChecked(checked) = event
            && *checked == (FactorChecked { checked_at: at })
        {
            return Ok((Revision::Timeless, None));
        }
        Ok((Revision::Whole, event.payload()?))
    }

    /// Reads what [`stored`](Self::stored) made of an event of this moment.
    ///
    /// # Errors
    /// [`EventError`] for a number or payload that is unknown to this aggregate.
    pub fn from_stored(
        kind: AggregateType,
        code: u16,
        revision: Revision,
        payload: Option<&str>,
        at: Timestamp,
    ) -> Result<Self, EventError> {
        match revision {
            Revision::Whole => Self::read(kind, code, payload),
            Revision::Timeless => Self::read(kind, code, Some(&timed(payload, at))),
        }
    }
}

impl<'a> From<&'a UserChecked> for UserNamed<'a> {
    fn from(checked: &'a UserChecked) -> Self {
        Self {
            user_id: &checked.user_id,
            user_resource_owner: checked.user_resource_owner,
            preferred_language: checked.preferred_language.as_deref(),
        }
    }
}

/// A payload with the time put back.
fn timed(payload: Option<&str>, at: Timestamp) -> String {
    let open = payload.and_then(|payload| payload.strip_suffix('}'));
    match open {
        Some(open) => format!(r#"{open},"checkedAt":"{at}"}}"#),
        None => format!(r#"{{"checkedAt":"{at}"}}"#),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_micros(1_783_661_559_007_096);

    fn user_checked(checked_at: Timestamp, language: Option<&str>) -> Event {
        Event::Session(SessionEvent::UserChecked(UserChecked {
            user_id: "77".to_owned(),
            user_resource_owner: OrgId::new(5),
            checked_at,
            preferred_language: language.map(str::to_owned),
        }))
    }

    fn factors(checked_at: Timestamp) -> [Event; 6] {
        let checked = FactorChecked { checked_at };
        [
            SessionEvent::PasswordChecked(checked),
            SessionEvent::TotpChecked(checked),
            SessionEvent::RecoveryCodeChecked(checked),
            SessionEvent::OtpSmsChecked(checked),
            SessionEvent::OtpEmailChecked(checked),
            SessionEvent::IntentChecked(checked),
        ]
        .map(Event::Session)
    }

    fn read(event: &Event, (revision, payload): (Revision, Option<&str>)) -> Event {
        Event::from_stored(AggregateType::Session, event.code(), revision, payload, AT).unwrap()
    }

    #[test]
    fn the_time_of_the_event_itself_is_left_out_and_put_back() {
        let short = |language| user_checked(AT, language).stored(AT).unwrap();
        let named = r#"{"userID":"77","userResourceOwner":"5"}"#;
        assert_eq!(short(None), (Revision::Timeless, Some(named.to_owned())));
        let named = r#"{"userID":"77","userResourceOwner":"5","preferredLanguage":"de"}"#;
        assert_eq!(
            short(Some("de")),
            (Revision::Timeless, Some(named.to_owned()))
        );
        for factor in factors(AT) {
            assert_eq!(factor.stored(AT).unwrap(), (Revision::Timeless, None));
        }
        let users = [user_checked(AT, None), user_checked(AT, Some("de"))];
        for event in users.into_iter().chain(factors(AT)) {
            let (revision, payload) = event.stored(AT).unwrap();
            assert_eq!(read(&event, (revision, payload.as_deref())), event);
        }
    }

    #[test]
    fn another_time_is_kept() {
        let other = AT.plus(crate::domain::time::Span::from_seconds(1));
        for event in [user_checked(other, None)]
            .into_iter()
            .chain(factors(other))
        {
            let (revision, payload) = event.stored(AT).unwrap();
            assert_eq!(revision, Revision::Whole);
            assert_eq!(payload, event.payload().unwrap());
            assert_eq!(read(&event, (revision, payload.as_deref())), event);
        }
    }

    #[test]
    fn the_form_has_one_number() {
        for revision in [Revision::Whole, Revision::Timeless] {
            assert_eq!(Revision::from_code(revision.code()), Some(revision));
        }
        assert_eq!(Revision::from_code(0), None);
        assert_eq!(Revision::from_code(3), None);
    }
}
