//! Payloads of events about passkeys and security keys.
//!
//! Public keys and challenges are no secrets; the code of a registration link is one, so its event has
//! a keyed digest of it.

use serde::{Deserialize, Serialize};

use crate::domain::ids::{PasskeyCodeId, UserId, WebAuthnKeyId};
use crate::domain::time::{Span, Timestamp};

/// Payload of `user.human.passwordless.token.added` and `user.human.mfa.u2f.token.added`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebAuthnAdded {
    /// The key's own id.
    #[serde(rename = "webAuthNTokenId")]
    pub key: WebAuthnKeyId,
    /// What the authenticator has to sign.
    pub challenge: String,
    /// The domain that the key is bound to.
    #[serde(rename = "rpID")]
    pub rp_id: String,
    /// Who opened the registration with a code, and may go on with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opened_by: Option<UserId>,
}

/// Payload of `user.human.passwordless.token.verified` and `user.human.mfa.u2f.token.verified`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebAuthnVerified {
    /// The key's own id.
    #[serde(rename = "webAuthNTokenId")]
    pub key: WebAuthnKeyId,
    /// The id that the authenticator gave the credential.
    #[serde(rename = "keyID")]
    pub key_id: String,
    /// The public key, in the form that the verifier reads.
    #[serde(rename = "publicKey")]
    pub public_key: String,
    /// The name that the user gave it.
    #[serde(rename = "webAuthNTokenName")]
    pub name: String,
    /// The signature counter.
    #[serde(rename = "signCount")]
    pub sign_count: u32,
}

/// Payload of `user.human.passwordless.token.removed` and `user.human.mfa.u2f.token.removed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebAuthnRemoved {
    /// The key's own id.
    #[serde(rename = "webAuthNTokenId")]
    pub key: WebAuthnKeyId,
}

/// Payload of the events that tell a new signature counter: `...token.check.succeeded` of the user and
/// `...token.signcount.changed` of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebAuthnSigned {
    /// The key's own id.
    #[serde(rename = "webAuthNTokenId")]
    pub key: WebAuthnKeyId,
    /// The signature counter.
    #[serde(rename = "signCount")]
    pub sign_count: u32,
}

/// Payload of `session.webAuthN.checked`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebAuthnChecked {
    /// The clock at the check.
    #[serde(with = "super::session::rfc3339")]
    pub checked_at: Timestamp,
    /// The authenticator verified its user.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub user_verified: bool,
}

/// Payload of `user.human.passwordless.initialization.code.added` and `...code.requested`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyCodeAdded {
    /// The code's own id.
    pub id: PasskeyCodeId,
    /// Nanoseconds from the event on.
    pub expiry: Span,
    /// Keyed digest of the code: no use without the key file.
    pub digest: String,
}

/// Payload of `user.human.passwordless.initialization.code.check.succeeded` and `...check.failed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyCodeChecked {
    /// The code's own id.
    pub id: PasskeyCodeId,
}
