//! What a user answers to a change of its own fields: the events, none where nothing changes, or a
//! refusal.

use super::contact_change::{email_events, phone_events};
use super::decide::change_password;
use super::{ContactChange, Human, Machine, NewPassword, PhoneChange, User, UserError, UserKind};
use crate::domain::event::{MachineChanged, ProfileChanged, UserEvent, UsernameChanged};
use crate::domain::permission::Authority;

/// What is to change; what is absent stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserChanges {
    /// Unique name.
    pub username: Option<String>,
    /// What only one kind of user has.
    pub of_kind: KindChanges,
}

/// What is to change of what only one kind of user has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum KindChanges {
    /// Nothing, whatever kind the user is of.
    #[default]
    Neither,
    /// Of a person. Boxed, because it is several times the size of the others.
    Human(Box<HumanChanges>),
    /// Of a service user.
    Machine(MachineChanges),
}

/// What is to change of a person; address and number are in their normal form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HumanChanges {
    /// Names, language, gender.
    pub profile: ProfileChanges,
    /// E-mail address.
    pub email: Option<ContactChange>,
    /// Phone number.
    pub phone: Option<PhoneChange>,
    /// The password.
    pub password: Option<NewPassword>,
}

/// What is to change of a profile. An empty text takes away what need not be there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChanges {
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// Nick name.
    pub nick_name: Option<String>,
    /// The name to show; an empty one is made of the other names anew.
    pub display_name: Option<String>,
    /// BCP 47 tag.
    pub preferred_language: Option<String>,
    /// 0 to 3.
    pub gender: Option<u8>,
}

/// What is to change of a service user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MachineChanges {
    /// The name to show; an empty one is the username.
    pub name: Option<String>,
    /// What it is for; an empty one takes the old one away.
    pub description: Option<String>,
}

/// The events that an update comes to.
///
/// # Errors
/// [`UserError::UpdateNotFound`] for nobody and for the other kind of user, empty names.
pub fn update(
    authority: &Authority,
    user: &User,
    changes: &UserChanges,
) -> Result<Vec<UserEvent>, UserError> {
    if !user.exists() {
        return Err(UserError::UpdateNotFound);
    }
    let mut events = Vec::new();
    let username = match changes.username.as_deref().map(str::trim) {
        Some("") => return Err(UserError::UsernameEmpty),
        Some(username) => username,
        None => &user.username,
    };
    if username != user.username {
        events.push(UserEvent::UsernameChanged(UsernameChanged {
            user_name: username.to_owned(),
        }));
    }
    match (&changes.of_kind, &user.kind) {
        (KindChanges::Neither, _) => {}
        (KindChanges::Human(changes), UserKind::Human(human)) => {
            events.extend(profile(human, &changes.profile)?.map(UserEvent::ProfileChanged));
            if let Some(change) = &changes.email {
                events.extend(email_events(human, change));
            }
            if let Some(change) = &changes.phone {
                events.extend(phone_events(human, change));
            }
            if let Some(password) = &changes.password {
                events.push(change_password(authority, user, password.clone())?);
            }
        }
        (KindChanges::Machine(changes), UserKind::Machine(current)) => {
            events.extend(machine(current, username, changes).map(UserEvent::MachineChanged));
        }
        (KindChanges::Human(_), UserKind::Machine(_))
        | (KindChanges::Machine(_), UserKind::Human(_)) => return Err(UserError::UpdateNotFound),
    }
    Ok(events)
}

/// The trimmed text where it is another than before.
fn changed(new: Option<&str>, current: Option<&str>) -> Option<String> {
    let new = new.map(str::trim)?;
    (new != current.unwrap_or_default()).then(|| new.to_owned())
}

/// The trimmed text, or what stands in for an empty one.
fn or_else(text: Option<&str>, fallback: impl FnOnce() -> String) -> Option<String> {
    let text = text.map(str::trim)?;
    Some(if text.is_empty() {
        fallback()
    } else {
        text.to_owned()
    })
}

