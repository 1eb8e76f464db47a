//! Events as others are told of them, in the fields that ZITADEL sends to the targets of its actions.

use serde::Serialize;
use serde_json::value::RawValue;

use super::RecordedEvent;
use crate::domain::ids::{InstanceId, UserId};

/// The form of the payloads.
const VERSION: &str = "v1";

/// An event in JSON. A payload tells what the log has and no more: ids and facts.
///
/// The link of the chain is not among the fields: without the key it says nothing. Positions have no
/// gaps but those of archives, and sequences of an aggregate have none, so that whoever counts sees
/// what is missing.
#[derive(Debug, Serialize)]
pub struct PublishedEvent {
    #[serde(rename = "aggregateID")]
    aggregate_id: String,
    #[serde(rename = "aggregateType")]
    aggregate_type: &'static str,
    #[serde(rename = "resourceOwner")]
    resource_owner: String,
    #[serde(rename = "instanceID")]
    instance_id: String,
    version: &'static str,
    sequence: u32,
    event_type: &'static str,
    created_at: String,
    #[serde(rename = "userID")]
    user_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_payload: Option<Box<RawValue>>,
    /// Ours: the place in the whole log.
    position: i64,
}

impl PublishedEvent {
    /// Of this event.
    ///
    /// # Errors
    /// What serde says; it cannot fail for our own payloads.
    pub fn new(event: &RecordedEvent, instance: InstanceId) -> Result<Self, serde_json::Error> {
        let payload = event.event.payload()?;
        let creator = event.creator;
        Ok(Self {
            aggregate_id: event.aggregate.key().to_string(),
            aggregate_type: event.aggregate.kind().name(),
            resource_owner: event.owner.to_string(),
            instance_id: instance.to_string(),
            version: VERSION,
            sequence: event.sequence.number(),
            event_type: event.event.name(),
            created_at: event.created_at.to_string(),
            user_id: if creator == UserId::SYSTEM {
                "SYSTEM".to_owned()
            } else {
                creator.to_string()
            },
            event_payload: payload.map(RawValue::from_string).transpose()?,
            position: event.position.number(),
        })
    }

    /// As one line of JSON.
    ///
    /// # Errors
    /// What serde says.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::{Aggregate, Event, SessionEvent, SessionTerminated, TokenSet};
    use crate::domain::ids::{Position, Sequence, SessionId};
    use crate::domain::secret::HashText;
    use crate::domain::time::Timestamp;

    fn told(creator: UserId, event: SessionEvent) -> String {
        let event = RecordedEvent {
            position: Position::new(71),
            aggregate: Aggregate::Session(SessionId::new(9)),
            sequence: Sequence::new(4),
            created_at: Timestamp::from_micros(1_783_661_559_007_096),
            creator,
            owner: 1,
            event: Event::Session(event),
        };
        let published = PublishedEvent::new(&event, InstanceId::new(1)).unwrap();
        published.json().unwrap()
    }

    #[test]
    fn fields_are_those_of_zitadel_and_a_position() {
        let token = TokenSet {
            token_id: "finger".to_owned(),
            hash: Some(HashText::new("$argon2id$secret")),
        };
        assert_eq!(
            told(UserId::new(7), SessionEvent::TokenSet(token)),
            r#"{"aggregateID":"9","aggregateType":"session","resourceOwner":"1","instanceID":"1","version":"v1","sequence":4,"event_type":"session.token.set","created_at":"2026-07-10T05:32:39.007096Z","userID":"7","event_payload":{"tokenID":"finger"},"position":71}"#
        );
        let ended = SessionEvent::Terminated(SessionTerminated::default());
        assert_eq!(
            told(UserId::SYSTEM, ended),
            r#"{"aggregateID":"9","aggregateType":"session","resourceOwner":"1","instanceID":"1","version":"v1","sequence":4,"event_type":"session.terminated","created_at":"2026-07-10T05:32:39.007096Z","userID":"SYSTEM","position":71}"#
        );
    }
}
