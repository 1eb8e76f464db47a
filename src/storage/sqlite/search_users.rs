//! Searching users that have not been removed.
//!
//! Each condition is true or false, never NULL: where a user has no such text, the condition does not
//! hold and its opposite does.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::Connection;

use super::sql::{self, Condition};
use super::views::{self, user_columns, user_tables};
use super::{rows, text, users};
use crate::domain::ids::{OrgId, UserId};
use crate::ports::{
    Readable, StoreError, TextMatch, TextMethod, UserFilter, UserOrder, UserPage, UserQuery,
    UserText,
};

const COUNT: &str = concat!("SELECT count(*)", user_tables!(), "WHERE ");

/// The beginning of a condition on the metadata of a user; values are stored as base64.
const METADATA: &str = "EXISTS (SELECT 1 FROM user_metadata AS m WHERE m.user_id = u.id AND ";

const PAGE: &str = concat!("SELECT ", user_columns!(), user_tables!(), "WHERE ");

const NOT_REMOVED: &str = "u.state <> 3";

/// A page of users and how many match in all.
pub(super) fn page(connection: &Connection, query: &UserQuery) -> Result<UserPage, StoreError> {
    let condition = condition(query)?;
    let total = sql::count(&mut condition.prepare(connection, COUNT, "")?)?;
    let order = order(query.order);
    let direction = if query.ascending { "ASC" } else { "DESC" };
    let first = condition.next_parameter();
    let tail = format!(
        " ORDER BY {order} {direction}, u.id {direction} LIMIT ?{first} OFFSET ?{}",
        first + 1
    );
    let mut statement = condition.prepare(connection, PAGE, &tail)?;
    statement.raw_bind_parameter(first, query.limit)?;
    statement.raw_bind_parameter(first + 1, sql::bounded(query.offset))?;
    let users = rows::collect(statement.raw_query(), "users", views::read_user)?;
    Ok(UserPage { total, users })
}

fn condition(query: &UserQuery) -> Result<Condition, StoreError> {
    let mut condition = Condition::starting(NOT_REMOVED);
    if let Readable::Some {
        organizations,
        user,
    } = &query.readable
    {
        let keys: Vec<i64> = organizations.iter().copied().map(OrgId::key).collect();
        condition.push(" AND (u.id = ");
        condition.bind(user.key());
        condition.push(" OR u.organization IN ");
        condition.bind_list(&keys)?;
        condition.push(")");
    }
    let with_domain = query.login_name_includes_domain;
    for filter in &query.filters {
        condition.push(" AND ");
        if let UserFilter::Text(field, wanted) = filter {
            narrow(&mut condition, *field, wanted);
        }
        add(&mut condition, filter, with_domain)?;
    }
    Ok(condition)
}

/// Where an index knows who can match at all, says so before the condition itself.
fn narrow(condition: &mut Condition, field: UserText, wanted: &TextMatch) {
    if wanted.method != TextMethod::Equals {
        return;
    }
    match field {
        UserText::LoginName => {
            condition.push("u.id IN (SELECT user_id FROM login_names WHERE name = ");
            condition.bind(text::lower(&wanted.value));
            condition.push(") AND ");
        }
        UserText::Email => {
            condition.push("u.email_key = ");
            condition.bind(text::lower(&wanted.value));
            condition.push(" AND ");
        }
        UserText::UserName
        | UserText::FirstName
        | UserText::LastName
        | UserText::NickName
        | UserText::DisplayName
        | UserText::Phone => {}
    }
}

