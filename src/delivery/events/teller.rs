//! The loop that reads the log behind a webhook's cursor and hands the webhook one event after the other.
//!
//! The cursor is written a second after it has moved, not with every event: a write is a sync of the
//! disk. What was delivered within that second is delivered again if the process is killed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};

use super::state::WebhookState;
use super::{EventReceiver, Telling};
use crate::delivery::backoff;
use crate::delivery::carrier::Undelivered;
use crate::domain::event::{AggregateType, EventFilter, PublishedEvent, RecordedEvent};
use crate::domain::ids::{InstanceId, Position};
use crate::ports::{Clock, Cursor, Feed, StoreError, Stretch, TailQuery};

/// Events that are read at a time.
const PAGE: u32 = 256;

/// Between two reads at the end of the log, so that a busy server is not asked after every commit.
const PAUSE: Duration = Duration::from_millis(20);

/// After how long a cursor that has moved is written.
const UNWRITTEN: Duration = Duration::from_secs(1);

/// How long a delivery may go on once it is told to stop. One that is broken off is made again at the
/// next start.
const DRAIN: Duration = Duration::from_secs(5);

/// Tells a webhook of events.
#[derive(Debug)]
pub struct Teller {
    /// The log.
    pub feed: Arc<dyn Feed>,
    /// The webhook.
    pub receiver: Arc<dyn EventReceiver>,
    /// Which events it wants.
    pub filter: EventFilter,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The instance, which every event names.
    pub instance: InstanceId,
    /// After how much silence the log is read although nobody has rung: another process may have written.
    pub heartbeat: Duration,
    /// How it goes; begins at the cursor.
    pub state: Arc<WebhookState>,
}

/// How far a webhook is.
#[derive(Debug)]
struct Place {
    /// It was told of everything up to here that it wants.
    after: Position,
    /// When the written cursor fell behind that, if it did.
    moved: Option<Instant>,
    /// Up to here it is known what was archived.
    known: Position,
    /// What the next delivery says to be missing.
    missing: Option<(Position, Position)>,
}

/// What a look at the log came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Look {
    /// There is more to be read.
    More,
    /// That was the end of the log.
    End,
    /// It could not be read.
    Trouble,
    /// Nothing else is delivered: it is told to stop, or the webhook takes nothing any more.
    Over,
}

impl Teller {
    /// Tells until it is told to stop, or until nobody can tell it any more.
    pub async fn run(&self, mut stop: watch::Receiver<bool>) {
        let written = self.state.read().position;
        let mut place = Place {
            after: written,
            moved: None,
            known: written,
            missing: None,
        };
        let mut troubles = 0;
        while !is_over(&stop) {
            // Before the read, so that nothing is missed between the two.
            let changed = self.feed.changed();
            let begun = Instant::now();
            match self.look(&mut place, &mut stop).await {
                Look::More => troubles = 0,
                Look::End => {
                    troubles = 0;
                    self.wait(&mut place, changed, begun, &mut stop).await;
                }
                Look::Trouble => {
                    troubles += 1;
                    let pause = backoff::pause(troubles, written.number());
                    tokio::select! {
                        () = stopped(&mut stop) => {}
                        () = self.clock.sleep(pause) => {}
                    }
                }
                Look::Over => break,
            }
        }
        self.write(&mut place).await;
    }

    /// Waits until there may be something to tell.
    async fn wait(
        &self,
        place: &mut Place,
        changed: impl Future<Output = ()>,
        begun: Instant,
        stop: &mut watch::Receiver<bool>,
    ) {
        let heartbeat = Instant::now() + self.heartbeat;
        let mut changed = std::pin::pin!(changed);
        loop {
            let until = place.moved.map_or(heartbeat, |moved| moved + UNWRITTEN);
            tokio::select! {
                biased;
                () = stopped(stop) => return,
                () = &mut changed => return sleep_until(begun + PAUSE).await,
                () = sleep_until(until.min(heartbeat)) => {}
            }
            self.write_if_due(place).await;
            if Instant::now() >= heartbeat {
                return;
            }
        }
    }

    /// Reads what is next and tells all of it.
    async fn look(&self, place: &mut Place, stop: &mut watch::Receiver<bool>) -> Look {
        let query = TailQuery {
            after: place.after,
            aggregate: None,
            kinds: self.filter.kinds.clone(),
            types: self.filter.types.clone(),
            limit: PAGE,
        };
        let stretch = match self.feed.stretch(query).await {
            Ok(stretch) => stretch,
            Err(StoreError::Closed) => return Look::Over,
            Err(error) => {
                let name = self.state.name();
                log::error!(webhook = name; "events for webhook `{name}` cannot be read: {error}");
                return Look::Trouble;
            }
        };
        if place.after > stretch.end {
            let name = self.state.name();
            log::error!(webhook = name;
                "the log ends at position {} and not at {}, up to which webhook `{name}` was told of \
                 events: it goes on from there", stretch.end, place.after);
            self.reach(place, stretch.end);
            return Look::End;
        }
        self.note_archived(place, &stretch);
        for event in &stretch.events {
            let Some(telling) = self.telling(event, place.missing) else {
                return Look::Trouble;
            };
            self.state.waits(event.created_at);
            if !self.deliver(place, &telling, stop).await {
                return Look::Over;
            }
            place.missing = None;
            self.reach(place, event.position);
            self.write_if_due(place).await;
        }
        self.reach(place, stretch.through);
        self.write_if_due(place).await;
        if stretch.through < stretch.end {
            Look::More
        } else {
            Look::End
        }
    }

