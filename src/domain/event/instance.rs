//! Events of the instance, and what membership events of instance and organisation share.

use serde::{Deserialize, Serialize};

use crate::domain::ids::OrgId;

use super::events;

events! {
    /// What can happen to the instance.
    InstanceEvent {
        /// It was set up at the first start.
        Added(InstanceAdded) = 101 "instance.added",
        /// The organisation that users belong to unless another is named.
        DefaultOrgSet(DefaultOrgSet) = 102 "instance.default.org.set",
        /// A user was given roles on the instance.
        MemberAdded(MemberRoles) = 103 "instance.member.added",
        /// The roles of a member were replaced.
        MemberChanged(MemberRoles) = 104 "instance.member.changed",
        /// A user has no role on the instance any more.
        MemberRemoved(MemberRemoved) = 105 "instance.member.removed",
        /// A removed user's roles went with the user.
        MemberCascadeRemoved(MemberRemoved) = 106 "instance.member.cascade.removed",
    }
}

/// Payload of `instance.added`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceAdded {
    /// Its name.
    pub name: String,
}

/// Payload of `instance.default.org.set`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultOrgSet {
    /// The organisation.
    #[serde(rename = "orgId")]
    pub org_id: OrgId,
}

/// Payload of `*.member.added` and `*.member.changed`: the whole new list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRoles {
    /// The member's id as the client knows it.
    #[serde(rename = "userId")]
    pub user_id: String,
    /// Role names, sorted.
    pub roles: Vec<String>,
}

/// Payload of `*.member.removed` and `*.member.cascade.removed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRemoved {
    /// The member's id as the client knows it.
    #[serde(rename = "userId")]
    pub user_id: String,
}
