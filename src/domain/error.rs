//! The kinds of refusal, in the names of gRPC's status codes.

use std::fmt::Debug;

/// What kind of trouble a caller meets. The edge maps each to its HTTP status and protocol code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The caller went away.
    Canceled,
    /// Nobody knows.
    Unknown,
    /// The request can never succeed as it is.
    InvalidArgument,
    /// It took longer than the caller allows.
    DeadlineExceeded,
    /// What was asked for does not exist.
    NotFound,
    /// What was to be made exists.
    AlreadyExists,
    /// The caller may not.
    PermissionDenied,
    /// Too much at once or too often; later it may succeed.
    ResourceExhausted,
    /// The state of things forbids it.
    FailedPrecondition,
    /// Others changed the same thing at the same time.
    Aborted,
    /// Not offered.
    Unimplemented,
    /// Our fault.
    Internal,
    /// The store cannot be reached or written just now.
    Unavailable,
    /// Nobody knows who is asking.
    Unauthenticated,
}

impl Kind {
    /// All kinds, in the order of their gRPC numbers.
    pub const ALL: [Self; 14] = [
        Self::Canceled,
        Self::Unknown,
        Self::InvalidArgument,
        Self::DeadlineExceeded,
        Self::NotFound,
        Self::AlreadyExists,
        Self::PermissionDenied,
        Self::ResourceExhausted,
        Self::FailedPrecondition,
        Self::Aborted,
        Self::Unimplemented,
        Self::Internal,
        Self::Unavailable,
        Self::Unauthenticated,
    ];

    /// Its name in gRPC.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Canceled => "Canceled",
            Self::Unknown => "Unknown",
            Self::InvalidArgument => "InvalidArgument",
            Self::DeadlineExceeded => "DeadlineExceeded",
            Self::NotFound => "NotFound",
            Self::AlreadyExists => "AlreadyExists",
            Self::PermissionDenied => "PermissionDenied",
            Self::ResourceExhausted => "ResourceExhausted",
            Self::FailedPrecondition => "FailedPrecondition",
            Self::Aborted => "Aborted",
            Self::Unimplemented => "Unimplemented",
            Self::Internal => "Internal",
            Self::Unavailable => "Unavailable",
            Self::Unauthenticated => "Unauthenticated",
        }
    }
}

/// A refusal by the rules: a stable id that clients match on, a kind, and (as `Display`) a text.
pub trait Refusal: std::error::Error {
    /// ZITADEL's id, such as `COMMAND-Hewfq`.
    fn id(&self) -> &'static str;

    /// Its kind.
    fn kind(&self) -> Kind;
}
