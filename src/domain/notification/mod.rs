//! Messages to people: a code, a link that carries it, and whom it is for.

mod sent;
mod targets;
mod template;

pub use targets::{Target, Targets};
pub use template::{Field, TemplateError, UrlTemplate, Values};

use serde::{Deserialize, Serialize};

use super::error::{Kind, Refusal};
use super::event::Aggregate;
use super::ids::OrgId;
use super::secret::Secret;
use super::time::{Span, Timestamp};

/// How a message reaches somebody. The numbers are those of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// By e-mail.
    Email,
    /// By SMS.
    Sms,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Email, Self::Sms];

    /// The number that the table has for it.
    pub const fn code(self) -> u8 {
        match self {
            Self::Email => 1,
            Self::Sms => 2,
        }
    }

    /// The channel behind a number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.code() == code)
    }
}

/// Declares the messages: number in the table, the event that asks for it, the default link (a path
/// under the login's address) and the placeholders that its template may have.
macro_rules! messages {
    ($( $(#[$doc:meta])* $variant:ident = $code:literal $event:literal $path:literal [$($field:ident),*], )+) => {
        /// What a message is about.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Message {
            $( $(#[$doc])* $variant, )+
        }

        impl Message {
            /// All of them.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The number that the table has for it; never given to another.
            pub const fn code(self) -> u8 {
                match self { $( Self::$variant => $code, )+ }
            }

            /// The event that asks for it, as ZITADEL's webhooks tell it (`contextInfo.eventType`).
            pub const fn event(self) -> &'static str {
                match self { $( Self::$variant => $event, )+ }
            }

            /// The page of the login that the link leads to, as a template.
            pub const fn path(self) -> &'static str {
                match self { $( Self::$variant => $path, )+ }
            }

            /// What a template of its link may ask for.
            pub const fn fields(self) -> &'static [Field] {
                match self { $( Self::$variant => &[ $( Field::$field, )* ], )+ }
            }
        }
    };
}

messages! {
    /// Prove that the e-mail address is yours.
    VerifyEmail = 1 "user.human.email.code.added"
        "verify?code={{.Code}}&userId={{.UserID}}&organization={{.OrgID}}"
        [UserId, OrgId, Code],
    /// Prove that the phone number is yours.
    VerifyPhone = 2 "user.human.phone.code.added"
        "verify?code={{.Code}}&userId={{.UserID}}&organization={{.OrgID}}"
        [UserId, OrgId, Code],
    /// Set a new password.
    PasswordReset = 3 "user.human.password.code.added"
        "password/set?code={{.Code}}&userId={{.UserID}}&organization={{.OrgID}}"
        [UserId, OrgId, Code],
    /// Set up how you log in.
    Invite = 4 "user.human.invite.code.added"
        "verify?code={{.Code}}&userId={{.UserID}}&organization={{.OrgID}}&invite=true"
        [UserId, OrgId, Code],
    /// Add a passkey.
    PasskeyRegistration = 5 "user.human.passwordless.initialization.code.requested"
        "passkey/set?code={{.Code}}&codeId={{.CodeID}}&userId={{.UserID}}&organization={{.OrgID}}"
        [UserId, OrgId, CodeId, Code],
    /// Log in with this code, by e-mail.
    OtpEmail = 6 "session.otp.email.challenged"
        "otp/email?code={{.Code}}&userId={{.UserID}}&sessionId={{.SessionID}}"
        [Code, UserId, LoginName, DisplayName, PreferredLanguage, SessionId],
    /// Log in with this code, by SMS.
    OtpSms = 7 "session.otp.sms.challenged"
        "otp/sms?code={{.Code}}&userId={{.UserID}}&sessionId={{.SessionID}}"
        [Code, UserId, LoginName, DisplayName, PreferredLanguage, SessionId],
}

impl Message {
    /// The message behind a number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|message| message.code() == code)
    }
}

/// Whom a message is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// How it is reached.
    pub channel: Channel,
    /// E-mail address, or phone number in E.164 form.
    pub address: String,
}

/// What a message may say of the user that it is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addressee {
    /// The id as clients know it.
    pub user_id: String,
    /// Unique name.
    pub user_name: String,
    /// What the user types to log in.
    pub login_name: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Nick name; empty where there is none.
    pub nick_name: String,
    /// The name to show.
    pub display_name: String,
    /// BCP 47 tag; empty where none is known.
    pub preferred_language: String,
    /// The address of record, verified or not; empty where there is none.
    pub email: String,
    /// The number of record, verified or not; empty where there is none.
    pub phone: String,
}

/// A message that waits to be delivered.
#[derive(Debug, Clone)]
pub struct Notification {
    /// What it is about.
    pub message: Message,
    /// Whom it is for.
    pub recipient: Recipient,
    /// What asked for it: a user, or the session of an OTP challenge.
    pub aggregate: Aggregate,
    /// The organisation of the user.
    pub organization: OrgId,
    /// The user.
    pub addressee: Addressee,
    /// The code.
    pub code: Secret,
    /// The link; it carries the code.
    pub url: Secret,
    /// The name of the application that somebody is invited to; empty where none was given.
    pub application_name: String,
    /// How long the code is good.
    pub lifetime: Span,
    /// The moment from which the code is refused: after it there is nothing to deliver.
    pub expires_at: Timestamp,
}

/// Why a message cannot be queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotificationError {
    /// Nothing is configured that delivers mail.
    #[error("SMTP configuration not found")]
    EmailNotConfigured,
    /// Nothing is configured that delivers SMS.
    #[error("SMS configuration not found")]
    SmsNotConfigured,
    /// The template of the link.
    #[error(transparent)]
    Template(#[from] TemplateError),
}

impl NotificationError {
    /// Nothing delivers on this channel.
    pub const fn not_configured(channel: Channel) -> Self {
        match channel {
            Channel::Email => Self::EmailNotConfigured,
            Channel::Sms => Self::SmsNotConfigured,
        }
    }
}

impl Refusal for NotificationError {
    fn id(&self) -> &'static str {
        match self {
            Self::EmailNotConfigured => "BTZ-Sm7p0",
            Self::SmsNotConfigured => "BTZ-Sm50n",
            Self::Template(error) => error.id(),
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::EmailNotConfigured | Self::SmsNotConfigured => Kind::FailedPrecondition,
            Self::Template(error) => error.kind(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_for_one_message_and_one_channel_each() {
        for message in Message::ALL {
            assert_eq!(Message::from_code(message.code()), Some(*message));
        }
        for channel in Channel::ALL {
            assert_eq!(Channel::from_code(channel.code()), Some(channel));
        }
        assert_eq!(Message::from_code(0), None);
        assert_eq!(Channel::from_code(0), None);
    }

    #[test]
    fn every_default_link_is_a_template_of_its_message() {
        for message in Message::ALL {
            assert!(
                UrlTemplate::parse(message.path(), *message).is_ok(),
                "{message:?}"
            );
        }
    }
}
