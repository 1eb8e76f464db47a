//! Invitations: a code with which somebody who cannot log in yet sets up how, and that proves the
//! e-mail address by the way.

use super::{Human, NewCode, PendingCode, User, UserError};
use crate::domain::event::{InviteCodeAdded, UserEvent};
use crate::domain::permission::Authority;
use crate::domain::time::Timestamp;

/// An invitation that waits for its answer, with what is needed to send it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// The code.
    pub code: PendingCode,
    /// Whether the caller got the code, so that nothing was sent.
    pub returned: bool,
    /// The template of the link, if not the default one.
    pub url_template: Option<String>,
    /// The application that the person is invited to.
    pub application_name: Option<String>,
}

/// An invitation that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInvite {
    /// The code.
    pub code: NewCode,
    /// The template of the link, if not the default one.
    pub url_template: Option<String>,
    /// The application that the person is invited to.
    pub application_name: Option<String>,
}

impl NewInvite {
    fn added(self) -> UserEvent {
        UserEvent::InviteCodeAdded(InviteCodeAdded {
            expiry: self.code.expiry,
            code_returned: self.code.returned,
            digest: self.code.digest,
            url_template: self.url_template,
            application_name: self.application_name,
        })
    }
}

fn person(user: &User) -> Option<&Human> {
    user.human().filter(|_| user.exists())
}

/// Invites a person who has nothing to log in with.
///
/// # Errors
/// [`UserError::InviteNotFound`] for nobody and for machines; [`UserError::InviteInitialized`].
pub fn invite(_authority: &Authority, user: &User, new: NewInvite) -> Result<UserEvent, UserError> {
    let human = person(user).ok_or(UserError::InviteNotFound)?;
    if human.can_log_in() {
        return Err(UserError::InviteInitialized);
    }
    Ok(new.added())
}

/// The invitation that can be sent again.
///
/// # Errors
/// [`UserError::InviteAgainNotFound`] for nobody and for machines;
/// [`UserError::InviteAgainInitialized`]; [`UserError::InviteNotSent`].
pub fn sent_invite(user: &User) -> Result<&Invite, UserError> {
    let human = person(user).ok_or(UserError::InviteAgainNotFound)?;
    if human.can_log_in() {
        return Err(UserError::InviteAgainInitialized);
    }
    let sent = human.invite.as_ref().filter(|invite| !invite.returned);
    sent.ok_or(UserError::InviteNotSent)
}

/// Sends an invitation again: another code, the same link.
///
/// # Errors
/// As [`sent_invite`].
pub fn invite_again(
    _authority: &Authority,
    user: &User,
    code: NewCode,
) -> Result<UserEvent, UserError> {
    let sent = sent_invite(user)?;
    let new = NewInvite {
        code,
        url_template: sent.url_template.clone(),
        application_name: sent.application_name.clone(),
    };
    Ok(new.added())
}

/// What an event makes of the invitation.
pub(super) fn evolve_invite(human: &mut Human, at: Timestamp, event: &UserEvent) {
    if let UserEvent::InviteCodeAdded(added) = event {
        human.invite = Some(Invite {
            code: PendingCode {
                digest: added.digest.clone(),
                expires_at: at.plus(added.expiry),
            },
            returned: added.code_returned,
            url_template: added.url_template.clone(),
            application_name: added.application_name.clone(),
        });
    } else if let UserEvent::InviteCheckSucceeded(_) = event {
        human.invite = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::Refusal as _;
    use crate::domain::event::{HumanAdded, MachineAdded, Nothing};
    use crate::domain::ids::{OrgId, UserId};
    use crate::domain::time::Span;
    use crate::domain::user::{evolve, first};

    const NOW: Timestamp = Timestamp::from_micros(1_783_661_559_007_096);

    fn added(event: &UserEvent) -> User {
        first(UserId::new(7), OrgId::new(3), NOW, event).unwrap()
    }

    fn person() -> User {
        added(&UserEvent::HumanAdded(HumanAdded::default()))
    }

    fn with_password() -> User {
        added(&UserEvent::HumanAdded(HumanAdded {
            hash_id: Some("f".to_owned()),
            ..HumanAdded::default()
        }))
    }

    fn machine() -> User {
        added(&UserEvent::MachineAdded(MachineAdded::default()))
    }

    fn gone() -> User {
        evolve(person(), NOW, &UserEvent::Removed(Nothing {}))
    }

    fn code(digest: &str, returned: bool) -> NewCode {
        NewCode {
            digest: digest.to_owned(),
            expiry: Span::from_seconds(1),
            returned,
        }
    }

    fn new(returned: bool) -> NewInvite {
        NewInvite {
            code: code("first", returned),
            url_template: Some("https://x/{{.Code}}".to_owned()),
            application_name: Some("App".to_owned()),
        }
    }

    #[test]
    fn only_those_who_cannot_log_in_are_invited() {
        let system = Authority::system();
        let id = |user: &User| invite(&system, user, new(false)).map_err(|error| error.id());
        assert!(id(&person()).is_ok());
        assert_eq!(id(&with_password()), Err("COMMAND-EF34g"));
        for user in [machine(), gone()] {
            assert_eq!(id(&user), Err("COMMAND-Wgvn4"));
        }
    }

    #[test]
    fn an_invitation_is_sent_again_as_it_was_with_another_code() {
        let system = Authority::system();
        let again = |user: &User| invite_again(&system, user, code("second", false));
        let invited = |returned| {
            let event = invite(&system, &person(), new(returned)).unwrap();
            evolve(person(), NOW, &event)
        };
        let user = evolve(invited(false), NOW, &again(&invited(false)).unwrap());
        let invite = user.human().unwrap().invite.as_ref().unwrap();
        assert_eq!(invite.code.digest, "second");
        assert_eq!(invite.url_template.as_deref(), Some("https://x/{{.Code}}"));
        assert_eq!(invite.application_name.as_deref(), Some("App"));
        for (user, id) in [
            (invited(true), "COMMAND-Wr3gq"),
            (person(), "COMMAND-Wr3gq"),
            (with_password(), "COMMAND-Gg42s"),
            (machine(), "COMMAND-H3b2a"),
            (gone(), "COMMAND-H3b2a"),
        ] {
            assert_eq!(again(&user).unwrap_err().id(), id);
        }
    }
}
