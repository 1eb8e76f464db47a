//! Reading who has which roles (adjacent.md section 8, Members).

use super::orgs::organizations_with;
use super::{applied_limit, page_limit};
use crate::core::Core;
use crate::domain::permission::{Caller, Permission};
use crate::error::Error;
use crate::ports::{MemberFilter, MemberOrder, MemberQuery, MemberView, ReadableMembers};

/// A search as the client asked for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListMembers {
    /// Conditions; all must hold.
    pub filters: Vec<MemberFilter>,
    /// Order.
    pub order: MemberOrder,
    /// Direction.
    pub ascending: bool,
    /// Rows to skip.
    pub offset: u64,
    /// Rows to take; 0 for the default.
    pub limit: u32,
}

/// A page of memberships.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberList {
    /// Memberships that match and that the caller may read.
    pub total: u64,
    /// The limit that was in force; 0 where there was none.
    pub applied_limit: u32,
    /// The rows of the page.
    pub members: Vec<MemberView>,
}

/// Searches memberships among those that the caller may read: on the instance with
/// `iam.member.read`, on organisations with `org.member.read`, and its own.
///
/// # Errors
/// 400 `QUERY-4M0fs` for a limit beyond the maximum.
pub async fn list_members(
    core: &Core,
    caller: &Caller,
    list: ListMembers,
) -> Result<MemberList, Error> {
    let query = MemberQuery {
        readable: ReadableMembers {
            instance: caller.may(Permission::IamMemberRead, None).is_ok(),
            organizations: organizations_with(caller, Permission::OrgMemberRead),
            user: caller.user,
        },
        filters: list.filters,
        order: list.order,
        ascending: list.ascending,
        offset: list.offset,
        limit: page_limit(core.limits, list.limit)?,
        login_name_includes_domain: core.policies.login_name_includes_domain,
    };
    let page = core.store.search_members(query).await?;
    Ok(MemberList {
        total: page.total,
        applied_limit: applied_limit(core.limits, list.limit),
        members: page.members,
    })
}
