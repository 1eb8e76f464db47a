//! The routes of the user service.

use bartizan_proto::zitadel::user::v2 as wire;

use super::call::{Answer, Call, encode};
use super::routes::UserOperation;
use super::{authentication, otp, user_codes, webauthn};
use crate::api::user_service as service;
use crate::error::Error;

/// The request of an operation that names its user in the path.
macro_rules! with_user {
    ($call:expr, $request:ident) => {{
        let mut request: wire::$request = $call.message()?;
        $call.id().clone_into(&mut request.user_id);
        request
    }};
}
pub(super) use with_user;

pub(super) async fn dispatch(call: &Call<'_>, operation: UserOperation) -> Result<Answer, Error> {
    let Call { core, caller, .. } = *call;
    let body = match operation {
        UserOperation::AddHumanUser => {
            encode(service::add_human_user(core, caller, call.message()?)).await
        }
        UserOperation::UpdateHumanUser => {
            encode(service::update_human_user(
                core,
                caller,
                with_user!(call, UpdateHumanUserRequest),
            ))
            .await
        }
        UserOperation::GetUserById => {
            let request = wire::GetUserByIDRequest {
                user_id: call.id().to_owned(),
                ..Default::default()
            };
            encode(service::get_user_by_id(core, caller, request)).await
        }
        UserOperation::ListUsers => {
            encode(service::list_users(core, caller, call.message()?)).await
        }
        UserOperation::DeleteUser => {
            let request = wire::DeleteUserRequest {
                user_id: call.id().to_owned(),
                ..Default::default()
            };
            encode(service::delete_user(core, caller, request)).await
        }
        UserOperation::SetPassword => {
            encode(service::set_password(
                core,
                caller,
                with_user!(call, SetPasswordRequest),
            ))
            .await
        }
        UserOperation::Authentication(operation) => {
            return authentication::dispatch(call, operation).await;
        }
        UserOperation::Code(operation) => return user_codes::dispatch(call, operation).await,
        UserOperation::WebAuthn(operation) => return webauthn::dispatch(call, operation).await,
        UserOperation::Otp(operation) => return otp::dispatch(call, operation).await,
        UserOperation::LockUser => {
            encode(service::lock_user(
                core,
                caller,
                with_user!(call, LockUserRequest),
            ))
            .await
        }
        UserOperation::UnlockUser => {
            encode(service::unlock_user(
                core,
                caller,
                with_user!(call, UnlockUserRequest),
            ))
            .await
        }
        UserOperation::DeactivateUser => {
            encode(service::deactivate_user(
                core,
                caller,
                with_user!(call, DeactivateUserRequest),
            ))
            .await
        }
        UserOperation::ReactivateUser => {
            encode(service::reactivate_user(
                core,
                caller,
                with_user!(call, ReactivateUserRequest),
            ))
            .await
        }
    };
    body.map(Answer::ok)
}
