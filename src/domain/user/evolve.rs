//! How events make a user.

use super::code::evolve_codes;
use super::invite::evolve_invite;
use super::mfa_init::evolve_mfa_init;
use super::otp::evolve_otp;
use super::recovery::evolve_recovery;
use super::{
    Contact, Failures, Human, Machine, Password, PendingCode, StoredSecret, Totp, User, UserKind,
    UserState, WebAuthnKeys,
};
use crate::domain::event::{
    Event, HumanAdded, MachineAdded, MachineChanged, ProfileChanged, RecordedEvent, TotpAdded,
    UserEvent,
};
use crate::domain::ids::{OrgId, Sequence, UserId};
use crate::domain::secret::HashText;
use crate::domain::session::Proof;
use crate::domain::time::Timestamp;

/// The user that a first event makes; `None` if it is no first event.
pub fn first(id: UserId, organization: OrgId, at: Timestamp, event: &UserEvent) -> Option<User> {
    let (given_id, username, kind) = if let UserEvent::HumanAdded(added) = event {
        (
            &added.given_id,
            &added.user_name,
            UserKind::Human(Box::new(human(at, added))),
        )
    } else if let UserEvent::MachineAdded(added) = event {
        (&added.given_id, &added.user_name, machine(added))
    } else {
        return None;
    };
    Some(User {
        id,
        given_id: given_id.clone(),
        organization,
        state: UserState::Active,
        sequence: Sequence::new(1),
        created_at: at,
        changed_at: at,
        username: username.clone(),
        kind,
    })
}

fn machine(added: &MachineAdded) -> UserKind {
    UserKind::Machine(Machine {
        name: added.name.clone(),
        description: added.description.clone(),
    })
}

fn human(at: Timestamp, added: &HumanAdded) -> Human {
    Human {
        given_name: added.first_name.clone(),
        family_name: added.last_name.clone(),
        nick_name: added.nick_name.clone(),
        display_name: added.display_name.clone(),
        preferred_language: added.preferred_language.clone(),
        gender: added.gender,
        email: unproven(&added.email),
        phone: added.phone.as_deref().map(unproven),
        password: added.hash_id.as_ref().map(|hash_id| Password {
            proof: proof(added.hash.as_ref(), hash_id),
            changed_at: at,
            change_required: added.change_required,
        }),
        failures: Failures::default(),
        totp: None,
        otp_failures: Failures::default(),
        password_code: None,
        invite: None,
        code_failures: Failures::default(),
        mfa_init_skipped_at: None,
        web_auth_n: WebAuthnKeys::default(),
        otp_sms: false,
        otp_email: false,
        recovery_codes: Vec::new(),
    }
}

/// An address or number that is new.
fn unproven(address: &str) -> Contact {
    Contact {
        address: address.to_owned(),
        ..Contact::default()
    }
}

fn proof(hash: Option<&HashText>, hash_id: &str) -> Proof {
    hash.map_or_else(
        || Proof::Fingerprint(hash_id.to_owned()),
        |hash| Proof::Hash(hash.clone()),
    )
}

/// The user after one more event, written at `at`.
pub fn evolve(mut user: User, at: Timestamp, event: &UserEvent) -> User {
    user.sequence = user.sequence.next();
    user.changed_at = at;
    if let Some(state) = new_state(event) {
        user.state = state;
    }
    if let UserEvent::UsernameChanged(changed) = event {
        user.username.clone_from(&changed.user_name);
    }
    match (&mut user.kind, event) {
        (UserKind::Human(human), _) => evolve_human(human, at, event),
        (UserKind::Machine(machine), UserEvent::MachineChanged(changed)) => {
            change_machine(machine, changed);
        }
        (UserKind::Machine(_), _) => {}
    }
    user
}

fn change_machine(machine: &mut Machine, changed: &MachineChanged) {
    if let Some(name) = &changed.name {
        machine.name.clone_from(name);
    }
    if let Some(description) = &changed.description {
        machine.description = unless_empty(description);
    }
}

