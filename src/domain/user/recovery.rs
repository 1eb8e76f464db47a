//! Recovery codes: written down, each of them good for one login.
//!
//! Only keyed digests of codes come here.

use super::judgement::Judgement;
use super::otp::judgeable;
use super::{Human, User, UserError, UserState};
use crate::domain::event::{Nothing, RecoveryCodeUsed, RecoveryCodesAdded, UserEvent};
use crate::domain::permission::Authority;
use crate::domain::policy::{AttemptLimit, Policies};
use crate::domain::time::Timestamp;

/// How many codes a user can have at once (adjacent.md section 6.4).
pub const MAX_RECOVERY_CODES: usize = 10;

/// Gives a person codes beside those that are there. `digests` are those of the new ones.
///
/// # Errors
/// [`UserError::NotFound`] for nobody and for machines; [`UserError::RecoveryTooMany`].
pub fn add_recovery_codes(
    _authority: &Authority,
    user: &User,
    digests: Vec<String>,
) -> Result<UserEvent, UserError> {
    let human = person(user).ok_or(UserError::NotFound)?;
    if human.recovery_codes.len().saturating_add(digests.len()) > MAX_RECOVERY_CODES {
        return Err(UserError::RecoveryTooMany);
    }
    Ok(UserEvent::RecoveryCodesAdded(RecoveryCodesAdded {
        codes: digests,
    }))
}

/// Takes all codes away.
///
/// # Errors
/// [`UserError::RecoveryNone`]; [`UserError::RecoveryRemoveLocked`].
pub fn remove_recovery_codes(_authority: &Authority, user: &User) -> Result<UserEvent, UserError> {
    let human = person(user).ok_or(UserError::RecoveryNone)?;
    if user.state == UserState::Locked {
        return Err(UserError::RecoveryRemoveLocked);
    }
    if human.recovery_codes.is_empty() {
        return Err(UserError::RecoveryNone);
    }
    Ok(UserEvent::RecoveryCodesRemoved(Nothing {}))
}

fn person(user: &User) -> Option<&Human> {
    user.human().filter(|_| user.exists())
}

/// The digests of the codes that are left, if one may be checked at all.
///
/// # Errors
/// [`UserError::RecoveryLocked`]; [`UserError::RecoveryNotReady`]; [`UserError::TooManyAttempts`].
pub fn recovery_ready<'user>(
    user: &'user User,
    now: Timestamp,
    limit: &AttemptLimit,
) -> Result<&'user [String], UserError> {
    if user.state == UserState::Locked {
        return Err(UserError::RecoveryLocked);
    }
    let human = person(user).filter(|human| !human.recovery_codes.is_empty());
    let human = human.ok_or(UserError::RecoveryNotReady)?;
    judgeable(human, now, limit)?;
    Ok(&human.recovery_codes)
}

/// Judges a code. `found` is its digest, if it is one of the user's.
///
/// # Errors
/// As [`recovery_ready`], but [`UserError::RecoveryLockedMeanwhile`] for whom others have locked since.
pub fn judge_recovery_code(
    user: &User,
    found: Option<&str>,
    policies: &Policies,
    now: Timestamp,
) -> Result<Judgement<Box<UserEvent>>, UserError> {
    if user.state == UserState::Locked {
        return Err(UserError::RecoveryLockedMeanwhile);
    }
    recovery_ready(user, now, &policies.attempts)?;
    let human = person(user).ok_or(UserError::RecoveryNotReady)?;
    Ok(match found {
        Some(digest) => {
            let taken = RecoveryCodeUsed {
                code: digest.to_owned(),
            };
            Judgement::Proven(Box::new(UserEvent::RecoveryCodeCheckSucceeded(taken)))
        }
        None => Judgement::refused(
            human.otp_failures,
            policies,
            UserEvent::RecoveryCodeCheckFailed(Nothing {}),
            UserError::RecoveryWrong,
        ),
    })
}

