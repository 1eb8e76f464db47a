//! Opaque tokens: 48 characters, refused without a MAC of ours, stored as an argon2id hash.
//!
//! ```text
//! base64url( id 8 | issued sequence 4 | secret 16 | MAC 8 )
//! ```
//!
//! The MAC covers all before it and costs a tenth of a microsecond to check, so that no forged token
//! reaches the database or argon2. What it says is who claims to be whom; whether the secret is still
//! the one in the row, [`Tokens::proves`] tells.

mod mac;
mod memo;
#[cfg(test)]
mod tests;

use std::cell::RefCell;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use zeroize::Zeroizing;

use super::argon::{ArgonHash, Cost, Kept};
use super::keys::{KeyFile, Purpose};
use super::parameters::{ParameterError, TokenHashing};
use super::random;
use crate::domain::ids::{PatId, Sequence, SessionId};
use crate::domain::secret::{HashText, Secret};
use crate::ports::{HashingError, IssuedToken, PatClaim, SessionClaim, TokenClaim, Tokens};
use mac::{Kind, MAC_LENGTH, TokenKeys};
use memo::Memo;

/// How many proven tokens are remembered by default: less than 4 MB when all of them are.
pub const DEFAULT_MEMO: usize = 65_536;

const SECRET_LENGTH: usize = 16;
const SALT_LENGTH: usize = 8;
const HASH_LENGTH: usize = 16;
const BODY_LENGTH: usize = 8 + 4 + SECRET_LENGTH;
const LENGTH: usize = BODY_LENGTH + MAC_LENGTH;
const TEXT_LENGTH: usize = 48;

/// The most that a stored hash may demand: a row that was tampered with costs a millisecond, not more.
const LIMIT: Cost = Cost {
    memory_kib: 1024,
    iterations: 16,
    parallelism: 4,
};
const LIMIT_WORK: u64 = 2048;

thread_local! {
    static MEMORY: RefCell<Kept> = RefCell::default();
}

/// Makes tokens and reads them.
#[derive(Debug)]
pub struct TokenCodec {
    keys: TokenKeys,
    cost: Cost,
    memo: Memo,
}

impl TokenCodec {
    /// A codec with the keys of the installation; `memo` is how many proven tokens it remembers, 0 for none.
    ///
    /// # Errors
    /// [`ParameterError`] if hashing would be too cheap for argon2 or too dear for every request.
    pub fn new(keys: &KeyFile, hashing: TokenHashing, memo: usize) -> Result<Self, ParameterError> {
        Ok(Self {
            keys: TokenKeys::new(keys),
            cost: hashing.cost()?,
            memo: Memo::new(keys.newest(Purpose::Memo), memo),
        })
    }

    /// How often a proof was remembered, and how often it had to be made.
    pub fn memo_found(&self) -> (u64, u64) {
        self.memo.found()
    }

    fn issue(&self, kind: Kind, id: i64, issued_at: u32) -> Result<IssuedToken, HashingError> {
        let mut random = Zeroizing::new([0; SECRET_LENGTH + SALT_LENGTH]);
        random::fill(random.as_mut_slice())?;
        let (secret, salt) = random.split_at(SECRET_LENGTH);

        let hash = MEMORY
            .with_borrow_mut(|kept| ArgonHash::make(self.cost, secret, salt, HASH_LENGTH, kept))?
            .to_text();
        // Most tokens are used soon: the first use need not hash again what was hashed here.
        if let Some(secret) = secret.first_chunk()
            && let Some(proof) = self.memo.proof(secret, &hash)
        {
            self.memo.remember(proof);
        }
        let fingerprint = self.fingerprint(&hash);

        let mut token = Zeroizing::new(Vec::with_capacity(LENGTH));
        token.extend_from_slice(&id.to_be_bytes());
        token.extend_from_slice(&issued_at.to_be_bytes());
        token.extend_from_slice(secret);
        let mac = self.keys.mac(kind, &token);
        token.extend_from_slice(&mac);
        Ok(IssuedToken {
            token: Secret::new(BASE64URL.encode(token.as_slice())),
            hash,
            fingerprint,
        })
    }
}

impl Tokens for TokenCodec {
    fn issue_session(
        &self,
        session: SessionId,
        issued_at: Sequence,
    ) -> Result<IssuedToken, HashingError> {
        self.issue(Kind::Session, session.key(), issued_at.number())
    }

    fn issue_pat(&self, pat: PatId) -> Result<IssuedToken, HashingError> {
        self.issue(Kind::Pat, pat.key(), Sequence::NONE.number())
    }

    fn read(&self, token: &str) -> Option<TokenClaim> {
        if token.len() != TEXT_LENGTH {
            return None;
        }
        let mut bytes = Zeroizing::new([0; LENGTH]);
        // 48 characters are 36 bytes without a bit to spare: a token can be written in one way only.
        BASE64URL.decode_slice(token, bytes.as_mut_slice()).ok()?;
        let (body, mac) = bytes.split_at(BODY_LENGTH);
        let kind = self.keys.kind(body, mac)?;

        let (id, rest) = body.split_first_chunk()?;
        let (issued_at, secret) = rest.split_first_chunk()?;
        let id = i64::from_be_bytes(*id);
        let issued_at = Sequence::new(u32::from_be_bytes(*issued_at));
        let secret = secret.try_into().ok()?;
        if id <= 0 {
            return None;
        }
        match kind {
            Kind::Session => Some(TokenClaim::Session(SessionClaim {
                session: SessionId::new(id),
                issued_at,
                secret,
            })),
            Kind::Pat if issued_at == Sequence::NONE => Some(TokenClaim::Pat(PatClaim {
                pat: PatId::new(id),
                secret,
            })),
            Kind::Pat => None,
        }
    }

    fn proves(&self, secret: &[u8; 16], hash: &HashText) -> bool {
        let proof = self.memo.proof(secret, hash);
        if proof.is_some_and(|proof| self.memo.holds(&proof)) {
            return true;
        }
        // Whatever cannot be read or computed proves nothing. Only what was proven is remembered, so
        // that wrong secrets cannot push right ones out.
        let proven = ArgonHash::parse(hash.as_str())
            .filter(|stored| stored.cost.within(LIMIT, LIMIT_WORK))
            .is_some_and(|stored| {
                MEMORY.with_borrow_mut(|kept| stored.matches(secret, kept)) == Ok(true)
            });
        if let Some(proof) = proof
            && proven
        {
            self.memo.remember(proof);
        }
        proven
    }

    fn fingerprint(&self, hash: &HashText) -> String {
        let digest = blake3::hash(hash.as_str().as_bytes());
        let (head, _) = digest.as_bytes().split_at(12);
        BASE64URL.encode(head)
    }
}
