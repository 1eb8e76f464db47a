//! The lines of an archive: JSON, one object each.
//!
//! ```text
//! {"format":"bartizan-archive-1","instance":"…"}
//! {"run":{"first":5,"before":"…"}}                   the link of the event before the run
//! {"position":5,"aggregateType":4,…,"link":"…"}      its events
//! …
//! {"end":{"runs":1,"events":3,"seal":"…"}}           over every byte before this line
//! ```

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::domain::event::{AggregateType, event_types};
use crate::ports::LinkHash;
use crate::storage::sqlite::log::Fields;

/// What the first line says.
pub(super) const FORMAT: &str = "bartizan-archive-1";

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head<'a> {
    pub(super) format: Cow<'a, str>,
    /// Whose events they are.
    pub(super) instance: Cow<'a, str>,
}

/// Every other line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Line<'a> {
    Run {
        run: Begin,
    },
    #[serde(borrow)]
    Event(Box<Event<'a>>),
    End {
        end: End,
    },
}

/// Before the events of a run.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Begin {
    pub(super) first: i64,
    pub(super) before: Hex,
}

/// The last line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    pub(super) runs: u64,
    pub(super) events: u64,
    pub(super) seal: Hex,
}

/// An event: the columns of its row, and names for those who read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Event<'a> {
    pub(super) position: i64,
    pub(super) aggregate_type: u8,
    aggregate_id: Cow<'a, str>,
    pub(super) sequence: u32,
    #[serde(rename = "eventType")]
    code: u16,
    name: Cow<'a, str>,
    revision: u16,
    /// Microseconds since 1970, UTC.
    created_at: i64,
    creator: Cow<'a, str>,
    owner: Cow<'a, str>,
    /// The JSON text as it was sealed.
    payload: Option<Cow<'a, str>>,
    pub(super) link: Hex,
}

impl<'a> Event<'a> {
    pub(super) fn new(fields: &Fields<'a>, link: LinkHash) -> Self {
        let known = event_types().find(|(code, _)| *code == fields.event_type);
        let text = |id: i64| Cow::Owned(id.to_string());
        Self {
            position: fields.position,
            aggregate_type: fields.aggregate_type,
            aggregate_id: text(fields.aggregate_id),
            sequence: fields.sequence,
            code: fields.event_type,
            name: Cow::Borrowed(known.map_or("", |(_, name)| name)),
            revision: fields.revision,
            created_at: fields.created_at,
            creator: text(fields.creator),
            owner: text(fields.owner),
            payload: fields.payload.map(Cow::Borrowed),
            link: Hex(link),
        }
    }

    /// The columns; nothing where an id is no number or the type of aggregate is unknown.
    pub(super) fn fields(&self) -> Option<Fields<'_>> {
        AggregateType::from_code(self.aggregate_type)?;
        Some(Fields {
            position: self.position,
            aggregate_type: self.aggregate_type,
            aggregate_id: self.aggregate_id.parse().ok()?,
            sequence: self.sequence,
            event_type: self.code,
            revision: self.revision,
            created_at: self.created_at,
            creator: self.creator.parse().ok()?,
            owner: self.owner.parse().ok()?,
            payload: self.payload.as_deref(),
        })
    }
}

/// A link as 32 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(super) struct Hex(pub(super) LinkHash);

impl From<Hex> for String {
    fn from(hex: Hex) -> Self {
        format!("{:032x}", u128::from_be_bytes(hex.0))
    }
}

impl TryFrom<String> for Hex {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let number = u128::from_str_radix(&text, 16).ok();
        number
            .filter(|_| text.len() == 32)
            .map(|number| Self(number.to_be_bytes()))
            .ok_or("a link is 32 hexadecimal digits")
    }
}
