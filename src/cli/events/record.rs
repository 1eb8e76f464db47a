//! Events as they are shown.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::cli::record::{Moment, Row};
use crate::domain::event::RecordedEvent;
use crate::domain::ids::UserId;

/// How much of a payload stands in a table; JSON has all of it.
const SHOWN: usize = 100;

/// An event. Without a payload it has `null`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EventRecord {
    position: i64,
    created_at: Moment,
    aggregate_type: &'static str,
    aggregate_id: String,
    sequence: u32,
    #[serde(rename = "type")]
    name: &'static str,
    creator_id: UserId,
    owner_id: String,
    payload: Option<Box<RawValue>>,
}

impl EventRecord {
    /// Of this event.
    pub(super) fn new(event: &RecordedEvent) -> Result<Self, serde_json::Error> {
        let payload = event.event.payload()?;
        Ok(Self {
            position: event.position.number(),
            created_at: Moment(event.created_at),
            aggregate_type: event.aggregate.kind().name(),
            aggregate_id: event.aggregate.key().to_string(),
            sequence: event.sequence.number(),
            name: event.event.name(),
            creator_id: event.creator,
            owner_id: event.owner.to_string(),
            payload: payload.map(RawValue::from_string).transpose()?,
        })
    }

    fn creator(&self) -> String {
        if self.creator_id == UserId::SYSTEM {
            "system".to_owned()
        } else {
            self.creator_id.to_string()
        }
    }

    fn payload(&self) -> String {
        let text = self.payload.as_deref().map_or("", RawValue::get);
        if text.chars().count() <= SHOWN {
            return text.to_owned();
        }
        text.chars().take(SHOWN - 1).chain(['…']).collect()
    }
}

impl Row for EventRecord {
    const COLUMNS: &'static [&'static str] = &[
        "POSITION",
        "CREATED",
        "AGGREGATE",
        "ID",
        "SEQ",
        "TYPE",
        "CREATOR",
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.position.to_string(),
            self.created_at.to_string(),
            self.aggregate_type.to_owned(),
            self.aggregate_id.clone(),
            self.sequence.to_string(),
            self.name.to_owned(),
            self.creator(),
        ]
    }
}

/// An event in the history of one thing: what it says matters more than whose it is.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct HistoryRecord(pub(super) EventRecord);

impl Row for HistoryRecord {
    const COLUMNS: &'static [&'static str] =
        &["SEQ", "CREATED", "TYPE", "CREATOR", "POSITION", "PAYLOAD"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.0.sequence.to_string(),
            self.0.created_at.to_string(),
            self.0.name.to_owned(),
            self.0.creator(),
            self.0.position.to_string(),
            self.0.payload(),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::fixtures::{NOW, both, later};
    use crate::domain::event::{
        Aggregate, Event, MetadataSet, SessionAdded, SessionEvent, TokenSet,
    };
    use crate::domain::ids::{Position, Sequence, SessionId};
    use crate::domain::secret::HashText;
    use crate::domain::session::Metadata;

    fn recorded(number: u32, creator: UserId, event: SessionEvent) -> EventRecord {
        EventRecord::new(&RecordedEvent {
            position: Position::new(40 + i64::from(number)),
            aggregate: Aggregate::Session(SessionId::new(206_158_430_208_000_007)),
            sequence: Sequence::new(number),
            created_at: if number == 1 { NOW } else { later(60) },
            creator,
            owner: 1,
            event: Event::Session(event),
        })
        .unwrap()
    }

    fn history() -> [EventRecord; 3] {
        let metadata = Metadata::from([("k".repeat(200), vec![1])]);
        [
            recorded(
                1,
                UserId::SYSTEM,
                SessionEvent::Added(SessionAdded::default()),
            ),
            recorded(
                2,
                UserId::new(11),
                SessionEvent::MetadataSet(MetadataSet { metadata }),
            ),
            recorded(
                3,
                UserId::new(11),
                SessionEvent::TokenSet(TokenSet {
                    token_id: "finger".to_owned(),
                    hash: Some(HashText::new("$argon2id$x")),
                }),
            ),
        ]
    }

    #[test]
    fn the_log_is_listed() {
        let rows = history();
        insta::assert_snapshot!(both(|output| output.list(&rows, "no events").unwrap()));
    }

    #[test]
    fn a_history_has_payloads() {
        let rows = history().map(HistoryRecord);
        insta::assert_snapshot!(both(|output| output.list(&rows, "no events").unwrap()));
    }
}
