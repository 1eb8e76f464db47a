//! One line per request for the operator.

use std::borrow::Cow;

use log::Level;

use super::contain::Failure;
use super::edge::{Ended, Seen};

/// What the lines are filtered by.
const TARGET: &str = "access";

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
    if !path.split('/').any(secret) {
        return Cow::Borrowed(path);
    }
    let segments: Vec<_> = path
        .split('/')
        .map(|part| if secret(part) { "…" } else { part })
        .collect();
    Cow::Owned(segments.join("/"))
}

/// Writes the line of a request when its answer begins.
///
/// The path goes without its query: ZITADEL's clients put session tokens there.
///
/// `operation` is what the path was understood as, `code` what came of it: answers of gRPC have the
/// status 200 whatever happened.
pub(super) fn write(seen: &Seen, ended: &Ended) {
    if !log::log_enabled!(target: TARGET, Level::Info) {
        return;
    }
    let duration = u64::try_from(ended.took.as_micros()).unwrap_or(u64::MAX);
    let status = ended.status.as_u16();
    let path = shown(seen.uri.path());
    let id = seen.id.as_str();
    let peer = match (seen.client, seen.peer) {
        (Some(client), _) if client.forwarded => client.address.to_string(),
        (_, Some(peer)) => peer.to_string(),
        (_, None) => "-".to_owned(),
    };
    let called = ended.called;
    let operation = called.map_or("-", |called| called.operation);
    let code = match called.map(|called| called.refused) {
        None => "-",
        Some(None) => "OK",
        Some(Some(kind)) => kind.name(),
    };
    // An answer that is streamed has no length yet.
    let bytes = ended.bytes.unwrap_or_default();
    log::info!(
        target: TARGET,
        method = seen.method.as_str(),
        path = &*path,
        operation = operation,
        status = status,
        code = code,
        bytes = bytes,
        duration_us = duration,
        request_id = id,
        peer = peer.as_str();
        "{} {path} {status} {code} {bytes}B {duration}us {id} {peer}",
        seen.method,
    );
}

/// Writes the line of a request whose handler gave no answer.
pub(super) fn write_failure(seen: &Seen, failure: Failure) {
    let path = shown(seen.uri.path());
    let id = seen.id.as_str();
    log::error!(
        method = seen.method.as_str(),
        path = &*path,
        request_id = id,
        kind:? = failure;
        "{failure:?} handler: {} {path} {id}",
        seen.method,
    );
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
