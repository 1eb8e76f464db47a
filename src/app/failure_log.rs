//! The log line of a request that failed: once, with its cause, under the request's id.

use std::error::Error as _;

use actix_web::HttpMessage as _;
use actix_web::body::MessageBody;
use actix_web::dev::{Service, ServiceRequest, ServiceResponse};
use log::Level;

use crate::domain::error::Kind;
use crate::error::{Error, Failure};
use crate::web::RequestId;

/// Calls the rest of the App and tells the log about the [`Failure`] that a handler left behind.
pub(super) fn log_failure<S, B>(
    request: ServiceRequest,
    app: &S,
) -> impl Future<Output = Result<ServiceResponse<B>, actix_web::Error>> + use<S, B>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
{
    let answered = app.call(request);
    async move {
        let response = answered.await?;
        let extensions = response.request().extensions();
        if let Some(Failure(error)) = extensions.get::<Failure>() {
            let id = extensions.get::<RequestId>().map_or("-", RequestId::as_str);
            log::log!(
                level(error.kind),
                request_id = id,
                error_id = error.id,
                kind:? = error.kind;
                "{} {id}",
                described(error)
            );
        }
        drop(extensions);
        Ok(response)
    }
}

/// Ours are errors; a client's are news.
const fn level(kind: Kind) -> Level {
    match kind {
        Kind::Internal | Kind::Unknown | Kind::Unavailable => Level::Error,
        Kind::Canceled
        | Kind::InvalidArgument
        | Kind::DeadlineExceeded
        | Kind::NotFound
        | Kind::AlreadyExists
        | Kind::PermissionDenied
        | Kind::ResourceExhausted
        | Kind::FailedPrecondition
        | Kind::Aborted
        | Kind::Unimplemented
        | Kind::Unauthenticated => Level::Info,
    }
}

/// The text that the client got, then what lies behind it.
fn described(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        text.push_str(": ");
        text.push_str(&source.to_string());
        cause = source.source();
    }
    text
}
