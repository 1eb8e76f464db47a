//! What a user can log in with (adjacent.md section 8).

use super::{get_user, list_timestamp};
use crate::core::Core;
use crate::domain::ids::{UserId, WebAuthnKeyId};
use crate::domain::notification::Channel;
use crate::domain::permission::Caller;
use crate::domain::time::Timestamp;
use crate::domain::user::WebAuthnKey;
use crate::domain::webauthn::KeyKind;
use crate::error::Error;

/// A way to log in that is set up and ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthenticationMethod {
    /// A code of an authenticator app.
    Totp,
    /// Codes by SMS.
    OtpSms,
    /// Codes by e-mail.
    OtpEmail,
    /// Recovery codes.
    RecoveryCode,
    /// A user of an identity provider.
    Idp,
    /// A security key.
    U2f,
    /// A passkey.
    Passkey,
    /// A password.
    Password,
}

/// The ways in which a user can log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticationMethods {
    /// Those that are ready, as in ZITADEL with the password last.
    pub methods: Vec<AuthenticationMethod>,
    /// When the log was last written.
    pub timestamp: Option<Timestamp>,
}

/// Reads in which ways a user can log in; none for service users. A `domain` leaves out the passkeys
/// and security keys that are bound to another one.
///
/// # Errors
/// As [`get_user`].
pub async fn list_authentication_methods(
    core: &Core,
    caller: &Caller,
    id: UserId,
    domain: Option<&str>,
) -> Result<AuthenticationMethods, Error> {
    let view = get_user(core, caller, id).await?;
    let mut methods = Vec::new();
    if let Some(human) = view.user.human() {
        if human.totp.as_ref().is_some_and(|totp| totp.ready) {
            methods.push(AuthenticationMethod::Totp);
        }
        for (channel, method) in [
            (Channel::Sms, AuthenticationMethod::OtpSms),
            (Channel::Email, AuthenticationMethod::OtpEmail),
        ] {
            methods.extend(human.otp_address(channel).map(|_| method));
        }
        if !human.recovery_codes.is_empty() {
            methods.push(AuthenticationMethod::RecoveryCode);
        }
        if !core.store.idp_links(view.user.id).await?.is_empty() {
            methods.push(AuthenticationMethod::Idp);
        }
        for (kind, method) in [
            (KeyKind::U2f, AuthenticationMethod::U2f),
            (KeyKind::Passkey, AuthenticationMethod::Passkey),
        ] {
            let mut keys = human.web_auth_n.ready(kind);
            let bound = |domain: &str, key: &WebAuthnKey| key.rp_id.eq_ignore_ascii_case(domain);
            if keys.any(|(key, _)| domain.is_none_or(|domain| bound(domain, key))) {
                methods.push(method);
            }
        }
        if human.password.is_some() {
            methods.push(AuthenticationMethod::Password);
        }
    }
    Ok(AuthenticationMethods {
        methods,
        timestamp: list_timestamp(core).await?,
    })
}

/// A second factor that a user has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Factor {
    /// An authenticator app.
    Totp,
    /// A security key.
    U2f {
        /// Its id.
        id: WebAuthnKeyId,
        /// The name that the user gave it; empty before it has proven itself.
        name: String,
    },
    /// Codes by SMS.
    OtpSms,
    /// Codes by e-mail.
    OtpEmail,
}

/// Whether a second factor can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FactorState {
    /// It, or the address that it needs, has yet to be verified.
    NotReady,
    /// It counts.
    Ready,
}

impl FactorState {
    const fn of(ready: bool) -> Self {
        if ready { Self::Ready } else { Self::NotReady }
    }
}

/// Reads which second factors a user has, ready or not.
///
/// # Errors
/// As [`get_user`].
pub async fn list_authentication_factors(
    core: &Core,
    caller: &Caller,
    id: UserId,
) -> Result<Vec<(Factor, FactorState)>, Error> {
    let view = get_user(core, caller, id).await?;
    let Some(human) = view.user.human() else {
        return Ok(Vec::new());
    };
    let totp = human.totp.as_ref();
    let totp = totp.map(|totp| (Factor::Totp, FactorState::of(totp.ready)));
    let mut factors: Vec<_> = totp.into_iter().collect();
    for key in &human.web_auth_n.keys {
        if key.kind == KeyKind::U2f {
            let credential = key.credential();
            let factor = Factor::U2f {
                id: key.id,
                name: credential.map_or_else(String::new, |known| known.name.clone()),
            };
            factors.push((factor, FactorState::of(credential.is_some())));
        }
    }
    for (channel, factor) in [
        (Channel::Sms, Factor::OtpSms),
        (Channel::Email, Factor::OtpEmail),
    ] {
        if human.has_otp(channel) {
            let ready = human.otp_address(channel).is_some();
            factors.push((factor, FactorState::of(ready)));
        }
    }
    Ok(factors)
}

/// A passkey that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Its id.
    pub id: WebAuthnKeyId,
    /// The name that the user gave it.
    pub name: String,
}

/// The passkeys of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkeys {
    /// Oldest first.
    pub passkeys: Vec<Passkey>,
    /// When the log was last written.
    pub timestamp: Option<Timestamp>,
}

/// Reads the passkeys with which a user can log in.
///
/// # Errors
/// As [`get_user`].
pub async fn list_passkeys(core: &Core, caller: &Caller, id: UserId) -> Result<Passkeys, Error> {
    let view = get_user(core, caller, id).await?;
    let human = view.user.human().into_iter();
    let passkeys = human
        .flat_map(|human| human.web_auth_n.ready(KeyKind::Passkey))
        .map(|(key, credential)| Passkey {
            id: key.id,
            name: credential.name.clone(),
        })
        .collect();
    Ok(Passkeys {
        passkeys,
        timestamp: list_timestamp(core).await?,
    })
}
