//! Messages to people, prepared by commands: the link, the code, whom it is for.

use crate::core::Core;
use crate::domain::event::Aggregate;
use crate::domain::ids::SessionId;
use crate::domain::notification::{
    Addressee, Channel, Message, Notification, NotificationError, Recipient, UrlTemplate, Values,
};
use crate::domain::secret::Secret;
use crate::domain::time::{Span, Timestamp};
use crate::domain::user::{User, login_name};
use crate::error::Error;
use crate::ports::Queued;

/// How a code reaches whoever is to give it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// It is sent, with a link made of this template or of the default one.
    Send(Option<String>),
    /// The caller gets it.
    Return,
}

impl Default for Delivery {
    fn default() -> Self {
        Self::Send(None)
    }
}

/// A message that can be delivered: made before anything is decided, so that what cannot be delivered
/// leaves no trace.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    message: Message,
    channel: Channel,
    template: UrlTemplate,
}

/// A code on its way out, and what its link has beside it.
#[derive(Debug, Clone)]
pub(super) struct Outgoing<'a> {
    /// E-mail address or phone number.
    pub(super) address: &'a str,
    /// The code.
    pub(super) code: &'a Secret,
    /// How long it is good.
    pub(super) lifetime: Span,
    /// The id of a code for passkeys; empty for all others.
    pub(super) code_id: &'a str,
    /// The session of an OTP challenge.
    pub(super) session: Option<SessionId>,
    /// The application that somebody is invited to; empty where none was given.
    pub(super) application_name: &'a str,
}

impl<'a> Outgoing<'a> {
    /// A code with nothing beside it.
    pub(super) const fn new(address: &'a str, code: &'a Secret, lifetime: Span) -> Self {
        Self {
            address,
            code,
            lifetime,
            code_id: "",
            session: None,
            application_name: "",
        }
    }
}

impl Draft {
    /// A message on a channel, with the given link or the default one.
    ///
    /// # Errors
    /// 400 `DOMAIN-oGh5e`, `DOMAIN-ieYa7` for the template; 400 where nothing delivers on the channel.
    pub(super) fn new(
        core: &Core,
        message: Message,
        channel: Channel,
        template: Option<&str>,
    ) -> Result<Self, Error> {
        let default;
        let text = if let Some(text) = template {
            text
        } else {
            default = format!("{}/{}", core.outbox.login_url(), message.path());
            &default
        };
        let template = UrlTemplate::parse(text, message)?;
        if !core.outbox.delivers(channel) {
            return Err(NotificationError::not_configured(channel).into());
        }
        Ok(Self {
            message,
            channel,
            template,
        })
    }

    /// Seals the message for a user whose organisation has this primary domain. `at` is when its
    /// event is written.
    ///
    /// # Errors
    /// 500 if the system gives no random bytes.
    pub(super) fn seal(
        &self,
        core: &Core,
        user: &User,
        org_domain: &str,
        outgoing: &Outgoing<'_>,
        at: Timestamp,
    ) -> Result<Queued, Error> {
        let addressee = addressee(core, user, org_domain);
        let url = self.template.render(&Values {
            code: Some(outgoing.code.clone()),
            code_id: outgoing.code_id.to_owned(),
            user_id: addressee.user_id.clone(),
            org_id: user.organization.to_string(),
            login_name: addressee.login_name.clone(),
            display_name: addressee.display_name.clone(),
            preferred_language: addressee.preferred_language.clone(),
            session_id: outgoing
                .session
                .map_or_else(String::new, |session| session.to_string()),
        });
        let notification = Notification {
            message: self.message,
            recipient: Recipient {
                channel: self.channel,
                address: outgoing.address.to_owned(),
            },
            aggregate: outgoing
                .session
                .map_or(Aggregate::User(user.id), Aggregate::Session),
            organization: user.organization,
            addressee,
            code: outgoing.code.clone(),
            url,
            application_name: outgoing.application_name.to_owned(),
            lifetime: outgoing.lifetime,
            expires_at: at.plus(outgoing.lifetime),
        };
        Ok(core.outbox.seal(&notification)?)
    }
}

fn addressee(core: &Core, user: &User, org_domain: &str) -> Addressee {
    let includes_domain = core.policies.login_name_includes_domain;
    let person = user.human();
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    Addressee {
        user_id: user.public_id(),
        user_name: user.username.clone(),
        login_name: login_name::login_name(&user.username, org_domain, includes_domain),
        first_name: text(person.map(|human| human.given_name.as_str())),
        last_name: text(person.map(|human| human.family_name.as_str())),
        nick_name: text(person.and_then(|human| human.nick_name.as_deref())),
        display_name: user.display_name().to_owned(),
        preferred_language: text(user.preferred_language()),
        email: text(person.map(|human| human.email.address.as_str())),
        phone: text(
            person.and_then(|human| human.phone.as_ref().map(|phone| phone.address.as_str())),
        ),
    }
}
