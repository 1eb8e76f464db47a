//! `[first_instance]`: what the first start creates. Later starts do not look at it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::units::{moment, secret};
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;

/// What the first start creates.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FirstInstanceConfig {
    /// Name of the instance; default `ZITADEL`, as there.
    pub instance_name: String,
    /// Name of the default organisation; default `ZITADEL`, as there.
    pub org_name: String,
    /// The domain under which clients reach the instance; default `localhost`.
    ///
    /// The organisation's primary domain is made of it: see [`org_domain`](Self::org_domain).
    pub external_domain: String,
    /// A machine user with role `IAM_OWNER` and a token.
    pub machine: MachineConfig,
    /// A machine user with role `IAM_LOGIN_CLIENT` and a token.
    pub login_client: MachineConfig,
    /// A human with role `IAM_OWNER`; default none. Setting any of its keys makes one.
    pub human: Option<HumanConfig>,
}

impl Default for FirstInstanceConfig {
    fn default() -> Self {
        Self {
            instance_name: "ZITADEL".to_owned(),
            org_name: "ZITADEL".to_owned(),
            external_domain: "localhost".to_owned(),
            machine: MachineConfig::named("admin-sa", "Admin"),
            login_client: MachineConfig::named("login-client", "Login client"),
            human: None,
        }
    }
}

impl FirstInstanceConfig {
    /// The default organisation's primary domain: the organisation's name as a DNS label, then the
    /// external domain (`zitadel.localhost`).
    pub fn org_domain(&self) -> String {
        let mut label = String::new();
        for c in self.org_name.to_lowercase().chars() {
            if c.is_ascii_alphanumeric() {
                label.push(c);
            } else if !label.is_empty() && !label.ends_with('-') {
                label.push('-');
            }
        }
        let label: String = label.chars().take(63).collect();
        let domain = self.external_domain.to_lowercase();
        match label.trim_end_matches('-') {
            "" => domain,
            label => format!("{label}.{domain}"),
        }
    }
}

/// A machine user of the first start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachineConfig {
    /// Its username; default `admin-sa` and `login-client`.
    pub username: String,
    /// Its name; default `Admin` and `Login client`.
    pub name: String,
    /// The file for its token, mode 0600; default `admin.pat` and `login-client.pat` in the data
    /// directory. A relative path starts at the working directory, as in ZITADEL.
    #[serde(default)]
    pub pat_path: Option<PathBuf>,
    /// When its token expires, RFC 3339; default never.
    #[serde(default, with = "moment")]
    pub pat_expiration: Option<Timestamp>,
}

impl MachineConfig {
    fn named(username: &str, name: &str) -> Self {
        Self {
            username: username.to_owned(),
            name: name.to_owned(),
            pat_path: None,
            pat_expiration: None,
        }
    }

    pub(super) fn pat_path_or(&self, data_dir: &Path, name: &str) -> PathBuf {
        self.pat_path.clone().unwrap_or_else(|| data_dir.join(name))
    }
}

/// The human of the first start, with ZITADEL's defaults.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HumanConfig {
    /// Username; default `zitadel-admin`. See [`full_username`](Self::full_username).
    pub username: String,
    /// Given name; default `ZITADEL`.
    pub first_name: String,
    /// Family name; default `Admin`.
    pub last_name: String,
    /// E-mail address; default the full username.
    pub email: Option<String>,
    /// Whether the address counts as verified; default true.
    pub email_verified: bool,
    /// Language tag; default `en`.
    pub preferred_language: String,
    /// Password; default is ZITADEL's well-known one, which is why it must be changed.
    #[serde(with = "secret")]
    pub password: Secret,
    /// Whether the password must be changed at the first login; default true.
    pub password_change_required: bool,
}

impl Default for HumanConfig {
    fn default() -> Self {
        Self {
            username: "zitadel-admin".to_owned(),
            first_name: "ZITADEL".to_owned(),
            last_name: "Admin".to_owned(),
            email: None,
            email_verified: true,
            preferred_language: "en".to_owned(),
            password: Secret::new("Password1!".to_owned()),
            password_change_required: true,
        }
    }
}

impl HumanConfig {
    /// The username as ZITADEL creates it where login names do not include the domain: one that is
    /// no e-mail address gets the organisation's domain (`zitadel-admin@zitadel.localhost`).
    pub fn full_username(&self, org_domain: &str) -> String {
        if self.username.contains('@') {
            self.username.clone()
        } else {
            format!("{}@{org_domain}", self.username)
        }
    }

    /// The e-mail address: the configured one, else the full username.
    pub fn email_address(&self, org_domain: &str) -> String {
        self.email
            .clone()
            .unwrap_or_else(|| self.full_username(org_domain))
    }
}