fn profile(human: &Human, new: &ProfileChanges) -> Result<Option<ProfileChanged>, UserError> {
    let blank = |name: &Option<String>| name.as_ref().is_some_and(|name| name.trim().is_empty());
    if blank(&new.given_name) {
        return Err(UserError::GivenNameEmpty);
    }
    if blank(&new.family_name) {
        return Err(UserError::FamilyNameEmpty);
    }
    let first_name = changed(new.given_name.as_deref(), Some(&human.given_name));
    let last_name = changed(new.family_name.as_deref(), Some(&human.family_name));
    let display_name = or_else(new.display_name.as_deref(), || {
        let given = first_name.as_ref().unwrap_or(&human.given_name);
        let family = last_name.as_ref().unwrap_or(&human.family_name);
        format!("{given} {family}")
    });
    let changed = ProfileChanged {
        nick_name: changed(new.nick_name.as_deref(), human.nick_name.as_deref()),
        display_name: changed(display_name.as_deref(), Some(&human.display_name)),
        preferred_language: changed(
            new.preferred_language.as_deref(),
            human.preferred_language.as_deref(),
        ),
        gender: new.gender.filter(|gender| *gender != human.gender),
        first_name,
        last_name,
    };
    Ok((changed != ProfileChanged::default()).then_some(changed))
}

