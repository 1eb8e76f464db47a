//! Events of an organisation.

use serde::{Deserialize, Serialize};

use super::{MemberRemoved, MemberRoles, events};

events! {
    /// What can happen to an organisation.
    OrgEvent {
        /// It was created.
        Added(OrgAdded) = 201 "org.added",
        /// Its primary domain, the suffix of login names where the policy asks for one.
        PrimaryDomainSet(OrgDomain) = 202 "org.domain.primary.set",
        /// A user was given roles on it.
        MemberAdded(MemberRoles) = 203 "org.member.added",
        /// The roles of a member were replaced.
        MemberChanged(MemberRoles) = 204 "org.member.changed",
        /// A user has no role on it any more.
        MemberRemoved(MemberRemoved) = 205 "org.member.removed",
        /// A removed user's roles went with the user.
        MemberCascadeRemoved(MemberRemoved) = 206 "org.member.cascade.removed",
    }
}

/// Payload of `org.added`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgAdded {
    /// Its name.
    pub name: String,
}

/// Payload of the domain events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgDomain {
    /// The domain, lower case.
    pub domain: String,
}
