//! The App of these tests: handlers that do what a test wants to see from outside.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, BodyStream, MessageBody};
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::web::{self, Data};
use actix_web::{App, Error, HttpRequest, HttpResponse};
use bartizan::web::body::{self, BodyError, BodyMemory};
use bartizan::web::{RequestId, Trailers, cors};
use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use tokio::sync::Semaphore;

use crate::helpers::patiently;

/// The limit of `/read`.
pub(crate) const BODY_LIMIT: usize = 1 << 20;

/// The deadline of `/read`.
pub(crate) const BODY_DEADLINE: Duration = Duration::from_millis(300);

/// How a test and a handler meet.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    entered: Arc<Semaphore>,
    open: Arc<Semaphore>,
    left: Arc<Semaphore>,
    memory: BodyMemory,
    counted: Arc<AtomicUsize>,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self {
            entered: Arc::new(Semaphore::new(0)),
            open: Arc::new(Semaphore::new(0)),
            left: Arc::new(Semaphore::new(0)),
            memory: BodyMemory::new(64 << 20),
            counted: Arc::default(),
        }
    }

    /// Waits until a request is in a handler.
    pub(crate) async fn entered(&self) {
        patiently(self.entered.acquire()).await.unwrap().forget();
    }

    /// Lets requests go on.
    pub(crate) fn open(&self, requests: usize) {
        self.open.add_permits(requests);
    }

    /// Waits until a request, or the body of its answer, is gone.
    pub(crate) async fn left(&self) {
        patiently(self.left.acquire()).await.unwrap().forget();
    }

    /// How many requests came to `/count` and `/empty`.
    pub(crate) fn counted(&self) -> usize {
        self.counted.load(Ordering::Relaxed)
    }

    fn enter(&self) -> Visit {
        self.entered.add_permits(1);
        Visit(Arc::clone(&self.left))
    }
}

struct Visit(Arc<Semaphore>);

impl Drop for Visit {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

pub(crate) fn app(
    gate: Gate,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(Data::new(gate))
        .wrap(cors())
        .route("/echo", web::to(echo))
        .route("/trailers", web::to(trailers))
        .route("/gate", web::to(gated))
        .route("/read", web::to(read))
        .route("/unread", web::to(unread))
        .route("/count", web::to(count))
        .route("/empty", web::to(empty))
        .route("/big", web::to(big))
        .route("/endless", web::to(endless))
        .route("/cached", web::to(cached))
        .route("/id", web::to(id))
        .route("/panic", web::to(panics))
        .route("/panic/{below}", web::to(panics))
        .route("/refused", web::to(refused))
}

/// What the server knows of the request.
async fn echo(request: HttpRequest, body: Bytes) -> HttpResponse {
    let cookie = request.headers().get("cookie");
    HttpResponse::Ok().body(format!(
        "{:?} {} {} peer={} host={} cookie={} body={}",
        request.version(),
        request.method(),
        request.uri(),
        request
            .peer_addr()
            .is_some_and(|peer| peer.ip().is_loopback()),
        request.connection_info().host(),
        cookie.map_or("", |cookie| cookie.to_str().unwrap()),
        String::from_utf8_lossy(&body),
    ))
}

async fn trailers() -> HttpResponse {
    let mut response = HttpResponse::Ok().body("answer");
    let mut fields = HeaderMap::new();
    fields.insert("grpc-status", "0".parse().unwrap());
    response.extensions_mut().insert(Trailers::new(fields));
    response
}

/// Waits for the test.
async fn gated(gate: Data<Gate>) -> HttpResponse {
    let _visit = gate.enter();
    gate.open.acquire().await.unwrap().forget();
    HttpResponse::Ok().body("through")
}

/// Counts the bytes of the body.
async fn read(gate: Data<Gate>, payload: web::Payload) -> HttpResponse {
    let _visit = gate.enter();
    match body::read(payload, BODY_LIMIT, BODY_DEADLINE, &gate.memory).await {
        Ok(body) => HttpResponse::Ok().body(body.len().to_string()),
        Err(BodyError::TooLarge) => HttpResponse::PayloadTooLarge().finish(),
        Err(BodyError::Crowded) => HttpResponse::TooManyRequests().finish(),
        Err(BodyError::TooSlow) => HttpResponse::RequestTimeout().finish(),
        Err(BodyError::Broken) => HttpResponse::BadRequest().finish(),
    }
}

async fn unread() -> &'static str {
    "I do not care"
}

/// Says how many came before.
async fn count(gate: Data<Gate>) -> String {
    gate.counted.fetch_add(1, Ordering::Relaxed).to_string()
}

/// The same without saying it.
async fn empty(gate: Data<Gate>) -> HttpResponse {
    gate.counted.fetch_add(1, Ordering::Relaxed);
    HttpResponse::Ok().finish()
}

/// The size of a part of `/big`.
pub(crate) const PART: usize = 32 << 10;

/// More than the kernel keeps for a client that does not read.
async fn big(gate: Data<Gate>) -> HttpResponse {
    HttpResponse::Ok().body(Big(vec![b'b'; 32 << 20].into(), gate.enter()))
}

struct Big(
    Bytes,
    #[expect(dead_code, reason = "tells of its end")] Visit,
);

impl MessageBody for Big {
    type Error = Error;

    fn size(&self) -> BodySize {
        BodySize::Sized(32 << 20)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Error>>> {
        let length = self.0.len().min(PART);
        let part = self.0.split_to(length);
        Poll::Ready((!part.is_empty()).then_some(Ok(part)))
    }
}

/// One part for every time that the test opens the gate.
async fn endless(gate: Data<Gate>) -> HttpResponse {
    let visit = gate.enter();
    let parts = stream::unfold((gate, visit), |(gate, visit)| async {
        gate.open.acquire().await.unwrap().forget();
        Some((Ok::<_, Error>(Bytes::from_static(b"part")), (gate, visit)))
    });
    HttpResponse::Ok().body(BodyStream::new(Box::pin(parts)))
}

async fn cached() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("cache-control", "max-age=60"))
        .insert_header(("referrer-policy", "same-origin"))
        .finish()
}

async fn id(id: RequestId) -> String {
    id.to_string()
}

async fn panics() -> HttpResponse {
    panic!("as the test wants it")
}

async fn refused() -> Result<HttpResponse, Error> {
    Err(actix_web::error::ErrorForbidden("not you"))
}
