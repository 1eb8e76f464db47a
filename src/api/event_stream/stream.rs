//! The body of a stream: pages of events, heartbeats while there is nothing to say, and its end.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::time::Duration;

use actix_web::web::Bytes;
use futures_util::Stream;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep, sleep_until};

use super::request::Wanted;
use crate::api::rest::error;
use crate::core::Core;
use crate::domain::error::Kind;
use crate::domain::event::PublishedEvent;
use crate::domain::ids::Position;
use crate::domain::secret::Secret;
use crate::error::Error;
use crate::ports::{Stretch, TailQuery};
use crate::query;

/// Events of a page.
const PAGE: u32 = 256;

/// Between two reads at the end of the log. A stream that has been quiet hears of an event at once; one
/// that hears of many gets them together, so that streams cost the same however much is written.
const PAUSE: Duration = Duration::from_millis(20);

/// Before a read that the store had no room for is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// The first words: how many milliseconds later a client that was cut off comes back.
const GREETING: &str = "retry: 2000\n\n";

/// A stream that has a place.
#[derive(Debug)]
pub(super) struct Following {
    pub(super) core: Core,
    pub(super) token: Secret,
    pub(super) wanted: Wanted,
    pub(super) after: Position,
    pub(super) stopping: watch::Receiver<bool>,
    pub(super) heartbeat: Duration,
    pub(super) _place: OwnedSemaphorePermit,
}

/// What a stream does next.
#[derive(Debug, Clone, Copy)]
enum Step {
    Greet,
    Go,
    Done,
}

/// What a wait came to.
enum Waited {
    Changed,
    Silence,
    Stopped,
}

impl Following {
    /// The parts of the body.
    pub(super) fn run(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        futures_util::stream::unfold((self, Step::Greet), |(mut following, step)| async move {
            let (part, step) = match step {
                Step::Greet => (Bytes::from_static(GREETING.as_bytes()), Step::Go),
                Step::Go => following.next().await,
                Step::Done => return None,
            };
            Some((Ok(part), (following, step)))
        })
    }

    /// Reads a page in the name of the caller, if that still may.
    ///
    /// # Errors
    /// What the caller is told by a request, and what the position leads to.
    pub(super) async fn read(&self, most: u32) -> Result<Stretch, Error> {
        let caller = query::authenticate(&self.core, self.token.expose(), None).await?;
        let filter = TailQuery {
            after: self.after,
            limit: most,
            ..self.wanted.filter.clone()
        };
        query::follow_events(&self.core, &caller, filter, self.wanted.gaps).await
    }

    async fn next(&mut self) -> (Bytes, Step) {
        let mut heartbeat = Instant::now() + self.heartbeat;
        loop {
            if *self.stopping.borrow() {
                return self.stopped();
            }
            // Before the read, so that nothing is missed between the two.
            let committed = self.core.store.committed();
            let begun = Instant::now();
            match self.read(self.page()).await {
                Ok(stretch) => {
                    let at_end = stretch.through >= stretch.end;
                    self.after = stretch.through;
                    if !stretch.events.is_empty() {
                        return self.page_of(&stretch, at_end);
                    }
                    if at_end && !self.wanted.follow {
                        return (end(None), Step::Done);
                    }
                    if !at_end {
                        // A long way without a match: the client hears that somebody is there.
                        if Instant::now() >= heartbeat {
                            return (self.sign_of_life(), Step::Go);
                        }
                        continue;
                    }
                }
                Err(error) if passes(error.kind) => {
                    log::warn!("an event stream could not be read and tries again: {error}");
                    sleep(RETRY).await;
                    heartbeat = heartbeat.min(Instant::now());
                }
                Err(error) => return (end(Some(&error)), Step::Done),
            }
            let waited = tokio::select! {
                biased;
                _ = self.stopping.changed() => Waited::Stopped,
                () = committed => Waited::Changed,
                () = sleep_until(heartbeat) => Waited::Silence,
            };
            match waited {
                Waited::Changed => sleep_until(begun + PAUSE).await,
                Waited::Stopped => return self.stopped(),
                // What other processes write is found here.
                Waited::Silence => {
                    heartbeat = Instant::now() + self.heartbeat;
                    match self.read(self.page()).await {
                        Ok(stretch) if stretch.events.is_empty() => {
                            self.after = stretch.through;
                            return (self.sign_of_life(), Step::Go);
                        }
                        Ok(_) => {}
                        Err(error) if passes(error.kind) => {
                            return (self.sign_of_life(), Step::Go);
                        }
                        Err(error) => return (end(Some(&error)), Step::Done),
                    }
                }
            }
        }
    }

    /// Events that may still be sent, up to a page.
    fn page(&self) -> u32 {
        let rest = self.wanted.limit.unwrap_or(u64::MAX);
        u32::try_from(rest).unwrap_or(PAGE).min(PAGE)
    }

    fn page_of(&mut self, stretch: &Stretch, at_end: bool) -> (Bytes, Step) {
        let mut text = String::new();
        for event in &stretch.events {
            let published = PublishedEvent::new(event, self.core.instance);
            match published.and_then(|published| published.json()) {
                Ok(json) => frame(&mut text, Some(event.position), None, &json),
                Err(error) => {
                    text.push_str(&end_text(Some(&Error::internal(error))));
                    return (text.into(), Step::Done);
                }
            }
        }
        let count = stretch.events.len() as u64;
        let rest = self.wanted.limit.map(|limit| limit.saturating_sub(count));
        self.wanted.limit = rest;
        if rest == Some(0) || (at_end && !self.wanted.follow) {
            text.push_str(&end_text(None));
            return (text.into(), Step::Done);
        }
        (text.into(), Step::Go)
    }

    /// A comment, and how far the stream has come although nothing matched.
    fn sign_of_life(&self) -> Bytes {
        format!(": {0}\nid: {0}\n\n", self.after).into()
    }

    fn stopped(&self) -> (Bytes, Step) {
        let error = Error::plain(Kind::Unavailable, "the server is stopping");
        (end(Some(&error)), Step::Done)
    }
}

/// Whether trouble passes by itself.
const fn passes(kind: Kind) -> bool {
    matches!(kind, Kind::ResourceExhausted | Kind::Unavailable)
}

/// The last event of a stream: `{}`, or why it ends before its time.
fn end(error: Option<&Error>) -> Bytes {
    end_text(error).into()
}

fn end_text(error: Option<&Error>) -> String {
    let mut text = String::new();
    let body = error.map(|error| error::answer(error).into_body());
    let body = body.as_deref().unwrap_or(b"{}");
    frame(&mut text, None, Some("end"), &String::from_utf8_lossy(body));
    text
}

/// Writes one event of the stream. JSON has no line breaks.
fn frame(text: &mut String, id: Option<Position>, name: Option<&str>, data: &str) {
    // Writing to a string cannot fail.
    if let Some(id) = id {
        let _written = writeln!(text, "id: {id}");
    }
    if let Some(name) = name {
        let _written = writeln!(text, "event: {name}");
    }
    let _written = writeln!(text, "data: {data}\n");
}
