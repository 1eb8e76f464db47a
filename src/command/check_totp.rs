//! Checks of codes of authenticator apps (spec session-service.md section 6.4).

use crate::core::Core;
use crate::domain::event::{TotpCheckSucceeded, UserEvent};
use crate::domain::permission::Authority;
use crate::domain::secret::{SealedSecret, Secret};
use crate::domain::time::Timestamp;
use crate::domain::user::{Judgement, User, judge_totp, totp_ready};
use crate::error::Error;

use super::checks::prove;

/// The step that a code belongs to now, if it is right. It is the clock of now that counts, even if
/// what was written last says that it has gone back.
///
/// # Errors
/// 500 for a secret that cannot be decrypted.
pub(super) fn step_of(
    core: &Core,
    user: &User,
    sealed: &SealedSecret,
    digits: &Secret,
) -> Result<Option<u64>, Error> {
    let step = core
        .totps
        .step_of(user.id, sealed, digits, core.clock.now());
    step.map_err(Error::from)
}

/// Judges until the answer stands: the user as it was loaded last, whose code is right.
///
/// A wrong or used code is counted, and that is durable, before it is told.
///
/// # Errors
/// `EVENT-8isk2`, `TOTP-Auw0a`; what [`totp_ready`] says.
pub(super) async fn prove_totp(
    core: &Core,
    authority: &Authority,
    user: User,
    digits: &Secret,
) -> Result<User, Error> {
    let judge = |user: &User, at| judge(core, user, digits, at);
    let delay = |attempts| core.policies.tarpit.delay(attempts);
    let (user, _) = prove(core, authority, user, judge, delay).await?;
    Ok(user)
}

/// What a right code writes to the user as it is now; `None` when it is not right any more, so that
/// the refusal has to be counted.
///
/// # Errors
/// As [`prove_totp`].
pub(super) fn proven_totp(
    core: &Core,
    user: &User,
    digits: &Secret,
    at: Timestamp,
) -> Result<Option<UserEvent>, Error> {
    match judge(core, user, digits, at)? {
        Judgement::Proven(checked) => Ok(Some(UserEvent::TotpCheckSucceeded(checked))),
        Judgement::Refused { .. } => Ok(None),
    }
}

fn judge(
    core: &Core,
    user: &User,
    digits: &Secret,
    at: Timestamp,
) -> Result<Judgement<TotpCheckSucceeded>, Error> {
    let sealed = totp_ready(user, at, &core.policies.attempts)?;
    let step = step_of(core, user, &sealed, digits)?;
    Ok(judge_totp(user, step, &core.policies, at)?)
}
