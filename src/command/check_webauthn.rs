//! The check `webAuthN` (spec session-service.md section 6.3).

use crate::core::Core;
use crate::domain::session::{Session, SessionError, WebAuthnProven};
use crate::domain::user::{Signed, User, UserError, judge_signature, signing_keys, user_handle};
use crate::domain::webauthn::WebAuthnChallenge;
use crate::error::Error;
use crate::ports::{Candidate, ExpectedSignature, VerifiedSignature, WebAuthnFault};

/// A signature that was verified, and of what.
#[derive(Debug)]
pub(super) struct ProvenKey {
    /// The challenge of the session that was signed.
    pub(super) challenge: WebAuthnChallenge,
    verified: VerifiedSignature,
}

impl ProvenKey {
    /// For the user.
    pub(super) const fn signed(&self) -> Signed {
        Signed {
            kind: self.challenge.user_verification.keys(),
            key: self.verified.key,
            sign_count: self.verified.sign_count,
        }
    }

    /// For the session.
    pub(super) const fn fact(&self) -> WebAuthnProven {
        WebAuthnProven {
            kind: self.challenge.user_verification.keys(),
            key: self.verified.key,
            sign_count: self.verified.sign_count,
            user_verified: self.verified.user_verified,
        }
    }
}

/// Verifies what a key has answered to the challenge that the session had before this call. Failures
/// write nothing and are not counted: there is nothing to guess.
///
/// `checked` is the user that the call has checked already, if it has.
///
/// # Errors
/// `COMMAND-Ioqu5` without a challenge; `COMMAND-Df4b3` for a user who is not active; `WEBAU-ADgv4`
/// for what is no answer; `COMMAND-Aej7i` for a key that is not the user's; `WEBAU-3M9si` for one that
/// was not asked or a wrong signature; `WEBAU-4M90s` for a counter that does not rise.
pub(super) async fn prove_web_auth_n(
    core: &Core,
    session: Option<&Session>,
    checked: Option<User>,
    answer: &str,
) -> Result<(User, ProvenKey), Error> {
    let session = session.ok_or(SessionError::WebAuthnNoChallenge)?;
    let challenge = session.web_auth_n_challenge.clone();
    let challenge = challenge.ok_or(SessionError::WebAuthnNoChallenge)?;
    let own = session.user.as_ref();
    let own = own.ok_or(SessionError::WebAuthnUserMissing)?;
    let user = match checked {
        Some(user) => user,
        None => core
            .store
            .user(own.id)
            .await?
            .ok_or(UserError::WebAuthnUserNotActive)?,
    };
    let keys = signing_keys(&user, challenge.user_verification.keys())?;
    let expected = ExpectedSignature {
        user_handle: user_handle(&user),
        candidates: keys
            .map(|(key, credential)| Candidate {
                key: key.id,
                key_id: credential.key_id.clone(),
                public_key: credential.public_key.clone(),
            })
            .collect(),
        challenge: challenge.clone(),
    };
    let verified = core.web_auth_n.check(expected, answer.to_owned()).await;
    let verified = verified.map_err(refused)?;
    let proven = ProvenKey {
        challenge,
        verified,
    };
    judge_signature(&user, proven.signed())?;
    Ok((user, proven))
}

/// The client learns that it did not work, the log learns why.
fn refused(fault: WebAuthnFault) -> Error {
    let told = match &fault {
        WebAuthnFault::Unparsable => UserError::WebAuthnLoginUnparsable,
        WebAuthnFault::UnknownKey => UserError::WebAuthnKeyUnknown,
        WebAuthnFault::Refused(_) => UserError::WebAuthnLoginRefused,
        WebAuthnFault::Hashing(error) => return (*error).into(),
    };
    Error::from(told).caused_by(fault)
}
