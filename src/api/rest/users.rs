//! The routes of the user service.

use bartizan_proto::zitadel::user::v2 as wire;

use super::call::{Answer, Call, encode};
use super::routes::Operation;
use crate::api::user_service as service;
use crate::error::Error;

/// The request of an operation that names its user in the path.
macro_rules! with_user {
    ($call:expr, $request:ident) => {{
        let mut request: wire::$request = $call.message()?;
        $call.id.clone_into(&mut request.user_id);
        request
    }};
}

pub(super) async fn dispatch(call: &Call<'_>, operation: Operation) -> Result<Answer, Error> {
    let Call { core, caller, .. } = *call;
    let body = match operation {
        Operation::AddHumanUser => encode(service::add_human_user(core, caller, call.message()?)).await,
        Operation::GetUserById => {
            let request = wire::GetUserByIDRequest { user_id: call.id.to_owned(), ..Default::default() };
            encode(service::get_user_by_id(core, caller, request)).await
        }
        Operation::ListUsers => encode(service::list_users(core, caller, call.message()?)).await,
        Operation::DeleteUser => {
            let request = wire::DeleteUserRequest { user_id: call.id.to_owned(), ..Default::default() };
            encode(service::delete_user(core, caller, request)).await
        }
        Operation::SetPassword => {
            encode(service::set_password(core, caller, with_user!(call, SetPasswordRequest))).await
        }
        Operation::LockUser => encode(service::lock_user(core, caller, with_user!(call, LockUserRequest))).await,
        Operation::UnlockUser => {
            encode(service::unlock_user(core, caller, with_user!(call, UnlockUserRequest))).await
        }
        Operation::DeactivateUser => {
            encode(service::deactivate_user(core, caller, with_user!(call, DeactivateUserRequest))).await
        }
        Operation::ReactivateUser => {
            encode(service::reactivate_user(core, caller, with_user!(call, ReactivateUserRequest))).await
        }
        Operation::CreateSession(_)
        | Operation::GetSession(_)
        | Operation::ListSessions(_)
        | Operation::SetSession(_)
        | Operation::DeleteSession(_)
        | Operation::NotYet(_) => Err(Error::internal("not an operation of the user service")),
    };
    body.map(Answer::ok)
}
