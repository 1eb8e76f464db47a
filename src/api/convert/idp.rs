//! Identity providers, intents and links: requests in, answers out.

use bartizan_proto::buffa_types::google::protobuf::Struct;
use bartizan_proto::zitadel::idp::v2 as idp_wire;
use bartizan_proto::zitadel::idp::v2::__buffa::oneof::idp_config::Config;
use bartizan_proto::zitadel::settings::v2 as settings_wire;
use bartizan_proto::zitadel::user::v2 as wire;
use bartizan_proto::zitadel::user::v2::__buffa::oneof::{
    idp_information::Access, set_human_email, set_human_phone,
    start_identity_provider_intent_request::Content,
    start_identity_provider_intent_response::NextStep,
};

use super::{details, list_details, settings_details};
use crate::command::{Details, StartIntent, StartedIntent};
use crate::core::Core;
use crate::domain::idp::{AutoLinking, Provider, ProviderKind, ProviderOptions};
use crate::domain::intent::{Identity, IntentError, Profile};
use crate::domain::time::Timestamp;
use crate::domain::user::IdpLink;
use crate::error::Error;
use crate::query::{IdpLinkList, RetrievedIntent, SettingsDetails};

/// The command of a `StartIdentityProviderIntentRequest`.
///
/// # Errors
/// `IDP-9a02j2n2bh` for credentials of LDAP; `USERv2-S2g21` for neither them nor addresses.
pub(crate) fn start_intent(
    request: wire::StartIdentityProviderIntentRequest,
) -> Result<StartIntent, IntentError> {
    match request.content {
        Some(Content::Urls(urls)) => Ok(StartIntent {
            idp_id: request.idp_id,
            success_url: urls.success_url,
            failure_url: urls.failure_url,
        }),
        Some(Content::Ldap(_)) => Err(IntentError::NoLdap),
        None => Err(IntentError::NoContent),
    }
}

/// The answer of `StartIdentityProviderIntent`.
pub(crate) fn started_intent(started: StartedIntent) -> wire::StartIdentityProviderIntentResponse {
    wire::StartIdentityProviderIntentResponse {
        details: details(started.details).into(),
        next_step: Some(NextStep::AuthUrl(started.auth_url)),
        ..Default::default()
    }
}

/// The answer of `RetrieveIdentityProviderIntent`: with a person to add where nobody is linked.
///
/// # Errors
/// If what the provider said cannot be read again.
pub(crate) fn retrieved_intent(
    core: &Core,
    retrieved: RetrievedIntent,
) -> Result<wire::RetrieveIdentityProviderIntentResponse, Error> {
    let RetrievedIntent {
        intent,
        identity,
        user,
    } = retrieved;
    let new = user
        .is_none()
        .then(|| add_human_user(&intent.idp_id, &identity));
    let raw: Struct = serde_json::from_str(&identity.raw).map_err(Error::internal)?;
    let access = wire::IDPOAuthAccessInformation {
        access_token: identity.access_token.expose().to_owned(),
        id_token: identity.id_token.map(|token| token.expose().to_owned()),
        ..Default::default()
    };
    let information = wire::IDPInformation {
        access: Some(Access::Oauth(Box::new(access))),
        idp_id: intent.idp_id.clone(),
        user_id: identity.external_id,
        user_name: identity.external_name,
        raw_information: raw.into(),
        ..Default::default()
    };
    let of_intent = Details {
        sequence: intent.sequence,
        changed_at: intent.changed_at,
        owner: core.instance.key(),
    };
    Ok(wire::RetrieveIdentityProviderIntentResponse {
        details: details(of_intent).into(),
        idp_information: information.into(),
        user_id: user.unwrap_or_default(),
        add_human_user: new.into(),
        ..Default::default()
    })
}

/// A request that would make a person of what the provider said. An address that the provider has
/// proven is proven here too, if whoever asks decides to send this.
fn add_human_user(idp_id: &str, identity: &Identity) -> wire::AddHumanUserRequest {
    let said = |text: &String| (!text.is_empty()).then(|| text.clone());
    let Profile {
        given_name,
        family_name,
        nick_name,
        display_name,
        preferred_language,
        email,
        email_verified,
        phone,
        phone_verified,
    } = &identity.profile;
    let profile = wire::SetHumanProfile {
        given_name: given_name.clone(),
        family_name: family_name.clone(),
        nick_name: said(nick_name),
        display_name: said(display_name),
        preferred_language: said(preferred_language),
        ..Default::default()
    };
    let email = said(email).map(|email| wire::SetHumanEmail {
        email,
        verification: Some(if *email_verified {
            set_human_email::Verification::IsVerified(true)
        } else {
            set_human_email::Verification::SendCode(Box::default())
        }),
        ..Default::default()
    });
    let phone = said(phone).map(|phone| wire::SetHumanPhone {
        phone,
        verification: Some(if *phone_verified {
            set_human_phone::Verification::IsVerified(true)
        } else {
            set_human_phone::Verification::SendCode(Box::default())
        }),
        ..Default::default()
    });
    let link = wire::IDPLink {
        idp_id: idp_id.to_owned(),
        user_id: identity.external_id.clone(),
        user_name: identity.external_name.clone(),
        ..Default::default()
    };
    wire::AddHumanUserRequest {
        username: Some(identity.external_name.clone()),
        profile: profile.into(),
        email: email.into(),
        phone: phone.into(),
        idp_links: vec![link],
        ..Default::default()
    }
}

