//! The operations of `zitadel.user.v2.UserService` on passkeys and security keys.
//!
//! The domain that a key is bound to is that of the request where it names none: those operations get
//! the host beside the request.

use bartizan_proto::zitadel::user::v2 as wire;

use super::convert;
use super::validate::Validate as _;
use crate::command::{self, RegisterKey, VerifyKey};
use crate::core::Core;
use crate::domain::ids::{WebAuthnKeyId, given_user_key};
use crate::domain::permission::Caller;
use crate::domain::webauthn::KeyKind;
use crate::error::Error;
use crate::query;

/// `CreatePasskeyRegistrationLink`.
pub(crate) async fn create_passkey_registration_link(
    core: &Core,
    caller: &Caller,
    request: wire::CreatePasskeyRegistrationLinkRequest,
) -> Result<wire::CreatePasskeyRegistrationLinkResponse, Error> {
    request.validate()?;
    let user = given_user_key(&request.user_id);
    let delivery = convert::passkey_link(request);
    let link = command::create_passkey_link(core, caller, user, &delivery).await?;
    Ok(wire::CreatePasskeyRegistrationLinkResponse {
        details: convert::details(link.details).into(),
        code: link.code.map(convert::passkey_code).into(),
        ..wire::CreatePasskeyRegistrationLinkResponse::default()
    })
}

/// `RegisterPasskey`.
pub(crate) async fn register_passkey(
    core: &Core,
    caller: &Caller,
    request: wire::RegisterPasskeyRequest,
    host: &str,
) -> Result<wire::RegisterPasskeyResponse, Error> {
    request.validate()?;
    let authenticator = request.authenticator;
    let command = RegisterKey {
        user: given_user_key(&request.user_id),
        kind: KeyKind::Passkey,
        domain: domain(request.domain, host),
        code: request.code.into_option().map(convert::passkey_grant),
    };
    let registered = command::register_key(core, caller, command).await?;
    Ok(wire::RegisterPasskeyResponse {
        details: convert::details(registered.details).into(),
        passkey_id: registered.id.to_string(),
        public_key_credential_creation_options: convert::creation_options(
            &registered.options,
            authenticator,
        )?
        .into(),
        ..wire::RegisterPasskeyResponse::default()
    })
}

/// `RegisterU2F`.
pub(crate) async fn register_u2f(
    core: &Core,
    caller: &Caller,
    request: wire::RegisterU2FRequest,
    host: &str,
) -> Result<wire::RegisterU2FResponse, Error> {
    request.validate()?;
    let command = RegisterKey {
        user: given_user_key(&request.user_id),
        kind: KeyKind::U2f,
        domain: domain(request.domain, host),
        code: None,
    };
    let registered = command::register_key(core, caller, command).await?;
    Ok(wire::RegisterU2FResponse {
        details: convert::details(registered.details).into(),
        u2f_id: registered.id.to_string(),
        public_key_credential_creation_options: convert::creation_options(
            &registered.options,
            wire::PasskeyAuthenticator::PASSKEY_AUTHENTICATOR_UNSPECIFIED.into(),
        )?
        .into(),
        ..wire::RegisterU2FResponse::default()
    })
}

fn domain(named: String, host: &str) -> String {
    if named.is_empty() {
        host.to_owned()
    } else {
        named
    }
}

/// `VerifyPasskeyRegistration`.
pub(crate) async fn verify_passkey_registration(
    core: &Core,
    caller: &Caller,
    request: wire::VerifyPasskeyRegistrationRequest,
) -> Result<wire::VerifyPasskeyRegistrationResponse, Error> {
    request.validate()?;
    let command = VerifyKey {
        user: given_user_key(&request.user_id),
        kind: KeyKind::Passkey,
        key: WebAuthnKeyId::parse(&request.passkey_id),
        name: request.passkey_name,
        answer: convert::json(request.public_key_credential.as_option())?,
    };
    let details = command::verify_key(core, caller, command).await?;
    Ok(wire::VerifyPasskeyRegistrationResponse {
        details: convert::details(details).into(),
        ..wire::VerifyPasskeyRegistrationResponse::default()
    })
}

/// `VerifyU2FRegistration`.
pub(crate) async fn verify_u2f_registration(
    core: &Core,
    caller: &Caller,
    request: wire::VerifyU2FRegistrationRequest,
) -> Result<wire::VerifyU2FRegistrationResponse, Error> {
    request.validate()?;
    let command = VerifyKey {
        user: given_user_key(&request.user_id),
        kind: KeyKind::U2f,
        key: WebAuthnKeyId::parse(&request.u2f_id),
        name: request.token_name,
        answer: convert::json(request.public_key_credential.as_option())?,
    };
    let details = command::verify_key(core, caller, command).await?;
    Ok(wire::VerifyU2FRegistrationResponse {
        details: convert::details(details).into(),
        ..wire::VerifyU2FRegistrationResponse::default()
    })
}

/// `ListPasskeys`.
pub(crate) async fn list_passkeys(
    core: &Core,
    caller: &Caller,
    request: wire::ListPasskeysRequest,
) -> Result<wire::ListPasskeysResponse, Error> {
    request.validate()?;
    let user = given_user_key(&request.user_id);
    let found = query::list_passkeys(core, caller, user).await?;
    Ok(convert::passkeys(found))
}

/// `RemovePasskey`.
pub(crate) async fn remove_passkey(
    core: &Core,
    caller: &Caller,
    request: wire::RemovePasskeyRequest,
) -> Result<wire::RemovePasskeyResponse, Error> {
    request.validate()?;
    let user = given_user_key(&request.user_id);
    let key = WebAuthnKeyId::parse(&request.passkey_id);
    let details = command::remove_key(core, caller, user, KeyKind::Passkey, key).await?;
    Ok(wire::RemovePasskeyResponse {
        details: convert::details(details).into(),
        ..wire::RemovePasskeyResponse::default()
    })
}

/// `RemoveU2F`.
pub(crate) async fn remove_u2f(
    core: &Core,
    caller: &Caller,
    request: wire::RemoveU2FRequest,
) -> Result<wire::RemoveU2FResponse, Error> {
    request.validate()?;
    let user = given_user_key(&request.user_id);
    let key = WebAuthnKeyId::parse(&request.u2f_id);
    let details = command::remove_key(core, caller, user, KeyKind::U2f, key).await?;
    Ok(wire::RemoveU2FResponse {
        details: convert::details(details).into(),
        ..wire::RemoveU2FResponse::default()
    })
}
