//! Which pages of other origins may call the API: ZITADEL's rule (spec session-service.md section 1.2).

use actix_cors::Cors;
use actix_web::http::Method;

/// Request headers that a page may send.
const ALLOWED_HEADERS: [&str; 12] = [
    "origin",
    "content-type",
    "accept",
    "accept-language",
    "authorization",
    "x-zitadel-orgid",
    "x-user-agent",
    "x-grpc-web",
    "x-requested-with",
    "connect-protocol-version",
    "connect-timeout-ms",
    "grpc-timeout",
];

/// Answer headers that a page may read.
const EXPOSED_HEADERS: [&str; 5] = [
    "location",
    "content-length",
    "grpc-status",
    "grpc-message",
    "grpc-status-details-bin",
];

/// The middleware for the App.
///
/// Every origin may call, with credentials. That is safe only while all credentials are bearer tokens:
/// a route that trusts cookies must check the origin itself.
pub fn cors() -> Cors {
    Cors::default()
        .allow_any_origin()
        .supports_credentials()
        .allowed_methods([
            Method::OPTIONS,
            Method::GET,
            Method::HEAD,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ])
        .allowed_headers(ALLOWED_HEADERS)
        .expose_headers(EXPOSED_HEADERS)
}
