//! Argon2 hashes as they are stored: `$argon2id$v=19$m=…,t=…,p=…$salt$output`.
//!
//! Used for the secrets of tokens and for passwords. The parameters stand in the stored string and
//! are honoured, but only within the limits that the caller names: a row that was tampered with
//! must not buy seconds of work.

use std::fmt::Write as _;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use subtle::ConstantTimeEq as _;

use super::phc::{self, Digest};
use crate::domain::secret::HashText;
use crate::ports::HashingError;

/// The text of the usual hashes of tokens and passwords is not longer.
const TEXT_LENGTH: usize = 112;

/// What a hash costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cost {
    pub(super) memory_kib: u32,
    pub(super) iterations: u32,
    pub(super) parallelism: u32,
}

impl Cost {
    /// Whether it stays below `limit` in everything, and memory times iterations below `limit_work`.
    pub(super) fn within(self, limit: Self, limit_work: u64) -> bool {
        let work = u64::from(self.memory_kib) * u64::from(self.iterations);
        self.memory_kib <= limit.memory_kib
            && self.iterations <= limit.iterations
            && self.parallelism <= limit.parallelism
            && work <= limit_work
    }

    /// The parameters for an output of `length` bytes; none if argon2 does not know such.
    fn params(self, length: usize) -> Option<Params> {
        Params::new(
            self.memory_kib,
            self.iterations,
            self.parallelism,
            Some(length),
        )
        .ok()
    }

    /// How many blocks of memory it takes; none if argon2 does not know such parameters.
    pub(super) fn blocks(self) -> Option<usize> {
        self.params(Params::DEFAULT_OUTPUT_LEN)
            .map(|params| params.block_count())
    }
}

/// Where the memory comes from in which a hash is computed.
pub(super) trait Memory {
    /// Lends at least `count` blocks, or none if the computation shall take its own.
    fn lend(&mut self, count: usize) -> Option<&mut [Block]>;
}

/// Memory that is kept for the next computation: for hashes of a few KiB that are made often.
#[derive(Default)]
pub(super) struct Kept(Vec<Block>);

impl Kept {
    /// In blocks of 1 KiB; what takes more takes its own.
    const MOST: usize = 64;
}

impl Memory for Kept {
    fn lend(&mut self, count: usize) -> Option<&mut [Block]> {
        if count > Self::MOST {
            return None;
        }
        if self.0.len() < count {
            self.0.resize(count, Block::new());
        }
        Some(&mut self.0)
    }
}

/// A hash of a kind and a cost.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct ArgonHash {
    algorithm: Algorithm,
    version: Version,
    pub(super) cost: Cost,
    digest: Digest,
}

impl ArgonHash {
    /// Hashes with argon2id.
    ///
    /// # Errors
    /// [`HashingError::Failed`] if the parameters are none or the memory cannot be had.
    pub(super) fn make(
        cost: Cost,
        text: &[u8],
        salt: &[u8],
        length: usize,
        memory: &mut impl Memory,
    ) -> Result<Self, HashingError> {
        let mut hash = Self::impossible(cost, salt.len(), length);
        hash.digest.salt.copy_from_slice(salt);
        hash.digest.output = hash.compute(text, memory)?;
        Ok(hash)
    }

    /// A hash of this cost that no text is known to have: comparing with it is real work in vain.
    pub(super) fn impossible(cost: Cost, salt: usize, length: usize) -> Self {
        Self {
            algorithm: Algorithm::Argon2id,
            version: Version::V0x13,
            cost,
            digest: Digest {
                salt: vec![0; salt],
                output: vec![0; length],
            },
        }
    }

