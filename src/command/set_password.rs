//! `SetPassword` (adjacent.md section 8).

use crate::core::Core;
use crate::domain::ids::UserId;
use crate::domain::permission::{Authority, Caller, Permission};
use crate::domain::secret::{HashText, Secret};
use crate::domain::user::{self, CodePurpose, PendingCode, User, UserError, pending_code};
use crate::error::Error;
use crate::ports::Commit;

use super::check_code::prove_code;
use super::checks::{current_hash, prove_password};
use super::users::{PasswordInput, new_password};
use super::{Details, Rounds, append_user};

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
/// `COMMAND-Aesh5`; `COMMAND-2M9fs`, `CODE-QvUQ4P` and `CODE-woT0xc` for a code; the complexity ids;
/// what the permission check says.
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
    let mut rounds = Rounds::new(core);
    loop {
        user = load(core, id).await?;
        if !right.still_holds(&user) {
            right = earn(core, caller, &user, &password, &grant).await?;
            rounds.again()?;
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
            Err(error) => rounds.lost(error).await?,
        }
    }
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
    ground: Ground,
}

/// What gave the right.
#[derive(Debug)]
enum Ground {
    /// A permission.
    Given,
    /// The password with this hash was proven.
    Password(HashText),
    /// This code was given back.
    Code(PendingCode),
}

impl Right {
    /// Whether what gave the right is still the user's: somebody may have set another password since,
    /// for instance to shut out whoever knows the old one, or have used the code.
    pub(super) fn still_holds(&self, user: &User) -> bool {
        match &self.ground {
            Ground::Given => true,
            Ground::Password(proven) => current_hash(user) == Some(proven),
            Ground::Code(code) => pending_code(user, CodePurpose::PasswordReset) == Some(code),
        }
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
            ground: Ground::Given,
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
                ground: Ground::Password(compared.into_hash()),
            })
        }
        PasswordGrant::Code(given) => {
            let authority = caller.authority();
            let reset = CodePurpose::PasswordReset;
            let (user, _) = prove_code(core, &authority, user.clone(), reset, given).await?;
            let pending = pending_code(&user, reset).ok_or(UserError::CodeNotFound)?;
            Ok(Right {
                authority,
                ground: Ground::Code(pending.clone()),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::{
        CodeAdded, HashUpdated, HumanAdded, Nothing, PasswordChanged, UserEvent,
    };
    use crate::domain::ids::OrgId;
    use crate::domain::time::{Span, Timestamp};

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
    fn a_right_ends_with_what_gave_it() {
        let right = |ground| Right {
            authority: Authority::system(),
            ground,
        };
        let code = |digest: &str| {
            UserEvent::PasswordCodeAdded(CodeAdded {
                expiry: Span::from_seconds(1),
                code_returned: false,
                digest: digest.to_owned(),
            })
        };
        let after = |user: &User, event: &UserEvent| {
            user::evolve(user.clone(), Timestamp::from_micros(0), event)
        };
        let old = after(&with_password("$old$"), &code("first"));
        let first = pending_code(&old, CodePurpose::PasswordReset).unwrap();
        let password = right(Ground::Password(HashText::new("$old$")));
        let (given, code_given) = (right(Ground::Given), right(Ground::Code(first.clone())));
        let checked = after(&old, &UserEvent::PasswordCheckSucceeded(Nothing {}));
        let renewed = after(
            &old,
            &UserEvent::PasswordHashUpdated(HashUpdated {
                hash_id: "$new$".to_owned(),
                hash: Some(HashText::new("$new$")),
            }),
        );
        let changed = after(
            &old,
            &UserEvent::PasswordChanged(PasswordChanged {
                hash_id: "$new$".to_owned(),
                change_required: false,
                hash: Some(HashText::new("$new$")),
            }),
        );
        let another = after(&old, &code("second"));
        for (user, by_password, by_code) in [
            (&old, true, true),
            (&checked, true, true),
            (&renewed, false, true),
            (&changed, false, false),
            (&another, true, false),
        ] {
            assert_eq!(password.still_holds(user), by_password);
            assert_eq!(code_given.still_holds(user), by_code);
            assert!(given.still_holds(user));
        }
    }
}
