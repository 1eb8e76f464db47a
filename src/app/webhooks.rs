//! What tells webhooks of events: made from the configuration, run on a thread of its own.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;

use crate::config::{Config, EventWebhookConfig, StartConfig};
use crate::delivery::{EventReceiver, EventWebhook, Teller, WebhookSettings, WebhookState};
use crate::domain::event::{AggregateType, EventFilter};
use crate::domain::ids::{InstanceId, Position};
use crate::domain::time::{Span, Timestamp};
use crate::ports::{Clock, Cursor, Feed, StoreError};
use crate::storage::sqlite::SqliteStore;

use super::delivery::webhook_settings;
use super::{AppError, secret_file};

/// How long a connection is kept for the next event: less than servers wait for the next request.
const KEEP: Duration = Duration::from_secs(1);

/// A webhook of the configuration.
#[derive(Debug)]
pub(super) struct Target {
    name: String,
    filter: EventFilter,
    start: StartConfig,
    receiver: Arc<dyn EventReceiver>,
}

/// The webhooks of the configuration.
///
/// # Errors
/// [`AppError`] where one cannot be used.
pub(super) fn targets(config: &Config, clock: &Arc<dyn Clock>) -> Result<Vec<Target>, AppError> {
    let webhooks = config.events.webhook.iter().enumerate();
    webhooks
        .map(|(place, webhook)| target(config, place, webhook, clock))
        .collect()
}

fn target(
    config: &Config,
    place: usize,
    webhook: &EventWebhookConfig,
    clock: &Arc<dyn Clock>,
) -> Result<Target, AppError> {
    let signing_key = match &webhook.signing_key_file {
        Some(path) => {
            let read = secret_file::read(path);
            Some(read.map_err(|source| AppError::SigningKey {
                path: path.clone(),
                source,
            })?)
        }
        None => webhook.signing_key.clone(),
    };
    let settings = WebhookSettings {
        timeout: webhook.timeout,
        keep: Some(KEEP),
        ..webhook_settings(
            &config.notifications.webhook,
            Some(&webhook.endpoint),
            signing_key.as_ref(),
        )
    };
    let receiver = EventWebhook::new(settings, Arc::clone(clock));
    let receiver = receiver.map_err(|source| AppError::Webhook {
        key: format!("events.webhook.{place}.endpoint"),
        source,
    })?;
    Ok(Target {
        name: webhook.name.clone(),
        filter: webhook.filter(),
        start: webhook.start,
        receiver: Arc::new(receiver),
    })
}

/// The thread that tells them; none where there is no webhook.
#[derive(Debug)]
pub(super) struct Webhooks {
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
    states: Vec<Arc<WebhookState>>,
}

/// What webhooks are told with.
#[derive(Debug)]
pub(super) struct Means {
    pub(super) feed: Arc<dyn Feed>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) instance: InstanceId,
    pub(super) heartbeat: Duration,
}

impl Webhooks {
    /// Starts it. A webhook without a cursor has one when this returns: what is written from then on it
    /// is told of.
    ///
    /// # Errors
    /// [`AppError`] if cursors cannot be read or written, or if the system gives no thread.
    pub(super) fn start(targets: Vec<Target>, means: &Means) -> Result<Self, AppError> {
        let (stop, stopped) = watch::channel(false);
        if targets.is_empty() {
            return Ok(Self {
                stop,
                thread: None,
                states: Vec::new(),
            });
        }
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(AppError::Serve)?;
        let tellers = runtime.block_on(tellers(targets, means))?;
        let states = tellers.iter().map(|teller| Arc::clone(&teller.state));
        let states = states.collect();
        let thread = std::thread::Builder::new()
            .name("bartizan-webhooks".to_owned())
            .spawn(move || run(&runtime, &tellers, &stopped))
            .map_err(AppError::Serve)?;
        Ok(Self {
            stop,
            thread: Some(thread),
            states,
        })
    }

