//! Imported scrypt hashes: `$scrypt$ln=16,r=8,p=1$salt$output`, also under ZITADEL's other name `$7$`.

use ::scrypt::Params;
use subtle::ConstantTimeEq as _;

use crate::crypto::phc::{self, Digest};
use crate::ports::HashingError;

const MAX_LOG_N: u32 = 18;
const MAX_R: u32 = 32;
const MAX_P: u32 = 16;

/// Bytes that are gone through, `128 * r * N * p`: four times what OWASP recommends.
const MAX_WORK: u64 = 512 << 20;

/// A hash that can be verified.
pub(super) struct ScryptHash {
    params: Params,
    digest: Digest,
}

impl ScryptHash {
    /// Reads a hash within the limits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let fields = phc::fields(text)?;
        let ["scrypt" | "7", parameters, salt, output] = *fields.as_slice() else {
            return None;
        };
        let [log_n, r, p] = phc::numbers(parameters, ["ln", "r", "p"])?;
        let sane = (1..=MAX_LOG_N).contains(&log_n)
            && (1..=MAX_R).contains(&r)
            && (1..=MAX_P).contains(&p)
            && (128 * u64::from(r) * u64::from(p)) << log_n <= MAX_WORK;
        if !sane {
            return None;
        }
        Some(Self {
            params: Params::new(u8::try_from(log_n).ok()?, r, p).ok()?,
            digest: Digest::plain(salt, output)?,
        })
    }

    /// Whether it is the hash of this password, in constant time.
    ///
    /// # Errors
    /// [`HashingError::Failed`] if the output has a length that scrypt cannot make.
    pub(super) fn matches(&self, password: &[u8]) -> Result<bool, HashingError> {
        let mut output = vec![0; self.digest.output.len()];
        ::scrypt::scrypt(password, &self.digest.salt, &self.params, &mut output)
            .map_err(|_| HashingError::Failed)?;
        Ok(output.ct_eq(&self.digest.output).into())
    }
}
