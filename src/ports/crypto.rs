//! Tokens, passwords, codes and the seal of the event log.

use std::fmt::{self, Debug};

use zeroize::Zeroizing;

use super::Pending;
use crate::domain::ids::{PatId, Sequence, SessionId, UserId};
use crate::domain::secret::{HashText, SealedSecret, Secret};
use crate::domain::time::Timestamp;

/// A token that was just made: shown to the client once, stored only as its hash.
#[derive(Debug, Clone)]
pub struct IssuedToken {
    /// What the client gets.
    pub token: Secret,
    /// The argon2id PHC string of the token's secret, for the row.
    pub hash: HashText,
    /// The fingerprint of `hash`, for the event (`tokenID`, spec section 8.2).
    pub fingerprint: String,
}

/// A bearer that has our form and our MAC. Whether it is still good is for the row to say.
#[derive(Debug, Clone)]
pub enum TokenClaim {
    /// A session token.
    Session(SessionClaim),
    /// A personal access token.
    Pat(PatClaim),
}

/// What a session token says of itself.
#[derive(Clone)]
pub struct SessionClaim {
    /// The session that it belongs to.
    pub session: SessionId,
    /// The sequence of the `session.token.set` event that made it; an older one is refused before any hash.
    pub issued_at: Sequence,
    /// The random part that the stored hash proves.
    pub secret: [u8; 16],
}

/// What a personal access token says of itself.
#[derive(Clone)]
pub struct PatClaim {
    /// The token's own id.
    pub pat: PatId,
    /// The random part that the stored hash proves.
    pub secret: [u8; 16],
}

impl Debug for SessionClaim {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SessionClaim({}, {})", self.session, self.issued_at)
    }
}

impl Debug for PatClaim {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "PatClaim({})", self.pat)
    }
}

/// Opaque tokens of sessions and service users (design section 6).
pub trait Tokens: Debug + Send + Sync {
    /// Makes the token that a session has from `issued_at` on.
    ///
    /// # Errors
    /// [`HashingError::Failed`] if the system gives no random bytes.
    fn issue_session(
        &self,
        session: SessionId,
        issued_at: Sequence,
    ) -> Result<IssuedToken, HashingError>;

    /// Makes a personal access token.
    ///
    /// # Errors
    /// [`HashingError::Failed`] if the system gives no random bytes.
    fn issue_pat(&self, pat: PatId) -> Result<IssuedToken, HashingError>;

    /// Reads form and MAC; costs a fraction of a microsecond and touches no hash.
    fn read(&self, token: &str) -> Option<TokenClaim>;

    /// Whether the secret is the one that the stored hash was made of. Remembers what it has verified.
    fn proves(&self, secret: &[u8; 16], hash: &HashText) -> bool;

    /// The fingerprint that an event carries for a stored hash.
    fn fingerprint(&self, hash: &HashText) -> String;
}

/// Why a hash could not be made or compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashingError {
    /// Every thread is busy and the queue is full.
    #[error("the queue of password checks is full")]
    Busy,
    /// The hasher or the system's random source failed.
    #[error("hashing failed")]
    Failed,
}

/// What came of comparing a password with a stored hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordCheck {
    /// It is not the password.
    Wrong,
    /// It is, and the stored hash may stay.
    Right,
    /// It is, and the stored hash is older or weaker than what is configured: this one replaces it.
    RightButStale(HashText),
}

/// Password hashing on its own threads, with a bounded queue.
pub trait Passwords: Debug + Send + Sync {
    /// Hashes with the configured parameters (argon2id).
    fn hash(&self, password: Secret) -> Pending<'_, Result<HashText, HashingError>>;

    /// Compares; a stale hash that fits is made anew in the same turn.
    fn check(
        &self,
        password: Secret,
        hash: HashText,
    ) -> Pending<'_, Result<PasswordCheck, HashingError>>;

    /// Does the work of [`check`](Self::check) for a user who does not exist or has no password, so
    /// that an unknown user costs what a known one costs.
    fn check_nobody(&self, password: Secret) -> Pending<'_, Result<(), HashingError>>;

