//! Identity providers that are configured: what may be told of them. Their secrets are not here.

/// A provider at which users can log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provider {
    /// Its id: what requests and links name it by.
    pub id: String,
    /// The name to show.
    pub name: String,
    /// The id of this server as its client.
    pub client_id: String,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// What it speaks.
    pub kind: ProviderKind,
    /// What login pages may do with users who come from it.
    pub options: ProviderOptions,
}

/// What a provider speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderKind {
    /// OpenID Connect; its endpoints are discovered.
    Oidc {
        /// Its issuer, exactly as its ID tokens name it.
        issuer: String,
        /// Whether the ID token alone says who the user is, and its userinfo endpoint is not asked.
        id_token_mapping: bool,
    },
    /// OAuth 2.0 with endpoints that are not discovered.
    OAuth {
        /// Where browsers are sent.
        authorization_endpoint: String,
        /// Where codes are exchanged.
        token_endpoint: String,
        /// Where the user is asked for.
        user_endpoint: String,
        /// The member of its answer that is the user's id.
        id_attribute: String,
    },
}

/// What login pages may do with users who come from a provider. It is told to them; nothing here links
/// or makes a user on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "as many switches as ZITADEL has"
)]
pub struct ProviderOptions {
    /// They may be linked to users who exist.
    pub linking_allowed: bool,
    /// They may become users.
    pub creation_allowed: bool,
    /// They become users without being asked.
    pub auto_creation: bool,
    /// What is known of them is brought up to date at each login.
    pub auto_update: bool,
    /// How a user to link is looked for.
    pub auto_linking: AutoLinking,
}

impl Default for ProviderOptions {
    fn default() -> Self {
        Self {
            linking_allowed: true,
            creation_allowed: true,
            auto_creation: false,
            auto_update: false,
            auto_linking: AutoLinking::None,
        }
    }
}

/// How login pages look for a user to link.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AutoLinking {
    /// They do not.
    #[default]
    None,
    /// By username.
    Username,
    /// By e-mail address.
    Email,
}
