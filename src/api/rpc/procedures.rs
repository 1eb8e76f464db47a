//! Every procedure that is served, and the operation behind it: one line each.
//!
//! A new service is a module of operations
//! `async fn(&Core, &Caller, Request) -> Result<Response, Error>` and its lines here. What stands in
//! the `.proto` files and not here is answered with `Unimplemented`.

use super::call::{Call, Pending};
use crate::api::{session_service, session_service_beta, user_service};

/// Reads the message of a call, runs the operation, writes the answer.
pub(super) type Operation = fn(Call) -> Pending;

macro_rules! procedures {
    ($( $service:literal { $( $method:ident => $operation:path, )+ } )+) => {
        /// The path of each procedure and its operation.
        pub(super) const PROCEDURES: &[(&str, Operation)] = &[$( $(
            (concat!("/", $service, "/", stringify!($method)), |call| Box::pin(async move {
                let answered = match call.message() {
                    Ok(request) => $operation(call.core(), call.caller(), request).await,
                    Err(error) => Err(error),
                };
                call.answer(answered)
            })),
        )+ )+];
    };
}

procedures! {
    "zitadel.session.v2.SessionService" {
        CreateSession => session_service::create_session,
        SetSession => session_service::set_session,
        GetSession => session_service::get_session,
        ListSessions => session_service::list_sessions,
        DeleteSession => session_service::delete_session,
    }
    "zitadel.session.v2beta.SessionService" {
        CreateSession => session_service_beta::create_session,
        SetSession => session_service_beta::set_session,
        GetSession => session_service_beta::get_session,
        ListSessions => session_service_beta::list_sessions,
        DeleteSession => session_service_beta::delete_session,
    }
    "zitadel.user.v2.UserService" {
        AddHumanUser => user_service::add_human_user,
        GetUserByID => user_service::get_user_by_id,
        ListUsers => user_service::list_users,
        SetPassword => user_service::set_password,
        LockUser => user_service::lock_user,
        UnlockUser => user_service::unlock_user,
        DeactivateUser => user_service::deactivate_user,
        ReactivateUser => user_service::reactivate_user,
        DeleteUser => user_service::delete_user,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bartizan_proto::connect;

    use super::*;

    #[test]
    fn every_line_is_a_procedure_of_the_proto_files() {
        for (path, _) in PROCEDURES {
            assert!(connect::PROCEDURES.binary_search(path).is_ok(), "{path}");
        }
    }

    #[test]
    fn no_procedure_has_two_lines() {
        let paths: BTreeSet<_> = PROCEDURES.iter().map(|(path, _)| path).collect();
        assert_eq!(paths.len(), PROCEDURES.len());
    }
}
