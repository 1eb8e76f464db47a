//! What hashing costs, as it is configured.

use std::ops::RangeInclusive;

use super::argon::Cost;

/// A parameter that makes no sense or could bring the service down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` must be from {min} to {max}: `{value}`")]
pub struct ParameterError {
    /// Which one.
    pub name: &'static str,
    /// What it is.
    pub value: u64,
    /// The least that it may be.
    pub min: u64,
    /// The most that it may be.
    pub max: u64,
}

/// The cost of hashing the secret of a token.
///
/// The secret has 128 random bits, so nobody finds it by guessing, however cheap a guess is: the
/// least that argon2id can do is enough, and it is paid for every token that is not remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokenHashing {
    /// Memory in KiB, 8 to 64.
    pub memory_kib: u32,
    /// Passes over it, 1 to 4.
    pub iterations: u32,
}

impl Default for TokenHashing {
    fn default() -> Self {
        Self {
            memory_kib: 8,
            iterations: 1,
        }
    }
}

impl TokenHashing {
    pub(super) fn cost(self) -> Result<Cost, ParameterError> {
        check("memory_kib", self.memory_kib, 8..=64)?;
        check("iterations", self.iterations, 1..=4)?;
        Ok(Cost {
            memory_kib: self.memory_kib,
            iterations: self.iterations,
            parallelism: 1,
        })
    }
}

fn check(
    name: &'static str,
    value: u32,
    allowed: RangeInclusive<u32>,
) -> Result<(), ParameterError> {
    let (min, max) = allowed.into_inner();
    within(name, value.into(), min.into()..=max.into())
}

/// Whether a parameter is where it may be.
pub(super) fn within(
    name: &'static str,
    value: u64,
    allowed: RangeInclusive<u64>,
) -> Result<(), ParameterError> {
    if allowed.contains(&value) {
        return Ok(());
    }
    let (min, max) = allowed.into_inner();
    Err(ParameterError {
        name,
        value,
        min,
        max,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_allowed() {
        assert_eq!(TokenHashing::default().cost().unwrap().memory_kib, 8);
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let token = |memory_kib, iterations| {
            let hashing = TokenHashing {
                memory_kib,
                iterations,
            };
            hashing.cost().map_err(|error| error.name).err()
        };
        assert_eq!(token(64, 4), None);
        assert_eq!(token(7, 1), Some("memory_kib"));
        assert_eq!(token(65, 1), Some("memory_kib"));
        assert_eq!(token(8, 0), Some("iterations"));
        assert_eq!(token(8, 5), Some("iterations"));
    }

    #[test]
    fn the_message_says_what_is_allowed() {
        let error = within("node", 9, 0..=3).unwrap_err();
        assert_eq!(error.to_string(), "`node` must be from 0 to 3: `9`");
    }
}
