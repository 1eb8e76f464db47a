//! Failed checks against names that nobody has, counted as those of users are.
//!
//! Without this an attacker could tell known names from unknown ones by when the counting begins. The
//! table is bounded, because anybody can invent names.

use rusqlite::{Connection, params};

use super::cells::Cells;
use super::rows;
use crate::domain::time::Timestamp;
use crate::domain::user::Failures;
use crate::ports::{CodeDigest, StoreError};

const TABLE: &str = "unknown_names";

/// Rows that are kept; a million attempts with invented names leave no more behind than these.
pub(super) const MOST: u32 = 100_000;

/// New rows between two looks at how many there are.
const BETWEEN: u32 = 1_000;

const COUNT: &str = "
    INSERT INTO unknown_names (digest, count, last_at)
    VALUES (?1, 1, ?2)
    ON CONFLICT (digest) DO UPDATE
    SET count = CASE WHEN last_at < ?3 THEN 1 ELSE min(count + 1, 4294967295) END,
        last_at = max(last_at, excluded.last_at)
    RETURNING count, last_at";

const READ: &str = "SELECT count, last_at FROM unknown_names WHERE digest = ?1";

/// Not all at once, so that no attempt pays for thousands before it.
const FORGET: &str = "
    DELETE FROM unknown_names
    WHERE digest IN (
        SELECT digest FROM unknown_names WHERE last_at < ?1 ORDER BY last_at LIMIT 100
    )";

const TRIM: &str = "
    DELETE FROM unknown_names
    WHERE digest IN (
        SELECT digest
        FROM unknown_names
        ORDER BY last_at
        LIMIT max(0, (SELECT count(*) FROM unknown_names) - ?1)
    )";

/// Counts, and keeps the table within its bound.
#[derive(Debug)]
pub(super) struct Counter {
    most: u32,
    counted: u32,
}

impl Counter {
    /// A counter that keeps about so many rows.
    pub(super) const fn new(most: u32) -> Self {
        Self { most, counted: 0 }
    }

    /// One more failure; how many there are in a row.
    pub(super) fn count(
        &mut self,
        connection: &Connection,
        name: &CodeDigest,
        at: Timestamp,
        forget_before: Timestamp,
    ) -> Result<Failures, StoreError> {
        rows::change(connection, FORGET, [forget_before.micros()])?;
        self.counted += 1;
        if self.counted >= BETWEEN.min(self.most) {
            self.counted = 0;
            rows::change(connection, TRIM, [self.most])?;
        }
        let params = params![name.as_slice(), at.micros(), forget_before.micros()];
        // Read to its end: only then has a statement with RETURNING done its work.
        let failures = rows::all(connection, COUNT, params, TABLE, read)?;
        Ok(failures.into_iter().next().unwrap_or_default())
    }
}

/// The failures that are kept for a name.
pub(super) fn failures(connection: &Connection, name: &CodeDigest) -> Result<Failures, StoreError> {
    let failures = rows::one(connection, READ, [name.as_slice()], TABLE, read)?;
    Ok(failures.unwrap_or_default())
}

fn read(cells: &mut Cells<'_, '_>) -> Result<Failures, StoreError> {
    Ok(Failures {
        count: cells.small("count")?,
        last_at: Some(cells.time("last_at")?),
    })
}
