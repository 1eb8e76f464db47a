//! Identity providers: which there are, how one talks to them, and the tokens of intents.

use std::fmt::{self, Debug};
use std::sync::Arc;

use super::{HashingError, Pending, Sealer};
use crate::domain::idp::Provider;
use crate::domain::ids::IntentId;
use crate::domain::intent::Identity;
use crate::domain::secret::Secret;

/// What a login at a provider was begun with and must be ended with.
#[derive(Debug, Clone)]
pub struct Handshake {
    /// Must stand in the ID token (OpenID Connect Core section 3.1.2.1).
    pub nonce: Secret,
    /// Proves that the code is exchanged by who asked for it (RFC 7636).
    pub verifier: Secret,
}

/// A browser on its way to a provider.
#[derive(Clone)]
pub struct Departure {
    /// Where it goes.
    pub url: String,
    /// What its return must fit.
    pub handshake: Handshake,
}

impl Debug for Departure {
    /// The address has the state in it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Departure").finish_non_exhaustive()
    }
}

/// Why a provider did not say who somebody is. What it says in an error is for the log alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FederationFault {
    /// No provider with this id is configured.
    #[error("the identity provider is not configured")]
    Unknown,
    /// It cannot be reached in time, or answers with something else than it should.
    #[error("the identity provider cannot be reached: {0}")]
    Unreachable(String),
    /// It does not take the code.
    #[error("the identity provider refused the code: {0}")]
    Refused(String),
    /// What it says cannot be trusted: signature, issuer, audience, age, nonce or subject are wrong.
    #[error("the identity provider's answer is not valid: {0}")]
    Untrusted(String),
}

/// Talks to the configured providers.
pub trait Federation: Debug + Send + Sync {
    /// Makes the address that a browser is sent to.
    ///
    /// # Errors
    /// [`FederationFault::Unknown`], [`FederationFault::Unreachable`].
    fn depart<'a>(
        &'a self,
        idp_id: &'a str,
        state: &'a Secret,
    ) -> Pending<'a, Result<Departure, FederationFault>>;

    /// Exchanges the code that a browser came back with, and finds out who it is about.
    ///
    /// # Errors
    /// [`FederationFault`].
    fn arrive<'a>(
        &'a self,
        idp_id: &'a str,
        code: Secret,
        handshake: Handshake,
    ) -> Pending<'a, Result<Identity, FederationFault>>;
}

/// Why a token of an intent was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntentTokenFault {
    /// It is no base64url.
    Malformed,
    /// It was not made here, or for another purpose.
    Forged,
}

/// The two tokens that name an intent: the state, which goes through the provider, and the token with
/// which what came of it is asked for. Neither passes for the other.
pub trait IntentTokens: Debug + Send + Sync {
    /// The state for the provider.
    ///
    /// # Errors
    /// [`HashingError::Failed`] if the system gives no random bytes.
    fn state(&self, intent: IntentId) -> Result<Secret, HashingError>;

    /// The intent of a state that was made here.
    fn read_state(&self, state: &str) -> Option<IntentId>;

    /// The token for who asks.
    ///
    /// # Errors
    /// [`HashingError::Failed`] if the system gives no random bytes.
    fn token(&self, intent: IntentId) -> Result<Secret, HashingError>;

    /// The intent of a token.
    ///
    /// # Errors
    /// [`IntentTokenFault`].
    fn read_token(&self, token: &str) -> Result<IntentId, IntentTokenFault>;
}

/// All that commands and queries need of identity providers.
#[derive(Debug, Clone)]
pub struct IdentityProviders {
    /// What may be told of them, in the order of the configuration.
    pub known: Arc<[Provider]>,
    /// Talks to them.
    pub federation: Arc<dyn Federation>,
    /// Tokens of intents.
    pub tokens: Arc<dyn IntentTokens>,
    /// Encrypts what intents keep.
    pub vault: Arc<dyn Sealer>,
}

impl IdentityProviders {
    /// The provider with this id.
    pub fn find(&self, id: &str) -> Option<&Provider> {
        self.known.iter().find(|provider| provider.id == id)
    }
}
