//! The routes of the user service that are about what a user can log in with.

use bartizan_proto::zitadel::user::v2 as wire;

use super::call::{Answer, Call, encode};
use super::routes::{AuthenticationOperation, query};
use super::users::with_user;
use crate::api::user_service as service;
use crate::error::Error;

pub(super) async fn dispatch(
    call: &Call<'_>,
    operation: AuthenticationOperation,
) -> Result<Answer, Error> {
    let Call { core, caller, .. } = *call;
    let body = match operation {
        AuthenticationOperation::RegisterTotp => {
            encode(service::register_totp(
                core,
                caller,
                with_user!(call, RegisterTOTPRequest),
            ))
            .await
        }
        AuthenticationOperation::VerifyTotpRegistration => {
            encode(service::verify_totp_registration(
                core,
                caller,
                with_user!(call, VerifyTOTPRegistrationRequest),
            ))
            .await
        }
        AuthenticationOperation::RemoveTotp => {
            let request = wire::RemoveTOTPRequest {
                user_id: call.id().to_owned(),
                ..Default::default()
            };
            encode(service::remove_totp(core, caller, request)).await
        }
        AuthenticationOperation::ListAuthenticationMethodTypes => {
            let request = authentication_methods(call)?;
            encode(service::list_authentication_method_types(
                core, caller, request,
            ))
            .await
        }
        AuthenticationOperation::ListAuthenticationFactors => {
            let request = authentication_factors(call)?;
            encode(service::list_authentication_factors(core, caller, request)).await
        }
    };
    body.map(Answer::ok)
}

fn authentication_methods(
    call: &Call<'_>,
) -> Result<wire::ListAuthenticationMethodTypesRequest, Error> {
    const WITHOUT: (&str, &str) = (
        "domain_query.include_without_domain",
        "domainQuery.includeWithoutDomain",
    );
    let without = query::flag(call.query(), WITHOUT.0, WITHOUT.1)?;
    let domain = query::text(call.query(), "domain_query.domain", "domainQuery.domain")?;
    let named = without.is_some() || domain.is_some();
    let domain_query = named.then(|| wire::DomainQuery {
        include_without_domain: without.unwrap_or_default(),
        domain: domain.unwrap_or_default(),
        ..Default::default()
    });
    Ok(wire::ListAuthenticationMethodTypesRequest {
        user_id: call.id().to_owned(),
        domain_query: domain_query.into(),
        ..Default::default()
    })
}

/// As in ZITADEL this search has no body: what it asks for stands in the query string.
fn authentication_factors(
    call: &Call<'_>,
) -> Result<wire::ListAuthenticationFactorsRequest, Error> {
    Ok(wire::ListAuthenticationFactorsRequest {
        user_id: call.id().to_owned(),
        auth_factors: query::enumeration(call.query(), "auth_factors", "authFactors")?,
        states: query::enumeration(call.query(), "states", "states")?,
        ..Default::default()
    })
}
