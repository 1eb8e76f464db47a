//! Events of a user.

use serde::{Deserialize, Serialize};

use crate::domain::ids::PatId;
use crate::domain::secret::{HashText, SealedSecret};
use crate::domain::time::{Span, Timestamp};

use super::otp::{RecoveryCodeUsed, RecoveryCodesAdded};
use super::webauthn::{
    PasskeyCodeAdded, PasskeyCodeChecked, WebAuthnAdded, WebAuthnRemoved, WebAuthnSigned,
    WebAuthnVerified,
};
use super::{Nothing, events};

events! {
    /// What can happen to a user.
    UserEvent {
        /// A person was added.
        HumanAdded(HumanAdded) = 301 "user.human.added",
        /// A service user was added.
        MachineAdded(MachineAdded) = 302 "user.machine.added",
        /// The e-mail address is proven.
        EmailVerified(Nothing) = 303 "user.human.email.verified",
        /// A code for the e-mail address was made.
        EmailCodeAdded(CodeAdded) = 304 "user.human.email.code.added",
        /// The phone number is proven.
        PhoneVerified(Nothing) = 305 "user.human.phone.verified",
        /// A code for the phone number was made.
        PhoneCodeAdded(CodeAdded) = 306 "user.human.phone.code.added",
        /// A new password.
        PasswordChanged(PasswordChanged) = 307 "user.human.password.changed",
        /// The same password under a newer hash.
        PasswordHashUpdated(HashUpdated) = 308 "user.human.password.hash.updated",
        /// The password was proven.
        PasswordCheckSucceeded(Nothing) = 309 "user.human.password.check.succeeded",
        /// A wrong password.
        PasswordCheckFailed(Nothing) = 310 "user.human.password.check.failed",
        /// Nobody can log in as the user until it is unlocked.
        Locked(Nothing) = 311 "user.locked",
        /// The lock is off and the failures are forgotten.
        Unlocked(Nothing) = 312 "user.unlocked",
        /// Switched off by an administrator.
        Deactivated(Nothing) = 313 "user.deactivated",
        /// Switched on again.
        Reactivated(Nothing) = 314 "user.reactivated",
        /// Gone for good; the id is never given again.
        Removed(Nothing) = 315 "user.removed",
        /// A value was kept under a key.
        MetadataSet(UserMetadataSet) = 316 "user.metadata.set",
        /// A personal access token was made.
        PatAdded(PatAdded) = 317 "user.pat.added",
        /// A personal access token was revoked.
        PatRemoved(PatRemoved) = 318 "user.pat.removed",
        /// Another username.
        UsernameChanged(UsernameChanged) = 319 "user.username.changed",
        /// Other names, another language or gender of a person.
        ProfileChanged(ProfileChanged) = 320 "user.human.profile.changed",
        /// Another e-mail address, not proven yet.
        EmailChanged(EmailChanged) = 321 "user.human.email.changed",
        /// Another phone number, not proven yet.
        PhoneChanged(PhoneChanged) = 322 "user.human.phone.changed",
        /// The phone number is gone.
        PhoneRemoved(Nothing) = 323 "user.human.phone.removed",
        /// Another name or description of a service user.
        MachineChanged(MachineChanged) = 324 "user.machine.changed",
        /// An authenticator app was given a secret that it has yet to prove.
        TotpAdded(TotpAdded) = 325 "user.human.mfa.otp.added",
        /// The authenticator app has proven to have the secret: it is a factor from now on.
        TotpVerified(Nothing) = 326 "user.human.mfa.otp.verified",
        /// The authenticator app is no factor any more.
        TotpRemoved(Nothing) = 327 "user.human.mfa.otp.removed",
        /// A code of the authenticator app was proven.
        TotpCheckSucceeded(TotpCheckSucceeded) = 328 "user.human.mfa.otp.check.succeeded",
        /// A code that was wrong or had been used.
        TotpCheckFailed(Nothing) = 329 "user.human.mfa.otp.check.failed",
        /// A wrong code for the e-mail address.
        EmailVerificationFailed(Nothing) = 330 "user.human.email.verification.failed",
        /// A wrong code for the phone number.
        PhoneVerificationFailed(Nothing) = 331 "user.human.phone.verification.failed",
        /// A code with which a new password can be set was made.
        PasswordCodeAdded(CodeAdded) = 332 "user.human.password.code.added",
        /// A wrong code for a new password.
        PasswordCodeFailed(Nothing) = 333 "user.human.password.code.check.failed",
        /// A person without anything to log in with was invited to set that up.
        InviteCodeAdded(InviteCodeAdded) = 334 "user.human.invite.code.added",
        /// The invitation was taken up.
        InviteCheckSucceeded(Nothing) = 335 "user.human.invite.check.succeeded",
        /// A wrong code for the invitation.
        InviteCheckFailed(Nothing) = 336 "user.human.invite.check.failed",
        /// A second factor was offered and not wanted now.
        MfaInitSkipped(Nothing) = 337 "user.human.mfa.init.skipped",
        /// Recovery codes were made, beside those that were there.
        RecoveryCodesAdded(RecoveryCodesAdded) = 350 "user.human.mfa.recoverycode.added",
        /// All recovery codes are gone.
        RecoveryCodesRemoved(Nothing) = 351 "user.human.mfa.recoverycode.removed",
        /// A recovery code was proven, and works never again.
        RecoveryCodeCheckSucceeded(RecoveryCodeUsed) = 352 "user.human.mfa.recoverycode.check.succeeded",
        /// A wrong recovery code.
        RecoveryCodeCheckFailed(Nothing) = 353 "user.human.mfa.recoverycode.check.failed",
        /// Codes by SMS are a factor from now on.
        OtpSmsAdded(Nothing) = 354 "user.human.mfa.otp.sms.added",
        /// Codes by SMS are no factor any more.
        OtpSmsRemoved(Nothing) = 355 "user.human.mfa.otp.sms.removed",
        /// A code by SMS was proven.
        OtpSmsCheckSucceeded(Nothing) = 356 "user.human.mfa.otp.sms.check.succeeded",
        /// A code by SMS that was wrong or came too late.
        OtpSmsCheckFailed(Nothing) = 357 "user.human.mfa.otp.sms.check.failed",
        /// Codes by e-mail are a factor from now on.
        OtpEmailAdded(Nothing) = 358 "user.human.mfa.otp.email.added",
        /// Codes by e-mail are no factor any more.
        OtpEmailRemoved(Nothing) = 359 "user.human.mfa.otp.email.removed",
        /// A code by e-mail was proven.
        OtpEmailCheckSucceeded(Nothing) = 360 "user.human.mfa.otp.email.check.succeeded",
        /// A code by e-mail that was wrong or came too late.
        OtpEmailCheckFailed(Nothing) = 361 "user.human.mfa.otp.email.check.failed",
        /// A passkey is being registered.
        PasskeyAdded(WebAuthnAdded) = 370 "user.human.passwordless.token.added",
        /// A passkey has proven itself: one can log in with it from now on.
        PasskeyVerified(WebAuthnVerified) = 371 "user.human.passwordless.token.verified",
        /// A passkey, or the registration of one, is gone.
        PasskeyRemoved(WebAuthnRemoved) = 372 "user.human.passwordless.token.removed",
        /// A passkey has signed.
        PasskeyCheckSucceeded(WebAuthnSigned) = 373 "user.human.passwordless.token.check.succeeded",
        /// A code with which a passkey can be registered was given to the caller.
        PasskeyCodeAdded(PasskeyCodeAdded) = 374 "user.human.passwordless.initialization.code.added",
        /// A code with which a passkey can be registered was sent.
        PasskeyCodeRequested(PasskeyCodeAdded) = 375 "user.human.passwordless.initialization.code.requested",
        /// The code was used.
        PasskeyCodeCheckSucceeded(PasskeyCodeChecked) = 376 "user.human.passwordless.initialization.code.check.succeeded",
        /// A wrong code.
        PasskeyCodeCheckFailed(PasskeyCodeChecked) = 377 "user.human.passwordless.initialization.code.check.failed",
        /// A security key is being registered.
        U2fAdded(WebAuthnAdded) = 378 "user.human.mfa.u2f.token.added",
        /// A security key has proven itself: it is a factor from now on.
        U2fVerified(WebAuthnVerified) = 379 "user.human.mfa.u2f.token.verified",
        /// A security key, or the registration of one, is gone.
        U2fRemoved(WebAuthnRemoved) = 380 "user.human.mfa.u2f.token.removed",
        /// A security key has signed.
        U2fCheckSucceeded(WebAuthnSigned) = 381 "user.human.mfa.u2f.token.check.succeeded",
        /// A user of an identity provider was linked.
        IdpLinkAdded(IdpLinkAdded) = 385 "user.human.externalidp.added",
        /// The link is gone.
        IdpLinkRemoved(IdpLinkRemoved) = 386 "user.human.externalidp.removed",
    }
}

