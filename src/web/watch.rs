//! The deadlines of one connection.
//!
//! Neither protocol library watches all that a client can drag out (actix-http times the first head of
//! a connection only, and no answer; hyper times neither). So every connection has a [`Watch`] that is
//! told what it is waiting for. Its timer is set again only when it fires or when something is due
//! earlier, not for every request.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::task::unconstrained;
use tokio::time::{Instant, sleep_until};

use super::intake::{Hold, Intake};
use super::limits::Limits;
use super::stop::Stop;

/// What a connection is waiting for, and until when.
#[derive(Debug)]
pub(super) struct Watch {
    limits: Rc<Limits>,
    stop: Arc<Stop>,
    /// No later than the earliest of all deadlines below.
    soonest: Cell<Instant>,
    /// The deadline while no request is in hand: of the next head, or of being idle.
    quiet: Cell<Instant>,
    /// Whether `quiet` is the deadline of a head that has begun.
    heading: Cell<bool>,
    /// Whether bytes came since the last request was in hand.
    heard: Cell<bool>,
    /// The deadline of the peer that takes none of what we write.
    blocked: Cell<Option<Instant>>,
    /// The deadline of what is still written to a peer that has said its last, where nothing is.
    left: Cell<Option<Instant>>,
    /// Whether the connection carries many requests at once (HTTP/2).
    multiplexed: Cell<bool>,
    /// Whether a multiplexed connection has been idle for too long.
    retired: Cell<bool>,
    exchanges: RefCell<Exchanges>,
    intake: Intake,
}

/// The deadlines of the requests in hand, by slot.
#[derive(Debug, Default)]
struct Exchanges {
    slots: Vec<Option<Instant>>,
    free: Vec<usize>,
}

impl Watch {
    pub(super) fn new(limits: &Rc<Limits>, stop: &Arc<Stop>) -> Rc<Self> {
        let due = Instant::now() + limits.head;
        Rc::new(Self {
            limits: Rc::clone(limits),
            stop: Arc::clone(stop),
            soonest: Cell::new(due),
            quiet: Cell::new(due),
            heading: Cell::new(true),
            heard: Cell::new(false),
            blocked: Cell::new(None),
            left: Cell::new(None),
            multiplexed: Cell::new(false),
            retired: Cell::new(false),
            exchanges: RefCell::default(),
            intake: Intake::new(),
        })
    }

    /// How much may be read now; where nothing may, the task is woken when that changes.
    pub(super) fn may_read(&self, cx: &Context<'_>) -> Option<usize> {
        // HTTP/2 has windows of its own for all of this, but not for a turn.
        let hold = if self.multiplexed.get() {
            Hold::Free
        } else if self.blocked.get().is_some() {
            Hold::Blocked
        } else if self.is_quiet() {
            Hold::Free
        } else {
            Hold::InHand
        };
        self.intake.allowed(hold, cx)
    }

    /// So many bytes were read; without any there are no more for now.
    pub(super) fn read(&self, bytes: usize) {
        self.intake.took(bytes);
        if bytes > 0 {
            self.heard();
        }
    }

    /// The peer sent bytes.
    pub(super) fn heard(&self) {
        self.heard.set(true);
    }

    /// The body of the request in hand has so many more bytes.
    pub(super) fn expect(&self, bytes: u64) {
        self.intake.expect(bytes);
    }

    /// The peer takes nothing of what we write.
    pub(super) fn blocked(&self) {
        if self.blocked.get().is_none() {
            let due = Instant::now() + self.limits.stall;
            self.blocked.set(Some(due));
            self.due(due);
        }
    }

    /// The peer took something.
    pub(super) fn unblocked(&self) {
        if self.blocked.take().is_some() {
            self.intake.resume();
        }
        if self.left.get().is_some() {
            self.left();
        }
    }

    /// Nothing waits for the peer.
    pub(super) fn flushed(&self) {
        if self.blocked.get().is_some() {
            self.unblocked();
        }
    }

    /// The peer will send no more. It may wait for the rest of an answer; but where an answer has no
    /// end, as a stream has not, and nothing is written, nobody would ever see that the peer is gone.
    pub(super) fn left(&self) {
        let due = Instant::now() + self.limits.stall;
        self.left.set(Some(due));
        self.due(due);
    }

    /// From here on the connection speaks HTTP/2, where bytes do not mean that a request begins.
    pub(super) fn multiplexed(&self) {
        self.multiplexed.set(true);
        self.quiet(Instant::now() + self.limits.idle);
    }

    /// Whether the connection should take leave, having been idle for too long.
    pub(super) fn retired(&self) -> bool {
        self.retired.get()
    }

    /// Resolves when something is overdue and the connection must end.
    ///
    /// To be polled after what serves the connection, and in the same task.
    pub(super) async fn overdue(&self) {
        let mut armed = self.soonest.get();
        let mut timer = pin!(sleep_until(armed));
        let mut registered = false;
        poll_fn(|cx| {
            self.begin_head();
            let soonest = self.soonest();
            if soonest < armed {
                armed = soonest;
                timer.as_mut().reset(armed);
                registered = false;
            }
            loop {
                // The task stays the same, so the timer need not hear of it twice.
                if registered && !timer.is_elapsed() {
                    return Poll::Pending;
                }
                registered = true;
                // Unconstrained: a task that has used up its budget would not be registered.
                let polled = pin!(unconstrained(timer.as_mut())).poll(cx);
                if polled.is_pending() {
                    return Poll::Pending;
                }
                let now = Instant::now();
                let Some(next) = self.review(now) else {
                    return Poll::Ready(());
                };
                if self.retired.get() {
                    cx.waker().wake_by_ref();
                }
                armed = next;
                timer.as_mut().reset(armed);
            }
        })
        .await;
    }

