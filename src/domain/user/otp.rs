//! Codes by SMS and e-mail as factors, and what one-time codes of all kinds have in common.
//!
//! Whether a code is the right one is found out before; here it is decided what follows.

use super::judgement::Judgement;
use super::{Failures, Human, User, UserError, UserState};
use crate::domain::event::{Nothing, UserEvent};
use crate::domain::notification::Channel;
use crate::domain::permission::Authority;
use crate::domain::policy::{AttemptLimit, Policies};
use crate::domain::time::Timestamp;

impl Human {
    /// Whether codes on this channel were made a factor.
    pub const fn has_otp(&self, channel: Channel) -> bool {
        match channel {
            Channel::Sms => self.otp_sms,
            Channel::Email => self.otp_email,
        }
    }

    /// The address or number to which codes of this channel go, if it is proven.
    fn proven_address(&self, channel: Channel) -> Option<&str> {
        let contact = match channel {
            Channel::Sms => self.phone.as_ref(),
            Channel::Email => Some(&self.email),
        };
        contact
            .filter(|contact| contact.verified)
            .map(|contact| contact.address.as_str())
    }

    /// The address or number to which codes go, if they are a factor that can be used.
    ///
    /// One that is not proven never gets a code with which one can log in: after a change of the
    /// address the factor waits until the new one is proven.
    pub fn otp_address(&self, channel: Channel) -> Option<&str> {
        self.proven_address(channel)
            .filter(|_| self.has_otp(channel))
    }
}

fn person(user: &User) -> Option<&Human> {
    user.human().filter(|_| user.exists())
}

/// Makes codes on a channel a factor.
///
/// # Errors
/// `COMMAND-Ad3g2`, `COMMAND-MKL2s` if they are; `COMMAND-Q54j2`, `COMMAND-KLJ2d` without a proven
/// number or address, so also for nobody and for machines.
pub fn add_otp(
    _authority: &Authority,
    user: &User,
    channel: Channel,
) -> Result<UserEvent, UserError> {
    let human = person(user).ok_or_else(|| not_verified(channel))?;
    if human.has_otp(channel) {
        return Err(match channel {
            Channel::Sms => UserError::OtpSmsAlready,
            Channel::Email => UserError::OtpEmailAlready,
        });
    }
    human
        .proven_address(channel)
        .ok_or_else(|| not_verified(channel))?;
    Ok(match channel {
        Channel::Sms => UserEvent::OtpSmsAdded(Nothing {}),
        Channel::Email => UserEvent::OtpEmailAdded(Nothing {}),
    })
}

/// The refusal of a channel whose number or address is not proven.
pub const fn not_verified(channel: Channel) -> UserError {
    match channel {
        Channel::Sms => UserError::OtpSmsNotVerified,
        Channel::Email => UserError::OtpEmailNotVerified,
    }
}

/// Makes codes on a channel no factor any more.
///
/// # Errors
/// What [`no_otp`] says.
pub fn remove_otp(
    _authority: &Authority,
    user: &User,
    channel: Channel,
) -> Result<UserEvent, UserError> {
    person(user)
        .filter(|human| human.has_otp(channel))
        .ok_or_else(|| no_otp(channel))?;
    Ok(match channel {
        Channel::Sms => UserEvent::OtpSmsRemoved(Nothing {}),
        Channel::Email => UserEvent::OtpEmailRemoved(Nothing {}),
    })
}

/// The refusal where there is nothing to remove: `COMMAND-Sr3h3`, `COMMAND-b312D`.
pub const fn no_otp(channel: Channel) -> UserError {
    match channel {
        Channel::Sms => UserError::OtpSmsNotFound,
        Channel::Email => UserError::OtpEmailNotFound,
    }
}

/// The address or number to which a new code may go.
///
/// # Errors
/// `COMMAND-BJ2g3`, `COMMAND-JKLJ3`.
pub fn challengeable_otp(user: &User, channel: Channel) -> Result<&str, UserError> {
    let human = person(user);
    human
        .and_then(|human| human.otp_address(channel))
        .ok_or(match channel {
            Channel::Sms => UserError::OtpSmsNotReady,
            Channel::Email => UserError::OtpEmailNotReady,
        })
}

/// The address or number that a code must have gone to, if one may be checked at all.
///
/// # Errors
/// [`UserError::OtpLocked`]; [`UserError::OtpNotReady`]; [`UserError::TooManyAttempts`].
pub fn otp_ready<'user>(
    user: &'user User,
    channel: Channel,
    now: Timestamp,
    limit: &AttemptLimit,
) -> Result<&'user str, UserError> {
    if user.state == UserState::Locked {
        return Err(UserError::OtpLocked);
    }
    let human = person(user).ok_or(UserError::OtpNotReady)?;
    let address = human.otp_address(channel).ok_or(UserError::OtpNotReady)?;
    judgeable(human, now, limit)?;
    Ok(address)
}

