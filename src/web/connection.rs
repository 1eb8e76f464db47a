//! One connection from the first byte to the last.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;

use actix_http::Response;
use actix_http::body::{BoxBody, MessageBody};
use actix_http::{Request, StatusCode};
use actix_service::Service;
use hyper::rt::Executor;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;

use super::answer::{Answer, answer};
use super::cork::Corked;
use super::crowd::Crowd;
use super::io::Watched;
use super::limits::Limits;
use super::stop::Stop;
use super::stream::{Protocol, Stream};
use super::tls::{self, Tls};
use super::watch::{Exchange, Watch};
use super::{h2_answer, h2_request};

/// What the connections of a worker share.
#[derive(Debug)]
pub(super) struct Worker<A, H> {
    /// The App.
    pub(super) app: Rc<A>,
    /// The App behind actix-http's HTTP/1.1.
    pub(super) http1: H,
    /// How to speak HTTP/2.
    pub(super) http2: http2::Builder<LocalExecutor>,
    /// What connections are encrypted with, if they are.
    pub(super) tls: Option<Arc<Tls>>,
    pub(super) limits: Rc<Limits>,
    pub(super) crowd: Arc<Crowd>,
    pub(super) stop: Arc<Stop>,
}

/// Serves a connection until it ends or something about it is overdue.
pub(super) async fn serve<A, B, H>(worker: Rc<Worker<A, H>>, stream: TcpStream)
where
    A: Service<Request> + 'static,
    A::Response: Into<Response<B>>,
    A::Error: Into<Response<BoxBody>>,
    B: MessageBody + 'static,
    H: Service<(Stream, Option<SocketAddr>)>,
{
    let _open = worker.stop.open();
    let watch = Watch::new(&worker.limits, &worker.stop);
    let peer = stream.peer_addr().ok();
    let Ok(_place) = worker.crowd.enter(peer.map(|peer| peer.ip())) else {
        log::debug!("connection closed: its address has too many");
        return;
    };
    // Answers are written whole, so waiting for more to send only delays them.
    stream.set_nodelay(true).ok();
    let stream = Watched::new(Corked::new(stream), Rc::clone(&watch));
    tokio::select! {
        biased;
        () = speak(&worker, stream, peer) => {}
        () = watch.overdue() => log::debug!("connection closed: overdue"),
    }
}

async fn speak<A, B, H>(
    worker: &Rc<Worker<A, H>>,
    stream: Watched<Corked>,
    peer: Option<SocketAddr>,
) where
    A: Service<Request> + 'static,
    A::Response: Into<Response<B>>,
    A::Error: Into<Response<BoxBody>>,
    B: MessageBody + 'static,
    H: Service<(Stream, Option<SocketAddr>)>,
{
    let opened = tokio::select! {
        biased;
        opened = Stream::open(stream, worker.tls.as_deref()) => opened,
        () = worker.stop.begun() => return,
    };
    match opened {
        Ok(Some((stream, Protocol::Http1))) => {
            worker.http1.call((stream, peer)).await.ok();
        }
        Ok(Some((stream, Protocol::Http2))) => speak_http2(worker, stream, peer).await,
        Ok(None) => {}
        Err(error) if tls::is_cleartext(&error) => {
            log::debug!("connection closed: cleartext on a port of TLS");
        }
        Err(error) => log::debug!("connection closed: {error}"),
    }
}

async fn speak_http2<A, B, H>(worker: &Rc<Worker<A, H>>, stream: Stream, peer: Option<SocketAddr>)
where
    A: Service<Request> + 'static,
    A::Response: Into<Response<B>>,
    A::Error: Into<Response<BoxBody>>,
    B: MessageBody + 'static,
{
    let watch = Rc::clone(stream.watch());
    watch.multiplexed();
    let app = Rc::clone(&worker.app);
    let watched = Rc::clone(&watch);
    let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
        let exchange = Some(Exchange::start(&watched));
        let to_head = request.method() == http::Method::HEAD;
        let app = Rc::clone(&app);
        async move {
            let response = match h2_request::request(request, peer) {
                Ok(request) => answer(app, request, exchange).await,
                Err(h2_request::Unreadable) => Response::new(StatusCode::BAD_REQUEST)
                    .map_body(|_, body| Answer { body, exchange }),
            };
            Ok::<_, std::convert::Infallible>(h2_answer::answer(response, to_head))
        }
    });
    let mut connection = pin!(worker.http2.serve_connection(TokioIo::new(stream), service));
    let mut stopping = pin!(worker.stop.begun());
    let mut leaving = false;
    poll_fn(|cx| {
        if !leaving && (watch.retired() || stopping.as_mut().poll(cx).is_ready()) {
            leaving = true;
            connection.as_mut().graceful_shutdown();
        }
        connection.as_mut().poll(cx)
    })
    .await
    .ok();
}

/// How HTTP/2 is spoken under these limits.
pub(super) fn http2(limits: &Limits) -> http2::Builder<LocalExecutor> {
    let limits = &limits.http2;
    let mut builder = http2::Builder::new(LocalExecutor);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(limits.header_list)
        .initial_stream_window_size(limits.stream_window)
        .initial_connection_window_size(limits.connection_window)
        .max_frame_size(limits.frame)
        .max_send_buf_size(limits.send_buffer)
        .keep_alive_interval(limits.ping)
        .keep_alive_timeout(limits.pong);
    builder
}

/// Runs the streams of a connection on the worker that has the connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct LocalExecutor;

impl<F: Future + 'static> Executor<F> for LocalExecutor {
    fn execute(&self, future: F) {
        drop(actix_rt::spawn(future));
    }
}
