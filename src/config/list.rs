//! `[list]`: how long answered lists are.

use serde::{Deserialize, Serialize};

/// How long answered lists are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ListConfig {
    /// Entries of a page when the request names no limit; default 100, as in ZITADEL.
    pub default_limit: u32,
    /// The largest limit that a request may name; default 1000, as in ZITADEL. 0 allows any.
    pub max_limit: u32,
}

impl Default for ListConfig {
    fn default() -> Self {
        Self {
            default_limit: 100,
            max_limit: 1_000,
        }
    }
}
