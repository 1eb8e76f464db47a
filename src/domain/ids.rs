//! Identifiers, sequences and positions.
//!
//! On the wire an id is a decimal string of a positive 63-bit integer; inside it is that integer, so
//! that rows have integer keys and new ones stay together in the B-tree. Knowing an id is never
//! enough for anything.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::time::Timestamp;

/// Microseconds of a second.
const MICROS: i64 = 1_000_000;

/// Seconds between the Unix epoch and the epoch of our ids, 2025-01-01T00:00:00Z.
pub const ID_EPOCH_SECONDS: i64 = 1_735_689_600;

/// Bits below the seconds: two for the node, ten for the part of the second, twenty random ones.
pub const ID_LOW_BITS: u32 = 32;

/// The largest node number that fits into an id.
pub const MAX_NODE: u8 = 3;

/// The random bits of an id.
const ID_RANDOM_BITS: u32 = 20;

/// Parts of a second that ids tell apart.
const ID_TICKS: i64 = 1 << 10;

/// Composes an id of the second, the node, the 1024th of the second and twenty random bits.
///
/// The time stands above the random bits (the seconds suffice until 2093), so that rows which are
/// written together lie together in the B-tree: a commit of many sessions touches few pages.
/// Who knows the second of a session only has 2^30 ids to try (docs/decisions/0036).
#[must_use]
pub fn compose_id(now: Timestamp, node: u8, random: u32) -> i64 {
    let micros = now.micros().saturating_sub(ID_EPOCH_SECONDS * MICROS);
    let seconds = micros.div_euclid(MICROS).clamp(0, i64::from(i32::MAX));
    let tick = micros.rem_euclid(MICROS) * ID_TICKS / MICROS;
    let random = i64::from(random & ((1 << ID_RANDOM_BITS) - 1));
    let low = (i64::from(node & MAX_NODE) << 30) | (tick << ID_RANDOM_BITS) | random;
    let id = (seconds << ID_LOW_BITS) | low;
    id.max(1)
}

/// Reads a canonical decimal id: digits only, no leading zero, 1 to 2^63 - 1.
fn parse_decimal(text: &str) -> Option<i64> {
    let canonical = !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && !text.starts_with('0');
    if canonical { text.parse().ok() } else { None }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// Wraps a key that the store or the id generator made.
            #[must_use]
            pub const fn new(key: i64) -> Self {
                Self(key)
            }

            /// The integer behind the id.
            #[must_use]
            pub const fn key(self) -> i64 {
                self.0
            }

            /// Reads the decimal form; anything else names nothing that exists.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                parse_decimal(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                // Numbers of the standard library go through what pads them.
                out.write_str(itoa::Buffer::new().format(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(out, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a decimal id"))
            }
        }
    };
}

id! {
    /// The one instance that a database holds; resource owner of sessions.
    InstanceId
}
id! {
    /// An organisation; resource owner of users.
    OrgId
}
id! {
    /// A session.
    SessionId
}
id! {
    /// A user, human or machine; also the creator of events.
    ///
    /// A client may name a user itself, with any text (spec adjacent.md section 7). Such a name is
    /// turned into a key by [`given_user_key`] and kept beside
    /// the user for display.
    UserId
}
id! {
    /// A personal access token.
    PatId
}
id! {
    /// A login at an identity provider.
    IntentId
}

id! {
    /// A passkey or security key.
    WebAuthnKeyId
}
id! {
    /// The code of a link with which a passkey is registered.
    PasskeyCodeId
}

impl UserId {
    /// The actor of what nobody asked for over the wire: bootstrap and the command line.
    pub const SYSTEM: Self = Self(0);
}

/// The number of an event within its aggregate: 1, 2, 3, … without gaps.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Sequence(u32);

impl Sequence {
    /// The state before the first event.
    pub const NONE: Self = Self(0);

    /// Wraps a stored number.
    #[must_use]
    pub const fn new(number: u32) -> Self {
        Self(number)
    }

    /// The plain number.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The sequence after `count` more events.
    #[must_use]
    pub fn after(self, count: usize) -> Self {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        Self(self.0.saturating_add(count))
    }

    /// The sequence of the next event.
    #[must_use]
    pub fn next(self) -> Self {
        self.after(1)
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

/// The place of an event in the whole log: rising, in order of commit.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(i64);

impl Position {
    /// Before the first event.
    pub const START: Self = Self(0);

    /// Wraps a stored number.
    #[must_use]
    pub const fn new(number: i64) -> Self {
        Self(number)
    }

    /// The plain number.
    #[must_use]
    pub const fn number(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

/// The key of a user whose id a client chose: the number itself where it is a decimal id, else
/// 63 bits of a digest of the text, so that no lookup is needed to find the user again.
///
/// 63 bits of BLAKE3 make an accidental clash among a million given names a matter of 10^-7; a clash
/// is refused as an existing id, never merged.
#[must_use]
pub fn given_user_key(text: &str) -> UserId {
    parse_decimal(text).map_or_else(
        || {
            let digest = blake3::derive_key("bartizan 2026 given user id", text.as_bytes());
            let (head, _) = digest.split_at(8);
            let number = head
                .iter()
                .fold(0_u64, |number, byte| (number << 8) | u64::from(*byte));
            UserId(i64::try_from(number >> 1).unwrap_or(i64::MAX).max(1))
        },
        UserId,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_decimals_are_ids() {
        for (text, expected) in [
            ("1", Some(1)),
            ("9223372036854775807", Some(i64::MAX)),
            ("9223372036854775808", None),
            ("0", None),
            ("01", None),
            ("-1", None),
            ("+1", None),
            ("", None),
            (" 1", None),
            ("1a", None),
            ("\u{661}", None),
        ] {
            assert_eq!(
                SessionId::parse(text).map(SessionId::key),
                expected,
                "{text:?}"
            );
        }
    }

    const fn at(seconds: i64, micros: i64) -> Timestamp {
        Timestamp::from_micros((ID_EPOCH_SECONDS + seconds) * MICROS + micros)
    }

    #[test]
    fn ids_rise_with_the_time_and_stay_positive() {
        let rising = [
            compose_id(at(10, 0), 3, u32::MAX),
            compose_id(at(10, 977), 3, 0),
            compose_id(at(10, 999_999), 3, 0),
            compose_id(at(11, 0), 0, 0),
        ];
        assert!(rising.is_sorted_by(|a, b| a < b), "{rising:?}");
        for micros in [i64::MIN, 0, i64::MAX] {
            assert!(compose_id(Timestamp::from_micros(micros), 3, 0) > 0);
        }
    }

    #[test]
    fn the_parts_of_an_id_do_not_overlap() {
        let id = compose_id(at(1, 3 * MICROS / ID_TICKS + 1), 2, 5);
        assert_eq!(id, (1 << 32) | (2 << 30) | (3 << 20) | 5);
        let full = compose_id(at(0, MICROS - 1), MAX_NODE, u32::MAX);
        assert_eq!(full, i64::from(u32::MAX));
    }

    #[test]
    fn given_ids_keep_decimals_and_digest_the_rest() {
        assert_eq!(
            given_user_key("163840776835432705").key(),
            163_840_776_835_432_705
        );
        let named = given_user_key("f3b1c9e0-aaaa-bbbb");
        assert!(named.key() > 0);
        assert_eq!(named, given_user_key("f3b1c9e0-aaaa-bbbb"));
        assert_ne!(named, given_user_key("f3b1c9e0-aaaa-bbbc"));
    }
}
