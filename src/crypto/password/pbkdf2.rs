//! Imported PBKDF2 hashes.
//!
//! Two ways of writing: `$pbkdf2-sha256$12000$salt$output` as passlib and ZITADEL do, and
//! `$pbkdf2-sha256$i=12000,l=32$salt$output` as PHC demands. Without a suffix it is SHA-1.

use pbkdf2::pbkdf2_hmac;
use pbkdf2::sha2::{Sha224, Sha256, Sha384, Sha512};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

use crate::crypto::phc::{self, Digest};

/// Rounds times blocks of output: seconds.
const MAX_WORK: u64 = 10_000_000;

#[derive(Clone, Copy)]
enum Hash {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn parse(name: &str) -> Option<Self> {
        match name {
            "pbkdf2" | "pbkdf2-sha1" => Some(Self::Sha1),
            "pbkdf2-sha224" => Some(Self::Sha224),
            "pbkdf2-sha256" => Some(Self::Sha256),
            "pbkdf2-sha384" => Some(Self::Sha384),
            "pbkdf2-sha512" => Some(Self::Sha512),
            _ => None,
        }
    }

    /// Bytes of output that one run of all rounds yields.
    const fn block(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

/// A hash that can be verified.
pub(super) struct Pbkdf2Hash {
    hash: Hash,
    rounds: u32,
    digest: Digest,
}

impl Pbkdf2Hash {
    /// Reads a hash within the limits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let fields = phc::fields(text)?;
        let [name, parameters, salt, output] = *fields.as_slice() else {
            return None;
        };
        let hash = Hash::parse(name)?;
        let digest = Digest::lenient(salt, output)?;
        let (rounds, length) = if let Some([rounds, length]) = phc::numbers(parameters, ["i", "l"])
        {
            (rounds, usize::try_from(length).ok()?)
        } else if let Some([rounds]) = phc::numbers(parameters, ["i"]) {
            (rounds, digest.output.len())
        } else {
            (phc::decimal(parameters)?, digest.output.len())
        };
        let blocks = digest.output.len().div_ceil(hash.block()) as u64;
        let sane =
            rounds > 0 && u64::from(rounds) * blocks <= MAX_WORK && length == digest.output.len();
        sane.then_some(Self {
            hash,
            rounds,
            digest,
        })
    }

    /// Whether it is the hash of this password, in constant time.
    pub(super) fn matches(&self, password: &[u8]) -> bool {
        let compute = match self.hash {
            Hash::Sha1 => pbkdf2_hmac::<Sha1>,
            Hash::Sha224 => pbkdf2_hmac::<Sha224>,
            Hash::Sha256 => pbkdf2_hmac::<Sha256>,
            Hash::Sha384 => pbkdf2_hmac::<Sha384>,
            Hash::Sha512 => pbkdf2_hmac::<Sha512>,
        };
        let mut output = vec![0; self.digest.output.len()];
        compute(password, &self.digest.salt, self.rounds, &mut output);
        output.ct_eq(&self.digest.output).into()
    }
}