    /// Whether an imported hash is of a kind that can be verified, and within sane cost limits.
    fn accepts(&self, imported: &str) -> bool;
}

/// Keyed digest of a one-time code or of an unknown login name: useless without the key file.
pub type CodeDigest = [u8; 16];

/// The characters of a code (adjacent.md section 6.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeAlphabet {
    /// `A-Z0-9`: what people type from a mail.
    Upper,
    /// `0-9`.
    Digits,
    /// `a-zA-Z0-9`: what only links carry.
    Mixed,
    /// Crockford's base32 in small letters: what people write down.
    Crockford,
}

/// One-time codes.
pub trait Codes: Debug + Send + Sync {
    /// A fresh code of `length` characters.
    ///
    /// # Errors
    /// [`HashingError::Failed`] if the system gives no random bytes.
    fn fresh(&self, alphabet: CodeAlphabet, length: usize) -> Result<Secret, HashingError>;

    /// The digest under which a code or name is stored. `purpose` keeps kinds apart.
    fn digest(&self, purpose: &'static str, text: &str) -> CodeDigest;

    /// The digests under every key that the installation has, the newest first: for codes that outlive
    /// a change of the key.
    fn digests(&self, purpose: &'static str, text: &str) -> Vec<CodeDigest>;
}

/// A secret of an authenticator app that was made or imported.
#[derive(Debug, Clone)]
pub struct TotpSecret {
    /// In base32, for the app; shown once.
    pub secret: Secret,
    /// What an app reads from a QR code: a URI of the scheme `otpauth`, with the secret in it.
    pub uri: Secret,
    /// Encrypted for the row.
    pub sealed: SealedSecret,
}

/// Why a secret of an authenticator app could not be made or used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TotpFault {
    /// What was to be imported is no base32 or is shorter than 80 bits.
    #[error("not a secret of an authenticator app")]
    Malformed,
    /// The stored secret was not encrypted with a key of this installation, or not for this user.
    #[error(
        "a stored secret of an authenticator app cannot be decrypted: wrong key file or altered row"
    )]
    Unreadable,
    /// The system gives no random bytes.
    #[error("no random bytes")]
    Failed,
}

/// Secrets and codes of authenticator apps (RFC 6238: SHA-1, 6 digits, 30 seconds).
pub trait Totps: Debug + Send + Sync {
    /// Makes a secret of 160 bits for a user. `account` is the name that the app shows.
    ///
    /// # Errors
    /// [`TotpFault::Failed`].
    fn fresh(&self, user: UserId, account: &str) -> Result<TotpSecret, TotpFault>;

    /// Encrypts a secret that another system made, in base32, for a user.
    ///
    /// # Errors
    /// [`TotpFault::Malformed`], [`TotpFault::Failed`].
    fn import(&self, user: UserId, base32: &Secret) -> Result<SealedSecret, TotpFault>;

    /// The step that a code belongs to, out of the current one and those beside it; `None` if it is
    /// the code of none of them.
    ///
    /// # Errors
    /// [`TotpFault::Unreadable`].
    fn step_of(
        &self,
        user: UserId,
        sealed: &SealedSecret,
        code: &Secret,
        now: Timestamp,
    ) -> Result<Option<u64>, TotpFault>;
}

/// The hash that ties an event to all before it.
pub type LinkHash = [u8; 16];

/// The keyed hash chain of the event log.
pub trait Seal: Debug + Send + Sync {
    /// The link of an event, given the link before it and the event's own canonical bytes.
    fn link(&self, previous: &LinkHash, event: &[u8]) -> LinkHash;
}

/// Encryption of what must be had again in clear, under a key that is not in the database.
pub trait Sealer: Debug + Send + Sync {
    /// Encrypts. `place` says where it will stand: from elsewhere it cannot be opened.
    ///
    /// # Errors
    /// [`HashingError::Failed`] if the system gives no random bytes.
    fn seal(&self, place: &[u8], plain: &[u8]) -> Result<SealedSecret, HashingError>;

    /// Decrypts; `None` for what was not sealed for this place with a key of this installation.
    fn open(&self, place: &[u8], sealed: &SealedSecret) -> Option<Zeroizing<Vec<u8>>>;
}
