//! The challenges of a call (spec session-service.md sections 6.3 and 6.5).

use crate::core::Core;
use crate::domain::ids::SessionId;
use crate::domain::session::{Changes, Session};
use crate::domain::time::Timestamp;
use crate::domain::webauthn::WebAuthnChallenge;
use crate::error::Error;
use crate::ports::Queued;

use super::ask_otp::{AskOtp, AskedOtp, ReturnedOtp, ask_otp, asked_user};
use super::ask_webauthn::{AskKey, ask_key};
use super::proofs::{Checks, Proofs};

/// What a call asks the user for.
#[derive(Debug, Clone, Default)]
pub struct Challenges {
    /// A passkey or security key is asked.
    pub web_auth_n: Option<AskKey>,
    /// Codes that are to be sent or returned.
    pub otp: AskOtp,
}

/// The challenges that were made for a call.
#[derive(Debug, Default)]
pub(super) struct Asked {
    web_auth_n: Option<WebAuthnChallenge>,
    otp: AskedOtp,
}

/// What the caller is told of the challenges.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    /// What a passkey or security key was asked.
    pub web_auth_n: Option<WebAuthnChallenge>,
    /// Codes for the answer.
    pub otp: ReturnedOtp,
}

impl Challenges {
    const fn are_none(&self) -> bool {
        self.web_auth_n.is_none() && self.otp.sms.is_none() && self.otp.email.is_none()
    }

    /// Tests what can be tested before anything is proven.
    ///
    /// # Errors
    /// What [`AskOtp::template_is_good`] says.
    pub(super) async fn are_good(&self, core: &Core, checks: &Checks) -> Result<(), Error> {
        if self.are_none() {
            return Ok(());
        }
        // Boxed here and below, so that the future of every request stays small.
        Box::pin(self.otp.template_is_good(core, checks)).await
    }

    /// Makes the challenges for a session, which may be one that does not exist yet. `at` is when
    /// their events are written.
    ///
    /// # Errors
    /// What [`ask_key`] and [`ask_otp`] say.
    pub(super) async fn ask(
        &self,
        core: &Core,
        proofs: &Proofs,
        session: Option<&Session>,
        id: SessionId,
        at: Timestamp,
    ) -> Result<Asked, Error> {
        if self.are_none() {
            return Ok(Asked::default());
        }
        let key = ask_key(core, self.web_auth_n.as_ref(), proofs.user(), session);
        let web_auth_n = Box::pin(key).await?;
        let user = asked_user(proofs.user(), session);
        let otp = Box::pin(ask_otp(core, &self.otp, user, id, at)).await?;
        Ok(Asked { web_auth_n, otp })
    }
}

impl Asked {
    /// The challenges as facts for the session, for the caller, and for those who are to answer them.
    pub(super) fn into_changes(self, changes: Changes) -> (Changes, Shown, Vec<Queued>) {
        let (changes, otp, queued) = self.otp.into_changes(changes);
        let changes = Changes {
            web_auth_n_challenge: self.web_auth_n.clone(),
            ..changes
        };
        let shown = Shown {
            web_auth_n: self.web_auth_n,
            otp,
        };
        (changes, shown, queued)
    }
}
