//! Authenticator apps: codes that change with time (RFC 6238).
//!
//! Which step a code belongs to is found out before; here it is decided what follows.

use std::fmt;

use super::judgement::Judgement;
use super::{Failures, Human, User, UserError, UserState};
use crate::domain::event::{Nothing, TotpAdded, TotpCheckSucceeded, UserEvent};
use crate::domain::permission::Authority;
use crate::domain::policy::{AttemptLimit, Policies};
use crate::domain::secret::{HashText, SealedSecret};
use crate::domain::time::Timestamp;

/// An encrypted secret, or what its event says of it.
#[derive(Clone, PartialEq, Eq)]
pub enum StoredSecret {
    /// The encrypted secret, as the row has it.
    Sealed(SealedSecret),
    /// The fingerprint of its text, as the log has it.
    Fingerprint(String),
}

impl StoredSecret {
    /// The encrypted secret, if this came from a row or a fresh event.
    pub const fn sealed(&self) -> Option<&SealedSecret> {
        match self {
            Self::Sealed(sealed) => Some(sealed),
            Self::Fingerprint(_) => None,
        }
    }

    /// The fingerprint, made with `of` where the encrypted secret itself is here.
    pub fn fingerprint(&self, of: impl Fn(&HashText) -> String) -> String {
        match self {
            Self::Sealed(sealed) => of(&HashText::new(sealed.as_str())),
            Self::Fingerprint(text) => text.clone(),
        }
    }
}

impl fmt::Debug for StoredSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sealed(_) => out.write_str("Sealed(…)"),
            Self::Fingerprint(text) => write!(out, "Fingerprint({text})"),
        }
    }
}

/// The authenticator app of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Totp {
    /// What it shares with us.
    pub secret: StoredSecret,
    /// It has proven to have the secret; before that it is no factor.
    pub ready: bool,
    /// The step of the last code that was taken in a check: no code of it or of an earlier one is
    /// taken again (RFC 6238 section 5.2).
    pub last_step: Option<u64>,
}

/// A secret that was made or imported, and encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTotp {
    /// For the row.
    pub secret: SealedSecret,
    /// Its fingerprint, for the event.
    pub fingerprint: String,
}

impl NewTotp {
    /// The event that gives the secret to a user.
    pub fn added(self) -> UserEvent {
        UserEvent::TotpAdded(TotpAdded {
            secret_id: self.fingerprint,
            secret: Some(self.secret),
        })
    }
}

fn person(user: &User) -> Option<&Human> {
    user.human().filter(|_| user.exists())
}

/// Registers an authenticator app, in place of one that was never verified.
///
/// # Errors
/// [`UserError::TotpUserNotFound`] for nobody and for machines; [`UserError::TotpAlready`].
pub fn register_totp(
    _authority: &Authority,
    user: &User,
    new: NewTotp,
) -> Result<UserEvent, UserError> {
    let human = person(user).ok_or(UserError::TotpUserNotFound)?;
    if human.totp.as_ref().is_some_and(|totp| totp.ready) {
        return Err(UserError::TotpAlready);
    }
    Ok(new.added())
}

/// The events that give a new user an authenticator app that is in use already: a factor at once.
pub fn import_totp(_authority: &Authority, new: NewTotp) -> [UserEvent; 2] {
    [new.added(), UserEvent::TotpVerified(Nothing {})]
}

/// The secret of an authenticator app that waits for being verified.
///
/// # Errors
/// [`UserError::TotpNotRegistered`]; [`UserError::TotpAlreadyReady`].
pub fn verifiable_totp(user: &User) -> Result<SealedSecret, UserError> {
    let totp = person(user).and_then(|human| human.totp.as_ref());
    let totp = totp.ok_or(UserError::TotpNotRegistered)?;
    if totp.ready {
        return Err(UserError::TotpAlreadyReady);
    }
    let sealed = totp.secret.sealed().cloned();
    sealed.ok_or(UserError::TotpNotRegistered)
}

/// Makes an authenticator app a factor. `step` is that of its code, if it was right.
///
/// The step is not remembered: who verifies an app has its secret, and scripts use the same code for
/// the first check.
///
/// # Errors
/// As [`verifiable_totp`]; [`UserError::TotpWrong`].
pub fn verify_totp(
    _authority: &Authority,
    user: &User,
    step: Option<u64>,
) -> Result<UserEvent, UserError> {
    verifiable_totp(user)?;
    match step {
        Some(_) => Ok(UserEvent::TotpVerified(Nothing {})),
        None => Err(UserError::TotpWrong),
    }
}

