//! What memberships refuse (adjacent.md section 8, Members).

use super::MemberChange;
use crate::domain::error::{Kind, Refusal};
use crate::domain::permission::Resource;

/// Why a change of roles was refused, and what was to be changed: ZITADEL has ids of their own for
/// the instance and for organisations, and for adding and updating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemberError {
    reason: Reason,
    resource: Resource,
    change: MemberChange,
}

/// Why a change of roles was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    RoleInvalid,
    RolesEmpty,
    UserNotFound,
    Exists,
    NotFound,
    OrgNotFound,
}

impl MemberError {
    pub(super) const fn new(reason: Reason, resource: Resource, change: MemberChange) -> Self {
        Self {
            reason,
            resource,
            change,
        }
    }

    /// Nobody under this id.
    pub const fn user_not_found(resource: Resource, change: MemberChange) -> Self {
        Self::new(Reason::UserNotFound, resource, change)
    }

    /// The organisation does not exist.
    pub const fn org_not_found(resource: Resource) -> Self {
        Self::new(Reason::OrgNotFound, resource, MemberChange::Set)
    }
}

impl std::fmt::Display for MemberError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self.reason {
            Reason::RoleInvalid | Reason::RolesEmpty => "Member is invalid",
            Reason::UserNotFound => "User could not be found",
            Reason::Exists => "Member already exists",
            Reason::NotFound => "Member not found",
            Reason::OrgNotFound => "Organisation doesn't exist",
        })
    }
}

impl std::error::Error for MemberError {}

impl Refusal for MemberError {
    fn id(&self) -> &'static str {
        let instance = self.resource == Resource::Instance;
        let update = self.change == MemberChange::Update;
        match (self.reason, instance, update) {
            (Reason::RoleInvalid, true, false) => "INSTANCE-4m0fS",
            (Reason::RoleInvalid, true, true) => "INSTANCE-3m9fs",
            (Reason::RoleInvalid, false, false) => "Org-4N8es",
            (Reason::RoleInvalid, false, true) => "IAM-m9fG8",
            (Reason::RolesEmpty, true, _) => "INSTANCE-LiaZi",
            (Reason::RolesEmpty, false, false) => "ORG-4Mlfs",
            (Reason::RolesEmpty, false, true) => "Org-LiaZi",
            (Reason::UserNotFound, true, _) => "INSTA-GSXOn",
            (Reason::UserNotFound, false, _) => "ORG-GoXOn",
            (Reason::Exists, true, _) => "INSTA-pFDwe",
            (Reason::Exists, false, _) => "ORG-poWwe",
            (Reason::NotFound, true, _) => "INSTANCE-D8JxR",
            (Reason::NotFound, false, _) => "Org-D8JxR",
            (Reason::OrgNotFound, _, _) => "ORG-1VSkE",
        }
    }

    fn kind(&self) -> Kind {
        match self.reason {
            Reason::RoleInvalid | Reason::RolesEmpty => Kind::InvalidArgument,
            Reason::UserNotFound | Reason::OrgNotFound => Kind::FailedPrecondition,
            Reason::Exists => Kind::AlreadyExists,
            Reason::NotFound => Kind::NotFound,
        }
    }
}

/// Why roles on a project are refused: there are no projects (what ZITADEL says of unknown ones).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProjectMemberError {
    /// A user cannot be made a member of it.
    #[error("Project not found")]
    ProjectNotFound,
    /// Nobody is a member of it.
    #[error("Project member not found")]
    NotFound,
}

impl Refusal for ProjectMemberError {
    fn id(&self) -> &'static str {
        match self {
            Self::ProjectNotFound => "COMMAND-EbFMN",
            Self::NotFound => "PROJECT-D8JxR",
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::ProjectNotFound => Kind::FailedPrecondition,
            Self::NotFound => Kind::NotFound,
        }
    }
}
