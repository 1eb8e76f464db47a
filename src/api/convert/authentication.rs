//! What a user can log in with, as answers show it.

use bartizan_proto::buffa::{EnumValue, Enumeration};
use bartizan_proto::zitadel::user::v2 as wire;
use bartizan_proto::zitadel::user::v2::__buffa::oneof::auth_factor::Type;

use super::list_details;
use crate::domain::ids::WebAuthnKeyId;
use crate::query::{AuthenticationMethod, AuthenticationMethods, Factor, FactorState};

/// The answer of `ListAuthenticationMethodTypes`.
pub(crate) fn authentication_methods(
    found: AuthenticationMethods,
) -> wire::ListAuthenticationMethodTypesResponse {
    use wire::AuthenticationMethodType::{
        AUTHENTICATION_METHOD_TYPE_IDP, AUTHENTICATION_METHOD_TYPE_OTP_EMAIL,
        AUTHENTICATION_METHOD_TYPE_OTP_SMS, AUTHENTICATION_METHOD_TYPE_PASSKEY,
        AUTHENTICATION_METHOD_TYPE_PASSWORD, AUTHENTICATION_METHOD_TYPE_RECOVERY_CODE,
        AUTHENTICATION_METHOD_TYPE_TOTP, AUTHENTICATION_METHOD_TYPE_U2F,
    };
    let total = u64::try_from(found.methods.len()).unwrap_or(u64::MAX);
    wire::ListAuthenticationMethodTypesResponse {
        details: list_details(total, found.timestamp).into(),
        auth_method_types: found
            .methods
            .into_iter()
            .map(|method| match method {
                AuthenticationMethod::Totp => AUTHENTICATION_METHOD_TYPE_TOTP.into(),
                AuthenticationMethod::OtpSms => AUTHENTICATION_METHOD_TYPE_OTP_SMS.into(),
                AuthenticationMethod::OtpEmail => AUTHENTICATION_METHOD_TYPE_OTP_EMAIL.into(),
                AuthenticationMethod::RecoveryCode => {
                    AUTHENTICATION_METHOD_TYPE_RECOVERY_CODE.into()
                }
                AuthenticationMethod::Idp => AUTHENTICATION_METHOD_TYPE_IDP.into(),
                AuthenticationMethod::U2f => AUTHENTICATION_METHOD_TYPE_U2F.into(),
                AuthenticationMethod::Passkey => AUTHENTICATION_METHOD_TYPE_PASSKEY.into(),
                AuthenticationMethod::Password => AUTHENTICATION_METHOD_TYPE_PASSWORD.into(),
            })
            .collect(),
        ..wire::ListAuthenticationMethodTypesResponse::default()
    }
}

/// The answer of `ListAuthenticationFactors`: those that the request asks for, all if it names none.
pub(crate) fn authentication_factors(
    found: Vec<(Factor, FactorState)>,
    request: &wire::ListAuthenticationFactorsRequest,
) -> wire::ListAuthenticationFactorsResponse {
    let result = found
        .into_iter()
        .filter_map(|(factor, state)| {
            let (kind, r#type) = match factor {
                Factor::Totp => (wire::AuthFactors::OTP, Type::Otp(Box::default())),
                Factor::U2f { id, name } => (wire::AuthFactors::U2F, u2f(id, name)),
                Factor::OtpSms => (wire::AuthFactors::OTP_SMS, Type::OtpSms(Box::default())),
                Factor::OtpEmail => (wire::AuthFactors::OTP_EMAIL, Type::OtpEmail(Box::default())),
            };
            let state = match state {
                FactorState::NotReady => wire::AuthFactorState::AUTH_FACTOR_STATE_NOT_READY,
                FactorState::Ready => wire::AuthFactorState::AUTH_FACTOR_STATE_READY,
            };
            let asked =
                asks(&request.auth_factors, kind.into()) && asks(&request.states, state.into());
            asked.then(|| wire::AuthFactor {
                state: state.into(),
                r#type: Some(r#type),
                ..wire::AuthFactor::default()
            })
        })
        .collect();
    wire::ListAuthenticationFactorsResponse {
        result,
        ..wire::ListAuthenticationFactorsResponse::default()
    }
}

fn u2f(id: WebAuthnKeyId, name: String) -> Type {
    Type::U2f(Box::new(wire::AuthFactorU2F {
        id: id.to_string(),
        name,
        ..wire::AuthFactorU2F::default()
    }))
}

fn asks<E: Enumeration>(named: &[EnumValue<E>], value: EnumValue<E>) -> bool {
    named.is_empty() || named.contains(&value)
}
