//! The loop that takes messages out of the store and has them delivered.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Notify, oneshot};

use super::backoff;
use super::carrier::{Carriers, Undelivered};
use super::content;
use crate::domain::notification::Message;
use crate::domain::time::Timestamp;
use crate::ports::{Clock, Deliveries, DueMessage, Pending, Sealer, Settlement, StoreError};

/// Deliveries at the same time: a slow recipient holds none of the others up.
const MOST: usize = 16;

/// How long nobody looks, however far away the next message is: another process may have queued one,
/// such as the command line, and the clock may have been set.
const LONGEST: Duration = Duration::from_secs(30);

/// Before the store is asked again after it failed.
const PAUSE: Duration = Duration::from_secs(1);

/// How long deliveries may go on once they are told to stop. Those that are broken off are made again
/// at the next start.
const DRAIN: Duration = Duration::from_secs(5);

/// Takes messages out of the store and has them delivered.
#[derive(Debug)]
pub struct Worker {
    store: Arc<dyn Deliveries>,
    sealer: Arc<dyn Sealer>,
    carriers: Carriers,
    clock: Arc<dyn Clock>,
    bell: Arc<Notify>,
}

/// Deliveries under way; each says in the end which message it was.
type Flying<'a> = FuturesUnordered<Pending<'a, i64>>;

impl Worker {
    /// `bell` is that of the [`Postbox`](super::Postbox), and `sealer` the one that seals there.
    #[must_use]
    pub fn new(
        store: Arc<dyn Deliveries>,
        sealer: Arc<dyn Sealer>,
        carriers: Carriers,
        clock: Arc<dyn Clock>,
        bell: Arc<Notify>,
    ) -> Self {
        Self {
            store,
            sealer,
            carriers,
            clock,
            bell,
        }
    }

    /// Delivers until it is told to stop, or until nobody can tell it any more.
    pub async fn run(&self, mut stop: oneshot::Receiver<()>) {
        let mut flying = Flying::new();
        // Not in the store, which must not say that a message is being delivered when nobody does.
        let mut taken = BTreeSet::new();
        loop {
            let wait = self.take(&mut flying, &mut taken).await;
            tokio::select! {
                _ = &mut stop => break,
                () = self.bell.notified() => {}
                Some(id) = flying.next() => {
                    taken.remove(&id);
                }
                // By the machine's own time: the port's clock may be one that stands still.
                () = tokio::time::sleep(wait) => {}
            }
        }
        let ended = async { while flying.next().await.is_some() {} };
        if tokio::time::timeout(DRAIN, ended).await.is_err() {
            log::warn!("messages were being delivered at the end; the next start does it again");
        }
    }

    /// Starts the delivery of what is due, as far as there is room, and says how long nothing else is.
    async fn take<'a>(&'a self, flying: &mut Flying<'a>, taken: &mut BTreeSet<i64>) -> Duration {
        let room = MOST.saturating_sub(taken.len());
        if room == 0 {
            return LONGEST;
        }
        let now = self.clock.now();
        // Those under way are still in the store, and may be the first.
        let most = u32::try_from(room + taken.len()).unwrap_or(u32::MAX);
        let due = match self.store.due_messages(now, most).await {
            Ok(due) => due,
            Err(error) => return unreadable(&error),
        };
        for message in due {
            if taken.len() < MOST && taken.insert(message.id) {
                flying.push(Box::pin(self.finish(message)));
            }
        }
        match self.store.next_due(now).await {
            Ok(Some(next)) => until(now, next),
            Ok(None) => LONGEST,
            Err(error) => unreadable(&error),
        }
    }

    /// Delivers a message and writes what became of it.
    async fn finish(&self, message: DueMessage) -> i64 {
        let id = message.id;
        let settlement = self.deliver(message).await;
        let mut pause = PAUSE;
        // Until it is written the message must not be taken again: it may have been delivered.
        while let Err(error) = self.store.settle(id, settlement.clone()).await {
            if matches!(error, StoreError::Closed) {
                break;
            }
            log::error!("what became of a message cannot be written: {error}");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST);
        }
        id
    }

    async fn deliver(&self, message: DueMessage) -> Settlement {
        let now = self.clock.now();
        let failed = message.attempts.saturating_add(1);
        let (id, end) = (message.id, message.expires_at);
        let name = message
            .queued
            .as_ref()
            .map_or("unknown", |queued| Message::event(queued.message));
        if end <= now {
            log::warn!(message = name, attempts = message.attempts;
                "a message is dropped undelivered: its code has expired");
            return Settlement::Dropped;
        }
        let postponed = |why: &str| {
            log::warn!(message = name, attempts = failed; "a message is not delivered: {why}");
            Settlement::Postponed(backoff::next_attempt(self.clock.now(), failed, id, end))
        };
        let Some(queued) = message.queued else {
            return postponed("this version does not know it");
        };
        let Some(notification) = content::open(self.sealer.as_ref(), &queued) else {
            return postponed("it was encrypted with a key that is not in the key file");
        };
        let Some(carrier) = self.carriers.get(&queued.channel) else {
            return postponed("nothing is configured that delivers it");
        };
        match carrier.deliver(&notification).await {
            Ok(()) => {
                log::info!(message = name, attempts = failed; "a message is delivered");
                Settlement::Delivered(self.clock.now())
            }
            Err(Undelivered::Failed(why)) => postponed(&why),
            Err(Undelivered::Refused(why)) => {
                log::warn!(message = name, attempts = failed;
                    "a message is dropped undelivered: {why}");
                Settlement::Dropped
            }
        }
    }
}

fn unreadable(error: &StoreError) -> Duration {
    if !matches!(error, StoreError::Closed) {
        log::error!("messages that are due cannot be read: {error}");
    }
    PAUSE
}

/// From one moment to another one, but not for long.
fn until(now: Timestamp, next: Timestamp) -> Duration {
    let micros = next.micros().saturating_sub(now.micros());
    Duration::from_micros(u64::try_from(micros).unwrap_or(0)).min(LONGEST)
}