    /// How it goes, for those who watch.
    pub(super) fn states(&self) -> Vec<Arc<WebhookState>> {
        self.states.clone()
    }

    /// Begins no other delivery.
    pub(super) fn end(&self) {
        self.stop.send_replace(true);
    }

    /// Lets running deliveries end, for a few seconds.
    ///
    /// # Errors
    /// [`AppError::Serve`] if the thread had panicked.
    pub(super) fn stop(self) -> Result<(), AppError> {
        self.end();
        match self.thread.map(JoinHandle::join) {
            None | Some(Ok(())) => Ok(()),
            Some(Err(_)) => Err(AppError::Serve(io::Error::other("webhooks panicked"))),
        }
    }
}

fn run(runtime: &Runtime, tellers: &[Teller], stopped: &watch::Receiver<bool>) {
    runtime.block_on(async {
        let mut running: FuturesUnordered<_> = tellers
            .iter()
            .map(|teller| teller.run(stopped.clone()))
            .collect();
        while running.next().await.is_some() {}
    });
}

async fn tellers(targets: Vec<Target>, means: &Means) -> Result<Vec<Teller>, AppError> {
    let cursors = means.feed.cursors().await?;
    let mut tellers = Vec::with_capacity(targets.len());
    for target in targets {
        let known = cursors.iter().find(|cursor| cursor.name == target.name);
        let position = match known {
            Some(cursor) => cursor.position,
            None => begin(&target, means).await?,
        };
        tellers.push(Teller {
            feed: Arc::clone(&means.feed),
            receiver: target.receiver,
            filter: target.filter,
            clock: Arc::clone(&means.clock),
            instance: means.instance,
            heartbeat: means.heartbeat,
            state: Arc::new(WebhookState::new(target.name, position)),
        });
    }
    Ok(tellers)
}

/// Makes the cursor of a webhook that has none.
async fn begin(target: &Target, means: &Means) -> Result<Position, StoreError> {
    let name = target.name.as_str();
    let end = means.feed.end().await?.position;
    let position = match target.start {
        StartConfig::Newest => end,
        StartConfig::After(position) => {
            if position > end {
                log::warn!(webhook = name;
                    "webhook `{name}` begins at the end of the log, position {end}, and not at {position}");
            }
            position.min(end)
        }
    };
    let cursor = Cursor {
        name: name.to_owned(),
        position,
        changed_at: means.clock.now(),
    };
    means.feed.move_cursor(cursor).await?;
    log::info!(webhook = name; "webhook `{name}` is told of events behind position {position}");
    Ok(position)
}

/// Events that must not be archived yet, because a webhook has still to be told of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The webhook.
    pub name: String,
    /// The first of them.
    pub from: Position,
}

/// Up to which position events may be archived, and who holds those behind it.
///
/// # Errors
/// What the store says.
pub async fn held(
    config: &Config,
    store: &SqliteStore,
    now: Timestamp,
) -> Result<(Position, Vec<Held>), StoreError> {
    // First of all: what is written later has not been looked at.
    let mut until = store.end().await?.position;
    let cursors = store.cursors().await?;
    let mut all = Vec::new();
    for webhook in &config.events.webhook {
        // Only sessions are archived.
        if !webhook.filter().covers(AggregateType::Session) {
            continue;
        }
        let known = cursors.iter().find(|cursor| cursor.name == webhook.name);
        let after = match (known, webhook.start) {
            (Some(cursor), _) => cursor.position,
            (None, StartConfig::After(position)) => position,
            (None, StartConfig::Newest) => continue,
        };
        let hold = i64::try_from(webhook.hold.as_secs()).unwrap_or(i64::MAX);
        let since = now.minus(Span::from_seconds(hold));
        if let Some(from) = store.first_since(after, since).await? {
            until = until.min(Position::new(from.number() - 1));
            all.push(Held {
                name: webhook.name.clone(),
                from,
            });
        }
    }
    Ok((until, all))
}
