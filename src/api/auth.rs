//! Who is asking: from request headers to a [`Caller`] (spec session-service.md section 4.2).

use actix_web::http::header::{AUTHORIZATION, HeaderMap, HeaderName};
use actix_web::{HttpMessage as _, HttpRequest};

use crate::core::Core;
use crate::domain::client::{ClientAddress, one_client};
use crate::domain::error::Kind;
use crate::domain::permission::Caller;
use crate::error::Error;
use crate::ports::FailureKey;
use crate::query;

/// The header that selects an organisation.
const ORGANIZATION: HeaderName = HeaderName::from_static("x-zitadel-orgid");

/// Authenticates a request. Every operation begins here.
///
/// # Errors
/// 401 without a bearer token; what [`query::authenticate`] says; 429 `BTZ-Fa1lt` in place of 401 for
/// a wrong token from an address that has sent too many.
pub(crate) async fn caller(core: &Core, request: &HttpRequest) -> Result<Caller, Error> {
    let headers = request.headers();
    let token = bearer(headers)?;
    let organization = headers
        .get(ORGANIZATION)
        .map(|value| value.to_str().unwrap_or("\u{fffd}"));
    let organization = organization.filter(|value| !value.is_empty());
    let from = || request.extensions().get::<ClientAddress>().copied();
    match query::authenticate(core, token, organization).await {
        Ok(mut caller) => {
            caller.from = from();
            Ok(caller)
        }
        Err(error) if error.kind == Kind::Unauthenticated => Err(counted(core, from(), error)),
        Err(error) => Err(error),
    }
}

/// Counts a wrong token; what is answered to it. Right ones are never kept waiting: a token cannot be
/// guessed, so this saves the log and the database work, and protects nobody's account.
fn counted(core: &Core, from: Option<ClientAddress>, error: Error) -> Error {
    let key = from.map(|from| FailureKey::Tokens(one_client(from.address)));
    match key.map(|key| core.failures.take(&key)) {
        Some(Err(wait)) => Error::new(
            Kind::ResourceExhausted,
            "BTZ-Fa1lt",
            "Too many wrong tokens from this address, try again later",
        )
        .retry_after(wait)
        .caused_by(error),
        Some(Ok(())) | None => error,
    }
}

/// The token of the `Authorization` header.
pub(super) fn bearer(headers: &HeaderMap) -> Result<&str, Error> {
    let Some(value) = headers.get(AUTHORIZATION) else {
        return Err(Error::plain(Kind::Unauthenticated, "auth header missing"));
    };
    let invalid = || Error::new(Kind::Unauthenticated, "AUTH-toLo1", "invalid auth header");
    // Whoever stands in front may look at the other one (RFC 6750 section 2: one per request).
    if headers.get_all(AUTHORIZATION).nth(1).is_some() {
        return Err(invalid());
    }
    let text = value.to_str().map_err(|_| invalid())?;
    if text.is_empty() {
        return Err(Error::plain(Kind::Unauthenticated, "auth header missing"));
    }
    // As nearly all are; no other space, no other scheme.
    if let Some(token) = text.strip_prefix("Bearer ")
        && !token.bytes().any(|byte| byte == b' ')
    {
        return Ok(token);
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
            (Some("Bearer a b"), Ok("a b")),
            (Some("Token, Bearer abc"), Ok("abc")),
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
