//! The answer of paths beside the routes to a method that they do not take.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{ALLOW, HeaderValue};

use super::rest::error;
use crate::domain::error::Kind;
use crate::error::Error;

/// 405, with the one that they take.
pub(super) fn not_allowed(allowed: &'static str) -> HttpResponse {
    let refused = Error::plain(Kind::Unimplemented, "Method Not Allowed");
    let mut response = error::respond(error::answer(&refused));
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response
        .headers_mut()
        .insert(ALLOW, HeaderValue::from_static(allowed));
    response
}
