//! Events of a session (spec section 8.2).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::ids::OrgId;
use crate::domain::secret::HashText;
use crate::domain::session::{Metadata, UserAgent};
use crate::domain::time::{Span, Timestamp};
use crate::domain::webauthn::WebAuthnChallenge;

use super::otp::{OtpEmailChallenged, OtpSmsChallenged};
use super::webauthn::{WebAuthnChecked, WebAuthnSigned};
use super::{Nothing, events};

events! {
    /// What can happen to a session.
    SessionEvent {
        /// It was created.
        Added(SessionAdded) = 401 "session.added",
        /// It was tied to a user, or the same user was checked again.
        UserChecked(UserChecked) = 402 "session.user.checked",
        /// The user's password was proven.
        PasswordChecked(FactorChecked) = 403 "session.password.checked",
        /// Its metadata became this map.
        MetadataSet(MetadataSet) = 404 "session.metadata.set",
        /// It was given a lifetime, counted from the event.
        LifetimeSet(LifetimeSet) = 405 "session.lifetime.set",
        /// It was given a new token; the one before is dead.
        TokenSet(TokenSet) = 406 "session.token.set",
        /// It ended.
        Terminated(SessionTerminated) = 407 "session.terminated",
        /// A code of the user's authenticator app was proven.
        TotpChecked(FactorChecked) = 408 "session.totp.checked",
        /// One of the user's recovery codes was proven.
        RecoveryCodeChecked(FactorChecked) = 409 "session.recoveryCode.checked",
        /// A code was made that goes out by SMS.
        OtpSmsChallenged(OtpSmsChallenged) = 410 "session.otp.sms.challenged",
        /// It was given back.
        OtpSmsChecked(FactorChecked) = 411 "session.otp.sms.checked",
        /// A code was made that goes out by e-mail.
        OtpEmailChallenged(OtpEmailChallenged) = 412 "session.otp.email.challenged",
        /// It was given back.
        OtpEmailChecked(FactorChecked) = 413 "session.otp.email.checked",
        /// One of the user's passkeys or security keys was asked to sign.
        WebAuthnChallenged(WebAuthnChallenge) = 417 "session.webAuthN.challenged",
        /// It has signed.
        WebAuthnChecked(WebAuthnChecked) = 418 "session.webAuthN.checked",
        /// The signature counter of the passkey that has signed. In ZITADEL, too, an event of the
        /// session, although it has the name of one of the user.
        PasskeySigned(WebAuthnSigned) = 419 "user.human.passwordless.token.signcount.changed",
        /// An identity provider vouched for the user.
        IntentChecked(FactorChecked) = 420 "session.intent.checked",
        /// The code by e-mail has left.
        OtpEmailSent(Nothing) = 421 "session.otp.email.sent",
        /// The code by SMS has left.
        OtpSmsSent(Nothing) = 422 "session.otp.sms.sent",
        /// The signature counter of the security key that has signed.
        U2fSigned(WebAuthnSigned) = 423 "user.human.mfa.u2f.token.signcount.changed",
    }
}

/// Payload of `session.added`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionAdded {
    /// What the client said of the user's device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<UserAgent>,
}

/// Payload of `session.user.checked`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserChecked {
    /// The user's id as the client knows it.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// The user's organisation.
    pub user_resource_owner: OrgId,
    /// The clock at the check.
    #[serde(with = "super::session::rfc3339")]
    pub checked_at: Timestamp,
    /// The user's language, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_language: Option<String>,
}

/// Payload of the checks of a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FactorChecked {
    /// The clock at the check.
    #[serde(with = "super::session::rfc3339")]
    pub checked_at: Timestamp,
}

/// Payload of `session.metadata.set`: the whole new map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetadataSet {
    /// Keys and values; values as standard base64.
    #[serde(with = "super::session::base64_map")]
    pub metadata: Metadata,
}

/// Payload of `session.lifetime.set`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifetimeSet {
    /// Nanoseconds from the event on.
    pub lifetime: Span,
}

