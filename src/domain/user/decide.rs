//! What a user answers to a command: events or a refusal.

use super::contact_change::{email_proof, phone_proof};
use super::{ContactProof, User, UserError, UserKind, UserState};
use crate::domain::event::{
    HashUpdated, HumanAdded, MachineAdded, Nothing, PasswordChanged, UserEvent, UserMetadataSet,
};
use crate::domain::permission::Authority;
use crate::domain::policy::{AttemptLimit, Policies};
use crate::domain::secret::HashText;
use crate::domain::time::Timestamp;

/// A password that was tested and hashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPassword {
    /// The hash for the row.
    pub hash: HashText,
    /// Its fingerprint, for the event.
    pub fingerprint: String,
    /// It must be changed at the next login.
    pub change_required: bool,
}

/// A person to add; names are trimmed, address and number are in their normal form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewHuman {
    /// The id that the client chose, where it is not a decimal number.
    pub given_id: Option<String>,
    /// Unique name.
    pub username: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Nick name.
    pub nick_name: Option<String>,
    /// The name to show, if it is not made of the others.
    pub display_name: Option<String>,
    /// BCP 47 tag.
    pub preferred_language: Option<String>,
    /// 0 to 3.
    pub gender: u8,
    /// E-mail address.
    pub email: String,
    /// How the address is proven.
    pub email_proof: ContactProof,
    /// Phone number.
    pub phone: Option<String>,
    /// How the number is proven.
    pub phone_proof: ContactProof,
    /// The password.
    pub password: Option<NewPassword>,
    /// Key and value (base64) pairs.
    pub metadata: Vec<(String, String)>,
}

/// A service user to add.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewMachine {
    /// The id that the client chose, where it is not a decimal number.
    pub given_id: Option<String>,
    /// Unique name.
    pub username: String,
    /// The name to show.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
}

/// The events that add a person.
///
/// # Errors
/// Empty names, empty metadata.
pub fn add_human(_authority: &Authority, new: NewHuman) -> Result<Vec<UserEvent>, UserError> {
    for (text, error) in [
        (&new.username, UserError::UsernameEmpty),
        (&new.given_name, UserError::GivenNameEmpty),
        (&new.family_name, UserError::FamilyNameEmpty),
        (&new.email, UserError::EmailEmpty),
    ] {
        if text.trim().is_empty() {
            return Err(error);
        }
    }
    let display_name = new
        .display_name
        .filter(|name| !name.trim().is_empty())
        .unwrap_or_else(|| format!("{} {}", new.given_name.trim(), new.family_name.trim()));
    let (hash, hash_id, change_required) = new.password.map_or((None, None, false), |password| {
        (
            Some(password.hash),
            Some(password.fingerprint),
            password.change_required,
        )
    });
    let mut events = vec![UserEvent::HumanAdded(HumanAdded {
        given_id: new.given_id,
        user_name: new.username.trim().to_owned(),
        first_name: new.given_name.trim().to_owned(),
        last_name: new.family_name.trim().to_owned(),
        nick_name: new.nick_name.filter(|name| !name.trim().is_empty()),
        display_name,
        preferred_language: new.preferred_language.filter(|tag| !tag.is_empty()),
        gender: new.gender,
        email: new.email,
        phone: new.phone.clone(),
        hash_id,
        change_required,
        hash,
    })];
    events.extend(email_proof(&new.email_proof));
    if new.phone.is_some() {
        events.extend(phone_proof(&new.phone_proof));
    }
    for (key, value) in new.metadata {
        if key.trim().is_empty() {
            return Err(UserError::MetadataKeyEmpty);
        }
        if value.is_empty() {
            return Err(UserError::MetadataValueEmpty);
        }
        events.push(UserEvent::MetadataSet(UserMetadataSet { key, value }));
    }
    Ok(events)
}

/// The events that add a service user.
///
/// # Errors
/// [`UserError::UsernameEmpty`].
pub fn add_machine(_authority: &Authority, new: NewMachine) -> Result<Vec<UserEvent>, UserError> {
    if new.username.trim().is_empty() {
        return Err(UserError::UsernameEmpty);
    }
    let name = if new.name.trim().is_empty() {
        new.username.trim()
    } else {
        new.name.trim()
    };
    Ok(vec![UserEvent::MachineAdded(MachineAdded {
        given_id: new.given_id,
        user_name: new.username.trim().to_owned(),
        name: name.to_owned(),
        description: new.description,
    })])
}

