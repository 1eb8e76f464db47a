//! The running server: started, found at its address, stopped.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use actix_web::web::{Bytes, Data, Payload};
use actix_web::{App, HttpRequest, HttpResponse};
use futures_util::FutureExt as _;
use tokio::signal::unix::{SignalKind, signal};

use crate::api::event_stream::Streams;
use crate::api::forward_auth::{Cookie, no_preflight};
use crate::api::{self, Api, rpc};
use crate::config::Config;
use crate::core::Core;
use crate::crypto::KeyFile;
use crate::domain::error::Kind;
use crate::error::Error;
use crate::storage::sqlite::{self, SqliteStore};
use crate::web::body::{BodyError, BodyMemory};
use crate::web::{self, Limits, ServerHandle};

use super::data_dir::{self, DirLock};
use super::delivery::{self, Delivery};
use super::failure_log::log_failure;
use super::first_start::{first_start, token_files};
use super::metrics::{self, Sources};
use super::open::{Machine, Opened, compose, recognize, require_key};
use super::webhooks::{self, Means, Webhooks};
use super::{AppError, Certificates, sweeper};

/// A server that accepts connections.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    data_dir: PathBuf,
    first_start: bool,
    token_files: [PathBuf; 2],
    core: Core,
    store: Arc<SqliteStore>,
    encrypted: bool,
    handle: ServerHandle,
    services: rpc::Services,
    event_streams: Streams,
    thread: Option<JoinHandle<io::Result<()>>>,
    delivery: Delivery,
    webhooks: Webhooks,
    _lock: DirLock,
}

/// Opens the data directory, sets it up if this is the first start, and serves.
///
/// # Errors
/// [`AppError`].
pub fn start(config: &Config, machine: Machine) -> Result<Running, AppError> {
    // First of all: a mistake in the configuration leaves no trace.
    let certificates = Certificates::load(config)?;
    if let Some(warning) = certificates.as_ref().and_then(Certificates::warning) {
        log::warn!("{warning}");
    }
    let encrypted = certificates.is_some();
    let carriers = delivery::carriers(config, &machine.clock)?;
    let targets = webhooks::targets(config, &machine.clock)?;
    data_dir::create(&config.data_dir)?;
    let lock = data_dir::lock(&config.data_dir)?;
    let keys = if config.database_path().is_file() {
        KeyFile::load(&config.key_path())?
    } else {
        KeyFile::load_or_create(&config.key_path())?
    };
    require_content(config)?;
    require_key(config)?;
    let Opened {
        mut core,
        store,
        tokens,
        passwords,
        bell,
        ..
    } = compose(config, machine, &keys, true)?;
    let first = set_up(config, &mut core)?;
    let requested = config.server.listen;
    let listen = |source| AppError::Listen {
        address: requested,
        source,
    };
    let listener = TcpListener::bind(requested).map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let counted = config.metrics.listen.map(metrics::listen).transpose()?;
    let metrics_address = counted.as_ref().map(|(_, address)| *address);
    let webhooks = Webhooks::start(targets, &means(config, &core, &store))?;
    let event_streams = Streams::new(config.events.max_streams, config.events.heartbeat);
    let sources = Sources {
        meter: Arc::default(),
        store: Arc::clone(&store),
        tokens,
        passwords,
        clock: Arc::clone(&core.clock),
        event_streams: event_streams.clone(),
        webhooks: webhooks.states(),
        database: config.database_path(),
    };
    let services = rpc::Services::new();
    let delivery = Delivery::start(
        Arc::<SqliteStore>::clone(&store),
        &keys,
        carriers,
        Arc::clone(&core.clock),
        bell,
    )?;
    let ports = Ports {
        listener,
        certificates,
        sweeping: Arc::clone(&store),
        counted: counted.map(|(port, _)| (port, sources)),
        event_streams: event_streams.clone(),
    };
    let (handle, thread) = serve(config, &core, &services, ports)?;
    Ok(Running {
        address,
        metrics_address,
        data_dir: config.data_dir.clone(),
        first_start: first,
        token_files: token_files(config),
        core,
        store,
        encrypted,
        handle,
        services,
        event_streams,
        thread: Some(thread),
        delivery,
        webhooks,
        _lock: lock,
    })
}

