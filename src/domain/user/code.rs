//! One-time codes: made, sent to an address or handed to the caller, given back.
//!
//! Only keyed digests of codes come here. Wrong codes of all kinds are counted together, per user: a
//! new code is no new chance to guess, and neither is another kind of code.

use subtle::ConstantTimeEq as _;

use super::judgement::Judgement;
use super::{Failures, Human, PendingCode, User, UserError};
use crate::domain::event::{CodeAdded, Nothing, UserEvent};
use crate::domain::permission::Authority;
use crate::domain::policy::AttemptLimit;
use crate::domain::time::{Span, Timestamp};

/// How long after the last wrong code wrong codes are forgotten.
///
/// It is the lifetime of most codes, so that in the lifetime of one no count begins anew.
const FORGOTTEN_AFTER: Span = Span::from_seconds(3_600);

/// A one-time code that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCode {
    /// Base64url of the keyed digest.
    pub digest: String,
    /// How long it is good.
    pub expiry: Span,
    /// Whether the caller gets it in the answer.
    pub returned: bool,
}

impl NewCode {
    pub(super) fn added(self) -> CodeAdded {
        CodeAdded {
            expiry: self.expiry,
            code_returned: self.returned,
            digest: self.digest,
        }
    }
}

/// What a code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodePurpose {
    /// Proving to own the e-mail address.
    Email,
    /// Proving to own the phone number.
    Phone,
    /// Setting a new password.
    PasswordReset,
    /// Taking up an invitation.
    Invite,
}

impl CodePurpose {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Email, Self::Phone, Self::PasswordReset, Self::Invite];

    /// What keeps digests of one kind apart from those of the others; never changed, because stored
    /// digests depend on it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email verification",
            Self::Phone => "phone verification",
            Self::PasswordReset => "password reset",
            Self::Invite => "invitation",
        }
    }

    /// How long a code of this kind is good (adjacent.md section 6.4): an hour, but invitations wait
    /// for people who do not know yet that they come.
    pub const fn lifetime(self) -> Span {
        match self {
            Self::Email | Self::Phone | Self::PasswordReset => Span::from_seconds(3_600),
            Self::Invite => Span::from_seconds(72 * 3_600),
        }
    }

    /// The refusal where the code is for nobody.
    pub const fn nobody(self) -> UserError {
        match self {
            Self::Email => UserError::EmailNotFound,
            Self::Phone => UserError::PhoneNotFound,
            Self::PasswordReset => UserError::SetPasswordNotFound,
            Self::Invite => UserError::InviteCheckNotFound,
        }
    }

    const fn none(self) -> UserError {
        match self {
            Self::Email | Self::Phone => UserError::ContactCodeInvalid,
            Self::PasswordReset => UserError::CodeNotFound,
            Self::Invite => UserError::InviteCodeInvalid,
        }
    }

    const fn expired(self) -> UserError {
        match self {
            Self::Email | Self::Phone => UserError::ContactCodeInvalid,
            Self::PasswordReset => UserError::CodeExpired,
            Self::Invite => UserError::InviteCodeInvalid,
        }
    }

    const fn wrong(self) -> UserError {
        match self {
            Self::Email | Self::Phone => UserError::ContactCodeInvalid,
            Self::PasswordReset => UserError::CodeInvalid,
            Self::Invite => UserError::InviteCodeInvalid,
        }
    }

    const fn failed(self) -> UserEvent {
        match self {
            Self::Email => UserEvent::EmailVerificationFailed(Nothing {}),
            Self::Phone => UserEvent::PhoneVerificationFailed(Nothing {}),
            Self::PasswordReset => UserEvent::PasswordCodeFailed(Nothing {}),
            Self::Invite => UserEvent::InviteCheckFailed(Nothing {}),
        }
    }

    /// What a right code writes by itself; a reset code is used up by the new password.
    fn proven(self) -> Vec<UserEvent> {
        match self {
            Self::Email => vec![UserEvent::EmailVerified(Nothing {})],
            Self::Phone => vec![UserEvent::PhoneVerified(Nothing {})],
            Self::PasswordReset => Vec::new(),
            Self::Invite => vec![
                UserEvent::InviteCheckSucceeded(Nothing {}),
                UserEvent::EmailVerified(Nothing {}),
            ],
        }
    }
}

