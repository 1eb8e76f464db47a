//! `[[idp]]`: identity providers at which users can log in.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::units::{maybe_secret, span};
use crate::domain::idp::{AutoLinking, Provider, ProviderKind, ProviderOptions};
use crate::domain::secret::Secret;

/// An identity provider.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "as many switches as ZITADEL has"
)]
pub struct IdpConfig {
    /// What requests and links name it by; no default, unique, never to be given to another one.
    pub id: String,
    /// The name to show; no default.
    pub name: String,
    /// What it speaks; default `oidc`.
    pub kind: IdpKindConfig,
    /// Of OpenID Connect: its issuer, below which its configuration is found; no default.
    pub issuer: String,
    /// Of OAuth 2.0: where browsers are sent; no default.
    pub authorization_endpoint: String,
    /// Of OAuth 2.0: where codes are exchanged; no default.
    pub token_endpoint: String,
    /// Of OAuth 2.0: where the user is asked for; no default.
    pub user_endpoint: String,
    /// Of OAuth 2.0: the member of that answer which is the user's id; default `sub`.
    pub id_attribute: String,
    /// The id of this server as its client; no default.
    pub client_id: String,
    /// The secret that belongs to it; default none, as for public clients.
    #[serde(with = "maybe_secret")]
    pub client_secret: Option<Secret>,
    /// A file with that secret in its place; default none.
    pub client_secret_file: Option<PathBuf>,
    /// How long one request to it may take; default `10s`.
    #[serde(with = "span")]
    pub timeout: Duration,
    /// What is asked for; default `openid`, `profile`, `email`.
    pub scopes: Vec<String>,
    /// Of OpenID Connect: the ID token alone says who the user is; default false.
    pub id_token_mapping: bool,
    /// Login pages may link its users; default true.
    pub linking_allowed: bool,
    /// Login pages may make users of them; default true.
    pub creation_allowed: bool,
    /// Login pages do so without asking; default false.
    pub auto_creation: bool,
    /// Login pages bring what is known of them up to date; default false.
    pub auto_update: bool,
    /// How login pages look for a user to link; default `none`.
    pub auto_linking: AutoLinkingConfig,
}

/// What a provider speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IdpKindConfig {
    /// OpenID Connect.
    #[default]
    Oidc,
    /// OAuth 2.0 alone.
    #[serde(rename = "oauth")]
    OAuth,
}

/// How login pages look for a user to link.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AutoLinkingConfig {
    /// They do not.
    #[default]
    None,
    /// By username.
    Username,
    /// By e-mail address.
    Email,
}

impl Default for IdpConfig {
    fn default() -> Self {
        let options = ProviderOptions::default();
        Self {
            id: String::new(),
            name: String::new(),
            kind: IdpKindConfig::Oidc,
            issuer: String::new(),
            authorization_endpoint: String::new(),
            token_endpoint: String::new(),
            user_endpoint: String::new(),
            id_attribute: "sub".to_owned(),
            client_id: String::new(),
            client_secret: None,
            client_secret_file: None,
            timeout: Duration::from_secs(10),
            scopes: ["openid", "profile", "email"].map(str::to_owned).into(),
            id_token_mapping: false,
            linking_allowed: options.linking_allowed,
            creation_allowed: options.creation_allowed,
            auto_creation: options.auto_creation,
            auto_update: options.auto_update,
            auto_linking: AutoLinkingConfig::None,
        }
    }
}

impl IdpConfig {
    /// What may be told of it.
    pub fn to_domain(&self) -> Provider {
        Provider {
            id: self.id.clone(),
            name: self.name.clone(),
            client_id: self.client_id.clone(),
            scopes: self.scopes.clone(),
            kind: match self.kind {
                IdpKindConfig::Oidc => ProviderKind::Oidc {
                    issuer: self.issuer.clone(),
                    id_token_mapping: self.id_token_mapping,
                },
                IdpKindConfig::OAuth => ProviderKind::OAuth {
                    authorization_endpoint: self.authorization_endpoint.clone(),
                    token_endpoint: self.token_endpoint.clone(),
                    user_endpoint: self.user_endpoint.clone(),
                    id_attribute: self.id_attribute.clone(),
                },
            },
            options: ProviderOptions {
                linking_allowed: self.linking_allowed,
                creation_allowed: self.creation_allowed,
                auto_creation: self.auto_creation,
                auto_update: self.auto_update,
                auto_linking: match self.auto_linking {
                    AutoLinkingConfig::None => AutoLinking::None,
                    AutoLinkingConfig::Username => AutoLinking::Username,
                    AutoLinkingConfig::Email => AutoLinking::Email,
                },
            },
        }
    }

    /// The keys that must have a value, with those that they have.
    pub(super) fn required(&self) -> Vec<(&'static str, &str)> {
        let mut keys = vec![
            ("id", self.id.as_str()),
            ("name", &self.name),
            ("client_id", &self.client_id),
        ];
        match self.kind {
            IdpKindConfig::Oidc => keys.push(("issuer", &self.issuer)),
            IdpKindConfig::OAuth => keys.extend([
                (
                    "authorization_endpoint",
                    self.authorization_endpoint.as_str(),
                ),
                ("token_endpoint", &self.token_endpoint),
                ("user_endpoint", &self.user_endpoint),
                ("id_attribute", &self.id_attribute),
            ]),
        }
        keys
    }
}
