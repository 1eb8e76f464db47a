//! E-mail addresses and phone numbers on their own, and codes for them (adjacent.md section 8,
//! "E-mail and phone").

use crate::core::Core;
use crate::domain::event::UserEvent;
use crate::domain::ids::UserId;
use crate::domain::notification::Channel;
use crate::domain::permission::{Authority, Caller};
use crate::domain::user::{
    self, CodePurpose, ContactChange, ContactProof, User, UserError, contact,
};
use crate::error::Error;

use super::change::{Decided, change_one};
use super::codes::{CodeDelivery, MadeCode, WithCode, own_unless, person, proof};
use super::{Delivery, Details, after};

/// Sets the e-mail address of a person. Where nothing is said of its proof a code is sent.
///
/// # Errors
/// 404 `COMMAND-ieJ2e`; `COMMAND-Uch5e` for the same address; what is wrong with it; what cannot be
/// sent; what the permission check says.
pub async fn set_email(
    core: &Core,
    caller: &Caller,
    id: UserId,
    email: &str,
    delivery: CodeDelivery,
) -> Result<WithCode, Error> {
    EMAIL
        .change(
            core,
            caller,
            id,
            &delivery.or_sent(),
            |authority, user, proof| {
                let address = contact::email(email)?;
                user::set_email(authority, user, &ContactChange { address, proof })
            },
        )
        .await
}

/// Makes another code for the e-mail address. `again`: only in place of one that waits.
///
/// # Errors
/// 404 `COMMAND-ieJ2e`; `EMAIL-5w5ilin4yt` where none waits; what cannot be sent; what the permission
/// check says.
pub async fn send_email_code(
    core: &Core,
    caller: &Caller,
    id: UserId,
    delivery: Delivery,
    again: bool,
) -> Result<WithCode, Error> {
    let delivery = CodeDelivery::Code(delivery);
    EMAIL
        .change(core, caller, id, &delivery, |authority, user, proof| {
            user::renew_email_proof(authority, user, &proof, again)
        })
        .await
}

/// Sets the phone number of a person. Where nothing is said of its proof a code is sent.
///
/// # Errors
/// As [`set_email`].
pub async fn set_phone(
    core: &Core,
    caller: &Caller,
    id: UserId,
    phone: &str,
    delivery: CodeDelivery,
) -> Result<WithCode, Error> {
    PHONE
        .change(
            core,
            caller,
            id,
            &delivery.or_sent(),
            |authority, user, proof| {
                let address = contact::phone(phone)?;
                user::set_phone(authority, user, &ContactChange { address, proof })
            },
        )
        .await
}

/// Makes another code for the phone number, in place of one that waits.
///
/// # Errors
/// As [`send_email_code`], with `PHONE-5xrra88eq8`.
pub async fn resend_phone_code(
    core: &Core,
    caller: &Caller,
    id: UserId,
    delivery: Delivery,
) -> Result<WithCode, Error> {
    let delivery = CodeDelivery::Code(delivery);
    PHONE
        .change(core, caller, id, &delivery, |authority, user, proof| {
            user::renew_phone_proof(authority, user, &proof)
        })
        .await
}

/// Takes the phone number of a person away. Where there is none, nothing is written.
///
/// # Errors
/// 404 `COMMAND-ieJ2e`; what the permission check says.
pub async fn remove_phone(core: &Core, caller: &Caller, id: UserId) -> Result<Details, Error> {
    let user = change_one(core, id, PHONE.missing, |user, _| {
        let authority = own_unless(false, caller, user)?;
        let events = user::remove_phone(&authority, user)?;
        Ok(Decided::new(authority, events))
    })
    .await?;
    Ok(Details::of(&user))
}

/// What addresses and numbers differ in.
#[derive(Debug, Clone, Copy)]
struct Kind {
    purpose: CodePurpose,
    channel: Channel,
    missing: UserError,
    address: fn(&User) -> Option<&str>,
}

const EMAIL: Kind = Kind {
    purpose: CodePurpose::Email,
    channel: Channel::Email,
    missing: UserError::EmailNotFound,
    address: |user| user.human().map(|human| human.email.address.as_str()),
};

const PHONE: Kind = Kind {
    purpose: CodePurpose::Phone,
    channel: Channel::Sms,
    missing: UserError::PhoneNotFound,
    address: |user| {
        let phone = user.human().and_then(|human| human.phone.as_ref());
        phone.map(|phone| phone.address.as_str())
    },
};

impl Kind {
    /// Changes an address or its proof, and sends the code to the address as it is then.
    async fn change(
        self,
        core: &Core,
        caller: &Caller,
        id: UserId,
        delivery: &CodeDelivery,
        decide: impl Fn(&Authority, &User, ContactProof) -> Result<Vec<UserEvent>, UserError>,
    ) -> Result<WithCode, Error> {
        let for_others = delivery.is_for_others(core);
        let view = person(core, id, self.missing).await?;
        own_unless(for_others, caller, &view.user)?;
        let (proof, made) = proof(core, self.purpose, self.channel, delivery)?;
        let user = change_one(core, id, self.missing, |user, at| {
            let authority = own_unless(for_others, caller, user)?;
            let events = decide(&authority, user, proof.clone())?;
            let mut decided = Decided::new(authority, events);
            if let Some(made) = &made {
                let after = after(user, &decided.events, at);
                let address = (self.address)(&after).unwrap_or_default();
                decided.queued = made.queued(core, &after, &view.org_domain, address, at)?;
            }
            Ok(decided)
        })
        .await?;
        Ok(WithCode {
            details: Details::of(&user),
            code: made.and_then(MadeCode::returned),
        })
    }
}
