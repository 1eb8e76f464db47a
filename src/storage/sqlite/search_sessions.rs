//! Searching sessions that have not ended.

use rusqlite::Connection;

use super::sql::{self, Condition};
use super::views::{self, session_columns, session_tables};
use super::{rows, sessions};
use crate::domain::ids::SessionId;
use crate::ports::{Comparison, SessionFilter, SessionPage, SessionQuery, StoreError};

const COUNT: &str = "SELECT count(*) FROM sessions AS s WHERE ";

/// Which sessions stand on the page is found first, in an index alone where it has all that is asked
/// for; only their rows are read.
const PAGE: &str = concat!(
    "SELECT ",
    session_columns!(),
    session_tables!(),
    "WHERE s.id IN (SELECT s.id FROM sessions AS s WHERE "
);

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
    let order = format!(" ORDER BY s.created_at {direction}, s.id {direction}");
    let after = format!("{order} LIMIT ?{first} OFFSET ?{}){order}", first + 1);
    let mut statement = condition.prepare(connection, PAGE, &after)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::UserId;
    use crate::domain::time::Timestamp;
    use crate::storage::sqlite::migrate;

    /// How SQLite would run a statement, step by step.
    fn plan(connection: &Connection, filters: &[SessionFilter], before: &str) -> Vec<String> {
        let after = if before == COUNT {
            ""
        } else {
            " ORDER BY s.created_at DESC, s.id DESC LIMIT 20) ORDER BY s.created_at DESC, s.id DESC"
        };
        let condition = condition(filters).unwrap();
        let before = format!("EXPLAIN QUERY PLAN {before}");
        let mut statement = condition.prepare(connection, &before, after).unwrap();
        let mut rows = statement.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            steps.push(row.get(3).unwrap());
        }
        steps
    }

    #[test]
    fn an_index_alone_says_how_many_there_are_and_which_are_on_a_page() {
        let connection = migrate::pattern().unwrap();
        let at = Timestamp::from_micros(7);
        let user = SessionFilter::User(UserId::new(7));
        let since = SessionFilter::CreatedAt(Comparison::Greater, at);
        let of_user = "SEARCH s USING COVERING INDEX sessions_by_user";
        let rows = [
            "SEARCH s USING INTEGER PRIMARY KEY (rowid=?)",
            "LIST SUBQUERY 1",
        ];
        let of_row = [
            "SEARCH u USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN",
            "SEARCH o USING INTEGER PRIMARY KEY (rowid=?) LEFT-JOIN",
            "USE TEMP B-TREE FOR ORDER BY",
        ];
        let all = "SCAN s USING COVERING INDEX sessions_by_user";
        for (filters, step, sorted) in [
            (vec![], all.to_owned(), true),
            (vec![since.clone()], all.to_owned(), true),
            (vec![user.clone()], format!("{of_user} (user_id=?)"), false),
            (
                vec![user, since],
                format!("{of_user} (user_id=? AND created_at>?)"),
                false,
            ),
        ] {
            assert_eq!(plan(&connection, &filters, COUNT), [step.as_str()]);
            let mut expected = rows.map(str::to_owned).to_vec();
            expected.push(step);
            if sorted {
                expected.push("USE TEMP B-TREE FOR ORDER BY".to_owned());
            }
            expected.extend(of_row.map(str::to_owned));
            assert_eq!(plan(&connection, &filters, PAGE), expected);
        }
    }
}
