//! `CreateUser` (adjacent.md section 7): adding a user to the organisation that the request names.

use crate::core::Core;
use crate::domain::ids::OrgId;
use crate::domain::permission::{Caller, Permission};
use crate::domain::user::UserError;
use crate::error::Error;

use super::users::{AddHuman, AddMachine, AddedUser, add_human, add_machine};

/// A user to create; the organisation is named beside it.
#[derive(Debug, Clone)]
pub enum NewUser {
    /// A person. Boxed, because it is several times the size of the other.
    Human(Box<AddHuman>),
    /// A service user.
    Machine(AddMachine),
}

/// Adds a person or a service user.
///
/// The permission comes before the look at the organisation, so that nobody without it can tell which
/// ones exist.
///
/// # Errors
/// `COMMAND-QXPGs` for an unknown organisation; what [`add_human`] and [`add_machine`] say.
pub async fn create_user(
    core: &Core,
    caller: &Caller,
    organization: OrgId,
    new: NewUser,
) -> Result<AddedUser, Error> {
    caller.may(Permission::UserWrite, Some(organization))?;
    if core.store.org(organization).await?.is_none() {
        return Err(UserError::OwnerNotFound.into());
    }
    let organization = Some(organization);
    match new {
        NewUser::Human(human) => {
            let command = AddHuman {
                organization,
                ..*human
            };
            add_human(core, caller, command).await
        }
        NewUser::Machine(machine) => {
            let command = AddMachine {
                organization,
                ..machine
            };
            add_machine(core, caller, command).await
        }
    }
}
