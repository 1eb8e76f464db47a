//! The routes of the user service for passkeys and security keys.

use bartizan_proto::zitadel::user::v2 as wire;

use super::call::{Answer, Call, encode};
use super::routes::WebAuthnOperation;
use super::users::with_user;
use crate::api::webauthn_service as service;
use crate::error::Error;

pub(super) async fn dispatch(
    call: &Call<'_>,
    operation: WebAuthnOperation,
) -> Result<Answer, Error> {
    let Call { core, caller, .. } = *call;
    let second_id = call.variable(1);
    let body = match operation {
        WebAuthnOperation::CreatePasskeyRegistrationLink => {
            let request = with_user!(call, CreatePasskeyRegistrationLinkRequest);
            encode(service::create_passkey_registration_link(
                core, caller, request,
            ))
            .await
        }
        WebAuthnOperation::RegisterPasskey => {
            let request = with_user!(call, RegisterPasskeyRequest);
            encode(service::register_passkey(
                core,
                caller,
                request,
                &call.host(),
            ))
            .await
        }
        WebAuthnOperation::VerifyPasskeyRegistration => {
            let mut request = with_user!(call, VerifyPasskeyRegistrationRequest);
            second_id.clone_into(&mut request.passkey_id);
            encode(service::verify_passkey_registration(core, caller, request)).await
        }
        WebAuthnOperation::ListPasskeys => {
            let request = with_user!(call, ListPasskeysRequest);
            encode(service::list_passkeys(core, caller, request)).await
        }
        WebAuthnOperation::RemovePasskey => {
            let request = wire::RemovePasskeyRequest {
                user_id: call.id().to_owned(),
                passkey_id: second_id.to_owned(),
                ..Default::default()
            };
            encode(service::remove_passkey(core, caller, request)).await
        }
        WebAuthnOperation::RegisterU2f => {
            let request = with_user!(call, RegisterU2FRequest);
            encode(service::register_u2f(core, caller, request, &call.host())).await
        }
        WebAuthnOperation::VerifyU2fRegistration => {
            let mut request = with_user!(call, VerifyU2FRegistrationRequest);
            second_id.clone_into(&mut request.u2f_id);
            encode(service::verify_u2f_registration(core, caller, request)).await
        }
        WebAuthnOperation::RemoveU2f => {
            let request = wire::RemoveU2FRequest {
                user_id: call.id().to_owned(),
                u2f_id: second_id.to_owned(),
                ..Default::default()
            };
            encode(service::remove_u2f(core, caller, request)).await
        }
    };
    body.map(Answer::ok)
}
