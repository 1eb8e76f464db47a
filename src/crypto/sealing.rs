//! Encryption of what must be had again in clear.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{AeadInPlace as _, KeyInit as _};
use chacha20poly1305::{Key, Tag, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::keys::{KeyFile, Purpose, Subkey};
use super::random;
use crate::domain::secret::SealedSecret;
use crate::ports::{HashingError, Sealer};

const NONCE: usize = 24;
const TAG: usize = 16;
/// Before everything that this form of encryption made.
pub(super) const FORM: &str = "x1.";

/// Encrypts with XChaCha20-Poly1305 under a key derived from the key file.
///
/// The place of a secret is associated data: moved to another row it cannot be read. The newest key
/// encrypts, all of them decrypt.
#[derive(Debug)]
pub struct SealingKeys {
    newest: Subkey,
    retired: Vec<Subkey>,
}

impl SealingKeys {
    /// For messages that wait to be delivered.
    #[must_use]
    pub fn for_outbox(keys: &KeyFile) -> Self {
        Self::new(keys, Purpose::Outbox)
    }

    /// For what intents keep: what a login at a provider was begun with, and what came of it.
    #[must_use]
    pub fn for_intents(keys: &KeyFile) -> Self {
        Self::new(keys, Purpose::IntentContent)
    }

    pub(super) fn new(keys: &KeyFile, purpose: Purpose) -> Self {
        Self {
            newest: keys.newest(purpose),
            retired: keys.retired(purpose),
        }
    }
}

impl Sealer for SealingKeys {
    fn seal(&self, place: &[u8], plain: &[u8]) -> Result<SealedSecret, HashingError> {
        let mut nonce = [0; NONCE];
        random::fill(&mut nonce)?;
        let mut text = Zeroizing::new(plain.to_vec());
        let tag = cipher(&self.newest)
            .encrypt_in_place_detached(XNonce::from_slice(&nonce), place, &mut text)
            .map_err(|_| HashingError::Failed)?;
        let sealed = [nonce.as_slice(), text.as_slice(), tag.as_slice()].concat();
        Ok(SealedSecret::new(format!(
            "{FORM}{}",
            URL_SAFE_NO_PAD.encode(sealed)
        )))
    }

    fn open(&self, place: &[u8], sealed: &SealedSecret) -> Option<Zeroizing<Vec<u8>>> {
        let sealed = sealed.as_str().strip_prefix(FORM)?;
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, rest) = sealed.split_first_chunk::<NONCE>()?;
        let (text, tag) = rest.split_last_chunk::<TAG>()?;
        std::iter::once(&self.newest)
            .chain(&self.retired)
            .find_map(|key| {
                let mut text = Zeroizing::new(text.to_vec());
                cipher(key)
                    .decrypt_in_place_detached(
                        XNonce::from_slice(nonce),
                        place,
                        &mut text,
                        Tag::from_slice(tag),
                    )
                    .ok()
                    .map(|()| text)
            })
    }
}

fn cipher(key: &Subkey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(Key::from_slice(key.bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::keys::tests::keys;

    fn sealer(generations: &[u8]) -> SealingKeys {
        SealingKeys::for_outbox(&keys(generations))
    }

    #[test]
    fn what_was_sealed_is_opened_in_its_place_and_with_its_key_alone() {
        let sealed = sealer(&[1]).seal(b"row 1", b"a code").unwrap();
        let opened = |sealer: SealingKeys, place: &[u8], sealed: &SealedSecret| {
            sealer.open(place, sealed).map(|text| text.to_vec())
        };
        assert_eq!(
            opened(sealer(&[1]), b"row 1", &sealed).as_deref(),
            Some(&b"a code"[..])
        );
        assert_eq!(
            opened(sealer(&[1, 2]), b"row 1", &sealed).as_deref(),
            Some(&b"a code"[..])
        );
        assert_eq!(opened(sealer(&[1]), b"row 2", &sealed), None);
        assert_eq!(opened(sealer(&[2]), b"row 1", &sealed), None);
        let other = SealingKeys::new(&keys(&[1]), Purpose::TotpSecret);
        assert_eq!(opened(other, b"row 1", &sealed), None);
        for text in ["", "x1.", "x1.AAAA", "x2.AAAA", "x1.!"] {
            assert_eq!(
                opened(sealer(&[1]), b"row 1", &SealedSecret::new(text)),
                None,
                "{text}"
            );
        }
    }

    #[test]
    fn a_changed_byte_anywhere_is_noticed() {
        let sealed = sealer(&[1]).seal(b"x", b"text").unwrap();
        let bytes = sealed.as_str().strip_prefix(FORM).unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(bytes).unwrap();
        for place in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[place] ^= 1;
            let altered = format!("{FORM}{}", URL_SAFE_NO_PAD.encode(altered));
            assert!(
                sealer(&[1])
                    .open(b"x", &SealedSecret::new(altered))
                    .is_none()
            );
        }
    }

    #[test]
    fn the_same_text_never_looks_the_same() {
        let sealer = sealer(&[1]);
        let seal = || sealer.seal(b"x", b"text").unwrap();
        assert_ne!(seal(), seal());
    }
}
