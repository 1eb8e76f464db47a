//! A message in the form that ZITADEL sends to the endpoints of its HTTP providers (spec adjacent.md
//! section 9).

use serde::Serialize;
use zeroize::Zeroizing;

use super::texts::{Text, Wording};
use crate::domain::event::Aggregate;
use crate::domain::notification::{Channel, Notification};
use crate::domain::time::Span;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload<'a> {
    context_info: ContextInfo<'a>,
    template_data: TemplateData<'a>,
    args: Args<'a>,
}

/// Why the message is sent, and to whom.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContextInfo<'a> {
    event_type: &'static str,
    provider: Provider,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient_email_address: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient_phone_number: Option<&'a str>,
}

#[derive(Serialize)]
struct Provider {
    id: &'static str,
    description: &'static str,
}

/// The message in words, for those who show it as it is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TemplateData<'a> {
    title: &'a str,
    pre_header: &'a str,
    subject: &'a str,
    greeting: &'a str,
    text: &'a str,
    url: &'a str,
    button_text: &'a str,
    primary_color: &'a str,
    background_color: &'a str,
    font_color: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    logo_url: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    footer_text: &'a str,
}

/// What the words are made of, for those who write their own.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Args<'a> {
    code: &'a str,
    user_name: &'a str,
    login_name: &'a str,
    preferred_login_name: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    nick_name: &'a str,
    display_name: &'a str,
    last_email: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    last_phone: &'a str,
    #[serde(rename = "userID")]
    user_id: &'a str,
    #[serde(rename = "orgID")]
    org_id: String,
    origin: &'a str,
    domain: &'a str,
    /// Nanoseconds.
    expiry: Span,
    #[serde(skip_serializing_if = "str::is_empty")]
    application_name: &'a str,
    #[serde(rename = "sessionID", skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
}

/// The message as JSON. It has the code in it.
pub(super) fn json(
    wording: &Wording,
    notification: &Notification,
) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
    let address = notification.recipient.address.as_str();
    let on = |channel| (notification.recipient.channel == channel).then_some(address);
    let text = Text::of(wording, notification);
    let addressee = &notification.addressee;
    let payload = Payload {
        context_info: ContextInfo {
            event_type: notification.message.event(),
            provider: provider(notification.recipient.channel),
            recipient_email_address: on(Channel::Email),
            recipient_phone_number: on(Channel::Sms),
        },
        template_data: template_data(wording, notification, &text),
        args: Args {
            code: notification.code.expose(),
            user_name: &addressee.user_name,
            login_name: &addressee.login_name,
            preferred_login_name: &addressee.login_name,
            first_name: &addressee.first_name,
            last_name: &addressee.last_name,
            nick_name: &addressee.nick_name,
            display_name: &addressee.display_name,
            last_email: &addressee.email,
            last_phone: &addressee.phone,
            user_id: &addressee.user_id,
            org_id: notification.organization.to_string(),
            origin: wording.origin(),
            domain: wording.domain(),
            expiry: notification.lifetime,
            application_name: &notification.application_name,
            session_id: match notification.aggregate {
                Aggregate::Session(session) => Some(session.to_string()),
                Aggregate::User(_)
                | Aggregate::Org(_)
                | Aggregate::Instance(_)
                | Aggregate::Intent(_) => None,
            },
        },
    };
    serde_json::to_vec(&payload).map(Zeroizing::new)
}

const fn provider(channel: Channel) -> Provider {
    Provider {
        id: match channel {
            Channel::Email => "email",
            Channel::Sms => "sms",
        },
        description: "Bartizan",
    }
}

fn template_data<'a>(
    wording: &'a Wording,
    notification: &'a Notification,
    text: &'a Text,
) -> TemplateData<'a> {
    let look = &wording.look;
    TemplateData {
        title: text.subject,
        pre_header: text.pre_header,
        subject: text.subject,
        greeting: &text.greeting,
        text: &text.body,
        url: notification.url.expose(),
        button_text: text.button,
        primary_color: &look.primary_color,
        background_color: &look.background_color,
        font_color: &look.font_color,
        logo_url: &look.logo_url,
        footer_text: text.footer,
    }
}
