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

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use crate::crypto::{KeyFile, SealingKeys};
    use crate::delivery::carrier::Carrier;
    use crate::domain::event::Aggregate;
    use crate::domain::ids::{OrgId, UserId};
    use crate::domain::notification::{Addressee, Channel, Notification, Recipient};
    use crate::domain::secret::{SealedSecret, Secret};
    use crate::domain::time::Span;
    use crate::ports::Queued;

    const SECOND: i64 = 1_000_000;

    #[derive(Debug, Default)]
    struct FakeClock(AtomicI64);

    impl Clock for FakeClock {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(self.0.load(Ordering::SeqCst))
        }

        fn sleep(&self, _: Duration) -> Pending<'static, ()> {
            Box::pin(ready(()))
        }
    }

    /// Rows with the moment at which they are due, and what became of them.
    #[derive(Debug, Default)]
    struct Rows {
        waiting: Mutex<Vec<(i64, DueMessage)>>,
        settled: Mutex<Vec<(i64, Settlement)>>,
    }

    impl Deliveries for Rows {
        fn due_messages(
            &self,
            now: Timestamp,
            most: u32,
        ) -> Pending<'_, Result<Vec<DueMessage>, StoreError>> {
            let waiting = self.waiting.lock().unwrap();
            let due = waiting.iter().filter(|(due, _)| *due <= now.micros());
            let due = due.take(most as usize).map(|(_, row)| row.clone());
            let due = due.collect();
            drop(waiting);
            Box::pin(ready(Ok(due)))
        }

        fn next_due(&self, now: Timestamp) -> Pending<'_, Result<Option<Timestamp>, StoreError>> {
            let waiting = self.waiting.lock().unwrap();
            let later = waiting.iter().map(|(due, _)| *due);
            let next = later.filter(|due| *due > now.micros()).min();
            drop(waiting);
            Box::pin(ready(Ok(next.map(Timestamp::from_micros))))
        }

        fn settle(&self, id: i64, settlement: Settlement) -> Pending<'_, Result<(), StoreError>> {
            let mut waiting = self.waiting.lock().unwrap();
            if let Settlement::Postponed(to) = settlement {
                for (due, row) in waiting.iter_mut().filter(|(_, row)| row.id == id) {
                    *due = to.micros();
                    row.attempts += 1;
                }
            } else {
                waiting.retain(|(_, row)| row.id != id);
            }
            drop(waiting);
            self.settled.lock().unwrap().push((id, settlement));
            Box::pin(ready(Ok(())))
        }
    }

    /// Does with a message what its address says.
    #[derive(Debug, Default)]
    struct Obedient;

    impl Carrier for Obedient {
        fn deliver<'a>(
            &'a self,
            notification: &'a Notification,
        ) -> Pending<'a, Result<(), Undelivered>> {
            match notification.recipient.address.as_str() {
                "fail" => Box::pin(ready(Err(Undelivered::failed("not now")))),
                "refuse" => Box::pin(ready(Err(Undelivered::Refused("never".to_owned())))),
                "hang" => Box::pin(pending()),
                _ => Box::pin(ready(Ok(()))),
            }
        }
    }

    struct Stage {
        clock: Arc<FakeClock>,
        rows: Arc<Rows>,
        bell: Arc<Notify>,
        sealer: Arc<SealingKeys>,
        worker: Worker,
    }

    impl Stage {
        fn new() -> Self {
            let sealer = Arc::new(SealingKeys::for_outbox(&KeyFile::ephemeral().unwrap()));
            let (clock, rows, bell) = <(Arc<FakeClock>, Arc<Rows>, Arc<Notify>)>::default();
            let carrier: Arc<dyn Carrier> = Arc::new(Obedient);
            let carriers = Carriers::from([(Channel::Email, carrier)]);
            let worker = Worker::new(
                Arc::<Rows>::clone(&rows),
                Arc::<SealingKeys>::clone(&sealer),
                carriers,
                Arc::<FakeClock>::clone(&clock),
                Arc::clone(&bell),
            );
            Self {
                clock,
                rows,
                bell,
                sealer,
                worker,
            }
        }

        fn queued(&self, channel: Channel, address: &str) -> Queued {
            let notification = Notification {
                message: Message::VerifyEmail,
                recipient: Recipient {
                    channel,
                    address: address.to_owned(),
                },
                aggregate: Aggregate::User(UserId::new(7)),
                organization: OrgId::new(5),
                addressee: Addressee::default(),
                code: Secret::new("AB12CD".to_owned()),
                url: Secret::new(String::new()),
                application_name: String::new(),
                lifetime: Span::from_seconds(60),
                expires_at: Timestamp::from_micros(60 * SECOND),
            };
            content::seal(self.sealer.as_ref(), &notification).unwrap()
        }

        fn add(&self, id: i64, queued: Option<Queued>) {
            let message = DueMessage {
                id,
                attempts: 0,
                expires_at: Timestamp::from_micros(60 * SECOND),
                queued,
            };
            self.rows.waiting.lock().unwrap().push((0, message));
        }

        /// Runs the worker until so much became of messages, and takes it.
        async fn settled(&self, count: usize) -> Vec<(i64, Settlement)> {
            self.bell.notify_one();
            let (stop, stopped) = oneshot::channel();
            let enough = async {
                while self.rows.settled.lock().unwrap().len() < count {
                    tokio::task::yield_now().await;
                }
                drop(stop);
            };
            // A delivery that hangs is not waited for here.
            tokio::select! {
                () = self.worker.run(stopped) => {}
                () = enough => {}
            }
            let mut settled = std::mem::take(&mut *self.rows.settled.lock().unwrap());
            settled.sort_by_key(|(id, _)| *id);
            settled
        }
    }

    fn run(test: impl Future<Output = ()>) {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(test);
    }

    #[test]
    fn a_bad_message_holds_up_none_of_the_others() {
        run(async {
            let stage = Stage::new();
            stage.add(1, Some(stage.queued(Channel::Email, "hang")));
            stage.add(2, Some(stage.queued(Channel::Email, "fail")));
            stage.add(3, Some(stage.queued(Channel::Email, "refuse")));
            stage.add(4, None);
            stage.add(
                5,
                Some(Queued {
                    content: SealedSecret::new("of another key"),
                    ..stage.queued(Channel::Email, "mini")
                }),
            );
            stage.add(6, Some(stage.queued(Channel::Sms, "mini")));
            stage.add(7, Some(stage.queued(Channel::Email, "mini")));
            let settled = stage.settled(6).await;
            let kinds: Vec<_> = settled
                .iter()
                .map(|(id, settlement)| match settlement {
                    Settlement::Delivered(at) => (*id, "delivered", at.micros()),
                    Settlement::Postponed(to) => (*id, "postponed", to.micros() / SECOND),
                    Settlement::Dropped => (*id, "dropped", 0),
                })
                .collect();
            assert_eq!(
                kinds,
                [
                    (2, "postponed", 2),
                    (3, "dropped", 0),
                    (4, "postponed", 2),
                    (5, "postponed", 2),
                    (6, "postponed", 2),
                    (7, "delivered", 0),
                ]
            );
        });
    }

    #[test]
    fn a_message_is_tried_until_its_code_has_expired() {
        run(async {
            let stage = Stage::new();
            stage.add(1, Some(stage.queued(Channel::Email, "fail")));
            let mut last = 0;
            for attempt in 1..=5 {
                let settled = stage.settled(1).await;
                let [(1, Settlement::Postponed(to))] = settled[..] else {
                    panic!("{attempt}: {settled:?}");
                };
                assert!(to.micros() >= last + (SECOND << attempt) || to.micros() == 60 * SECOND);
                last = to.micros();
                stage.clock.0.store(last, Ordering::SeqCst);
                if last == 60 * SECOND {
                    break;
                }
            }
            assert_eq!(last, 60 * SECOND, "the last attempt is at its end");
            assert_eq!(stage.settled(1).await, [(1, Settlement::Dropped)]);
        });
    }
}
