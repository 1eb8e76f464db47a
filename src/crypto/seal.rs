//! The keyed hash chain of the event log.

use super::keys::{KeyFile, Purpose, Subkey};
use crate::ports::{LinkHash, Seal};

/// Ties each event to all before it.
///
/// Who can write to the database but has no key can neither change an event nor slip one in without
/// `bartizan verify` noticing. The chain keeps the key it was begun with, the first of the file: with
/// a newer one, what older ones have sealed could not be verified any more.
#[derive(Debug)]
pub struct ChainKey {
    key: Subkey,
}

impl ChainKey {
    /// The seal of the log that was begun with these keys.
    #[must_use]
    pub fn new(keys: &KeyFile) -> Self {
        Self {
            key: keys.oldest(Purpose::EventChain),
        }
    }
}

impl Seal for ChainKey {
    fn link(&self, previous: &LinkHash, event: &[u8]) -> LinkHash {
        // The link before has a fixed length, so nothing of the event can pass for it.
        self.key.mac(&[previous, event])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::keys::tests::keys;

    fn seal() -> ChainKey {
        ChainKey::new(&keys(&[1]))
    }

    fn chain(seal: &ChainKey, events: &[&[u8]]) -> LinkHash {
        events
            .iter()
            .fold([0; 16], |previous, event| seal.link(&previous, event))
    }

    #[test]
    fn any_byte_of_any_event_changes_the_end_of_the_chain() {
        let events: [&[u8]; 3] = [b"session.added", b"", b"session.terminated"];
        let end = chain(&seal(), &events);
        for (place, event) in events.iter().enumerate() {
            for byte in 0..event.len() {
                let mut changed = event.to_vec();
                changed[byte] ^= 1;
                let mut others = events;
                others[place] = &changed;
                assert_ne!(chain(&seal(), &others), end, "{place} {byte}");
            }
            let longer = [event, &b"x"[..]].concat();
            let mut others = events;
            others[place] = &longer;
            assert_ne!(chain(&seal(), &others), end, "{place}");
        }
    }

    #[test]
    fn order_omission_and_addition_change_the_end_of_the_chain() {
        let end = chain(&seal(), &[b"one", b"two", b"three"]);
        for others in [
            &[&b"two"[..], b"one", b"three"][..],
            &[b"one", b"three", b"two"],
            &[b"one", b"three"],
            &[b"one", b"two"],
            &[b"two", b"three"],
            &[b"one", b"two", b"three", b""],
            &[b"", b"one", b"two", b"three"],
            &[b"onetwo", b"three"],
            &[b"onet", b"wo", b"three"],
        ] {
            assert_ne!(chain(&seal(), others), end, "{others:?}");
        }
    }

    #[test]
    fn the_link_before_counts_with_every_bit() {
        let link = seal().link(&[0; 16], b"event");
        for bit in 0..128 {
            let mut previous = [0; 16];
            previous[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(seal().link(&previous, b"event"), link, "{bit}");
        }
    }

    #[test]
    fn the_chain_keeps_the_key_that_it_was_begun_with() {
        let link = seal().link(&[0; 16], b"event");
        assert_eq!(ChainKey::new(&keys(&[1, 2])).link(&[0; 16], b"event"), link);
        assert_ne!(ChainKey::new(&keys(&[2])).link(&[0; 16], b"event"), link);
    }

    #[test]
    fn the_link_is_what_it_was() {
        // A change of this breaks every chain that there is.
        assert_eq!(
            u128::from_be_bytes(seal().link(&[9; 16], b"event")),
            0x0779_a1f8_6397_481c_2762_1471_e664_60e8
        );
    }

    #[test]
    fn debug_output_shows_no_key() {
        assert_eq!(format!("{:?}", seal()), "ChainKey { key: Subkey(…) }");
    }
}