/// Payload of `user.human.added`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HumanAdded {
    /// The id that the client chose, where it is not a decimal number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_id: Option<String>,
    /// Unique name.
    pub user_name: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Nick name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nick_name: Option<String>,
    /// The name to show.
    pub display_name: String,
    /// BCP 47 tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_language: Option<String>,
    /// 0 unspecified, 1 female, 2 male, 3 diverse.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub gender: u8,
    /// E-mail address.
    pub email: String,
    /// Phone number in E.164 form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Fingerprint of the password's hash, if a password was given.
    #[serde(rename = "hashID", skip_serializing_if = "Option::is_none")]
    pub hash_id: Option<String>,
    /// The password must be changed at the next login.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub change_required: bool,
    /// The hash for the row; absent when the event was read back.
    #[serde(skip)]
    pub hash: Option<HashText>,
}

/// Payload of `user.machine.added`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MachineAdded {
    /// The id that the client chose, where it is not a decimal number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_id: Option<String>,
    /// Unique name.
    pub user_name: String,
    /// The name to show.
    pub name: String,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Payload of the events that made a code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CodeAdded {
    /// Nanoseconds from the event on.
    pub expiry: Span,
    /// Whether the caller got the code in the answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub code_returned: bool,
    /// Keyed digest of the code: no use without the key file.
    pub digest: String,
}

