//! Checks of codes of authenticator apps (spec session-service.md section 6.4).

use crate::core::Core;
use crate::domain::event::UserEvent;
use crate::domain::permission::Authority;
use crate::domain::secret::{SealedSecret, Secret};
use crate::domain::session::SessionError;
use crate::domain::time::Timestamp;
use crate::domain::user::{TotpJudgement, User, judge_totp, totp_ready};
use crate::error::Error;
use crate::ports::StoreError;

use super::checks::{Counted, count_failure};
use super::{ATTEMPTS, contended};

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
    mut user: User,
    digits: &Secret,
) -> Result<User, Error> {
    let mut last = StoreError::Closed;
    for _ in 0..ATTEMPTS {
        let at = core.now_after(user.changed_at);
        match judge(core, &user, digits, at)? {
            TotpJudgement::Proven(_) => return Ok(user),
            TotpJudgement::Refused {
                events,
                attempts,
                error,
            } => match count_failure(core, authority, &user, at, events).await? {
                Counted::Written => {
                    core.clock.sleep(core.policies.tarpit.delay(attempts)).await;
                    return Err(error.into());
                }
                Counted::Raced(conflict) => last = conflict,
            },
        }
        let found = core.store.user(user.id).await?;
        user = found.ok_or(SessionError::UserNotFound)?;
    }
    Err(contended(last))
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
        TotpJudgement::Proven(checked) => Ok(Some(UserEvent::TotpCheckSucceeded(checked))),
        TotpJudgement::Refused { .. } => Ok(None),
    }
}

fn judge(core: &Core, user: &User, digits: &Secret, at: Timestamp) -> Result<TotpJudgement, Error> {
    let sealed = totp_ready(user, at, &core.policies.attempts)?;
    let step = step_of(core, user, &sealed, digits)?;
    Ok(judge_totp(user, step, &core.policies, at)?)
}
