//! One line per request for the operator.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::net::SocketAddr;

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
    LINE.with_borrow_mut(|line| write_line(line, seen, ended));
}

/// Bytes that a worker keeps for the next line.
const KEPT: usize = 1024;

thread_local! {
    static LINE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Puts the line together by hand: there is one for each request, and what formats texts takes its time.
fn write_line(line: &mut String, seen: &Seen, ended: &Ended) {
    let method = seen.method.as_str();
    let path = shown(seen.uri.path());
    let status = ended.status.as_u16();
    let operation = ended.called.map_or("-", |called| called.operation);
    let code = match ended.called.map(|called| called.refused) {
        None => "-",
        Some(None) => "OK",
        Some(Some(kind)) => kind.name(),
    };
    // An answer that is streamed has no length yet.
    let bytes = ended.bytes.unwrap_or_default();
    let duration = u64::try_from(ended.took.as_micros()).unwrap_or(u64::MAX);
    let id = seen.id.as_str();
    let mut number = itoa::Buffer::new();

    line.clear();
    for part in [
        method,
        " ",
        &path,
        " ",
        number.format(status),
        " ",
        code,
        " ",
    ] {
        line.push_str(part);
    }
    line.push_str(number.format(bytes));
    line.push_str("B ");
    line.push_str(number.format(duration));
    for part in ["us ", id, " "] {
        line.push_str(part);
    }
    let peer = line.len();
    push_peer(line, seen);
    log::info!(
        target: TARGET,
        method = method,
        path = &*path,
        operation = operation,
        status = status,
        code = code,
        bytes = bytes,
        duration_us = duration,
        request_id = id,
        peer = line.get(peer..).unwrap_or_default();
        "{line}"
    );
    line.shrink_to(KEPT);
}

/// Who sent the request: the client that a proxy names, or the other end of the connection.
fn push_peer(line: &mut String, seen: &Seen) {
    // A String takes everything.
    let _written = match (seen.client, seen.peer) {
        (Some(client), _) if client.forwarded => write!(line, "{}", client.address),
        (_, Some(SocketAddr::V4(peer))) => {
            let mut number = itoa::Buffer::new();
            for (octet, after) in peer.ip().octets().into_iter().zip([".", ".", ".", ":"]) {
                line.push_str(number.format(octet));
                line.push_str(after);
            }
            line.push_str(number.format(peer.port()));
            Ok(())
        }
        (_, Some(peer)) => write!(line, "{peer}"),
        (_, None) => write!(line, "-"),
    };
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