/// The hash to compare a password with, if a comparison may be made at all.
///
/// # Errors
/// The user is gone, a machine, locked, has no password, or has failed too often in a row.
pub fn password_ready(
    user: &User,
    now: Timestamp,
    limit: &AttemptLimit,
) -> Result<HashText, UserError> {
    let human = user
        .human()
        .filter(|_| user.exists())
        .ok_or(UserError::PasswordUserNotFound)?;
    if user.state == UserState::Locked {
        return Err(UserError::Locked);
    }
    let password = human.password.as_ref().ok_or(UserError::PasswordNotSet)?;
    if !limit.allows(human.failures.count, human.failures.last_at, now) {
        return Err(UserError::TooManyAttempts);
    }
    password
        .proof
        .hash()
        .cloned()
        .ok_or(UserError::PasswordNotSet)
}

/// What follows from a comparison that was made.
#[derive(Debug, Clone, PartialEq)]
pub enum PasswordJudgement {
    /// The password was right.
    Proven(Vec<UserEvent>),
    /// It was wrong, for the `attempts`-th time in a row.
    Refused {
        /// What to write before the answer is given.
        events: Vec<UserEvent>,
        /// Failures in a row, this one included.
        attempts: u32,
    },
}

/// Judges a password that was compared with the user's current hash.
///
/// `renewed` is the hash that replaces a stale one, with its fingerprint.
///
/// # Errors
/// [`UserError::LockedMeanwhile`] and [`UserError::TooManyAttempts`] if others came first while the
/// password was being compared, so that parallel attempts cannot be judged beyond the limits
/// (CVE-2023-47111).
pub fn judge_password(
    user: &User,
    right: bool,
    renewed: Option<(HashText, String)>,
    policies: &Policies,
    now: Timestamp,
) -> Result<PasswordJudgement, UserError> {
    let lockout = policies.lockout;
    let human = user
        .human()
        .filter(|_| user.exists())
        .ok_or(UserError::PasswordUserNotFound)?;
    if user.state == UserState::Locked {
        return Err(UserError::LockedMeanwhile);
    }
    if !policies
        .attempts
        .allows(human.failures.count, human.failures.last_at, now)
    {
        return Err(UserError::TooManyAttempts);
    }
    if right {
        let mut events = vec![UserEvent::PasswordCheckSucceeded(Nothing {})];
        events.extend(renewed.map(|(hash, hash_id)| {
            UserEvent::PasswordHashUpdated(HashUpdated {
                hash_id,
                hash: Some(hash),
            })
        }));
        return Ok(PasswordJudgement::Proven(events));
    }
    let attempts = human.failures.count.saturating_add(1);
    let mut events = vec![UserEvent::PasswordCheckFailed(Nothing {})];
    if lockout.max_password_attempts > 0 && attempts >= lockout.max_password_attempts {
        events.push(UserEvent::Locked(Nothing {}));
    }
    Ok(PasswordJudgement::Refused { events, attempts })
}

