//! What a user answers to being locked, switched off or removed, and to tokens that it is given.

use super::{User, UserError, UserKind, UserState};
use crate::domain::event::{Nothing, PatAdded, PatRemoved, UserEvent};
use crate::domain::ids::PatId;
use crate::domain::permission::Authority;
use crate::domain::time::Timestamp;

/// Locks an active user.
///
/// # Errors
/// The user does not exist or is not active.
pub fn lock(_authority: &Authority, user: &User) -> Result<UserEvent, UserError> {
    match user.state {
        UserState::Active => Ok(UserEvent::Locked(Nothing {})),
        UserState::Inactive | UserState::Locked => Err(UserError::LockNotActive),
        UserState::Removed => Err(UserError::LockNotFound),
    }
}

/// Unlocks a locked user and forgets the failures.
///
/// # Errors
/// The user does not exist or is not locked.
pub fn unlock(_authority: &Authority, user: &User) -> Result<UserEvent, UserError> {
    match user.state {
        UserState::Locked => Ok(UserEvent::Unlocked(Nothing {})),
        UserState::Active | UserState::Inactive => Err(UserError::UnlockNotLocked),
        UserState::Removed => Err(UserError::UnlockNotFound),
    }
}

/// Switches a user off.
///
/// # Errors
/// The user does not exist or is inactive.
pub fn deactivate(_authority: &Authority, user: &User) -> Result<UserEvent, UserError> {
    match user.state {
        UserState::Active | UserState::Locked => Ok(UserEvent::Deactivated(Nothing {})),
        UserState::Inactive => Err(UserError::DeactivateAlready),
        UserState::Removed => Err(UserError::DeactivateNotFound),
    }
}

/// Switches a user on again.
///
/// # Errors
/// The user does not exist or is not inactive.
pub fn reactivate(_authority: &Authority, user: &User) -> Result<UserEvent, UserError> {
    match user.state {
        UserState::Inactive => Ok(UserEvent::Reactivated(Nothing {})),
        UserState::Active | UserState::Locked => Err(UserError::ReactivateNotInactive),
        UserState::Removed => Err(UserError::ReactivateNotFound),
    }
}

/// Removes a user for good.
///
/// # Errors
/// The user does not exist.
pub fn remove(_authority: &Authority, user: &User) -> Result<UserEvent, UserError> {
    if user.exists() {
        Ok(UserEvent::Removed(Nothing {}))
    } else {
        Err(UserError::DeleteNotFound)
    }
}

/// Gives a service user a personal access token.
///
/// # Errors
/// The user does not exist, is a person, or the expiry is not in the future.
pub fn add_pat(
    _authority: &Authority,
    user: &User,
    now: Timestamp,
    pat: PatAdded,
) -> Result<UserEvent, UserError> {
    if !user.exists() {
        return Err(UserError::PatUserNotFound);
    }
    match user.kind {
        UserKind::Human(_) => Err(UserError::PatNotMachine),
        UserKind::Machine(_) if pat.expiration <= now => Err(UserError::PatExpired),
        UserKind::Machine(_) => Ok(UserEvent::PatAdded(pat)),
    }
}

/// Revokes a personal access token.
pub fn remove_pat(_authority: &Authority, token_id: PatId) -> UserEvent {
    UserEvent::PatRemoved(PatRemoved { token_id })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::{HumanAdded, MachineAdded};
    use crate::domain::ids::{OrgId, UserId};
    use crate::domain::secret::HashText;
    use crate::domain::time::Span;
    use crate::domain::user::first;

    const NOW: Timestamp = Timestamp::from_micros(1_783_661_559_007_096);
    type StateCommand = fn(&Authority, &User) -> Result<UserEvent, UserError>;

    fn added(event: &UserEvent) -> User {
        first(UserId::new(7), OrgId::new(3), NOW, event).unwrap()
    }

    fn human() -> User {
        added(&UserEvent::HumanAdded(HumanAdded::default()))
    }

    fn machine() -> User {
        added(&UserEvent::MachineAdded(MachineAdded::default()))
    }

    #[test]
    fn states_change_only_as_documented() {
        let commands: [(&str, StateCommand); 5] = [
            ("lock", lock),
            ("unlock", unlock),
            ("deactivate", deactivate),
            ("reactivate", reactivate),
            ("remove", remove),
        ];
        let allowed: [(UserState, &[&str]); 4] = [
            (UserState::Active, &["lock", "deactivate", "remove"]),
            (UserState::Inactive, &["reactivate", "remove"]),
            (UserState::Locked, &["unlock", "deactivate", "remove"]),
            (UserState::Removed, &[]),
        ];
        for (state, expected) in allowed {
            let user = User { state, ..human() };
            let found: Vec<_> = commands
                .iter()
                .filter(|(_, command)| command(&Authority::system(), &user).is_ok())
                .map(|(name, _)| *name)
                .collect();
            assert_eq!(found, expected, "{state:?}");
        }
    }

    #[test]
    fn only_machines_have_personal_access_tokens() {
        let pat = |expiration| PatAdded {
            token_id: PatId::new(1),
            expiration,
            hash_id: "f".to_owned(),
            hash: Some(HashText::new("$x$")),
        };
        let later = NOW.plus(Span::from_seconds(1));
        let system = Authority::system();
        assert_eq!(
            add_pat(&system, &human(), NOW, pat(later)),
            Err(UserError::PatNotMachine)
        );
        assert_eq!(
            add_pat(&system, &machine(), NOW, pat(NOW)),
            Err(UserError::PatExpired)
        );
        assert!(add_pat(&system, &machine(), NOW, pat(later)).is_ok());
    }
}