/// A link as requests have it.
pub(crate) fn idp_link(link: wire::IDPLink) -> IdpLink {
    IdpLink {
        idp_id: link.idp_id,
        external_id: link.user_id,
        name: link.user_name,
    }
}

/// The answer of `ListIDPLinks`.
pub(crate) fn idp_links_page(list: IdpLinkList) -> wire::ListIDPLinksResponse {
    let link = |link: IdpLink| wire::IDPLink {
        idp_id: link.idp_id,
        user_id: link.external_id,
        user_name: link.name,
        ..Default::default()
    };
    wire::ListIDPLinksResponse {
        details: list_details(list.total, list.timestamp).into(),
        result: list.links.into_iter().map(link).collect(),
        ..Default::default()
    }
}

/// A provider as the service of providers shows it.
pub(crate) fn idp(provider: &Provider, of_settings: SettingsDetails) -> idp_wire::IDP {
    use idp_wire::IDPType::{IDP_TYPE_OAUTH, IDP_TYPE_OIDC};
    let (r#type, config) = match &provider.kind {
        ProviderKind::Oidc {
            issuer,
            id_token_mapping,
        } => {
            let config = idp_wire::GenericOIDCConfig {
                issuer: issuer.clone(),
                client_id: provider.client_id.clone(),
                scopes: provider.scopes.clone(),
                is_id_token_mapping: *id_token_mapping,
                ..Default::default()
            };
            (IDP_TYPE_OIDC, Config::Oidc(Box::new(config)))
        }
        ProviderKind::OAuth {
            authorization_endpoint,
            token_endpoint,
            user_endpoint,
            id_attribute,
        } => {
            let config = idp_wire::OAuthConfig {
                client_id: provider.client_id.clone(),
                authorization_endpoint: authorization_endpoint.clone(),
                token_endpoint: token_endpoint.clone(),
                user_endpoint: user_endpoint.clone(),
                scopes: provider.scopes.clone(),
                id_attribute: id_attribute.clone(),
                ..Default::default()
            };
            (IDP_TYPE_OAUTH, Config::Oauth(Box::new(config)))
        }
    };
    idp_wire::IDP {
        id: provider.id.clone(),
        details: settings_details(of_settings).into(),
        state: idp_wire::IDPState::IDP_STATE_ACTIVE.into(),
        name: provider.name.clone(),
        r#type: r#type.into(),
        config: idp_wire::IDPConfig {
            options: options(provider.options).into(),
            config: Some(config),
            ..Default::default()
        }
        .into(),
        ..Default::default()
    }
}

fn options(options: ProviderOptions) -> idp_wire::Options {
    use idp_wire::AutoLinkingOption::{
        AUTO_LINKING_OPTION_EMAIL, AUTO_LINKING_OPTION_UNSPECIFIED, AUTO_LINKING_OPTION_USERNAME,
    };
    idp_wire::Options {
        is_linking_allowed: options.linking_allowed,
        is_creation_allowed: options.creation_allowed,
        is_auto_creation: options.auto_creation,
        is_auto_update: options.auto_update,
        auto_linking: match options.auto_linking {
            AutoLinking::None => AUTO_LINKING_OPTION_UNSPECIFIED,
            AutoLinking::Username => AUTO_LINKING_OPTION_USERNAME,
            AutoLinking::Email => AUTO_LINKING_OPTION_EMAIL,
        }
        .into(),
        ..Default::default()
    }
}

/// The answer of `GetActiveIdentityProviders`: those whose options are as the request wants them.
pub(crate) fn active_identity_providers(
    providers: &[Provider],
    read_at: Option<Timestamp>,
    request: &settings_wire::GetActiveIdentityProvidersRequest,
) -> settings_wire::GetActiveIdentityProvidersResponse {
    use settings_wire::IdentityProviderType::{
        IDENTITY_PROVIDER_TYPE_OAUTH, IDENTITY_PROVIDER_TYPE_OIDC,
    };
    let wanted = |asked: Option<bool>, is: bool| asked.is_none_or(|asked| asked == is);
    let identity_providers: Vec<_> = providers
        .iter()
        .filter(|provider| {
            let options = provider.options;
            wanted(request.creation_allowed, options.creation_allowed)
                && wanted(request.linking_allowed, options.linking_allowed)
                && wanted(request.auto_creation, options.auto_creation)
                && wanted(
                    request.auto_linking,
                    options.auto_linking != AutoLinking::None,
                )
        })
        .map(|provider| settings_wire::IdentityProvider {
            id: provider.id.clone(),
            name: provider.name.clone(),
            r#type: match provider.kind {
                ProviderKind::Oidc { .. } => IDENTITY_PROVIDER_TYPE_OIDC,
                ProviderKind::OAuth { .. } => IDENTITY_PROVIDER_TYPE_OAUTH,
            }
            .into(),
            options: options(provider.options).into(),
            ..Default::default()
        })
        .collect();
    let total = u64::try_from(identity_providers.len()).unwrap_or(u64::MAX);
    settings_wire::GetActiveIdentityProvidersResponse {
        details: list_details(total, read_at).into(),
        identity_providers,
        ..Default::default()
    }
}
