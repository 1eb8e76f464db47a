//! Events: what happened, in the names and payload fields that people who read ZITADEL's event
//! table know (spec section 8).
//!
//! A payload holds ids and facts. It never holds a secret in clear, nor the hash of one: where a
//! hash is stored in a row, the event carries a fingerprint of that hash, which proves the row
//! without giving anything away. The hash itself travels in the event only in memory, from the
//! decision to the row, and serde skips it.

mod filter;
mod instance;
mod intent;
mod org;
mod otp;
mod published;
mod session;
mod stored;
mod user;
mod webauthn;

pub use filter::{EventFilter, kind_named, types_named};
pub use instance::{DefaultOrgSet, InstanceAdded, InstanceEvent, MemberRemoved, MemberRoles};
pub use intent::{IntentEvent, IntentFailed, IntentStarted, IntentSucceeded};
pub use org::{OrgAdded, OrgDomain, OrgEvent};
pub use otp::{OtpEmailChallenged, OtpSmsChallenged, RecoveryCodeUsed, RecoveryCodesAdded};
pub use published::PublishedEvent;
pub use session::{
    FactorChecked, LifetimeSet, MetadataSet, SessionAdded, SessionEvent, SessionTerminated,
    TokenSet, UserChecked,
};
pub use stored::Revision;
pub use user::{
    CodeAdded, EmailChanged, HashUpdated, HumanAdded, IdpLinkAdded, IdpLinkRemoved,
    InviteCodeAdded, MachineAdded, MachineChanged, PasswordChanged, PatAdded, PatRemoved,
    PhoneChanged, ProfileChanged, TotpAdded, TotpCheckSucceeded, UserEvent, UserMetadataSet,
    UsernameChanged,
};
pub use webauthn::{
    PasskeyCodeAdded, PasskeyCodeChecked, WebAuthnAdded, WebAuthnChecked, WebAuthnRemoved,
    WebAuthnSigned, WebAuthnVerified,
};

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ids::{InstanceId, IntentId, OrgId, Position, Sequence, SessionId, UserId};
use super::time::Timestamp;

/// The payload of an event that says all by its name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::empty_structs_with_brackets,
    reason = "a unit struct would serialize as `null`, not as `{}`"
)]
pub struct Nothing {}

/// Why a stored event could not be read.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// A number that this version does not know: the file is from a newer one, or damaged.
    #[error("unknown event type: `{0}`")]
    UnknownType(u16),
    /// The payload is not what its type has.
    #[error("unreadable payload of `{0}`")]
    Payload(&'static str, #[source] serde_json::Error),
}

/// Declares the events of one aggregate: variant, payload, stored number, name.
///
/// The number is what the table keeps; it is never given to another event.
macro_rules! events {
    ($(#[$doc:meta])* $name:ident { $( $(#[$event_doc:meta])* $variant:ident($payload:ty) = $code:literal $text:literal, )+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub enum $name {
            $( $(#[$event_doc])* $variant($payload), )+
        }

        impl $name {
            /// Number and name of every event of this aggregate.
            pub const TYPES: &'static [(u16, &'static str)] = &[ $( ($code, $text), )+ ];

            /// The number that the table keeps.
            pub const fn code(&self) -> u16 {
                match self { $( Self::$variant(_) => $code, )+ }
            }

            /// The payload as JSON; `None` where there is nothing to say.
            ///
            /// # Errors
            /// What serde says; it cannot fail for the types declared here.
            pub fn payload(&self) -> Result<Option<String>, serde_json::Error> {
                let text = match self { $( Self::$variant(payload) => serde_json::to_string(payload)?, )+ };
                Ok((text != "{}").then_some(text))
            }

            /// Reads a stored event of this aggregate.
            ///
            /// # Errors
            /// [`EventError`](super::EventError) for a number or payload that is not one of these.
            pub fn read(code: u16, payload: Option<&str>) -> Result<Self, $crate::domain::event::EventError> {
                let payload = payload.unwrap_or("{}");
                match code {
                    $( $code => serde_json::from_str(payload)
                        .map(Self::$variant)
                        .map_err(|error| $crate::domain::event::EventError::Payload($text, error)), )+
                    unknown => Err($crate::domain::event::EventError::UnknownType(unknown)),
                }
            }
        }
    };
}
use events;

/// The kinds of aggregates; the number is what the table keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AggregateType {
    /// The instance itself.
    Instance,
    /// An organisation.
    Org,
    /// A user.
    User,
    /// A session.
    Session,
    /// A login at an identity provider.
    Intent,
}

impl AggregateType {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Instance,
        Self::Org,
        Self::User,
        Self::Session,
        Self::Intent,
    ];

    /// The number that the table keeps.
    pub const fn code(self) -> u8 {
        match self {
            Self::Instance => 1,
            Self::Org => 2,
            Self::User => 3,
            Self::Session => 4,
            Self::Intent => 5,
        }
    }

    /// The name as ZITADEL writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Org => "org",
            Self::User => "user",
            Self::Session => "session",
            Self::Intent => "idpintent",
        }
    }

    /// Number and name of each of its events.
    pub const fn event_types(self) -> &'static [(u16, &'static str)] {
        match self {
            Self::Instance => InstanceEvent::TYPES,
            Self::Org => OrgEvent::TYPES,
            Self::User => UserEvent::TYPES,
            Self::Session => SessionEvent::TYPES,
            Self::Intent => IntentEvent::TYPES,
        }
    }

    /// The kind behind a stored number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// One stream of events.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aggregate {
    /// The instance.
    Instance(InstanceId),
    /// An organisation.
    Org(OrgId),
    /// A user.
    User(UserId),
    /// A session.
    Session(SessionId),
    /// A login at an identity provider.
    Intent(IntentId),
}

