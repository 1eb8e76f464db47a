//! `HumanMFAInitSkipped` (adjacent.md section 10.2).

use crate::core::Core;
use crate::domain::ids::UserId;
use crate::domain::permission::Caller;
use crate::domain::user::{self, UserError};
use crate::error::Error;

use super::Details;
use super::change::{Decided, change_one};
use super::codes::own_unless;

/// Notes that a person did not want to set up a second factor now.
///
/// # Errors
/// 404 `COMMAND-auj6jeBei4`; what the permission check says.
pub async fn skip_mfa_init(core: &Core, caller: &Caller, id: UserId) -> Result<Details, Error> {
    let user = change_one(core, id, UserError::SkipNotFound, |user, _| {
        let authority = own_unless(false, caller, user)?;
        let event = user::skip_mfa_init(&authority, user)?;
        Ok(Decided::new(authority, vec![event]))
    })
    .await?;
    Ok(Details::of(&user))
}
