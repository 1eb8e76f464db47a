//! Spans of time, sizes and moments as people write them: `15m`, `1MiB`, `2030-01-01T00:00:00Z`.
//!
//! Each has a reader, a printer whose output reads back to the same value, and a module for serde.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use jiff::fmt::friendly::{SpanParser, SpanPrinter};
use serde::{Deserialize, Deserializer};

use crate::domain::time::Timestamp;

/// Reads a span: numbers with the units `h`, `m`, `s`, `ms`, `us` or their longer names.
pub(super) fn parse_span(text: &str) -> Option<Duration> {
    let span = SpanParser::new().parse_unsigned_duration(text).ok();
    // The parser takes white space behind, but not before.
    span.filter(|_| text.trim() == text)
}

/// Prints a span in the same form.
pub(super) fn print_span(span: Duration) -> String {
    SpanPrinter::new().unsigned_duration_to_string(&span)
}

/// Units of sizes, the largest first. Powers of 1024 only: nobody means 10^6 bytes of a cache.
const SIZE_UNITS: [(&str, usize); 4] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
];

/// Reads a size: a whole number and one of `B`, `KiB`, `MiB`, `GiB`.
pub(super) fn parse_size(text: &str) -> Option<usize> {
    let (digits, factor) = SIZE_UNITS
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, *factor)))?;
    let digits = digits.trim_end_matches(' ');
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: usize = digits.parse().ok().filter(|_| plain)?;
    number.checked_mul(factor)
}

/// Prints a size in the largest unit that leaves a whole number.
pub(super) fn print_size(bytes: usize) -> String {
    SIZE_UNITS
        .iter()
        .find(|(_, factor)| bytes >= *factor && bytes.is_multiple_of(*factor))
        .map_or_else(
            || "0B".to_owned(),
            |(unit, factor)| format!("{}{unit}", bytes / factor),
        )
}

/// Reads a moment in RFC 3339.
pub(super) fn parse_moment(text: &str) -> Option<Timestamp> {
    let moment: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_micros(moment.as_microsecond()))
}

/// `#[serde(serialize_with = "lossy_path")]`: a path of a flag need not be UTF-8, and is shown anyway.
pub(super) fn lossy_path<S: serde::Serializer>(
    path: &Path,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

/// `#[serde(deserialize_with = "numbered")]`: a list, or a table of its items by their places, as the
/// layers have it.
pub(super) fn numbered<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form<T> {
        List(Vec<T>),
        Places(BTreeMap<String, T>),
    }
    match Form::deserialize(deserializer)? {
        Form::List(list) => Ok(list),
        Form::Places(places) => {
            let mut places: Vec<_> = places.into_iter().collect();
            places.sort_by_key(|(place, _)| place.parse::<u32>().unwrap_or(u32::MAX));
            Ok(places.into_iter().map(|(_, item)| item).collect())
        }
    }
}

/// `#[serde(with = "span")]`.
pub(super) mod span {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in crate::config) fn serialize<S: Serializer>(
        span: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::print_span(*span))
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::parse_span(&text).ok_or_else(|| D::Error::custom("not a span of time"))
    }
}

/// `#[serde(with = "size")]`.
pub(super) mod size {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde prescribes the signature"
    )]
    pub(in crate::config) fn serialize<S: Serializer>(
        bytes: &usize,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&super::print_size(*bytes))
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<usize, D::Error> {
        let text = String::deserialize(deserializer)?;
        super::parse_size(&text).ok_or_else(|| D::Error::custom("not a size"))
    }
}

/// `#[serde(with = "moment")]`, of an optional one.
pub(super) mod moment {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::domain::time::Timestamp;

    #[expect(clippy::ref_option, reason = "serde prescribes the signature")]
    pub(in crate::config) fn serialize<S: Serializer>(
        moment: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match moment {
            Some(moment) => serializer.collect_str(moment),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else {
            return Ok(None);
        };
        let moment = super::parse_moment(&text);
        moment
            .map(Some)
            .ok_or_else(|| D::Error::custom("not a moment"))
    }
}

/// `#[serde(with = "secret")]`: reads a secret, and never writes one.
pub(super) mod secret {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::domain::secret::Secret;

    pub(in crate::config) fn serialize<S: Serializer>(
        _secret: &Secret,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("(not shown)")
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }
}

/// `#[serde(with = "maybe_secret")]`: the same where there may be none.
pub(super) mod maybe_secret {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::domain::secret::Secret;

    #[expect(clippy::ref_option, reason = "serde prescribes the signature")]
    pub(in crate::config) fn serialize<S: Serializer>(
        secret: &Option<Secret>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match secret {
            Some(_) => serializer.serialize_some("(not shown)"),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::config) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Secret>, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.map(Secret::new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        for (text, millis) in [
            ("15m", Some(900_000)),
            ("500ms", Some(500)),
            ("5s", Some(5_000)),
            ("1.5s", Some(1_500)),
            ("1h30m", Some(5_400_000)),
            ("1h 30m", Some(5_400_000)),
            ("240h", Some(864_000_000)),
            ("2 minutes", Some(120_000)),
            ("0s", Some(0)),
            ("", None),
            ("5", None),
            ("s", None),
            ("-5s", None),
            ("5s ago", None),
            ("1d", None),
            ("5 parsecs", None),
            ("99999999999999999999h", None),
            ("5s\n", None),
            (" 5s", None),
        ] {
            assert_eq!(
                parse_span(text),
                millis.map(Duration::from_millis),
                "{text:?}"
            );
        }
    }

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("0B", Some(0)),
            ("1B", Some(1)),
            ("1KiB", Some(1_024)),
            ("1MiB", Some(1_048_576)),
            ("3 GiB", Some(3 << 30)),
            ("007B", Some(7)),
            ("1024", None),
            ("1MB", None),
            ("1mib", None),
            ("MiB", None),
            ("-1B", None),
            ("+1B", None),
            ("1.5MiB", None),
            ("1 MiB ", None),
            (" 1MiB", None),
            ("", None),
            ("18446744073709551616B", None),
            ("18014398509481984KiB", None),
        ] {
            assert_eq!(parse_size(text), bytes, "{text:?}");
        }
    }

    #[test]
    fn what_is_printed_reads_back() {
        for (bytes, text) in [
            (0, "0B"),
            (1, "1B"),
            (1_536, "1536B"),
            (1 << 20, "1MiB"),
            (5 << 30, "5GiB"),
            (usize::MAX, "18446744073709551615B"),
        ] {
            assert_eq!(print_size(bytes), text);
            assert_eq!(parse_size(text), Some(bytes), "{text}");
        }
        for (millis, text) in [
            (0, "0s"),
            (1, "1ms"),
            (900_000, "15m"),
            (5_401_001, "1h 30m 1s 1ms"),
        ] {
            let span = Duration::from_millis(millis);
            assert_eq!(print_span(span), text);
            assert_eq!(parse_span(text), Some(span), "{text}");
        }
    }

    #[test]
    fn moments_need_a_zone() {
        assert_eq!(
            parse_moment("2030-01-01T01:00:00+01:00"),
            Some(Timestamp::from_micros(1_893_456_000_000_000))
        );
        let whole = Timestamp::from_micros(1_893_456_000_000_001);
        assert_eq!(parse_moment(&whole.to_string()), Some(whole));
        for text in ["2030-01-01", "2030-01-01T00:00:00", "tomorrow", ""] {
            assert_eq!(parse_moment(text), None, "{text:?}");
        }
    }
}
