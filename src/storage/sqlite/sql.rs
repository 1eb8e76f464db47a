//! Putting a condition together: text of our own, values only as parameters.

use rusqlite::types::Value;
use rusqlite::{CachedStatement, Connection};

use crate::ports::{Comparison, StoreError};

/// Parts of one search: far above what the API lets through, far below SQLite's own limit for the
/// depth of an expression (1,000), which a chain of ANDs and ORs uses up one by one.
const MOST_PARTS: usize = 400;

/// How deep conditions may be nested, each level of which is a level of our own stack.
const DEEPEST: usize = 64;

/// The text of a condition and the values of its parameters.
#[derive(Debug, Default)]
pub(super) struct Condition {
    text: String,
    values: Vec<Value>,
    parts: usize,
    depth: usize,
}

impl Condition {
    /// Begins with text of our own.
    pub(super) fn starting(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            ..Self::default()
        }
    }

    /// Adds text of our own.
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds a parameter with its value.
    pub(super) fn bind(&mut self, value: impl Into<Value>) {
        self.values.push(value.into());
        self.text.push('?');
        self.text.push_str(&self.values.len().to_string());
    }

    /// Adds `(SELECT …)` over a list of any length that is one parameter.
    pub(super) fn bind_list(&mut self, list: &impl serde::Serialize) -> Result<(), StoreError> {
        let json =
            serde_json::to_string(list).map_err(|error| StoreError::Failed(Box::new(error)))?;
        self.push("(SELECT value FROM json_each(");
        self.bind(json);
        self.push("))");
        Ok(())
    }

    /// Counts one more part, one level deeper than its surroundings until [`leave`](Self::leave).
    pub(super) fn enter(&mut self) -> Result<(), StoreError> {
        self.parts += 1;
        self.depth += 1;
        if self.parts > MOST_PARTS || self.depth > DEEPEST {
            return Err(StoreError::TooManyConditions);
        }
        Ok(())
    }

    /// Ends a part.
    pub(super) const fn leave(&mut self) {
        self.depth -= 1;
    }

    /// A statement out of a beginning, this condition and an end, with the values bound.
    pub(super) fn prepare<'c>(
        &self,
        connection: &'c Connection,
        before: &str,
        after: &str,
    ) -> Result<CachedStatement<'c>, StoreError> {
        let sql = [before, &self.text, after].concat();
        let mut statement = connection.prepare_cached(&sql)?;
        for (index, value) in self.values.iter().enumerate() {
            statement.raw_bind_parameter(index + 1, value)?;
        }
        Ok(statement)
    }

    /// As [`prepare`](Self::prepare), for a page in an order: limit and offset are the next two
    /// parameters.
    pub(super) fn prepare_page<'c>(
        &self,
        connection: &'c Connection,
        before: &str,
        order: &str,
    ) -> Result<CachedStatement<'c>, StoreError> {
        let first = self.next_parameter();
        let tail = format!("{order} LIMIT ?{first} OFFSET ?{}", first + 1);
        self.prepare(connection, before, &tail)
    }

    /// Adds conditions with a word between them, in parentheses; `of_none` stands for an empty list.
    pub(super) fn all<F>(
        &mut self,
        filters: &[F],
        between: &str,
        of_none: &str,
        mut add: impl FnMut(&mut Self, &F) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        self.push("(");
        for (index, filter) in filters.iter().enumerate() {
            if index > 0 {
                self.push(between);
            }
            add(self, filter)?;
        }
        if filters.is_empty() {
            self.push(of_none);
        }
        self.push(")");
        Ok(())
    }

    /// The number that [`prepare`](Self::prepare) leaves for the next parameter.
    pub(super) const fn next_parameter(&self) -> usize {
        self.values.len() + 1
    }
}

/// Counts the rows behind a condition.
pub(super) fn count(statement: &mut CachedStatement<'_>) -> Result<u64, StoreError> {
    let mut rows = statement.raw_query();
    let number: i64 = match rows.next()? {
        Some(row) => row.get(0)?,
        None => 0,
    };
    Ok(u64::try_from(number).unwrap_or(0))
}

/// The operator of a comparison, with blanks around it.
pub(super) const fn operator(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equals => " = ",
        Comparison::Greater => " > ",
        Comparison::GreaterOrEquals => " >= ",
        Comparison::Less => " < ",
        Comparison::LessOrEquals => " <= ",
    }
}

/// The login name of the user `u` of the organisation `o`.
pub(super) const fn login_name(with_domain: bool) -> &'static str {
    if with_domain {
        "(u.username || '@' || ifnull(o.primary_domain, ''))"
    } else {
        "u.username"
    }
}

/// An offset or limit as SQLite has it; beyond its integers there are no rows anyway.
pub(super) fn bounded(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
