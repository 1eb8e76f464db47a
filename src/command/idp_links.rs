//! Linking users of identity providers to users here, and the other way round.

use crate::core::Core;
use crate::domain::ids::UserId;
use crate::domain::permission::{Caller, Permission};
use crate::domain::user::{self, IdpLink, User, UserError};
use crate::error::Error;
use crate::ports::Commit;

use super::change::{Decided, change_one};
use super::{Details, Rounds, append_user};

/// Links a user of a provider. Nobody else may have that link.
///
/// # Errors
/// `COMMAND-uXHNj`; what the permission check says; `COMMAND-39nf2`; `V3-DKcYh`.
pub async fn add_idp_link(
    core: &Core,
    caller: &Caller,
    user: UserId,
    link: IdpLink,
) -> Result<Details, Error> {
    let missing = UserError::IdpLinkUserNotFound;
    let user = change_one(core, user, missing, |user, _| {
        let authority = caller.may_or_is(user.id, Permission::UserWrite, user.organization)?;
        known(core, &link)?;
        let event = user::add_idp_link(&authority, user, link.clone())?;
        Ok(Decided::new(authority, vec![event]))
    })
    .await?;
    Ok(Details::of(&user))
}

/// Tests that the provider of a link is configured.
///
/// # Errors
/// `COMMAND-39nf2`.
pub(super) fn known(core: &Core, link: &IdpLink) -> Result<(), UserError> {
    match core.idps.find(&link.idp_id) {
        Some(_) => Ok(()),
        None => Err(UserError::IdpUnknown),
    }
}

/// Removes a link; its provider may be gone.
///
/// # Errors
/// 404 `COMMAND-1M9xR`, also for nobody; what the permission check says.
pub async fn remove_idp_link(
    core: &Core,
    caller: &Caller,
    user: UserId,
    idp_id: &str,
    external_id: &str,
) -> Result<Details, Error> {
    let mut rounds = Rounds::new(core);
    loop {
        let user = core.store.user(user).await?;
        let user = user
            .filter(User::exists)
            .ok_or(UserError::IdpLinkNotFound)?;
        let authority = caller.may_or_is(user.id, Permission::UserWrite, user.organization)?;
        let links = core.store.idp_links(user.id).await?;
        let event = user::remove_idp_link(&authority, &links, idp_id, external_id)?;
        let now = core.now_after(user.changed_at);
        let details = Details::of(&user::evolve(user.clone(), now, &event));
        let append = append_user(&user, now, vec![event]);
        let commit = Commit::new(now, authority.actor(), vec![append]);
        match core.store.commit(commit).await {
            Ok(_) => return Ok(details),
            Err(error) => rounds.lost(error).await?,
        }
    }
}
