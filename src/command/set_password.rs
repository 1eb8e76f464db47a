//! `SetPassword` (adjacent.md section 8).

use crate::core::Core;
use crate::domain::ids::UserId;
use crate::domain::permission::{Authority, Caller, Permission};
use crate::domain::secret::{HashText, Secret};
use crate::domain::user::{self, User, UserError};
use crate::error::Error;
use crate::ports::{Commit, StoreError};

use super::checks::{current_hash, prove_password};
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
    let SetPassword {
        user: id,
        password,
        grant,
    } = command;
    let mut user = load(core, id).await?;
    let mut right = earn(core, caller, &user, &password, &grant).await?;
    let new = new_password(core, password.clone()).await?;
    let mut last = StoreError::Closed;
    for _ in 0..ATTEMPTS {
        user = load(core, id).await?;
        if !right.still_holds(&user) {
            right = earn(core, caller, &user, &password, &grant).await?;
            continue;
        }
        let event = user::change_password(&right.authority, &user, new.clone())?;
        let now = core.now_after(user.changed_at);
        let append = append_user(&user, now, vec![event.clone()]);
        match core
            .store
            .commit(Commit::new(now, right.authority.actor(), vec![append]))
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

/// The right to set a password, and what it rests on.
#[derive(Debug)]
pub(super) struct Right {
    authority: Authority,
    /// The hash of the password that was proven, where that gave the right.
    proven: Option<HashText>,
}

impl Right {
    /// Whether the password that gave the right is still the user's: somebody may have set another one
    /// since, for instance to shut out whoever knows the old one.
    pub(super) fn still_holds(&self, user: &User) -> bool {
        self.proven
            .as_ref()
            .is_none_or(|proven| current_hash(user) == Some(proven))
    }
}

/// Finds out whether a password may be set.
///
/// # Errors
/// As [`set_password`], but for the new password itself.
pub(super) async fn earn(
    core: &Core,
    caller: &Caller,
    user: &User,
    new: &PasswordInput,
    grant: &PasswordGrant,
) -> Result<Right, Error> {
    match grant {
        PasswordGrant::Permission => Ok(Right {
            authority: caller.may_or_is(user.id, Permission::UserWrite, user.organization)?,
            proven: None,
        }),
        PasswordGrant::Current(current) => {
            if user.human().is_none_or(|human| human.password.is_none()) {
                return Err(UserError::CurrentPasswordNotSet.into());
            }
            let authority = caller.authority();
            let (_, compared) = prove_password(core, &authority, user.clone(), current).await?;
            if let PasswordInput::Plain { password, .. } = new
                && password.expose() == current.expose()
            {
                return Err(UserError::PasswordSame.into());
            }
            Ok(Right {
                authority,
                proven: Some(compared.into_hash()),
            })
        }
        // No operation of this version makes such a code, so there is none to find.
        PasswordGrant::Code(_) => Err(UserError::CodeNotFound.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::{HashUpdated, HumanAdded, Nothing, UserEvent};
    use crate::domain::ids::OrgId;
    use crate::domain::time::Timestamp;

    fn with_password(hash: &str) -> User {
        let added = UserEvent::HumanAdded(HumanAdded {
            hash_id: Some(hash.to_owned()),
            hash: Some(HashText::new(hash)),
            ..HumanAdded::default()
        });
        let at = Timestamp::from_micros(0);
        user::first(UserId::new(7), OrgId::new(1), at, &added).unwrap()
    }

    #[test]
    fn a_right_ends_with_the_password_that_gave_it() {
        let proven = Right {
            authority: Authority::system(),
            proven: Some(HashText::new("$old$")),
        };
        let given = Right {
            authority: Authority::system(),
            proven: None,
        };
        let old = with_password("$old$");
        let later = |event| user::evolve(old.clone(), Timestamp::from_micros(1), &event);
        let checked = later(UserEvent::PasswordCheckSucceeded(Nothing {}));
        let renewed = later(UserEvent::PasswordHashUpdated(HashUpdated {
            hash_id: "$new$".to_owned(),
            hash: Some(HashText::new("$new$")),
        }));
        for (user, holds) in [(&old, true), (&checked, true), (&renewed, false)] {
            assert_eq!(proven.still_holds(user), holds);
            assert!(given.still_holds(user));
        }
    }
}
