//! `bartizan.logout.v1.LogoutService`: many sessions ended at once, an extension beside ZITADEL's API.
//!
//! Validate, convert, call, convert.

use bartizan_proto::bartizan::logout::v1 as wire;

use super::convert;
use super::validate::Validate as _;
use crate::command::{self, LoggedOut};
use crate::core::Core;
use crate::domain::ids::given_user_key;
use crate::domain::permission::Caller;
use crate::domain::secret::Secret;
use crate::error::Error;
use crate::ports::Ended;

/// `LogoutUser`.
pub(crate) async fn logout_user(
    core: &Core,
    caller: &Caller,
    request: wire::LogoutUserRequest,
) -> Result<wire::LogoutResponse, Error> {
    request.validate()?;
    let user = given_user_key(&request.user_id);
    command::log_out_user(core, caller, user).await.map(answer)
}

/// `LogoutOthers`.
pub(crate) async fn logout_others(
    core: &Core,
    caller: &Caller,
    request: wire::LogoutOthersRequest,
) -> Result<wire::LogoutResponse, Error> {
    request.validate()?;
    let token = Some(request.session_token)
        .filter(|token| !token.is_empty())
        .map(Secret::new);
    command::log_out_others(core, caller, token.as_ref())
        .await
        .map(answer)
}

/// `LogoutUserAgent`.
pub(crate) async fn logout_user_agent(
    core: &Core,
    caller: &Caller,
    request: wire::LogoutUserAgentRequest,
) -> Result<wire::LogoutResponse, Error> {
    request.validate()?;
    let user = (!request.user_id.is_empty()).then(|| given_user_key(&request.user_id));
    command::log_out_user_agent(core, caller, request.fingerprint_id, user)
        .await
        .map(answer)
}

fn answer(done: LoggedOut) -> wire::LogoutResponse {
    let LoggedOut {
        ended: Ended { count, ids },
        position,
        at,
    } = done;
    wire::LogoutResponse {
        terminated: count.into(),
        session_ids: ids.iter().map(ToString::to_string).collect(),
        position: u64::try_from(position.number()).unwrap_or_default(),
        change_date: convert::timestamp(at).into(),
        ..wire::LogoutResponse::default()
    }
}