/// Removes the authenticator app, verified or not.
///
/// # Errors
/// [`UserError::TotpNotFound`].
pub fn remove_totp(_authority: &Authority, user: &User) -> Result<UserEvent, UserError> {
    match person(user).and_then(|human| human.totp.as_ref()) {
        Some(_) => Ok(UserEvent::TotpRemoved(Nothing {})),
        None => Err(UserError::TotpNotFound),
    }
}

/// The secret to compare a code with, if a comparison may be made at all.
///
/// # Errors
/// [`UserError::TotpLocked`]; [`UserError::TotpNotReady`], also for nobody and for machines;
/// [`UserError::TooManyAttempts`].
pub fn totp_ready(
    user: &User,
    now: Timestamp,
    limit: &AttemptLimit,
) -> Result<SealedSecret, UserError> {
    let (totp, _) = checkable(user, now, limit)?;
    totp.secret.sealed().cloned().ok_or(UserError::TotpNotReady)
}

fn checkable<'user>(
    user: &'user User,
    now: Timestamp,
    limit: &AttemptLimit,
) -> Result<(&'user Totp, Failures), UserError> {
    if user.state == UserState::Locked {
        return Err(UserError::TotpLocked);
    }
    let human = person(user).ok_or(UserError::TotpNotReady)?;
    let totp = human.totp.as_ref().filter(|totp| totp.ready);
    let totp = totp.ok_or(UserError::TotpNotReady)?;
    let failures = human.otp_failures;
    if !limit.allows(failures.count, failures.last_at, now) {
        return Err(UserError::TooManyAttempts);
    }
    Ok((totp, failures))
}

