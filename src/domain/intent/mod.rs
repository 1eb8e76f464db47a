//! The intent aggregate: a login at an identity provider, from its start to its use.
//!
//! It is an aggregate of its own, because it begins before anybody knows whose it is. The model is
//! exactly the row that the store keeps, and exactly the fold of the intent's events; what only serves
//! a phase goes with it.

mod decide;
mod error;
mod evolve;
mod identity;

use super::ids::{IntentId, Sequence, UserId};
use super::time::{Span, Timestamp};
use super::user::StoredSecret;

pub use decide::{NewIntent, Proven, consume, fail, judge, readable, start, startable, succeed};
pub use error::IntentError;
pub use evolve::{evolve, first, fold};
pub use identity::{Identity, Profile};

/// How long a browser may take to come back from the provider.
pub const STARTED_FOR: Span = Span::from_seconds(3_600);

/// How long the word of the provider counts, as in ZITADEL.
pub const SUCCEEDED_FOR: Span = Span::from_seconds(3_600);

/// A login at an identity provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intent {
    /// Its id.
    pub id: IntentId,
    /// The sequence of its last event.
    pub sequence: Sequence,
    /// When it was started.
    pub created_at: Timestamp,
    /// When its last event was written.
    pub changed_at: Timestamp,
    /// The provider.
    pub idp_id: String,
    /// Where the browser is sent when all went well.
    pub success_url: String,
    /// Where it is sent when something did not.
    pub failure_url: String,
    /// How far it has come.
    pub phase: Phase,
}

/// How far an intent has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// The browser is at the provider.
    Started {
        /// What the provider's answer must fit, encrypted.
        handshake: StoredSecret,
    },
    /// The provider has said who came.
    Succeeded(Outcome),
    /// It came to nothing.
    Failed,
    /// A session was told who it is.
    Consumed,
}

impl Phase {
    /// The number that the table keeps.
    pub const fn code(&self) -> u8 {
        match self {
            Self::Started { .. } => 1,
            Self::Succeeded(_) => 2,
            Self::Failed => 3,
            Self::Consumed => 4,
        }
    }
}

/// What came of an intent that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The user's id at the provider.
    pub external_id: String,
    /// The user's name at the provider.
    pub external_name: String,
    /// The user here who was linked to it at that moment.
    pub user: Option<UserId>,
    /// The moment from which it is of no use.
    pub expires_at: Timestamp,
    /// All that the provider said, its tokens among it, encrypted.
    pub identity: StoredSecret,
}