/// Payload of `user.human.invite.code.added`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InviteCodeAdded {
    /// Nanoseconds from the event on.
    pub expiry: Span,
    /// Whether the caller got the code in the answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub code_returned: bool,
    /// Keyed digest of the code: no use without the key file.
    pub digest: String,
    /// The template of the link, if not the default one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url_template: Option<String>,
    /// The application that the person is invited to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_name: Option<String>,
}

/// Payload of `user.human.password.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PasswordChanged {
    /// Fingerprint of the stored hash.
    #[serde(rename = "hashID")]
    pub hash_id: String,
    /// The password must be changed at the next login.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub change_required: bool,
    /// The hash for the row; absent when the event was read back.
    #[serde(skip)]
    pub hash: Option<HashText>,
}

/// Payload of `user.human.password.hash.updated`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashUpdated {
    /// Fingerprint of the stored hash.
    #[serde(rename = "hashID")]
    pub hash_id: String,
    /// The hash for the row; absent when the event was read back.
    #[serde(skip)]
    pub hash: Option<HashText>,
}

/// Payload of `user.metadata.set`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserMetadataSet {
    /// The key.
    pub key: String,
    /// The value, as standard base64.
    pub value: String,
}

/// Payload of `user.pat.added`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PatAdded {
    /// The token's own id.
    pub token_id: PatId,
    /// The moment from which it is refused.
    #[serde(with = "super::session::rfc3339")]
    pub expiration: Timestamp,
    /// Fingerprint of the stored hash.
    #[serde(rename = "hashID")]
    pub hash_id: String,
    /// The hash for the row; absent when the event was read back.
    #[serde(skip)]
    pub hash: Option<HashText>,
}

/// Payload of `user.pat.removed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PatRemoved {
    /// The token's own id.
    pub token_id: PatId,
}

/// Payload of `user.username.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UsernameChanged {
    /// The new one.
    pub user_name: String,
}

/// Payload of `user.human.profile.changed`: only what changed. An empty text takes the old one away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProfileChanged {
    /// Given name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Family name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    /// Nick name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nick_name: Option<String>,
    /// The name to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// BCP 47 tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_language: Option<String>,
    /// 0 unspecified, 1 female, 2 male, 3 diverse.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<u8>,
}