    /// Events that were archived behind the cursor are gone for this webhook: it is told so with the next
    /// one. Only sessions are archived.
    fn note_archived(&self, place: &mut Place, stretch: &Stretch) {
        let last = stretch.archived.filter(|last| *last > place.known);
        let Some(last) = last.filter(|_| self.filter.covers(AggregateType::Session)) else {
            return;
        };
        let after = place.missing.map_or(place.after, |(after, _)| after);
        let name = self.state.name();
        log::error!(webhook = name;
            "events of sessions between the positions {after} and {last} were archived before webhook \
             `{name}` took them: some are missing there");
        self.state.gap();
        place.missing = Some((after, last));
        place.known = last;
    }

    fn telling(
        &self,
        event: &RecordedEvent,
        missing: Option<(Position, Position)>,
    ) -> Option<Telling> {
        let published = PublishedEvent::new(event, self.instance);
        let body = match published.and_then(|published| published.json()) {
            Ok(body) => body,
            Err(error) => {
                let (name, position) = (self.state.name(), event.position.number());
                log::error!(webhook = name, position = position;
                    "event {position} for webhook `{name}` cannot be written: {error}");
                return None;
            }
        };
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.state.name().as_bytes());
        hasher.update(b"\n");
        hasher.update(body.as_bytes());
        let mut delivery = hasher.finalize().to_hex().to_string();
        delivery.truncate(32);
        Some(Telling {
            position: event.position,
            delivery,
            body,
            missing,
        })
    }

    /// Tries until the webhook has taken an event; false if it has not, and will not.
    async fn deliver(
        &self,
        place: &mut Place,
        telling: &Telling,
        stop: &mut watch::Receiver<bool>,
    ) -> bool {
        let (name, position) = (self.state.name(), telling.position.number());
        let mut failed = 0;
        while !is_over(stop) {
            let mut taking = self.receiver.take(telling);
            let taken = tokio::select! {
                biased;
                taken = &mut taking => Some(taken),
                () = stopped(stop) => timeout(DRAIN, taking).await.ok(),
            };
            match taken {
                Some(Ok(())) => {
                    self.state.delivered();
                    return true;
                }
                Some(Err(Undelivered::Refused(why))) => {
                    self.state.refused();
                    log::error!(webhook = name, position = position;
                        "webhook `{name}` is sent nothing until the next start: {why}");
                    return false;
                }
                Some(Err(Undelivered::Failed(why))) => {
                    failed += 1;
                    self.state.failed();
                    log::warn!(webhook = name, position = position, attempts = failed;
                        "event {position} is not taken by webhook `{name}`: {why}");
                }
                None => {
                    log::warn!(webhook = name, position = position;
                        "event {position} was being sent to webhook `{name}`; the next start does it again");
                    return false;
                }
            }
            // What was delivered before need not wait for this one.
            self.write(place).await;
            tokio::select! {
                () = stopped(stop) => {}
                () = self.clock.sleep(backoff::pause(failed, position)) => {}
            }
        }
        false
    }

    fn reach(&self, place: &mut Place, position: Position) {
        if position != place.after {
            place.after = position;
            place.moved.get_or_insert_with(Instant::now);
        }
        self.state.reached(position);
    }

    async fn write_if_due(&self, place: &mut Place) {
        if place
            .moved
            .is_some_and(|moved| moved.elapsed() >= UNWRITTEN)
        {
            self.write(place).await;
        }
    }

    /// Writes the cursor if it has moved.
    async fn write(&self, place: &mut Place) {
        if place.moved.is_none() {
            return;
        }
        let cursor = Cursor {
            name: self.state.name().to_owned(),
            position: place.after,
            changed_at: self.clock.now(),
        };
        place.moved = match self.feed.move_cursor(cursor).await {
            Ok(()) => None,
            Err(error) => {
                let name = self.state.name();
                log::warn!(webhook = name;
                    "how far webhook `{name}` was told of events cannot be written: {error}");
                Some(Instant::now())
            }
        };
    }
}

/// Whether it is time to stop, also because nobody can say so any more.
fn is_over(stop: &watch::Receiver<bool>) -> bool {
    *stop.borrow() || stop.has_changed().is_err()
}

/// Resolves when it is time to stop.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error says that nobody can say so any more.
    drop(stop.wait_for(|stop| *stop).await);
}
