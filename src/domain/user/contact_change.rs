//! What a person answers to another e-mail address or phone number, and to new codes for them.

use std::iter;

use super::{Contact, Human, NewCode, User, UserError};
use crate::domain::event::{CodeAdded, EmailChanged, Nothing, PhoneChanged, UserEvent};
use crate::domain::permission::Authority;

/// An address or number, new or not, and how it is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactChange {
    /// The address or number.
    pub address: String,
    /// How it is proven.
    pub proof: ContactProof,
}

/// What becomes of the phone number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneChange {
    /// It goes.
    Remove,
    /// It is this one.
    Set(ContactChange),
}

/// How an address or number is proven.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ContactProof {
    /// Not now.
    #[default]
    None,
    /// By the word of whoever may give it.
    Given,
    /// By a code, wherever it goes.
    Code(NewCode),
}

/// The events that set an e-mail address on its own.
///
/// # Errors
/// [`UserError::EmailNotFound`] for nobody and for machines; [`UserError::EmailSame`].
pub fn set_email(
    _authority: &Authority,
    user: &User,
    change: &ContactChange,
) -> Result<Vec<UserEvent>, UserError> {
    let human = person(user).ok_or(UserError::EmailNotFound)?;
    if human.email.address == change.address {
        return Err(UserError::EmailSame);
    }
    Ok(email_events(human, change))
}

/// The events that set a phone number on its own.
///
/// # Errors
/// [`UserError::PhoneNotFound`] for nobody and for machines; [`UserError::PhoneSame`].
pub fn set_phone(
    _authority: &Authority,
    user: &User,
    change: &ContactChange,
) -> Result<Vec<UserEvent>, UserError> {
    let human = person(user).ok_or(UserError::PhoneNotFound)?;
    let current = human.phone.as_ref();
    if current.is_some_and(|phone| phone.address == change.address) {
        return Err(UserError::PhoneSame);
    }
    Ok(PHONE.change(current, change))
}

/// The event that takes the phone number away; none where there is no number.
///
/// # Errors
/// [`UserError::PhoneNotFound`] for nobody and for machines.
pub fn remove_phone(_authority: &Authority, user: &User) -> Result<Vec<UserEvent>, UserError> {
    let human = person(user).ok_or(UserError::PhoneNotFound)?;
    Ok(phone_events(human, &PhoneChange::Remove))
}

/// The events of another proof for the e-mail address. `again`: only in place of a code that waits.
///
/// # Errors
/// [`UserError::EmailNotFound`] for nobody and for machines; [`UserError::EmailCodeNone`].
pub fn renew_email_proof(
    _authority: &Authority,
    user: &User,
    proof: &ContactProof,
    again: bool,
) -> Result<Vec<UserEvent>, UserError> {
    let human = person(user).ok_or(UserError::EmailNotFound)?;
    if again && human.email.code.is_none() {
        return Err(UserError::EmailCodeNone);
    }
    Ok(EMAIL.prove(proof).into_iter().collect())
}

/// The events of another proof for the phone number, in place of a code that waits.
///
/// # Errors
/// [`UserError::PhoneNotFound`] for nobody and for machines; [`UserError::PhoneCodeNone`].
pub fn renew_phone_proof(
    _authority: &Authority,
    user: &User,
    proof: &ContactProof,
) -> Result<Vec<UserEvent>, UserError> {
    let human = person(user).ok_or(UserError::PhoneNotFound)?;
    let waits = human
        .phone
        .as_ref()
        .is_some_and(|phone| phone.code.is_some());
    if !waits {
        return Err(UserError::PhoneCodeNone);
    }
    Ok(PHONE.prove(proof).into_iter().collect())
}

fn person(user: &User) -> Option<&Human> {
    user.human().filter(|_| user.exists())
}

/// How the address of a new person is proven.
pub(super) fn email_proof(proof: &ContactProof) -> Option<UserEvent> {
    EMAIL.prove(proof)
}

/// How the number of a new person is proven.
pub(super) fn phone_proof(proof: &ContactProof) -> Option<UserEvent> {
    PHONE.prove(proof)
}

/// What a wish for an e-mail address comes to beside other changes: the same one is none.
pub(super) fn email_events(human: &Human, change: &ContactChange) -> Vec<UserEvent> {
    EMAIL.change(Some(&human.email), change)
}

/// What a wish for a phone number comes to beside other changes: the same one is none.
pub(super) fn phone_events(human: &Human, change: &PhoneChange) -> Vec<UserEvent> {
    match (change, &human.phone) {
        (PhoneChange::Remove, None) => Vec::new(),
        (PhoneChange::Remove, Some(_)) => vec![UserEvent::PhoneRemoved(Nothing {})],
        (PhoneChange::Set(change), current) => PHONE.change(current.as_ref(), change),
    }
}

/// What addresses and numbers differ in.
struct ContactKind {
    changed: fn(String) -> UserEvent,
    proven: UserEvent,
    code_added: fn(CodeAdded) -> UserEvent,
}

const EMAIL: ContactKind = ContactKind {
    changed: |email| UserEvent::EmailChanged(EmailChanged { email }),
    proven: UserEvent::EmailVerified(Nothing {}),
    code_added: UserEvent::EmailCodeAdded,
};

const PHONE: ContactKind = ContactKind {
    changed: |phone| UserEvent::PhoneChanged(PhoneChanged { phone }),
    proven: UserEvent::PhoneVerified(Nothing {}),
    code_added: UserEvent::PhoneCodeAdded,
};

