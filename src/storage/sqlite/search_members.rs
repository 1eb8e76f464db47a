//! Searching memberships.
//!
//! There are as many as an instance has administrators, so that no index is worth its writes beyond
//! the primary key, which begins with the user.

use rusqlite::Connection;

use super::cells::Cells;
use super::search_users::add_text;
use super::sql::{self, Condition};
use super::{members, rows};
use crate::domain::ids::{OrgId, UserId};
use crate::domain::permission::Resource;
use crate::ports::{
    MemberFilter, MemberOrder, MemberPage, MemberQuery, MemberText, MemberView, Orgs,
    ReadableMembers, StoreError,
};

/// Where the columns come from: the user, its organisation, and what the membership is on.
macro_rules! tables {
    () => {
        " FROM members AS m
          JOIN users AS u ON u.id = m.user_id
          LEFT JOIN orgs AS o ON o.id = u.organization
          LEFT JOIN orgs AS r ON r.id = m.organization
          WHERE "
    };
}

const COUNT: &str = concat!("SELECT count(*)", tables!());

const PAGE: &str = concat!(
    "SELECT m.user_id, m.organization, m.roles, m.created_at, m.changed_at, u.given_id, u.username, \
     u.display_name, u.machine_name, u.organization, o.primary_domain, r.name",
    tables!()
);

/// The name to show: of a person or of a service.
const DISPLAY_NAME: &str = "ifnull(u.display_name, u.machine_name)";

/// A page of memberships and how many match in all.
pub(super) fn page(connection: &Connection, query: &MemberQuery) -> Result<MemberPage, StoreError> {
    let condition = condition(query)?;
    let total = sql::count(&mut condition.prepare(connection, COUNT, "")?)?;
    let order = match query.order {
        MemberOrder::User => "m.user_id",
        MemberOrder::CreationDate => "m.created_at",
        MemberOrder::ChangeDate => "m.changed_at",
    };
    let direction = if query.ascending { "ASC" } else { "DESC" };
    let tail =
        format!(" ORDER BY {order} {direction}, m.user_id {direction}, m.organization {direction}");
    let mut statement = condition.prepare_page(connection, PAGE, &tail)?;
    let first = condition.next_parameter();
    statement.raw_bind_parameter(first, query.limit)?;
    statement.raw_bind_parameter(first + 1, sql::bounded(query.offset))?;
    let members = rows::collect(statement.raw_query(), members::TABLE, read)?;
    Ok(MemberPage { total, members })
}

fn read(cells: &mut Cells<'_, '_>) -> Result<MemberView, StoreError> {
    let member = members::read(cells)?;
    cells.turn_to("users", member.user.key());
    let given_id = cells.maybe_text("given_id")?;
    let username = cells.text("username")?;
    let display_name = cells.maybe_text("display_name")?;
    let machine_name = cells.maybe_text("machine_name")?;
    Ok(MemberView {
        public_id: given_id.unwrap_or_else(|| member.user.to_string()),
        member,
        username,
        display_name: display_name.or(machine_name).unwrap_or_default(),
        organization: cells.org("organization")?,
        org_domain: cells.maybe_text("primary_domain")?.unwrap_or_default(),
        resource_name: cells.maybe_text("name")?.unwrap_or_default(),
    })
}

fn condition(query: &MemberQuery) -> Result<Condition, StoreError> {
    let mut condition = Condition::default();
    add_readable(&mut condition, &query.readable)?;
    for filter in &query.filters {
        condition.push(" AND ");
        add(&mut condition, filter, query.login_name_includes_domain)?;
    }
    Ok(condition)
}

fn add_readable(condition: &mut Condition, readable: &ReadableMembers) -> Result<(), StoreError> {
    condition.push("(m.user_id = ");
    condition.bind(readable.user.key());
    if readable.instance {
        condition.push(" OR m.organization = ");
        condition.bind(members::key(Resource::Instance));
    }
    match &readable.organizations {
        Orgs::All => {
            condition.push(" OR m.organization <> ");
            condition.bind(members::key(Resource::Instance));
        }
        Orgs::Some(organizations) => {
            let keys: Vec<i64> = organizations.iter().copied().map(OrgId::key).collect();
            condition.push(" OR m.organization IN ");
            condition.bind_list(&keys)?;
        }
    }
    condition.push(")");
    Ok(())
}

fn add(
    condition: &mut Condition,
    filter: &MemberFilter,
    with_domain: bool,
) -> Result<(), StoreError> {
    condition.enter()?;
    match filter {
        MemberFilter::CreatedAt(comparison, moment) => {
            condition.push("m.created_at");
            condition.push(sql::operator(*comparison));
            condition.bind(moment.micros());
        }
        MemberFilter::ChangedAt(comparison, moment) => {
            condition.push("m.changed_at");
            condition.push(sql::operator(*comparison));
            condition.bind(moment.micros());
        }
        MemberFilter::Users(users) => {
            let keys: Vec<i64> = users.iter().copied().map(UserId::key).collect();
            condition.push("m.user_id IN ");
            condition.bind_list(&keys)?;
        }
        MemberFilter::UserOrganization(organization) => {
            condition.push("u.organization = ");
            condition.bind(organization.key());
        }
        MemberFilter::Text(field, wanted) => {
            let column = match field {
                MemberText::LoginName => sql::login_name(with_domain),
                MemberText::DisplayName => DISPLAY_NAME,
            };
            add_text(condition, column, wanted);
        }
        MemberFilter::Resource(resource) => {
            condition.push("m.organization = ");
            condition.bind(members::key(*resource));
        }
        MemberFilter::Role(role) => {
            condition.push("EXISTS (SELECT 1 FROM json_each(m.roles) WHERE value = ");
            condition.bind(role.clone());
            condition.push(")");
        }
        MemberFilter::Or(filters) => {
            condition.all(filters, " OR ", "FALSE", |condition, filter| {
                add(condition, filter, with_domain)
            })?;
        }
        MemberFilter::And(filters) => {
            condition.all(filters, " AND ", "TRUE", |condition, filter| {
                add(condition, filter, with_domain)
            })?;
        }
        MemberFilter::Not(filter) => {
            condition.push("NOT (");
            add(condition, filter, with_domain)?;
            condition.push(")");
        }
        MemberFilter::Never => condition.push("FALSE"),
    }
    condition.leave();
    Ok(())
}
