//! `[forward_auth]`: how reverse proxies ask whether a request may pass.

use serde::{Deserialize, Serialize};

/// How reverse proxies ask whether a request may pass.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ForwardAuthConfig {
    /// The name of the cookie in which browsers bring a session token; default none: then only the
    /// header `Authorization` counts.
    pub cookie: String,
}
