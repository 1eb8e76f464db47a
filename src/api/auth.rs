//! Who is asking: from request headers to a [`Caller`] (spec session-service.md section 4.2).

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName};

use crate::core::Core;
use crate::domain::error::Kind;
use crate::domain::permission::Caller;
use crate::error::Error;
use crate::query;

/// The header that selects an organisation.
const ORGANIZATION: HeaderName = HeaderName::from_static("x-zitadel-orgid");

/// Authenticates a request. Every operation begins here.
///
/// # Errors
/// 401 without a bearer token; what [`query::authenticate`] says.
pub(crate) async fn caller(core: &Core, headers: &HeaderMap) -> Result<Caller, Error> {
    let token = bearer(headers)?;
    let organization = headers
        .get(ORGANIZATION)
        .map(|value| value.to_str().unwrap_or("\u{fffd}"));
    query::authenticate(core, token, organization.filter(|value| !value.is_empty())).await
}

/// The token of the `Authorization` header.
pub(super) fn bearer(headers: &HeaderMap) -> Result<&str, Error> {
    let Some(value) = headers.get(AUTHORIZATION) else {
        return Err(Error::plain(Kind::Unauthenticated, "auth header missing"));
    };
    let invalid = || Error::new(Kind::Unauthenticated, "AUTH-toLo1", "invalid auth header");
    let text = value.to_str().map_err(|_| invalid())?;
    if text.is_empty() {
        return Err(Error::plain(Kind::Unauthenticated, "auth header missing"));
    }
    let mut parts = text.split("Bearer ");
    match (parts.next(), parts.next(), parts.next()) {
        (Some(_), Some(token), None) => Ok(token),
        _ => Err(invalid()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    #[test]
    fn the_header_splits_into_exactly_two_parts() {
        for (value, expected) in [
            (None, Err("auth header missing")),
            (Some(""), Err("auth header missing")),
            (Some("Bearer abc"), Ok("abc")),
            (Some("bearer abc"), Err("invalid auth header (AUTH-toLo1)")),
            (Some("Basic abc"), Err("invalid auth header (AUTH-toLo1)")),
            (Some("abc"), Err("invalid auth header (AUTH-toLo1)")),
            (
                Some("Bearer a Bearer b"),
                Err("invalid auth header (AUTH-toLo1)"),
            ),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(AUTHORIZATION, HeaderValue::from_static(value));
            }
            let found = bearer(&headers).map_err(|error| error.text().into_owned());
            assert_eq!(
                found.as_deref().map_err(String::as_str),
                expected,
                "{value:?}"
            );
        }
    }
}
