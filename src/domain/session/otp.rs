//! Codes by SMS and e-mail that a session waits for.

use crate::domain::event::SessionEvent;
use crate::domain::notification::Channel;
use crate::domain::time::{Span, Timestamp};
use crate::domain::user::PendingCode;

/// The codes that wait for being given back: one of each kind at most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OtpChallenges {
    /// By SMS.
    pub sms: Option<PendingCode>,
    /// By e-mail.
    pub email: Option<PendingCode>,
}

impl OtpChallenges {
    /// The code of a channel.
    pub const fn of(&self, channel: Channel) -> Option<&PendingCode> {
        match channel {
            Channel::Sms => self.sms.as_ref(),
            Channel::Email => self.email.as_ref(),
        }
    }

    /// A new code takes the place of the one before; one that was given back is no good any more.
    pub(super) fn evolve(&mut self, at: Timestamp, event: &SessionEvent) {
        if let SessionEvent::OtpSmsChallenged(asked) = event {
            self.sms = Some(pending(&asked.digest, at, asked.expiry));
        } else if let SessionEvent::OtpEmailChallenged(asked) = event {
            self.email = Some(pending(&asked.digest, at, asked.expiry));
        } else if matches!(event, SessionEvent::OtpSmsChecked(_)) {
            self.sms = None;
        } else if matches!(event, SessionEvent::OtpEmailChecked(_)) {
            self.email = None;
        }
    }
}

fn pending(digest: &str, at: Timestamp, expiry: Span) -> PendingCode {
    PendingCode {
        digest: digest.to_owned(),
        expires_at: at.plus(expiry),
    }
}
