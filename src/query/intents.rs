//! What came of logins at identity providers, and the providers themselves.

use super::{list_timestamp, read_settings};
use crate::core::Core;
use crate::domain::error::Kind;
use crate::domain::idp::Provider;
use crate::domain::ids::{IntentId, UserId};
use crate::domain::intent::{Identity, Intent, IntentError, Outcome, readable};
use crate::domain::permission::{Caller, Permission};
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;
use crate::domain::user::{IdpLink, User};
use crate::error::Error;
use crate::ports::IntentTokenFault;

use super::SettingsDetails;

/// Tests that a token belongs to an intent, before anything is looked at (session-service.md section
/// 6.2): who has no token learns nothing.
///
/// # Errors
/// `CRYPTO-Sfefs`, `CRYPTO-Swg31`, `CRYPTO-Sf4gt`, `CRYPTO-CRYPTO`, in this order.
pub(crate) fn verify_intent_token(
    core: &Core,
    id: Option<IntentId>,
    token: &Secret,
) -> Result<IntentId, IntentError> {
    if token.is_empty() {
        return Err(IntentError::TokenEmpty);
    }
    let read = core.idps.tokens.read_token(token.expose());
    let named = read.map_err(|fault| match fault {
        IntentTokenFault::Malformed => IntentError::TokenMalformed,
        IntentTokenFault::Forged => IntentError::TokenForged,
    })?;
    if id == Some(named) {
        Ok(named)
    } else {
        Err(IntentError::TokenOther)
    }
}

/// Where what came of an intent is sealed.
pub(crate) fn identity_place(id: IntentId) -> String {
    format!("identity of intent {id}")
}

/// What a provider said of somebody.
#[derive(Debug, Clone)]
pub struct RetrievedIntent {
    /// The intent.
    pub intent: Intent,
    /// The words of the provider, and its tokens.
    pub identity: Identity,
    /// The id, as clients know it, of the user here who was linked when the intent succeeded.
    pub user: Option<String>,
}

/// Reads what a provider said. It is read as often as one likes, until it is used or too old.
///
/// # Errors
/// What the token is worth; `IDP-nme4gszsvx`; `IDP-Afb2s`.
pub async fn retrieve_intent(
    core: &Core,
    id: Option<IntentId>,
    token: &Secret,
) -> Result<RetrievedIntent, Error> {
    let id = verify_intent_token(core, id, token)?;
    let intent = core.store.intent(id).await?;
    let intent = intent.ok_or(IntentError::ReadNotSucceeded)?;
    let outcome = readable(&intent, core.clock.now())?;
    let identity = unsealed(core, id, outcome)?;
    let user = match outcome.user {
        Some(user) => core.store.user(user).await?,
        None => None,
    };
    let user = user.filter(User::exists).map(|user| user.public_id());
    Ok(RetrievedIntent {
        intent,
        identity,
        user,
    })
}

fn unsealed(core: &Core, id: IntentId, outcome: &Outcome) -> Result<Identity, Error> {
    let sealed = outcome.identity.sealed();
    let text = sealed.and_then(|sealed| {
        let place = identity_place(id);
        core.idps.vault.open(place.as_bytes(), sealed)
    });
    let text = text.ok_or_else(|| Error::internal("an identity cannot be decrypted"))?;
    serde_json::from_slice(&text).map_err(|_| Error::internal("an identity cannot be read"))
}

/// The links of a user to users of providers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdpLinkList {
    /// All of them, before paging.
    pub total: u64,
    /// When the log was last written.
    pub timestamp: Option<Timestamp>,
    /// Those of the page.
    pub links: Vec<IdpLink>,
}

/// Which links are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListIdpLinks {
    /// Whose.
    pub user: UserId,
    /// Rows to skip.
    pub offset: u64,
    /// Rows to take; 0 for the default.
    pub limit: u32,
}

/// Reads which users of providers somebody is. As in ZITADEL, nobody has none, and so has whom the
/// caller may not read.
///
/// # Errors
/// `QUERY-4M0fs`.
pub async fn list_idp_links(
    core: &Core,
    caller: &Caller,
    list: ListIdpLinks,
) -> Result<IdpLinkList, Error> {
    let limit = super::page_limit(core.limits, list.limit)?;
    let user = core.store.user(list.user).await?.filter(User::exists);
    let readable = user.filter(|user| {
        let permission = Permission::UserRead;
        let may = caller.may_or_is(user.id, permission, user.organization);
        may.is_ok()
    });
    let links = match readable {
        Some(user) => core.store.idp_links(user.id).await?,
        None => Vec::new(),
    };
    let total = links.len() as u64;
    let skip = usize::try_from(list.offset).unwrap_or(usize::MAX);
    let take = usize::try_from(limit).unwrap_or(usize::MAX);
    Ok(IdpLinkList {
        total,
        timestamp: list_timestamp(core).await?,
        links: links.into_iter().skip(skip).take(take).collect(),
    })
}

/// The configured providers and when they were read.
///
/// # Errors
/// What the permission check and the store say.
pub async fn list_identity_providers<'core>(
    core: &'core Core,
    caller: &Caller,
) -> Result<(&'core [Provider], Option<Timestamp>), Error> {
    read_settings(core, caller)?;
    Ok((&core.idps.known, list_timestamp(core).await?))
}

/// A configured provider.
///
/// # Errors
/// What the permission check says; 404 `QUERY-SAFrt`.
pub fn get_identity_provider<'core>(
    core: &'core Core,
    caller: &Caller,
    id: &str,
) -> Result<(&'core Provider, SettingsDetails), Error> {
    let details = read_settings(core, caller)?;
    let provider = core.idps.find(id).ok_or_else(|| {
        let text = "Identity Provider Configuration doesn't exist";
        Error::new(Kind::NotFound, "QUERY-SAFrt", text)
    })?;
    Ok((provider, details))
}
