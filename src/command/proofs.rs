//! The checks of one call, gathered in their fixed order (spec session-service.md section 5.1).

use crate::core::Core;
use crate::domain::ids::UserId;
use crate::domain::intent::{Intent, IntentError};
use crate::domain::notification::Channel;
use crate::domain::permission::Authority;
use crate::domain::secret::Secret;
use crate::domain::session::{Changes, Session, SessionError};
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserError, UserState, judge_signature};
use crate::error::Error;
use crate::ports::Append;

use super::check_intent::{self, IntentCheck, prove_intent};
use super::check_otp::{ProvenOtp, prove_otp, prove_recovery, recovery_event};
use super::check_totp::{prove_totp, proven_totp};
use super::check_webauthn::{ProvenKey, prove_web_auth_n};
use super::checks::{Compared, UserSelector, find_user, prove_password, proven, usable, user_fact};
use super::{after, append_user};

/// The checks that a call asks for.
#[derive(Debug, Clone, Default)]
pub struct Checks {
    /// The user to check.
    pub user: Option<UserSelector>,
    /// The user's password.
    pub password: Option<Secret>,
    /// What an identity provider said of the user.
    pub intent: Option<IntentCheck>,
    /// What a passkey or security key has answered to the challenge of the session: JSON.
    pub web_auth_n: Option<String>,
    /// A code of the user's authenticator app.
    pub totp: Option<Secret>,
    /// The code that was sent by SMS.
    pub otp_sms: Option<Secret>,
    /// The code that was sent by e-mail.
    pub otp_email: Option<Secret>,
    /// One of the user's recovery codes.
    pub recovery_code: Option<Secret>,
}

impl Checks {
    /// Whether anything is to be proven, and not only somebody named.
    pub(super) const fn prove(&self) -> bool {
        self.password.is_some()
            || self.intent.is_some()
            || self.web_auth_n.is_some()
            || self.totp.is_some()
            || self.otp_sms.is_some()
            || self.otp_email.is_some()
            || self.recovery_code.is_some()
    }

    const fn otp(&self, channel: Channel) -> Option<&Secret> {
        match channel {
            Channel::Sms => self.otp_sms.as_ref(),
            Channel::Email => self.otp_email.as_ref(),
        }
    }
}

/// The checks of a call that have succeeded.
#[derive(Debug, Default)]
pub(super) struct Proofs {
    /// The user that they are about, as it was loaded last; absent where nothing was checked.
    user: Option<User>,
    user_checked: bool,
    password: Option<Compared>,
    intent: Option<Box<Intent>>,
    web_auth_n: Option<ProvenKey>,
    totp: bool,
    /// In the order of their events.
    otp: Vec<ProvenOtp>,
    recovery_code: bool,
}

impl Proofs {
    /// Runs the checks. `session` is the one that they are for, if it exists already.
    ///
    /// # Errors
    /// The first check that fails; what it writes to the user is durable, and nothing else is written.
    pub(super) async fn gather(
        core: &Core,
        authority: &Authority,
        checks: &Checks,
        session: Option<&Session>,
    ) -> Result<Self, Error> {
        let own = session.and_then(|session| session.user.as_ref());
        let own = own.map(|user| user.id);
        let mut proofs = Self::default();
        if let Some(selector) = &checks.user {
            let user = find_user(core, selector, checks.password.as_ref()).await?;
            if own.is_some_and(|own| own != user.id) {
                return Err(SessionError::UserChange.into());
            }
            proofs.user_checked = true;
            proofs.user = Some(user);
        }
        if let Some(password) = &checks.password {
            let user = if let Some(user) = proofs.user.take() {
                user
            } else {
                let own = own.ok_or(SessionError::PasswordUserMissing)?;
                own_user(core, own, UserError::PasswordUserNotFound).await?
            };
            // Boxed here and below, so that the future of every request stays small.
            let (user, compared) =
                Box::pin(prove_password(core, authority, user, password)).await?;
            proofs.user = Some(user);
            proofs.password = Some(compared);
        }
        if let Some(check) = &checks.intent {
            let user = if let Some(user) = proofs.user.take() {
                user
            } else {
                let own = own.ok_or(IntentError::UserMissing)?;
                let user = own_user(core, own, UserError::NotFound).await?;
                usable(&user)?;
                user
            };
            let intent = Box::pin(prove_intent(core, user.id, check)).await?;
            proofs.user = Some(user);
            proofs.intent = Some(Box::new(intent));
        }
        if let Some(answer) = &checks.web_auth_n {
            let (user, proven) =
                Box::pin(prove_web_auth_n(core, session, proofs.user.take(), answer)).await?;
            proofs.user = Some(user);
            proofs.web_auth_n = Some(proven);
        }
        if let Some(digits) = &checks.totp {
            let user = if let Some(user) = proofs.user.take() {
                user
            } else {
                let own = own.ok_or(SessionError::TotpUserMissing)?;
                own_user(core, own, UserError::TotpNotReady).await?
            };
            let user = Box::pin(prove_totp(core, authority, user, digits)).await?;
            proofs.user = Some(user);
            proofs.totp = true;
        }
        Box::pin(proofs.gather_codes(core, authority, checks, session)).await?;
        Ok(proofs)
    }

