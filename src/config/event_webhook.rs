//! `[[events.webhook]]`: services that are told of events.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::units::{maybe_secret, span};
use crate::domain::event::{EventFilter, kind_named, types_named};
use crate::domain::ids::Position;
use crate::domain::secret::Secret;

/// A service that is told of events.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventWebhookConfig {
    /// What its cursor is kept under; no default, unique.
    pub name: String,
    /// Where events are posted; no default.
    pub endpoint: String,
    /// With what requests are signed; no default.
    #[serde(with = "maybe_secret")]
    pub signing_key: Option<Secret>,
    /// A file with that key in its place; default none.
    pub signing_key_file: Option<PathBuf>,
    /// Names of types of events, or `group.*`; default all.
    pub event_types: Vec<String>,
    /// Names of types of aggregates; default all.
    pub aggregate_types: Vec<String>,
    /// Behind which position it begins; default `newest`.
    pub start: StartConfig,
    /// How long one request may take; default `10s`.
    #[serde(with = "span")]
    pub timeout: Duration,
    /// How long events that it has not taken are kept from archives; default `168h`.
    #[serde(with = "span")]
    pub hold: Duration,
}

/// Where a webhook begins that has no cursor yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum StartConfig {
    /// With what happens from now on.
    #[default]
    Newest,
    /// Behind this position.
    After(Position),
}

/// The word for [`StartConfig::Newest`].
const NEWEST: &str = "newest";

impl StartConfig {
    /// Reads `newest` or a position.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text == NEWEST {
            return Some(Self::Newest);
        }
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let position = text.parse().ok().filter(|_| digits)?;
        Some(Self::After(Position::new(position)))
    }
}

impl Serialize for StartConfig {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Newest => serializer.serialize_str(NEWEST),
            Self::After(position) => serializer.serialize_i64(position.number()),
        }
    }
}

impl<'de> Deserialize<'de> for StartConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Number(i64),
            Text(String),
        }
        let text = match Form::deserialize(deserializer)? {
            Form::Number(number) => number.to_string(),
            Form::Text(text) => text,
        };
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom("neither `newest` nor a position"))
    }
}

impl Default for EventWebhookConfig {
    fn default() -> Self {
        Self {
            name: String::new(),
            endpoint: String::new(),
            signing_key: None,
            signing_key_file: None,
            event_types: Vec::new(),
            aggregate_types: Vec::new(),
            start: StartConfig::Newest,
            timeout: Duration::from_secs(10),
            hold: Duration::from_hours(168),
        }
    }
}

impl EventWebhookConfig {
    /// Which events it wants.
    pub fn filter(&self) -> EventFilter {
        let kinds = self.aggregate_types.iter();
        let types = self.event_types.iter();
        EventFilter::new(
            kinds.filter_map(|name| kind_named(name)).collect(),
            types.flat_map(|name| types_named(name)).collect(),
        )
    }

    /// A key without which it cannot be, if one is missing.
    pub(super) fn missing(&self) -> Option<&'static str> {
        if self.name.is_empty() {
            Some("name")
        } else if self.endpoint.is_empty() {
            Some("endpoint")
        } else if self.signing_key.is_none() && self.signing_key_file.is_none() {
            Some("signing_key")
        } else {
            None
        }
    }
}
