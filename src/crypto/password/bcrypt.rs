//! Imported bcrypt hashes: `$2b$12$` and 53 characters of salt and output.

use std::ops::RangeInclusive;

use ::bcrypt::BASE_64;
use base64::Engine as _;
use base64::alphabet::BCRYPT;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::crypto::phc;
use crate::ports::HashingError;

/// ZITADEL makes 14 by default; 16 takes seconds.
const COSTS: RangeInclusive<u8> = 4..=16;

/// What bcrypt looks at; the rest of a longer password does not count.
const LENGTH: usize = 72;

const SALT_LENGTH: usize = 22;

/// Old libraries left chance bits behind salt and output. They count for nothing, but the hash is good.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &BCRYPT,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// A hash that can be verified.
pub(super) struct BcryptHash {
    canonical: String,
}

impl BcryptHash {
    /// Reads `$2a$`, `$2b$` and `$2y$`, which are the same thing.
    ///
    /// `$2x$` marks hashes of an old fault with characters beyond ASCII, which cannot be computed
    /// here; ZITADEL does not know it either.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let fields = phc::fields(text)?;
        let ["2a" | "2b" | "2y", cost, rest] = *fields.as_slice() else {
            return None;
        };
        let digits = cost.len() == 2 && cost.bytes().all(|byte| byte.is_ascii_digit());
        if !digits || !COSTS.contains(&cost.parse().ok()?) {
            return None;
        }
        let (salt, output) = rest.split_at_checked(SALT_LENGTH)?;
        let salt = LENIENT.decode(salt).ok()?;
        let output = LENIENT.decode(output).ok()?;
        if salt.len() != 16 || output.len() != 23 {
            return None;
        }
        let (salt, output) = (BASE_64.encode(salt), BASE_64.encode(output));
        Some(Self {
            canonical: format!("$2b${cost}${salt}{output}"),
        })
    }

    /// Whether it is the hash of this password, in constant time.
    ///
    /// # Errors
    /// [`HashingError::Failed`] if the crate does not take what [`parse`](Self::parse) took.
    pub(super) fn matches(&self, password: &[u8]) -> Result<bool, HashingError> {
        ::bcrypt::verify(password, &self.canonical).map_err(|_| HashingError::Failed)
    }

    /// Whether a password that matches must be the one that the hash was made of.
    pub(super) fn knows_all_of(password: &[u8]) -> bool {
        password.len() <= LENGTH
    }
}
