//! Searching organisations.

use rusqlite::Connection;

use super::orgs::{self, columns};
use super::rows;
use super::search_users::add_text;
use super::sql::{self, Condition};
use crate::domain::ids::OrgId;
use crate::ports::{OrgFilter, OrgOrder, OrgPage, OrgQuery, Orgs, StoreError};

const COUNT: &str = "SELECT count(*) FROM orgs AS o WHERE ";

const PAGE: &str = concat!("SELECT ", columns!(), " FROM orgs AS o WHERE ");

/// A page of organisations and how many match in all.
pub(super) fn page(connection: &Connection, query: &OrgQuery) -> Result<OrgPage, StoreError> {
    let condition = condition(query)?;
    let total = sql::count(&mut condition.prepare(connection, COUNT, "")?)?;
    let order = match query.order {
        OrgOrder::Name => "unicode_lower(o.name)",
        OrgOrder::CreationDate => "o.created_at",
    };
    let direction = if query.ascending { "ASC" } else { "DESC" };
    let tail = format!(" ORDER BY {order} {direction}, o.id {direction}");
    let mut statement = condition.prepare_page(connection, PAGE, &tail)?;
    let first = condition.next_parameter();
    statement.raw_bind_parameter(first, query.limit)?;
    statement.raw_bind_parameter(first + 1, sql::bounded(query.offset))?;
    let orgs = rows::collect(statement.raw_query(), orgs::TABLE, orgs::read)?;
    Ok(OrgPage { total, orgs })
}

fn condition(query: &OrgQuery) -> Result<Condition, StoreError> {
    let mut condition = Condition::default();
    match &query.readable {
        Orgs::All => condition.push("TRUE"),
        Orgs::Some(organizations) => {
            let keys: Vec<i64> = organizations.iter().copied().map(OrgId::key).collect();
            condition.push("o.id IN ");
            condition.bind_list(&keys)?;
        }
    }
    for filter in &query.filters {
        condition.enter()?;
        condition.push(" AND ");
        match filter {
            OrgFilter::Name(wanted) => add_text(&mut condition, "o.name", wanted),
            OrgFilter::Domain(wanted) => add_text(&mut condition, "o.primary_domain", wanted),
            OrgFilter::Id(id) => {
                condition.push("o.id = ");
                condition.bind(id.key());
            }
            OrgFilter::All => condition.push("TRUE"),
            OrgFilter::Never => condition.push("FALSE"),
        }
        condition.leave();
    }
    Ok(condition)
}
