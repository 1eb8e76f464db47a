//! Reading personal access tokens (adjacent.md section 7, `ListPersonalAccessTokens`).

use super::users::readable;
use super::{applied_limit, page_limit};
use crate::core::Core;
use crate::domain::permission::Caller;
use crate::error::Error;
use crate::ports::{PatFilter, PatOrder, PatQuery, PatView};

/// A search as the client asked for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListPats {
    /// Conditions; all must hold.
    pub filters: Vec<PatFilter>,
    /// Order.
    pub order: PatOrder,
    /// Direction.
    pub ascending: bool,
    /// Rows to skip.
    pub offset: u64,
    /// Rows to take; 0 for the default.
    pub limit: u32,
}

/// A page of personal access tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatList {
    /// Tokens that match and whose owner the caller may read.
    pub total: u64,
    /// The limit that was in force; 0 where there was none.
    pub applied_limit: u32,
    /// The rows of the page.
    pub pats: Vec<PatView>,
}

/// Searches the tokens of the users that the caller may read: its own, and those of users on whose
/// organisation it has `user.read`.
///
/// # Errors
/// 400 `QUERY-4M0fs` for a limit beyond the maximum.
pub async fn list_pats(core: &Core, caller: &Caller, list: ListPats) -> Result<PatList, Error> {
    let query = PatQuery {
        readable: readable(caller),
        filters: list.filters,
        order: list.order,
        ascending: list.ascending,
        offset: list.offset,
        limit: page_limit(core.limits, list.limit)?,
    };
    let page = core.store.search_pats(query).await?;
    Ok(PatList {
        total: page.total,
        applied_limit: applied_limit(core.limits, list.limit),
        pats: page.pats,
    })
}
