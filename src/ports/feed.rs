//! The log as those see it who are told of it, and how far each has been told.

use std::fmt::Debug;

use super::{Head, Pending, StoreError, Stretch, TailQuery};
use crate::domain::ids::Position;
use crate::domain::time::Timestamp;

/// How far somebody has been told of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Who.
    pub name: String,
    /// Up to here.
    pub position: Position,
    /// When it was moved.
    pub changed_at: Timestamp,
}

/// What telling others of events reads and writes.
///
/// One process tells at a time: nothing here keeps two of them from telling the same.
pub trait Feed: Debug + Send + Sync {
    /// Events behind a position, in order.
    fn stretch(&self, query: TailQuery) -> Pending<'_, Result<Stretch, StoreError>>;

    /// Resolves once something was committed here after this call. What other processes commit is not
    /// heard of.
    fn changed(&self) -> Pending<'static, ()>;

    /// The end of the log.
    fn end(&self) -> Pending<'_, Result<Head, StoreError>>;

    /// All cursors, by name.
    fn cursors(&self) -> Pending<'_, Result<Vec<Cursor>, StoreError>>;

    /// Moves a cursor, or makes it, and answers after that is durable.
    fn move_cursor(&self, cursor: Cursor) -> Pending<'_, Result<(), StoreError>>;
}