/// Payload of `user.human.email.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailChanged {
    /// The new address.
    pub email: String,
}

/// Payload of `user.human.phone.changed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhoneChanged {
    /// The new number in E.164 form.
    pub phone: String,
}

/// Payload of `user.machine.changed`: only what changed. An empty text takes the old one away.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineChanged {
    /// The name to show.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// Payload of `user.human.mfa.otp.added`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TotpAdded {
    /// Fingerprint of the encrypted secret.
    #[serde(rename = "secretID")]
    pub secret_id: String,
    /// The encrypted secret for the row; absent when the event was read back.
    #[serde(skip)]
    pub secret: Option<SealedSecret>,
}

/// Payload of `user.human.mfa.otp.check.succeeded`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TotpCheckSucceeded {
    /// The time step of the code (RFC 6238 section 4.2): no code of it or of an earlier one is taken
    /// again.
    pub step: u64,
}

/// Payload of `user.human.externalidp.added`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdpLinkAdded {
    /// The provider.
    pub idp_config_id: String,
    /// The user's id there.
    pub user_id: String,
    /// The user's name there.
    pub display_name: String,
}

/// Payload of `user.human.externalidp.removed`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdpLinkRemoved {
    /// The provider.
    pub idp_config_id: String,
    /// The user's id there.
    pub user_id: String,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands out references"
)]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_holds_only_what_changed() {
        let changed = |changed| UserEvent::ProfileChanged(changed);
        for (event, expected) in [
            (
                changed(ProfileChanged {
                    first_name: Some("Ann".to_owned()),
                    nick_name: Some(String::new()),
                    gender: Some(0),
                    ..ProfileChanged::default()
                }),
                r#"{"firstName":"Ann","nickName":"","gender":0}"#,
            ),
            (
                UserEvent::MachineChanged(MachineChanged {
                    description: Some("x".to_owned()),
                    ..MachineChanged::default()
                }),
                r#"{"description":"x"}"#,
            ),
        ] {
            let payload = event.payload().unwrap().unwrap();
            assert_eq!(payload, expected);
            assert_eq!(
                UserEvent::read(event.code(), Some(&payload)).unwrap(),
                event
            );
        }
    }

    #[test]
    fn the_secret_of_an_authenticator_app_stays_out_of_the_payload() {
        let event = UserEvent::TotpAdded(TotpAdded {
            secret_id: "f".to_owned(),
            secret: Some(SealedSecret::new("sealed")),
        });
        let payload = event.payload().unwrap().unwrap();
        assert_eq!(payload, r#"{"secretID":"f"}"#);
        let read = UserEvent::read(event.code(), Some(&payload)).unwrap();
        let without = TotpAdded {
            secret_id: "f".to_owned(),
            secret: None,
        };
        assert_eq!(read, UserEvent::TotpAdded(without));
        assert!(!format!("{event:?}").contains("sealed"));
    }

    #[test]
    fn no_hash_of_a_password_or_token_reaches_a_payload() {
        let hash = Some(HashText::new("$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA"));
        let events = [
            UserEvent::HumanAdded(HumanAdded {
                hash: hash.clone(),
                hash_id: Some("f".to_owned()),
                ..HumanAdded::default()
            }),
            UserEvent::PasswordChanged(PasswordChanged {
                hash_id: "f".to_owned(),
                change_required: true,
                hash: hash.clone(),
            }),
            UserEvent::PasswordHashUpdated(HashUpdated {
                hash_id: "f".to_owned(),
                hash: hash.clone(),
            }),
            UserEvent::PatAdded(PatAdded {
                token_id: PatId::new(4),
                expiration: Timestamp::from_micros(253_402_300_799_000_000),
                hash_id: "f".to_owned(),
                hash,
            }),
        ];
        for event in events {
            let payload = event.payload().unwrap().unwrap();
            assert!(!payload.contains("argon2"), "{payload}");
            assert!(payload.contains(r#""hashID":"f""#), "{payload}");
            UserEvent::read(event.code(), Some(&payload)).unwrap();
        }
    }
}
