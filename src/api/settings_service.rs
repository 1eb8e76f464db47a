//! `zitadel.settings.v2.SettingsService`: what is in force, read from the configuration.
//!
//! Permission comes before the look at the request, as ZITADEL does where the method itself names one.

use bartizan_proto::buffa_types::google::protobuf::Struct;
use bartizan_proto::zitadel::settings::v2 as wire;

use super::convert;
use super::validate::Validate as _;
use crate::core::Core;
use crate::domain::permission::Caller;
use crate::error::Error;
use crate::query;

/// The MD5 of nothing, which is ZITADEL's etag of no texts.
const ETAG_OF_NONE: &str = "d41d8cd98f00b204e9800998ecf8427e";

/// `GetGeneralSettings`.
pub(crate) async fn get_general_settings(
    core: &Core,
    caller: &Caller,
    _request: wire::GetGeneralSettingsRequest,
) -> Result<wire::GetGeneralSettingsResponse, Error> {
    query::read_settings(core, caller)?;
    Ok(convert::general_settings(core))
}

/// Declares the operations that differ in their messages alone.
macro_rules! settings {
    ($( $(#[$doc:meta])* $name:ident($request:ident) -> $response:ident = $settings:expr; )+) => { $(
        $(#[$doc])*
        pub(crate) async fn $name(
            core: &Core,
            caller: &Caller,
            request: wire::$request,
        ) -> Result<wire::$response, Error> {
            let details = query::read_settings(core, caller)?;
            request.validate()?;
            Ok(wire::$response {
                details: convert::settings_details(details).into(),
                settings: $settings(core).into(),
                ..Default::default()
            })
        }
    )+ };
}

settings! {
    /// `GetLoginSettings`.
    get_login_settings(GetLoginSettingsRequest) -> GetLoginSettingsResponse
        = |core: &Core| convert::login_settings(&core.policies.login);
    /// `GetPasswordComplexitySettings`.
    get_password_complexity_settings(GetPasswordComplexitySettingsRequest)
        -> GetPasswordComplexitySettingsResponse = convert::complexity_settings;
    /// `GetPasswordExpirySettings`.
    get_password_expiry_settings(GetPasswordExpirySettingsRequest)
        -> GetPasswordExpirySettingsResponse = convert::expiry_settings;
    /// `GetBrandingSettings`.
    get_branding_settings(GetBrandingSettingsRequest) -> GetBrandingSettingsResponse
        = |core: &Core| convert::branding_settings(&core.settings.branding);
    /// `GetDomainSettings`.
    get_domain_settings(GetDomainSettingsRequest) -> GetDomainSettingsResponse
        = convert::domain_settings;
    /// `GetLegalAndSupportSettings`.
    get_legal_and_support_settings(GetLegalAndSupportSettingsRequest)
        -> GetLegalAndSupportSettingsResponse = convert::legal_settings;
    /// `GetLockoutSettings`.
    get_lockout_settings(GetLockoutSettingsRequest) -> GetLockoutSettingsResponse
        = convert::lockout_settings;
}

/// `GetSecuritySettings`. As in ZITADEL, it has no details.
pub(crate) async fn get_security_settings(
    core: &Core,
    caller: &Caller,
    _request: wire::GetSecuritySettingsRequest,
) -> Result<wire::GetSecuritySettingsResponse, Error> {
    query::read_instance_settings(caller)?;
    Ok(wire::GetSecuritySettingsResponse {
        settings: convert::security_settings(core).into(),
        ..Default::default()
    })
}

/// `GetActiveIdentityProviders`.
pub(crate) async fn get_active_identity_providers(
    core: &Core,
    caller: &Caller,
    request: wire::GetActiveIdentityProvidersRequest,
) -> Result<wire::GetActiveIdentityProvidersResponse, Error> {
    let (providers, read_at) = query::list_identity_providers(core, caller).await?;
    request.validate()?;
    Ok(convert::active_identity_providers(
        providers, read_at, &request,
    ))
}

/// `GetHostedLoginTranslation`: no texts but those that login pages bring along, whatever the level.
pub(crate) async fn get_hosted_login_translation(
    _core: &Core,
    caller: &Caller,
    request: wire::GetHostedLoginTranslationRequest,
) -> Result<wire::GetHostedLoginTranslationResponse, Error> {
    query::read_instance_settings(caller)?;
    request.validate()?;
    query::read_translation(&request.locale)?;
    Ok(wire::GetHostedLoginTranslationResponse {
        etag: ETAG_OF_NONE.to_owned(),
        translations: Struct::default().into(),
        ..Default::default()
    })
}
