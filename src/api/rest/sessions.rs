//! The routes of the session service, in both versions.

use bartizan_proto::zitadel::session::{v2, v2beta};

use super::call::{Answer, Call, encoded};
use super::routes::{SessionOperation, Version};
use crate::api::{session_service, session_service_beta};
use crate::error::Error;

/// Declares the routes of one version.
///
/// All but the reading of one session are in boxes of their own: a future of more than a kilobyte takes
/// the allocator's long way, and what is asked most should not go it.
macro_rules! routes {
    ($dispatch:ident, $service:ident, $wire:ident) => {
        async fn $dispatch(call: &Call<'_>, operation: SessionOperation) -> Result<Answer, Error> {
            let Call { core, caller, .. } = *call;
            match operation {
                SessionOperation::Create => {
                    let answer = $service::create_session(core, caller, call.message()?);
                    let answer = Box::pin(answer);
                    encoded(&answer.await?).map(Answer::created)
                }
                SessionOperation::Get => {
                    let request = $wire::GetSessionRequest {
                        session_id: call.id().to_owned(),
                        session_token: call.session_token()?,
                        ..Default::default()
                    };
                    encoded(&$service::get_session(core, caller, request).await?).map(Answer::ok)
                }
                SessionOperation::List => {
                    let answer = $service::list_sessions(core, caller, call.message()?);
                    let answer = Box::pin(answer);
                    encoded(&answer.await?).map(Answer::ok)
                }
                SessionOperation::Set => {
                    let request = || {
                        let mut request: $wire::SetSessionRequest = call.message()?;
                        call.id().clone_into(&mut request.session_id);
                        Ok::<_, Error>(request)
                    };
                    let answer = Box::pin($service::set_session(core, caller, request()?));
                    encoded(&answer.await?).map(Answer::ok)
                }
                SessionOperation::Delete => {
                    let request = || {
                        let mut request: $wire::DeleteSessionRequest = call.message()?;
                        call.id().clone_into(&mut request.session_id);
                        Ok::<_, Error>(request)
                    };
                    let answer = Box::pin($service::delete_session(core, caller, request()?));
                    encoded(&answer.await?).map(Answer::ok)
                }
            }
        }
    };
}

routes!(dispatch_v2, session_service, v2);
routes!(dispatch_beta, session_service_beta, v2beta);

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
