//! Passkeys and security keys in the rows of users: one column, because they are only ever read and
//! written with their user.

use super::cells::Cells;
use crate::domain::user::WebAuthnKeys;
use crate::ports::StoreError;

/// What the column holds; nothing for a user who has nothing.
pub(super) fn text(keys: &WebAuthnKeys) -> Result<Option<String>, StoreError> {
    if keys.is_empty() {
        return Ok(None);
    }
    serde_json::to_string(keys)
        .map(Some)
        .map_err(|error| StoreError::Failed(Box::new(error)))
}

/// Reads the column, and the flag beside it that says whether a security key is a second factor: it is
/// read without the rest where a session token is presented.
pub(super) fn read(cells: &mut Cells<'_, '_>) -> Result<WebAuthnKeys, StoreError> {
    let keys = match cells.maybe_str("web_auth_n")? {
        None => WebAuthnKeys::default(),
        Some(text) => serde_json::from_str(text).map_err(|_| cells.corrupt("web_auth_n"))?,
    };
    if cells.flag("u2f_ready")? == keys.u2f_ready() {
        Ok(keys)
    } else {
        Err(cells.corrupt("u2f_ready"))
    }
}
