//! The running server: started, found at its address, stopped.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;

use actix_web::App;
use actix_web::web::{Bytes, Data, Payload};

use crate::api::{Api, rest};
use crate::config::Config;
use crate::core::Core;
use crate::crypto::KeyFile;
use crate::error::Error;
use crate::storage::sqlite::SqliteStore;
use crate::web::{self, Limits, ServerHandle};

use super::AppError;
use super::data_dir::{self, DirLock};
use super::first_start::{first_start, token_files};
use super::open::{Machine, Opened, compose, recognize};

/// A server that accepts connections.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    data_dir: PathBuf,
    first_start: bool,
    token_files: [PathBuf; 2],
    core: Core,
    store: Arc<SqliteStore>,
    handle: ServerHandle,
    thread: Option<JoinHandle<io::Result<()>>>,
    _lock: DirLock,
}

/// Opens the data directory, sets it up if this is the first start, and serves.
///
/// # Errors
/// [`AppError`].
pub fn start(config: &Config, machine: Machine) -> Result<Running, AppError> {
    data_dir::create(&config.data_dir)?;
    let lock = data_dir::lock(&config.data_dir)?;
    let keys = if config.database_path().is_file() {
        KeyFile::load(&config.key_path())?
    } else {
        KeyFile::load_or_create(&config.key_path())?
    };
    let Opened {
        mut core, store, ..
    } = compose(config, machine, &keys)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(AppError::Serve)?;
    let first = runtime.block_on(async {
        if recognize(config, &mut core).await? {
            return Ok::<_, AppError>(false);
        }
        first_start(config, &mut core).await?;
        Ok(true)
    })?;
    let requested = config.server.listen;
    let listen = |source| AppError::Listen {
        address: requested,
        source,
    };
    let listener = TcpListener::bind(requested).map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let (handle, thread) = serve(config, &core, listener)?;
    Ok(Running {
        address,
        data_dir: config.data_dir.clone(),
        first_start: first,
        token_files: token_files(config),
        core,
        store,
        handle,
        thread: Some(thread),
        _lock: lock,
    })
}

/// Starts the server on a thread of its own and waits until it runs.
fn serve(
    config: &Config,
    core: &Core,
    listener: TcpListener,
) -> Result<(ServerHandle, JoinHandle<io::Result<()>>), AppError> {
    let core = core.clone();
    let workers = config.workers();
    let limit = config.server.body_limit;
    let limits = limits(config);
    let (sender, receiver) = std::sync::mpsc::channel();
    let thread = std::thread::Builder::new()
        .name("bartizan-server".to_owned())
        .spawn(move || {
            actix_rt::System::new().block_on(async move {
                let server = web::serve(listener, limits, workers, move || {
                    let api = Api {
                        core: core.clone(),
                        read_body: Rc::new(move |payload: Payload| Box::pin(read(payload, limit))),
                    };
                    App::new()
                        .app_data(Data::new(api))
                        .default_service(actix_web::web::to(rest::handle))
                })?;
                drop(sender.send(server.handle()));
                server.await
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
        idle: server.idle_timeout,
        drain: server.drain_timeout,
        connections: server.max_connections.div_ceil(config.workers()),
        ..Limits::default()
    }
}

async fn read(payload: Payload, limit: usize) -> Result<Bytes, Error> {
    payload
        .to_bytes_limited(limit)
        .await
        .map_err(|_| {
            Error::plain(
                crate::domain::error::Kind::ResourceExhausted,
                "request body is too large",
            )
        })?
        .map_err(|error| Error::internal(error.to_string()))
}

impl Running {
    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
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

    /// Serves until SIGTERM or SIGINT, then stops.
    ///
    /// # Errors
    /// [`AppError::Serve`] if the server ends by itself.
    pub fn run_until_signal(self) -> Result<(), AppError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(AppError::Serve)?;
        runtime
            .block_on(async {
                use tokio::signal::unix::{SignalKind, signal};
                let mut terminate = signal(SignalKind::terminate())?;
                let mut interrupt = signal(SignalKind::interrupt())?;
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                Ok(())
            })
            .map_err(AppError::Serve)?;
        self.stop()
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
        runtime.block_on(self.handle.stop(true));
        if let Some(thread) = self.thread.take() {
            let ended = thread
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("the server panicked")));
            ended.map_err(AppError::Serve)?;
        }
        self.store.close();
        Ok(())
    }
}
