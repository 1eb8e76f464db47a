//! `GET /v2/events`: the log of events as server-sent events, an extension beside ZITADEL's API.
//!
//! A stream reads a page when its client has taken the one before, so that nobody can make it hold
//! more; a client that takes nothing is hung up on by the server's deadlines and resumes by position.
//! Who is asking is judged anew before every page: what ends a caller is itself an event, which wakes
//! the stream up and ends it.

mod request;
mod stream;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::Method;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use tokio::sync::{Semaphore, watch};

use self::request::Wanted;
use self::stream::Following;
use super::rest::error;
use super::{auth, method};
use crate::core::Core;
use crate::domain::error::Kind;
use crate::domain::ids::Position;
use crate::domain::permission::Permission;
use crate::domain::secret::Secret;
use crate::error::{Called, Error, Failure};
use crate::query;

/// The path, beside ZITADEL's.
pub(super) const PATH: &str = "/v2/events";

/// Asks nginx not to gather the answer before it passes it on.
const BUFFERING: (HeaderName, HeaderValue) = (
    HeaderName::from_static("x-accel-buffering"),
    HeaderValue::from_static("no"),
);

/// The streams of a server: how many there may be, and the word that ends them all.
#[derive(Clone)]
pub struct Streams {
    most: usize,
    places: Arc<Semaphore>,
    stopping: Arc<watch::Sender<bool>>,
    heartbeat: Duration,
}

impl Streams {
    /// At most so many at the same time; one that has nothing to say sends a heartbeat.
    #[must_use]
    pub fn new(most: usize, heartbeat: Duration) -> Self {
        let most = most.min(Semaphore::MAX_PERMITS);
        Self {
            most,
            places: Arc::new(Semaphore::new(most)),
            stopping: Arc::default(),
            heartbeat,
        }
    }

    /// How many there are.
    #[must_use]
    pub fn open(&self) -> usize {
        self.most.saturating_sub(self.places.available_permits())
    }

    /// Ends every stream, before the server waits for requests in flight.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }
}

impl fmt::Debug for Streams {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Streams")
            .field("open", &self.open())
            .finish_non_exhaustive()
    }
}

/// Answers with a stream, or with why there is none.
pub(super) async fn handle(request: &HttpRequest, core: &Core, streams: &Streams) -> HttpResponse {
    if request.method() != Method::GET {
        return method::not_allowed("GET");
    }
    let mut called = Called {
        method: "GET",
        operation: PATH,
        refused: None,
    };
    let mut response = match begin(request, core, streams).await {
        Ok(following) => HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, HeaderValue::from_static("text/event-stream")))
            .insert_header(BUFFERING)
            .streaming(following.run()),
        Err(failed) => {
            called.refused = Some(failed.kind);
            let response = error::respond(error::answer(&failed));
            request.extensions_mut().insert(Failure(failed));
            response
        }
    };
    response.extensions_mut().insert(called);
    response
}

/// Judges the request as a whole before the first byte: later there is no status to answer with.
async fn begin(request: &HttpRequest, core: &Core, streams: &Streams) -> Result<Following, Error> {
    let token = Secret::new(auth::bearer(request.headers())?.to_owned());
    let caller = query::authenticate(core, token.expose(), None).await?;
    caller.may(Permission::EventsRead, None)?;
    let wanted = Wanted::read(request)?;
    let after = match (wanted.after, wanted.follow) {
        (Some(after), _) => after,
        (None, true) => core.store.head().await?.position,
        (None, false) => Position::START,
    };
    let place = Arc::clone(&streams.places).try_acquire_owned();
    let place = place.map_err(|_| {
        Error::new(
            Kind::ResourceExhausted,
            "BTZ-Ev3st",
            "Too many event streams are open, try again later",
        )
    })?;
    let following = Following {
        core: core.clone(),
        token,
        wanted,
        after,
        stopping: streams.stopping.subscribe(),
        heartbeat: streams.heartbeat,
        _place: place,
    };
    // What the first page says against the position is said with a status.
    following.read(1).await?;
    Ok(following)
}
