//! The challenges `otpSms` and `otpEmail` (spec session-service.md section 6.5).

use crate::core::Core;
use crate::domain::event::{OtpEmailChallenged, OtpSmsChallenged};
use crate::domain::ids::{SessionId, UserId};
use crate::domain::notification::{Channel, Message, UrlTemplate};
use crate::domain::secret::Secret;
use crate::domain::session::{Changes, Session, SessionError};
use crate::domain::time::{Span, Timestamp};
use crate::domain::user::{User, challengeable_otp};
use crate::error::Error;
use crate::ports::{CodeAlphabet, Queued, UserView};

use super::check_otp::otp_digest;
use super::checks::{find_user, usable};
use super::notify::{Delivery, Draft, Outgoing};
use super::proofs::Checks;

/// Digits of a code, and how long it is good (adjacent.md section 6.4).
const DIGITS: usize = 8;
const LIFETIME: Span = Span::from_seconds(300);

/// The codes that a call asks for.
#[derive(Debug, Clone, Default)]
pub struct AskOtp {
    /// By SMS, with the default link or returned.
    pub sms: Option<Delivery>,
    /// By e-mail.
    pub email: Option<Delivery>,
}

impl AskOtp {
    const fn of(&self, channel: Channel) -> Option<&Delivery> {
        match channel {
            Channel::Sms => self.sms.as_ref(),
            Channel::Email => self.email.as_ref(),
        }
    }

    fn template(&self) -> Option<&str> {
        match &self.email {
            Some(Delivery::Send(template)) => template.as_deref(),
            Some(Delivery::Return) | None => None,
        }
    }

    /// Tests the template of the link. That comes before anything is proven, but an unknown user
    /// comes before it.
    ///
    /// # Errors
    /// What [`find_user`] says; `DOMAIN-oGh5e`, `DOMAIN-ieYa7`.
    pub(super) async fn template_is_good(&self, core: &Core, checks: &Checks) -> Result<(), Error> {
        let Some(template) = self.template() else {
            return Ok(());
        };
        let Err(invalid) = UrlTemplate::parse(template, Message::OtpEmail) else {
            return Ok(());
        };
        if let Some(selector) = &checks.user {
            find_user(core, selector, checks.password.as_ref()).await?;
        }
        Err(invalid.into())
    }
}

/// Codes that the caller gets in the answer.
#[derive(Debug, Clone, Default)]
pub struct ReturnedOtp {
    /// The one that would have gone out by SMS.
    pub sms: Option<Secret>,
    /// The one that would have gone out by e-mail.
    pub email: Option<Secret>,
}

/// The codes that were made for a call.
#[derive(Debug, Default)]
pub(super) struct AskedOtp {
    sms: Option<OtpSmsChallenged>,
    email: Option<OtpEmailChallenged>,
    /// For the answer.
    pub(super) returned: ReturnedOtp,
    /// For those who are to give them back.
    pub(super) queued: Vec<Queued>,
}

impl AskedOtp {
    /// The challenges as facts for the session.
    pub(super) fn into_changes(self, changes: Changes) -> (Changes, ReturnedOtp, Vec<Queued>) {
        let changes = Changes {
            otp_sms_challenge: self.sms,
            otp_email_challenge: self.email,
            ..changes
        };
        (changes, self.returned, self.queued)
    }
}

/// Whom a call asks: the user that it has checked, otherwise that of the session.
pub(super) fn asked_user(checked: Option<&User>, session: Option<&Session>) -> Option<UserId> {
    let own = session.and_then(|session| session.user.as_ref());
    checked
        .map(|user| user.id)
        .or_else(|| own.map(|user| user.id))
}

/// Makes the codes that a call asks for. `at` is when their events are written.
///
/// # Errors
/// `COMMAND-JKL3g`, `COMMAND-JK3gp` without a user; 400 `SESSION-Gj4ko` for one that is not active;
/// `COMMAND-BJ2g3`, `COMMAND-JKLJ3` where the factor cannot be used; what [`Draft::new`] says.
pub(super) async fn ask_otp(
    core: &Core,
    asked: &AskOtp,
    user: Option<UserId>,
    session: SessionId,
    at: Timestamp,
) -> Result<AskedOtp, Error> {
    let mut made = AskedOtp::default();
    let mut found = None;
    // The order of the challenges is that of their events.
    for channel in [Channel::Sms, Channel::Email] {
        let Some(delivery) = asked.of(channel) else {
            continue;
        };
        let view = match found.take() {
            Some(view) => view,
            None => load(core, user, channel).await?,
        };
        make(core, &mut made, &view, delivery, (channel, session, at))?;
        found = Some(view);
    }
    Ok(made)
}

async fn load(core: &Core, user: Option<UserId>, channel: Channel) -> Result<UserView, Error> {
    let missing = match channel {
        Channel::Sms => SessionError::OtpSmsUserMissing,
        Channel::Email => SessionError::OtpEmailUserMissing,
    };
    let view = core.store.user_view(user.ok_or(missing)?).await?;
    let view = view.ok_or(SessionError::UserNotFound)?;
    usable(&view.user)?;
    Ok(view)
}

fn make(
    core: &Core,
    made: &mut AskedOtp,
    view: &UserView,
    delivery: &Delivery,
    (channel, session, at): (Channel, SessionId, Timestamp),
) -> Result<(), Error> {
    let address = challengeable_otp(&view.user, channel)?;
    let fresh = core.codes.fresh(CodeAlphabet::Digits, DIGITS)?;
    let digest = otp_digest(core, channel, session, address, &fresh);
    let template = match delivery {
        Delivery::Send(template) => {
            let message = match channel {
                Channel::Sms => Message::OtpSms,
                Channel::Email => Message::OtpEmail,
            };
            let draft = Draft::new(core, message, channel, template.as_deref())?;
            let outgoing = Outgoing {
                session: Some(session),
                ..Outgoing::new(address, &fresh, LIFETIME)
            };
            let queued = draft.seal(core, &view.user, &view.org_domain, &outgoing, at)?;
            made.queued.push(queued);
            template.clone()
        }
        Delivery::Return => None,
    };
    let returned = *delivery == Delivery::Return;
    let shown = returned.then_some(fresh);
    match channel {
        Channel::Sms => {
            made.sms = Some(OtpSmsChallenged {
                expiry: LIFETIME,
                code_returned: returned,
                digest,
            });
            made.returned.sms = shown;
        }
        Channel::Email => {
            made.email = Some(OtpEmailChallenged {
                expiry: LIFETIME,
                return_code: returned,
                url_tmpl: template,
                digest,
            });
            made.returned.email = shown;
        }
    }
    Ok(())
}
