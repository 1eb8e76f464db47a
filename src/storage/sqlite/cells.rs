//! Reading a row cell by cell: in order, by position, with a name for what is unreadable.
//!
//! Looking a column up by name costs more than reading it; here the name is only for the error, and
//! a debug build checks that it is the one the statement has at that place.

use rusqlite::Row;
use rusqlite::types::ValueRef;

use crate::domain::ids::{OrgId, Sequence, UserId};
use crate::domain::shown::Shown;
use crate::domain::time::Timestamp;
use crate::ports::StoreError;

/// The cells of one row, from left to right.
pub(super) struct Cells<'r, 'stmt> {
    row: &'r Row<'stmt>,
    next: usize,
    table: &'static str,
    key: i64,
}

impl<'r, 'stmt> Cells<'r, 'stmt> {
    /// Starts at the first column of the row.
    pub(super) const fn of(row: &'r Row<'stmt>, table: &'static str) -> Self {
        Self {
            row,
            next: 0,
            table,
            key: 0,
        }
    }

    /// What follows belongs to a row of another table of a join.
    pub(super) const fn turn_to(&mut self, table: &'static str, key: i64) {
        self.table = table;
        self.key = key;
    }

    /// The row's own key: read like any other cell, and named in every error from here on.
    pub(super) fn key(&mut self, column: &'static str) -> Result<i64, StoreError> {
        self.key = self.int(column)?;
        Ok(self.key)
    }

    /// Passes over cells that were read from an earlier row.
    pub(super) const fn skip(&mut self, cells: usize) {
        self.next += cells;
    }

    /// Names the row where its key is not an integer that was read.
    pub(super) const fn set_key(&mut self, key: i64) {
        self.key = key;
    }

    /// An error about a column of this row.
    pub(super) const fn corrupt(&self, column: &'static str) -> StoreError {
        StoreError::Corrupt {
            table: self.table,
            column,
            row: self.key,
        }
    }

    fn cell(&mut self, column: &'static str) -> Result<ValueRef<'r>, StoreError> {
        debug_assert_eq!(
            self.row.as_ref().column_name(self.next).ok(),
            Some(column),
            "column {} of `{}`",
            self.next,
            self.table
        );
        let value = self.row.get_ref(self.next)?;
        self.next += 1;
        Ok(value)
    }

    /// Whether there is nothing in the cell.
    pub(super) fn is_null(&mut self, column: &'static str) -> Result<bool, StoreError> {
        Ok(matches!(self.cell(column)?, ValueRef::Null))
    }

    /// An integer or NULL.
    pub(super) fn maybe_int(&mut self, column: &'static str) -> Result<Option<i64>, StoreError> {
        match self.cell(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(number) => Ok(Some(number)),
            ValueRef::Real(_) | ValueRef::Text(_) | ValueRef::Blob(_) => Err(self.corrupt(column)),
        }
    }

    /// An integer.
    pub(super) fn int(&mut self, column: &'static str) -> Result<i64, StoreError> {
        self.maybe_int(column)?.ok_or_else(|| self.corrupt(column))
    }

    /// An integer that fits a smaller type.
    pub(super) fn small<T: TryFrom<i64>>(&mut self, column: &'static str) -> Result<T, StoreError> {
        let number = self.int(column)?;
        T::try_from(number).map_err(|_| self.corrupt(column))
    }

    /// 0 or 1.
    pub(super) fn flag(&mut self, column: &'static str) -> Result<bool, StoreError> {
        match self.int(column)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.corrupt(column)),
        }
    }

    /// A text or NULL, as long as the row is there.
    pub(super) fn maybe_str(
        &mut self,
        column: &'static str,
    ) -> Result<Option<&'r str>, StoreError> {
        match self.cell(column)? {
            ValueRef::Null => Ok(None),
            ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Some(text)),
                Err(_) => Err(self.corrupt(column)),
            },
            ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Blob(_) => {
                Err(self.corrupt(column))
            }
        }
    }

    /// A text, as long as the row is there.
    pub(super) fn str(&mut self, column: &'static str) -> Result<&'r str, StoreError> {
        self.maybe_str(column)?.ok_or_else(|| self.corrupt(column))
    }

    /// A text or NULL.
    pub(super) fn maybe_text(
        &mut self,
        column: &'static str,
    ) -> Result<Option<String>, StoreError> {
        Ok(self.maybe_str(column)?.map(str::to_owned))
    }

    /// A text.
    pub(super) fn text(&mut self, column: &'static str) -> Result<String, StoreError> {
        Ok(self.str(column)?.to_owned())
    }

    /// Sixteen bytes.
    pub(super) fn digest(&mut self, column: &'static str) -> Result<[u8; 16], StoreError> {
        match self.cell(column)? {
            ValueRef::Blob(bytes) => bytes.try_into().map_err(|_| self.corrupt(column)),
            ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) | ValueRef::Text(_) => {
                Err(self.corrupt(column))
            }
        }
    }

    /// A moment.
    pub(super) fn time(&mut self, column: &'static str) -> Result<Timestamp, StoreError> {
        self.int(column).map(Timestamp::from_micros)
    }

    /// A moment or NULL.
    pub(super) fn maybe_time(
        &mut self,
        column: &'static str,
    ) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.maybe_int(column)?.map(Timestamp::from_micros))
    }

    /// A sequence.
    pub(super) fn sequence(&mut self, column: &'static str) -> Result<Sequence, StoreError> {
        self.small(column).map(Sequence::new)
    }

    /// What is shown of an aggregate whose last event is not.
    pub(super) fn shown(&mut self) -> Result<Option<Shown>, StoreError> {
        const DATE: &str = "shown_changed_at";
        let sequence = self.maybe_int("shown_sequence")?;
        let changed_at = self.maybe_time(DATE)?;
        let Some((sequence, changed_at)) = sequence.zip(changed_at) else {
            return if sequence.is_none() && changed_at.is_none() {
                Ok(None)
            } else {
                Err(self.corrupt(DATE))
            };
        };
        let sequence = u32::try_from(sequence).map_err(|_| self.corrupt("shown_sequence"))?;
        Ok(Some(Shown {
            sequence: Sequence::new(sequence),
            changed_at,
        }))
    }

    /// A user.
    pub(super) fn user(&mut self, column: &'static str) -> Result<UserId, StoreError> {
        self.int(column).map(UserId::new)
    }

    /// An organisation.
    pub(super) fn org(&mut self, column: &'static str) -> Result<OrgId, StoreError> {
        self.int(column).map(OrgId::new)
    }
}
