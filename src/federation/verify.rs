//! Trusting an ID token (OpenID Connect Core section 3.1.3.7).

use std::time::{Duration, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::core::{
    CoreIdToken, CoreJwsSigningAlgorithm as Algorithm, CoreProviderMetadata,
};
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, Nonce, SignatureVerificationError,
};

use super::Client;
use super::profile::{self, Claims};
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;

/// An ID token that can be trusted.
pub(super) struct Verified {
    /// Who it is about.
    pub(super) subject: String,
    /// All that it says.
    pub(super) claims: Claims,
    /// The token itself.
    pub(super) text: Secret,
}

/// Why an ID token cannot be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TokenFault {
    /// The key that signed it is not among those that are known.
    #[error("no matching key")]
    UnknownKey,
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// Verifies signature, issuer, audience, age and nonce, and that it belongs to the access token.
///
/// Signatures with the client's secret are not taken: who knows it, and it is known here, could make
/// any token.
pub(super) fn id_token(
    client: &Client,
    metadata: &CoreProviderMetadata,
    token: &CoreIdToken,
    access_token: &AccessToken,
    nonce: &Nonce,
    now: Timestamp,
) -> Result<Verified, TokenFault> {
    let seconds = u64::try_from(now.seconds()).unwrap_or(0);
    let now = UNIX_EPOCH + Duration::from_secs(seconds);
    let supported = metadata.id_token_signing_alg_values_supported();
    let algorithms = supported.iter().filter(|one| is_asymmetric(one)).cloned();
    let verifier = client
        .id_token_verifier()
        .set_allowed_algs(algorithms)
        .set_time_fn(move || now.into());
    let claims = token
        .claims(&verifier, nonce)
        .map_err(|error| fault(&error))?;
    if let Some(expected) = claims.access_token_hash() {
        let algorithm = token.signing_alg().map_err(other)?;
        let key = token.signing_key(&verifier).map_err(other)?;
        let found = AccessTokenHash::from_token(access_token, algorithm, key).map_err(other)?;
        if found != *expected {
            return Err(TokenFault::Other("of another access token".to_owned()));
        }
    }
    let subject = claims.subject().as_str().to_owned();
    let text = Secret::new(token.to_string());
    // The same text that was verified, as it was written.
    let body = text.expose().split('.').nth(1);
    let body = body.and_then(|body| URL_SAFE_NO_PAD.decode(body).ok());
    let claims = body.and_then(|body| profile::read(&body));
    Ok(Verified {
        subject,
        claims: claims.ok_or_else(|| other("no claims"))?,
        text,
    })
}

/// Which of the library's words it is: those of a signature are told by its cause.
fn fault(error: &ClaimsVerificationError) -> TokenFault {
    if let ClaimsVerificationError::SignatureVerification(cause) = error {
        if *cause == SignatureVerificationError::NoMatchingKey {
            return TokenFault::UnknownKey;
        }
        return TokenFault::Other(format!("signature: {cause}"));
    }
    TokenFault::Other(error.to_string())
}

fn other(error: impl std::fmt::Display) -> TokenFault {
    TokenFault::Other(error.to_string())
}

const fn is_asymmetric(algorithm: &Algorithm) -> bool {
    !matches!(
        algorithm,
        Algorithm::HmacSha256 | Algorithm::HmacSha384 | Algorithm::HmacSha512 | Algorithm::None
    )
}
