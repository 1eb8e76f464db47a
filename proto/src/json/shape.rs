//! What the reader knows of each message. The tables are written by the build
//! script from the `.proto` files.

use serde::Serialize;

/// A message that can be read from JSON with [`decode`](fn@super::decode).
pub trait Body: buffa::Message + Default + Serialize {
    /// Its fields, as the reader needs them.
    const SHAPE: &'static Shape;
}

/// The fields of a message.
#[derive(Debug, PartialEq, Eq)]
pub struct Shape {
    /// The full name, such as `zitadel.session.v2.Checks`.
    pub(super) name: &'static str,
    pub(super) fields: &'static [Field],
}

impl Shape {
    /// The field with this name, in either spelling, and the bit for its place
    /// among the fields.
    pub(super) fn find(&self, name: &str) -> Option<(u64, &'static Field)> {
        let place = self
            .fields
            .iter()
            .position(|field| field.json == name || field.proto == name)?;
        Some((1 << place, self.fields.get(place)?))
    }
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) number: u32,
    /// Its name in JSON.
    pub(super) json: &'static str,
    /// Its name in the `.proto` file, which is read as well.
    pub(super) proto: &'static str,
    pub(super) many: Many,
    /// What it holds, or what its list or map holds.
    pub(super) kind: Kind,
    pub(super) oneof: Option<Oneof>,
}

/// What a field shares with others, of which one can be set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Oneof {
    pub(super) name: &'static str,
    /// One bit for each field of the message that is a part of it.
    pub(super) members: u64,
}

/// Shapes hold each other in circles, so fields are compared by identity.
impl PartialEq for Field {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Field {}

#[derive(Debug, Clone, Copy)]
pub(super) enum Many {
    One,
    List,
    /// The keys are strings.
    Map,
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Message(&'static Shape),
    Struct,
    Scalar(Scalar),
}

/// What is a single text, number or word.
#[derive(Clone, Copy)]
pub(super) enum Scalar {
    Bool,
    Int32,
    Uint32,
    Uint64,
    String,
    Bytes,
    Timestamp,
    Duration,
    Enum(&'static Enum),
}

impl Kind {
    /// For error messages.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Message(shape) => shape.name,
            Self::Struct => "google.protobuf.Struct",
            Self::Scalar(Scalar::Bool) => "bool",
            Self::Scalar(Scalar::Int32) => "int32",
            Self::Scalar(Scalar::Uint32) => "uint32",
            Self::Scalar(Scalar::Uint64) => "uint64",
            Self::Scalar(Scalar::String) => "string",
            Self::Scalar(Scalar::Bytes) => "bytes",
            Self::Scalar(Scalar::Timestamp) => "google.protobuf.Timestamp",
            Self::Scalar(Scalar::Duration) => "google.protobuf.Duration",
            Self::Scalar(Scalar::Enum(_)) => "enum",
        }
    }
}

impl std::fmt::Debug for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

pub(super) struct Enum {
    pub(super) values: &'static [(&'static str, i32)],
}

impl Enum {
    pub(super) fn number(&self, name: &str) -> Option<i32> {
        self.values
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, number)| *number)
    }
}

#[expect(
    dead_code,
    clippy::unreadable_literal,
    reason = "some enums are in no message, and nobody reads the bits"
)]
mod tables {
    use super::{Body, Enum, Field, Kind, Many, Oneof, Scalar, Shape};

    include!(concat!(env!("OUT_DIR"), "/shapes.rs"));
}
