//! Registering, verifying and removing authenticator apps (adjacent.md section 8, "TOTP").

use crate::core::Core;
use crate::domain::ids::UserId;
use crate::domain::permission::{Authority, Caller, Permission};
use crate::domain::secret::{HashText, SealedSecret, Secret};
use crate::domain::user::{self, NewTotp, User, UserError, login_name, verifiable_totp};
use crate::error::Error;

use super::Details;
use super::change::{Decided, change_one};
use super::check_totp::step_of;

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
    let user = change_one(core, id, UserError::TotpUserNotFound, |user, _| {
        let authority = own_or(caller, user, Permission::UserCredentialWrite)?;
        let event = user::register_totp(&authority, user, new.clone())?;
        Ok(Decided::new(authority, vec![event]))
    })
    .await?;
    Ok(RegisteredTotp {
        details: Details::of(&user),
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
    let user = change_one(core, id, UserError::TotpNotRegistered, |user, _| {
        let authority = own_or(caller, user, Permission::UserCredentialWrite)?;
        let sealed = verifiable_totp(user)?;
        let step = step_of(core, user, &sealed, digits)?;
        let event = user::verify_totp(&authority, user, step)?;
        Ok(Decided::new(authority, vec![event]))
    })
    .await?;
    Ok(Details::of(&user))
}

/// Removes the authenticator app of a person, verified or not.
///
/// # Errors
/// `COMMAND-Hd9sd`; what the permission check says.
pub async fn remove_totp(core: &Core, caller: &Caller, id: UserId) -> Result<Details, Error> {
    let user = change_one(core, id, UserError::TotpNotFound, |user, _| {
        let authority = own_or(caller, user, Permission::UserWrite)?;
        let event = user::remove_totp(&authority, user)?;
        Ok(Decided::new(authority, vec![event]))
    })
    .await?;
    Ok(Details::of(&user))
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
