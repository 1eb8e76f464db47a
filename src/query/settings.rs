//! Reading settings (adjacent.md section 8, Settings).
//!
//! They come from the configuration and are the same for all organisations; what is decided here is
//! who may read them.

use crate::core::Core;
use crate::domain::error::Kind;
use crate::domain::ids::InstanceId;
use crate::domain::permission::{Caller, Permission};
use crate::domain::settings::is_language_tag;
use crate::domain::time::Timestamp;
use crate::error::Error;

/// What settings say of themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingsDetails {
    /// Whose they are.
    pub owner: InstanceId,
    /// Since when they exist.
    pub created_at: Timestamp,
    /// The latest moment at which they can have changed: when the configuration was read.
    pub changed_at: Timestamp,
}

/// Asks for `policy.read`. Which organisation's settings are asked for makes no difference, as in
/// ZITADEL: it is the caller's organisation that roles are looked for in.
///
/// # Errors
/// What the permission check says.
pub fn read_settings(core: &Core, caller: &Caller) -> Result<SettingsDetails, Error> {
    caller.may(Permission::PolicyRead, Some(caller.organization))?;
    Ok(SettingsDetails {
        owner: core.instance,
        created_at: core.set_up_at,
        changed_at: core.configured_at.max(core.set_up_at),
    })
}

/// Asks for `iam.policy.read`.
///
/// # Errors
/// What the permission check says.
pub fn read_instance_settings(caller: &Caller) -> Result<(), Error> {
    caller.may(Permission::IamPolicyRead, Some(caller.organization))?;
    Ok(())
}

/// Tests that texts are asked for in a language. There are none in any: login pages bring their own.
///
/// # Errors
/// `QUERY-rZLAGi`.
pub fn read_translation(locale: &str) -> Result<(), Error> {
    if is_language_tag(locale) {
        return Ok(());
    }
    Err(Error::new(
        Kind::InvalidArgument,
        "QUERY-rZLAGi",
        "Errors.Arguments.Locale.Invalid",
    ))
}
