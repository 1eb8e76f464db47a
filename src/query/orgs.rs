//! Reading organisations (adjacent.md section 10.2).

use super::{list_timestamp, page_limit};
use crate::core::Core;
use crate::domain::org::Org;
use crate::domain::permission::{Caller, Permission, Resource};
use crate::domain::time::Timestamp;
use crate::error::Error;
use crate::ports::{OrgFilter, OrgOrder, OrgQuery, Orgs};

/// A search as the client asked for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListOrgs {
    /// Conditions; all must hold.
    pub filters: Vec<OrgFilter>,
    /// Order.
    pub order: OrgOrder,
    /// Direction.
    pub ascending: bool,
    /// Rows to skip.
    pub offset: u64,
    /// Rows to take; 0 for the default.
    pub limit: u32,
}

/// A page of organisations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgList {
    /// Organisations that match and that the caller may read.
    pub total: u64,
    /// When the log was last written.
    pub timestamp: Option<Timestamp>,
    /// The rows of the page.
    pub orgs: Vec<Org>,
}

/// Searches organisations among those that the caller may read: where it has `org.read`, and its own.
///
/// # Errors
/// 400 `QUERY-4M0fs` for a limit beyond the maximum.
pub async fn list_orgs(core: &Core, caller: &Caller, list: ListOrgs) -> Result<OrgList, Error> {
    let query = OrgQuery {
        filters: list.filters,
        order: list.order,
        ascending: list.ascending,
        offset: list.offset,
        limit: page_limit(core.limits, list.limit)?,
        readable: readable(core, caller).await?,
    };
    let page = core.store.search_orgs(query).await?;
    Ok(OrgList {
        total: page.total,
        timestamp: list_timestamp(core).await?,
        orgs: page.orgs,
    })
}

async fn readable(core: &Core, caller: &Caller) -> Result<Orgs, Error> {
    let Orgs::Some(mut organizations) = organizations_with(caller, Permission::OrgRead) else {
        return Ok(Orgs::All);
    };
    // The one that it belongs to, whichever the request named.
    let own = core.store.user(caller.user).await?;
    organizations.extend(own.map(|user| user.organization));
    Ok(Orgs::Some(organizations))
}

/// Where the caller's roles give it a permission.
pub(super) fn organizations_with(caller: &Caller, permission: Permission) -> Orgs {
    let mut organizations = Vec::new();
    for membership in &caller.memberships {
        if !membership.permissions.contains(permission) {
            continue;
        }
        match membership.resource {
            Resource::Instance => return Orgs::All,
            Resource::Org(id) => organizations.push(id),
        }
    }
    Orgs::Some(organizations)
}
