//! The routes of the logout service.

use bartizan_proto::bartizan::logout::v1 as wire;

use super::call::{Answer, Call, encode};
use super::routes::LogoutOperation;
use crate::api::logout_service as service;
use crate::error::Error;

pub(super) async fn dispatch(call: &Call<'_>, operation: LogoutOperation) -> Result<Answer, Error> {
    let Call { core, caller, .. } = *call;
    let body = match operation {
        LogoutOperation::User => {
            let mut request: wire::LogoutUserRequest = call.message()?;
            call.id().clone_into(&mut request.user_id);
            encode(service::logout_user(core, caller, request)).await
        }
        LogoutOperation::Others => {
            encode(service::logout_others(core, caller, call.message()?)).await
        }
        LogoutOperation::UserAgent => {
            let mut request: wire::LogoutUserAgentRequest = call.message()?;
            call.id().clone_into(&mut request.fingerprint_id);
            encode(service::logout_user_agent(core, caller, request)).await
        }
    };
    body.map(Answer::ok)
}