    /// Starts the deadline of a head of which only a part has come.
    ///
    /// Not done in `heard`: most heads come in one piece and then need no look at the clock.
    fn begin_head(&self) {
        if self.heard.get() && !self.heading.get() && !self.multiplexed.get() && self.is_quiet() {
            self.heading.set(true);
            self.quiet(Instant::now() + self.limits.head);
        }
    }

    /// The next deadline, or nothing if one has passed.
    fn review(&self, now: Instant) -> Option<Instant> {
        let quiet = self.is_quiet();
        if quiet && self.quiet.get() <= now && self.multiplexed.get() && !self.retired.get() {
            self.retired.set(true);
            self.quiet.set(now + self.limits.drain);
        }
        let exchanges = self.exchanges.borrow();
        let answered = exchanges.slots.iter().all(Option::is_none);
        let next = exchanges
            .slots
            .iter()
            .flatten()
            .copied()
            .chain(quiet.then(|| self.quiet.get()))
            .chain(self.blocked.get())
            .chain(self.left.get().filter(|_| answered))
            .chain(self.stop.deadline())
            .min()
            // A request whose handler takes its time over the body of an answer.
            .unwrap_or(now + self.limits.idle);
        self.soonest.set(next);
        (next > now).then_some(next)
    }

    fn soonest(&self) -> Instant {
        let soonest = self.soonest.get();
        self.stop
            .deadline()
            .map_or(soonest, |stop| stop.min(soonest))
    }

    fn is_quiet(&self) -> bool {
        let exchanges = self.exchanges.borrow();
        exchanges.slots.len() == exchanges.free.len()
    }

    fn quiet(&self, due: Instant) {
        self.quiet.set(due);
        self.due(due);
    }

    fn due(&self, due: Instant) {
        self.soonest.set(self.soonest.get().min(due));
    }
}

/// One request in hand, from the end of its head to the last byte of its answer.
#[derive(Debug)]
pub(super) struct Exchange {
    watch: Rc<Watch>,
    slot: usize,
    /// Whether others have their turn before it.
    late: bool,
    /// Parts of the answer that the client has not taken.
    handed: Cell<usize>,
}

impl Exchange {
    pub(super) fn start(watch: &Rc<Watch>) -> Rc<Self> {
        let due = Instant::now() + watch.limits.answer;
        let mut exchanges = watch.exchanges.borrow_mut();
        let slot = exchanges.free.pop().unwrap_or_else(|| {
            exchanges.slots.push(None);
            exchanges.slots.len() - 1
        });
        drop(exchanges);
        watch.heading.set(false);
        let exchange = Rc::new(Self {
            watch: Rc::clone(watch),
            slot,
            late: watch.intake.begin(),
            handed: Cell::new(0),
        });
        exchange.set(Some(due));
        exchange
    }

    /// Lets others go first where this connection had its turn.
    pub(super) async fn turn(&self) {
        if self.late {
            tokio::task::yield_now().await;
        }
    }

    /// The answer has begun: what comes next is up to us, or to the stream that is written to.
    pub(super) fn answered(&self) {
        self.set(None);
    }

    /// A part of the answer waits for the client to take it (HTTP/2, where each stream has a window).
    pub(super) fn hand(&self) {
        self.handed.update(|parts| parts + 1);
        self.progress();
    }

    /// The client has taken some of a part.
    pub(super) fn progress(&self) {
        self.set(Some(Instant::now() + self.watch.limits.stall));
    }

    /// The client has taken a part, or gave up on it.
    pub(super) fn taken(&self) {
        self.handed.update(|parts| parts.saturating_sub(1));
        if self.handed.get() == 0 {
            self.set(None);
        } else {
            self.progress();
        }
    }

    fn set(&self, due: Option<Instant>) {
        if let Some(slot) = self.watch.exchanges.borrow_mut().slots.get_mut(self.slot) {
            *slot = due;
        }
        if let Some(due) = due {
            self.watch.due(due);
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.set(None);
        self.watch.exchanges.borrow_mut().free.push(self.slot);
        if self.watch.is_quiet() {
            self.watch.heard.set(false);
            self.watch.intake.resume();
            self.watch.quiet(Instant::now() + self.watch.limits.idle);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::mpsc::unbounded_channel;
    use tokio::time::timeout;

    use super::*;

    fn watch(limits: Limits) -> Rc<Watch> {
        let stop = Stop::new(limits.drain);
        Watch::new(&Rc::new(limits), &stop)
    }

    /// Tokio ends the turn of a task that does too much, and timers then do not listen to it.
    #[tokio::test]
    async fn a_busy_connection_keeps_its_deadline() {
        let watch = watch(Limits {
            head: Duration::from_millis(50),
            ..Limits::default()
        });
        let (sender, mut receiver) = unbounded_channel();
        for message in 0..1_000 {
            sender.send(message).unwrap();
        }
        let busy = poll_fn(|cx| {
            while receiver.poll_recv(cx).is_ready() {}
            Poll::<()>::Pending
        });
        let overdue = async {
            tokio::select! {
                biased;
                () = busy => {}
                () = watch.overdue() => {}
            }
        };
        timeout(Duration::from_secs(5), overdue).await.unwrap();
    }

    #[tokio::test]
    async fn slots_are_used_again() {
        let watch = watch(Limits::default());
        for _ in 0..3 {
            let first = Exchange::start(&watch);
            let second = Exchange::start(&watch);
            assert!(!watch.is_quiet());
            drop(first);
            assert!(!watch.is_quiet());
            drop(second);
            assert!(watch.is_quiet());
        }
        assert_eq!(watch.exchanges.borrow().slots.len(), 2);
    }
}
