//! Searching personal access tokens. What proves them is not read.

use rusqlite::Connection;

use super::cells::Cells;
use super::rows;
use super::sql::{self, Condition};
use crate::domain::ids::{OrgId, PatId};
use crate::ports::{PatFilter, PatOrder, PatPage, PatQuery, PatView, Readable, StoreError};

/// The tokens of a user go with it, so every one has its row.
macro_rules! tables {
    () => {
        " FROM pats AS p JOIN users AS u ON u.id = p.user_id WHERE "
    };
}

const COUNT: &str = concat!("SELECT count(*)", tables!());

const PAGE: &str = concat!(
    "SELECT p.id, p.user_id, u.given_id, u.organization, p.created_at, p.expires_at",
    tables!()
);

/// A page of tokens and how many match in all.
pub(super) fn page(connection: &Connection, query: &PatQuery) -> Result<PatPage, StoreError> {
    let condition = condition(query)?;
    let total = sql::count(&mut condition.prepare(connection, COUNT, "")?)?;
    let mut statement = condition.prepare(connection, PAGE, &tail(&condition, query))?;
    let first = condition.next_parameter();
    statement.raw_bind_parameter(first, query.limit)?;
    statement.raw_bind_parameter(first + 1, sql::bounded(query.offset))?;
    let pats = rows::collect(statement.raw_query(), "pats", read)?;
    Ok(PatPage { total, pats })
}

fn tail(condition: &Condition, query: &PatQuery) -> String {
    let order = order(query.order);
    let direction = if query.ascending { "ASC" } else { "DESC" };
    let first = condition.next_parameter();
    format!(
        " ORDER BY {order} {direction}, p.id {direction} LIMIT ?{first} OFFSET ?{}",
        first + 1
    )
}

fn read(cells: &mut Cells<'_, '_>) -> Result<PatView, StoreError> {
    let id = PatId::new(cells.key("id")?);
    let user = cells.user("user_id")?;
    Ok(PatView {
        id,
        user: cells
            .maybe_text("given_id")?
            .unwrap_or_else(|| user.to_string()),
        organization: cells.org("organization")?,
        created_at: cells.time("created_at")?,
        expires_at: cells.time("expires_at")?,
    })
}

fn condition(query: &PatQuery) -> Result<Condition, StoreError> {
    let mut condition = Condition::starting("TRUE");
    if let Readable::Some {
        organizations,
        user,
    } = &query.readable
    {
        condition.push(" AND (p.user_id = ");
        condition.bind(user.key());
        // Without the other half the index on users is enough.
        if !organizations.is_empty() {
            let keys: Vec<i64> = organizations.iter().copied().map(OrgId::key).collect();
            condition.push(" OR u.organization IN ");
            condition.bind_list(&keys)?;
        }
        condition.push(")");
    }
    for filter in &query.filters {
        condition.enter()?;
        condition.push(" AND ");
        add(&mut condition, filter);
        condition.leave();
    }
    Ok(condition)
}

fn add(condition: &mut Condition, filter: &PatFilter) {
    match filter {
        PatFilter::Id(id) => {
            condition.push("p.id = ");
            condition.bind(id.key());
        }
        PatFilter::User(user) => {
            condition.push("p.user_id = ");
            condition.bind(user.key());
        }
        PatFilter::Organization(organization) => {
            condition.push("u.organization = ");
            condition.bind(organization.key());
        }
        PatFilter::CreatedAt(comparison, moment) => {
            condition.push("p.created_at");
            condition.push(sql::operator(*comparison));
            condition.bind(moment.micros());
        }
        PatFilter::ExpiresAt(comparison, moment) => {
            condition.push("p.expires_at");
            condition.push(sql::operator(*comparison));
            condition.bind(moment.micros());
        }
        PatFilter::Never => condition.push("FALSE"),
    }
}

const fn order(order: PatOrder) -> &'static str {
    match order {
        PatOrder::CreationDate => "p.created_at",
        PatOrder::Id => "p.id",
        PatOrder::User => "p.user_id",
        PatOrder::Organization => "u.organization",
        PatOrder::ExpirationDate => "p.expires_at",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::UserId;
    use crate::storage::sqlite::migrate;

    /// How SQLite goes about a search.
    fn plan(query: &PatQuery) -> String {
        let connection = migrate::pattern().unwrap();
        let condition = condition(query).unwrap();
        let mut statement = condition
            .prepare(
                &connection,
                &format!("EXPLAIN QUERY PLAN {PAGE}"),
                &tail(&condition, query),
            )
            .unwrap();
        let mut rows = statement.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            steps.push(row.get::<_, String>(3).unwrap());
        }
        steps.join("; ")
    }

    fn query(readable: Readable, filters: Vec<PatFilter>) -> PatQuery {
        PatQuery {
            readable,
            filters,
            order: PatOrder::default(),
            ascending: false,
            offset: 0,
            limit: 100,
        }
    }

    #[test]
    fn the_usual_searches_read_no_more_than_they_show() {
        let own = |organizations| Readable::Some {
            organizations,
            user: UserId::new(7),
        };
        for readable in [Readable::Everybody, own(vec![OrgId::new(1)])] {
            let plan = plan(&query(readable, vec![]));
            assert!(
                plan.starts_with(
                    "SCAN p USING INDEX pats_by_date; SEARCH u USING INTEGER PRIMARY KEY"
                ) && !plan.contains("TEMP B-TREE"),
                "{plan}"
            );
        }
        for query in [
            query(own(vec![]), vec![]),
            query(Readable::Everybody, vec![PatFilter::User(UserId::new(7))]),
        ] {
            let plan = plan(&query);
            assert!(
                plan.contains("USING INDEX pats_by_user (user_id=?)"),
                "{plan}"
            );
        }
        let by_id = query(Readable::Everybody, vec![PatFilter::Id(PatId::new(7))]);
        assert!(plan(&by_id).contains("SEARCH p USING INTEGER PRIMARY KEY"));
    }
}
