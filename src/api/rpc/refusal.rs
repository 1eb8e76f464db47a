//! Requests that do not get as far as an operation, in each protocol's own words.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderName, HeaderValue};
use connectrpc::ConnectError;
use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::answer::respond;
use super::error::to_connect;
use super::form::{ACCEPT_POST, ACCEPT_POST_STREAM, Form};
use crate::error::Error;

/// The answer to a failed call.
pub(super) fn failed(error: &Error, form: Form) -> HttpResponse {
    picture(to_connect(error), form)
}

/// The answer to a request for nothing that there is: 404 in Connect, status 12 in gRPC.
pub(super) fn unknown(form: Form) -> HttpResponse {
    let picture = ConnectError::unimplemented("unknown procedure")
        .with_http_status(http::StatusCode::NOT_FOUND);
    self::picture(picture, form)
}

/// The answer to a method other than POST.
pub(super) fn method() -> HttpResponse {
    HttpResponse::build(StatusCode::METHOD_NOT_ALLOWED)
        .insert_header((ALLOW, "POST"))
        .finish()
}

/// The answer to a content type that the procedure does not take.
pub(super) fn media(streams: bool) -> HttpResponse {
    const NAME: HeaderName = HeaderName::from_static("accept-post");
    let accepted = if streams {
        ACCEPT_POST_STREAM
    } else {
        ACCEPT_POST
    };
    HttpResponse::build(StatusCode::UNSUPPORTED_MEDIA_TYPE)
        .insert_header((NAME, HeaderValue::from_static(accepted)))
        .finish()
}

/// The answer to gRPC over HTTP/1.1, which cannot carry the trailers that gRPC ends with.
pub(super) fn version() -> HttpResponse {
    HttpResponse::build(StatusCode::HTTP_VERSION_NOT_SUPPORTED).finish()
}

/// The answer to a request whose handler gave none, as far as it can be told what it spoke.
pub(in crate::api) fn answer_to(
    content_type: Option<&HeaderValue>,
    error: &Error,
) -> Option<HttpResponse> {
    Form::named(content_type).map(|form| failed(error, form))
}

fn picture(picture: ConnectError, form: Form) -> HttpResponse {
    let mut headers = HeaderMap::with_capacity(1);
    headers.insert(
        CONTENT_TYPE,
        http::HeaderValue::from_static(form.content_type),
    );
    respond(picture.into_http_response(&headers), form.text)
}