fn add(
    condition: &mut Condition,
    filter: &UserFilter,
    with_domain: bool,
) -> Result<(), StoreError> {
    condition.enter()?;
    match filter {
        UserFilter::Text(field, wanted) => {
            add_text(condition, column(*field, with_domain), wanted);
        }
        UserFilter::State(state) => {
            condition.push("u.state = ");
            condition.bind(*state);
        }
        UserFilter::Type(kind) => {
            condition.push("u.kind = ");
            condition.bind(*kind);
        }
        UserFilter::Ids(ids) => {
            let keys: Vec<i64> = ids.iter().copied().map(UserId::key).collect();
            condition.push("u.id IN ");
            condition.bind_list(&keys)?;
        }
        UserFilter::Emails(addresses) => {
            condition.push("(u.email IS NOT NULL AND u.email IN ");
            condition.bind_list(addresses)?;
            condition.push(")");
        }
        UserFilter::Organization(organization) => {
            condition.push("u.organization = ");
            condition.bind(organization.key());
        }
        UserFilter::MetadataKey(wanted) => {
            condition.push(METADATA);
            add_text(condition, "m.key", wanted);
            condition.push(")");
        }
        UserFilter::MetadataValue { value, equal } => {
            condition.push(METADATA);
            condition.push(if *equal { "m.value = " } else { "m.value <> " });
            condition.bind(STANDARD.encode(value));
            condition.push(")");
        }
        UserFilter::Or(filters) => {
            condition.all(filters, " OR ", "FALSE", |condition, filter| {
                add(condition, filter, with_domain)
            })?;
        }
        UserFilter::And(filters) => {
            condition.all(filters, " AND ", "TRUE", |condition, filter| {
                add(condition, filter, with_domain)
            })?;
        }
        UserFilter::Not(filter) => {
            condition.push("NOT (");
            add(condition, filter, with_domain)?;
            condition.push(")");
        }
        UserFilter::Never => condition.push("FALSE"),
    }
    condition.leave();
    Ok(())
}

/// Compares without patterns, so that `%` and `_` are letters like others.
pub(super) fn add_text(condition: &mut Condition, column: &str, wanted: &TextMatch) {
    let (text, value) = if wanted.ignore_case {
        (
            format!("unicode_lower({column})"),
            text::lower(&wanted.value),
        )
    } else {
        (column.to_owned(), wanted.value.clone())
    };
    let length = value.chars().count();
    condition.push("ifnull(");
    match wanted.method {
        TextMethod::Equals => {
            condition.push(&text);
            condition.push(" = ");
            condition.bind(value);
        }
        TextMethod::StartsWith => {
            condition.push(&format!("substr({text}, 1, {length}) = "));
            condition.bind(value);
        }
        TextMethod::Contains => {
            condition.push(&format!("instr({text}, "));
            condition.bind(value);
            condition.push(") > 0");
        }
        // The end of length 0 would be the whole text.
        TextMethod::EndsWith if length == 0 => condition.push(&format!("{text} IS NOT NULL")),
        TextMethod::EndsWith => {
            condition.push(&format!(
                "length({text}) >= {length} AND substr({text}, -{length}) = "
            ));
            condition.bind(value);
        }
    }
    condition.push(", FALSE)");
}

const fn column(field: UserText, with_domain: bool) -> &'static str {
    match field {
        UserText::LoginName => sql::login_name(with_domain),
        UserText::UserName => "u.username",
        UserText::FirstName => "u.given_name",
        UserText::LastName => "u.family_name",
        UserText::NickName => "u.nick_name",
        UserText::DisplayName => "u.display_name",
        UserText::Email => "u.email",
        UserText::Phone => "u.phone",
    }
}

const fn order(order: UserOrder) -> &'static str {
    match order {
        UserOrder::UserName => "unicode_lower(u.username)",
        UserOrder::FirstName => "unicode_lower(u.given_name)",
        UserOrder::LastName => "unicode_lower(u.family_name)",
        UserOrder::NickName => "unicode_lower(u.nick_name)",
        UserOrder::DisplayName => "unicode_lower(u.display_name)",
        UserOrder::Email => "u.email_key",
        UserOrder::State => "u.state",
        UserOrder::Type => "u.kind",
        UserOrder::CreationDate => "u.created_at",
    }
}
