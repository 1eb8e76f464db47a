//! Who may do what, as values (spec session-service.md section 4.4, adjacent.md section 4).

mod caller;
mod roles;

pub use caller::{Caller, Credential, Denied, Membership, Resource};
pub use roles::{Permission, PermissionSet, RoleTable, UnknownPermission};

use super::ids::UserId;

/// The proof that a caller may do what it asks for, and who it is.
///
/// Only [`Caller`] makes one, after a check; decisions that write take it, so that none can be
/// reached without the check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    actor: UserId,
}

impl Authority {
    /// The authority of the program itself: bootstrap, the command line, consequences of a change.
    pub const fn system() -> Self {
        Self {
            actor: UserId::SYSTEM,
        }
    }

    /// The user in whose name events are written.
    pub const fn actor(&self) -> UserId {
        self.actor
    }
}