impl ContactKind {
    /// As in ZITADEL a code is made for a new address only; the word of whoever may give it proves an
    /// old one as well.
    fn change(&self, current: Option<&Contact>, change: &ContactChange) -> Vec<UserEvent> {
        let same = current.filter(|contact| contact.address == change.address);
        let Some(same) = same else {
            let changed = (self.changed)(change.address.clone());
            return iter::once(changed)
                .chain(self.prove(&change.proof))
                .collect();
        };
        if change.proof == ContactProof::Given && !same.verified {
            return vec![self.proven.clone()];
        }
        Vec::new()
    }

    fn prove(&self, proof: &ContactProof) -> Option<UserEvent> {
        match proof {
            ContactProof::None => None,
            ContactProof::Given => Some(self.proven.clone()),
            ContactProof::Code(code) => Some((self.code_added)(code.clone().added())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::Refusal as _;
    use crate::domain::event::{Event, HumanAdded, MachineAdded};
    use crate::domain::ids::{OrgId, UserId};
    use crate::domain::time::{Span, Timestamp};
    use crate::domain::user::{evolve, first};

    const NOW: Timestamp = Timestamp::from_micros(1_783_661_559_007_096);

    fn added(event: &UserEvent) -> User {
        first(UserId::new(7), OrgId::new(3), NOW, event).unwrap()
    }

    fn person() -> User {
        added(&UserEvent::HumanAdded(HumanAdded {
            email: "mini@mouse.com".to_owned(),
            phone: Some("+41791234567".to_owned()),
            ..HumanAdded::default()
        }))
    }

    fn nobodies() -> [User; 2] {
        let machine = added(&UserEvent::MachineAdded(MachineAdded::default()));
        let gone = evolve(person(), NOW, &UserEvent::Removed(Nothing {}));
        [machine, gone]
    }

    fn code() -> NewCode {
        NewCode {
            digest: "d".to_owned(),
            expiry: Span::from_seconds(1),
            returned: true,
        }
    }

    fn to(address: &str, proof: ContactProof) -> ContactChange {
        ContactChange {
            address: address.to_owned(),
            proof,
        }
    }

    #[track_caller]
    fn names(events: Result<Vec<UserEvent>, UserError>) -> Vec<&'static str> {
        let events = events.unwrap().into_iter();
        events.map(|event| Event::User(event).name()).collect()
    }

    #[test]
    fn an_address_is_set_with_what_proves_it() {
        let system = Authority::system();
        for (proof, second) in [
            (ContactProof::None, None),
            (ContactProof::Given, Some("verified")),
            (ContactProof::Code(code()), Some("code.added")),
        ] {
            let expected = |kind: &str| {
                let second = second.map(|second| format!("user.human.{kind}.{second}"));
                let first = format!("user.human.{kind}.changed");
                [Some(first), second]
                    .into_iter()
                    .flatten()
                    .collect::<Vec<_>>()
            };
            let email = set_email(&system, &person(), &to("max@mouse.com", proof.clone()));
            assert_eq!(names(email), expected("email"));
            let phone = set_phone(&system, &person(), &to("+41791234568", proof));
            assert_eq!(names(phone), expected("phone"));
        }
        let gone = remove_phone(&system, &person());
        assert_eq!(names(gone.clone()), ["user.human.phone.removed"]);
        let without = evolve(person(), NOW, &gone.unwrap()[0]);
        assert_eq!(names(remove_phone(&system, &without)), [""; 0]);
        let first = set_phone(&system, &without, &to("+41791234567", ContactProof::None));
        assert_eq!(names(first), ["user.human.phone.changed"]);
    }

    #[test]
    fn the_same_again_is_refused_whatever_proves_it() {
        let system = Authority::system();
        for proof in [
            ContactProof::None,
            ContactProof::Given,
            ContactProof::Code(code()),
        ] {
            let email = to("mini@mouse.com", proof.clone());
            let phone = to("+41791234567", proof);
            assert_eq!(
                set_email(&system, &person(), &email),
                Err(UserError::EmailSame)
            );
            assert_eq!(
                set_phone(&system, &person(), &phone),
                Err(UserError::PhoneSame)
            );
        }
    }

    #[test]
    fn a_code_is_sent_again_only_where_one_waits() {
        let system = Authority::system();
        let proof = ContactProof::Code(code());
        let email = |user: &User, again| renew_email_proof(&system, user, &proof, again);
        assert!(email(&person(), false).is_ok());
        assert_eq!(email(&person(), true), Err(UserError::EmailCodeNone));
        let waiting = evolve(person(), NOW, &email(&person(), false).unwrap()[0]);
        assert!(email(&waiting, true).is_ok());
        let phone = |user: &User| renew_phone_proof(&system, user, &proof);
        assert_eq!(phone(&person()), Err(UserError::PhoneCodeNone));
        let waiting = evolve(person(), NOW, &UserEvent::PhoneCodeAdded(code().added()));
        assert!(phone(&waiting).is_ok());
        let none = evolve(waiting, NOW, &UserEvent::PhoneRemoved(Nothing {}));
        assert_eq!(phone(&none), Err(UserError::PhoneCodeNone));
    }

    #[test]
    fn nobody_has_an_address() {
        let system = Authority::system();
        for user in nobodies() {
            let change = to("max@mouse.com", ContactProof::None);
            for refused in [
                set_email(&system, &user, &change).unwrap_err(),
                set_phone(&system, &user, &change).unwrap_err(),
                remove_phone(&system, &user).unwrap_err(),
                renew_email_proof(&system, &user, &ContactProof::None, false).unwrap_err(),
                renew_phone_proof(&system, &user, &ContactProof::None).unwrap_err(),
            ] {
                assert_eq!(refused.id(), "COMMAND-ieJ2e");
            }
        }
    }
}
