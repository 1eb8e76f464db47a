//! The id by which a request is found again in the logs of everybody who handled it.

use std::convert::Infallible;
use std::fmt;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use uuid::Uuid;

/// The header that carries it, in requests and answers.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken over from a client.
const LONGEST: usize = 64;

/// The id of a request: the client's own if it is harmless, else a fresh UUID of version 7.
///
/// A handler gets it as an argument, a middleware from the extensions of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The id as text: letters, digits, `-`, `_` and `.` only.
    pub fn as_str(&self) -> &str {
        // Holds by construction, and an empty id would be no worse than none.
        self.0.to_str().unwrap_or_default()
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }

    /// The id for a request with these headers.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        headers
            .get(HEADER)
            .filter(|value| is_harmless(value.as_bytes()))
            .map_or_else(Self::fresh, |value| Self(value.clone()))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "nothing is decided by a request id, so tests need not choose it"
    )]
    fn fresh() -> Self {
        let mut text = Uuid::encode_buffer();
        let text = Uuid::now_v7().hyphenated().encode_lower(&mut text);
        Self(HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("none")))
    }
}

/// Whether an id can go into logs and headers as it is: it must not end a line or a quotation, and
/// must not be long.
fn is_harmless(id: &[u8]) -> bool {
    (1..=LONGEST).contains(&id.len())
        && id
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

impl fmt::Display for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl FromRequest for RequestId {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    /// A fresh id where the App is not behind [`edge`](super::edge), as in tests of a handler.
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = request.extensions().get::<Self>().cloned();
        ready(Ok(known.unwrap_or_else(Self::fresh)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_clients_are_taken_over_if_they_are_harmless() {
        let longest = "a".repeat(LONGEST);
        let too_long = "a".repeat(LONGEST + 1);
        for (given, taken) in [
            ("0193-abc_DEF.9", true),
            (longest.as_str(), true),
            (too_long.as_str(), false),
            ("", false),
            ("a b", false),
            ("a\"b", false),
            ("{x}", false),
            ("a/b", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HEADER, HeaderValue::from_str(given).unwrap());
            assert_eq!(RequestId::of(&headers).as_str() == given, taken, "{given}");
        }
    }

    #[test]
    fn fresh_ids_are_version_7_and_differ() {
        let one = RequestId::of(&HeaderMap::new());
        let other = RequestId::of(&HeaderMap::new());
        assert_eq!(Uuid::parse_str(one.as_str()).unwrap().get_version_num(), 7);
        assert_ne!(one, other);
    }
}
