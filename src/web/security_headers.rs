//! What browsers, search engines and caches are told about every answer.

use actix_web::http::header::{
    CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, PRAGMA, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};

/// Not one of the names that the `http` crate knows.
const X_ROBOTS_TAG: HeaderName = HeaderName::from_static("x-robots-tag");

/// Adds what the handler has not set itself.
pub(super) fn add(headers: &mut HeaderMap) {
    // Answers carry tokens, and caches have handed those to others; files that may be cached say so.
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    }
    for (name, value) in [
        (X_ROBOTS_TAG, "none"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ] {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}
