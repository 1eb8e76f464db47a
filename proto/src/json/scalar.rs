//! What a text or number stands for. `None` means that it stands for nothing.

use base64::Engine as _;
use base64::alphabet::{self, Alphabet};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use buffa_types::google::protobuf::Timestamp;
use serde::Deserialize as _;
use serde::de::value::{Error, StrDeserializer};

use super::lexer::Lexer;

/// Seconds in 10,000 years, as the mapping counts them.
const MAX_DURATION_SECONDS: i64 = 315_576_000_000;

/// As many digits as the greatest integer of 64 bits has.
const MAX_DIGITS: usize = 20;

/// The integer that a number of JSON is, if it is one: `1.0` and `1e2` are.
pub(super) fn integer(number: &str) -> Option<i128> {
    if let Ok(plain) = number.parse::<i64>() {
        return Some(i128::from(plain));
    }
    let (negative, digits) = match number.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, number),
    };
    let (digits, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (whole, fraction) = (
        whole.trim_start_matches('0'),
        fraction.trim_end_matches('0'),
    );
    if whole.is_empty() && fraction.is_empty() {
        return Some(0);
    }
    let exponent = exponent.parse::<i32>().ok()?;
    let shift = usize::try_from(exponent.unsigned_abs()).ok()?;
    let digits = if exponent >= 0 {
        let zeros = shift.checked_sub(fraction.len())?;
        if whole.len() + shift > MAX_DIGITS {
            return None;
        }
        format!("{whole}{fraction}{}", "0".repeat(zeros))
    } else {
        let kept = whole.len().checked_sub(shift)?;
        let (kept, cut) = whole.split_at_checked(kept)?;
        if !fraction.is_empty() || cut.bytes().any(|digit| digit != b'0') {
            return None;
        }
        format!("0{kept}")
    };
    let value = digits.parse::<i128>().ok()?;
    Some(if negative { -value } else { value })
}

/// The integer in a string: a number of JSON and nothing else, not even a
/// space.
pub(super) fn quoted_integer(text: &str) -> Option<i128> {
    let number = Lexer::new(text).number().ok()?;
    if number == text {
        integer(number)
    } else {
        None
    }
}

/// Bytes in base64. The standard alphabet and the one for URLs are told apart
/// by the letters used; padding is complete or left out.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    let url = text.contains(['-', '_']);
    let padded = text.len().is_multiple_of(4);
    let engine = match (url, padded) {
        (false, true) => &STANDARD_PADDED,
        (false, false) => &STANDARD,
        (true, true) => &URL_PADDED,
        (true, false) => &URL,
    };
    // Encoders for mail break the text into lines.
    if text.contains(['\r', '\n']) {
        engine.decode(text.replace(['\r', '\n'], "")).ok()
    } else {
        engine.decode(text).ok()
    }
}

const STANDARD: GeneralPurpose = engine(&alphabet::STANDARD, DecodePaddingMode::RequireNone);
const STANDARD_PADDED: GeneralPurpose =
    engine(&alphabet::STANDARD, DecodePaddingMode::RequireCanonical);
const URL: GeneralPurpose = engine(&alphabet::URL_SAFE, DecodePaddingMode::RequireNone);
const URL_PADDED: GeneralPurpose = engine(&alphabet::URL_SAFE, DecodePaddingMode::RequireCanonical);

const fn engine(alphabet: &Alphabet, padding: DecodePaddingMode) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_decode_padding_mode(padding)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(alphabet, config)
}

/// Seconds since 1970 and nanoseconds of an RFC 3339 time with any offset.
pub(super) fn timestamp(text: &str) -> Option<(i64, i32)> {
    if !looks_like_timestamp(text.as_bytes()) {
        return None;
    }
    let text = StrDeserializer::<Error>::new(text);
    let time = Timestamp::deserialize(text).ok()?;
    Some((time.seconds, time.nanos))
}

/// Whether every digit and every mark is where it belongs. The parser takes a
/// sign for a digit.
fn looks_like_timestamp(text: &[u8]) -> bool {
    const DATE_TIME: &[u8] = b"0000-00-00T00:00:00";
    const OFFSET: &[u8] = b"+00:00";
    let fits = |text: &[u8], pattern: &[u8]| {
        text.len() == pattern.len()
            && text.iter().zip(pattern).all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                b'+' => matches!(byte, b'+' | b'-'),
                _ => byte == wanted,
            })
    };
    let Some((start, rest)) = text.split_at_checked(DATE_TIME.len()) else {
        return false;
    };
    let rest = match rest.strip_prefix(b".") {
        Some(fraction) => {
            let digits = fraction
                .iter()
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            if !(1..=9).contains(&digits) {
                return false;
            }
            fraction.get(digits..).unwrap_or_default()
        }
        None => rest,
    };
    fits(start, DATE_TIME) && (rest == b"Z" || fits(rest, OFFSET))
}

/// Seconds and nanoseconds, of the same sign, of a number with an `s`.
pub(super) fn duration(text: &str) -> Option<(i64, i32)> {
    let text = text.strip_suffix('s')?;
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = whole.len() > 1 && whole.starts_with('0');
    if text.is_empty() || leading_zero || !digits(whole) || !digits(fraction) || fraction.len() > 9
    {
        return None;
    }
    let seconds = if whole.is_empty() {
        0
    } else {
        whole.parse::<i64>().ok()?
    };
    let nanos = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
    let nanos = nanos.fold(0, |nanos, digit| nanos * 10 + i32::from(digit - b'0'));
    let in_range = seconds <= MAX_DURATION_SECONDS;
    in_range.then_some((sign * seconds, i32::try_from(sign).ok()? * nanos))
}
