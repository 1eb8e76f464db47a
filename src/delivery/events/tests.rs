//! With a log, a webhook and a clock that do as they are told.

use std::collections::VecDeque;
use std::future::ready;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;

use super::*;
use crate::domain::event::{
    Aggregate, AggregateType, Event, EventFilter, RecordedEvent, SessionEvent, SessionTerminated,
};
use crate::domain::ids::{InstanceId, Sequence, SessionId, UserId};
use crate::domain::time::Timestamp;
use crate::ports::{Clock, Cursor, Feed, Head, StoreError, Stretch, TailQuery};

const NAME: &str = "audit";

fn event(position: i64) -> RecordedEvent {
    RecordedEvent {
        position: Position::new(position),
        aggregate: Aggregate::Session(SessionId::new(9)),
        sequence: Sequence::new(1),
        created_at: Timestamp::from_micros(position),
        creator: UserId::new(7),
        owner: 1,
        event: Event::Session(SessionEvent::Terminated(SessionTerminated::default())),
    }
}

/// A log in memory, and the cursors that were written.
#[derive(Debug, Default)]
struct Log {
    events: Mutex<Vec<RecordedEvent>>,
    end: AtomicI64,
    archived: Mutex<Option<Position>>,
    troubles: AtomicI64,
    cursors: Mutex<Vec<i64>>,
    bell: watch::Sender<()>,
}

impl Log {
    /// Adds an event without a word.
    fn write(&self, position: i64) {
        self.events.lock().unwrap().push(event(position));
        self.end.store(position, Ordering::SeqCst);
    }

    fn cursors(&self) -> Vec<i64> {
        self.cursors.lock().unwrap().clone()
    }
}

impl Feed for Log {
    fn stretch(&self, query: TailQuery) -> Pending<'_, Result<Stretch, StoreError>> {
        if self.troubles.fetch_sub(1, Ordering::SeqCst) > 0 {
            return Box::pin(ready(Err(StoreError::Overloaded)));
        }
        let mut events = self.events.lock().unwrap().clone();
        events.retain(|event| event.position > query.after);
        events.truncate(2);
        let end = Position::new(self.end.load(Ordering::SeqCst));
        let last = events.last().map(|event| event.position);
        let archived = *self.archived.lock().unwrap();
        let stretch = Stretch {
            through: last
                .filter(|_| events.len() == 2)
                .unwrap_or(end)
                .max(query.after),
            events,
            end,
            archived: archived.filter(|last| *last > query.after),
        };
        Box::pin(ready(Ok(stretch)))
    }

    fn changed(&self) -> Pending<'static, ()> {
        let mut receiver = self.bell.subscribe();
        Box::pin(async move {
            if receiver.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }

    fn end(&self) -> Pending<'_, Result<Head, StoreError>> {
        Box::pin(ready(Ok(Head::default())))
    }

    fn cursors(&self) -> Pending<'_, Result<Vec<Cursor>, StoreError>> {
        Box::pin(ready(Ok(Vec::new())))
    }

    fn move_cursor(&self, cursor: Cursor) -> Pending<'_, Result<(), StoreError>> {
        assert_eq!(cursor.name, NAME);
        self.cursors.lock().unwrap().push(cursor.position.number());
        Box::pin(ready(Ok(())))
    }
}

/// Answers as it is told to, and then well.
#[derive(Debug, Default)]
struct Obedient {
    answers: Mutex<VecDeque<Result<(), Undelivered>>>,
    attempts: Mutex<Vec<Telling>>,
}

impl Obedient {
    fn attempts(&self) -> Vec<Telling> {
        self.attempts.lock().unwrap().clone()
    }

    fn positions(&self) -> Vec<i64> {
        let attempts = self.attempts();
        attempts.iter().map(|told| told.position.number()).collect()
    }
}

impl EventReceiver for Obedient {
    fn take<'a>(&'a self, telling: &'a Telling) -> Pending<'a, Result<(), Undelivered>> {
        self.attempts.lock().unwrap().push(telling.clone());
        let answer = self.answers.lock().unwrap().pop_front();
        Box::pin(ready(answer.unwrap_or(Ok(()))))
    }
}

