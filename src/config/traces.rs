//! `[traces]`: where spans go.

use serde::{Deserialize, Serialize};

/// Where spans go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TracesConfig {
    /// The URL of a collector's OTLP over HTTP; default none: then there are no spans.
    pub endpoint: String,
}
