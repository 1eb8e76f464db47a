//! Checks of a session by what an identity provider said (spec session-service.md section 6.2).

use crate::core::Core;
use crate::domain::ids::{IntentId, UserId};
use crate::domain::intent::{self, Intent, IntentError, Phase};
use crate::domain::permission::Authority;
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;
use crate::error::Error;
use crate::ports::Append;
use crate::query::verify_intent_token;

use super::intents::append;

/// An intent that a check presents.
#[derive(Debug, Clone)]
pub struct IntentCheck {
    /// Its id; absent where it cannot be one.
    pub id: Option<IntentId>,
    /// Its token.
    pub token: Secret,
}

/// Tests that an intent proves who a user is.
///
/// # Errors
/// What the token is worth; `COMMAND-Df4bw`; `COMMAND-SAf42`; `COMMAND-O8xk3w`.
pub(super) async fn prove_intent(
    core: &Core,
    user: UserId,
    check: &IntentCheck,
) -> Result<Intent, Error> {
    let id = verify_intent_token(core, check.id, &check.token)?;
    judged(core, user, id).await
}

/// The intent as it is now, if it still proves who the user is.
///
/// # Errors
/// As [`prove_intent`].
pub(super) async fn judged(core: &Core, user: UserId, id: IntentId) -> Result<Intent, Error> {
    let intent = core.store.intent(id).await?;
    let intent = intent.ok_or(IntentError::NotSucceeded)?;
    let linked = match &intent.phase {
        Phase::Succeeded(outcome) => {
            let external = &outcome.external_id;
            core.store.idp_link_owner(&intent.idp_id, external).await?
        }
        Phase::Started { .. } | Phase::Failed | Phase::Consumed => None,
    };
    intent::judge(&intent, user, linked, core.clock.now())?;
    // A provider that is configured no more vouches for nobody.
    core.idps
        .find(&intent.idp_id)
        .ok_or(IntentError::NotSucceeded)?;
    Ok(intent)
}

/// Uses the intent up, in the transaction of the session's check: it works once.
pub(super) fn consumed(
    core: &Core,
    authority: &Authority,
    intent: &Intent,
    at: Timestamp,
) -> Append {
    let event = intent::consume(authority);
    let after = intent::evolve(intent.clone(), at, &event);
    append(core, intent.sequence, &after, event)
}
