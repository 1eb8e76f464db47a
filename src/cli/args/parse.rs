//! From words to values.

use crate::domain::ids::{OrgId, PatId, SessionId};
use crate::domain::secret::HashText;
use crate::domain::time::{Span, Timestamp};

const NO_ID: &str = "ids are decimal numbers";

/// The id of a session.
pub(super) fn session_id(text: &str) -> Result<SessionId, &'static str> {
    SessionId::parse(text).ok_or(NO_ID)
}

/// The id of an organisation.
pub(super) fn org_id(text: &str) -> Result<OrgId, &'static str> {
    OrgId::parse(text).ok_or(NO_ID)
}

/// The id of a personal access token.
pub(super) fn pat_id(text: &str) -> Result<PatId, &'static str> {
    PatId::parse(text).ok_or(NO_ID)
}

/// A stored form of a password.
#[expect(
    clippy::unnecessary_wraps,
    reason = "which hashes can be verified is for the command to say; clap wants a result"
)]
pub(super) fn hash(text: &str) -> Result<HashText, &'static str> {
    Ok(HashText::new(text))
}

/// A moment with its offset from UTC.
pub(super) fn moment(text: &str) -> Result<Timestamp, &'static str> {
    let moment: jiff::Timestamp = text
        .parse()
        .map_err(|_| "write it like `2027-01-01T00:00:00Z`")?;
    Ok(Timestamp::from_micros(moment.as_microsecond()))
}

/// A number of hours, days or weeks.
pub(super) fn span(text: &str) -> Result<Span, &'static str> {
    const FORM: &str = "write it like `12h`, `90d` or `52w`";
    let (number, hours) = [("h", 1), ("d", 24), ("w", 7 * 24)]
        .into_iter()
        .find_map(|(unit, hours)| Some((text.strip_suffix(unit)?, hours)))
        .ok_or(FORM)?;
    // Five digits of weeks are beyond what a span holds; it stops at its end, which is 292 years.
    if number.len() > 5 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(FORM);
    }
    let number: i64 = number.parse().map_err(|_| FORM)?;
    if number == 0 {
        return Err(FORM);
    }
    Ok(Span::from_seconds(number * hours * 3_600))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_number_and_a_unit() {
        for (text, seconds) in [
            ("1h", Some(3_600)),
            ("90d", Some(7_776_000)),
            ("2w", Some(1_209_600)),
            ("", None),
            ("d", None),
            ("0d", None),
            ("-1d", None),
            ("+1d", None),
            ("1.5d", None),
            ("90", None),
            ("90 d", None),
            ("1m", None),
            ("\u{661}d", None),
            ("123456d", None),
        ] {
            let expected = seconds.map(Span::from_seconds);
            assert_eq!(span(text).ok(), expected, "{text:?}");
        }
        assert!(span("99999w").unwrap() > Span::from_seconds(9_000_000_000));
    }

    #[test]
    fn moments_may_have_any_offset_but_need_one() {
        for (text, shown) in [
            ("2027-01-01T00:00:00Z", Some("2027-01-01T00:00:00.000000Z")),
            (
                "2027-01-01T02:00:00.5+02:00",
                Some("2027-01-01T00:00:00.500000Z"),
            ),
            ("2027-01-01T00:00:00", None),
            ("2027-01-01", None),
            ("tomorrow", None),
        ] {
            let read = moment(text).ok().map(|moment| moment.to_string());
            assert_eq!(read.as_deref(), shown, "{text:?}");
        }
    }

    #[test]
    fn ids_are_canonical_decimals() {
        assert_eq!(session_id("7"), Ok(SessionId::new(7)));
        assert!(session_id("07").is_err() && org_id("x").is_err() && pat_id("").is_err());
    }
}
