//! The key file and the keys that are derived from it.
//!
//! Everything that this program makes and later believes again is bound to `bartizan.key`: tokens,
//! stored codes, the event chain. The file holds generations of 32 random bytes. The newest one makes,
//! all of them read, so that a new key does not end what an old one has issued. No generation is used
//! itself: each purpose has its own key, so that a value made for one is worth nothing for another.

mod error;
mod file;
mod text;

pub use error::{KeyError, KeyFault};

use std::fmt::{self, Debug, Display};

use zeroize::Zeroizing;

use super::random;
use crate::ports::HashingError;

/// The keys of an installation, one generation or more.
#[derive(Debug)]
pub struct KeyFile {
    /// Oldest first.
    older: Vec<Generation>,
    newest: Generation,
}

impl KeyFile {
    /// Keys that live as long as this value and are written nowhere: for a database in memory and for tests.
    ///
    /// # Errors
    /// [`HashingError::Failed`] if the system gives no random bytes.
    pub fn ephemeral() -> Result<Self, HashingError> {
        Ok(Self {
            older: Vec::new(),
            newest: Generation::random()?,
        })
    }

    /// The id of the key that makes new tokens. No secret: it tells which file belongs to which database.
    #[must_use]
    pub fn id(&self) -> KeyId {
        self.newest.id
    }

    /// The id of the key that the event log was begun with.
    #[must_use]
    pub fn first_id(&self) -> KeyId {
        self.first().id
    }

    /// How many keys there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.older.len() + 1
    }

    /// The same keys with a fresh one behind them, which makes from now on. With `end_tokens` the tokens
    /// of all others are not accepted any more.
    pub(in crate::crypto) fn with_fresh(mut self, end_tokens: bool) -> Result<Self, HashingError> {
        self.older.push(self.newest);
        for generation in &mut self.older {
            generation.ended |= end_tokens;
        }
        Ok(Self {
            older: self.older,
            newest: Generation::random()?,
        })
    }

    /// The key with which things are made.
    pub(in crate::crypto) fn newest(&self, purpose: Purpose) -> Subkey {
        self.newest.derive(purpose)
    }

    /// The key of the first generation, for what must stay verifiable from its very beginning.
    pub(in crate::crypto) fn oldest(&self, purpose: Purpose) -> Subkey {
        self.first().derive(purpose)
    }

    /// The keys of all generations but the newest, latest first; of tokens only those that were not
    /// ended.
    pub(in crate::crypto) fn retired(&self, purpose: Purpose) -> Vec<Subkey> {
        self.older
            .iter()
            .rev()
            .filter(|generation| !(generation.ended && purpose.is_of_tokens()))
            .map(|generation| generation.derive(purpose))
            .collect()
    }

    fn first(&self) -> &Generation {
        self.older.first().unwrap_or(&self.newest)
    }

    /// Oldest first.
    fn generations(&self) -> impl Iterator<Item = &Generation> {
        self.older.iter().chain(std::iter::once(&self.newest))
    }
}

/// What a derived key is for. One context string each, never to be changed or used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::crypto) enum Purpose {
    SessionToken,
    PatToken,
    Code,
    Memo,
    EventChain,
    TotpSecret,
    Outbox,
    IntentToken,
    IntentState,
    IntentContent,
}

impl Purpose {
    /// Whether what it makes is handed out and comes back to prove something.
    const fn is_of_tokens(self) -> bool {
        match self {
            Self::SessionToken | Self::PatToken | Self::IntentToken | Self::IntentState => true,
            Self::Code
            | Self::Memo
            | Self::EventChain
            | Self::TotpSecret
            | Self::Outbox
            | Self::IntentContent => false,
        }
    }

    const fn context(self) -> &'static str {
        match self {
            Self::SessionToken => "bartizan 2026 session token mac",
            Self::PatToken => "bartizan 2026 personal access token mac",
            Self::Code => "bartizan 2026 stored codes",
            Self::Memo => "bartizan 2026 memo of verified tokens",
            Self::EventChain => "bartizan 2026 event chain",
            Self::TotpSecret => "bartizan 2026 totp secret encryption",
            Self::Outbox => "bartizan 2026 outbox encryption",
            Self::IntentToken => "bartizan 2026 intent token encryption",
            Self::IntentState => "bartizan 2026 intent state encryption",
            Self::IntentContent => "bartizan 2026 intent content encryption",
        }
    }
}

/// The public name of a key, made of the key: it also shows when a key was damaged.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyId([u8; 8]);

impl Display for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:016x}", u64::from_be_bytes(self.0))
    }
}

impl Debug for KeyId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "KeyId({self})")
    }
}

/// One generation of key material.
struct Generation {
    id: KeyId,
    material: Zeroizing<[u8; 32]>,
    /// Whether its tokens are not accepted any more.
    ended: bool,
}

impl Generation {
    fn new(material: Zeroizing<[u8; 32]>) -> Self {
        let digest = blake3::derive_key("bartizan 2026 key id", material.as_slice());
        Self {
            id: KeyId(truncated(&digest)),
            material,
            ended: false,
        }
    }

