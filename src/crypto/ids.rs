//! Ids that nobody can guess.

use std::sync::atomic::{AtomicU64, Ordering};

use super::keys::Subkey;
use super::parameters::{ParameterError, within};
use crate::domain::ids::{MAX_NODE, compose_id};
use crate::domain::time::Timestamp;
use crate::ports::{HashingError, IdGenerator};

/// Makes ids of the time, the node and twenty bits that nobody can foresee.
///
/// The bits are keyed hashes of a counter, under a key of the system that lives as long as the
/// process: as hard to guess as the system's own random numbers, but they cannot fail.
#[derive(Debug)]
pub struct RandomIds {
    node: u8,
    key: Subkey,
    drawn: AtomicU64,
}

/// Why there are no ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// There is no such node.
    #[error(transparent)]
    Node(#[from] ParameterError),
    /// The system gave no random bytes.
    #[error("the system's random source failed")]
    Random(#[from] HashingError),
}

impl RandomIds {
    /// Ids of one node of the installation; no two nodes may have the same number.
    ///
    /// # Errors
    /// [`IdError`] if the number does not fit into an id or the system gives no random bytes.
    pub fn new(node: u8) -> Result<Self, IdError> {
        within("node", node.into(), 0..=MAX_NODE.into())?;
        Ok(Self {
            node,
            key: Subkey::random()?,
            drawn: AtomicU64::new(0),
        })
    }
}

impl IdGenerator for RandomIds {
    fn next(&self, now: Timestamp) -> i64 {
        // Nothing else depends on the counter: all that matters is that no number is drawn twice.
        let number = self.drawn.fetch_add(1, Ordering::Relaxed);
        let random = u32::from_be_bytes(self.key.mac(&[&number.to_be_bytes()]));
        compose_id(now, self.node, random)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::ID_EPOCH_SECONDS;
    use std::collections::BTreeSet;

    const NOW: Timestamp = Timestamp::from_micros((ID_EPOCH_SECONDS + 5) * 1_000_000 + 17);

    #[test]
    fn ids_carry_the_second_and_the_node() {
        for node in 0..=MAX_NODE {
            let id = RandomIds::new(node).unwrap().next(NOW);
            assert_eq!(id >> 32, 5);
            assert_eq!((id >> 30) & 3, i64::from(node));
        }
    }

    #[test]
    fn a_node_that_does_not_fit_is_refused() {
        assert!(matches!(RandomIds::new(4), Err(IdError::Node(_))));
    }

    #[test]
    fn ids_of_a_moment_are_spread_over_all_random_bits() {
        let ids = RandomIds::new(0).unwrap();
        let drawn: BTreeSet<i64> = (0..1000).map(|_| ids.next(NOW)).collect();
        assert!(drawn.len() > 990, "{}", drawn.len());
        let (all, any) = drawn
            .iter()
            .fold((i64::MAX, 0), |(all, any), id| (all & id, any | id));
        assert_eq!((any ^ all) & 0xffff_ffff, 0x000f_ffff, "each bit changes");
    }

    #[test]
    fn another_start_draws_other_ids() {
        let draw = || {
            let ids = RandomIds::new(1).unwrap();
            [ids.next(NOW), ids.next(NOW), ids.next(NOW)]
        };
        assert_ne!(draw(), draw());
    }

    #[test]
    fn debug_output_shows_no_key() {
        let shown = format!("{:?}", RandomIds::new(1).unwrap());
        assert_eq!(shown, "RandomIds { node: 1, key: Subkey(…), drawn: 0 }");
    }
}
