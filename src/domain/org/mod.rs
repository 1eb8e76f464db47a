//! The instance, its organisations and who has roles on them.

mod error;
mod evolve;
mod members;

use super::ids::{InstanceId, OrgId, Sequence, UserId};
use super::permission::Resource;
use super::time::Timestamp;

pub use error::{MemberError, ProjectMemberError};
pub use evolve::{evolve_instance, evolve_org, first_instance, first_org, fold_instance, fold_org};
pub use members::{MemberChange, clean_roles, remove_member, set_member};

/// The write model of the instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its id: resource owner of sessions.
    pub id: InstanceId,
    /// The sequence of its last event.
    pub sequence: Sequence,
    /// When it was set up.
    pub created_at: Timestamp,
    /// When its last event was written.
    pub changed_at: Timestamp,
    /// Its name.
    pub name: String,
    /// The organisation that users belong to unless another is named.
    pub default_org: Option<OrgId>,
}

/// The write model of an organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Org {
    /// Its id: resource owner of users.
    pub id: OrgId,
    /// The sequence of its last event.
    pub sequence: Sequence,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its last event was written.
    pub changed_at: Timestamp,
    /// Its name.
    pub name: String,
    /// The suffix of login names where the policy asks for one; lower case.
    pub primary_domain: String,
}

/// A user's roles on a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The user.
    pub user: UserId,
    /// On what.
    pub resource: Resource,
    /// Role names, sorted.
    pub roles: Vec<String>,
    /// When the user became a member.
    pub created_at: Timestamp,
    /// When the roles last changed.
    pub changed_at: Timestamp,
}
