//! A server with a small App, and clients that can misbehave.

use std::future::poll_fn;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use bartizan::web::{Failure, Limits, Seen, ServerHandle, Tls, edge, serve};
use bytes::Bytes;
use http::HeaderMap;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::app::{Gate, app};

/// Far more than any of these tests takes; one that gets here has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// A deadline short enough to wait for.
pub(crate) const SHORT: Duration = Duration::from_millis(300);

pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) handle: ServerHandle,
    pub(crate) gate: Gate,
    pub(crate) running: JoinHandle<std::io::Result<()>>,
}

impl TestServer {
    pub(crate) fn start(limits: Limits) -> Self {
        Self::start_with(limits, PATIENCE)
    }

    /// With a deadline for handlers.
    pub(crate) fn start_with(limits: Limits, deadline: Duration) -> Self {
        Self::run(limits, None, deadline)
    }

    pub(crate) fn encrypted(limits: Limits, tls: &Arc<Tls>) -> Self {
        Self::run(limits, Some(Arc::clone(tls)), PATIENCE)
    }

    fn run(limits: Limits, tls: Option<Arc<Tls>>, deadline: Duration) -> Self {
        let gate = Gate::new();
        let shared = gate.clone();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = serve(listener, limits, tls, 1, move || {
            edge(
                app(shared.clone()),
                deadline,
                Arc::default(),
                render,
                |_| {},
            )
        })
        .unwrap();
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
        Http2::connect(self.address, &h2::client::Builder::new()).await
    }

    /// A request and its answer, on a connection of their own.
    pub(crate) async fn exchange(&self, request: &str) -> String {
        let mut client = self.connect().await;
        client.send(request).await;
        client.answer().await
    }

    /// Whether others are served while a test keeps a connection busy.
    pub(crate) async fn serves_others(&self) {
        let answer = self.exchange(&request("GET /unread")).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
}

fn render(failure: Failure, seen: &Seen) -> HttpResponse {
    match failure {
        Failure::Panicked => HttpResponse::InternalServerError().body(format!("sorry {}", seen.id)),
        Failure::Overdue => HttpResponse::GatewayTimeout().body("too late"),
    }
}

pub(crate) async fn patiently<F: Future>(future: F) -> F::Output {
    timeout(PATIENCE, future)
        .await
        .expect("this takes too long")
}

/// A request without a body.
pub(crate) fn request(line: &str) -> String {
    format!("{line} HTTP/1.1\r\nhost: service.test\r\n\r\n")
}

/// The status of an answer over HTTP/1.1.
pub(crate) fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

/// A header of an answer over HTTP/1.1.
pub(crate) fn header<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let head = answer.split("\r\n\r\n").next().unwrap();
    head.lines().skip(1).find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// The body of an answer over HTTP/1.1.
pub(crate) fn body(answer: &str) -> &str {
    answer.split_once("\r\n\r\n").unwrap().1
}

/// A connection on which a test says byte by byte what it wants.
pub(crate) struct Client<S = TcpStream>(pub(crate) S);

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Everything until the server closes; a reset counts as that.
    pub(crate) async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        patiently(self.0.read_to_end(&mut bytes)).await.ok();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// One answer with a content length; the connection stays open.
    pub(crate) async fn answer(&mut self) -> String {
        let mut bytes = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            if text.contains("\r\n\r\n") {
                let length =
                    header(&text, "content-length").map_or(0, |length| length.parse().unwrap());
                if body(&text).len() >= length {
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
    pub(crate) async fn connect(address: SocketAddr, builder: &h2::client::Builder) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self::over(stream, builder).await
    }

    pub(crate) async fn over<S>(stream: S, builder: &h2::client::Builder) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (sender, connection) = builder.handshake(stream).await.unwrap();
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

    pub(crate) async fn post(&mut self, path: &str, body: Bytes) -> Answer {
        let request = http::Request::post(format!("http://service.test{path}"));
        let (response, mut stream) = self.open(request.body(()).unwrap(), false).await;
        stream.send_data(body, true).unwrap();
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
