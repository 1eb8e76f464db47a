//! What is done for every request, whatever the App makes of it.
//!
//! This wraps the App instead of being middleware in it: a middleware that catches a panic has lost the
//! request, and those around it get an error that they can neither log nor add headers to. Out here
//! every answer, a contained panic included, has its id, its headers and its line in the log.

use std::sync::Arc;
use std::time::Duration;

use actix_http::body::{BoxBody, EitherBody, MessageBody};
use actix_http::{HttpMessage, Request, Response};
use actix_service::{IntoServiceFactory, Service, ServiceFactory, apply_fn_factory};
use actix_web::HttpResponse;
use actix_web::dev::AppConfig;

use super::contain::{Failure, begin, finish};
use super::seen::{Ended, Seen};
use super::trace::Trace;
use super::{access_log, request_id, security_headers};
use crate::domain::client::Proxies;

/// Wraps an App for [`serve`](super::serve): request ids, security headers, the access log, panics
/// contained and handlers limited to `deadline`.
///
/// `render` makes the answer to a request whose handler panicked or took too long, in the form that its
/// client understands. `count` is told of every answer. Handlers find the [`ClientAddress`](crate::domain::client::ClientAddress), where it
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
