//! The challenge `webAuthN` (spec session-service.md section 6.3).

use crate::core::Core;
use crate::domain::session::{Session, SessionError};
use crate::domain::user::{User, UserError, signing_keys};
use crate::domain::webauthn::{UserVerification, WebAuthnChallenge, relying_party};
use crate::error::Error;

/// What a passkey or security key is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskKey {
    /// The domain that the key has to be bound to.
    pub domain: String,
    /// Whether it has to verify its user: `Required` asks passkeys, the others ask security keys.
    pub user_verification: UserVerification,
}

/// Makes the challenge that a call asks for. `checked` is the user that the call has checked, if it
/// has; otherwise it is that of the session.
///
/// # Errors
/// `COMMAND-eeR2e` without a user; `COMMAND-Df4b3` for one that is not active; `WEBAU-UX9ta` for what
/// is no domain; `WEBAU-4G8sw` where the user has no key for it.
pub(super) async fn ask_key(
    core: &Core,
    asked: Option<&AskKey>,
    checked: Option<&User>,
    session: Option<&Session>,
) -> Result<Option<WebAuthnChallenge>, Error> {
    let Some(asked) = asked else {
        return Ok(None);
    };
    let challenge = if let Some(user) = checked {
        challenge(core, asked, user)
    } else {
        let own = session.and_then(|session| session.user.as_ref());
        let own = own.ok_or(SessionError::WebAuthnUserMissing)?;
        let user = core.store.user(own.id).await?;
        challenge(core, asked, &user.ok_or(UserError::WebAuthnUserNotActive)?)
    };
    challenge.map(Some)
}

fn challenge(core: &Core, asked: &AskKey, user: &User) -> Result<WebAuthnChallenge, Error> {
    let keys = signing_keys(user, asked.user_verification.keys())?;
    let rp_id = relying_party(&asked.domain).ok_or(UserError::WebAuthnDomainInvalid)?;
    let allowed: Vec<_> = keys
        .filter(|(key, _)| key.rp_id == rp_id)
        .map(|(_, credential)| credential.key_id.clone())
        .collect();
    if allowed.is_empty() {
        return Err(UserError::WebAuthnNoKey.into());
    }
    Ok(WebAuthnChallenge {
        challenge: core.web_auth_n.challenge()?,
        allowed,
        user_verification: asked.user_verification,
        rp_id,
    })
}
