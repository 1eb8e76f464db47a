//! `SetPassword` (adjacent.md section 8).

use crate::core::Core;
use crate::domain::ids::UserId;
use crate::domain::permission::{Authority, Caller, Permission};
use crate::domain::secret::Secret;
use crate::domain::user::{self, User, UserError};
use crate::error::Error;
use crate::ports::{Commit, StoreError};

use super::checks::prove_password;
use super::users::{PasswordInput, new_password};
use super::{ATTEMPTS, Details, append_user, contended};

/// What gives the right to set a password.
#[derive(Debug, Clone)]
pub enum PasswordGrant {
    /// Being the user, or `user.write`.
    Permission,
    /// Knowing the current one.
    Current(Secret),
    /// A code that was sent.
    Code(Secret),
}

/// A password to set.
#[derive(Debug, Clone)]
pub struct SetPassword {
    /// Whose.
    pub user: UserId,
    /// The new one.
    pub password: PasswordInput,
    /// What gives the right.
    pub grant: PasswordGrant,
}

/// Sets a password. What the old one had proven in sessions counts no more.
///
/// # Errors
/// `COMMAND-G8dh3`; `COMMAND-3M0fs` for a wrong current password, which counts as a failed check;
/// `COMMAND-Aesh5`; `COMMAND-2M9fs`; the complexity ids; what the permission check says.
pub async fn set_password(
    core: &Core,
    caller: &Caller,
    command: SetPassword,
) -> Result<Details, Error> {
    let mut user = load(core, command.user).await?;
    let authority = grant(core, caller, &user, &command).await?;
    let new = new_password(core, command.password).await?;
    let mut last = StoreError::Closed;
    for _ in 0..ATTEMPTS {
        user = load(core, user.id).await?;
        let event = user::change_password(&authority, &user, new.clone())?;
        let now = core.now_after(user.changed_at);
        let append = append_user(&user, now, vec![event.clone()]);
        match core
            .store
            .commit(Commit::new(now, authority.actor(), vec![append]))
            .await
        {
            Ok(_) => return Ok(Details::of(&user::evolve(user, now, &event))),
            Err(conflict @ StoreError::Conflict(_)) => last = conflict,
            Err(error) => return Err(error.into()),
        }
    }
    Err(contended(last))
}

async fn load(core: &Core, id: UserId) -> Result<User, Error> {
    let user = core.store.user(id).await?;
    Ok(user
        .filter(|user| user.exists() && user.human().is_some())
        .ok_or(UserError::SetPasswordNotFound)?)
}

async fn grant(
    core: &Core,
    caller: &Caller,
    user: &User,
    command: &SetPassword,
) -> Result<Authority, Error> {
    match &command.grant {
        PasswordGrant::Permission => {
            Ok(caller.may_or_is(user.id, Permission::UserWrite, user.organization)?)
        }
        PasswordGrant::Current(current) => {
            if user.human().is_none_or(|human| human.password.is_none()) {
                return Err(UserError::CurrentPasswordNotSet.into());
            }
            let authority = caller.authority();
            prove_password(core, &authority, user.clone(), current).await?;
            if let PasswordInput::Plain { password, .. } = &command.password
                && password.expose() == current.expose()
            {
                return Err(UserError::PasswordSame.into());
            }
            Ok(authority)
        }
        // No operation of this version makes such a code, so there is none to find.
        PasswordGrant::Code(_) => Err(UserError::CodeNotFound.into()),
    }
}
