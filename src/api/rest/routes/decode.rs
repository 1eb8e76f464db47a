//! Percent-decoding that refuses what it cannot decode instead of passing it on.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Why a text could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Undecodable {
    /// A `%` without two hexadecimal digits after it: the sign and up to two characters more.
    Escape(String),
    /// What comes out is not UTF-8.
    Utf8,
}

/// The text with its percent sequences decoded; borrowed if there are none.
pub(super) fn decode(raw: &str) -> Result<Cow<'_, str>, Undecodable> {
    if !raw.bytes().any(|byte| byte == b'%') {
        return Ok(Cow::Borrowed(raw));
    }
    let mut rest = raw;
    while let Some((_, after)) = rest.split_once('%') {
        let mut digits = after.bytes();
        if !(0..2).all(|_| digits.next().is_some_and(|byte| byte.is_ascii_hexdigit())) {
            return Err(Undecodable::Escape(
                std::iter::once('%').chain(after.chars().take(2)).collect(),
            ));
        }
        rest = after;
    }
    percent_decode_str(raw)
        .decode_utf8()
        .map_err(|_| Undecodable::Utf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_escapes_is_not_copied() {
        for raw in ["", "/v2/sessions/1", "ü+ "] {
            assert!(
                matches!(decode(raw), Ok(Cow::Borrowed(text)) if text == raw),
                "{raw:?}"
            );
        }
    }

    #[test]
    fn escapes_are_decoded_once() {
        for (raw, text) in [
            ("%2Fa%2fb", "/a/b"),
            ("%C3%BC", "ü"),
            ("a%00", "a\0"),
            ("%252F", "%2F"),
            ("a+b", "a+b"),
        ] {
            assert_eq!(decode(raw).as_deref(), Ok(text), "{raw:?}");
        }
    }

    #[test]
    fn what_cannot_be_decoded_is_refused() {
        let escape = |text: &str| Err(Undecodable::Escape(text.to_owned()));
        for (raw, refusal) in [
            ("%", escape("%")),
            ("a%2", escape("%2")),
            ("%zz", escape("%zz")),
            ("%2z%20", escape("%2z")),
            ("%20%üü", escape("%üü")),
            ("%+1", escape("%+1")),
            ("%FF", Err(Undecodable::Utf8)),
            ("%C3", Err(Undecodable::Utf8)),
        ] {
            assert_eq!(decode(raw), refusal, "{raw:?}");
        }
    }
}
