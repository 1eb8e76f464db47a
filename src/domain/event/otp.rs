//! Payloads of events about one-time codes: by SMS, by e-mail, and written down.
//!
//! A code is a secret, so its event has a keyed digest of it, which is of no use without the key file.

use serde::{Deserialize, Serialize};

use crate::domain::time::Span;

/// Payload of `user.human.mfa.recoverycode.added`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCodesAdded {
    /// Base64url of the keyed digest of each code.
    pub codes: Vec<String>,
}

/// Payload of `user.human.mfa.recoverycode.check.succeeded`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCodeUsed {
    /// Base64url of the keyed digest of the code, which works never again.
    pub code: String,
}

/// Payload of `session.otp.sms.challenged`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OtpSmsChallenged {
    /// Nanoseconds from the event on.
    pub expiry: Span,
    /// Whether the caller got the code in the answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub code_returned: bool,
    /// Base64url of the keyed digest of the code.
    pub digest: String,
}

/// Payload of `session.otp.email.challenged`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OtpEmailChallenged {
    /// Nanoseconds from the event on.
    pub expiry: Span,
    /// Whether the caller got the code in the answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub return_code: bool,
    /// The template of the link in the message, if the caller gave one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_tmpl: Option<String>,
    /// Base64url of the keyed digest of the code.
    pub digest: String,
}
