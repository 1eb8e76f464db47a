//! One line per request for the operator.

use actix_web::http::StatusCode;
use log::Level;

use super::edge::Seen;

/// What the lines are filtered by.
const TARGET: &str = "access";

/// Writes the line of a request when its answer begins.
///
/// The path goes without its query: ZITADEL's clients put session tokens there.
pub(super) fn write(seen: &Seen, status: StatusCode) {
    if !log::log_enabled!(target: TARGET, Level::Info) {
        return;
    }
    let duration = seen.begun.elapsed().as_micros();
    let peer = seen
        .peer
        .map_or_else(|| "-".to_owned(), |peer| peer.to_string());
    log::info!(
        target: TARGET,
        "{} {} {} {duration}us {} {peer}",
        seen.method,
        seen.uri.path(),
        status.as_u16(),
        seen.id,
    );
}
