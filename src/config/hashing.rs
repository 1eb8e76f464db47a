//! `[tokens]` and `[passwords]`: parameters of argon2id.

use serde::{Deserialize, Serialize};

/// What hashing a token costs.
///
/// The secret in a token is random, so the cheapest parameters are sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenConfig {
    /// Memory of one hash in KiB; default 8, the least that argon2 takes.
    pub memory_kib: u32,
    /// Passes over the memory; default 1.
    pub iterations: u32,
    /// Tokens that were verified and are remembered; default 65536 (about 4 MiB), 0 remembers none.
    ///
    /// Spares argon2 for tokens in steady use; state and expiry are read every time all the same.
    pub memo_entries: usize,
}

impl Default for TokenConfig {
    fn default() -> Self {
        Self {
            memory_kib: 8,
            iterations: 1,
            memo_entries: 65_536,
        }
    }
}

/// What hashing a password costs.
///
/// A stored hash with other parameters is made anew at the next successful check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordConfig {
    /// Memory of one hash in KiB; default 19456 (19 MiB, OWASP's choice; 15 ms with 2 iterations).
    pub memory_kib: u32,
    /// Passes over the memory; default 2.
    pub iterations: u32,
    /// Lanes; default 1, because each hash has one thread.
    pub parallelism: u32,
    /// Threads that hash; default 0, which is one per core. Each owns `memory_kib`.
    pub threads: usize,
    /// Hashes that may wait for a thread; default 64, more are refused at once.
    ///
    /// At 15 ms each, 64 on two cores are half a second of waiting.
    pub queue: usize,
}

impl Default for PasswordConfig {
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            iterations: 2,
            parallelism: 1,
            threads: 0,
            queue: 64,
        }
    }
}