#[derive(Debug, Default)]
struct FakeClock(Mutex<Vec<Duration>>);

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1)
    }

    fn sleep(&self, span: Duration) -> Pending<'static, ()> {
        self.0.lock().unwrap().push(span);
        Box::pin(ready(()))
    }
}

struct Stage {
    log: Arc<Log>,
    receiver: Arc<Obedient>,
    clock: Arc<FakeClock>,
    teller: Teller,
}

impl Stage {
    fn new(after: i64, answers: impl IntoIterator<Item = Result<(), Undelivered>>) -> Self {
        let log = Arc::new(Log::default());
        let receiver = Arc::new(Obedient {
            answers: Mutex::new(answers.into_iter().collect()),
            ..Obedient::default()
        });
        let clock = Arc::new(FakeClock::default());
        let teller = Teller {
            feed: Arc::<Log>::clone(&log),
            receiver: Arc::<Obedient>::clone(&receiver),
            filter: EventFilter::default(),
            clock: Arc::<FakeClock>::clone(&clock),
            instance: InstanceId::new(1),
            heartbeat: Duration::from_hours(1),
            state: Arc::new(WebhookState::new(NAME.to_owned(), Position::new(after))),
        };
        Self {
            log,
            receiver,
            clock,
            teller,
        }
    }

    /// Runs until so much was tried, and then does something before it is told to stop.
    async fn attempts(&self, count: usize) -> Vec<i64> {
        let (stop, stopped) = watch::channel(false);
        let enough = async {
            self.tried(count).await;
            stop.send_replace(true);
        };
        tokio::join!(self.teller.run(stopped), enough);
        self.receiver.positions()
    }

    async fn tried(&self, count: usize) {
        while self.receiver.attempts.lock().unwrap().len() < count {
            tokio::task::yield_now().await;
        }
    }
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(test);
}

fn failed() -> Result<(), Undelivered> {
    Err(Undelivered::failed("not now"))
}

