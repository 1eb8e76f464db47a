//! That a person was asked to set up a second factor, and did not want one now.

use super::{Human, User, UserError};
use crate::domain::event::{Nothing, UserEvent};
use crate::domain::permission::Authority;
use crate::domain::time::Timestamp;

/// Notes that a person was asked for a second factor and did not want one now.
///
/// # Errors
/// [`UserError::SkipNotFound`] for nobody and for machines.
pub fn skip_mfa_init(_authority: &Authority, user: &User) -> Result<UserEvent, UserError> {
    if user.human().is_none() || !user.exists() {
        return Err(UserError::SkipNotFound);
    }
    Ok(UserEvent::MfaInitSkipped(Nothing {}))
}

/// What an event makes of it.
pub(super) const fn evolve_mfa_init(human: &mut Human, at: Timestamp, event: &UserEvent) {
    if let UserEvent::MfaInitSkipped(_) = event {
        human.mfa_init_skipped_at = Some(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::Refusal as _;
    use crate::domain::event::{HumanAdded, MachineAdded};
    use crate::domain::ids::{OrgId, UserId};
    use crate::domain::user::{evolve, first};

    #[test]
    fn people_skip_it_as_often_as_they_like() {
        let at = Timestamp::from_micros;
        let added = |event: &UserEvent| first(UserId::new(7), OrgId::new(3), at(0), event).unwrap();
        let skip = |user: &User| skip_mfa_init(&Authority::system(), user);
        let mut user = added(&UserEvent::HumanAdded(HumanAdded::default()));
        for moment in [at(1), at(2)] {
            let event = skip(&user).unwrap();
            user = evolve(user, moment, &event);
            assert_eq!(user.human().unwrap().mfa_init_skipped_at, Some(moment));
        }
        let machine = added(&UserEvent::MachineAdded(MachineAdded::default()));
        let gone = evolve(user, at(3), &UserEvent::Removed(Nothing {}));
        for nobody in [machine, gone] {
            assert_eq!(skip(&nobody).unwrap_err().id(), "COMMAND-auj6jeBei4");
        }
    }
}
