//! `/debug/healthz` and `/debug/ready`, at the paths that ZITADEL has them.

use actix_web::http::StatusCode;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};

use crate::core::Core;
use crate::error::{Error, Failure};

/// What a probe asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Probe {
    /// Whether the process answers at all.
    Alive,
    /// Whether it can do its work: the database can be read.
    Ready,
}

/// Where it is asked whether the process lives, with GET or HEAD.
pub(super) const ALIVE: &str = "/debug/healthz";

/// Where it is asked whether it can serve.
pub(super) const READY: &str = "/debug/ready";

/// 200 `ok`, or 503 where the database cannot be read; the cause goes to the log.
pub(super) async fn answer(request: &HttpRequest, core: &Core, probe: Probe) -> HttpResponse {
    let found = match probe {
        Probe::Alive => Ok(()),
        Probe::Ready => core.store.head().await.map(drop),
    };
    match found {
        Ok(()) => text(StatusCode::OK, "ok"),
        Err(error) => {
            request.extensions_mut().insert(Failure(Error::from(error)));
            text(StatusCode::SERVICE_UNAVAILABLE, "not ready")
        }
    }
}

fn text(status: StatusCode, body: &'static str) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("text/plain; charset=utf-8")
        .body(body)
}
