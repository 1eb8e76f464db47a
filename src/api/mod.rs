//! The edge: what goes over the wire, in each protocol, and nothing of what it means.
//!
//! A request is read, its caller is found, it is checked ([`validate`]), converted and handed to a
//! command or a query; the answer is converted back. Every refusal leaves through one table
//! ([`error`]), whatever the protocol.

mod auth;
mod convert;
mod deadline;
pub mod error;
pub mod event_stream;
pub mod forward_auth;
mod health;
mod host;
mod idp_callback;
mod idp_service;
mod internal_permission_service;
mod introspection;
mod logout_service;
mod method;
pub mod openapi;
mod org_service;
mod otp_service;
pub mod rest;
pub mod rpc;
mod session_service;
mod session_service_beta;
mod settings_service;
mod user_codes_service;
mod user_service;
mod v1_service;
pub mod validate;
mod webauthn_service;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::HeaderValue;
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use crate::core::Core;
use crate::error::Error;

/// Reads the body of a request of at most so many bytes, within the deadlines of the server.
pub type ReadBody =
    Rc<dyn Fn(Payload, usize) -> Pin<Box<dyn Future<Output = Result<Bytes, Error>>>>>;

/// Hands the body of a request on as it comes in.
pub type StreamBody = Rc<dyn Fn(Payload) -> rpc::Parts>;

/// Runs something once the worker has nothing else to do.
pub type AtEndOfTurn = Rc<dyn Fn(Box<dyn FnOnce()>)>;

/// What the handlers share within a worker.
#[derive(Clone)]
pub struct Api {
    /// The core.
    pub core: Core,
    /// The procedures of Connect and gRPC.
    pub rpc: rpc::Rpc,
    /// Bytes of a message at most.
    pub body_limit: usize,
    /// How bodies are read.
    pub read_body: ReadBody,
    /// How bodies are streamed.
    pub stream_body: StreamBody,
    /// When reads are no longer shared.
    pub at_end_of_turn: AtEndOfTurn,
    /// The streams of events.
    pub event_streams: event_stream::Streams,
    /// In which cookie forward auth finds session tokens.
    pub cookie: forward_auth::Cookie,
}

impl Api {
    /// The requests that a worker serves in one turn of its loop read through one view of the data.
    fn share_reads(&self) {
        if self.core.store.hold() {
            let store = Arc::clone(&self.core.store);
            (self.at_end_of_turn)(Box::new(move || store.let_go()));
        }
    }
}

/// Answers a request to any path: procedures are told from routes by the path, and protocols on the
/// path of a procedure by the content type.
///
/// Browsers that come back from identity providers have a path of their own.
pub fn handle(
    request: HttpRequest,
    payload: Payload,
    api: Data<Api>,
) -> impl Future<Output = HttpResponse> {
    // Not an `async fn`: that would hold its arguments twice for as long as it waits. What it waits for
    // is in boxes of its own, because the server puts all of it into another.
    let place = Place::of(&request);
    async move {
        let procedure = match place {
            Place::IdpCallback => {
                return Box::pin(idp_callback::handle(&request, &api.core)).await;
            }
            Place::EventStream => {
                let streams = &api.event_streams;
                return Box::pin(event_stream::handle(&request, &api.core, streams)).await;
            }
            Place::Probe(probe) => return health::answer(&request, &api.core, probe).await,
            Place::OpenApi => return openapi::answer(&request),
            Place::ForwardAuth => {
                api.share_reads();
                return forward_auth::handle(&request, &api.core, &api.cookie).await;
            }
            Place::Introspection => {
                api.share_reads();
                return Box::pin(introspection::handle(&request, payload, &api)).await;
            }
            Place::Service { procedure } => procedure,
        };
        api.share_reads();
        let payload = if procedure {
            match Box::pin(rpc::handle(&request, payload, &api)).await {
                Ok(response) => return response,
                Err(payload) => payload,
            }
        } else {
            payload
        };
        Box::pin(rest::handle(&request, payload, &api)).await
    }
}

/// Where a request goes.
enum Place {
    IdpCallback,
    EventStream,
    Probe(health::Probe),
    OpenApi,
    ForwardAuth,
    Introspection,
    /// To an operation of the services, by its route or its procedure.
    Service {
        procedure: bool,
    },
}

impl Place {
    fn of(request: &HttpRequest) -> Self {
        let read = matches!(*request.method(), Method::GET | Method::HEAD);
        match request.uri().path() {
            idp_callback::PATH => Self::IdpCallback,
            event_stream::PATH => Self::EventStream,
            forward_auth::PATH => Self::ForwardAuth,
            introspection::PATH => Self::Introspection,
            openapi::PATH if read => Self::OpenApi,
            health::ALIVE if read => Self::Probe(health::Probe::Alive),
            health::READY if read => Self::Probe(health::Probe::Ready),
            path => Self::Service {
                procedure: rpc::is_procedure(path),
            },
        }
    }
}

/// The answer to a request whose handler gave none, in the form that its client understands.
pub fn instead(path: &str, content_type: Option<&HeaderValue>, error: &Error) -> HttpResponse {
    let call = rpc::is_procedure(path).then(|| rpc::answer_to(content_type, error));
    call.flatten()
        .unwrap_or_else(|| rest::error::respond(rest::error::answer(error)))
}

impl fmt::Debug for Api {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Api")
            .field("core", &self.core)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody as _;

    use super::*;

    /// Beyond this the allocator of glibc takes its long way, and would with every request.
    const SMALL: usize = 1_032;

    fn size<A, B, C, F>(_: impl Fn(A, B, C) -> F) -> usize {
        size_of::<F>()
    }

    #[test]
    fn the_futures_of_a_request_are_small() {
        let (whole, rest) = (size(handle), size(rest::handle));
        // Around the whole there is what actix-web has of the request.
        assert!(whole <= SMALL / 2 && rest <= SMALL, "{whole}, {rest}");
    }

    #[test]
    fn a_handler_that_gave_no_answer_is_answered_for_in_the_protocol_that_was_spoken() {
        const PROCEDURE: &str = "/zitadel.session.v2.SessionService/GetSession";
        for (path, content_type, status, body) in [
            ("/v2/sessions/1", "application/grpc", 500, "{\"code\":13,"),
            (PROCEDURE, "text/plain", 500, "{\"code\":13,"),
            (
                PROCEDURE,
                "application/json",
                500,
                "{\"code\":\"internal\",",
            ),
            (
                PROCEDURE,
                "application/proto",
                500,
                "{\"code\":\"internal\",",
            ),
            (PROCEDURE, "application/grpc", 200, ""),
            (PROCEDURE, "application/grpc-web", 200, "\u{80}"),
            (PROCEDURE, "application/grpc-web-text", 200, "gAAAA"),
        ] {
            let content_type = HeaderValue::from_static(content_type);
            let error = Error::internal("a handler panicked");
            let response = instead(path, Some(&content_type), &error);
            assert_eq!(response.status().as_u16(), status, "{content_type:?}");
            let told = response
                .headers()
                .get("grpc-status")
                .map(HeaderValue::as_bytes);
            let grpc = content_type == "application/grpc" && path == PROCEDURE;
            assert_eq!(told, grpc.then_some(&b"13"[..]), "{content_type:?}");
            let found = response.into_body().try_into_bytes().unwrap();
            let found: String = found.iter().copied().map(char::from).collect();
            assert!(found.starts_with(body), "{content_type:?}: {found}");
            assert!(!found.contains("panicked"), "{found}");
        }
    }
}
