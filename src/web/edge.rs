//! What is done for every request, whatever the App makes of it.
//!
//! This wraps the App instead of being middleware in it: a middleware that catches a panic has lost the
//! request, and those around it get an error that they can neither log nor add headers to. Out here
//! every answer, a contained panic included, has its id, its headers and its line in the log.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_http::body::{BodySize, BoxBody, EitherBody, MessageBody};
use actix_http::{HttpMessage, Request, Response};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, apply_fn_factory};
use actix_web::HttpResponse;
use actix_web::dev::AppConfig;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::http::{Method, StatusCode, Uri};
use tokio::time::Instant;

use super::contain::{Failure, begin, finish};
use super::request_id::{self, RequestId};
use super::trace::Trace;
use super::{access_log, security_headers};
use crate::domain::client::{ClientAddress, Proxies};
use crate::error::Called;

/// What is known of a request whose answer the App owes.
pub struct Seen {
    /// Its id.
    pub id: RequestId,
    /// Its method.
    pub method: Method,
    /// Its target; may carry a token in its query.
    pub uri: Uri,
    /// What its body is said to be, by which protocols that share a route are told apart.
    pub content_type: Option<HeaderValue>,
    /// The other end of its connection.
    pub peer: Option<SocketAddr>,
    /// Who sent it; absent where the peer is a trusted proxy that does not say so.
    pub client: Option<ClientAddress>,
    pub(super) begun: Instant,
}

/// How a request ended, as far as it is known when its answer begins.
#[derive(Debug, Clone, Copy)]
pub struct Ended {
    /// The status of the answer.
    pub status: StatusCode,
    /// What the request was found to be.
    pub called: Option<Called>,
    /// Bytes of the body of the answer, where they are known.
    pub bytes: Option<u64>,
    /// From the end of the request's head to here.
    pub took: Duration,
}

impl Ended {
    fn new<B: MessageBody>(seen: &Seen, response: &mut Response<B>) -> Self {
        let called = response.extensions_mut().remove::<Called>();
        Self {
            status: response.status(),
            called,
            bytes: match response.body().size() {
                BodySize::None => Some(0),
                BodySize::Sized(bytes) => Some(bytes),
                BodySize::Stream => None,
            },
            took: seen.begun.elapsed(),
        }
    }
}

impl Seen {
    fn new(request: &Request, proxies: &Proxies) -> Self {
        let peer = request.peer_addr();
        let values = proxies
            .header()
            .map(|header| request.headers().get_all(header.name()));
        let values: Vec<_> = values.into_iter().flatten().collect();
        let values = values.iter().map(|value| value.as_bytes());
        Self {
            id: RequestId::of(request.headers()),
            method: request.method().clone(),
            uri: request.uri().clone(),
            content_type: request.headers().get(CONTENT_TYPE).cloned(),
            peer,
            client: peer.and_then(|peer| proxies.client(peer.ip(), values)),
            begun: Instant::now(),
        }
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "Seen({} {} {})",
            self.id,
            self.method,
            access_log::shown(self.uri.path())
        )
    }
}

/// Wraps an App for [`serve`](super::serve): request ids, security headers, the access log, panics
/// contained and handlers limited to `deadline`.
///
/// `render` makes the answer to a request whose handler panicked or took too long, in the form that its
/// client understands. `count` is told of every answer. Handlers find the [`ClientAddress`], where it
/// is known, in the extensions of the request.
pub fn edge<I, S, B, R, C>(
    app: I,
    deadline: Duration,
    proxies: Arc<Proxies>,
    render: R,
    count: C,
) -> impl ServiceFactory<
    Request,
    Config = AppConfig,
    Response = Response<EitherBody<B>>,
    Error = S::Error,
    InitError = S::InitError,
>
where
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig>,
    S::Response: Into<Response<B>>,
    S::Error: Into<Response<BoxBody>>,
    B: MessageBody + 'static,
    R: Fn(Failure, &Seen) -> HttpResponse + Clone,
    C: Fn(&Ended) + Clone,
{
    apply_fn_factory(
        app.into_factory(),
        move |request: Request, app: &S::Service| {
            let seen = Seen::new(&request, &proxies);
            let mut extensions = request.extensions_mut();
            extensions.insert(seen.id.clone());
            if let Some(client) = seen.client {
                extensions.insert(client);
            }
            drop(extensions);
            let trace = Trace::begin(&request, &seen);
            let begun = trace.within(|| begin(|| app.call(request)));
            let render = render.clone();
            let count = count.clone();
            async move {
                let answered = match begun {
                    Ok(future) => finish(trace.follow(future), deadline).await,
                    Err(failure) => Err(failure),
                };
                let mut response = match answered {
                    Ok(Ok(response)) => response.into().map_body(|_, body| EitherBody::left(body)),
                    Ok(Err(error)) => error.into().map_body(|_, body| EitherBody::right(body)),
                    Err(failure) => {
                        access_log::write_failure(&seen, failure);
                        Response::from(render(failure, &seen))
                            .map_body(|_, body| EitherBody::right(body))
                    }
                };
                let headers = response.headers_mut();
                security_headers::add(headers);
                headers.insert(request_id::HEADER, seen.id.header());
                // As ZITADEL's server writes them in HTTP/1.1: some clients hand headers out in a plain
                // dictionary, in which `Content-Type` is found under that name alone.
                response.head_mut().set_camel_case_headers(true);
                let ended = Ended::new(&seen, &mut response);
                count(&ended);
                access_log::write(&seen, &ended);
                trace.end(&seen, &ended);
                Ok(response)
            }
        },
    )
}
