//! `zitadel.idp.v2.IdentityProviderService`, and what the user service has about providers: each
//! operation once, whatever the protocol.

use bartizan_proto::zitadel::idp::v2 as idp_wire;
use bartizan_proto::zitadel::user::v2 as wire;

use super::convert;
use super::validate::Validate as _;
use crate::command;
use crate::core::Core;
use crate::domain::ids::{IntentId, given_user_key};
use crate::domain::permission::Caller;
use crate::domain::secret::Secret;
use crate::error::Error;
use crate::query::{self, ListIdpLinks};

/// `GetIDPByID`.
pub(crate) async fn get_idp_by_id(
    core: &Core,
    caller: &Caller,
    request: idp_wire::GetIDPByIDRequest,
) -> Result<idp_wire::GetIDPByIDResponse, Error> {
    request.validate()?;
    let (provider, details) = query::get_identity_provider(core, caller, &request.id)?;
    Ok(idp_wire::GetIDPByIDResponse {
        idp: convert::idp(provider, details).into(),
        ..Default::default()
    })
}

/// `StartIdentityProviderIntent`.
pub(crate) async fn start_identity_provider_intent(
    core: &Core,
    caller: &Caller,
    request: wire::StartIdentityProviderIntentRequest,
) -> Result<wire::StartIdentityProviderIntentResponse, Error> {
    request.validate()?;
    let started = command::start_intent(core, caller, convert::start_intent(request)?).await?;
    Ok(convert::started_intent(started))
}

/// `RetrieveIdentityProviderIntent`.
pub(crate) async fn retrieve_identity_provider_intent(
    core: &Core,
    _caller: &Caller,
    request: wire::RetrieveIdentityProviderIntentRequest,
) -> Result<wire::RetrieveIdentityProviderIntentResponse, Error> {
    request.validate()?;
    let id = IntentId::parse(&request.idp_intent_id);
    let token = Secret::new(request.idp_intent_token);
    let retrieved = query::retrieve_intent(core, id, &token).await?;
    convert::retrieved_intent(core, retrieved)
}

/// `AddIDPLink`.
pub(crate) async fn add_idp_link(
    core: &Core,
    caller: &Caller,
    request: wire::AddIDPLinkRequest,
) -> Result<wire::AddIDPLinkResponse, Error> {
    request.validate()?;
    let user = given_user_key(&request.user_id);
    let link = convert::idp_link(request.idp_link.into_option().unwrap_or_default());
    let details = command::add_idp_link(core, caller, user, link).await?;
    Ok(wire::AddIDPLinkResponse {
        details: convert::details(details).into(),
        ..Default::default()
    })
}

/// `RemoveIDPLink`.
pub(crate) async fn remove_idp_link(
    core: &Core,
    caller: &Caller,
    request: wire::RemoveIDPLinkRequest,
) -> Result<wire::RemoveIDPLinkResponse, Error> {
    request.validate()?;
    let user = given_user_key(&request.user_id);
    let (idp, external) = (&request.idp_id, &request.linked_user_id);
    let details = command::remove_idp_link(core, caller, user, idp, external).await?;
    Ok(wire::RemoveIDPLinkResponse {
        details: convert::details(details).into(),
        ..Default::default()
    })
}

/// `ListIDPLinks`.
pub(crate) async fn list_idp_links(
    core: &Core,
    caller: &Caller,
    request: wire::ListIDPLinksRequest,
) -> Result<wire::ListIDPLinksResponse, Error> {
    request.validate()?;
    let page = request.query.into_option().unwrap_or_default();
    let list = ListIdpLinks {
        user: given_user_key(&request.user_id),
        offset: page.offset,
        limit: page.limit,
    };
    let list = query::list_idp_links(core, caller, list).await?;
    Ok(convert::idp_links_page(list))
}
