//! `/openapi.json`: what the REST routes take and give, for people and for what reads such documents.
//!
//! The document is made when the program is built (see the wire crate), so that neither its start nor
//! its memory knows of it. It tells nothing that is secret, and nobody has to say who they are.

use actix_web::http::header::{
    CACHE_CONTROL, ETag, EntityTag, Header as _, HeaderValue, IfNoneMatch,
};
use actix_web::{HttpRequest, HttpResponse};
use bartizan_proto::OPENAPI_TAG;

/// The document, in JSON.
pub use bartizan_proto::OPENAPI as DOCUMENT;

/// Where it is read, with GET or HEAD.
pub(super) const PATH: &str = "/openapi.json";

/// The document, or 304 for a client that has it.
pub(super) fn answer(request: &HttpRequest) -> HttpResponse {
    let tag = EntityTag::new_strong(OPENAPI_TAG.to_owned());
    let known = match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|known| known.weak_eq(&tag)),
        Err(_) => false,
    };
    let mut response = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    response
        .insert_header(ETag(tag))
        // Kept, but asked about: another version of the program has another document.
        .insert_header((CACHE_CONTROL, HeaderValue::from_static("no-cache")));
    if known {
        return response.finish();
    }
    response.content_type("application/json").body(DOCUMENT)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::api::error::codes;
    use crate::domain::error::Kind;

    #[test]
    fn every_operation_documents_every_kind_of_error() {
        let kinds: BTreeSet<String> = Kind::ALL
            .iter()
            .map(|kind| codes(*kind).http.to_string())
            .collect();
        let document: serde_json::Value = serde_json::from_str(DOCUMENT).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let responses = operation["responses"].as_object().unwrap().keys();
                let errors: BTreeSet<String> = responses
                    .filter(|status| !status.starts_with('2'))
                    .cloned()
                    .collect();
                assert_eq!(errors, kinds, "{method} {path}");
            }
        }
    }
}