/// The event that sets a new password.
///
/// # Errors
/// [`UserError::SetPasswordNotFound`] for nobody and for machines.
pub fn change_password(
    _authority: &Authority,
    user: &User,
    new: NewPassword,
) -> Result<UserEvent, UserError> {
    match &user.kind {
        UserKind::Human(_) if user.exists() => Ok(UserEvent::PasswordChanged(PasswordChanged {
            hash_id: new.fingerprint,
            change_required: new.change_required,
            hash: Some(new.hash),
        })),
        UserKind::Human(_) | UserKind::Machine(_) => Err(UserError::SetPasswordNotFound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{OrgId, UserId};
    use crate::domain::policy::Lockout;
    use crate::domain::time::Span;
    use crate::domain::user::{NewCode, evolve, first};

    const NOW: Timestamp = Timestamp::from_micros(1_783_661_559_007_096);
    type Spoil = fn(&mut NewHuman);

    fn new_human() -> NewHuman {
        NewHuman {
            username: "mini".to_owned(),
            given_name: " Mini ".to_owned(),
            family_name: "Mouse".to_owned(),
            email: "mini@mouse.com".to_owned(),
            ..NewHuman::default()
        }
    }

    fn with_password() -> NewHuman {
        let password = NewPassword {
            hash: HashText::new("$x$"),
            fingerprint: "f".to_owned(),
            change_required: false,
        };
        NewHuman {
            password: Some(password),
            ..new_human()
        }
    }

    fn given(events: &[UserEvent]) -> User {
        let (head, tail) = events.split_first().unwrap();
        let user = first(UserId::new(7), OrgId::new(3), NOW, head).unwrap();
        tail.iter()
            .fold(user, |user, event| evolve(user, NOW, event))
    }

    fn human(new: NewHuman) -> User {
        given(&add_human(&Authority::system(), new).unwrap())
    }

    fn machine() -> User {
        let new = NewMachine {
            username: "robot".to_owned(),
            ..NewMachine::default()
        };
        given(&add_machine(&Authority::system(), new).unwrap())
    }

    #[test]
    fn a_person_is_active_at_once_and_has_a_display_name() {
        let user = human(new_human());
        assert_eq!(user.state, UserState::Active);
        assert_eq!(user.display_name(), "Mini Mouse");
        assert!(!user.human().unwrap().email.verified);
    }

    #[test]
    fn a_verified_address_needs_no_code() {
        let code = NewCode {
            digest: "d".to_owned(),
            expiry: Span::from_seconds(1),
            returned: true,
        };
        let user = human(NewHuman {
            email_proof: ContactProof::Given,
            ..new_human()
        });
        assert!(user.human().unwrap().email.verified && user.human().unwrap().email.code.is_none());
        let user = human(NewHuman {
            email_proof: ContactProof::Code(code),
            ..new_human()
        });
        assert_eq!(
            user.human()
                .unwrap()
                .email
                .code
                .as_ref()
                .unwrap()
                .expires_at,
            NOW.plus(Span::from_seconds(1))
        );
    }

    #[test]
    fn empty_fields_are_refused_with_their_ids() {
        let table: [(Spoil, &str); 5] = [
            (|new| new.username = " ".to_owned(), "V2-zzad3"),
            (|new| new.given_name = String::new(), "USER-UCej2"),
            (|new| new.family_name = "\t".to_owned(), "USER-4hB7d"),
            (
                |new| new.metadata = vec![(String::new(), "eA==".to_owned())],
                "USER-Drght",
            ),
            (
                |new| new.metadata = vec![("k".to_owned(), String::new())],
                "USER-Dbgth",
            ),
        ];
        for (spoil, id) in table {
            let mut new = new_human();
            spoil(&mut new);
            let refused = add_human(&Authority::system(), new).unwrap_err();
            assert_eq!(crate::domain::error::Refusal::id(&refused), id);
        }
    }

    #[test]
    fn wrong_passwords_lock_at_the_limit_and_a_right_one_resets() {
        let policies = Policies {
            lockout: Lockout {
                max_password_attempts: 3,
                ..Lockout::default()
            },
            ..Policies::default()
        };
        let mut user = human(with_password());
        for attempt in 1..=3 {
            let PasswordJudgement::Refused { events, attempts } =
                judge_password(&user, false, None, &policies, NOW).unwrap()
            else {
                panic!("a wrong password was proven");
            };
            assert_eq!(attempts, attempt);
            user = events
                .iter()
                .fold(user, |user, event| evolve(user, NOW, event));
            let expected = if attempt == 3 {
                UserState::Locked
            } else {
                UserState::Active
            };
            assert_eq!(user.state, expected);
        }
        assert_eq!(
            judge_password(&user, true, None, &policies, NOW),
            Err(UserError::LockedMeanwhile)
        );
        assert_eq!(
            password_ready(&user, NOW, &AttemptLimit::default()),
            Err(UserError::Locked)
        );
        let user = evolve(user, NOW, &UserEvent::Unlocked(Nothing {}));
        assert_eq!(user.human().unwrap().failures.count, 0);
        assert!(password_ready(&user, NOW, &AttemptLimit::default()).is_ok());
    }

    #[test]
    fn who_cannot_have_a_password_is_told_so() {
        let limit = AttemptLimit::default();
        assert_eq!(
            password_ready(&machine(), NOW, &limit),
            Err(UserError::PasswordUserNotFound)
        );
        assert_eq!(
            password_ready(&human(new_human()), NOW, &limit),
            Err(UserError::PasswordNotSet)
        );
        let gone = User {
            state: UserState::Removed,
            ..human(with_password())
        };
        assert_eq!(
            password_ready(&gone, NOW, &limit),
            Err(UserError::PasswordUserNotFound)
        );
    }

    #[test]
    fn a_series_of_failures_pauses_judgement() {
        let limit = AttemptLimit {
            max_in_a_row: 2,
            pause: std::time::Duration::from_secs(1),
        };
        let mut user = human(with_password());
        for _ in 0..2 {
            user = evolve(user, NOW, &UserEvent::PasswordCheckFailed(Nothing {}));
        }
        assert_eq!(
            password_ready(&user, NOW, &limit),
            Err(UserError::TooManyAttempts)
        );
        assert!(password_ready(&user, NOW.plus(Span::from_seconds(1)), &limit).is_ok());
    }

    #[test]
    fn parallel_attempts_are_not_judged_beyond_the_limit() {
        let limit = AttemptLimit {
            max_in_a_row: 2,
            pause: std::time::Duration::from_secs(1),
        };
        let policies = Policies {
            attempts: limit,
            ..Policies::default()
        };
        let mut user = human(with_password());
        for _ in 0..2 {
            user = evolve(user, NOW, &UserEvent::PasswordCheckFailed(Nothing {}));
        }
        for right in [true, false] {
            let judged = judge_password(&user, right, None, &policies, NOW);
            assert_eq!(judged, Err(UserError::TooManyAttempts));
        }
    }
}