/// What webhooks are told of events with.
fn means(config: &Config, core: &Core, store: &Arc<SqliteStore>) -> Means {
    Means {
        feed: Arc::<SqliteStore>::clone(store),
        clock: Arc::clone(&core.clock),
        instance: core.instance,
        heartbeat: config.events.heartbeat,
    }
}

/// Refuses a database that has lost everything: setting it up anew would make everybody's tokens void
/// and hide that something is missing. A first start that was broken off may leave an empty file too,
/// but no token yet, and no log beside a file without a byte.
fn require_content(config: &Config) -> Result<(), AppError> {
    let path = config.database_path();
    if !sqlite::is_blank(&path) {
        return Ok(());
    }
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
    let mut log = path.clone().into_os_string();
    log.push("-wal");
    let logged = length(&path) == 0 && length(Path::new(&log)) > 0;
    if logged || token_files(config).iter().any(|file| file.exists()) {
        return Err(AppError::Emptied(path));
    }
    Ok(())
}

/// Whether this is the first start, with the directory set up if it is.
fn set_up(config: &Config, core: &mut Core) -> Result<bool, AppError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(AppError::Serve)?;
    runtime.block_on(async {
        if recognize(config, core).await? {
            return Ok(false);
        }
        first_start(config, core).await?;
        Ok(true)
    })
}

/// What is listened on.
struct Ports {
    listener: TcpListener,
    certificates: Option<Certificates>,
    /// What is swept meanwhile.
    sweeping: Arc<SqliteStore>,
    /// The port of the metrics and where they are found, if anything is counted.
    counted: Option<(TcpListener, Sources)>,
    event_streams: Streams,
}

/// Starts the server on a thread of its own and waits until it runs.
fn serve(
    config: &Config,
    core: &Core,
    services: &rpc::Services,
    ports: Ports,
) -> Result<(ServerHandle, JoinHandle<io::Result<()>>), AppError> {
    let (core, services) = (core.clone(), services.clone());
    let Ports {
        listener,
        certificates,
        sweeping,
        counted,
        event_streams,
    } = ports;
    let sweep = config.sweep.clone();
    let cookie = Cookie::named(&config.forward_auth.cookie);
    let meter = counted
        .as_ref()
        .map(|(_, sources)| Arc::clone(&sources.meter));
    let workers = config.workers();
    let limits = limits(config);
    let proxies = Arc::clone(&limits.proxies);
    let memory = BodyMemory::new(config.server.body_memory);
    let (limit, deadline) = (config.server.body_limit, config.server.body_timeout);
    let (sender, receiver) = std::sync::mpsc::channel();
    let thread = std::thread::Builder::new()
        .name("bartizan-server".to_owned())
        .spawn(move || {
            actix_rt::System::new().block_on(async move {
                let answer = limits.answer;
                let tls = certificates.as_ref().map(Certificates::tls);
                if let Some(certificates) = certificates {
                    let hangup = signal(SignalKind::hangup())?;
                    let clock = Arc::clone(&core.clock);
                    drop(actix_rt::spawn(certificates.renew(hangup, clock)));
                }
                if sweep.enabled {
                    let clock = Arc::clone(&core.clock);
                    drop(actix_rt::spawn(sweeper::run(sweeping, clock, sweep)));
                }
                let running = web::serve(listener, limits, tls, workers, move || {
                    let memory = memory.clone();
                    let api = Api {
                        core: core.clone(),
                        rpc: rpc::Rpc::new(core.clone(), &services, limit),
                        body_limit: limit,
                        read_body: Rc::new(move |payload, limit| {
                            Box::pin(read(payload, limit, deadline, memory.clone()))
                        }),
                        stream_body: Rc::new(|payload| Box::pin(web::body::detach(payload))),
                        at_end_of_turn: Rc::new(web::at_end_of_turn),
                        event_streams: event_streams.clone(),
                        cookie: cookie.clone(),
                    };
                    let meter = meter.as_ref().map(|meter| Rc::new(meter.worker()));
                    let app = App::new()
                        .wrap_fn(log_failure)
                        .wrap(web::cors())
                        .wrap_fn(no_preflight)
                        .app_data(Data::new(api))
                        .default_service(actix_web::web::to(respond));
                    web::edge(app, answer, Arc::clone(&proxies), no_answer, move |ended| {
                        metrics::count(meter.as_deref(), ended);
                    })
                })?;
                let counted = counted
                    .map(|(port, sources)| metrics::serve(port, sources, running.handle()))
                    .transpose()?;
                drop(sender.send(running.handle()));
                let ended = running.await;
                if let Some(counted) = counted {
                    counted.stop(false).await;
                }
                ended
            })
        })
        .map_err(AppError::Serve)?;
    let handle = receiver
        .recv()
        .map_err(|_| AppError::Serve(io::Error::other("the server did not start")))?;
    Ok((handle, thread))
}

