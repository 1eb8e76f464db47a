//! The routes of the settings service: all of them read, from a path and a query string.

use bartizan_proto::zitadel::object::v2::__buffa::oneof::request_context::ResourceOwner;
use bartizan_proto::zitadel::object::v2::RequestContext;
use bartizan_proto::zitadel::settings::v2 as wire;
use wire::__buffa::oneof::get_hosted_login_translation_request::Level;

use super::call::{Answer, Call, encode};
use super::routes::{SettingsOperation, query};
use crate::api::settings_service as service;
use crate::error::Error;

/// The request of an operation that takes nothing but a context.
macro_rules! of_context {
    ($call:expr, $request:ident) => {
        wire::$request {
            ctx: context($call.query())?.into(),
            ..Default::default()
        }
    };
}

pub(super) async fn dispatch(
    call: &Call<'_>,
    operation: SettingsOperation,
) -> Result<Answer, Error> {
    let Call { core, caller, .. } = *call;
    let body = match operation {
        SettingsOperation::General => {
            let request = wire::GetGeneralSettingsRequest::default();
            encode(service::get_general_settings(core, caller, request)).await
        }
        SettingsOperation::Login => {
            let request = of_context!(call, GetLoginSettingsRequest);
            encode(service::get_login_settings(core, caller, request)).await
        }
        SettingsOperation::Complexity => {
            let request = of_context!(call, GetPasswordComplexitySettingsRequest);
            encode(service::get_password_complexity_settings(
                core, caller, request,
            ))
            .await
        }
        SettingsOperation::Expiry => {
            let request = of_context!(call, GetPasswordExpirySettingsRequest);
            encode(service::get_password_expiry_settings(core, caller, request)).await
        }
        SettingsOperation::Branding => {
            let request = of_context!(call, GetBrandingSettingsRequest);
            encode(service::get_branding_settings(core, caller, request)).await
        }
        SettingsOperation::Domain => {
            let request = of_context!(call, GetDomainSettingsRequest);
            encode(service::get_domain_settings(core, caller, request)).await
        }
        SettingsOperation::Legal => {
            let request = of_context!(call, GetLegalAndSupportSettingsRequest);
            encode(service::get_legal_and_support_settings(
                core, caller, request,
            ))
            .await
        }
        SettingsOperation::Lockout => {
            let request = of_context!(call, GetLockoutSettingsRequest);
            encode(service::get_lockout_settings(core, caller, request)).await
        }
        SettingsOperation::Security => {
            let request = wire::GetSecuritySettingsRequest::default();
            encode(service::get_security_settings(core, caller, request)).await
        }
        SettingsOperation::IdentityProviders => {
            let request = identity_providers(call.query())?;
            encode(service::get_active_identity_providers(
                core, caller, request,
            ))
            .await
        }
        SettingsOperation::Translation => {
            let request = translation(call.query())?;
            encode(service::get_hosted_login_translation(core, caller, request)).await
        }
    };
    body.map(Answer::ok)
}

/// The context, if there is one.
fn context(string: Option<&str>) -> Result<Option<RequestContext>, Error> {
    let owner = query::one_of(
        "resource_owner",
        [
            query::text(string, "ctx.org_id", "ctx.orgId")?.map(ResourceOwner::OrgId),
            query::flag(string, "ctx.instance", "ctx.instance")?.map(ResourceOwner::Instance),
        ],
    )?;
    Ok(owner.map(|owner| RequestContext {
        resource_owner: Some(owner),
        ..Default::default()
    }))
}

fn identity_providers(
    string: Option<&str>,
) -> Result<wire::GetActiveIdentityProvidersRequest, Error> {
    Ok(wire::GetActiveIdentityProvidersRequest {
        ctx: context(string)?.into(),
        creation_allowed: query::flag(string, "creation_allowed", "creationAllowed")?,
        linking_allowed: query::flag(string, "linking_allowed", "linkingAllowed")?,
        auto_creation: query::flag(string, "auto_creation", "autoCreation")?,
        auto_linking: query::flag(string, "auto_linking", "autoLinking")?,
        ..Default::default()
    })
}

fn translation(string: Option<&str>) -> Result<wire::GetHostedLoginTranslationRequest, Error> {
    let level = query::one_of(
        "level",
        [
            query::flag(string, "system", "system")?.map(Level::System),
            query::flag(string, "instance", "instance")?.map(Level::Instance),
            query::text(string, "organization_id", "organizationId")?.map(Level::OrganizationId),
        ],
    )?;
    let ignore = query::flag(string, "ignore_inheritance", "ignoreInheritance")?;
    Ok(wire::GetHostedLoginTranslationRequest {
        level,
        locale: query::text(string, "locale", "locale")?.unwrap_or_default(),
        ignore_inheritance: ignore.unwrap_or_default(),
        ..Default::default()
    })
}
