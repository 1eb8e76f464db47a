//! When a delivery that failed is tried again.

use std::time::Duration;

use crate::domain::time::{Span, Timestamp};

/// Before the second attempt.
const FIRST: u64 = 2_000_000;
/// Before every attempt from the tenth or so on: 10 minutes.
const LONGEST: u64 = 600_000_000;

/// The moment of the next attempt after so many that failed: the pause doubles from 2 s to 10 min, and
/// is up to a quarter longer, so that messages that failed together are not tried together. Never
/// later than the end of the message, at which it is dropped.
pub(super) fn next_attempt(now: Timestamp, failed: u32, id: i64, end: Timestamp) -> Timestamp {
    let nanos = i64::try_from(pause(failed, id).as_nanos());
    now.plus(Span::from_nanos(nanos.unwrap_or(i64::MAX)))
        .min(end)
}

/// The pause after so many attempts that failed.
pub(super) fn pause(failed: u32, id: i64) -> Duration {
    let doublings = failed.saturating_sub(1).min(16);
    let pause = (FIRST << doublings).min(LONGEST);
    Duration::from_micros(pause + jitter(pause / 4, failed, id))
}

/// Spread over a range by message and attempt. It need not be hard to guess, only different.
fn jitter(range: u64, failed: u32, id: i64) -> u64 {
    let mut bytes = [0; 12];
    let (left, right) = bytes.split_at_mut(8);
    left.copy_from_slice(&id.to_be_bytes());
    right.copy_from_slice(&failed.to_be_bytes());
    let hash = blake3::hash(&bytes);
    let drawn = hash.as_bytes().iter().take(7).fold(0, |number: u64, byte| {
        number.wrapping_mul(256) + u64::from(*byte)
    });
    drawn % range.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEVER: Timestamp = Timestamp::from_micros(i64::MAX);

    fn micros(failed: u32, id: i64) -> i64 {
        next_attempt(Timestamp::from_micros(0), failed, id, NEVER).micros()
    }

    #[test]
    fn pauses_double_up_to_ten_minutes_and_are_at_most_a_quarter_longer() {
        for (failed, seconds) in [
            (0, 2),
            (1, 2),
            (2, 4),
            (3, 8),
            (9, 512),
            (10, 600),
            (11, 600),
            (u32::MAX, 600),
        ] {
            let least = seconds * 1_000_000;
            let found = micros(failed, 7);
            assert!(
                (least..least + least / 4).contains(&found),
                "{failed}: {found}"
            );
        }
    }

    #[test]
    fn messages_that_failed_together_are_not_tried_together() {
        let pauses: std::collections::BTreeSet<_> = (0..100).map(|id| micros(3, id)).collect();
        assert!(pauses.len() > 90, "{pauses:?}");
    }

    #[test]
    fn no_attempt_is_later_than_the_end() {
        let end = Timestamp::from_micros(5);
        assert_eq!(next_attempt(Timestamp::from_micros(1), 4, 1, end), end);
    }
}
