//! `/metrics`: what is counted, on a port of its own.

mod exposition;

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use actix_web::{App, HttpRequest, HttpResponse};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::api::event_stream::Streams;
use crate::crypto::{PasswordPool, TokenCodec};
use crate::delivery::WebhookState;
use crate::domain::error::Kind;
use crate::domain::ids::Position;
use crate::observe::{Meter, Operation, WorkerMeter};
use crate::ports::{Clock, Store as _};
use crate::storage::sqlite::{Held, SqliteStore};
use crate::web::{self, Ended, Limits, ServerHandle};

use super::AppError;
use exposition::{Moment, Process, Told, expose};

const PATH: &str = "/metrics";

/// The media type of the text (`OpenMetrics` 1.0).
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Requests that no route and no procedure took.
const NOTHING: Operation = ("", "none");

/// How long a count of rows stays in use: several readers cost what one does.
const FRESH: Duration = Duration::from_secs(10);

/// Counting takes a hundredth of the time at most: what took long is not done again soon.
const SHARE: u32 = 100;

/// Where the numbers are.
#[derive(Debug, Clone)]
pub(super) struct Sources {
    pub(super) meter: Arc<Meter>,
    pub(super) store: Arc<SqliteStore>,
    pub(super) tokens: Arc<TokenCodec>,
    pub(super) passwords: Arc<PasswordPool>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) event_streams: Streams,
    pub(super) webhooks: Vec<Arc<WebhookState>>,
    pub(super) database: PathBuf,
}

/// Where they are asked for.
#[derive(Debug)]
struct Metrics {
    sources: Sources,
    server: ServerHandle,
    held: Mutex<Option<(Held, Instant)>>,
}

/// Counts an answer for a worker that counts.
pub(super) fn count(meter: Option<&WorkerMeter>, ended: &Ended) {
    let Some(meter) = meter else { return };
    match ended.called {
        Some(called) => meter.count(
            (called.method, called.operation),
            called.refused,
            ended.took,
        ),
        None => meter.count(NOTHING, refused(ended.status), ended.took),
    }
}

/// What a status says where nothing else is known.
fn refused(status: StatusCode) -> Option<Kind> {
    match status.as_u16() {
        0..=399 => None,
        401 => Some(Kind::Unauthenticated),
        403 => Some(Kind::PermissionDenied),
        404 => Some(Kind::NotFound),
        405 | 415 | 501 | 505 => Some(Kind::Unimplemented),
        408 | 499 => Some(Kind::Canceled),
        413 | 429 => Some(Kind::ResourceExhausted),
        503 => Some(Kind::Unavailable),
        504 => Some(Kind::DeadlineExceeded),
        400..=499 => Some(Kind::InvalidArgument),
        _ => Some(Kind::Internal),
    }
}

/// Serves the numbers until the result is stopped.
///
/// # Errors
/// What the system says about the listener.
pub(super) fn serve(
    listener: TcpListener,
    sources: Sources,
    server: ServerHandle,
) -> std::io::Result<ServerHandle> {
    let metrics = Arc::new(Metrics {
        sources,
        server,
        held: Mutex::new(None),
    });
    let limits = Limits {
        connections: 64,
        ..Limits::default()
    };
    let deadline = limits.answer;
    let running = web::serve(listener, limits, None, 1, move || {
        let app = App::new()
            .app_data(Data::from(Arc::clone(&metrics)))
            .default_service(actix_web::web::to(answer));
        let no_answer = |_, _: &web::Seen| HttpResponse::InternalServerError().finish();
        web::edge(app, deadline, Arc::default(), no_answer, |_| {})
    })?;
    let handle = running.handle();
    drop(actix_web::rt::spawn(running));
    Ok(handle)
}

async fn answer(request: HttpRequest, metrics: Data<Metrics>) -> HttpResponse {
    if request.path() != PATH {
        return HttpResponse::NotFound().finish();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return HttpResponse::MethodNotAllowed()
            .insert_header(("allow", "GET, HEAD"))
            .finish();
    }
    let moment = metrics.moment().await;
    match expose(moment) {
        Ok(text) => HttpResponse::Ok().content_type(OPEN_METRICS).body(text),
        Err(error) => {
            log::error!("the metrics cannot be written: {error}");
            HttpResponse::InternalServerError().finish()
        }
    }
}

impl Metrics {
    async fn moment(&self) -> Moment {
        let sources = &self.sources;
        let size = |path: PathBuf| fs::metadata(path).map_or(0, |found| found.len());
        let mut log = sources.database.clone().into_os_string();
        log.push("-wal");
        Moment {
            operations: sources.meter.counted(),
            connections: self.server.connections(),
            writer: sources.store.writer_stats(),
            hashing: sources.passwords.load(),
            hashing_threads: sources.passwords.threads(),
            memo: sources.tokens.memo_found(),
            held: self.held().await,
            event_streams: sources.event_streams.open(),
            webhooks: self.webhooks().await,
            database_bytes: size(sources.database.clone()),
            log_bytes: size(PathBuf::from(log)),
            process: Process::read(),
        }
    }

    /// How it goes with each webhook. Where the end of the log cannot be read, none is behind it.
    async fn webhooks(&self) -> Vec<Told> {
        let webhooks = &self.sources.webhooks;
        if webhooks.is_empty() {
            return Vec::new();
        }
        let end = match self.sources.store.head().await {
            Ok(head) => head.position,
            Err(error) => {
                log::warn!("the end of the log cannot be read: {error}");
                Position::START
            }
        };
        let now = self.sources.clock.now();
        let told = webhooks.iter().map(|webhook| Told {
            name: webhook.name().to_owned(),
            progress: webhook.read(),
            end,
            now,
        });
        told.collect()
    }

    /// What the store holds, counted some seconds ago at most, or a while ago where that takes long;
    /// nothing where it cannot be counted.
    async fn held(&self) -> Option<Held> {
        let mut known = self.held.lock().await;
        if let Some((held, until)) = *known
            && Instant::now() < until
        {
            return Some(held);
        }
        let begun = Instant::now();
        let now = self.sources.clock.now();
        let held = match self.sources.store.held(now).await {
            Ok(held) => held,
            Err(error) => {
                log::warn!("sessions and messages cannot be counted: {error}");
                return None;
            }
        };
        let rest = FRESH.max(begun.elapsed().saturating_mul(SHARE));
        *known = Some((held, Instant::now() + rest));
        drop(known);
        Some(held)
    }
}

/// Opens the port.
///
/// # Errors
/// [`AppError::Listen`].
pub(super) fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), AppError> {
    if !address.ip().is_loopback() {
        log::warn!("whoever reaches the port can read the metrics: `{address}`");
    }
    let listener = TcpListener::bind(address);
    listener
        .and_then(|listener| {
            let address = listener.local_addr()?;
            Ok((listener, address))
        })
        .map_err(|source| AppError::Listen { address, source })
}
