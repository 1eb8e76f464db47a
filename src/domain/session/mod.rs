//! The session aggregate: its write model, what commands it takes and what they yield.
//!
//! The model is exactly the row that the store keeps, and exactly the fold of the session's events.
//! A session yields events only through the views [`LiveSession`] and [`ActiveSession`]: one that is
//! terminated gives neither, so nothing can follow its last event.

mod bearer;
mod decide;
mod error;
mod evolve;
mod minimum;
mod otp;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::ids::{OrgId, Sequence, SessionId, UserId};
use super::secret::HashText;
use super::shown::Shown;
use super::time::Timestamp;
use super::webauthn::WebAuthnChallenge;

pub use bearer::{BearerError, Strength, strong_enough};
pub use decide::{
    ActiveSession, Changes, LiveSession, TokenMade, UserFact, WebAuthnProven, create,
};
pub use error::SessionError;
pub use evolve::{added, evolve, fold};
pub use minimum::{Minimum, ProvenBy};
pub use otp::OtpChallenges;

/// Keys and values that clients keep with a session.
pub type Metadata = BTreeMap<String, Vec<u8>>;

/// Whether a session still is.
///
/// Expiry is not a state: it follows from the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionState {
    /// It exists, expired or not.
    Active,
    /// It ended for good.
    Terminated,
}

/// What the client said of the user's device; settable at creation only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserAgent {
    /// The device's id as the client knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint_id: Option<String>,
    /// Canonical text of an IP address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// HTTP headers, keys as given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub header: BTreeMap<String, Vec<String>>,
}

impl UserAgent {
    /// Whether nothing at all was said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The user a session is tied to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedUser {
    /// The user.
    pub id: UserId,
    /// The user's organisation at the check.
    pub organization: OrgId,
    /// When the user was last checked.
    pub checked_at: Timestamp,
}

/// When each factor was last proven.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Factors {
    /// The password.
    pub password: Option<Timestamp>,
    /// A code of an authenticator app.
    pub totp: Option<Timestamp>,
    /// A code by SMS.
    pub otp_sms: Option<Timestamp>,
    /// A code by e-mail.
    pub otp_email: Option<Timestamp>,
    /// A recovery code.
    pub recovery_code: Option<Timestamp>,
    /// The word of an identity provider.
    pub intent: Option<Timestamp>,
    /// A passkey or security key.
    pub web_auth_n: Option<WebAuthnFactor>,
}

/// A signature of a passkey or security key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebAuthnFactor {
    /// When it was proven.
    pub checked_at: Timestamp,
    /// The authenticator verified its user.
    pub user_verified: bool,
}

/// A stored hash, or what its event says of it.
#[derive(Clone, PartialEq, Eq)]
pub enum Proof {
    /// The hash, as the row has it.
    Hash(HashText),
    /// The fingerprint of the hash, as the log has it.
    Fingerprint(String),
}

impl Proof {
    /// The hash, if this came from a row or a fresh event.
    pub const fn hash(&self) -> Option<&HashText> {
        match self {
            Self::Hash(hash) => Some(hash),
            Self::Fingerprint(_) => None,
        }
    }

    /// The fingerprint, made with `of` where the hash itself is here.
    pub fn fingerprint(&self, of: impl Fn(&HashText) -> String) -> String {
        match self {
            Self::Hash(hash) => of(hash),
            Self::Fingerprint(text) => text.clone(),
        }
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hash(_) => out.write_str("Hash(…)"),
            Self::Fingerprint(text) => write!(out, "Fingerprint({text})"),
        }
    }
}

/// The current token of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenState {
    /// The sequence of the event that made it.
    pub issued_at: Sequence,
    /// What proves it.
    pub proof: Proof,
}

/// The write model of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whether it still is.
    pub state: SessionState,
    /// The sequence of its last event.
    pub sequence: Sequence,
    /// When it was added.
    pub created_at: Timestamp,
    /// When its last event was written.
    pub changed_at: Timestamp,
    /// The caller who created it.
    pub creator: UserId,
    /// The user it is tied to.
    pub user: Option<CheckedUser>,
    /// What has been proven.
    pub factors: Factors,
    /// What a passkey or security key was asked to sign.
    pub web_auth_n_challenge: Option<WebAuthnChallenge>,
    /// The codes that wait for being given back.
    pub otp_challenges: OtpChallenges,
    /// What clients keep with it.
    pub metadata: Metadata,
    /// What the client said of the user's device.
    pub user_agent: Option<UserAgent>,
    /// When it expires; never, if absent.
    pub expires_at: Option<Timestamp>,
    /// Its current token.
    pub token: Option<TokenState>,
    /// What is shown, where it is not the last event.
    pub shown: Option<Shown>,
}

impl Session {
    /// Sequence and date as they are shown.
    pub fn shown(&self) -> Shown {
        self.shown.unwrap_or(Shown {
            sequence: self.sequence,
            changed_at: self.changed_at,
        })
    }

    /// Whether the session's lifetime is over.
    pub fn expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end < now)
    }

    /// The session as one that commands can still change, unless it has ended.
    pub fn live(&self) -> Option<LiveSession<'_>> {
        match self.state {
            SessionState::Active => Some(LiveSession::of(self)),
            SessionState::Terminated => None,
        }
    }

    /// The organisation on which permissions for this session are looked for; the instance if none.
    pub fn user_organization(&self) -> Option<OrgId> {
        self.user.as_ref().map(|user| user.organization)
    }

    /// Whether the session is tied to this user.
    pub fn is_of(&self, user: UserId) -> bool {
        self.user.as_ref().is_some_and(|checked| checked.id == user)
    }
}
