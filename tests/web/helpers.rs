//! A server with a small App, and clients that can misbehave.

use std::future::poll_fn;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::web::{self, Data};
use actix_web::{App, HttpRequest, HttpResponse};
use bartizan::web::{Limits, Server, ServerHandle, Trailers};
use bytes::Bytes;
use http::HeaderMap;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Far more than any of these tests takes; a test that gets here has failed.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// How a test and the handler of `/gate` meet.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    pub(crate) entered: Arc<Semaphore>,
    pub(crate) open: Arc<Semaphore>,
}

impl Gate {
    fn new() -> Self {
        Self {
            entered: Arc::new(Semaphore::new(0)),
            open: Arc::new(Semaphore::new(0)),
        }
    }

    /// Waits until a request is in the handler.
    pub(crate) async fn entered(&self) {
        patiently(self.entered.acquire()).await.unwrap().forget();
    }
}

pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) handle: ServerHandle,
    pub(crate) gate: Gate,
    pub(crate) running: JoinHandle<std::io::Result<()>>,
}

impl TestServer {
    pub(crate) fn start(limits: Limits) -> Self {
        let gate = Gate::new();
        let shared = gate.clone();
        let server = bartizan::web::serve(listener(), limits, 1, move || app(shared.clone()));
        Self::run(server.unwrap(), gate)
    }

    fn run(server: Server, gate: Gate) -> Self {
        Self {
            address: server.address(),
            handle: server.handle(),
            gate,
            running: tokio::spawn(server),
        }
    }

    pub(crate) async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }

    pub(crate) async fn http2(&self) -> Http2 {
        Http2::connect(self.address).await
    }
}

pub(crate) fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

pub(crate) async fn patiently<F: Future>(future: F) -> F::Output {
    timeout(PATIENCE, future)
        .await
        .expect("this takes too long")
}

fn app(
    gate: Gate,
) -> App<
    impl actix_web::dev::ServiceFactory<
        actix_web::dev::ServiceRequest,
        Config = (),
        Response = actix_web::dev::ServiceResponse,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(Data::new(gate))
        .route("/echo", web::to(echo))
        .route("/trailers", web::to(trailers))
        .route("/gate", web::to(gated))
}

async fn echo(request: HttpRequest, body: Bytes) -> HttpResponse {
    HttpResponse::Ok().body(format!(
        "{:?} {} {} peer={} host={} body={}",
        request.version(),
        request.method(),
        request.uri(),
        request
            .peer_addr()
            .is_some_and(|peer| peer.ip().is_loopback()),
        request.connection_info().host(),
        String::from_utf8_lossy(&body),
    ))
}

async fn trailers() -> HttpResponse {
    let mut response = HttpResponse::Ok().body("answer");
    let mut fields = HeaderMap::new();
    fields.insert("grpc-status", "0".parse().unwrap());
    response.extensions_mut().insert(Trailers(fields));
    response
}

async fn gated(gate: Data<Gate>) -> HttpResponse {
    gate.entered.add_permits(1);
    gate.open.acquire().await.unwrap().forget();
    HttpResponse::Ok().body("through")
}

/// A connection on which a test says byte by byte what it wants.
pub(crate) struct Client(pub(crate) TcpStream);

impl Client {
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Everything until the server closes; a reset counts as that.
    pub(crate) async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        patiently(self.0.read_to_end(&mut bytes)).await.ok();
        String::from_utf8(bytes).unwrap()
    }

    /// One answer with a content length; the connection stays open.
    pub(crate) async fn answer(&mut self) -> String {
        let mut bytes = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head
                    .to_lowercase()
                    .split_once("content-length: ")
                    .map_or(0, |(_, rest)| {
                        rest.lines().next().unwrap().trim().parse().unwrap()
                    });
                if body.len() >= length {
                    return text;
                }
            }
            let read = patiently(self.0.read_buf(&mut bytes)).await.unwrap();
            assert!(read > 0, "closed after {text:?}");
        }
    }
}

/// A well-behaved client of HTTP/2.
pub(crate) struct Http2 {
    pub(crate) sender: h2::client::SendRequest<Bytes>,
    /// Ends when the connection does.
    pub(crate) connection: JoinHandle<Result<(), h2::Error>>,
}

/// An answer with everything that came with it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) head: http::response::Parts,
    pub(crate) body: Bytes,
    pub(crate) trailers: Option<HeaderMap>,
}

impl Http2 {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let (sender, connection) = h2::client::handshake(stream).await.unwrap();
        Self {
            sender,
            connection: tokio::spawn(connection),
        }
    }

    /// Sends a head; the body, if there is one, is the caller's.
    pub(crate) async fn open(
        &mut self,
        request: http::Request<()>,
        end: bool,
    ) -> (h2::client::ResponseFuture, h2::SendStream<Bytes>) {
        poll_fn(|cx| self.sender.poll_ready(cx)).await.unwrap();
        self.sender.send_request(request, end).unwrap()
    }

    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let (response, _) = self.open(get(path), true).await;
        answer(response).await.unwrap()
    }
}

pub(crate) fn get(path: &str) -> http::Request<()> {
    http::Request::get(format!("http://service.test{path}"))
        .body(())
        .unwrap()
}

pub(crate) async fn answer(response: h2::client::ResponseFuture) -> Result<Answer, h2::Error> {
    let (head, mut stream) = patiently(response).await?.into_parts();
    let mut body = Vec::new();
    while let Some(data) = patiently(stream.data()).await {
        let data = data?;
        stream.flow_control().release_capacity(data.len()).unwrap();
        body.extend_from_slice(&data);
    }
    let trailers = patiently(stream.trailers()).await?;
    Ok(Answer {
        head,
        body: body.into(),
        trailers,
    })
}
