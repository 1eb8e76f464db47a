//! That a message was delivered, as an event.

use super::Message;
use crate::domain::event::{Event, Nothing, SessionEvent, UserEvent};

impl Message {
    /// The event of whoever had asked for the message.
    pub const fn sent(self) -> Event {
        let nothing = Nothing {};
        match self {
            Self::VerifyEmail => Event::User(UserEvent::EmailCodeSent(nothing)),
            Self::VerifyPhone => Event::User(UserEvent::PhoneCodeSent(nothing)),
            Self::PasswordReset => Event::User(UserEvent::PasswordCodeSent(nothing)),
            Self::Invite => Event::User(UserEvent::InviteCodeSent(nothing)),
            Self::PasskeyRegistration => Event::User(UserEvent::PasskeyCodeSent(nothing)),
            Self::OtpEmail => Event::Session(SessionEvent::OtpEmailSent(nothing)),
            Self::OtpSms => Event::Session(SessionEvent::OtpSmsSent(nothing)),
        }
    }
}
