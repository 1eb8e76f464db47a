//! Setting up one-time codes: by SMS, by e-mail, and recovery codes (adjacent.md section 8).

use crate::core::Core;
use crate::domain::ids::UserId;
use crate::domain::notification::Channel;
use crate::domain::permission::{Caller, Permission};
use crate::domain::secret::Secret;
use crate::domain::user::{self, MAX_RECOVERY_CODES, UserError};
use crate::error::Error;
use crate::ports::CodeAlphabet;

use super::Details;
use super::change::{Decided, change_one};
use super::check_otp::recovery_digests;

/// Characters before the hyphen of a recovery code, and after it: 50 bits together.
const HALF: usize = 5;

/// Makes codes on a channel a factor of a person.
///
/// # Errors
/// What [`user::add_otp`] and the permission check say.
pub async fn add_otp(
    core: &Core,
    caller: &Caller,
    id: UserId,
    channel: Channel,
) -> Result<Details, Error> {
    let user = change_one(core, id, user::not_verified(channel), |user, _| {
        let permission = Permission::UserCredentialWrite;
        let authority = caller.may_or_is(user.id, permission, user.organization)?;
        let event = user::add_otp(&authority, user, channel)?;
        Ok(Decided::new(authority, vec![event]))
    })
    .await?;
    Ok(Details::of(&user))
}

/// Makes codes on a channel no factor any more.
///
/// # Errors
/// What [`user::remove_otp`] and the permission check say.
pub async fn remove_otp(
    core: &Core,
    caller: &Caller,
    id: UserId,
    channel: Channel,
) -> Result<Details, Error> {
    let user = change_one(core, id, user::no_otp(channel), |user, _| {
        let authority = caller.may_or_is(user.id, Permission::UserWrite, user.organization)?;
        let event = user::remove_otp(&authority, user, channel)?;
        Ok(Decided::new(authority, vec![event]))
    })
    .await?;
    Ok(Details::of(&user))
}

/// Recovery codes that were made.
#[derive(Debug, Clone)]
pub struct MadeRecoveryCodes {
    /// Details of the user.
    pub details: Details,
    /// The codes, shown once.
    pub codes: Vec<Secret>,
}

/// Makes recovery codes for a person, beside those that are there.
///
/// # Errors
/// `COMMAND-7c0nx` for a number that is none or too large; what [`user::add_recovery_codes`] and the
/// permission check say.
pub async fn generate_recovery_codes(
    core: &Core,
    caller: &Caller,
    id: UserId,
    count: i32,
) -> Result<MadeRecoveryCodes, Error> {
    let count = usize::try_from(count).unwrap_or(0);
    if !(1..=MAX_RECOVERY_CODES).contains(&count) {
        return Err(UserError::RecoveryCountInvalid.into());
    }
    let codes = (0..count)
        .map(|_| recovery_code(core))
        .collect::<Result<Vec<_>, _>>()?;
    let digests: Vec<_> = codes
        .iter()
        .filter_map(|code| recovery_digests(core, id, code).into_iter().next())
        .collect();
    let user = change_one(core, id, UserError::NotFound, |user, _| {
        let permission = Permission::UserCredentialWrite;
        let authority = caller.may_or_is(user.id, permission, user.organization)?;
        let event = user::add_recovery_codes(&authority, user, digests.clone())?;
        Ok(Decided::new(authority, vec![event]))
    })
    .await?;
    Ok(MadeRecoveryCodes {
        details: Details::of(&user),
        codes,
    })
}

fn recovery_code(core: &Core) -> Result<Secret, Error> {
    let half = || core.codes.fresh(CodeAlphabet::Crockford, HALF);
    let (first, second) = (half()?, half()?);
    let text = format!("{}-{}", first.expose(), second.expose());
    Ok(Secret::new(text))
}

/// Takes all recovery codes of a person away.
///
/// # Errors
/// What [`user::remove_recovery_codes`] and the permission check say.
pub async fn remove_recovery_codes(
    core: &Core,
    caller: &Caller,
    id: UserId,
) -> Result<Details, Error> {
    let user = change_one(core, id, UserError::RecoveryNone, |user, _| {
        let authority = caller.may_or_is(user.id, Permission::UserWrite, user.organization)?;
        let event = user::remove_recovery_codes(&authority, user)?;
        Ok(Decided::new(authority, vec![event]))
    })
    .await?;
    Ok(Details::of(&user))
}
