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

/// The cost of hashing a password, and how much of it is done at once.
///
/// The memory that hashing takes is `memory_kib` for every thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordHashing {
    /// Memory in KiB, 8 to 1,048,576; OWASP's minimum by default.
    pub memory_kib: u32,
    /// Passes over it, 1 to 32; at most 4 GiB are passed over in all.
    pub iterations: u32,
    /// Lanes, 1 to 16, one after the other on the same thread.
    pub parallelism: u32,
    /// Threads, 1 to 1,024; one for every core if not given.
    pub threads: Option<usize>,
    /// How many passwords may wait for a thread; the next one is refused.
    ///
    /// The default is about a second of work on two cores: who waits longer has given up.
    pub queue: usize,
}

impl Default for PasswordHashing {
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
            threads: None,
            queue: 128,
        }
    }
}

impl PasswordHashing {
    /// The most that a hash may cost, our own or an imported one: a few seconds.
    pub(super) const LIMIT: Cost = Cost {
        memory_kib: 1 << 20,
        iterations: 32,
        parallelism: 16,
    };

    /// The most that memory (KiB) times iterations may be.
    pub(super) const LIMIT_WORK: u64 = 4 << 20;

    pub(super) fn cost(self) -> Result<Cost, ParameterError> {
        let limit = Self::LIMIT;
        check("parallelism", self.parallelism, 1..=limit.parallelism)?;
        check(
            "memory_kib",
            self.memory_kib,
            8 * self.parallelism..=limit.memory_kib,
        )?;
        check("iterations", self.iterations, 1..=limit.iterations)?;
        within(
            "memory_kib * iterations",
            u64::from(self.memory_kib) * u64::from(self.iterations),
            1..=Self::LIMIT_WORK,
        )?;
        Ok(Cost {
            memory_kib: self.memory_kib,
            iterations: self.iterations,
            parallelism: self.parallelism,
        })
    }

    pub(super) fn threads(self) -> Result<usize, ParameterError> {
        match self.threads {
            Some(threads) => {
                within("threads", threads as u64, 1..=1024)?;
                Ok(threads)
            }
            None => Ok(std::thread::available_parallelism().map_or(1, usize::from)),
        }
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
    fn the_defaults_are_allowed_and_are_owasps_for_passwords() {
        assert_eq!(TokenHashing::default().cost().unwrap().memory_kib, 8);
        let cost = PasswordHashing::default().cost().unwrap();
        assert_eq!(
            (cost.memory_kib, cost.iterations, cost.parallelism),
            (19_456, 2, 1)
        );
        assert!(PasswordHashing::default().threads().unwrap() >= 1);
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

        let password = |memory_kib, iterations, parallelism| {
            let hashing = PasswordHashing {
                memory_kib,
                iterations,
                parallelism,
                ..PasswordHashing::default()
            };
            hashing.cost().map_err(|error| error.name).err()
        };
        assert_eq!(password(8, 1, 1), None);
        assert_eq!(password(1 << 20, 4, 16), None);
        assert_eq!(password(7, 1, 1), Some("memory_kib"));
        assert_eq!(password(15, 1, 2), Some("memory_kib"));
        assert_eq!(password((1 << 20) + 1, 1, 1), Some("memory_kib"));
        assert_eq!(password(8, 0, 1), Some("iterations"));
        assert_eq!(password(8, 33, 1), Some("iterations"));
        assert_eq!(password(8, 1, 0), Some("parallelism"));
        assert_eq!(password(1024, 1, 17), Some("parallelism"));
        assert_eq!(password(1 << 20, 5, 1), Some("memory_kib * iterations"));
    }

    #[test]
    fn threads_are_counted() {
        let threads = |threads| {
            let hashing = PasswordHashing {
                threads: Some(threads),
                ..PasswordHashing::default()
            };
            hashing.threads().ok()
        };
        assert_eq!(threads(0), None);
        assert_eq!(threads(3), Some(3));
        assert_eq!(threads(1025), None);
    }

    #[test]
    fn the_message_says_what_is_allowed() {
        let error = within("node", 9, 0..=3).unwrap_err();
        assert_eq!(error.to_string(), "`node` must be from 0 to 3: `9`");
    }
}
