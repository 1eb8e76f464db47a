//! `[metrics]`: what is counted, and for whom.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// What is counted, and for whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MetricsConfig {
    /// IP address and port of `/metrics`, which has no other port; default none, and then nothing is
    /// counted. Port 0 takes a free one.
    ///
    /// Whoever reaches the port may read: it speaks cleartext and asks for no token.
    pub listen: Option<SocketAddr>,
}