fn change_profile(human: &mut Human, changed: &ProfileChanged) {
    if let Some(name) = &changed.first_name {
        human.given_name.clone_from(name);
    }
    if let Some(name) = &changed.last_name {
        human.family_name.clone_from(name);
    }
    if let Some(name) = &changed.nick_name {
        human.nick_name = unless_empty(name);
    }
    if let Some(name) = &changed.display_name {
        human.display_name.clone_from(name);
    }
    if let Some(tag) = &changed.preferred_language {
        human.preferred_language = unless_empty(tag);
    }
    if let Some(gender) = changed.gender {
        human.gender = gender;
    }
}

/// Where a text may be missing, an empty one in an event says that it is.
fn unless_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

const fn new_state(event: &UserEvent) -> Option<UserState> {
    if matches!(event, UserEvent::Locked(_)) {
        Some(UserState::Locked)
    } else if matches!(event, UserEvent::Deactivated(_)) {
        Some(UserState::Inactive)
    } else if matches!(event, UserEvent::Unlocked(_) | UserEvent::Reactivated(_)) {
        Some(UserState::Active)
    } else if matches!(event, UserEvent::Removed(_)) {
        Some(UserState::Removed)
    } else {
        None
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "every event is named, so that none is forgotten"
)]
fn evolve_human(human: &mut Human, at: Timestamp, event: &UserEvent) {
    evolve_totp(human, at, event);
    evolve_codes(human, at, event);
    evolve_invite(human, at, event);
    evolve_mfa_init(human, at, event);
    human.web_auth_n.evolve(at, event);
    evolve_otp(human, at, event);
    evolve_recovery(human, event);
    match event {
        UserEvent::EmailVerified(_) => {
            human.email.verified = true;
            human.email.code = None;
        }
        UserEvent::EmailCodeAdded(added) => human.email.code = Some(PendingCode::of(at, added)),
        UserEvent::PhoneVerified(_) => {
            if let Some(phone) = &mut human.phone {
                phone.verified = true;
                phone.code = None;
            }
        }
        UserEvent::PhoneCodeAdded(added) => {
            if let Some(phone) = &mut human.phone {
                phone.code = Some(PendingCode::of(at, added));
            }
        }
        UserEvent::PasswordChanged(changed) => {
            human.password = Some(Password {
                proof: proof(changed.hash.as_ref(), &changed.hash_id),
                changed_at: at,
                change_required: changed.change_required,
            });
            human.failures = Failures::default();
        }
        UserEvent::PasswordHashUpdated(updated) => {
            if let Some(password) = &mut human.password {
                password.proof = proof(updated.hash.as_ref(), &updated.hash_id);
            }
        }
        UserEvent::PasswordCheckSucceeded(_) | UserEvent::Unlocked(_) => {
            human.failures = Failures::default();
        }
        UserEvent::PasswordCheckFailed(_) => human.failures = human.failures.with_one(at),
        UserEvent::ProfileChanged(changed) => change_profile(human, changed),
        UserEvent::EmailChanged(changed) => human.email = unproven(&changed.email),
        UserEvent::PhoneChanged(changed) => human.phone = Some(unproven(&changed.phone)),
        UserEvent::PhoneRemoved(_) => human.phone = None,
        UserEvent::HumanAdded(_)
        | UserEvent::MachineAdded(_)
        | UserEvent::MachineChanged(_)
        | UserEvent::UsernameChanged(_)
        | UserEvent::Locked(_)
        | UserEvent::Deactivated(_)
        | UserEvent::Reactivated(_)
        | UserEvent::Removed(_)
        | UserEvent::MetadataSet(_)
        | UserEvent::PatAdded(_)
        | UserEvent::PatRemoved(_)
        | UserEvent::TotpAdded(_)
        | UserEvent::TotpVerified(_)
        | UserEvent::TotpRemoved(_)
        | UserEvent::TotpCheckSucceeded(_)
        | UserEvent::TotpCheckFailed(_)
        | UserEvent::EmailVerificationFailed(_)
        | UserEvent::PhoneVerificationFailed(_)
        | UserEvent::PasswordCodeAdded(_)
        | UserEvent::PasswordCodeFailed(_)
        | UserEvent::InviteCodeAdded(_)
        | UserEvent::InviteCheckSucceeded(_)
        | UserEvent::InviteCheckFailed(_)
        | UserEvent::MfaInitSkipped(_)
        | UserEvent::RecoveryCodesAdded(_)
        | UserEvent::RecoveryCodesRemoved(_)
        | UserEvent::RecoveryCodeCheckSucceeded(_)
        | UserEvent::RecoveryCodeCheckFailed(_)
        | UserEvent::OtpSmsAdded(_)
        | UserEvent::OtpSmsRemoved(_)
        | UserEvent::OtpSmsCheckSucceeded(_)
        | UserEvent::OtpSmsCheckFailed(_)
        | UserEvent::OtpEmailAdded(_)
        | UserEvent::OtpEmailRemoved(_)
        | UserEvent::OtpEmailCheckSucceeded(_)
        | UserEvent::OtpEmailCheckFailed(_)
        | UserEvent::IdpLinkAdded(_)
        | UserEvent::IdpLinkRemoved(_)
        | UserEvent::PasskeyAdded(_)
        | UserEvent::PasskeyVerified(_)
        | UserEvent::PasskeyRemoved(_)
        | UserEvent::PasskeyCheckSucceeded(_)
        | UserEvent::PasskeyCodeAdded(_)
        | UserEvent::PasskeyCodeRequested(_)
        | UserEvent::PasskeyCodeCheckSucceeded(_)
        | UserEvent::PasskeyCodeCheckFailed(_)
        | UserEvent::U2fAdded(_)
        | UserEvent::U2fVerified(_)
        | UserEvent::U2fRemoved(_)
        | UserEvent::U2fCheckSucceeded(_) => {}
    }
}

