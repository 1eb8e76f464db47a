//! The pieces of `$algorithm$parameters$salt$output` that all stored hashes share.
//!
//! Own reading instead of the crates': ZITADEL's exports are not quite PHC (padded salts, passlib's
//! alphabet, no parameter names), and nothing is computed before every number was looked at.

use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};

/// No hash that is meant well is longer.
const MAX_TEXT: usize = 512;

/// The largest output that is computed for a comparison.
const MAX_OUTPUT: usize = 64;

/// The smallest output that proves anything: 80 bits, as the PHC format demands.
const MIN_OUTPUT: usize = 10;

const MAX_SALT: usize = 64;

/// Padded or not, but never with bits set that mean nothing.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The fields of a hash, cut at the dollar signs.
pub(super) fn fields(text: &str) -> Option<Vec<&str>> {
    if text.len() > MAX_TEXT {
        return None;
    }
    Some(text.strip_prefix('$')?.split('$').collect())
}

/// Reads `name=number,…`: every name once, in any order, and nothing else.
pub(super) fn numbers<const N: usize>(text: &str, names: [&str; N]) -> Option<[u32; N]> {
    let mut found = [None; N];
    for pair in text.split(',') {
        let (name, value) = pair.split_once('=')?;
        let place = names.iter().position(|known| *known == name)?;
        let slot = found.get_mut(place)?;
        if slot.is_some() {
            return None;
        }
        *slot = Some(decimal(value)?);
    }
    let mut numbers = [0; N];
    for (number, value) in numbers.iter_mut().zip(found) {
        *number = value?;
    }
    Some(numbers)
}

/// Reads digits: no sign, no leading zero.
pub(super) fn decimal(text: &str) -> Option<u32> {
    let canonical =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if canonical { text.parse().ok() } else { None }
}

/// Salt and expected output.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Digest {
    pub(super) salt: Vec<u8>,
    pub(super) output: Vec<u8>,
}

impl Digest {
    /// Reads standard base64 without padding.
    pub(super) fn plain(salt: &str, output: &str) -> Option<Self> {
        Self::new(
            STANDARD_NO_PAD.decode(salt).ok()?,
            STANDARD_NO_PAD.decode(output).ok()?,
        )
    }

    /// Reads standard base64 or passlib's, which has a full stop for the plus, padded or not.
    pub(super) fn lenient(salt: &str, output: &str) -> Option<Self> {
        Self::new(
            LENIENT.decode(salt.replace('.', "+")).ok()?,
            LENIENT.decode(output.replace('.', "+")).ok()?,
        )
    }

    fn new(salt: Vec<u8>, output: Vec<u8>) -> Option<Self> {
        let sane = salt.len() <= MAX_SALT && (MIN_OUTPUT..=MAX_OUTPUT).contains(&output.len());
        sane.then_some(Self { salt, output })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_need_every_name_once() {
        for (text, expected) in [
            ("m=8,t=1", Some([8, 1])),
            ("t=1,m=8", Some([8, 1])),
            ("m=0,t=4294967295", Some([0, u32::MAX])),
            ("m=8", None),
            ("m=8,t=1,t=1", None),
            ("m=8,m=8", None),
            ("m=8,t=1,x=1", None),
            ("m=8,t=1,", None),
            ("m=8,t=", None),
            ("m=8,t=01", None),
            ("m=8,t=+1", None),
            ("m=8,t=-1", None),
            ("m=8,t= 1", None),
            ("m=8,t=4294967296", None),
            ("", None),
        ] {
            assert_eq!(numbers(text, ["m", "t"]), expected, "{text:?}");
        }
    }

    #[test]
    fn fields_begin_with_a_dollar_sign_and_end_somewhere() {
        assert_eq!(fields("$a$b$"), Some(vec!["a", "b", ""]));
        assert_eq!(fields("a$b"), None);
        assert_eq!(fields(""), None);
        assert_eq!(fields(&format!("${}", "a".repeat(512))), None);
    }

    #[test]
    fn salt_and_output_have_their_bounds() {
        let coded = |length: usize| STANDARD_NO_PAD.encode(vec![1; length]);
        for (salt, output, good) in [
            (16, 32, true),
            (0, 10, true),
            (64, 64, true),
            (65, 32, false),
            (16, 9, false),
            (16, 65, false),
        ] {
            let read = Digest::plain(&coded(salt), &coded(output));
            assert_eq!(read.is_some(), good, "{salt} {output}");
        }
    }

    #[test]
    fn only_the_lenient_reading_knows_padding_and_full_stops() {
        let output = "+".repeat(22) + "A";
        assert!(Digest::plain("AQ==", &output).is_none());
        assert!(Digest::plain("AQ", &output.replace('+', ".")).is_none());
        let strict = Digest::plain("AQ", &output).unwrap();
        for salt in ["AQ", "AQ=="] {
            for output in [
                output.clone(),
                output.replace('+', "."),
                output.clone() + "=",
            ] {
                let read = Digest::lenient(salt, &output).unwrap();
                assert!(read == strict, "{salt} {output}");
            }
        }
        assert!(Digest::lenient("AR", &output).is_none(), "loose bits");
    }
}
