//! Points in time and spans, as the store keeps them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Microseconds since the Unix epoch, UTC; the precision of everything that is stored.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Wraps microseconds since the Unix epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Nanoseconds within the second.
    #[must_use]
    pub fn subsec_nanos(self) -> i32 {
        i32::try_from(self.0.rem_euclid(1_000_000) * 1_000).unwrap_or(0)
    }

    /// This moment plus a span; stays at the end of time instead of wrapping.
    #[must_use]
    pub const fn plus(self, span: Span) -> Self {
        Self(self.0.saturating_add(span.0 / 1_000))
    }

    /// This moment minus a span.
    #[must_use]
    pub const fn minus(self, span: Span) -> Self {
        Self(self.0.saturating_sub(span.0 / 1_000))
    }
}

/// Years 1 to 9999, the range of protobuf's timestamps; one day less than that is what the calendar
/// library can hold as a point in time, so we count in its civil time, which is UTC here.
const EPOCH: jiff::civil::DateTime = jiff::civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with microseconds.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let moment = EPOCH.saturating_add(jiff::SignedDuration::from_micros(self.0));
        write!(out, "{moment:.6}Z")
    }
}

/// A text that is no moment in the form that [`Timestamp`] prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a moment in UTC")]
pub struct NotATimestamp;

impl std::str::FromStr for Timestamp {
    type Err = NotATimestamp;

    fn from_str(text: &str) -> Result<Self, NotATimestamp> {
        let civil = text.strip_suffix('Z').ok_or(NotATimestamp)?;
        let moment: jiff::civil::DateTime = civil.parse().map_err(|_| NotATimestamp)?;
        let since = moment.duration_since(EPOCH);
        i64::try_from(since.as_micros())
            .map(Self)
            .map_err(|_| NotATimestamp)
    }
}

/// A length of time in nanoseconds, the unit of durations in event payloads (spec section 8.2).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Span(i64);

impl Span {
    /// Wraps nanoseconds.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Self(nanos)
    }

    /// Whole seconds, at most 292 years.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000_000))
    }

    /// Nanoseconds.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// As the standard library has it; a negative span is none at all.
    #[must_use]
    pub fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_nanos(u64::try_from(self.0).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_print_as_rfc_3339_with_microseconds() {
        assert_eq!(
            Timestamp::from_micros(1_783_661_559_007_096).to_string(),
            "2026-07-10T05:32:39.007096Z"
        );
        assert_eq!(
            Timestamp::from_micros(0).to_string(),
            "1970-01-01T00:00:00.000000Z"
        );
    }

    #[test]
    fn what_is_printed_reads_back() {
        for micros in [
            0,
            1,
            -1,
            1_783_661_559_007_096,
            253_402_300_799_999_999,
            -62_135_596_800_000_000,
        ] {
            let moment = Timestamp::from_micros(micros);
            assert_eq!(moment.to_string().parse(), Ok(moment), "{moment}");
        }
        assert!("2026-07-10T05:32:39".parse::<Timestamp>().is_err());
        assert!("soonZ".parse::<Timestamp>().is_err());
    }

    #[test]
    fn moments_before_the_epoch_have_positive_nanos() {
        let moment = Timestamp::from_micros(-1);
        assert_eq!((moment.seconds(), moment.subsec_nanos()), (-1, 999_999_000));
    }

    #[test]
    fn adding_saturates() {
        let end = Timestamp::from_micros(i64::MAX - 1);
        assert_eq!(
            end.plus(Span::from_seconds(i64::MAX)),
            Timestamp::from_micros(i64::MAX)
        );
    }
}
