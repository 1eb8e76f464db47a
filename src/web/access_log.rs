//! One line per request for the operator.

use log::Level;

use super::contain::Failure;
use super::seen::{Ended, Seen, shown};

/// What the lines are filtered by.
const TARGET: &str = "access";

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
