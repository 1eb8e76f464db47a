//! The routes that are about identity providers.

use bartizan_proto::zitadel::idp::v2 as idp_wire;
use bartizan_proto::zitadel::user::v2 as wire;

use super::call::{Answer, Call, encode};
use super::routes::IdpOperation;
use super::users::with_user;
use crate::api::idp_service as service;
use crate::error::Error;

pub(super) async fn dispatch(call: &Call<'_>, operation: IdpOperation) -> Result<Answer, Error> {
    let Call { core, caller, .. } = *call;
    let body = match operation {
        IdpOperation::Get => {
            let request = idp_wire::GetIDPByIDRequest {
                id: call.id().to_owned(),
                ..Default::default()
            };
            encode(service::get_idp_by_id(core, caller, request)).await
        }
        IdpOperation::StartIntent => {
            let request = call.message()?;
            encode(service::start_identity_provider_intent(
                core, caller, request,
            ))
            .await
        }
        IdpOperation::RetrieveIntent => {
            let mut request: wire::RetrieveIdentityProviderIntentRequest = call.message()?;
            call.id().clone_into(&mut request.idp_intent_id);
            encode(service::retrieve_identity_provider_intent(
                core, caller, request,
            ))
            .await
        }
        IdpOperation::AddLink => {
            let request = with_user!(call, AddIDPLinkRequest);
            encode(service::add_idp_link(core, caller, request)).await
        }
        IdpOperation::ListLinks => {
            let request = with_user!(call, ListIDPLinksRequest);
            encode(service::list_idp_links(core, caller, request)).await
        }
        IdpOperation::RemoveLink => {
            let (idp, external) = (call.variable(1), call.variable(2));
            let request = wire::RemoveIDPLinkRequest {
                user_id: call.id().to_owned(),
                idp_id: idp.to_owned(),
                linked_user_id: external.to_owned(),
                ..Default::default()
            };
            encode(service::remove_idp_link(core, caller, request)).await
        }
    };
    body.map(Answer::ok)
}