    /// Runs the checks of codes that were sent or written down.
    async fn gather_codes(
        &mut self,
        core: &Core,
        authority: &Authority,
        checks: &Checks,
        session: Option<&Session>,
    ) -> Result<(), Error> {
        for channel in [Channel::Sms, Channel::Email] {
            let Some(given) = checks.otp(channel) else {
                continue;
            };
            let user = self.user.take();
            let user = user_or(core, user, session, SessionError::OtpUserMissing).await?;
            let proving = prove_otp(core, authority, session, user, channel, given);
            let (user, proven) = Box::pin(proving).await?;
            self.user = Some(user);
            self.otp.push(proven);
        }
        if let Some(given) = &checks.recovery_code {
            let user = self.user.take();
            let user = user_or(core, user, session, SessionError::RecoveryUserMissing).await?;
            let user = Box::pin(prove_recovery(core, authority, user, given)).await?;
            self.user = Some(user);
            self.recovery_code = true;
        }
        Ok(())
    }

    /// The user whose state must still be active when the call is written.
    pub(super) const fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// When the user or the intent was changed last.
    pub(super) fn changed_at(&self) -> Timestamp {
        let user = self.user.as_ref().map(|user| user.changed_at);
        let intent = self.intent.as_ref().map(|intent| intent.changed_at);
        user.max(intent).unwrap_or_default()
    }

    /// The checks as facts for the session.
    pub(super) fn changes(&self) -> Changes {
        Changes {
            user: self
                .user
                .as_ref()
                .filter(|_| self.user_checked)
                .map(user_fact),
            password: self.password.is_some(),
            intent: self.intent.is_some(),
            web_auth_n: self.web_auth_n.as_ref().map(ProvenKey::fact),
            totp: self.totp,
            otp_sms: self.has(Channel::Sms),
            otp_email: self.has(Channel::Email),
            recovery_code: self.recovery_code,
            ..Changes::default()
        }
    }

    /// What they write to the user as it is now; `None` when something has to be proven anew.
    ///
    /// # Errors
    /// The user was locked meanwhile, or has failed too often in a row.
    pub(super) fn appends(
        &self,
        core: &Core,
        checks: &Checks,
        at: Timestamp,
    ) -> Result<Option<Vec<Append>>, Error> {
        let Some(user) = &self.user else {
            return Ok(Some(Vec::new()));
        };
        let mut events = Vec::with_capacity(4);
        if let Some(compared) = &self.password {
            let Some(of_password) = proven(user, compared, &core.policies, at)? else {
                return Ok(None);
            };
            events.extend(of_password);
        }
        if let Some(proven) = &self.web_auth_n {
            events.push(judge_signature(user, proven.signed())?);
        }
        if let (true, Some(digits)) = (self.totp, &checks.totp) {
            let user = after(user, &events, at);
            let Some(of_totp) = proven_totp(core, &user, digits, at)? else {
                return Ok(None);
            };
            events.push(of_totp);
        }
        for proven in &self.otp {
            let Some(given) = checks.otp(proven.channel) else {
                continue;
            };
            let Some(of_otp) = proven.event(core, &after(user, &events, at), given, at)? else {
                return Ok(None);
            };
            events.push(of_otp);
        }
        if let (true, Some(given)) = (self.recovery_code, &checks.recovery_code) {
            let Some(of_code) = recovery_event(core, &after(user, &events, at), given, at)? else {
                return Ok(None);
            };
            events.push(of_code);
        }
        if events.is_empty() {
            return Ok(Some(Vec::new()));
        }
        Ok(Some(vec![append_user(user, at, events)]))
    }

    fn has(&self, channel: Channel) -> bool {
        self.otp.iter().any(|proven| proven.channel == channel)
    }

    /// What the checks write after the session: the intent that was used up.
    pub(super) fn consumed(
        &self,
        core: &Core,
        authority: &Authority,
        at: Timestamp,
    ) -> Option<Append> {
        let intent = self.intent.as_ref()?;
        Some(check_intent::consumed(core, authority, intent, at))
    }

    /// Whether what was proven was asked by the session as it is now: others may have used its
    /// challenge up, or have asked for another one.
    pub(super) fn fit(&self, session: &Session) -> bool {
        let proven = self.web_auth_n.as_ref();
        let asked = session.web_auth_n_challenge.as_ref();
        proven.is_none_or(|proven| asked == Some(&proven.challenge))
            && self.otp.iter().all(|proven| proven.fits(session))
    }

    /// The user as it is now, still one that may log in, and the intent, still one that proves it.
    ///
    /// # Errors
    /// 404 `QUERY-Dfbg2`; 400 `SESSION-Gj4ko`; what [`prove_intent`] says.
    pub(super) async fn reload(&mut self, core: &Core) -> Result<(), Error> {
        if let Some(user) = self.user.take() {
            let found = core.store.user(user.id).await?;
            let user = found.ok_or(SessionError::UserNotFound)?;
            usable(&user)?;
            if let Some(intent) = self.intent.take() {
                let judged = Box::pin(check_intent::judged(core, user.id, intent.id));
                self.intent = Some(Box::new(judged.await?));
            }
            self.user = Some(user);
        }
        Ok(())
    }
}

/// The user that the call has checked, otherwise that of the session.
async fn user_or(
    core: &Core,
    checked: Option<User>,
    session: Option<&Session>,
    missing: SessionError,
) -> Result<User, Error> {
    if let Some(user) = checked {
        return Ok(user);
    }
    let own = session.and_then(|session| session.user.as_ref());
    own_user(core, own.ok_or(missing)?.id, UserError::NotFound).await
}

/// The user a session is already tied to. Its state is tested on every check, whatever the order of
/// calls: stricter than ZITADEL, never looser (design section 7). `gone` is the check's own answer.
async fn own_user(core: &Core, id: UserId, gone: UserError) -> Result<User, Error> {
    let user = core
        .store
        .user(id)
        .await?
        .filter(User::exists)
        .ok_or(gone)?;
    // A locked user is refused by the check itself, with an id of its own.
    if user.state != UserState::Locked {
        usable(&user)?;
    }
    Ok(user)
}
