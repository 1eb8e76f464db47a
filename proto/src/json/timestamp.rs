//! How a moment is written.

use std::ops::Deref;

use buffa_types::google::protobuf::Timestamp;
use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::fmt::temporal::DateTimePrinter;
use serde::Serializer;
use serde::ser::Error;

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// The longest text: with nine digits of a second.
const LONGEST: usize = "9999-12-31T23:59:59.999999999Z".len();

/// Writes a field that is there, as RFC 3339 in UTC with none, three, six or nine digits of a second.
///
/// In place of what comes with the message, which takes four times as long: the build script names it
/// at every such field.
///
/// # Errors
/// Outside of the years 1 to 9999, and where the nanoseconds are not those of a second.
pub(crate) fn serialize<F, S>(field: &F, serializer: S) -> Result<S::Ok, S::Error>
where
    F: Deref<Target = Timestamp>,
    S: Serializer,
{
    let text = text(field).ok_or_else(|| S::Error::custom("timestamp out of range"))?;
    serializer.serialize_str(&text)
}

fn text(timestamp: &Timestamp) -> Option<String> {
    if !(0..1_000_000_000).contains(&timestamp.nanos) {
        return None;
    }
    let since = SignedDuration::new(timestamp.seconds, timestamp.nanos);
    let moment = EPOCH.checked_add(since).ok()?;
    if moment.year() < 1 {
        return None;
    }
    let digits = match timestamp.nanos {
        0 => 0,
        nanos if nanos % 1_000_000 == 0 => 3,
        nanos if nanos % 1_000 == 0 => 6,
        _ => 9,
    };
    let printer = DateTimePrinter::new().precision(Some(digits));
    let mut text = String::with_capacity(LONGEST);
    printer.print_datetime(&moment, &mut text).ok()?;
    text.push('Z');
    Some(text)
}

#[cfg(test)]
mod tests {
    use buffa_types::google::protobuf::Timestamp;

    use super::text;

    #[test]
    fn moments_have_as_many_digits_as_they_need() {
        for (seconds, nanos, expected) in [
            (0, 0, Some("1970-01-01T00:00:00Z")),
            (-1, 999_000_000, Some("1969-12-31T23:59:59.999Z")),
            (1_795_428_000, 100_000_000, Some("2026-11-23T10:00:00.100Z")),
            (
                1_795_428_000,
                123_456_000,
                Some("2026-11-23T10:00:00.123456Z"),
            ),
            (1_795_428_000, 1, Some("2026-11-23T10:00:00.000000001Z")),
            (-62_135_596_800, 0, Some("0001-01-01T00:00:00Z")),
            (-62_135_596_801, 999_999_999, None),
            (
                253_402_300_799,
                999_999_999,
                Some("9999-12-31T23:59:59.999999999Z"),
            ),
            (253_402_300_800, 0, None),
            (i64::MAX, 999_999_999, None),
            (i64::MIN, 0, None),
            (0, -1, None),
            (0, 1_000_000_000, None),
        ] {
            let timestamp = Timestamp {
                seconds,
                nanos,
                ..Timestamp::default()
            };
            assert_eq!(text(&timestamp).as_deref(), expected, "{seconds} {nanos}");
            // The same as what comes with the message.
            let usual = serde_json::to_value(&timestamp).ok();
            assert_eq!(usual.as_ref().and_then(|text| text.as_str()), expected);
        }
    }
}