impl Aggregate {
    /// Which kind it is of.
    pub const fn kind(self) -> AggregateType {
        match self {
            Self::Instance(_) => AggregateType::Instance,
            Self::Org(_) => AggregateType::Org,
            Self::User(_) => AggregateType::User,
            Self::Session(_) => AggregateType::Session,
            Self::Intent(_) => AggregateType::Intent,
        }
    }

    /// Its integer key.
    pub const fn key(self) -> i64 {
        match self {
            Self::Instance(id) => id.key(),
            Self::Org(id) => id.key(),
            Self::User(id) => id.key(),
            Self::Session(id) => id.key(),
            Self::Intent(id) => id.key(),
        }
    }

    /// The aggregate behind stored numbers.
    pub const fn from_stored(kind: AggregateType, key: i64) -> Self {
        match kind {
            AggregateType::Instance => Self::Instance(InstanceId::new(key)),
            AggregateType::Org => Self::Org(OrgId::new(key)),
            AggregateType::User => Self::User(UserId::new(key)),
            AggregateType::Session => Self::Session(SessionId::new(key)),
            AggregateType::Intent => Self::Intent(IntentId::new(key)),
        }
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.kind().name(), self.key())
    }
}

impl fmt::Debug for Aggregate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// An event of any aggregate.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Of the instance.
    Instance(InstanceEvent),
    /// Of an organisation.
    Org(OrgEvent),
    /// Of a user.
    User(UserEvent),
    /// Of a session.
    Session(SessionEvent),
    /// Of a login at an identity provider.
    Intent(IntentEvent),
}

impl Event {
    /// The number that the table keeps.
    pub const fn code(&self) -> u16 {
        match self {
            Self::Instance(event) => event.code(),
            Self::Org(event) => event.code(),
            Self::User(event) => event.code(),
            Self::Session(event) => event.code(),
            Self::Intent(event) => event.code(),
        }
    }

    /// The name as ZITADEL writes it.
    pub fn name(&self) -> &'static str {
        event_name(self.code()).unwrap_or("unknown")
    }

    /// The payload as JSON; `None` where there is nothing to say.
    ///
    /// # Errors
    /// What serde says; it cannot fail for our own types.
    pub fn payload(&self) -> Result<Option<String>, serde_json::Error> {
        match self {
            Self::Instance(event) => event.payload(),
            Self::Org(event) => event.payload(),
            Self::User(event) => event.payload(),
            Self::Session(event) => event.payload(),
            Self::Intent(event) => event.payload(),
        }
    }

    /// Reads a stored event.
    ///
    /// # Errors
    /// [`EventError`] for a number or payload that is unknown to this aggregate.
    pub fn read(kind: AggregateType, code: u16, payload: Option<&str>) -> Result<Self, EventError> {
        match kind {
            AggregateType::Instance => InstanceEvent::read(code, payload).map(Self::Instance),
            AggregateType::Org => OrgEvent::read(code, payload).map(Self::Org),
            AggregateType::User => UserEvent::read(code, payload).map(Self::User),
            AggregateType::Session => SessionEvent::read(code, payload).map(Self::Session),
            AggregateType::Intent => IntentEvent::read(code, payload).map(Self::Intent),
        }
    }
}

/// Number and name of every event that exists.
pub fn event_types() -> impl Iterator<Item = (u16, &'static str)> {
    AggregateType::ALL
        .into_iter()
        .flat_map(AggregateType::event_types)
        .copied()
}

/// The name of an event's number.
pub fn event_name(code: u16) -> Option<&'static str> {
    event_types().find_map(|(known, name)| (known == code).then_some(name))
}

/// An event as it stands in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedEvent {
    /// Its place in the whole log.
    pub position: Position,
    /// Whose it is.
    pub aggregate: Aggregate,
    /// Its number within the aggregate.
    pub sequence: Sequence,
    /// When the call that wrote it was made.
    pub created_at: Timestamp,
    /// The user who made the call.
    pub creator: UserId,
    /// The organisation or instance that owns the aggregate.
    pub owner: i64,
    /// What happened.
    pub event: Event,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn numbers_and_names_are_unique() {
        let codes: BTreeSet<_> = event_types().map(|(code, _)| code).collect();
        let names: BTreeSet<_> = event_types().map(|(_, name)| name).collect();
        assert_eq!(codes.len(), event_types().count());
        assert_eq!(names.len(), event_types().count());
    }

    #[test]
    fn an_unknown_number_is_refused() {
        assert!(matches!(
            SessionEvent::read(1, None),
            Err(EventError::UnknownType(1))
        ));
    }

    #[test]
    fn kinds_survive_their_code() {
        for kind in AggregateType::ALL {
            assert_eq!(AggregateType::from_code(kind.code()), Some(kind));
            assert_eq!(Aggregate::from_stored(kind, 7).kind(), kind);
        }
    }
}