fn limits(config: &Config) -> Limits {
    let server = &config.server;
    Limits {
        head: server.header_timeout,
        stall: server.stall_timeout,
        idle: server.idle_timeout,
        drain: server.drain_timeout,
        per_address: server.connections_per_address,
        proxies: Arc::new(config.proxies()),
        connections: server.max_connections.div_ceil(config.workers()),
        ..Limits::default()
    }
}

/// Too much is answered as ZITADEL's transport does; what is the client's doing is no 5xx.
async fn read(
    payload: Payload,
    limit: usize,
    deadline: Duration,
    memory: BodyMemory,
) -> Result<Bytes, Error> {
    web::body::read(payload, limit, deadline, &memory)
        .await
        .map_err(|error| {
            let kind = match error {
                BodyError::TooLarge | BodyError::Crowded => Kind::ResourceExhausted,
                BodyError::TooSlow | BodyError::Broken => Kind::Canceled,
            };
            Error::plain(kind, error.to_string())
        })
}

/// Answers a request, and tells the server which trailers the answer has.
fn respond(
    request: HttpRequest,
    payload: Payload,
    api: Data<Api>,
) -> impl Future<Output = HttpResponse> {
    api::handle(request, payload, api).map(with_trailers)
}

fn with_trailers(mut response: HttpResponse) -> HttpResponse {
    let mut extensions = response.extensions_mut();
    if let Some(rpc::Trailers(fields)) = extensions.remove::<rpc::Trailers>() {
        extensions.insert(web::Trailers(fields));
    }
    drop(extensions);
    response
}

/// The answer to a request whose handler gave none.
fn no_answer(failure: web::Failure, seen: &web::Seen) -> HttpResponse {
    let error = match failure {
        web::Failure::Panicked => Error::internal("a handler panicked"),
        web::Failure::Overdue => Error::plain(Kind::DeadlineExceeded, "context deadline exceeded"),
    };
    let response = api::instead(seen.uri.path(), seen.content_type.as_ref(), &error);
    with_trailers(response)
}

impl Running {
    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where `/metrics` is, if anything is counted.
    pub const fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// Whether it speaks TLS.
    pub const fn encrypted(&self) -> bool {
        self.encrypted
    }

    /// Its data directory.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Whether this start set the directory up.
    pub const fn first_start(&self) -> bool {
        self.first_start
    }

    /// Where the tokens of the first machine users are: administrator, login client.
    pub const fn token_files(&self) -> &[PathBuf; 2] {
        &self.token_files
    }

    /// The core, for tests and for what runs beside the requests.
    pub const fn core(&self) -> &Core {
        &self.core
    }

    /// Finishes what is in flight, closes the store, ends the threads.
    ///
    /// # Errors
    /// [`AppError::Serve`] if the server had failed.
    pub fn stop(mut self) -> Result<(), AppError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(AppError::Serve)?;
        self.services.stop();
        self.event_streams.stop();
        runtime.block_on(self.handle.stop(true));
        if let Some(thread) = self.thread.take() {
            let ended = thread
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("the server panicked")));
            ended.map_err(AppError::Serve)?;
        }
        self.webhooks.end();
        // What the last requests have queued may well go out still.
        let delivered = self.delivery.stop();
        let told = self.webhooks.stop();
        self.store.close();
        delivered.and(told)
    }
}
