//! `zitadel.session.v2.SessionService`: each operation once, whatever the protocol.
//!
//! Validate, convert, call, convert. No rule of the business stands here.

use bartizan_proto::zitadel::session::v2 as wire;

use super::convert;
use super::validate::Validate as _;
use crate::command;
use crate::core::Core;
use crate::domain::ids::SessionId;
use crate::domain::permission::Caller;
use crate::domain::secret::Secret;
use crate::error::Error;
use crate::query;

/// `CreateSession`.
pub(crate) async fn create_session(
    core: &Core,
    caller: &Caller,
    request: wire::CreateSessionRequest,
) -> Result<wire::CreateSessionResponse, Error> {
    request.validate()?;
    let challenged = request.challenges.is_set();
    // Boxed, so that the future of every request stays small.
    let command = convert::create_session(request)?;
    let saved = Box::pin(command::create_session(core, caller, command)).await?;
    Ok(wire::CreateSessionResponse {
        details: convert::session_details(core, &saved.session).into(),
        session_id: saved.session.id.to_string(),
        session_token: convert::saved_token(&saved),
        challenges: convert::challenges(challenged, &saved)?.into(),
        ..wire::CreateSessionResponse::default()
    })
}

/// `SetSession`.
pub(crate) async fn set_session(
    core: &Core,
    caller: &Caller,
    request: wire::SetSessionRequest,
) -> Result<wire::SetSessionResponse, Error> {
    request.validate()?;
    let challenged = request.challenges.is_set();
    let command = convert::set_session(request)?;
    let saved = Box::pin(command::set_session(core, caller, command)).await?;
    Ok(wire::SetSessionResponse {
        details: convert::session_details(core, &saved.session).into(),
        session_token: convert::saved_token(&saved),
        challenges: convert::challenges(challenged, &saved)?.into(),
        ..wire::SetSessionResponse::default()
    })
}

/// `GetSession`.
pub(crate) async fn get_session(
    core: &Core,
    caller: &Caller,
    request: wire::GetSessionRequest,
) -> Result<wire::GetSessionResponse, Error> {
    request.validate()?;
    let token = request.session_token.map(Secret::new);
    let view = query::get_session(
        core,
        caller,
        SessionId::parse(&request.session_id),
        token.as_ref(),
    )
    .await?;
    Ok(wire::GetSessionResponse {
        session: convert::session(view, core.policies.login_name_includes_domain).into(),
        ..wire::GetSessionResponse::default()
    })
}

/// `ListSessions`.
pub(crate) async fn list_sessions(
    core: &Core,
    caller: &Caller,
    request: wire::ListSessionsRequest,
) -> Result<wire::ListSessionsResponse, Error> {
    request.validate()?;
    let list = query::list_sessions(core, caller, convert::list_sessions(request, caller)?).await?;
    Ok(convert::sessions_page(
        list,
        core.policies.login_name_includes_domain,
    ))
}

/// `DeleteSession`.
pub(crate) async fn delete_session(
    core: &Core,
    caller: &Caller,
    request: wire::DeleteSessionRequest,
) -> Result<wire::DeleteSessionResponse, Error> {
    request.validate()?;
    let token = request.session_token.map(Secret::new);
    let ended = command::terminate_session(
        core,
        caller,
        SessionId::parse(&request.session_id),
        token.as_ref(),
    )
    .await?;
    let details = ended.map_or_else(Default::default, |session| {
        convert::session_details(core, &session)
    });
    Ok(wire::DeleteSessionResponse {
        details: details.into(),
        ..wire::DeleteSessionResponse::default()
    })
}
