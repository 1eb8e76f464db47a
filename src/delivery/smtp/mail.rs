//! One mail.

use std::time::{Duration, UNIX_EPOCH};

use lettre::Message as Mail;
use lettre::address::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};

use super::{SmtpError, html};
use crate::delivery::texts::{Text, Wording};
use crate::domain::notification::Notification;
use crate::domain::time::Timestamp;

/// From whom mails are.
#[derive(Debug)]
pub(super) struct Letterhead {
    sender: Mailbox,
    reply_to: Option<Mailbox>,
}

impl Letterhead {
    pub(super) fn new(sender: &str, name: &str, reply_to: &str) -> Result<Self, SmtpError> {
        let name = (!name.is_empty()).then(|| name.to_owned());
        let reply_to = (!reply_to.is_empty()).then(|| address(reply_to));
        Ok(Self {
            sender: Mailbox::new(name, address(sender)?),
            reply_to: reply_to
                .transpose()?
                .map(|address| Mailbox::new(None, address)),
        })
    }

    /// Of the sender's address.
    pub(super) fn domain(&self) -> &str {
        self.sender.email.domain()
    }
}

fn address(text: &str) -> Result<Address, SmtpError> {
    text.parse()
        .map_err(|_| SmtpError::Address(text.to_owned()))
}

/// Writes a mail; what stands in the way will not go away.
///
/// No header has anything in it that a user can choose, but the address, which has a form of its own.
pub(super) fn write(
    letterhead: &Letterhead,
    wording: &Wording,
    notification: &Notification,
    now: Timestamp,
) -> Result<Mail, &'static str> {
    let address: Address = notification
        .recipient
        .address
        .parse()
        .map_err(|_| "its recipient's address is none")?;
    let text = Text::of(wording, notification);
    let micros = u64::try_from(now.micros()).unwrap_or_default();
    let mut builder = Mail::builder()
        .from(letterhead.sender.clone())
        .to(Mailbox::new(None, address))
        .subject(text.subject)
        .date(UNIX_EPOCH + Duration::from_micros(micros))
        .message_id(Some(message_id(letterhead, notification)))
        // Holiday notices and the like must not come back (RFC 3834 section 5).
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("Content-Language", text.language));
    if let Some(reply_to) = &letterhead.reply_to {
        builder = builder.reply_to(reply_to.clone());
    }
    let url = notification.url.expose();
    builder
        .multipart(MultiPart::alternative_plain_html(
            plain(&text, url),
            html::page(&text, url, &wording.look),
        ))
        .map_err(|_| "it cannot be written as a mail")
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// The same however often the message is tried, so that receivers can tell a second copy.
fn message_id(letterhead: &Letterhead, notification: &Notification) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in [
        notification.message.event(),
        &notification.aggregate.to_string(),
        &notification.expires_at.micros().to_string(),
        &notification.recipient.address,
    ] {
        hasher.update(part.as_bytes());
        hasher.update(&[0]);
    }
    let hash = hasher.finalize().to_hex();
    format!("<{hash}@{}>", letterhead.domain())
}

/// For those who read no HTML.
fn plain(text: &Text, url: &str) -> String {
    let mut page = format!("{}\n\n{}\n\n", text.greeting, text.body);
    if !url.is_empty() {
        page.push_str(text.button);
        page.push_str(":\n");
        page.push_str(url);
        page.push_str("\n\n");
    }
    page.push_str(text.footer);
    page.push('\n');
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::texts::Look;
    use crate::domain::event::Aggregate;
    use crate::domain::ids::{OrgId, UserId};
    use crate::domain::notification::{Addressee, Channel, Message, Recipient};
    use crate::domain::secret::Secret;
    use crate::domain::time::Span;

    fn notification(address: &str, name: &str) -> Notification {
        Notification {
            message: Message::VerifyEmail,
            recipient: Recipient {
                channel: Channel::Email,
                address: address.to_owned(),
            },
            aggregate: Aggregate::User(UserId::new(7)),
            organization: OrgId::new(5),
            addressee: Addressee {
                login_name: "mini".to_owned(),
                display_name: name.to_owned(),
                ..Addressee::default()
            },
            code: Secret::new("AB12CD".to_owned()),
            url: Secret::new("https://login.example/x?a=1&b=2".to_owned()),
            application_name: String::new(),
            lifetime: Span::from_seconds(3_600),
            expires_at: Timestamp::default(),
        }
    }

    fn written(notification: &Notification) -> Result<String, &'static str> {
        let letterhead = Letterhead::new("login@bartizan.example", "Log in", "").unwrap();
        let wording = Wording::new("en", "https://login.example", Look::default());
        let now = Timestamp::from_micros(1_783_661_559_000_000);
        let mail = write(&letterhead, &wording, notification, now)?;
        Ok(String::from_utf8(mail.formatted()).unwrap())
    }

    #[test]
    fn a_mail_has_the_code_and_the_link_as_text_and_as_html() {
        let mail = written(&notification("mini@mouse.example", "Mini")).unwrap();
        for expected in [
            "From: \"Log in\" <login@bartizan.example>\r\n",
            "To: mini@mouse.example\r\n",
            "Subject: Confirm your e-mail address\r\n",
            "Date: Fri, 10 Jul 2026 05:32:39 +0000\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Content-Language: en\r\n",
            "Content-Type: multipart/alternative;",
            "@bartizan.example>\r\n",
            "\r\nhttps://login.example/x?a=1&b=2\r\n",
            "https://login.example/x?a=1&amp;b=2",
        ] {
            let flat = mail.replace("=\r\n", "").replace("=3D", "=");
            assert!(flat.contains(expected), "{expected}\n{mail}");
        }
        assert!(mail.matches("AB12CD").count() >= 2, "{mail}");
    }

    #[test]
    fn nothing_that_users_choose_adds_a_header_or_an_element() {
        let honest = written(&notification("mini@mouse.example", "Mini")).unwrap();
        let evil = "Mini\r\nBcc: max@duck.example\r\n\r\n<script>&\"";
        let mail = written(&notification("mini@mouse.example", evil)).unwrap();
        let head = |mail: &str| {
            let head = mail.split_once("\r\n\r\n").unwrap().0;
            let names = head.lines().filter(|line| !line.starts_with([' ', '\t']));
            names
                .map(|line| line.split_once(':').unwrap().0.to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(head(&mail), head(&honest));
        let page = mail.split_once("text/html").unwrap().1;
        assert!(!page.contains("<script>"), "{mail}");
        for address in [
            "",
            "mini",
            "mini@mouse.example\r\nBcc: max@duck.example",
            "mini@mouse.example, max@duck.example",
            "<mini@mouse.example>",
        ] {
            assert!(
                written(&notification(address, "Mini")).is_err(),
                "{address}"
            );
        }
    }

    #[test]
    fn a_mail_that_is_tried_again_is_the_same_mail() {
        let one = notification("mini@mouse.example", "Mini");
        assert_eq!(message_id_of(&one), message_id_of(&one));
        let other = Notification {
            expires_at: Timestamp::from_micros(1),
            ..one.clone()
        };
        assert_ne!(message_id_of(&one), message_id_of(&other));
    }

    fn message_id_of(notification: &Notification) -> String {
        let letterhead = Letterhead::new("login@bartizan.example", "", "").unwrap();
        message_id(&letterhead, notification)
    }
}
