//! Checks of one-time codes that came by SMS or e-mail, or were written down
//! (spec session-service.md sections 6.5 and 6.6).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

use crate::core::Core;
use crate::domain::event::UserEvent;
use crate::domain::ids::{SessionId, UserId};
use crate::domain::notification::Channel;
use crate::domain::permission::Authority;
use crate::domain::secret::Secret;
use crate::domain::session::{Session, SessionError};
use crate::domain::time::Timestamp;
use crate::domain::user::{
    Judgement, OtpAnswer, PendingCode, User, judge_otp, judge_recovery_code, otp_ready,
    recovery_ready,
};
use crate::error::Error;

use super::checks::prove;

/// A code that a session waited for and that was given back.
#[derive(Debug, Clone)]
pub(super) struct ProvenOtp {
    /// How it was sent.
    pub(super) channel: Channel,
    session: SessionId,
    waiting: PendingCode,
}

impl ProvenOtp {
    /// Whether the session waits for this code still.
    pub(super) fn fits(&self, session: &Session) -> bool {
        session.otp_challenges.of(self.channel) == Some(&self.waiting)
    }

    fn judge(
        &self,
        core: &Core,
        user: &User,
        given: &Secret,
        at: Timestamp,
    ) -> Result<Judgement<Box<UserEvent>>, Error> {
        let address = otp_ready(user, self.channel, at, &core.policies.attempts)?;
        let answer = if self.waiting.expires_at <= at {
            OtpAnswer::Expired
        } else if same(
            &otp_digest(core, self.channel, self.session, address, given),
            &self.waiting.digest,
        ) {
            OtpAnswer::Right
        } else {
            OtpAnswer::Wrong
        };
        Ok(judge_otp(user, self.channel, answer, &core.policies, at)?)
    }

    /// What a right code writes to the user as it is now; `None` when it is not right any more, so
    /// that the refusal has to be counted.
    ///
    /// # Errors
    /// As [`prove_otp`].
    pub(super) fn event(
        &self,
        core: &Core,
        user: &User,
        given: &Secret,
        at: Timestamp,
    ) -> Result<Option<UserEvent>, Error> {
        self.judge(core, user, given, at).map(proven)
    }
}

/// The digest of a code for one session and one address: after a change of the address the code that
/// went to the old one proves nothing.
pub(super) fn otp_digest(
    core: &Core,
    channel: Channel,
    session: SessionId,
    address: &str,
    given: &Secret,
) -> String {
    let purpose = match channel {
        Channel::Sms => "otp sms",
        Channel::Email => "otp email",
    };
    let text = Secret::new(format!("{session}:{address}:{}", given.expose()));
    URL_SAFE_NO_PAD.encode(core.codes.digest(purpose, text.expose()))
}

fn same(one: &str, other: &str) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

fn proven(judgement: Judgement<Box<UserEvent>>) -> Option<UserEvent> {
    match judgement {
        Judgement::Proven(event) => Some(*event),
        Judgement::Refused { .. } => None,
    }
}

/// Judges the code that was sent on a channel until the answer stands: the user as it was loaded
/// last, and what was proven.
///
/// A wrong or late code is counted, and that is durable, before it is told.
///
/// # Errors
/// What [`otp_ready`] says; `COMMAND-S34gh` where the session waits for no code; `CODE-QvUQ4P`,
/// `CODE-woT0xc`.
pub(super) async fn prove_otp(
    core: &Core,
    authority: &Authority,
    session: Option<&Session>,
    user: User,
    channel: Channel,
    given: &Secret,
) -> Result<(User, ProvenOtp), Error> {
    let now = core.now_after(user.changed_at);
    otp_ready(&user, channel, now, &core.policies.attempts)?;
    let waiting = session.and_then(|session| {
        let waiting = session.otp_challenges.of(channel)?.clone();
        Some(ProvenOtp {
            channel,
            session: session.id,
            waiting,
        })
    });
    let proof = waiting.ok_or(SessionError::OtpNoChallenge)?;
    let judge = |user: &User, at| proof.judge(core, user, given, at);
    let delay = |attempts| core.policies.tarpit.delay(attempts);
    let (user, _) = prove(core, authority, user, judge, delay).await?;
    Ok((user, proof))
}

/// Judges a recovery code until the answer stands: the user as it was loaded last.
///
/// A wrong code is counted, and that is durable, before it is told; the answer is not held back.
///
/// # Errors
/// What [`recovery_ready`] says; `COMMAND-ASV12` if others locked the user meanwhile;
/// `DOMAIN-6uvh0`.
pub(super) async fn prove_recovery(
    core: &Core,
    authority: &Authority,
    user: User,
    given: &Secret,
) -> Result<User, Error> {
    let now = core.now_after(user.changed_at);
    recovery_ready(&user, now, &core.policies.attempts)?;
    let judge = |user: &User, at| judge_recovery(core, user, given, at);
    let (user, _) = prove(core, authority, user, judge, |_| Duration::ZERO).await?;
    Ok(user)
}

/// What a right recovery code writes to the user as it is now; `None` when it was used meanwhile, so
/// that the refusal has to be counted.
///
/// # Errors
/// As [`prove_recovery`].
pub(super) fn recovery_event(
    core: &Core,
    user: &User,
    given: &Secret,
    at: Timestamp,
) -> Result<Option<UserEvent>, Error> {
    judge_recovery(core, user, given, at).map(proven)
}

fn judge_recovery(
    core: &Core,
    user: &User,
    given: &Secret,
    at: Timestamp,
) -> Result<Judgement<Box<UserEvent>>, Error> {
    let digests = recovery_digests(core, user.id, given);
    let codes = user.human().map(|human| human.recovery_codes.as_slice());
    let found = codes.unwrap_or_default().iter().find(|stored| {
        let mut digests = digests.iter();
        digests.any(|digest| same(digest, stored))
    });
    let found = found.map(String::as_str);
    Ok(judge_recovery_code(user, found, &core.policies, at)?)
}

/// The digests of a user's recovery code, the one for a new code first.
pub(super) fn recovery_digests(core: &Core, user: UserId, given: &Secret) -> Vec<String> {
    let text = Secret::new(format!("{user}:{}", given.expose()));
    core.codes
        .digests("recovery code", text.expose())
        .iter()
        .map(|digest| URL_SAFE_NO_PAD.encode(digest))
        .collect()
}