/// Tests that another code of the person may be judged at all.
pub(super) fn judgeable(
    human: &Human,
    now: Timestamp,
    limit: &AttemptLimit,
) -> Result<(), UserError> {
    let failures = human.otp_failures;
    if limit.allows(failures.count, failures.last_at, now) {
        Ok(())
    } else {
        Err(UserError::TooManyAttempts)
    }
}

/// What a code is, compared with the one that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtpAnswer {
    /// The same, in time.
    Right,
    /// Another one, in time.
    Wrong,
    /// Too late, whatever it is.
    Expired,
}

/// Judges a code by SMS or e-mail. One that comes too late counts as a failure like a wrong one.
///
/// # Errors
/// As [`otp_ready`], so that parallel attempts cannot be judged beyond the limits (CVE-2024-32868).
pub fn judge_otp(
    user: &User,
    channel: Channel,
    answer: OtpAnswer,
    policies: &Policies,
    now: Timestamp,
) -> Result<Judgement<Box<UserEvent>>, UserError> {
    otp_ready(user, channel, now, &policies.attempts)?;
    let human = person(user).ok_or(UserError::OtpNotReady)?;
    let (succeeded, failed) = match channel {
        Channel::Sms => (
            UserEvent::OtpSmsCheckSucceeded(Nothing {}),
            UserEvent::OtpSmsCheckFailed(Nothing {}),
        ),
        Channel::Email => (
            UserEvent::OtpEmailCheckSucceeded(Nothing {}),
            UserEvent::OtpEmailCheckFailed(Nothing {}),
        ),
    };
    let error = match answer {
        OtpAnswer::Right => return Ok(Judgement::Proven(Box::new(succeeded))),
        OtpAnswer::Wrong => UserError::OtpWrong,
        OtpAnswer::Expired => UserError::OtpExpired,
    };
    Ok(Judgement::refused(
        human.otp_failures,
        policies,
        failed,
        error,
    ))
}

