//! Searching sessions that have not ended.

use rusqlite::Connection;

use super::sql::{self, Condition};
use super::views::{self, session_columns, session_tables};
use super::{rows, sessions};
use crate::domain::ids::SessionId;
use crate::ports::{Comparison, SessionFilter, SessionPage, SessionQuery, StoreError};

const COUNT: &str = "SELECT count(*) FROM sessions AS s WHERE ";

const PAGE: &str = concat!("SELECT ", session_columns!(), session_tables!(), "WHERE ");

/// The indexes cover live sessions alone, and only a query that says so may use them.
const LIVE: &str = "s.state = 1";

/// A page of sessions and how many match in all.
pub(super) fn page(
    connection: &Connection,
    query: &SessionQuery,
) -> Result<SessionPage, StoreError> {
    let condition = condition(&query.filters)?;
    let total = sql::count(&mut condition.prepare(connection, COUNT, "")?)?;
    let direction = if query.ascending { "ASC" } else { "DESC" };
    let first = condition.next_parameter();
    let order = format!(
        " ORDER BY s.created_at {direction}, s.id {direction} LIMIT ?{first} OFFSET ?{}",
        first + 1
    );
    let mut statement = condition.prepare(connection, PAGE, &order)?;
    statement.raw_bind_parameter(first, query.limit)?;
    statement.raw_bind_parameter(first + 1, sql::bounded(query.offset))?;
    let sessions = rows::collect(statement.raw_query(), "sessions", views::read_session)?;
    Ok(SessionPage { total, sessions })
}

fn condition(filters: &[SessionFilter]) -> Result<Condition, StoreError> {
    let mut condition = Condition::starting(LIVE);
    for filter in filters {
        condition.enter()?;
        condition.push(" AND ");
        add(&mut condition, filter)?;
        condition.leave();
    }
    Ok(condition)
}

fn add(condition: &mut Condition, filter: &SessionFilter) -> Result<(), StoreError> {
    match filter {
        SessionFilter::Ids(ids) => {
            let keys: Vec<i64> = ids.iter().copied().map(SessionId::key).collect();
            condition.push("s.id IN ");
            condition.bind_list(&keys)?;
        }
        SessionFilter::User(user) => {
            condition.push("s.user_id = ");
            condition.bind(user.key());
        }
        SessionFilter::Creator(creator) => {
            condition.push("s.creator = ");
            condition.bind(creator.key());
        }
        SessionFilter::Fingerprint(fingerprint) => {
            condition.push("s.fingerprint_id = ");
            condition.bind(fingerprint.clone());
        }
        SessionFilter::CreatedAt(comparison, moment) => {
            condition.push("s.created_at");
            condition.push(sql::operator(*comparison));
            condition.bind(moment.micros());
        }
        SessionFilter::ExpiresAt(comparison, moment) => {
            // Sessions that never expire are later than every moment.
            let or_never = match comparison {
                Comparison::Greater | Comparison::GreaterOrEquals => "s.expires_at IS NULL OR ",
                Comparison::Equals | Comparison::Less | Comparison::LessOrEquals => "",
            };
            condition.push("(");
            condition.push(or_never);
            condition.push("s.expires_at");
            condition.push(sql::operator(*comparison));
            condition.bind(moment.micros());
            condition.push(")");
        }
    }
    Ok(())
}
