//! What can be wrong with a body, and where.

use std::str::Utf8Error;

use super::shape::{Field, Shape};

/// Why a body could not be read or a message not be written.
///
/// Prints what a client may see: positions, names of fields and of messages,
/// never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("proto: {0}")]
pub struct JsonError(Box<Located>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}", place(.problem, *.position))]
struct Located {
    problem: Problem,
    position: Option<Position>,
}

/// Line and column, both from 1; a column is a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Position {
    line: usize,
    column: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Problem {
    #[error("invalid UTF-8")]
    Utf8,
    #[error("unexpected end of input")]
    End,
    #[error("unexpected {0}")]
    Unexpected(&'static str),
    #[error("invalid {0}")]
    Malformed(&'static str),
    #[error("exceeded max recursion depth")]
    Depth,
    #[error("duplicate field {:?}", .0.json)]
    Duplicate(&'static Field),
    #[error("duplicate map key in field {:?}", .0.json)]
    DuplicateKey(&'static Field),
    #[error("error parsing {:?}, oneof {}.{} is already set", .1.json, .0.name, .2)]
    Oneof(&'static Shape, &'static Field, &'static str),
    #[error("invalid value for {} field {}", .0.kind.name(), .0.json)]
    Value(&'static Field),
    #[error("message is too large")]
    TooLarge,
    #[error("message cannot be written as JSON")]
    NotWritable,
}

impl Problem {
    /// Whether the text is not JSON, as against JSON that does not fit.
    const fn is_syntax(&self) -> bool {
        matches!(
            self,
            Self::Utf8 | Self::End | Self::Unexpected(_) | Self::Malformed(_)
        )
    }
}

fn place(problem: &Problem, position: Option<Position>) -> String {
    let syntax = if problem.is_syntax() {
        "syntax error "
    } else {
        ""
    };
    match position {
        Some(Position { line, column }) => format!("{syntax}(line {line}:{column}): "),
        None => String::new(),
    }
}

impl JsonError {
    /// A problem at an offset in bytes into the text.
    pub(super) fn at(problem: Problem, text: &str, offset: usize) -> Self {
        let before = text.get(..offset).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let position = Position {
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
        };
        Self::new(problem, Some(position))
    }

    pub(super) fn not_utf8(body: &[u8], error: &Utf8Error) -> Self {
        let valid = body.get(..error.valid_up_to()).unwrap_or_default();
        let valid = str::from_utf8(valid).unwrap_or_default();
        Self::at(Problem::Utf8, valid, valid.len())
    }

    pub(super) fn too_large() -> Self {
        Self::new(Problem::TooLarge, None)
    }

    pub(super) fn not_writable() -> Self {
        Self::new(Problem::NotWritable, None)
    }

    fn new(problem: Problem, position: Option<Position>) -> Self {
        Self(Box::new(Located { problem, position }))
    }
}