/// What an event makes of codes by SMS and e-mail, and of the failures of all one-time codes.
pub(super) fn evolve_otp(human: &mut Human, at: Timestamp, event: &UserEvent) {
    if matches!(event, UserEvent::OtpSmsAdded(_)) {
        human.otp_sms = true;
    } else if matches!(
        event,
        UserEvent::OtpSmsRemoved(_) | UserEvent::PhoneRemoved(_)
    ) {
        human.otp_sms = false;
    } else if matches!(event, UserEvent::OtpEmailAdded(_)) {
        human.otp_email = true;
    } else if matches!(event, UserEvent::OtpEmailRemoved(_)) {
        human.otp_email = false;
    } else if matches!(
        event,
        UserEvent::OtpSmsCheckSucceeded(_)
            | UserEvent::OtpEmailCheckSucceeded(_)
            | UserEvent::RecoveryCodeCheckSucceeded(_)
    ) {
        human.otp_failures = Failures::default();
    } else if matches!(
        event,
        UserEvent::OtpSmsCheckFailed(_)
            | UserEvent::OtpEmailCheckFailed(_)
            | UserEvent::RecoveryCodeCheckFailed(_)
    ) {
        human.otp_failures = human.otp_failures.with_one(at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::Refusal as _;
    use crate::domain::event::{EmailChanged, HumanAdded, MachineAdded, PhoneChanged};
    use crate::domain::ids::{OrgId, UserId};
    use crate::domain::policy::Lockout;
    use crate::domain::user::{evolve, first};

    const NOW: Timestamp = Timestamp::from_micros(1_783_661_559_007_096);

    fn given(events: &[UserEvent]) -> User {
        let added = UserEvent::HumanAdded(HumanAdded {
            email: "mini@mouse.com".to_owned(),
            phone: Some("+41791234567".to_owned()),
            ..HumanAdded::default()
        });
        let human = first(UserId::new(7), OrgId::new(3), NOW, &added).unwrap();
        events
            .iter()
            .fold(human, |user, event| evolve(user, NOW, event))
    }

    fn both_ready() -> Vec<UserEvent> {
        vec![
            UserEvent::EmailVerified(Nothing {}),
            UserEvent::PhoneVerified(Nothing {}),
            UserEvent::OtpSmsAdded(Nothing {}),
            UserEvent::OtpEmailAdded(Nothing {}),
        ]
    }

    fn with(more: &[UserEvent]) -> User {
        given(&[both_ready(), more.to_vec()].concat())
    }

    #[test]
    fn only_a_proven_address_can_be_a_factor_and_only_once() {
        let authority = Authority::system();
        let added = UserEvent::MachineAdded(MachineAdded::default());
        let machine = first(UserId::new(8), OrgId::new(3), NOW, &added).unwrap();
        let gone = with(&[UserEvent::Removed(Nothing {})]);
        let verified = given(&both_ready()[..2]);
        for (channel, unproven, already, none) in [
            (
                Channel::Sms,
                "COMMAND-Q54j2",
                "COMMAND-Ad3g2",
                "COMMAND-Sr3h3",
            ),
            (
                Channel::Email,
                "COMMAND-KLJ2d",
                "COMMAND-MKL2s",
                "COMMAND-b312D",
            ),
        ] {
            let add = |user: &User| add_otp(&authority, user, channel);
            let remove = |user: &User| remove_otp(&authority, user, channel);
            for user in [&given(&[]), &machine, &gone] {
                assert_eq!(add(user).unwrap_err().id(), unproven);
                assert_eq!(remove(user).unwrap_err().id(), none);
            }
            assert_eq!(add(&with(&[])).unwrap_err().id(), already);
            let ready = evolve(verified.clone(), NOW, &add(&verified).unwrap());
            assert!(challengeable_otp(&ready, channel).is_ok());
            let without = evolve(ready.clone(), NOW, &remove(&ready).unwrap());
            assert_eq!(without.human(), verified.human());
        }
    }

    #[test]
    fn another_address_gets_no_code_before_it_is_proven() {
        let email = UserEvent::EmailChanged(EmailChanged {
            email: "new@mouse.com".to_owned(),
        });
        let phone = UserEvent::PhoneChanged(PhoneChanged {
            phone: "+41791234568".to_owned(),
        });
        let limit = AttemptLimit::default();
        for (channel, changed, proven, address, refusal) in [
            (
                Channel::Email,
                email,
                UserEvent::EmailVerified(Nothing {}),
                "new@mouse.com",
                UserError::OtpEmailNotReady,
            ),
            (
                Channel::Sms,
                phone,
                UserEvent::PhoneVerified(Nothing {}),
                "+41791234568",
                UserError::OtpSmsNotReady,
            ),
        ] {
            let user = with(&[changed]);
            assert_eq!(challengeable_otp(&user, channel), Err(refusal));
            let check = otp_ready(&user, channel, NOW, &limit);
            assert_eq!(check, Err(UserError::OtpNotReady));
            assert!(user.human().unwrap().has_otp(channel));
            let user = evolve(user, NOW, &proven);
            assert_eq!(challengeable_otp(&user, channel), Ok(address));
        }
        let user = with(&[UserEvent::PhoneRemoved(Nothing {})]);
        assert!(!user.human().unwrap().has_otp(Channel::Sms));
    }

    #[test]
    fn wrong_and_late_codes_of_all_kinds_count_together_and_lock_at_the_maximum() {
        let policies = Policies {
            lockout: Lockout {
                max_otp_attempts: 3,
                ..Lockout::default()
            },
            ..Policies::default()
        };
        let sms = UserEvent::OtpSmsCheckFailed(Nothing {});
        let email = UserEvent::OtpEmailCheckFailed(Nothing {});
        let app = UserEvent::TotpCheckFailed(Nothing {});
        for (channel, failed, right) in [
            (
                Channel::Sms,
                sms.clone(),
                UserEvent::OtpSmsCheckSucceeded(Nothing {}),
            ),
            (
                Channel::Email,
                email.clone(),
                UserEvent::OtpEmailCheckSucceeded(Nothing {}),
            ),
        ] {
            for (answer, error) in [
                (OtpAnswer::Wrong, UserError::OtpWrong),
                (OtpAnswer::Expired, UserError::OtpExpired),
            ] {
                for (before, attempts) in [
                    (vec![], 1),
                    (vec![sms.clone(), right.clone()], 1),
                    (vec![email.clone()], 2),
                    (vec![app.clone(), sms.clone()], 3),
                ] {
                    let judged = judge_otp(&with(&before), channel, answer, &policies, NOW);
                    let mut events = vec![failed.clone()];
                    events.extend((attempts == 3).then_some(UserEvent::Locked(Nothing {})));
                    let expected = Judgement::Refused {
                        events,
                        attempts,
                        error,
                    };
                    assert_eq!(judged, Ok(expected), "{before:?}");
                }
            }
            let user = with(&[]);
            let judged = judge_otp(&user, channel, OtpAnswer::Right, &policies, NOW);
            assert_eq!(judged, Ok(Judgement::Proven(Box::new(right))));
            let locked = with(&[UserEvent::Locked(Nothing {})]);
            let judged = judge_otp(&locked, channel, OtpAnswer::Right, &policies, NOW);
            assert_eq!(judged, Err(UserError::OtpLocked));
        }
    }

    #[test]
    fn after_a_full_series_not_even_a_right_code_is_judged() {
        let policies = Policies {
            attempts: AttemptLimit {
                max_in_a_row: 2,
                ..AttemptLimit::default()
            },
            ..Policies::default()
        };
        let failed = UserEvent::OtpSmsCheckFailed(Nothing {});
        let user = with(&[failed.clone(), failed]);
        for channel in Channel::ALL {
            let judged = judge_otp(&user, channel, OtpAnswer::Right, &policies, NOW);
            assert_eq!(judged, Err(UserError::TooManyAttempts));
        }
    }
}