/// Gives a person a code with which a new password can be set.
///
/// # Errors
/// [`UserError::ResetNotFound`] for nobody and for machines.
pub fn request_password_reset(
    _authority: &Authority,
    user: &User,
    code: NewCode,
) -> Result<UserEvent, UserError> {
    if user.human().is_none() || !user.exists() {
        return Err(UserError::ResetNotFound);
    }
    Ok(UserEvent::PasswordCodeAdded(code.added()))
}

/// The code of a kind that waits for its answer.
pub fn pending_code(user: &User, purpose: CodePurpose) -> Option<&PendingCode> {
    let human = user.human().filter(|_| user.exists())?;
    match purpose {
        CodePurpose::Email => human.email.code.as_ref(),
        CodePurpose::Phone => human.phone.as_ref().and_then(|phone| phone.code.as_ref()),
        CodePurpose::PasswordReset => human.password_code.as_ref(),
        CodePurpose::Invite => human.invite.as_ref().map(|invite| &invite.code),
    }
}

/// Judges a code by its digest.
///
/// # Errors
/// Nobody has a code of this kind, or it has expired: nothing can be guessed there, so nothing is
/// counted. [`UserError::TooManyAttempts`].
pub fn judge_code(
    user: &User,
    purpose: CodePurpose,
    digest: &str,
    limit: &AttemptLimit,
    now: Timestamp,
) -> Result<Judgement<Vec<UserEvent>>, UserError> {
    let human = user.human().filter(|_| user.exists());
    let human = human.ok_or(purpose.nobody())?;
    let pending = pending_code(user, purpose).ok_or(purpose.none())?;
    let failures = human.code_failures;
    if !limit.allows(failures.count, failures.last_at, now) {
        return Err(UserError::TooManyAttempts);
    }
    if pending.expires_at <= now {
        return Err(purpose.expired());
    }
    if pending.digest.as_bytes().ct_eq(digest.as_bytes()).into() {
        return Ok(Judgement::Proven(purpose.proven()));
    }
    Ok(Judgement::Refused {
        events: vec![purpose.failed()],
        attempts: one_more(failures, now).count,
        error: purpose.wrong(),
    })
}

fn one_more(failures: Failures, at: Timestamp) -> Failures {
    let forgotten = failures
        .last_at
        .is_some_and(|last| last.plus(FORGOTTEN_AFTER) <= at);
    let before = if forgotten {
        Failures::default()
    } else {
        failures
    };
    before.with_one(at)
}

