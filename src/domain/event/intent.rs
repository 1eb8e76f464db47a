//! Events of an intent: a login at an identity provider, from its start to its use.

use serde::{Deserialize, Serialize};

use crate::domain::secret::SealedSecret;
use crate::domain::time::Timestamp;

use super::{Nothing, events};

events! {
    /// What can happen to an intent.
    IntentEvent {
        /// A browser was sent to the provider.
        Started(IntentStarted) = 501 "idpintent.started",
        /// The provider said who came back.
        Succeeded(IntentSucceeded) = 502 "idpintent.succeeded",
        /// The login came to nothing.
        Failed(IntentFailed) = 503 "idpintent.failed",
        /// A session was told who it is; it is of no use any more.
        Consumed(Nothing) = 504 "idpintent.consumed",
    }
}

/// Payload of `idpintent.started`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntentStarted {
    /// Where the browser is sent when all went well.
    #[serde(rename = "successURL")]
    pub success_url: String,
    /// Where it is sent when something did not.
    #[serde(rename = "failureURL")]
    pub failure_url: String,
    /// The provider.
    pub idp_id: String,
    /// Fingerprint of the encrypted handshake.
    #[serde(rename = "handshakeID")]
    pub handshake_id: String,
    /// The encrypted handshake for the row; absent when the event was read back.
    #[serde(skip)]
    pub handshake: Option<SealedSecret>,
}

/// Payload of `idpintent.succeeded`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IntentSucceeded {
    /// The user's id at the provider.
    pub idp_user_id: String,
    /// The user's name at the provider.
    pub idp_user_name: String,
    /// The user here who was linked to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The moment from which it is of no use.
    #[serde(with = "super::session::rfc3339")]
    pub expires_at: Timestamp,
    /// Fingerprint of what the provider said, encrypted.
    #[serde(rename = "identityID")]
    pub identity_id: String,
    /// What the provider said, its tokens among it, encrypted for the row; absent when the event was
    /// read back.
    #[serde(skip)]
    pub identity: Option<SealedSecret>,
}

/// Payload of `idpintent.failed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntentFailed {
    /// Why.
    pub reason: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_hold_facts_and_nothing_that_is_sealed() {
        let sealed = || Some(SealedSecret::new("x1.sealed"));
        for (event, expected) in [
            (
                IntentEvent::Started(IntentStarted {
                    success_url: "https://a/ok".to_owned(),
                    failure_url: "https://a/no".to_owned(),
                    idp_id: "1".to_owned(),
                    handshake_id: "f".to_owned(),
                    handshake: sealed(),
                }),
                Some(
                    r#"{"successURL":"https://a/ok","failureURL":"https://a/no","idpId":"1","handshakeID":"f"}"#,
                ),
            ),
            (
                IntentEvent::Succeeded(IntentSucceeded {
                    idp_user_id: "ext".to_owned(),
                    idp_user_name: "ann".to_owned(),
                    user_id: Some("7".to_owned()),
                    expires_at: Timestamp::from_micros(1_783_661_559_007_096),
                    identity_id: "f".to_owned(),
                    identity: sealed(),
                }),
                Some(
                    r#"{"idpUserId":"ext","idpUserName":"ann","userId":"7","expiresAt":"2026-07-10T05:32:39.007096Z","identityID":"f"}"#,
                ),
            ),
            (
                IntentEvent::Failed(IntentFailed {
                    reason: "access_denied".to_owned(),
                }),
                Some(r#"{"reason":"access_denied"}"#),
            ),
            (IntentEvent::Consumed(Nothing {}), None),
        ] {
            let payload = event.payload().unwrap();
            assert_eq!(payload.as_deref(), expected);
            let read = IntentEvent::read(event.code(), payload.as_deref()).unwrap();
            assert_eq!(read.payload().unwrap(), payload);
            assert!(!format!("{event:?}").contains("sealed\""), "{event:?}");
        }
    }
}
