//! The server: workers, the listener they share, and how it stops.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_http::body::{BoxBody, MessageBody};
use actix_http::{HttpServiceBuilder, KeepAlive, Request, Response};
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, fn_factory, fn_service, map_config,
};
use actix_web::dev::AppConfig;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::answer::answer;
use super::connection::{Worker, http2, serve as serve_connection};
use super::crowd::Crowd;
use super::h1_body;
use super::limits::Limits;
use super::stop::Stop;
use super::stream::Stream;
use super::tls::Tls;
use super::watch::{Exchange, Watch};

/// The most workers that actix-server takes.
const MAX_WORKERS: usize = 512;

/// How long a stop waits before it closes the listener, in the hope that all connections end: the
/// workers look at theirs only once a second.
const QUICK: Duration = Duration::from_millis(100);

/// Serves an App over HTTP/1.1 and HTTP/2 on one port, where there is `tls` by TLS alone.
///
/// Every worker builds the App once, on its own thread. The [`Server`] does nothing until it is polled;
/// it needs a Tokio runtime, and where that is an actix `System`, the workers are its arbiters.
///
/// # Errors
/// What the system says about the listener.
pub fn serve<F, I, S, B>(
    listener: TcpListener,
    limits: Limits,
    tls: Option<Arc<Tls>>,
    workers: usize,
    make_app: F,
) -> io::Result<Server>
where
    F: Fn() -> I + Clone + Send + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Service: 'static,
    S::Response: Into<Response<B>>,
    S::Error: Into<Response<BoxBody>>,
    S::InitError: std::fmt::Debug,
    B: MessageBody + 'static,
{
    let address = listener.local_addr()?;
    let stop = Stop::new(limits.drain);
    let builder = actix_server::Server::build()
        .workers(workers.clamp(1, MAX_WORKERS))
        .disable_signals()
        .max_concurrent_connections(limits.connections)
        // Rounded up: the connections keep the exact time themselves.
        .shutdown_timeout(limits.drain.as_secs() + 1);
    let handle_stop = Arc::clone(&stop);
    let crowd = Crowd::new(limits.per_address, Arc::clone(&limits.proxies));
    let inner = builder
        .listen("http", listener, move || {
            let factory = map_config(make_app(), |()| AppConfig::default());
            let limits = limits.clone();
            let tls = tls.clone();
            let stop = Arc::clone(&stop);
            let crowd = Arc::clone(&crowd);
            fn_factory(move || {
                let app = factory.new_service(());
                let shared = (Arc::clone(&crowd), Arc::clone(&stop));
                worker(app, limits.clone(), tls.clone(), shared)
            })
        })?
        .run();
    let handle = ServerHandle {
        inner: inner.handle(),
        stop: handle_stop,
    };
    Ok(Server {
        inner,
        handle,
        address,
    })
}

/// Makes what a worker does with each connection.
async fn worker<A, B, E>(
    app: impl Future<Output = Result<A, E>>,
    limits: Limits,
    tls: Option<Arc<Tls>>,
    (crowd, stop): (Arc<Crowd>, Arc<Stop>),
) -> Result<impl Service<TcpStream, Response = (), Error = ()>, ()>
where
    A: Service<Request> + 'static,
    A::Response: Into<Response<B>>,
    A::Error: Into<Response<BoxBody>>,
    B: MessageBody + 'static,
    E: std::fmt::Debug,
{
    let app = app
        .await
        .map_err(|error| log::error!("the application did not start: {error:?}"))?;
    let app = Rc::new(app);
    let http1_app = Rc::clone(&app);
    let stopping = Arc::clone(&stop);
    let http1 = HttpServiceBuilder::default()
        // The watch keeps these times: for all heads instead of the first, without a timer for each.
        .keep_alive(KeepAlive::Os)
        .client_request_timeout(Duration::ZERO)
        .client_disconnect_timeout(limits.linger)
        .graceful_shutdown_signal(move || {
            let stop = Arc::clone(&stopping);
            async move { stop.begun().await }
        })
        .on_connect_ext(|stream: &Stream, data| {
            data.insert(Rc::clone(stream.watch()));
        })
        .h1(fn_service(move |mut request: Request| {
            let exchange = request.conn_data::<Rc<Watch>>().cloned().map(|watch| {
                let exchange = Exchange::start(&watch);
                h1_body::expect(&mut request, &watch);
                exchange
            });
            let answer = answer(Rc::clone(&http1_app), request, exchange);
            async move { Ok::<_, std::convert::Infallible>(answer.await) }
        }))
        .new_service(())
        .await?;
    let worker = Rc::new(Worker {
        app,
        http1,
        http2: http2(&limits),
        tls,
        limits: Rc::new(limits),
        crowd,
        stop,
    });
    Ok(fn_service(move |stream: TcpStream| {
        let connection = serve_connection(Rc::clone(&worker), stream);
        async move {
            connection.await;
            Ok(())
        }
    }))
}

/// A server that runs while it is polled, and is done when it has stopped.
#[must_use = "a server does nothing unless it is polled"]
pub struct Server {
    inner: actix_server::Server,
    handle: ServerHandle,
    address: SocketAddr,
}

impl Server {
    /// The address that it listens on, with the port that the system chose if none was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The means to stop it.
    pub fn handle(&self) -> ServerHandle {
        self.handle.clone()
    }
}

impl Future for Server {
    type Output = io::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.inner).poll(cx)
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Server({})", self.address)
    }
}

/// Stops a [`Server`], from any thread.
#[derive(Debug, Clone)]
pub struct ServerHandle {
    inner: actix_server::ServerHandle,
    stop: Arc<Stop>,
}

impl ServerHandle {
    /// How many connections are open.
    pub fn connections(&self) -> usize {
        self.stop.connections()
    }

    /// Stops the server and waits until it has stopped; the server must be polled meanwhile.
    ///
    /// Gracefully: no new connections, idle ones are closed, requests in flight get their answers, and
    /// whatever is unfinished after [`Limits::drain`] is cut off. Otherwise everything is cut off now.
    pub async fn stop(&self, graceful: bool) {
        if graceful {
            self.stop.begin();
            timeout(QUICK, self.stop.emptied()).await.ok();
        }
        self.inner.stop(graceful).await;
    }
}
