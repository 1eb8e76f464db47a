//! `[general]`, `[legal]` and `[security]`: what login pages are told beside policies and looks.

use serde::{Deserialize, Serialize};

use crate::domain::settings::{Languages, Legal, Security};

/// Languages of login pages, as BCP 47 tags.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GeneralConfig {
    /// For whom no other fits; default `en`.
    pub default_language: String,
    /// All that the login pages have texts in; default those of ZITADEL's.
    pub supported_languages: Vec<String>,
    /// Those of them that may be chosen; default none, which stands for all.
    pub allowed_languages: Vec<String>,
}

impl GeneralConfig {
    pub(super) fn to_domain(&self) -> Languages {
        Languages {
            default: self.default_language.clone(),
            supported: self.supported_languages.clone(),
            allowed: self.allowed_languages.clone(),
        }
    }
}

impl Default for GeneralConfig {
    fn default() -> Self {
        let languages = Languages::default();
        Self {
            default_language: languages.default,
            supported_languages: languages.supported,
            allowed_languages: languages.allowed,
        }
    }
}

/// Links that login pages show; default none but the documentation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LegalConfig {
    /// Terms of service; default none.
    pub tos_link: String,
    /// Privacy policy; default none.
    pub privacy_policy_link: String,
    /// Help; default none.
    pub help_link: String,
    /// Whom to write to; default nobody.
    pub support_email: String,
    /// Documentation; default `https://zitadel.com/docs`.
    pub docs_link: String,
    /// Anything else; default none.
    pub custom_link: String,
    /// What that is called; default nothing.
    pub custom_link_text: String,
}

impl LegalConfig {
    pub(super) fn to_domain(&self) -> Legal {
        Legal {
            tos_link: self.tos_link.clone(),
            privacy_policy_link: self.privacy_policy_link.clone(),
            help_link: self.help_link.clone(),
            support_email: self.support_email.clone(),
            docs_link: self.docs_link.clone(),
            custom_link: self.custom_link.clone(),
            custom_link_text: self.custom_link_text.clone(),
        }
    }
}

impl Default for LegalConfig {
    fn default() -> Self {
        let legal = Legal::default();
        Self {
            tos_link: legal.tos_link,
            privacy_policy_link: legal.privacy_policy_link,
            help_link: legal.help_link,
            support_email: legal.support_email,
            docs_link: legal.docs_link,
            custom_link: legal.custom_link,
            custom_link_text: legal.custom_link_text,
        }
    }
}

/// Whether login pages may be shown inside pages of others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SecurityConfig {
    /// They may; default false.
    pub embedded_iframe: bool,
    /// Inside pages of these origins; default none.
    pub allowed_origins: Vec<String>,
}

impl SecurityConfig {
    pub(super) fn to_domain(&self) -> Security {
        Security {
            embedded_iframe: self.embedded_iframe,
            allowed_origins: self.allowed_origins.clone(),
        }
    }
}

impl Default for SecurityConfig {
    fn default() -> Self {
        let security = Security::default();
        Self {
            embedded_iframe: security.embedded_iframe,
            allowed_origins: security.allowed_origins,
        }
    }
}
