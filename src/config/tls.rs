//! `[server.tls]`: the certificate of the port.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The certificate of the port, and its key. With both the port speaks TLS alone, with neither it
/// speaks cleartext.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsConfig {
    /// PEM file of the certificate and of those between it and its root; default none.
    pub certificate: Option<PathBuf>,
    /// PEM file of the certificate's private key; default none.
    pub key: Option<PathBuf>,
}

impl TlsConfig {
    /// Certificate and key, where both are set.
    pub fn files(&self) -> Option<(&Path, &Path)> {
        self.certificate.as_deref().zip(self.key.as_deref())
    }
}