fn machine(machine: &Machine, username: &str, new: &MachineChanges) -> Option<MachineChanged> {
    let name = or_else(new.name.as_deref(), || username.to_owned());
    let changed = MachineChanged {
        name: changed(name.as_deref(), Some(&machine.name)),
        description: changed(new.description.as_deref(), machine.description.as_deref()),
    };
    (changed != MachineChanged::default()).then_some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::Refusal as _;
    use crate::domain::ids::{OrgId, UserId};
    use crate::domain::secret::HashText;
    use crate::domain::time::{Span, Timestamp};
    use crate::domain::user::{
        ContactProof, NewCode, NewHuman, NewMachine, UserState, add_human, add_machine, evolve,
        first,
    };

    const NOW: Timestamp = Timestamp::from_micros(1_783_661_559_007_096);

    fn given(events: &[UserEvent]) -> User {
        let (head, tail) = events.split_first().unwrap();
        let user = first(UserId::new(7), OrgId::new(3), NOW, head).unwrap();
        after(user, tail)
    }

    fn after(user: User, events: &[UserEvent]) -> User {
        events
            .iter()
            .fold(user, |user, event| evolve(user, NOW, event))
    }

    fn person() -> User {
        let new = NewHuman {
            username: "mini".to_owned(),
            given_name: "Mini".to_owned(),
            family_name: "Mouse".to_owned(),
            nick_name: Some("MM".to_owned()),
            preferred_language: Some("de".to_owned()),
            gender: 1,
            email: "mini@mouse.com".to_owned(),
            email_proof: ContactProof::Given,
            phone: Some("+41791234567".to_owned()),
            phone_proof: ContactProof::Given,
            ..NewHuman::default()
        };
        given(&add_human(&Authority::system(), new).unwrap())
    }

    fn robot() -> User {
        let new = NewMachine {
            username: "robot".to_owned(),
            name: "Robot".to_owned(),
            description: Some("Cleans".to_owned()),
            ..NewMachine::default()
        };
        given(&add_machine(&Authority::system(), new).unwrap())
    }

    fn of_human(changes: HumanChanges) -> UserChanges {
        UserChanges {
            of_kind: KindChanges::Human(Box::new(changes)),
            ..UserChanges::default()
        }
    }

    fn of_profile(profile: ProfileChanges) -> UserChanges {
        of_human(HumanChanges {
            profile,
            ..HumanChanges::default()
        })
    }

    fn of_machine(name: Option<&str>, description: Option<&str>) -> UserChanges {
        UserChanges {
            of_kind: KindChanges::Machine(MachineChanges {
                name: name.map(str::to_owned),
                description: description.map(str::to_owned),
            }),
            ..UserChanges::default()
        }
    }

    fn named(username: &str) -> UserChanges {
        UserChanges {
            username: Some(username.to_owned()),
            ..UserChanges::default()
        }
    }

    fn contact(address: &str, proof: ContactProof) -> ContactChange {
        ContactChange {
            address: address.to_owned(),
            proof,
        }
    }

    fn code() -> NewCode {
        NewCode {
            digest: "d".to_owned(),
            expiry: Span::from_seconds(1),
            returned: true,
        }
    }

    fn all_the_same() -> HumanChanges {
        HumanChanges {
            profile: ProfileChanges {
                given_name: Some(" Mini ".to_owned()),
                family_name: Some("Mouse".to_owned()),
                nick_name: Some("MM".to_owned()),
                display_name: Some("Mini Mouse".to_owned()),
                preferred_language: Some("de".to_owned()),
                gender: Some(1),
            },
            email: Some(contact("mini@mouse.com", ContactProof::Given)),
            phone: Some(PhoneChange::Set(contact(
                "+41791234567",
                ContactProof::Code(code()),
            ))),
            password: None,
        }
    }

    #[track_caller]
    fn names(user: &User, changes: &UserChanges) -> Vec<&'static str> {
        let events = update(&Authority::system(), user, changes).unwrap();
        events
            .into_iter()
            .map(|event| crate::domain::event::Event::User(event).name())
            .collect()
    }

    #[track_caller]
    fn updated(user: User, changes: &UserChanges) -> User {
        let events = update(&Authority::system(), &user, changes).unwrap();
        let user = after(user, &events);
        let again = update(&Authority::system(), &user, changes).unwrap();
        assert_eq!(again, [], "the same a second time");
        user
    }

    #[track_caller]
    fn refused(user: &User, changes: &UserChanges) -> &'static str {
        update(&Authority::system(), user, changes)
            .unwrap_err()
            .id()
    }

    #[test]
    fn what_stays_the_same_is_no_event() {
        let person = person();
        for changes in [
            UserChanges::default(),
            named(" mini "),
            of_human(HumanChanges::default()),
            of_human(all_the_same()),
        ] {
            assert_eq!(names(&person, &changes), [""; 0], "{changes:?}");
        }
        for changes in [
            named("robot"),
            of_machine(None, None),
            of_machine(Some("Robot"), Some("Cleans ")),
        ] {
            assert_eq!(names(&robot(), &changes), [""; 0], "{changes:?}");
        }
    }

    #[test]
    fn everything_that_changes_is_an_event_in_a_fixed_order() {
        let changes = UserChanges {
            username: Some("max".to_owned()),
            of_kind: KindChanges::Human(Box::new(HumanChanges {
                profile: ProfileChanges {
                    given_name: Some("Max".to_owned()),
                    ..ProfileChanges::default()
                },
                email: Some(contact("max@mouse.com", ContactProof::Code(code()))),
                phone: Some(PhoneChange::Set(contact(
                    "+41791234568",
                    ContactProof::Given,
                ))),
                password: Some(NewPassword {
                    hash: HashText::new("$x$"),
                    fingerprint: "f".to_owned(),
                    change_required: true,
                }),
            })),
        };
        assert_eq!(
            names(&person(), &changes),
            [
                "user.username.changed",
                "user.human.profile.changed",
                "user.human.email.changed",
                "user.human.email.code.added",
                "user.human.phone.changed",
                "user.human.phone.verified",
                "user.human.password.changed",
            ]
        );
    }

    #[test]
    fn a_profile_keeps_what_was_not_named() {
        let user = updated(
            person(),
            &of_profile(ProfileChanges {
                family_name: Some(" Duck ".to_owned()),
                nick_name: Some(String::new()),
                gender: Some(0),
                ..ProfileChanges::default()
            }),
        );
        let human = user.human().unwrap();
        assert_eq!(
            (human.given_name.as_str(), human.family_name.as_str()),
            ("Mini", "Duck")
        );
        assert_eq!((human.nick_name.as_deref(), human.gender), (None, 0));
        assert_eq!(human.preferred_language.as_deref(), Some("de"));
        assert_eq!(human.display_name, "Mini Mouse", "it was not asked for");
        let user = updated(
            user,
            &of_profile(ProfileChanges {
                display_name: Some(" ".to_owned()),
                preferred_language: Some(String::new()),
                ..ProfileChanges::default()
            }),
        );
        let human = user.human().unwrap();
        assert_eq!(human.display_name, "Mini Duck");
        assert_eq!(human.preferred_language, None);
    }

    #[test]
    fn a_new_address_is_unproven_and_has_no_code_of_the_old_one() {
        let with_code = after(person(), &[UserEvent::EmailCodeAdded(code().added())]);
        let changed = updated(
            with_code,
            &of_human(HumanChanges {
                email: Some(contact("max@mouse.com", ContactProof::None)),
                phone: Some(PhoneChange::Set(contact(
                    "+41791234568",
                    ContactProof::None,
                ))),
                ..HumanChanges::default()
            }),
        );
        let human = changed.human().unwrap();
        assert_eq!(human.email.address, "max@mouse.com");
        assert!(!human.email.verified && human.email.code.is_none());
        let phone = human.phone.as_ref().unwrap();
        assert_eq!(
            (phone.address.as_str(), phone.verified),
            ("+41791234568", false)
        );
        // Vouching for it later needs no new address.
        let vouched = of_human(HumanChanges {
            email: Some(contact("max@mouse.com", ContactProof::Given)),
            ..HumanChanges::default()
        });
        assert_eq!(names(&changed, &vouched), ["user.human.email.verified"]);
        assert!(updated(changed, &vouched).human().unwrap().email.verified);
    }

    #[test]
    fn a_phone_number_comes_and_goes() {
        let remove = of_human(HumanChanges {
            phone: Some(PhoneChange::Remove),
            ..HumanChanges::default()
        });
        let without = updated(person(), &remove);
        assert_eq!(without.human().unwrap().phone, None);
        let set = of_human(HumanChanges {
            phone: Some(PhoneChange::Set(contact(
                "+41791234567",
                ContactProof::Code(code()),
            ))),
            ..HumanChanges::default()
        });
        assert_eq!(
            names(&without, &set),
            ["user.human.phone.changed", "user.human.phone.code.added"]
        );
        let phone = updated(without, &set)
            .human()
            .unwrap()
            .phone
            .clone()
            .unwrap();
        assert!(!phone.verified && phone.code.is_some());
    }

    #[test]
    fn a_service_user_always_has_a_name() {
        let user = updated(robot(), &of_machine(Some("R2"), Some("")));
        let UserKind::Machine(machine) = &user.kind else {
            panic!("{user:?}");
        };
        assert_eq!((machine.name.as_str(), &machine.description), ("R2", &None));
        let renamed = UserChanges {
            username: Some("r2d2".to_owned()),
            ..of_machine(Some(""), None)
        };
        let user = updated(user, &renamed);
        assert_eq!(
            (user.username.as_str(), user.display_name()),
            ("r2d2", "r2d2")
        );
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let profile = |profile| of_profile(profile);
        let blank = Some("\t".to_owned());
        let table = [
            (named(" "), "V2-zzad3"),
            (
                profile(ProfileChanges {
                    given_name: blank.clone(),
                    ..ProfileChanges::default()
                }),
                "USER-UCej2",
            ),
            (
                profile(ProfileChanges {
                    family_name: blank,
                    ..ProfileChanges::default()
                }),
                "USER-4hB7d",
            ),
            (of_machine(None, None), "COMMAND-ugjs0upun6"),
        ];
        for (changes, id) in table {
            assert_eq!(refused(&person(), &changes), id, "{changes:?}");
        }
        let person_to_robot = of_human(HumanChanges::default());
        assert_eq!(refused(&robot(), &person_to_robot), "COMMAND-ugjs0upun6");
        let gone = User {
            state: UserState::Removed,
            ..person()
        };
        assert_eq!(refused(&gone, &named("max")), "COMMAND-ugjs0upun6");
    }
}
