//! What has been proven already, so that argon2 runs once per token and not once per request.

use std::fmt::{self, Debug};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, UnitWeighter};

use crate::crypto::keys::Subkey;
use crate::domain::secret::HashText;

/// A bounded set of proven pairs of secret and stored hash.
///
/// Only the digest of a pair is kept, under a key of its own, so that a dump of the memory holds no
/// token. The stored hash is part of the pair: a new token makes the old entry worthless by itself.
pub(super) struct Memo {
    key: Subkey,
    proven: Option<Cache<Proof, ()>>,
    /// Look-ups that found the pair, and those that did not.
    found: [AtomicU64; 2],
}

/// The digest of a pair.
pub(super) type Proof = [u8; 16];

impl Memo {
    /// Keeps about `capacity` pairs, less than 60 bytes each; none at all if it is 0.
    pub(super) fn new(key: Subkey, capacity: usize) -> Self {
        Self {
            key,
            proven: (capacity > 0).then(|| cache(capacity)),
            found: Default::default(),
        }
    }

    /// The digest of a pair, if anything is remembered at all.
    pub(super) fn proof(&self, secret: &[u8; 16], hash: &HashText) -> Option<Proof> {
        self.proven.as_ref()?;
        // The secret has a fixed length, so the two cannot be divided in another way.
        Some(self.key.mac(&[secret, hash.as_str().as_bytes()]))
    }

    /// Whether the pair was proven before.
    pub(super) fn holds(&self, proof: &Proof) -> bool {
        let holds = self
            .proven
            .as_ref()
            .is_some_and(|proven| proven.get(proof).is_some());
        let [hits, misses] = &self.found;
        let found = if holds { hits } else { misses };
        found.fetch_add(1, Relaxed);
        holds
    }

    /// Look-ups that found their pair, and those that did not.
    pub(super) fn found(&self) -> (u64, u64) {
        let [hits, misses] = &self.found;
        (hits.load(Relaxed), misses.load(Relaxed))
    }

    /// Remembers a pair that was proven.
    pub(super) fn remember(&self, proof: Proof) {
        if let Some(proven) = &self.proven {
            proven.insert(proof, ());
        }
    }
}

fn cache(capacity: usize) -> Cache<Proof, ()> {
    let options = OptionsBuilder::new()
        .estimated_items_capacity(capacity)
        .weight_capacity(capacity as u64)
        // No room for keys that were evicted: a miss costs microseconds, the room would cost half as
        // much memory again.
        .ghost_allocation(0.0)
        .build();
    match options {
        Ok(options) => Cache::with_options(
            options,
            UnitWeighter,
            DefaultHashBuilder::default(),
            DefaultLifecycle::default(),
        ),
        Err(_) => Cache::new(capacity),
    }
}

impl Debug for Memo {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let capacity = self.proven.as_ref().map_or(0, Cache::capacity);
        write!(out, "Memo({capacity})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::keys::Purpose;
    use crate::crypto::keys::tests::keys;

    fn memo(capacity: usize) -> Memo {
        Memo::new(keys(&[1]).newest(Purpose::Memo), capacity)
    }

    #[test]
    fn only_the_very_pair_is_remembered() {
        let memo = memo(64);
        let hash = HashText::new("$argon2id$one");
        let proof = memo.proof(&[1; 16], &hash).unwrap();
        assert!(!memo.holds(&proof));
        memo.remember(proof);
        assert!(memo.holds(&proof));
        for (secret, hash) in [
            ([2; 16], "$argon2id$one"),
            ([1; 16], "$argon2id$two"),
            ([1; 16], ""),
        ] {
            let other = memo.proof(&secret, &HashText::new(hash)).unwrap();
            assert!(!memo.holds(&other), "{hash}");
        }
    }

    #[test]
    fn it_does_not_grow_beyond_its_capacity() {
        let memo = memo(100);
        for number in 0..10_000_u64 {
            let mut secret = [0; 16];
            secret
                .split_at_mut(8)
                .0
                .copy_from_slice(&number.to_be_bytes());
            memo.remember(memo.proof(&secret, &HashText::new("x")).unwrap());
        }
        assert!(memo.proven.as_ref().unwrap().len() <= 128);
    }

    #[test]
    fn a_memo_of_nothing_remembers_nothing() {
        let memo = memo(0);
        assert!(memo.proof(&[1; 16], &HashText::new("x")).is_none());
        memo.remember([1; 16]);
        assert!(!memo.holds(&[1; 16]));
    }

    #[test]
    fn debug_output_shows_no_entry() {
        let memo = memo(64);
        memo.remember([0xab; 16]);
        assert_eq!(format!("{memo:?}"), "Memo(64)");
    }
}