/// Judges a code that was compared with the user's current secret. `step` is that of the code, if it
/// was right.
///
/// A used code counts as a failure: whoever has seen one must not try it without being noticed.
///
/// # Errors
/// As [`totp_ready`], so that parallel attempts cannot be judged beyond the limits (CVE-2024-32868).
pub fn judge_totp(
    user: &User,
    step: Option<u64>,
    policies: &Policies,
    now: Timestamp,
) -> Result<Judgement<TotpCheckSucceeded>, UserError> {
    let (totp, failures) = checkable(user, now, &policies.attempts)?;
    let error = match step {
        Some(step) if totp.last_step.is_none_or(|last| step > last) => {
            return Ok(Judgement::Proven(TotpCheckSucceeded { step }));
        }
        Some(_) => UserError::TotpUsed,
        None => UserError::TotpWrong,
    };
    let failed = UserEvent::TotpCheckFailed(Nothing {});
    Ok(Judgement::refused(failures, policies, failed, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::{HumanAdded, MachineAdded};
    use crate::domain::ids::{OrgId, UserId};
    use crate::domain::policy::Lockout;
    use crate::domain::user::{evolve, first};

    const NOW: Timestamp = Timestamp::from_micros(1_783_661_559_007_096);
    const STEP: u64 = 59_455_385;

    fn new() -> NewTotp {
        NewTotp {
            secret: SealedSecret::new("x1.sealed"),
            fingerprint: "f".to_owned(),
        }
    }

    fn verified() -> UserEvent {
        UserEvent::TotpVerified(Nothing {})
    }

    fn failed() -> UserEvent {
        UserEvent::TotpCheckFailed(Nothing {})
    }

    fn succeeded(step: u64) -> UserEvent {
        UserEvent::TotpCheckSucceeded(TotpCheckSucceeded { step })
    }

    fn given(events: &[UserEvent]) -> User {
        let added = UserEvent::HumanAdded(HumanAdded::default());
        let human = first(UserId::new(7), OrgId::new(3), NOW, &added).unwrap();
        events
            .iter()
            .fold(human, |user, event| evolve(user, NOW, event))
    }

    fn machine() -> User {
        let added = UserEvent::MachineAdded(MachineAdded::default());
        first(UserId::new(8), OrgId::new(3), NOW, &added).unwrap()
    }

    fn locked() -> UserEvent {
        UserEvent::Locked(Nothing {})
    }

    fn removed() -> UserEvent {
        UserEvent::Removed(Nothing {})
    }

    #[test]
    fn an_app_is_registered_then_verified_then_removed_and_nothing_else() {
        use UserError::{
            TotpAlready, TotpAlreadyReady, TotpNotFound, TotpNotRegistered, TotpUserNotFound,
            TotpWrong,
        };
        let authority = Authority::system();
        let none = given(&[]);
        let waiting = given(&[new().added()]);
        let ready = given(&[new().added(), verified()]);
        let gone = given(&[new().added(), removed()]);
        for (user, register, verify, remove) in [
            (&none, None, Some(TotpNotRegistered), Some(TotpNotFound)),
            (&waiting, None, None, None),
            (&ready, Some(TotpAlready), Some(TotpAlreadyReady), None),
            (
                &gone,
                Some(TotpUserNotFound),
                Some(TotpNotRegistered),
                Some(TotpNotFound),
            ),
            (
                &machine(),
                Some(TotpUserNotFound),
                Some(TotpNotRegistered),
                Some(TotpNotFound),
            ),
        ] {
            assert_eq!(register_totp(&authority, user, new()).err(), register);
            assert_eq!(verify_totp(&authority, user, Some(STEP)).err(), verify);
            assert_eq!(remove_totp(&authority, user).err(), remove);
        }
        assert_eq!(verify_totp(&authority, &waiting, None), Err(TotpWrong));
        let again = given(&[
            new().added(),
            verified(),
            succeeded(STEP),
            UserEvent::TotpRemoved(Nothing {}),
            new().added(),
        ]);
        let totp = again.human().unwrap().totp.as_ref().unwrap();
        assert_eq!((totp.ready, totp.last_step), (false, None));
    }

    #[test]
    fn only_a_verified_app_of_somebody_who_is_not_locked_can_be_checked() {
        let limit = AttemptLimit {
            max_in_a_row: 2,
            ..AttemptLimit::default()
        };
        for (events, refusal) in [
            (vec![], Some(UserError::TotpNotReady)),
            (vec![new().added()], Some(UserError::TotpNotReady)),
            (vec![new().added(), verified()], None),
            (
                vec![new().added(), verified(), locked()],
                Some(UserError::TotpLocked),
            ),
            (
                vec![new().added(), verified(), removed()],
                Some(UserError::TotpNotReady),
            ),
            (vec![new().added(), verified(), failed()], None),
            (
                vec![new().added(), verified(), failed(), failed()],
                Some(UserError::TooManyAttempts),
            ),
        ] {
            let user = given(&events);
            let policies = Policies {
                attempts: limit,
                ..Policies::default()
            };
            assert_eq!(totp_ready(&user, NOW, &limit).err(), refusal, "{events:?}");
            let judged = judge_totp(&user, Some(STEP), &policies, NOW);
            assert_eq!(judged.err(), refusal, "{events:?}");
        }
        assert_eq!(
            totp_ready(&machine(), NOW, &limit),
            Err(UserError::TotpNotReady)
        );
    }

    #[test]
    fn a_step_is_taken_once_and_none_before_it() {
        let user = given(&[new().added(), verified(), succeeded(STEP)]);
        for (step, error) in [
            (None, Some(UserError::TotpWrong)),
            (Some(STEP - 1), Some(UserError::TotpUsed)),
            (Some(STEP), Some(UserError::TotpUsed)),
            (Some(STEP + 1), None),
        ] {
            let judged = judge_totp(&user, step, &Policies::default(), NOW).unwrap();
            let expected = match error {
                None => Judgement::Proven(TotpCheckSucceeded { step: STEP + 1 }),
                Some(error) => Judgement::Refused {
                    events: vec![failed()],
                    attempts: 1,
                    error,
                },
            };
            assert_eq!(judged, expected, "{step:?}");
        }
    }

    #[test]
    fn failures_are_counted_until_a_success_or_an_unlock_and_lock_at_the_maximum() {
        let policies = Policies {
            lockout: Lockout {
                max_otp_attempts: 3,
                ..Lockout::default()
            },
            ..Policies::default()
        };
        let ready = [new().added(), verified()];
        for (more, attempts) in [
            (vec![], 1),
            (vec![failed()], 2),
            (vec![failed(), failed()], 3),
            (vec![failed(), failed(), succeeded(STEP)], 1),
            (
                vec![
                    failed(),
                    failed(),
                    locked(),
                    UserEvent::Unlocked(Nothing {}),
                ],
                1,
            ),
            // Neither a password nor another app is a way around the limit.
            (
                vec![
                    failed(),
                    failed(),
                    UserEvent::PasswordCheckSucceeded(Nothing {}),
                    UserEvent::TotpRemoved(Nothing {}),
                    new().added(),
                    verified(),
                ],
                3,
            ),
        ] {
            let user = given(&[ready.to_vec(), more.clone()].concat());
            let judged = judge_totp(&user, None, &policies, NOW).unwrap();
            let events = if attempts == 3 {
                vec![failed(), locked()]
            } else {
                vec![failed()]
            };
            let expected = Judgement::Refused {
                events,
                attempts,
                error: UserError::TotpWrong,
            };
            assert_eq!(judged, expected, "{more:?}");
        }
    }
}
