//! What is known of a request, and how it ended.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use actix_http::body::{BodySize, MessageBody};
use actix_http::{HttpMessage as _, Request, Response};
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::http::{Method, StatusCode, Uri};
use tokio::time::Instant;

use super::request_id::RequestId;
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
    pub(super) fn new<B: MessageBody>(seen: &Seen, response: &mut Response<B>) -> Self {
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
    pub(super) fn new(request: &Request, proxies: &Proxies) -> Self {
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
            shown(self.uri.path())
        )
    }
}

/// The longest part of a path, between slashes or dots, that is shown. A token has 48 characters and
/// no dot, an id up to 19.
const LONGEST: usize = 32;

/// The path for a log line: a token that was put into it by mistake is not told.
///
/// Names of procedures are long as well, but are made of words.
pub(super) fn shown(path: &str) -> Cow<'_, str> {
    let word =
        |part: &str| part.len() <= LONGEST || part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let secret = |segment: &str| !segment.split('.').all(word);
    if path.len() <= LONGEST || !path.split('/').any(secret) {
        return Cow::Borrowed(path);
    }
    let segments: Vec<_> = path
        .split('/')
        .map(|part| if secret(part) { "…" } else { part })
        .collect();
    Cow::Owned(segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_segments_are_not_told() {
        let token = "A4-JXBBkBlEAAAAHuZBdEQnsDgpy7tU-WztJroPZCt__PRd7";
        for (path, expected) in [
            (
                "/v2/sessions/256801176165925657",
                "/v2/sessions/256801176165925657",
            ),
            (&format!("/v2/sessions/{token}"), "/v2/sessions/…"),
            (&format!("/v2/sessions/{token}/"), "/v2/sessions/…/"),
            (&format!("/{token}"), "/…"),
            (
                "/zitadel.user.v2.UserService/RetrieveIdentityProviderIntentAndMore",
                "/zitadel.user.v2.UserService/RetrieveIdentityProviderIntentAndMore",
            ),
            (
                "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
            ),
            (&format!("/zitadel.{token}/GetSession"), "/…/GetSession"),
        ] {
            assert_eq!(shown(path), expected);
        }
    }
}
