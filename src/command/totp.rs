//! Registering, verifying and removing authenticator apps (adjacent.md section 8, "TOTP").

use crate::core::Core;
use crate::domain::event::UserEvent;
use crate::domain::ids::UserId;
use crate::domain::permission::{Authority, Caller, Permission};
use crate::domain::secret::{HashText, SealedSecret, Secret};
use crate::domain::user::{self, NewTotp, User, UserError, login_name, verifiable_totp};
use crate::error::Error;
use crate::ports::{Commit, StoreError};

use super::check_totp::step_of;
use super::{ATTEMPTS, Details, append_user, contended};

/// An authenticator app that was registered and has yet to be verified.
#[derive(Debug, Clone)]
pub struct RegisteredTotp {
    /// Details of the user.
    pub details: Details,
    /// The secret, in base32.
    pub secret: Secret,
    /// The same as a URI, for a QR code.
    pub uri: Secret,
}

/// Registers an authenticator app for a person, in place of one that was never verified.
///
/// # Errors
/// `COMMAND-SqyJz`; `COMMAND-do9se`; what the permission check says.
pub async fn register_totp(
    core: &Core,
    caller: &Caller,
    id: UserId,
) -> Result<RegisteredTotp, Error> {
    let view = core.store.user_view(id).await?;
    let view = view
        .filter(|view| view.user.exists())
        .ok_or(UserError::TotpUserNotFound)?;
    let includes_domain = core.policies.login_name_includes_domain;
    let account = login_name::login_name(&view.user.username, &view.org_domain, includes_domain);
    let made = core.totps.fresh(id, &account)?;
    let new = new_totp(core, made.sealed);
    let details = change(core, id, UserError::TotpUserNotFound, |user| {
        let authority = own_or(caller, user, Permission::UserCredentialWrite)?;
        let event = user::register_totp(&authority, user, new.clone())?;
        Ok((authority, event))
    })
    .await?;
    Ok(RegisteredTotp {
        details,
        secret: made.secret,
        uri: made.uri,
    })
}

/// Makes an authenticator app a factor, given a code of it.
///
/// # Errors
/// `COMMAND-3Mif9s`; `COMMAND-qx4ls`; `EVENT-8isk2`; what the permission check says.
pub async fn verify_totp(
    core: &Core,
    caller: &Caller,
    id: UserId,
    digits: &Secret,
) -> Result<Details, Error> {
    change(core, id, UserError::TotpNotRegistered, |user| {
        let authority = own_or(caller, user, Permission::UserCredentialWrite)?;
        let sealed = verifiable_totp(user)?;
        let step = step_of(core, user, &sealed, digits)?;
        let event = user::verify_totp(&authority, user, step)?;
        Ok((authority, event))
    })
    .await
}

/// Removes the authenticator app of a person, verified or not.
///
/// # Errors
/// `COMMAND-Hd9sd`; what the permission check says.
pub async fn remove_totp(core: &Core, caller: &Caller, id: UserId) -> Result<Details, Error> {
    change(core, id, UserError::TotpNotFound, |user| {
        let authority = own_or(caller, user, Permission::UserWrite)?;
        let event = user::remove_totp(&authority, user)?;
        Ok((authority, event))
    })
    .await
}

/// The encrypted secret with the fingerprint that its event carries.
pub(super) fn new_totp(core: &Core, secret: SealedSecret) -> NewTotp {
    NewTotp {
        fingerprint: core.tokens.fingerprint(&HashText::new(secret.as_str())),
        secret,
    }
}

fn own_or(caller: &Caller, user: &User, permission: Permission) -> Result<Authority, Error> {
    Ok(caller.may_or_is(user.id, permission, user.organization)?)
}

/// Decides and writes one event of a user, and again when others change the user meanwhile.
async fn change(
    core: &Core,
    id: UserId,
    not_found: UserError,
    decide: impl Fn(&User) -> Result<(Authority, UserEvent), Error>,
) -> Result<Details, Error> {
    let mut last = StoreError::Closed;
    for _ in 0..ATTEMPTS {
        let user = core.store.user(id).await?;
        let user = user.filter(User::exists).ok_or(not_found)?;
        let (authority, event) = decide(&user)?;
        let now = core.now_after(user.changed_at);
        let append = append_user(&user, now, vec![event.clone()]);
        let commit = Commit::new(now, authority.actor(), vec![append]);
        match core.store.commit(commit).await {
            Ok(_) => return Ok(Details::of(&user::evolve(user, now, &event))),
            Err(conflict @ StoreError::Conflict(_)) => last = conflict,
            Err(error) => return Err(error.into()),
        }
    }
    Err(contended(last))
}