/// What an event makes of the authenticator app and of the failed one-time codes.
fn evolve_totp(human: &mut Human, at: Timestamp, event: &UserEvent) {
    if let UserEvent::TotpAdded(added) = event {
        human.totp = Some(registered(added));
    } else if let (UserEvent::TotpVerified(_), Some(totp)) = (event, &mut human.totp) {
        totp.ready = true;
    } else if matches!(event, UserEvent::TotpRemoved(_)) {
        human.totp = None;
    } else if let UserEvent::TotpCheckSucceeded(checked) = event {
        human.otp_failures = Failures::default();
        if let Some(totp) = &mut human.totp {
            totp.last_step = Some(checked.step);
        }
    } else if matches!(event, UserEvent::TotpCheckFailed(_)) {
        human.otp_failures = human.otp_failures.with_one(at);
    } else if matches!(event, UserEvent::Unlocked(_)) {
        human.otp_failures = Failures::default();
    }
}

fn registered(added: &TotpAdded) -> Totp {
    let secret = added.secret.clone().map_or_else(
        || StoredSecret::Fingerprint(added.secret_id.clone()),
        StoredSecret::Sealed,
    );
    Totp {
        secret,
        ready: false,
        last_step: None,
    }
}

/// The user that a history makes; `None` where it does not begin with an added user.
pub fn fold(history: &[RecordedEvent]) -> Option<User> {
    let mut user = None;
    for recorded in history {
        let Event::User(event) = &recorded.event else {
            return None;
        };
        user = match user {
            None => {
                let id = UserId::new(recorded.aggregate.key());
                Some(first(
                    id,
                    OrgId::new(recorded.owner),
                    recorded.created_at,
                    event,
                )?)
            }
            Some(user) => Some(evolve(user, recorded.created_at, event)),
        };
    }
    user
}