    /// Reads a stored hash of any of the three kinds.
    ///
    /// The version is 19 or 16; where there is none it is 16, which wrote none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let fields = phc::fields(text)?;
        let (algorithm, version, parameters, salt, output) = match *fields.as_slice() {
            [algorithm, version, parameters, salt, output] => {
                (algorithm, version, parameters, salt, output)
            }
            [algorithm, parameters, salt, output] => (algorithm, "v=16", parameters, salt, output),
            _ => return None,
        };
        let [memory_kib, iterations, parallelism] = phc::numbers(parameters, ["m", "t", "p"])?;
        let hash = Self {
            algorithm: Algorithm::new(algorithm).ok()?,
            version: match version {
                "v=19" => Version::V0x13,
                "v=16" => Version::V0x10,
                _ => return None,
            },
            cost: Cost {
                memory_kib,
                iterations,
                parallelism,
            },
            digest: Digest::plain(salt, output)?,
        };
        let known = hash.digest.salt.len() >= argon2::MIN_SALT_LEN && hash.cost.blocks().is_some();
        known.then_some(hash)
    }

    /// Whether it is the hash of `text`, in constant time.
    ///
    /// # Errors
    /// [`HashingError::Failed`] if the memory cannot be had.
    pub(super) fn matches(
        &self,
        text: &[u8],
        memory: &mut impl Memory,
    ) -> Result<bool, HashingError> {
        let output = self.compute(text, memory)?;
        Ok(output.ct_eq(&self.digest.output).into())
    }

    /// Whether it is what [`make`](Self::make) would make with this cost and these lengths.
    pub(super) fn is_as_made_with(&self, cost: Cost, salt: usize, length: usize) -> bool {
        self.algorithm == Algorithm::Argon2id
            && self.version == Version::V0x13
            && self.cost == cost
            && self.digest.salt.len() == salt
            && self.digest.output.len() == length
    }

    /// The text that is stored.
    pub(super) fn to_text(&self) -> HashText {
        let Cost {
            memory_kib,
            iterations,
            parallelism,
        } = self.cost;
        let (algorithm, version) = (self.algorithm, u32::from(self.version));
        let mut text = String::with_capacity(TEXT_LENGTH);
        // A String takes everything.
        write!(
            text,
            "${algorithm}$v={version}$m={memory_kib},t={iterations},p={parallelism}$"
        )
        .ok();
        BASE64.encode_string(&self.digest.salt, &mut text);
        text.push('$');
        BASE64.encode_string(&self.digest.output, &mut text);
        HashText::new(text)
    }

    fn compute(&self, text: &[u8], memory: &mut impl Memory) -> Result<Vec<u8>, HashingError> {
        let length = self.digest.output.len();
        let params = self.cost.params(length).ok_or(HashingError::Failed)?;
        let blocks = params.block_count();
        let argon2 = Argon2::new(self.algorithm, self.version, params);
        let mut output = vec![0; length];
        let salt = self.digest.salt.as_slice();
        match memory.lend(blocks) {
            Some(lent) => argon2.hash_password_into_with_memory(text, salt, &mut output, lent),
            None => argon2.hash_password_into(text, salt, &mut output),
        }
        .map_err(|_| HashingError::Failed)?;
        Ok(output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: Cost = Cost {
        memory_kib: 8,
        iterations: 1,
        parallelism: 1,
    };

    fn made(text: &[u8]) -> ArgonHash {
        ArgonHash::make(CHEAP, text, b"saltsalt", 16, &mut Kept::default()).unwrap()
    }

    #[test]
    fn what_is_made_is_read_again_and_matches_its_text_alone() {
        let hash = made(b"text");
        let read = ArgonHash::parse(hash.to_text().as_str()).unwrap();
        assert!(read == hash);
        assert_eq!(read.matches(b"text", &mut Kept::default()), Ok(true));
        assert_eq!(read.matches(b"texu", &mut Kept::default()), Ok(false));
        assert_eq!(read.matches(b"", &mut Kept::default()), Ok(false));
    }

    #[test]
    fn the_text_is_phc() {
        assert_eq!(
            made(b"text").to_text().as_str().split_at(27).0,
            "$argon2id$v=19$m=8,t=1,p=1$"
        );
    }

    #[test]
    fn every_parameter_of_the_text_counts() {
        let good = made(b"text").to_text();
        for (from, to) in [
            ("argon2id", "argon2i"),
            ("argon2id", "argon2d"),
            ("v=19", "v=16"),
            ("v=19$", ""),
            ("m=8", "m=16"),
            ("t=1", "t=2"),
            ("c2FsdHNhbHQ", "c2FsdHNhbHU"),
        ] {
            let other = ArgonHash::parse(&good.as_str().replace(from, to)).unwrap();
            assert_eq!(
                other.matches(b"text", &mut Kept::default()),
                Ok(false),
                "{to}"
            );
            assert!(!other.is_as_made_with(CHEAP, 8, 16) || from.starts_with('c'));
        }
    }

    #[test]
    fn what_is_no_argon2_hash_is_not_read() {
        let good = made(b"text").to_text();
        for (from, to) in [
            ("argon2id", "argon2"),
            ("argon2id", "argon2x"),
            ("v=19", "v=20"),
            ("v=19", "v=0x13"),
            ("m=8", "m=7"),
            ("m=8", "m=0"),
            ("t=1", "t=0"),
            ("p=1", "p=0"),
            ("p=1", "p=2"),
            ("p=1", "p=1,keyid=AAAA"),
            ("c2FsdHNhbHQ", "c2FsdA"),
            ("c2FsdHNhbHQ", ""),
            ("$argon2id", "argon2id"),
            ("$argon2id", "$$argon2id"),
        ] {
            let text = good.as_str().replace(from, to);
            assert!(ArgonHash::parse(&text).is_none(), "{text}");
        }
        assert!(ArgonHash::parse(&format!("{}$", good.as_str())).is_none());
    }

    #[test]
    fn limits_bound_every_number_and_their_product() {
        let limit = Cost {
            memory_kib: 64,
            iterations: 4,
            parallelism: 2,
        };
        for (memory_kib, iterations, parallelism, good) in [
            (64, 2, 2, true),
            (32, 4, 1, true),
            (65, 1, 1, false),
            (8, 5, 1, false),
            (32, 1, 3, false),
            (64, 3, 1, false),
        ] {
            let cost = Cost {
                memory_kib,
                iterations,
                parallelism,
            };
            assert_eq!(cost.within(limit, 128), good, "{cost:?}");
        }
    }
}