/// What an event makes of the wrong codes and of codes that stand for more than an address.
///
/// A right code resets nothing: whoever guesses can always get one right, for an address of its own.
/// With the address that a code may have gone to goes the code.
pub(super) fn evolve_codes(human: &mut Human, at: Timestamp, event: &UserEvent) {
    if matches!(
        event,
        UserEvent::EmailVerificationFailed(_)
            | UserEvent::PhoneVerificationFailed(_)
            | UserEvent::PasswordCodeFailed(_)
            | UserEvent::InviteCheckFailed(_)
    ) {
        human.code_failures = one_more(human.code_failures, at);
    } else if matches!(event, UserEvent::Unlocked(_)) {
        human.code_failures = Failures::default();
    } else if let UserEvent::PasswordCodeAdded(added) = event {
        human.password_code = Some(PendingCode::of(at, added));
    } else if matches!(
        event,
        UserEvent::PasswordChanged(_) | UserEvent::EmailChanged(_)
    ) {
        human.password_code = None;
        human.invite = None;
    } else if matches!(
        event,
        UserEvent::PhoneChanged(_) | UserEvent::PhoneRemoved(_)
    ) {
        human.password_code = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::Refusal as _;
    use crate::domain::event::{
        EmailChanged, HumanAdded, InviteCodeAdded, MachineAdded, PasswordChanged, PhoneChanged,
    };
    use crate::domain::ids::{OrgId, UserId};
    use crate::domain::user::{evolve, first};

    const NOW: Timestamp = Timestamp::from_micros(1_783_661_559_007_096);
    const LIMIT: AttemptLimit = AttemptLimit {
        max_in_a_row: 2,
        pause: std::time::Duration::from_mins(1),
    };

    fn after(seconds: i64) -> Timestamp {
        NOW.plus(Span::from_seconds(seconds))
    }

    fn code(purpose: CodePurpose) -> CodeAdded {
        NewCode {
            digest: "right".to_owned(),
            expiry: purpose.lifetime(),
            returned: false,
        }
        .added()
    }

    fn added(purpose: CodePurpose) -> UserEvent {
        let code = code(purpose);
        match purpose {
            CodePurpose::Email => UserEvent::EmailCodeAdded(code),
            CodePurpose::Phone => UserEvent::PhoneCodeAdded(code),
            CodePurpose::PasswordReset => UserEvent::PasswordCodeAdded(code),
            CodePurpose::Invite => UserEvent::InviteCodeAdded(InviteCodeAdded {
                expiry: code.expiry,
                code_returned: false,
                digest: code.digest,
                url_template: None,
                application_name: None,
            }),
        }
    }

    fn person() -> User {
        let added = UserEvent::HumanAdded(HumanAdded {
            phone: Some("+41791234567".to_owned()),
            ..HumanAdded::default()
        });
        first(UserId::new(7), OrgId::new(3), NOW, &added).unwrap()
    }

    fn with_code(purpose: CodePurpose) -> User {
        evolve(person(), NOW, &added(purpose))
    }

    fn new_password() -> UserEvent {
        UserEvent::PasswordChanged(PasswordChanged {
            hash_id: "f".to_owned(),
            change_required: false,
            hash: None,
        })
    }

    fn judged(
        user: &User,
        purpose: CodePurpose,
        digest: &str,
        at: Timestamp,
    ) -> Result<Judgement<Vec<UserEvent>>, UserError> {
        judge_code(user, purpose, digest, &LIMIT, at)
    }

    #[track_caller]
    fn fail(user: User, purpose: CodePurpose, at: Timestamp) -> (User, u32) {
        match judged(&user, purpose, "wrong", at).unwrap() {
            Judgement::Refused {
                events, attempts, ..
            } => (evolve(user, at, &events[0]), attempts),
            Judgement::Proven(_) => panic!("a wrong code was right"),
        }
    }

    #[test]
    fn every_kind_of_code_has_its_refusals() {
        let table = [
            (
                CodePurpose::Email,
                [
                    "COMMAND-ieJ2e",
                    "COMMAND-eis9R",
                    "COMMAND-eis9R",
                    "COMMAND-eis9R",
                ],
            ),
            (
                CodePurpose::Phone,
                [
                    "COMMAND-ieJ2e",
                    "COMMAND-eis9R",
                    "COMMAND-eis9R",
                    "COMMAND-eis9R",
                ],
            ),
            (
                CodePurpose::PasswordReset,
                [
                    "COMMAND-G8dh3",
                    "COMMAND-2M9fs",
                    "CODE-QvUQ4P",
                    "CODE-woT0xc",
                ],
            ),
            (
                CodePurpose::Invite,
                [
                    "COMMAND-F5g2h",
                    "COMMAND-Wgn4q",
                    "COMMAND-Wgn4q",
                    "COMMAND-Wgn4q",
                ],
            ),
        ];
        let machine = UserEvent::MachineAdded(MachineAdded::default());
        let machine = first(UserId::new(8), OrgId::new(3), NOW, &machine).unwrap();
        for (purpose, [nobody, none, expired, wrong]) in table {
            let user = with_code(purpose);
            let gone = evolve(user.clone(), NOW, &UserEvent::Removed(Nothing {}));
            let end = NOW.plus(purpose.lifetime());
            for (user, at, id) in [
                (&machine, NOW, nobody),
                (&gone, NOW, nobody),
                (&person(), NOW, none),
                (&user, end, expired),
            ] {
                let refused = judged(user, purpose, "right", at).unwrap_err();
                assert_eq!(refused.id(), id, "{purpose:?}");
            }
            let judgement = judged(&user, purpose, "wrong", NOW).unwrap();
            let Judgement::Refused { error, .. } = judgement else {
                panic!("{purpose:?}: a wrong code was right");
            };
            assert_eq!(error.id(), wrong, "{purpose:?}");
            let before = end.minus(Span::from_nanos(1_000));
            let right = judged(&user, purpose, "right", before).unwrap();
            assert!(matches!(right, Judgement::Proven(_)), "{purpose:?}");
        }
    }

    #[test]
    fn a_right_code_is_used_up() {
        for purpose in CodePurpose::ALL {
            let user = with_code(purpose);
            let Judgement::Proven(mut events) = judged(&user, purpose, "right", NOW).unwrap()
            else {
                panic!("{purpose:?}: a right code was wrong");
            };
            if purpose == CodePurpose::PasswordReset {
                events.push(new_password());
            }
            let user = events
                .iter()
                .fold(user, |user, event| evolve(user, NOW, event));
            assert_eq!(pending_code(&user, purpose), None, "{purpose:?}");
            assert_eq!(
                user.human().unwrap().email.verified,
                matches!(purpose, CodePurpose::Email | CodePurpose::Invite),
                "{purpose:?}"
            );
        }
    }

    #[test]
    fn a_code_of_one_kind_is_none_of_another() {
        for made in CodePurpose::ALL {
            for asked in CodePurpose::ALL {
                let found = pending_code(&with_code(made), asked).is_some();
                assert_eq!(found, made == asked, "{made:?} {asked:?}");
            }
        }
        let mut names: Vec<_> = CodePurpose::ALL.map(CodePurpose::name).to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CodePurpose::ALL.len());
    }

    #[test]
    fn wrong_codes_of_all_kinds_are_counted_together_and_a_new_code_forgets_none() {
        let user = CodePurpose::ALL.iter().fold(person(), |user, purpose| {
            evolve(user, NOW, &added(*purpose))
        });
        let (user, attempts) = fail(user, CodePurpose::Email, NOW);
        assert_eq!(attempts, 1);
        let (user, attempts) = fail(user, CodePurpose::PasswordReset, NOW);
        assert_eq!(attempts, 2);
        let user = evolve(user, NOW, &added(CodePurpose::Phone));
        for purpose in CodePurpose::ALL {
            let refused = judged(&user, purpose, "right", after(59));
            assert_eq!(refused, Err(UserError::TooManyAttempts), "{purpose:?}");
            assert!(judged(&user, purpose, "right", after(60)).is_ok());
        }
        let unlocked = evolve(user.clone(), NOW, &UserEvent::Unlocked(Nothing {}));
        assert_eq!(unlocked.human().unwrap().code_failures.count, 0);
        // The right one does not open another series.
        let proven = evolve(user, after(60), &UserEvent::EmailVerified(Nothing {}));
        let (_, attempts) = fail(proven, CodePurpose::Phone, after(60));
        assert_eq!(attempts, 3);
    }

    #[test]
    fn wrong_codes_are_forgotten_an_hour_after_the_last() {
        let (user, _) = fail(with_code(CodePurpose::Invite), CodePurpose::Invite, NOW);
        let (_, soon) = fail(user.clone(), CodePurpose::Invite, after(3_599));
        let (_, later) = fail(user, CodePurpose::Invite, after(3_600));
        assert_eq!((soon, later), (2, 1));
    }

    #[test]
    fn whoever_is_a_person_can_have_a_password_reset() {
        let new = || NewCode {
            digest: "d".to_owned(),
            expiry: Span::from_seconds(1),
            returned: true,
        };
        let asked = request_password_reset(&Authority::system(), &person(), new()).unwrap();
        let user = evolve(person(), NOW, &asked);
        assert!(pending_code(&user, CodePurpose::PasswordReset).is_some());
        let gone = evolve(user, NOW, &UserEvent::Removed(Nothing {}));
        let refused = request_password_reset(&Authority::system(), &gone, new());
        assert_eq!(refused.unwrap_err().id(), "COMMAND-SAF4f");
    }

    #[test]
    fn a_code_goes_with_what_it_stood_for() {
        use CodePurpose::{Email, Invite, PasswordReset, Phone};
        let email = UserEvent::EmailChanged(EmailChanged {
            email: "new@mouse.com".to_owned(),
        });
        let phone = UserEvent::PhoneChanged(PhoneChanged {
            phone: "+41791234568".to_owned(),
        });
        let no_phone = UserEvent::PhoneRemoved(Nothing {});
        for (event, void) in [
            (new_password(), vec![PasswordReset, Invite]),
            (email, vec![Email, PasswordReset, Invite]),
            (phone, vec![Phone, PasswordReset]),
            (no_phone, vec![Phone, PasswordReset]),
        ] {
            for purpose in CodePurpose::ALL {
                let user = evolve(with_code(purpose), NOW, &event);
                let left = pending_code(&user, purpose).is_some();
                assert_eq!(left, !void.contains(&purpose), "{event:?} {purpose:?}");
            }
        }
    }
}
