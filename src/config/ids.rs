//! `[ids]`: how ids are made.

use serde::{Deserialize, Serialize};

/// How ids are made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IdConfig {
    /// The number of this node, 0 to 3; default 0. It is part of each id, so nodes never make the
    /// same one.
    pub node: u8,
}
