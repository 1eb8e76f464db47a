//! A stored password hash of any kind that can be verified.
//!
//! Nothing is computed before the hash was read whole and its cost was found to be within limits:
//! what somebody imports must not occupy a thread for longer than a few seconds. The same limits hold
//! at every check, not only at the import.

use super::bcrypt::BcryptHash;
use super::pbkdf2::Pbkdf2Hash;
use super::scrypt::ScryptHash;
use crate::crypto::argon::{ArgonHash, Cost, Memory};
use crate::crypto::parameters::PasswordHashing;
use crate::ports::HashingError;

/// A hash within the limits.
pub(super) enum StoredHash {
    Argon2(ArgonHash),
    Bcrypt(BcryptHash),
    Scrypt(ScryptHash),
    Pbkdf2(Pbkdf2Hash),
}

impl StoredHash {
    /// Reads a hash; none if its kind is unknown, something is wrong with it or it costs too much.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let argon2 = || {
            ArgonHash::parse(text).filter(|hash| {
                hash.cost
                    .within(PasswordHashing::LIMIT, PasswordHashing::LIMIT_WORK)
            })
        };
        argon2()
            .map(Self::Argon2)
            .or_else(|| BcryptHash::parse(text).map(Self::Bcrypt))
            .or_else(|| ScryptHash::parse(text).map(Self::Scrypt))
            .or_else(|| Pbkdf2Hash::parse(text).map(Self::Pbkdf2))
    }

    /// Whether it is the hash of this password.
    ///
    /// # Errors
    /// [`HashingError::Failed`] if it cannot be computed.
    pub(super) fn matches(
        &self,
        password: &[u8],
        memory: &mut impl Memory,
    ) -> Result<bool, HashingError> {
        match self {
            Self::Argon2(hash) => hash.matches(password, memory),
            Self::Bcrypt(hash) => hash.matches(password),
            Self::Scrypt(hash) => hash.matches(password),
            Self::Pbkdf2(hash) => Ok(hash.matches(password)),
        }
    }

    /// Whether a hash with these parameters, made of the password that matched, should replace it.
    pub(super) fn is_stale(&self, password: &[u8], cost: Cost, salt: usize, length: usize) -> bool {
        match self {
            Self::Argon2(hash) => !hash.is_as_made_with(cost, salt, length),
            // Of a longer one bcrypt has seen the beginning only: what follows may be a slip of the
            // hand, and must not become the password.
            Self::Bcrypt(_) => BcryptHash::knows_all_of(password),
            Self::Scrypt(_) | Self::Pbkdf2(_) => true,
        }
    }
}
