//! Reading users (adjacent.md section 7).

use super::{list_timestamp, page_limit};
use crate::core::Core;
use crate::domain::ids::UserId;
use crate::domain::permission::{Caller, Permission, Resource};
use crate::domain::time::Timestamp;
use crate::domain::user::UserError;
use crate::error::Error;
use crate::ports::{Readable, UserFilter, UserOrder, UserQuery, UserView};

/// Reads a user.
///
/// # Errors
/// 404 `QUERY-Dfbg2`; what the permission check says for someone else without `user.read`.
pub async fn get_user(core: &Core, caller: &Caller, id: UserId) -> Result<UserView, Error> {
    let view = core
        .store
        .user_view(id)
        .await?
        .filter(|view| view.user.exists())
        .ok_or(UserError::NotFound)?;
    caller.may_or_is(view.user.id, Permission::UserRead, view.user.organization)?;
    Ok(view)
}

/// A search as the client asked for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListUsers {
    /// Conditions; all must hold.
    pub filters: Vec<UserFilter>,
    /// Order.
    pub order: UserOrder,
    /// Direction.
    pub ascending: bool,
    /// Rows to skip.
    pub offset: u64,
    /// Rows to take; 0 for the default.
    pub limit: u32,
}

/// A page of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserList {
    /// Users that match and that the caller may read (CVE-2025-67717: never more).
    pub total: u64,
    /// When the log was last written.
    pub timestamp: Option<Timestamp>,
    /// The rows of the page.
    pub users: Vec<UserView>,
}

/// Searches users among those that the caller may read.
///
/// # Errors
/// 400 `QUERY-4M0fs` for a limit beyond the maximum.
pub async fn list_users(core: &Core, caller: &Caller, list: ListUsers) -> Result<UserList, Error> {
    let query = UserQuery {
        readable: readable(caller),
        filters: list.filters,
        order: list.order,
        ascending: list.ascending,
        offset: list.offset,
        limit: page_limit(core.limits, list.limit)?,
        login_name_includes_domain: core.policies.login_name_includes_domain,
    };
    let page = core.store.search_users(query).await?;
    Ok(UserList {
        total: page.total,
        timestamp: list_timestamp(core).await?,
        users: page.users,
    })
}

/// Which users the caller may see.
pub(super) fn readable(caller: &Caller) -> Readable {
    let mut organizations = Vec::new();
    for membership in &caller.memberships {
        if !membership.permissions.contains(Permission::UserRead) {
            continue;
        }
        match membership.resource {
            Resource::Instance => return Readable::Everybody,
            Resource::Org(id) => organizations.push(id),
        }
    }
    Readable::Some {
        organizations,
        user: caller.user,
    }
}
