//! Answers of authenticators.

use std::fmt::Debug;

use super::{HashingError, Pending};
use crate::domain::ids::WebAuthnKeyId;
use crate::domain::webauthn::{KeyKind, WebAuthnChallenge};

/// What the answer to a registration has to fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedRegistration {
    /// What the key is for.
    pub kind: KeyKind,
    /// The domain that it is to be bound to.
    pub rp_id: String,
    /// What the authenticator had to sign, as base64url.
    pub challenge: String,
    /// Ids of credentials that the user has already, as base64url.
    pub known: Vec<String>,
}

/// A credential that has proven itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeCredential {
    /// The id that the authenticator gave it, as base64url.
    pub key_id: String,
    /// The public key, in the form that [`WebAuthn::check`] reads.
    pub public_key: String,
    /// The signature counter.
    pub sign_count: u32,
}

/// A key that may have signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub key: WebAuthnKeyId,
    /// The id that the authenticator gave it, as base64url.
    pub key_id: String,
    /// The public key.
    pub public_key: String,
}

/// What the answer to a challenge has to fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedSignature {
    /// What was asked for.
    pub challenge: WebAuthnChallenge,
    /// How authenticators name the user.
    pub user_handle: String,
    /// The user's keys.
    pub candidates: Vec<Candidate>,
}

/// A signature that is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VerifiedSignature {
    /// Which of the candidates has signed.
    pub key: WebAuthnKeyId,
    /// Its signature counter; whether it rises is not for this port to say.
    pub sign_count: u32,
    /// The authenticator verified its user.
    pub user_verified: bool,
}

/// Why an answer was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebAuthnFault {
    /// It is not the answer of an authenticator.
    #[error("not the answer of an authenticator")]
    Unparsable,
    /// None of the candidates has signed.
    #[error("a credential that is not the user's")]
    UnknownKey,
    /// It does not fit what was expected, or the signature is wrong.
    #[error("the answer of the authenticator is refused: {0}")]
    Refused(String),
    /// The threads that verify are busy or failed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
}

/// Challenges for authenticators, and what they answer (W3C WebAuthn level 2). Verification is slow
/// and runs on threads of its own.
pub trait WebAuthn: Debug + Send + Sync {
    /// 32 random bytes as base64url.
    ///
    /// # Errors
    /// [`HashingError::Failed`] if the system gives no random bytes.
    fn challenge(&self) -> Result<String, HashingError>;

    /// Verifies what an authenticator answers to a registration: a `PublicKeyCredential` as JSON.
    fn register(
        &self,
        expected: ExpectedRegistration,
        answer: String,
    ) -> Pending<'_, Result<MadeCredential, WebAuthnFault>>;

    /// Verifies what an authenticator answers to a challenge: a `PublicKeyCredential` as JSON.
    fn check(
        &self,
        expected: ExpectedSignature,
        answer: String,
    ) -> Pending<'_, Result<VerifiedSignature, WebAuthnFault>>;
}