#[test]
fn events_behind_the_cursor_are_told_in_order_and_the_cursor_is_written_once() {
    run(async {
        let stage = Stage::new(2, []);
        (1..=6).for_each(|position| stage.log.write(position));
        assert_eq!(stage.attempts(4).await, [3, 4, 5, 6]);
        assert_eq!(stage.log.cursors(), [6]);
        let progress = stage.teller.state.read();
        assert_eq!(progress.position, Position::new(6));
        assert_eq!((progress.delivered, progress.failed), (4, 0));
        assert_eq!(progress.waiting_since, None);
        let body = &stage.receiver.attempts()[0].body;
        assert!(body.ends_with(r#""position":3}"#), "{body}");
    });
}

#[test]
fn an_event_that_was_not_taken_is_tried_until_it_is_and_holds_the_others_up() {
    run(async {
        let stage = Stage::new(0, [Ok(()), failed(), failed(), failed()]);
        (1..=3).for_each(|position| stage.log.write(position));
        assert_eq!(stage.attempts(6).await, [1, 2, 2, 2, 2, 3]);
        // The first event is not told again if the second one takes long.
        assert_eq!(stage.log.cursors(), [1, 3]);
        let ids: Vec<_> = stage.receiver.attempts();
        assert!(
            ids[1..5]
                .iter()
                .all(|told| told.delivery == ids[1].delivery)
        );
        assert_ne!(ids[0].delivery, ids[1].delivery);
        assert_eq!(ids[0].delivery.len(), 32);
        let slept = stage.clock.0.lock().unwrap().clone();
        for (slept, seconds) in slept.iter().zip([2, 4, 8]) {
            let least = Duration::from_secs(seconds);
            assert!(*slept >= least && *slept < least + least / 4, "{slept:?}");
        }
        assert_eq!(slept.len(), 3);
        let progress = stage.teller.state.read();
        assert_eq!((progress.delivered, progress.failed), (3, 3));
    });
}

#[test]
fn a_webhook_that_is_gone_for_good_is_left_alone() {
    run(async {
        let gone = Err(Undelivered::Refused("gone".to_owned()));
        let stage = Stage::new(0, [Ok(()), gone]);
        (1..=3).for_each(|position| stage.log.write(position));
        let (_stop, stopped) = watch::channel(false);
        stage.teller.run(stopped).await;
        assert_eq!(stage.receiver.positions(), [1, 2]);
        assert_eq!(stage.log.cursors(), [1]);
        let progress = stage.teller.state.read();
        assert_eq!(progress.refused, 1);
        assert_eq!(progress.waiting_since, Some(Timestamp::from_micros(2)));
    });
}

#[test]
fn archived_events_are_told_to_be_missing_once() {
    run(async {
        let stage = Stage::new(2, [failed()]);
        *stage.log.archived.lock().unwrap() = Some(Position::new(5));
        (3..=8).for_each(|position| stage.log.write(position));
        stage.attempts(7).await;
        let missing = Some((Position::new(2), Position::new(5)));
        let told: Vec<_> = stage.receiver.attempts();
        let told: Vec<_> = told
            .iter()
            .map(|told| (told.position.number(), told.missing))
            .collect();
        assert_eq!(told[..3], [(3, missing), (3, missing), (4, None)]);
        assert!(told[3..].iter().all(|(_, missing)| missing.is_none()));
        assert_eq!(stage.teller.state.read().gaps, 1);
    });
}

#[test]
fn who_wants_no_events_of_sessions_misses_none() {
    run(async {
        let mut stage = Stage::new(2, []);
        stage.teller.filter = EventFilter::new(vec![AggregateType::User], Vec::new());
        *stage.log.archived.lock().unwrap() = Some(Position::new(5));
        stage.log.write(6);
        stage.attempts(1).await;
        assert_eq!(stage.receiver.attempts()[0].missing, None);
        assert_eq!(stage.teller.state.read().gaps, 0);
    });
}

#[test]
fn what_is_written_later_is_told_when_the_bell_rings() {
    run(async {
        let stage = Stage::new(0, []);
        stage.log.write(1);
        let (stop, stopped) = watch::channel(false);
        let later = async {
            stage.tried(1).await;
            stage.log.write(2);
            stage.log.bell.send_replace(());
            stage.tried(2).await;
            stop.send_replace(true);
        };
        tokio::join!(stage.teller.run(stopped), later);
        assert_eq!(stage.receiver.positions(), [1, 2]);
    });
}

#[test]
fn what_others_write_is_found_at_the_heartbeat() {
    run(async {
        let mut stage = Stage::new(0, []);
        stage.teller.heartbeat = Duration::from_millis(5);
        stage.log.write(1);
        let (stop, stopped) = watch::channel(false);
        let later = async {
            stage.tried(1).await;
            stage.log.write(2);
            stage.tried(2).await;
            stop.send_replace(true);
        };
        tokio::join!(stage.teller.run(stopped), later);
        assert_eq!(stage.receiver.positions(), [1, 2]);
    });
}

#[test]
fn a_cursor_that_has_moved_is_written_although_nothing_ends() {
    run(async {
        let stage = Stage::new(0, []);
        stage.log.write(1);
        let (stop, stopped) = watch::channel(false);
        let later = async {
            while stage.log.cursors().is_empty() {
                tokio::task::yield_now().await;
            }
            assert_eq!(stage.log.cursors(), [1]);
            stop.send_replace(true);
        };
        tokio::join!(stage.teller.run(stopped), later);
        assert_eq!(stage.log.cursors(), [1]);
    });
}

#[test]
fn a_log_that_cannot_be_read_is_tried_again() {
    run(async {
        let stage = Stage::new(0, []);
        stage.log.troubles.store(2, Ordering::SeqCst);
        stage.log.write(1);
        assert_eq!(stage.attempts(1).await, [1]);
        assert_eq!(stage.clock.0.lock().unwrap().len(), 2);
    });
}

#[test]
fn a_cursor_that_the_log_has_not_reached_goes_back_to_its_end() {
    run(async {
        let stage = Stage::new(9, []);
        stage.log.write(1);
        let (stop, stopped) = watch::channel(false);
        let later = async {
            while stage.teller.state.read().position != Position::new(1) {
                tokio::task::yield_now().await;
            }
            stage.log.write(2);
            stage.log.bell.send_replace(());
            stage.tried(1).await;
            stop.send_replace(true);
        };
        tokio::join!(stage.teller.run(stopped), later);
        assert_eq!(stage.receiver.positions(), [2]);
        assert_eq!(stage.log.cursors(), [2]);
    });
}
