//! The person who may open the database file, as a caller like any other.

use super::input::Input;
use super::output::Output;
use crate::core::{Core, ListLimits};
use crate::domain::ids::{OrgId, UserId};
use crate::domain::permission::{Caller, Credential, Membership, Permission, Resource};

impl Caller {
    /// The program itself, with every permission: whoever can open the database file can do
    /// everything anyway. Users are added to `organization` unless another is named.
    pub fn command_line(organization: OrgId) -> Self {
        Self {
            user: UserId::SYSTEM,
            organization,
            credential: Credential::CommandLine,
            memberships: vec![Membership {
                resource: Resource::Instance,
                permissions: Permission::ALL.iter().copied().collect(),
            }],
            from: None,
        }
    }
}

/// Who does what to which data, and where the words go.
pub(super) struct Operator<'a> {
    /// The data.
    pub(super) core: Core,
    /// In whose name.
    pub(super) caller: Caller,
    /// Where passwords come from.
    pub(super) input: Input,
    /// Where the words go.
    pub(super) output: Output<'a>,
}

impl<'a> Operator<'a> {
    /// The command line on this data.
    ///
    /// Lists have no limits here: those protect a server from its clients.
    pub(super) fn new(mut core: Core, input: Input, output: Output<'a>) -> Self {
        core.limits = ListLimits { default: 0, max: 0 };
        let caller = Caller::command_line(core.default_org);
        Self {
            core,
            caller,
            input,
            output,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_may_do_everything_everywhere() {
        let caller = Caller::command_line(OrgId::new(5));
        for permission in Permission::ALL {
            for organization in [None, Some(OrgId::new(5)), Some(OrgId::new(6))] {
                assert!(
                    caller.may(*permission, organization).is_ok(),
                    "{permission}"
                );
            }
        }
        assert_eq!(caller.authority().actor(), UserId::SYSTEM);
    }
}
