//! One-time codes on their way out: made, and sent or returned (adjacent.md sections 6.4 and 8).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::core::Core;
use crate::domain::ids::UserId;
use crate::domain::notification::{Channel, Message, UrlTemplate};
use crate::domain::permission::{Authority, Caller, Permission};
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;
use crate::domain::user::{CodePurpose, ContactProof, NewCode, User, UserError};
use crate::error::Error;
use crate::ports::{CodeAlphabet, Queued, UserView};

use super::notify::{Draft, Outgoing};
use super::{Delivery, Details};

/// Characters of a code that is sent to an address.
const LENGTH: usize = 6;

/// How an address or number is proven.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum CodeDelivery {
    /// Nothing was said.
    #[default]
    Unspecified,
    /// It needs no proof.
    Verified,
    /// By a code.
    Code(Delivery),
}

impl CodeDelivery {
    /// What is done beside other changes: where nothing was said a code is sent, if anything delivers
    /// (decision 0010).
    pub(super) fn or_sent_if_possible(self, core: &Core, channel: Channel) -> Self {
        match self {
            Self::Unspecified if core.outbox.delivers(channel) => Self::Code(Delivery::default()),
            Self::Unspecified | Self::Verified | Self::Code(_) => self,
        }
    }

    /// What is done by an operation that is there for codes: where nothing was said a code is sent.
    pub(super) fn or_sent(self) -> Self {
        match self {
            Self::Unspecified => Self::Code(Delivery::default()),
            Self::Verified | Self::Code(_) => self,
        }
    }

    /// Whether only others may ask for it, with `user.write`: vouching for an address, and what
    /// [`Delivery`] has of that kind (decisions 0017 and 0028).
    pub(super) fn is_for_others(&self, core: &Core) -> bool {
        match self {
            Self::Unspecified => false,
            Self::Verified | Self::Code(Delivery::Return) => true,
            Self::Code(Delivery::Send(template)) => leads_elsewhere(core, template.as_deref()),
        }
    }
}

/// Whether a link would lead to another place than the login: nobody sends others there in our name
/// but those who may write users.
pub(super) fn leads_elsewhere(core: &Core, template: Option<&str>) -> bool {
    template.is_some_and(|template| {
        template
            .strip_prefix(core.outbox.login_url())
            .is_none_or(|page| !page.starts_with('/'))
    })
}

/// The right to change a user: being it, unless it is `for_others`, or `user.write`.
pub(super) fn own_unless(
    for_others: bool,
    caller: &Caller,
    user: &User,
) -> Result<Authority, Error> {
    Ok(if for_others {
        caller.may(Permission::UserWrite, Some(user.organization))?
    } else {
        caller.may_or_is(user.id, Permission::UserWrite, user.organization)?
    })
}

/// A person, with the domain that its login name may have.
///
/// # Errors
/// `missing` for nobody and for machines.
pub(super) async fn person(core: &Core, id: UserId, missing: UserError) -> Result<UserView, Error> {
    let view = core.store.user_view(id).await?;
    let person = view.filter(|view| view.user.exists() && view.user.human().is_some());
    Ok(person.ok_or(missing)?)
}

/// A user after a call that may have made a code.
#[derive(Debug, Clone)]
pub struct WithCode {
    /// Details of the user.
    pub details: Details,
    /// The code, if it was to be returned.
    pub code: Option<Secret>,
}

/// A code that was made.
#[derive(Debug, Clone)]
pub(super) struct MadeCode {
    /// For the event.
    pub(super) new: NewCode,
    /// The application that somebody is invited to; empty where none was given.
    pub(super) application_name: String,
    secret: Secret,
    /// The message that it goes out with; absent where the caller gets it.
    draft: Option<Draft>,
}

impl MadeCode {
    /// A code to be sent on a channel, or to be returned.
    ///
    /// # Errors
    /// What [`Draft::new`] says.
    pub(super) fn new(
        core: &Core,
        purpose: CodePurpose,
        channel: Channel,
        delivery: &Delivery,
    ) -> Result<Self, Error> {
        let draft = match delivery {
            Delivery::Send(template) => {
                let template = template.as_deref();
                Some(Draft::new(core, message(purpose), channel, template)?)
            }
            Delivery::Return => None,
        };
        let secret = core.codes.fresh(CodeAlphabet::Upper, LENGTH)?;
        Ok(Self {
            new: NewCode {
                digest: digest(core, purpose, &secret),
                expiry: purpose.lifetime(),
                returned: draft.is_none(),
            },
            application_name: String::new(),
            secret,
            draft,
        })
    }

    /// The message to a user as it is once the code is written; none where the caller gets it.
    ///
    /// # Errors
    /// What [`Draft::seal`] says.
    pub(super) fn queued(
        &self,
        core: &Core,
        user: &User,
        org_domain: &str,
        address: &str,
        at: Timestamp,
    ) -> Result<Vec<Queued>, Error> {
        let Some(draft) = &self.draft else {
            return Ok(Vec::new());
        };
        let outgoing = Outgoing {
            application_name: &self.application_name,
            ..Outgoing::new(address, &self.secret, self.new.expiry)
        };
        Ok(vec![draft.seal(core, user, org_domain, &outgoing, at)?])
    }

    /// The code, if the caller gets it.
    pub(super) fn returned(self) -> Option<Secret> {
        self.draft.is_none().then_some(self.secret)
    }
}

/// How an address is proven, and the code that was made for it.
///
/// # Errors
/// As [`MadeCode::new`].
pub(super) fn proof(
    core: &Core,
    purpose: CodePurpose,
    channel: Channel,
    delivery: &CodeDelivery,
) -> Result<(ContactProof, Option<MadeCode>), Error> {
    Ok(match delivery {
        CodeDelivery::Unspecified => (ContactProof::None, None),
        CodeDelivery::Verified => (ContactProof::Given, None),
        CodeDelivery::Code(delivery) => {
            let made = MadeCode::new(core, purpose, channel, delivery)?;
            (ContactProof::Code(made.new.clone()), Some(made))
        }
    })
}

/// Tests the link of a code that is not made after all.
///
/// # Errors
/// 400 `DOMAIN-oGh5e`, `DOMAIN-ieYa7`.
pub(super) fn test_link(purpose: CodePurpose, delivery: &CodeDelivery) -> Result<(), Error> {
    if let CodeDelivery::Code(Delivery::Send(Some(template))) = delivery {
        UrlTemplate::parse(template, message(purpose))?;
    }
    Ok(())
}

/// What is stored of a code.
pub(super) fn digest(core: &Core, purpose: CodePurpose, secret: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(core.codes.digest(purpose.name(), secret.expose()))
}

const fn message(purpose: CodePurpose) -> Message {
    match purpose {
        CodePurpose::Email => Message::VerifyEmail,
        CodePurpose::Phone => Message::VerifyPhone,
        CodePurpose::PasswordReset => Message::PasswordReset,
        CodePurpose::Invite => Message::Invite,
    }
}
