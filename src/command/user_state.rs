//! Locking, unlocking, switching off and on, and removing users (adjacent.md section 8).

use crate::core::Core;
use crate::domain::event::UserEvent;
use crate::domain::ids::UserId;
use crate::domain::org;
use crate::domain::permission::{Authority, Caller, Permission};
use crate::domain::user::{self, User, UserError};
use crate::error::Error;
use crate::ports::{Commit, EndSessions};

use super::members::{append_member, changed_at};
use super::{Details, Rounds, append_user};

/// A change of what a user can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserChange {
    /// Lock.
    Lock,
    /// Unlock, and forget the failed checks.
    Unlock,
    /// Switch off.
    Deactivate,
    /// Switch on.
    Reactivate,
    /// Remove for good.
    Remove,
}

impl UserChange {
    const fn permission(self) -> Permission {
        match self {
            Self::Lock | Self::Unlock | Self::Deactivate | Self::Reactivate => {
                Permission::UserWrite
            }
            Self::Remove => Permission::UserDelete,
        }
    }

    const fn not_found(self) -> UserError {
        match self {
            Self::Lock => UserError::LockNotFound,
            Self::Unlock => UserError::UnlockNotFound,
            Self::Deactivate => UserError::DeactivateNotFound,
            Self::Reactivate => UserError::ReactivateNotFound,
            Self::Remove => UserError::DeleteNotFound,
        }
    }

    fn decide(self, authority: &Authority, user: &User) -> Result<UserEvent, UserError> {
        match self {
            Self::Lock => user::lock(authority, user),
            Self::Unlock => user::unlock(authority, user),
            Self::Deactivate => user::deactivate(authority, user),
            Self::Reactivate => user::reactivate(authority, user),
            Self::Remove => user::remove(authority, user),
        }
    }

    /// Why the user's sessions end with it, if they do.
    const fn ends_sessions(self) -> Option<&'static str> {
        match self {
            Self::Lock => Some("user.locked"),
            Self::Deactivate => Some("user.deactivated"),
            Self::Remove => Some("user.removed"),
            Self::Unlock | Self::Reactivate => None,
        }
    }

    fn authorize(self, caller: &Caller, user: &User) -> Result<Authority, Error> {
        let authority = if self == Self::Remove {
            caller.may(self.permission(), Some(user.organization))
        } else {
            caller.may_or_is(user.id, self.permission(), user.organization)
        };
        Ok(authority?)
    }
}

/// Changes what a user can do; the sessions of one that is locked, switched off or removed end in
/// the same transaction, and so do the roles and tokens of one that is removed.
///
/// # Errors
/// 404 and 400 with the ids of the operation; what the permission check says.
pub async fn change_user(
    core: &Core,
    caller: &Caller,
    id: UserId,
    change: UserChange,
) -> Result<Details, Error> {
    let mut rounds = Rounds::new(core);
    loop {
        let user = core
            .store
            .user(id)
            .await?
            .filter(User::exists)
            .ok_or(change.not_found())?;
        let authority = change.authorize(caller, &user)?;
        let event = change.decide(&authority, &user)?;
        let left = if change == UserChange::Remove {
            core.store.members(Some(user.id)).await?
        } else {
            Vec::new()
        };
        let mut seen = user.changed_at;
        for member in &left {
            seen = seen.max(changed_at(core, member.resource).await?);
        }
        let now = core.now_after_all(seen).await?;
        let append = append_user(&user, now, vec![event.clone()]);
        let details = Details::of(&user::evolve(user.clone(), now, &event));
        let mut appends = vec![append];
        for member in left {
            let event = org::remove_member(&authority, member.resource, &user.public_id(), true);
            appends.push(append_member(core, member.resource, event, now).await?);
        }
        let mut commit = Commit::new(now, authority.actor(), appends);
        commit.end_sessions = change
            .ends_sessions()
            .map(|reason| EndSessions::because(id, reason));
        match core.store.commit(commit).await {
            Ok(_) => return Ok(details),
            Err(error) => rounds.lost(error).await?,
        }
    }
}
