//! One-time codes, and the digests under which they and unknown login names are stored.

use zeroize::Zeroizing;

use super::keys::{KeyFile, Purpose, Subkey};
use super::random;
use crate::domain::secret::Secret;
use crate::ports::{CodeAlphabet, CodeDigest, Codes, HashingError};

/// Makes codes and digests them.
///
/// A code is short enough to be guessed from a plain hash; the key is what keeps a stolen database
/// from yielding one. After a change of the key the codes that are under way are void, but for those
/// whose users ask for [`Codes::digests`].
#[derive(Debug)]
pub struct CodeMaker {
    key: Subkey,
    retired: Vec<Subkey>,
}

impl CodeMaker {
    /// A maker with the keys of the installation.
    #[must_use]
    pub fn new(keys: &KeyFile) -> Self {
        Self {
            key: keys.newest(Purpose::Code),
            retired: keys.retired(Purpose::Code),
        }
    }
}

impl Codes for CodeMaker {
    fn fresh(&self, alphabet: CodeAlphabet, length: usize) -> Result<Secret, HashingError> {
        let letters = letters(alphabet);
        let mut code = Zeroizing::new(String::with_capacity(length));
        let mut random = Zeroizing::new([0; 32]);
        while code.len() < length {
            random::fill(random.as_mut_slice())?;
            let missing = length - code.len();
            code.extend(
                random
                    .iter()
                    .copied()
                    .filter_map(|byte| character(letters, byte))
                    .take(missing),
            );
        }
        Ok(Secret::new(std::mem::take(&mut *code)))
    }

    fn digest(&self, purpose: &'static str, text: &str) -> CodeDigest {
        digest(&self.key, purpose, text)
    }

    fn digests(&self, purpose: &'static str, text: &str) -> Vec<CodeDigest> {
        std::iter::once(&self.key)
            .chain(&self.retired)
            .map(|key| digest(key, purpose, text))
            .collect()
    }
}

fn digest(key: &Subkey, purpose: &'static str, text: &str) -> CodeDigest {
    // The length before the purpose, so that no text can pass for the end of a purpose.
    let length = (purpose.len() as u64).to_be_bytes();
    key.mac(&[&length, purpose.as_bytes(), text.as_bytes()])
}

const fn letters(alphabet: CodeAlphabet) -> &'static [u8] {
    match alphabet {
        CodeAlphabet::Upper => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        CodeAlphabet::Digits => b"0123456789",
        CodeAlphabet::Mixed => b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        CodeAlphabet::Crockford => b"0123456789abcdefghjkmnpqrstvwxyz",
    }
}

/// The character for a random byte; none for the last few bytes, which would make some of them likelier.
fn character(letters: &[u8], byte: u8) -> Option<char> {
    let unfair = 256 % letters.len();
    let byte = usize::from(byte);
    if byte >= 256 - unfair {
        return None;
    }
    letters
        .get(byte % letters.len())
        .map(|&character| character.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::keys::tests::keys;

    fn maker() -> CodeMaker {
        CodeMaker::new(&keys(&[1]))
    }

    const ALL: [(CodeAlphabet, usize); 4] = [
        (CodeAlphabet::Upper, 36),
        (CodeAlphabet::Digits, 10),
        (CodeAlphabet::Mixed, 62),
        (CodeAlphabet::Crockford, 32),
    ];

    #[test]
    fn codes_have_the_length_and_the_letters_that_were_asked_for() {
        for (alphabet, size) in ALL {
            assert_eq!(letters(alphabet).len(), size);
            for length in [0, 1, 6, 8, 32, 33, 100] {
                let code = maker().fresh(alphabet, length).unwrap();
                assert_eq!(code.expose().len(), length);
                assert!(
                    code.expose()
                        .bytes()
                        .all(|byte| letters(alphabet).contains(&byte))
                );
            }
            assert_ne!(
                maker().fresh(alphabet, 12).unwrap().expose(),
                maker().fresh(alphabet, 12).unwrap().expose()
            );
        }
    }

    #[test]
    fn every_character_stands_for_the_same_number_of_bytes() {
        for (alphabet, size) in ALL {
            let mut counts = std::collections::BTreeMap::new();
            for byte in 0..=255 {
                *counts
                    .entry(character(letters(alphabet), byte))
                    .or_insert(0) += 1;
            }
            assert_eq!(counts.remove(&None).unwrap_or(0), 256 % size);
            assert_eq!(counts.len(), size);
            assert!(counts.values().all(|count| *count == 256 / size));
        }
    }

    #[test]
    fn a_digest_depends_on_purpose_text_and_key() {
        let maker = maker();
        let digest = maker.digest("otp sms", "ABC123");
        assert_eq!(digest, maker.digest("otp sms", "ABC123"));
        for other in [
            maker.digest("otp email", "ABC123"),
            maker.digest("otp smt", "ABC123"),
            maker.digest("otp sms", "ABC124"),
            maker.digest("otp sms", "abc123"),
            maker.digest("otp smsA", "BC123"),
            maker.digest("otp sm", "sABC123"),
            maker.digest("", "otp smsABC123"),
            CodeMaker::new(&keys(&[2])).digest("otp sms", "ABC123"),
        ] {
            assert_ne!(digest, other);
        }
    }

    #[test]
    fn what_an_older_key_has_digested_is_still_known() {
        let older = maker().digest("recovery code", "abcde-fghjk");
        let both = CodeMaker::new(&keys(&[1, 2]));
        let newer = both.digest("recovery code", "abcde-fghjk");
        assert_ne!(newer, older);
        assert_eq!(both.digests("recovery code", "abcde-fghjk"), [newer, older]);
    }

    #[test]
    fn the_digest_is_what_it_was() {
        // Stored in the database: a change voids what is there.
        assert_eq!(
            u128::from_be_bytes(maker().digest("otp sms", "ABC123")),
            0x6d56_fe51_ceb1_3ddd_0723_44e4_ee3d_6c83
        );
    }

    #[test]
    fn debug_output_shows_no_key_and_no_code() {
        let maker = maker();
        let code = maker.fresh(CodeAlphabet::Digits, 8).unwrap();
        assert_eq!(
            format!("{maker:?} {code:?}"),
            "CodeMaker { key: Subkey(…), retired: [] } Secret(…)"
        );
    }
}
