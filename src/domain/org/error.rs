//! What memberships refuse (adjacent.md section 8, Members).

use crate::domain::error::{Kind, Refusal};

/// Why a change of roles was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MemberError {
    /// A role that nobody defined.
    #[error("Role is invalid")]
    RoleUnknown,
    /// No role at all.
    #[error("Role is missing")]
    RolesEmpty,
    /// Nobody under this id.
    #[error("User could not be found")]
    UserNotFound,
    /// The user is a member already.
    #[error("Member already exists")]
    Exists,
    /// The user is no member.
    #[error("Member not found")]
    NotFound,
    /// The organisation does not exist.
    #[error("Organisation doesn't exist")]
    OrgNotFound,
}

impl Refusal for MemberError {
    fn id(&self) -> &'static str {
        match self {
            Self::RoleUnknown => "INSTANCE-4m0fS",
            Self::RolesEmpty => "INSTANCE-LiaZi",
            Self::UserNotFound => "INSTA-GSXOn",
            Self::Exists => "INSTA-pFDwe",
            Self::NotFound => "INSTANCE-D8JxR",
            Self::OrgNotFound => "ORG-1VSkE",
        }
    }

    fn kind(&self) -> Kind {
        match self {
            Self::RoleUnknown | Self::RolesEmpty => Kind::InvalidArgument,
            Self::UserNotFound | Self::OrgNotFound => Kind::FailedPrecondition,
            Self::Exists => Kind::AlreadyExists,
            Self::NotFound => Kind::NotFound,
        }
    }
}
