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

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with microseconds.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(moment) => write!(out, "{moment:.6}"),
            Err(_) => write!(out, "{}us", self.0),
        }
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