    fn random() -> Result<Self, HashingError> {
        let mut material = Zeroizing::new([0; 32]);
        random::fill(material.as_mut_slice())?;
        Ok(Self::new(material))
    }

    fn derive(&self, purpose: Purpose) -> Subkey {
        Subkey(Zeroizing::new(blake3::derive_key(
            purpose.context(),
            self.material.as_slice(),
        )))
    }
}

impl Debug for Generation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Generation({})", self.id)
    }
}

/// A derived key: for keyed BLAKE3, or for encrypting with, by purpose.
pub(in crate::crypto) struct Subkey(Zeroizing<[u8; 32]>);

impl Subkey {
    /// A key that lives as long as the process.
    pub(in crate::crypto) fn random() -> Result<Self, HashingError> {
        let mut key = Zeroizing::new([0; 32]);
        random::fill(key.as_mut_slice())?;
        Ok(Self(key))
    }

    /// The key itself, for a cipher.
    pub(in crate::crypto) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first `N` bytes of the keyed hash. The parts are hashed as one text: whoever calls this
    /// sees to it that they cannot be divided in two ways.
    pub(in crate::crypto) fn mac<const N: usize>(&self, parts: &[&[u8]]) -> [u8; N] {
        let digest = match parts {
            // No hasher to set up: half the time for something as short as a token.
            [only] => blake3::keyed_hash(&self.0, only),
            parts => {
                let mut hasher = blake3::Hasher::new_keyed(&self.0);
                for part in parts {
                    hasher.update(part);
                }
                hasher.finalize()
            }
        };
        truncated(digest.as_bytes())
    }
}

impl Debug for Subkey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Subkey(…)")
    }
}

fn truncated<const N: usize>(digest: &[u8; 32]) -> [u8; N] {
    const { assert!(N <= 32, "a digest has 32 bytes") };
    let mut short = [0; N];
    for (to, from) in short.iter_mut().zip(digest) {
        *to = *from;
    }
    short
}

#[cfg(test)]
pub(in crate::crypto) mod tests {
    use super::*;

    const PURPOSES: [Purpose; 10] = [
        Purpose::SessionToken,
        Purpose::PatToken,
        Purpose::Code,
        Purpose::Memo,
        Purpose::EventChain,
        Purpose::TotpSecret,
        Purpose::Outbox,
        Purpose::IntentToken,
        Purpose::IntentState,
        Purpose::IntentContent,
    ];

    /// Keys of as many generations as there are seeds, oldest first.
    pub(in crate::crypto) fn keys(seeds: &[u8]) -> KeyFile {
        let mut older: Vec<_> = seeds
            .iter()
            .map(|seed| Generation::new(Zeroizing::new([*seed; 32])))
            .collect();
        let newest = older.pop().unwrap();
        KeyFile { older, newest }
    }

    #[test]
    fn every_purpose_and_every_generation_has_its_own_key() {
        let keys = keys(&[1, 2]);
        let mut macs: Vec<[u8; 32]> = Vec::new();
        for purpose in PURPOSES {
            macs.push(keys.newest(purpose).mac(&[b"text"]));
            macs.push(keys.oldest(purpose).mac(&[b"text"]));
        }
        let count = macs.len();
        macs.sort_unstable();
        macs.dedup();
        assert_eq!(macs.len(), count);
    }

    #[test]
    fn one_part_and_several_parts_make_the_same_mac() {
        let key = keys(&[1]).newest(Purpose::Code);
        assert_eq!(
            key.mac::<16>(&[b"hello world"]),
            key.mac(&[b"hello ", b"world"])
        );
        assert_ne!(key.mac::<16>(&[b"hello"]), key.mac(&[b"world"]));
    }

    #[test]
    fn the_oldest_of_a_single_generation_is_the_newest() {
        let keys = keys(&[7]);
        assert_eq!(keys.id(), keys.first_id());
        assert!(keys.retired(Purpose::Code).is_empty());
        assert_eq!(
            keys.oldest(Purpose::Code).mac::<8>(&[b"x"]),
            keys.newest(Purpose::Code).mac(&[b"x"])
        );
    }

    #[test]
    fn retired_keys_come_latest_first() {
        let three = keys(&[1, 2, 3]);
        let macs: Vec<[u8; 8]> = three
            .retired(Purpose::Code)
            .iter()
            .map(|key| key.mac(&[b"x"]))
            .collect();
        let expected: Vec<[u8; 8]> = [2, 1]
            .iter()
            .map(|seed| keys(&[*seed]).newest(Purpose::Code).mac(&[b"x"]))
            .collect();
        assert_eq!(macs, expected);
    }

    #[test]
    fn ephemeral_keys_differ() {
        assert_ne!(
            KeyFile::ephemeral().unwrap().id(),
            KeyFile::ephemeral().unwrap().id()
        );
    }

    #[test]
    fn debug_output_names_keys_and_shows_none() {
        let keys = keys(&[0x41, 0x42]);
        let shown = format!("{keys:?} {:?}", keys.newest(Purpose::Code));
        assert_eq!(
            shown,
            format!(
                "KeyFile {{ older: [Generation({})], newest: Generation({}) }} Subkey(…)",
                keys.first_id(),
                keys.id()
            )
        );
    }
}
