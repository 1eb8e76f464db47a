//! Inviting people who have nothing to log in with (adjacent.md section 10.2).

use crate::core::Core;
use crate::domain::ids::UserId;
use crate::domain::notification::Channel;
use crate::domain::permission::Caller;
use crate::domain::user::{self, CodePurpose, NewInvite, User, UserError};
use crate::error::Error;

use super::change::{Decided, change_one};
use super::codes::{MadeCode, WithCode, own_unless, person};
use super::{Delivery, Details, after};

/// An invitation to make.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Invitation {
    /// How the code reaches the person.
    pub delivery: Delivery,
    /// The application that the person is invited to.
    pub application_name: Option<String>,
}

/// Invites a person, in place of an invitation that waits.
///
/// # Errors
/// `COMMAND-Wgvn4`; `COMMAND-EF34g` for somebody who can log in; what cannot be sent; what the
/// permission check says, which knows no exception for the user itself.
pub async fn invite(
    core: &Core,
    caller: &Caller,
    id: UserId,
    invitation: Invitation,
) -> Result<WithCode, Error> {
    let missing = UserError::InviteNotFound;
    let view = person(core, id, missing).await?;
    own_unless(true, caller, &view.user)?;
    not_linked(core, id, UserError::InviteInitialized).await?;
    let made = made(core, &invitation)?;
    let url_template = match invitation.delivery {
        Delivery::Send(template) => template,
        Delivery::Return => None,
    };
    let new = NewInvite {
        code: made.new.clone(),
        url_template,
        application_name: invitation.application_name,
    };
    let user = change_one(core, id, missing, |user, at| {
        let authority = own_unless(true, caller, user)?;
        let event = user::invite(&authority, user, new.clone())?;
        let mut decided = Decided::new(authority, vec![event]);
        let after = after(user, &decided.events, at);
        decided.queued = made.queued(core, &after, &view.org_domain, address(&after), at)?;
        Ok(decided)
    })
    .await?;
    Ok(WithCode {
        details: Details::of(&user),
        code: made.returned(),
    })
}

/// Sends an invitation again, with another code.
///
/// # Errors
/// `COMMAND-H3b2a`; `COMMAND-Gg42s`; `COMMAND-Wr3gq`; what cannot be sent; what the permission check
/// says.
pub async fn invite_again(core: &Core, caller: &Caller, id: UserId) -> Result<Details, Error> {
    let missing = UserError::InviteAgainNotFound;
    let view = person(core, id, missing).await?;
    own_unless(false, caller, &view.user)?;
    not_linked(core, id, UserError::InviteAgainInitialized).await?;
    let user = change_one(core, id, missing, |user, at| {
        let authority = own_unless(false, caller, user)?;
        let sent = user::sent_invite(user)?;
        let made = made(
            core,
            &Invitation {
                delivery: Delivery::Send(sent.url_template.clone()),
                application_name: sent.application_name.clone(),
            },
        )?;
        let event = user::invite_again(&authority, user, made.new.clone())?;
        let mut decided = Decided::new(authority, vec![event]);
        let after = after(user, &decided.events, at);
        decided.queued = made.queued(core, &after, &view.org_domain, address(&after), at)?;
        Ok(decided)
    })
    .await?;
    Ok(Details::of(&user))
}

/// Whoever can log in at an identity provider needs no invitation. Links stand beside the user, so
/// this is not for its own rules to find out.
async fn not_linked(core: &Core, id: UserId, linked: UserError) -> Result<(), Error> {
    if core.store.idp_links(id).await?.is_empty() {
        Ok(())
    } else {
        Err(linked.into())
    }
}

fn made(core: &Core, invitation: &Invitation) -> Result<MadeCode, Error> {
    let mut made = MadeCode::new(
        core,
        CodePurpose::Invite,
        Channel::Email,
        &invitation.delivery,
    )?;
    if let Some(name) = &invitation.application_name {
        made.application_name.clone_from(name);
    }
    Ok(made)
}

fn address(user: &User) -> &str {
    user.human()
        .map(|human| human.email.address.as_str())
        .unwrap_or_default()
}
