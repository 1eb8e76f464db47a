//! `PasswordReset` (adjacent.md section 8, "Passwords"): a code with which a new password can be set.

use crate::core::Core;
use crate::domain::ids::UserId;
use crate::domain::notification::Channel;
use crate::domain::permission::Caller;
use crate::domain::user::{self, CodePurpose, User, UserError};
use crate::error::Error;

use super::change::{Decided, change_one};
use super::codes::{MadeCode, WithCode, leads_elsewhere, own_unless, person};
use super::{Delivery, Details, after};

/// How the code reaches whoever is to set the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResetDelivery {
    /// To whom.
    pub delivery: Delivery,
    /// How, if it is sent.
    pub channel: Channel,
}

/// Gives a person a code with which a new password can be set, in place of one that waits.
///
/// The link leads to the configured login unless the caller may write users and names another: nothing
/// of the request says where this server is (spec security.md, CVE-2025-48936).
///
/// # Errors
/// 404 `COMMAND-SAF4f`; 400 for an SMS to somebody without a phone number; what cannot be sent; what
/// the permission check says.
pub async fn reset_password(
    core: &Core,
    caller: &Caller,
    id: UserId,
    command: ResetDelivery,
) -> Result<WithCode, Error> {
    let missing = UserError::ResetNotFound;
    let ResetDelivery { delivery, channel } = command;
    // The code proves no more than what the user may do anyway, so the user may have it.
    let for_others = match &delivery {
        Delivery::Send(template) => leads_elsewhere(core, template.as_deref()),
        Delivery::Return => false,
    };
    let view = person(core, id, missing).await?;
    own_unless(for_others, caller, &view.user)?;
    let made = MadeCode::new(core, CodePurpose::PasswordReset, channel, &delivery)?;
    let user = change_one(core, id, missing, |user, at| {
        let authority = own_unless(for_others, caller, user)?;
        let event = user::request_password_reset(&authority, user, made.new.clone())?;
        let mut decided = Decided::new(authority, vec![event]);
        if !made.new.returned {
            let after = after(user, &decided.events, at);
            let address = address(&after, channel)?;
            decided.queued = made.queued(core, &after, &view.org_domain, address, at)?;
        }
        Ok(decided)
    })
    .await?;
    Ok(WithCode {
        details: Details::of(&user),
        code: made.returned(),
    })
}

/// Where the code goes: as in ZITADEL to the address of record, proven or not.
fn address(user: &User, channel: Channel) -> Result<&str, UserError> {
    let human = user.human().ok_or(UserError::ResetNotFound)?;
    match channel {
        Channel::Email => Ok(&human.email.address),
        Channel::Sms => {
            let phone = human.phone.as_ref().ok_or(UserError::ResetPhoneMissing)?;
            Ok(&phone.address)
        }
    }
}
