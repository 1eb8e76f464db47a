//! The routes of the first version of the API.

use bartizan_proto::zitadel::admin::v1 as admin;
use bartizan_proto::zitadel::management::v1 as management;

use super::call::{Answer, Call, encode};
use super::routes::V1Operation;
use crate::api::v1_service as service;
use crate::error::Error;

pub(super) async fn dispatch(call: &Call<'_>, operation: V1Operation) -> Result<Answer, Error> {
    let Call { core, caller, .. } = *call;
    let body = match operation {
        V1Operation::AddMachineUser => {
            encode(service::add_machine_user(core, caller, call.message()?)).await
        }
        V1Operation::AddPersonalAccessToken => {
            let mut request: management::AddPersonalAccessTokenRequest = call.message()?;
            call.id().clone_into(&mut request.user_id);
            encode(service::add_personal_access_token(core, caller, request)).await
        }
        V1Operation::GetLoginPolicy => {
            encode(async { service::get_login_policy(core, caller) }).await
        }
        V1Operation::AddIamMember => {
            encode(service::add_iam_member(core, caller, call.message()?)).await
        }
        V1Operation::UpdateIamMember => {
            let mut request: admin::UpdateIAMMemberRequest = call.message()?;
            call.id().clone_into(&mut request.user_id);
            encode(service::update_iam_member(core, caller, request)).await
        }
    };
    body.map(Answer::ok)
}