/// Payload of `session.token.set`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenSet {
    /// The fingerprint of the stored hash.
    #[serde(rename = "tokenID")]
    pub token_id: String,
    /// The hash for the row; absent when the event was read back.
    #[serde(skip)]
    pub hash: Option<HashText>,
}

/// Payload of `session.terminated`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionTerminated {
    /// Why, where nobody asked for it: `user.locked`, `user.deactivated`, `user.removed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Moments as RFC 3339 text in UTC with microseconds.
pub(super) mod rfc3339 {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::domain::time::Timestamp;

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands out references"
    )]
    pub(in crate::domain::event) fn serialize<S: Serializer>(
        moment: &Timestamp,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        out.collect_str(moment)
    }

    pub(in crate::domain::event) fn deserialize<'de, D: Deserializer<'de>>(
        input: D,
    ) -> Result<Timestamp, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(input)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// A map of bytes as a map of base64 texts.
pub(super) mod base64_map {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use super::{BTreeMap, Metadata};

    pub(in crate::domain::event) fn serialize<S: Serializer>(
        map: &Metadata,
        out: S,
    ) -> Result<S::Ok, S::Error> {
        out.collect_map(map.iter().map(|(key, value)| (key, STANDARD.encode(value))))
    }

    pub(in crate::domain::event) fn deserialize<'de, D: Deserializer<'de>>(
        input: D,
    ) -> Result<Metadata, D::Error> {
        let texts = BTreeMap::<String, String>::deserialize(input)?;
        texts
            .into_iter()
            .map(|(key, text)| {
                STANDARD
                    .decode(text)
                    .map(|value| (key, value))
                    .map_err(D::Error::custom)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(event: &SessionEvent) -> (Option<String>, SessionEvent) {
        let payload = event.payload().unwrap();
        let read = SessionEvent::read(event.code(), payload.as_deref()).unwrap();
        (payload, read)
    }

    #[test]
    fn payloads_have_the_fields_that_readers_of_zitadel_know() {
        let checked_at = Timestamp::from_micros(1_783_661_559_007_096);
        let table = [
            (SessionEvent::Added(SessionAdded::default()), None),
            (
                SessionEvent::UserChecked(UserChecked {
                    user_id: "77".to_owned(),
                    user_resource_owner: OrgId::new(5),
                    checked_at,
                    preferred_language: None,
                }),
                Some(
                    r#"{"userID":"77","userResourceOwner":"5","checkedAt":"2026-07-10T05:32:39.007096Z"}"#,
                ),
            ),
            (
                SessionEvent::PasswordChecked(FactorChecked { checked_at }),
                Some(r#"{"checkedAt":"2026-07-10T05:32:39.007096Z"}"#),
            ),
            (
                SessionEvent::TotpChecked(FactorChecked { checked_at }),
                Some(r#"{"checkedAt":"2026-07-10T05:32:39.007096Z"}"#),
            ),
            (
                SessionEvent::MetadataSet(MetadataSet {
                    metadata: Metadata::from([("k".to_owned(), vec![1, 2, 255])]),
                }),
                Some(r#"{"metadata":{"k":"AQL/"}}"#),
            ),
            (
                SessionEvent::LifetimeSet(LifetimeSet {
                    lifetime: Span::from_seconds(18_000),
                }),
                Some(r#"{"lifetime":18000000000000}"#),
            ),
            (SessionEvent::Terminated(SessionTerminated::default()), None),
        ];
        for (event, expected) in table {
            let (payload, read) = round_trip(&event);
            assert_eq!(payload.as_deref(), expected);
            assert_eq!(read, event);
        }
    }

    #[test]
    fn the_token_hash_stays_out_of_the_payload() {
        let event = SessionEvent::TokenSet(TokenSet {
            token_id: "abc".to_owned(),
            hash: Some(HashText::new("$argon2id$x")),
        });
        let (payload, read) = round_trip(&event);
        assert_eq!(payload.as_deref(), Some(r#"{"tokenID":"abc"}"#));
        assert_eq!(
            read,
            SessionEvent::TokenSet(TokenSet {
                token_id: "abc".to_owned(),
                hash: None
            })
        );
    }
}
