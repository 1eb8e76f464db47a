//! The routes of the session service, in both versions.

use bartizan_proto::zitadel::session::{v2, v2beta};

use super::call::{Answer, Call, encode, encode_as, transcode};
use super::routes::{SessionOperation, Version};
use crate::api::session_service as service;
use crate::api::validate::Validate as _;
use crate::error::Error;

pub(super) async fn dispatch(
    call: &Call<'_>,
    operation: SessionOperation,
    version: Version,
) -> Result<Answer, Error> {
    match version {
        Version::V2 => dispatch_v2(call, operation).await,
        Version::V2Beta => dispatch_beta(call, operation).await,
    }
}

async fn dispatch_v2(call: &Call<'_>, operation: SessionOperation) -> Result<Answer, Error> {
    let Call { core, caller, .. } = *call;
    match operation {
        SessionOperation::Create => encode(service::create_session(core, caller, call.message()?))
            .await
            .map(Answer::created),
        SessionOperation::Get => {
            let request = v2::GetSessionRequest {
                session_id: call.id.to_owned(),
                session_token: call.session_token()?,
                ..Default::default()
            };
            encode(service::get_session(core, caller, request))
                .await
                .map(Answer::ok)
        }
        SessionOperation::List => encode(service::list_sessions(core, caller, call.message()?))
            .await
            .map(Answer::ok),
        SessionOperation::Set => {
            let mut request: v2::SetSessionRequest = call.message()?;
            call.id.clone_into(&mut request.session_id);
            encode(service::set_session(core, caller, request))
                .await
                .map(Answer::ok)
        }
        SessionOperation::Delete => {
            let mut request: v2::DeleteSessionRequest = call.message()?;
            call.id.clone_into(&mut request.session_id);
            encode(service::delete_session(core, caller, request))
                .await
                .map(Answer::ok)
        }
    }
}

/// `v2beta` has fewer checks and searches; what it has means the same. A request is checked by its
/// own rules, then taken over into `v2`, where it is checked again to no harm.
async fn dispatch_beta(call: &Call<'_>, operation: SessionOperation) -> Result<Answer, Error> {
    let Call { core, caller, .. } = *call;
    match operation {
        SessionOperation::Create => {
            let request: v2beta::CreateSessionRequest = call.message()?;
            request.validate()?;
            let answer = service::create_session(core, caller, transcode(&request)?);
            encode_as::<v2beta::CreateSessionResponse, _>(answer)
                .await
                .map(Answer::created)
        }
        SessionOperation::Get => {
            let request = v2beta::GetSessionRequest {
                session_id: call.id.to_owned(),
                session_token: call.session_token()?,
                ..Default::default()
            };
            request.validate()?;
            let answer = service::get_session(core, caller, transcode(&request)?);
            encode_as::<v2beta::GetSessionResponse, _>(answer)
                .await
                .map(Answer::ok)
        }
        SessionOperation::List => {
            let request: v2beta::ListSessionsRequest = call.message()?;
            request.validate()?;
            let answer = service::list_sessions(core, caller, transcode(&request)?);
            encode_as::<v2beta::ListSessionsResponse, _>(answer)
                .await
                .map(Answer::ok)
        }
        SessionOperation::Set => {
            let mut request: v2beta::SetSessionRequest = call.message()?;
            call.id.clone_into(&mut request.session_id);
            request.validate()?;
            let answer = service::set_session(core, caller, transcode(&request)?);
            encode_as::<v2beta::SetSessionResponse, _>(answer)
                .await
                .map(Answer::ok)
        }
        SessionOperation::Delete => {
            let mut request: v2beta::DeleteSessionRequest = call.message()?;
            call.id.clone_into(&mut request.session_id);
            request.validate()?;
            let answer = service::delete_session(core, caller, transcode(&request)?);
            encode_as::<v2beta::DeleteSessionResponse, _>(answer)
                .await
                .map(Answer::ok)
        }
    }
}
