//! Running prepared statements that read rows, or that must change exactly one.

use rusqlite::{Connection, Params, Rows};

use super::cells::Cells;
use super::error::WrongCount;
use crate::domain::ids::Sequence;
use crate::ports::StoreError;

/// The first row, if there is one.
pub(super) fn one<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    table: &'static str,
    read: impl FnOnce(&mut Cells<'_, '_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params)?;
    rows.next()?
        .map(|row| read(&mut Cells::of(row, table)))
        .transpose()
}

/// All rows.
pub(super) fn all<T>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    table: &'static str,
    read: impl FnMut(&mut Cells<'_, '_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql)?;
    collect(statement.query(params)?, table, read)
}

/// The rows of a statement that runs already.
pub(super) fn collect<T>(
    mut rows: Rows<'_>,
    table: &'static str,
    mut read: impl FnMut(&mut Cells<'_, '_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(&mut Cells::of(row, table))?);
    }
    Ok(found)
}

/// The sequence that a row of an aggregate has.
pub(super) fn sequence(
    connection: &Connection,
    sql: &str,
    key: i64,
    table: &'static str,
) -> Result<Option<Sequence>, StoreError> {
    one(connection, sql, [key], table, |cells| {
        cells.set_key(key);
        cells.sequence("sequence")
    })
}

/// Changes rows, however many.
pub(super) fn change(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<(), StoreError> {
    connection.prepare_cached(sql)?.execute(params)?;
    Ok(())
}

/// Changes exactly one row.
pub(super) fn change_one(
    connection: &Connection,
    sql: &str,
    params: impl Params,
    table: &'static str,
) -> Result<(), StoreError> {
    let changed = connection.prepare_cached(sql)?.execute(params)?;
    if changed == 1 {
        Ok(())
    } else {
        Err(WrongCount(changed, table).into())
    }
}
