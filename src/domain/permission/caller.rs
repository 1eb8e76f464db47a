//! The caller of an operation and what it may do.

use super::{Authority, Permission, PermissionSet};
use crate::domain::client::ClientAddress;
use crate::domain::error::{Kind, Refusal};
use crate::domain::ids::{OrgId, PatId, SessionId, UserId};

/// What a membership is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// The whole instance; counts everywhere.
    Instance,
    /// One organisation; counts for what it owns.
    Org(OrgId),
}

/// What a user may do on a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// On what.
    pub resource: Resource,
    /// The permissions that its roles add up to.
    pub permissions: PermissionSet,
}

/// How a caller proved who it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    /// By a personal access token.
    Pat(PatId),
    /// By a session token.
    Session(SessionId),
    /// By being able to open the database file.
    CommandLine,
}

/// Who is asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The user.
    pub user: UserId,
    /// The user's organisation, or the one that the request named.
    pub organization: OrgId,
    /// How the caller proved it.
    pub credential: Credential,
    /// Where the user has roles.
    pub memberships: Vec<Membership>,
    /// Where the request comes from, as far as that is known.
    pub from: Option<ClientAddress>,
}

/// Why a caller may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// No role on the resource nor on the instance. ZITADEL says 404 here.
    #[error("membership not found")]
    NoMembership(Permission),
    /// Roles, but none with the permission.
    #[error("No matching permissions found")]
    NoPermission(Permission),
}

impl Denied {
    /// The permission that was missing; for the log line, never for the answer.
    pub const fn permission(self) -> Permission {
        match self {
            Self::NoMembership(permission) | Self::NoPermission(permission) => permission,
        }
    }
}

impl Refusal for Denied {
    fn id(&self) -> &'static str {
        match self {
            Self::NoMembership(_) => "AUTHZ-cdgFk",
            Self::NoPermission(_) => "AUTH-AWfge",
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::NoMembership(_) => Kind::NotFound,
            Self::NoPermission(_) => Kind::PermissionDenied,
        }
    }
}

impl Caller {
    /// Whether the caller has a permission on what an organisation owns, or on the instance when
    /// `organization` is absent.
    ///
    /// # Errors
    /// [`Denied::NoMembership`] without any relevant role, [`Denied::NoPermission`] without the right one.
    pub fn may(
        &self,
        permission: Permission,
        organization: Option<OrgId>,
    ) -> Result<Authority, Denied> {
        let mut relevant = false;
        for membership in &self.memberships {
            let counts = match membership.resource {
                Resource::Instance => true,
                Resource::Org(id) => organization == Some(id),
            };
            if counts && membership.permissions.contains(permission) {
                return Ok(self.authority());
            }
            relevant |= counts;
        }
        Err(if relevant {
            Denied::NoPermission(permission)
        } else {
            Denied::NoMembership(permission)
        })
    }

    /// Whether the caller is this user, or has the permission on the user's organisation.
    ///
    /// # Errors
    /// As [`may`](Self::may).
    pub fn may_or_is(
        &self,
        user: UserId,
        permission: Permission,
        organization: OrgId,
    ) -> Result<Authority, Denied> {
        if self.user == user {
            Ok(self.authority())
        } else {
            self.may(permission, Some(organization))
        }
    }

    /// The authority that the caller's own proof gives it: its own things, or a token it presented
    /// and that was verified.
    pub const fn authority(&self) -> Authority {
        Authority { actor: self.user }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: OrgId = OrgId::new(10);
    const OTHER: OrgId = OrgId::new(11);

    fn caller(memberships: &[(Resource, &[Permission])]) -> Caller {
        Caller {
            user: UserId::new(1),
            organization: HOME,
            credential: Credential::Pat(PatId::new(1)),
            memberships: memberships
                .iter()
                .map(|(resource, permissions)| Membership {
                    resource: *resource,
                    permissions: permissions.iter().copied().collect(),
                })
                .collect(),
            from: None,
        }
    }

    #[test]
    fn permission_follows_membership() {
        use Permission::{SessionDelete, SessionRead};
        let nobody = caller(&[]);
        let viewer = caller(&[(Resource::Instance, &[SessionRead])]);
        let manager = caller(&[(Resource::Org(HOME), &[SessionRead, SessionDelete])]);
        let table: [(&Caller, Permission, Option<OrgId>, Option<&str>); 9] = [
            (&nobody, SessionRead, None, Some("AUTHZ-cdgFk")),
            (&nobody, SessionRead, Some(HOME), Some("AUTHZ-cdgFk")),
            (&viewer, SessionRead, None, None),
            (&viewer, SessionRead, Some(OTHER), None),
            (&viewer, SessionDelete, Some(OTHER), Some("AUTH-AWfge")),
            (&manager, SessionDelete, Some(HOME), None),
            (&manager, SessionDelete, Some(OTHER), Some("AUTHZ-cdgFk")),
            (&manager, SessionDelete, None, Some("AUTHZ-cdgFk")),
            (
                &manager,
                Permission::SessionWrite,
                Some(HOME),
                Some("AUTH-AWfge"),
            ),
        ];
        for (caller, permission, organization, refused) in table {
            let answer = caller.may(permission, organization);
            assert_eq!(
                answer.err().map(|denied| denied.id()),
                refused,
                "{permission} on {organization:?}"
            );
        }
    }

    #[test]
    fn one_may_what_one_is() {
        let nobody = caller(&[]);
        assert!(
            nobody
                .may_or_is(UserId::new(1), Permission::UserWrite, HOME)
                .is_ok()
        );
        assert!(
            nobody
                .may_or_is(UserId::new(2), Permission::UserWrite, HOME)
                .is_err()
        );
    }
}
