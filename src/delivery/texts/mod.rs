//! Messages in words.

mod languages;

use languages::{LANGUAGES, Language};

use crate::domain::notification::{Channel, Message, Notification};
use crate::domain::time::Span;

/// Colours and logo of mails.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Look {
    /// Of the button.
    pub primary_color: String,
    /// Of the page.
    pub background_color: String,
    /// Of text.
    pub font_color: String,
    /// Where the logo is; empty for none.
    pub logo_url: String,
}

/// What all messages of an installation have in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// The language for whoever has none that we speak.
    language: String,
    origin: String,
    domain: String,
    pub(super) look: Look,
}

impl Wording {
    /// `login_url` is the address of the login, of which messages tell the domain.
    #[must_use]
    pub fn new(language: &str, login_url: &str, look: Look) -> Self {
        let url = url::Url::parse(login_url).ok();
        let host = url.as_ref().and_then(url::Url::host_str);
        Self {
            language: language.to_owned(),
            origin: url
                .as_ref()
                .map(|url| url.origin().ascii_serialization())
                .unwrap_or_default(),
            domain: host.unwrap_or_default().to_owned(),
            look,
        }
    }

    /// Scheme, host and port of the login.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// The host of the login.
    pub(super) fn domain(&self) -> &str {
        &self.domain
    }
}

/// A message in the language of whom it is for.
#[derive(Debug, Clone)]
pub(super) struct Text {
    /// BCP 47 tag of the language.
    pub(super) language: &'static str,
    /// What it is about.
    pub(super) subject: &'static str,
    /// What is shown beside the subject before a mail is opened.
    pub(super) pre_header: &'static str,
    /// The first line.
    pub(super) greeting: String,
    /// The message; the code is in it.
    pub(super) body: String,
    /// What the link is called.
    pub(super) button: &'static str,
    /// The last line.
    pub(super) footer: &'static str,
}

impl Text {
    pub(super) fn of(wording: &Wording, notification: &Notification) -> Self {
        let addressee = &notification.addressee;
        let language = language(&addressee.preferred_language)
            .or_else(|| language(&wording.language))
            .unwrap_or(&languages::ENGLISH);
        let words = (language.words)(notification.message);
        let time = time(language, notification.lifetime);
        let value = |name: &str| match name {
            "name" => Some(addressee.display_name.as_str()),
            "login" => Some(addressee.login_name.as_str()),
            "code" => Some(notification.code.expose()),
            "app" if notification.application_name.is_empty() => Some(wording.domain()),
            "app" => Some(notification.application_name.as_str()),
            "subject" => Some(words.subject),
            "time" => Some(time.as_str()),
            _ => None,
        };
        let by_sms = notification.recipient.channel == Channel::Sms;
        let mut text = fill(if by_sms { language.sms } else { words.text }, &value);
        if notification.message == Message::OtpSms && !wording.domain.is_empty() {
            // Browsers offer to fill in a code whose SMS ends so (WICG, origin-bound one-time codes).
            let code = notification.code.expose();
            text.push_str(&format_args!("\n\n@{} #{code}", wording.domain).to_string());
        }
        Self {
            language: language.tag,
            subject: words.subject,
            pre_header: words.pre_header,
            greeting: fill(language.greeting, &value),
            body: text,
            button: words.button,
            footer: language.footer,
        }
    }
}

/// The language of a tag, whatever its region.
fn language(tag: &str) -> Option<&'static Language> {
    let primary = tag.split('-').next().unwrap_or_default();
    LANGUAGES
        .iter()
        .copied()
        .find(|language| language.tag.eq_ignore_ascii_case(primary))
}

/// A span in words: whole hours, else minutes.
fn time(language: &Language, span: Span) -> String {
    let minutes = span.to_std().as_secs().div_ceil(60).max(1);
    let (count, [one, many]) = if minutes.is_multiple_of(60) {
        (minutes / 60, language.hours)
    } else {
        (minutes, language.minutes)
    };
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Puts values in the place of `{names}`. What a value has in braces stays as it is.
fn fill<'v>(template: &'v str, value: &dyn Fn(&str) -> Option<&'v str>) -> String {
    let mut filled = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, behind)) = after.split_once('}') else {
            rest = after;
            break;
        };
        filled.push_str(value(name).unwrap_or_default());
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::Aggregate;
    use crate::domain::ids::{OrgId, UserId};
    use crate::domain::notification::{Addressee, Recipient};
    use crate::domain::secret::Secret;
    use crate::domain::time::Timestamp;

    fn notification(message: Message, channel: Channel, language: &str) -> Notification {
        Notification {
            message,
            recipient: Recipient {
                channel,
                address: "mini@mouse.example".to_owned(),
            },
            aggregate: Aggregate::User(UserId::new(7)),
            organization: OrgId::new(5),
            addressee: Addressee {
                login_name: "mini".to_owned(),
                display_name: "Mini {code} Mouse".to_owned(),
                preferred_language: language.to_owned(),
                ..Addressee::default()
            },
            code: Secret::new("AB12CD".to_owned()),
            url: Secret::new("https://login.example/x".to_owned()),
            application_name: "Cheese".to_owned(),
            lifetime: Span::from_seconds(3_600),
            expires_at: Timestamp::default(),
        }
    }

    fn text(message: Message, channel: Channel, language: &str) -> Text {
        let wording = Wording::new("de", "https://login.example:8443/ui", Look::default());
        Text::of(&wording, &notification(message, channel, language))
    }

    #[test]
    fn every_language_has_all_of_every_message() {
        for language in LANGUAGES {
            for message in Message::ALL {
                for channel in Channel::ALL {
                    let text = text(*message, channel, language.tag);
                    assert_eq!(text.language, language.tag);
                    assert!(text.body.contains("AB12CD"), "{text:?}");
                    assert!(!text.body.contains(['{', '}']), "{text:?}");
                    for part in [text.subject, text.pre_header, text.button, text.footer] {
                        assert!(!part.trim().is_empty(), "{text:?}");
                    }
                    // A name is no template.
                    assert!(text.greeting.contains("Mini {code} Mouse"), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn the_region_of_a_language_makes_no_difference_and_others_get_the_default() {
        for (tag, expected) in [
            ("de-CH", "de"),
            ("EN", "en"),
            ("fr", "fr"),
            ("ja", "de"),
            ("", "de"),
        ] {
            let text = text(Message::VerifyEmail, Channel::Email, tag);
            assert_eq!(text.language, expected, "{tag}");
        }
        let wording = Wording::new("ja", "", Look::default());
        let nobody = notification(Message::Invite, Channel::Email, "");
        assert_eq!(Text::of(&wording, &nobody).language, "en");
    }

    #[test]
    fn spans_are_told_in_words() {
        for (seconds, expected) in [
            (300, "5 minutes"),
            (60, "1 minute"),
            (61, "2 minutes"),
            (0, "1 minute"),
            (3_600, "1 hour"),
            (5_400, "90 minutes"),
            (259_200, "72 hours"),
        ] {
            let span = Span::from_seconds(seconds);
            assert_eq!(time(&languages::ENGLISH, span), expected);
        }
    }

    #[test]
    fn a_code_by_sms_ends_with_the_domain_that_it_is_for() {
        let text = text(Message::OtpSms, Channel::Sms, "en");
        assert!(
            text.body.ends_with("\n\n@login.example #AB12CD"),
            "{text:?}"
        );
    }
}
