//! What SQLite itself can say about the file, and rows that no event accounts for.

use std::collections::BTreeMap;

use rusqlite::Connection;

use super::report::Finder;
use crate::domain::event::event_types;
use crate::ports::StoreError;
use crate::storage::sqlite::{migrate, rows};

/// Pages, indexes, types and constraints. The number bounds what it says.
const INTEGRITY: &str = "PRAGMA integrity_check(1000)";

const FOREIGN_KEYS: &str = "PRAGMA foreign_key_check";

/// Without what SQLite adds for itself: indexes of its own, statistics.
const SCHEMA: &str = "
    SELECT rowid, name, sql
    FROM sqlite_schema
    WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";

const TYPES: &str = "SELECT code, name FROM event_types ORDER BY code";

/// Rows without events, by kind.
const ORPHANS: [(&str, &str); 5] = [
    (
        "instance",
        "SELECT id FROM instance AS r
         WHERE NOT EXISTS (
             SELECT 1 FROM events AS e WHERE e.aggregate_id = r.id AND e.aggregate_type = 1
         )",
    ),
    (
        "org",
        "SELECT id FROM orgs AS r
         WHERE NOT EXISTS (
             SELECT 1 FROM events AS e WHERE e.aggregate_id = r.id AND e.aggregate_type = 2
         )",
    ),
    (
        "user",
        "SELECT id FROM users AS r
         WHERE NOT EXISTS (
             SELECT 1 FROM events AS e WHERE e.aggregate_id = r.id AND e.aggregate_type = 3
         )",
    ),
    (
        "session",
        "SELECT id FROM sessions AS r
         WHERE NOT EXISTS (
             SELECT 1 FROM events AS e WHERE e.aggregate_id = r.id AND e.aggregate_type = 4
         )",
    ),
    (
        "idpintent",
        "SELECT id FROM intents AS r
         WHERE NOT EXISTS (
             SELECT 1 FROM events AS e WHERE e.aggregate_id = r.id AND e.aggregate_type = 5
         )",
    ),
];

const EMAIL_KEYS: &str = "SELECT id FROM users WHERE email_key IS NOT unicode_lower(email)";

/// The file as such.
pub(super) fn check(connection: &Connection, finder: &mut Finder<'_>) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(INTEGRITY)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let text: String = row.get(0)?;
        if text != "ok" {
            finder.find("the file", text);
        }
    }
    let mut statement = connection.prepare_cached(FOREIGN_KEYS)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (table, parent): (String, String) = (row.get(0)?, row.get(2)?);
        finder.find(
            format_args!("`{table}`"),
            format_args!("a row without its row in `{parent}`"),
        );
    }
    schema(connection, finder)?;
    types(connection, finder)
}

/// Tables, indexes and triggers are those of this version: without its triggers the log would take
/// changes, and without its indexes searches would take minutes.
fn schema(connection: &Connection, finder: &mut Finder<'_>) -> Result<(), StoreError> {
    let mut stored = schema_of(connection)?;
    for (name, text) in schema_of(&migrate::pattern()?)? {
        match stored.remove(&name) {
            Some(found) if found == text => {}
            Some(_) => finder.find("the schema", format_args!("`{name}` was changed")),
            None => finder.find("the schema", format_args!("`{name}` is missing")),
        }
    }
    for name in stored.into_keys() {
        finder.find("the schema", format_args!("`{name}` is not ours"));
    }
    Ok(())
}

fn schema_of(connection: &Connection) -> Result<BTreeMap<String, String>, StoreError> {
    let objects = rows::all(connection, SCHEMA, [], "sqlite_schema", |cells| {
        cells.key("rowid")?;
        Ok((cells.text("name")?, cells.text("sql")?))
    })?;
    Ok(objects.into_iter().collect())
}

/// The names that the file gives to event types are those of this program.
fn types(connection: &Connection, finder: &mut Finder<'_>) -> Result<(), StoreError> {
    let stored = rows::all(connection, TYPES, [], "event_types", |cells| {
        Ok((cells.key("code")?, cells.text("name")?))
    })?;
    let mut stored: BTreeMap<i64, String> = stored.into_iter().collect();
    for (code, name) in event_types() {
        let found = stored.remove(&i64::from(code));
        if found.as_deref() != Some(name) {
            finder.find(
                format_args!("`event_types` row {code}"),
                format_args!("is not `{name}`"),
            );
        }
    }
    for code in stored.into_keys() {
        finder.find(format_args!("`event_types` row {code}"), "is unknown");
    }
    Ok(())
}

/// Rows that the walk by aggregate does not meet, and what is derived within a row.
pub(super) fn check_rows(
    connection: &Connection,
    finder: &mut Finder<'_>,
) -> Result<(), StoreError> {
    for (kind, sql) in ORPHANS {
        for id in keys(connection, sql)? {
            finder.find(format_args!("{kind} {id}"), "the row has no events");
        }
    }
    for id in keys(connection, EMAIL_KEYS)? {
        finder.find(
            format_args!("user {id}"),
            "`email_key` is not the address in lower case",
        );
    }
    finder.report.sessions = count(connection, "SELECT count(*) FROM sessions")?;
    finder.report.users = count(connection, "SELECT count(*) FROM users")?;
    finder.report.organizations = count(connection, "SELECT count(*) FROM orgs")?;
    Ok(())
}

fn keys(connection: &Connection, sql: &str) -> Result<Vec<i64>, StoreError> {
    rows::all(connection, sql, [], "rows", |cells| cells.key("id"))
}

fn count(connection: &Connection, sql: &str) -> Result<u64, StoreError> {
    let number: i64 = connection
        .prepare_cached(sql)?
        .query_row([], |row| row.get(0))?;
    Ok(u64::try_from(number).unwrap_or(0))
}