/// What an event makes of the recovery codes.
pub(super) fn evolve_recovery(human: &mut Human, event: &UserEvent) {
    if let UserEvent::RecoveryCodesAdded(added) = event {
        human.recovery_codes.extend(added.codes.iter().cloned());
    } else if matches!(event, UserEvent::RecoveryCodesRemoved(_)) {
        human.recovery_codes.clear();
    } else if let UserEvent::RecoveryCodeCheckSucceeded(used) = event {
        human.recovery_codes.retain(|code| *code != used.code);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::{HumanAdded, MachineAdded};
    use crate::domain::ids::{OrgId, UserId};
    use crate::domain::policy::Lockout;
    use crate::domain::user::{evolve, first};

    const NOW: Timestamp = Timestamp::from_micros(1_783_661_559_007_096);

    fn given(events: &[UserEvent]) -> User {
        let added = UserEvent::HumanAdded(HumanAdded::default());
        let human = first(UserId::new(7), OrgId::new(3), NOW, &added).unwrap();
        events
            .iter()
            .fold(human, |user, event| evolve(user, NOW, event))
    }

    fn added(codes: &[&str]) -> UserEvent {
        UserEvent::RecoveryCodesAdded(RecoveryCodesAdded {
            codes: codes.iter().map(|code| (*code).to_owned()).collect(),
        })
    }

    fn used(code: &str) -> UserEvent {
        UserEvent::RecoveryCodeCheckSucceeded(RecoveryCodeUsed {
            code: code.to_owned(),
        })
    }

    fn failed() -> UserEvent {
        UserEvent::RecoveryCodeCheckFailed(Nothing {})
    }

    fn locked() -> UserEvent {
        UserEvent::Locked(Nothing {})
    }

    #[test]
    fn there_are_ten_codes_at_most_and_used_ones_make_room() {
        let authority = Authority::system();
        let digests = |count: usize| vec!["d".to_owned(); count];
        let add = |user: &User, count| add_recovery_codes(&authority, user, digests(count)).err();
        let eight = added(&["a", "b", "c", "d", "e", "f", "g", "h"]);
        let user = given(std::slice::from_ref(&eight));
        assert_eq!((add(&user, 2), add(&user, 10)), (None, TOO_MANY));
        assert_eq!(add(&user, 3), TOO_MANY);
        assert_eq!(add(&given(&[eight.clone(), used("c")]), 3), None);
        let none = given(&[eight, UserEvent::RecoveryCodesRemoved(Nothing {})]);
        assert_eq!((add(&none, 10), add(&none, 11)), (None, TOO_MANY));
        let machine = UserEvent::MachineAdded(MachineAdded::default());
        let machine = first(UserId::new(8), OrgId::new(3), NOW, &machine).unwrap();
        let gone = given(&[UserEvent::Removed(Nothing {})]);
        for user in [&machine, &gone] {
            assert_eq!(add(user, 1), Some(UserError::NotFound));
        }
    }

    const TOO_MANY: Option<UserError> = Some(UserError::RecoveryTooMany);

    #[test]
    fn only_codes_that_are_left_can_be_removed_and_only_while_not_locked() {
        let remove = |events: &[UserEvent]| {
            remove_recovery_codes(&Authority::system(), &given(events)).err()
        };
        assert_eq!(remove(&[]), Some(UserError::RecoveryNone));
        assert_eq!(remove(&[added(&["a"])]), None);
        let all_used = [added(&["a"]), used("a")];
        assert_eq!(remove(&all_used), Some(UserError::RecoveryNone));
        let locked = [added(&["a"]), locked()];
        assert_eq!(remove(&locked), Some(UserError::RecoveryRemoveLocked));
    }

    #[test]
    fn a_code_is_checked_once_and_not_when_locked_or_after_too_many_failures() {
        let policies = Policies {
            attempts: AttemptLimit {
                max_in_a_row: 2,
                ..AttemptLimit::default()
            },
            ..Policies::default()
        };
        for (events, ready, judged) in [
            (
                vec![],
                Some(UserError::RecoveryNotReady),
                Some(UserError::RecoveryNotReady),
            ),
            (vec![added(&["a"])], None, None),
            (
                vec![added(&["a"]), used("a")],
                Some(UserError::RecoveryNotReady),
                Some(UserError::RecoveryNotReady),
            ),
            (
                vec![added(&["a"]), locked()],
                Some(UserError::RecoveryLocked),
                Some(UserError::RecoveryLockedMeanwhile),
            ),
            (
                vec![added(&["a"]), failed(), failed()],
                Some(UserError::TooManyAttempts),
                Some(UserError::TooManyAttempts),
            ),
        ] {
            let user = given(&events);
            let found = recovery_ready(&user, NOW, &policies.attempts);
            assert_eq!(found.err(), ready, "{events:?}");
            let found = judge_recovery_code(&user, Some("a"), &policies, NOW);
            assert_eq!(found.err(), judged, "{events:?}");
        }
        let user = given(&[added(&["a", "b"]), failed(), used("a")]);
        let human = user.human().unwrap();
        assert_eq!(human.recovery_codes, ["b"]);
        assert_eq!(human.otp_failures.count, 0);
    }

    #[test]
    fn wrong_codes_lock_at_the_maximum_of_the_policy() {
        let policies = Policies {
            lockout: Lockout {
                max_otp_attempts: 2,
                ..Lockout::default()
            },
            ..Policies::default()
        };
        for (before, events, attempts) in [
            (vec![added(&["a"])], vec![failed()], 1),
            (
                vec![added(&["a"]), UserEvent::TotpCheckFailed(Nothing {})],
                vec![failed(), locked()],
                2,
            ),
        ] {
            let judged = judge_recovery_code(&given(&before), None, &policies, NOW);
            let expected = Judgement::Refused {
                events,
                attempts,
                error: UserError::RecoveryWrong,
            };
            assert_eq!(judged, Ok(expected));
        }
    }
}
