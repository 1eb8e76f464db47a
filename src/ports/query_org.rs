//! Searching organisations and memberships.

use super::query::{Comparison, TextMatch};
use crate::domain::ids::{OrgId, UserId};
use crate::domain::org::{Member, Org};
use crate::domain::permission::Resource;
use crate::domain::time::Timestamp;

/// Which organisations are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Orgs {
    /// All of the instance.
    All,
    /// These.
    Some(Vec<OrgId>),
}

/// A condition on organisations (adjacent.md section 10.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrgFilter {
    /// On the name.
    Name(TextMatch),
    /// On the primary domain.
    Domain(TextMatch),
    /// This one.
    Id(OrgId),
    /// Always holds: the state that all have.
    All,
    /// Never holds: a state that no organisation has, an id that cannot exist.
    Never,
}

/// What organisations are sorted by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OrgOrder {
    /// Name.
    Name,
    /// Creation date.
    #[default]
    CreationDate,
}

/// A search for organisations: all filters must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgQuery {
    /// Which may be seen; others are not even counted.
    pub readable: Orgs,
    /// Conditions.
    pub filters: Vec<OrgFilter>,
    /// Order.
    pub order: OrgOrder,
    /// Direction.
    pub ascending: bool,
    /// Rows to skip.
    pub offset: u64,
    /// Rows to take.
    pub limit: u32,
}

/// A page of organisations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgPage {
    /// Rows that match and may be seen, before paging.
    pub total: u64,
    /// The rows.
    pub orgs: Vec<Org>,
}

/// The texts of a member that can be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberText {
    /// Login name.
    LoginName,
    /// The name to show.
    DisplayName,
}

/// A condition on memberships (adjacent.md section 8, Members).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberFilter {
    /// When the user became a member.
    CreatedAt(Comparison, Timestamp),
    /// When the roles last changed.
    ChangedAt(Comparison, Timestamp),
    /// One of these users.
    Users(Vec<UserId>),
    /// Users of this organisation.
    UserOrganization(OrgId),
    /// On a text of the user.
    Text(MemberText, TextMatch),
    /// On this.
    Resource(Resource),
    /// With this role among others.
    Role(String),
    /// At least one holds; of none, none does.
    Or(Vec<Self>),
    /// All hold.
    And(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// Never holds: a condition on what cannot exist.
    Never,
}

/// What memberships are sorted by; the numbers are those of the API (`AdministratorFieldName`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MemberOrder {
    /// The user's id.
    User,
    /// Creation date.
    #[default]
    CreationDate,
    /// Change date.
    ChangeDate,
}

/// Which memberships the caller may see at all: one's own always.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadableMembers {
    /// Those on the instance.
    pub instance: bool,
    /// Those on these organisations.
    pub organizations: Orgs,
    /// The caller.
    pub user: UserId,
}

/// A search for memberships: all filters must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberQuery {
    /// Which may be seen; others are not even counted.
    pub readable: ReadableMembers,
    /// Conditions.
    pub filters: Vec<MemberFilter>,
    /// Order.
    pub order: MemberOrder,
    /// Direction.
    pub ascending: bool,
    /// Rows to skip.
    pub offset: u64,
    /// Rows to take.
    pub limit: u32,
    /// Whether login names end in the organisation's domain.
    pub login_name_includes_domain: bool,
}

/// A membership and what is shown beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberView {
    /// The membership.
    pub member: Member,
    /// The user's id as clients know it.
    pub public_id: String,
    /// The user's username.
    pub username: String,
    /// The name to show.
    pub display_name: String,
    /// The user's organisation.
    pub organization: OrgId,
    /// The primary domain of the user's organisation.
    pub org_domain: String,
    /// The name of the organisation that the membership is on; empty for the instance.
    pub resource_name: String,
}

/// A page of memberships.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberPage {
    /// Rows that match and may be seen, before paging.
    pub total: u64,
    /// The rows.
    pub members: Vec<MemberView>,
}
