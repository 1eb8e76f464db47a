//! Streams that are open: how many, how long, and their end when the server stops.
//!
//! Whoever reaches the port can open them, so that they must not add up: each holds a connection.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_rt::time::{Sleep, sleep};
use connectrpc::dispatcher::StreamingResult;
use connectrpc::{ConnectError, EncodedBody, EncodedStream};
use connectrpc_health::{Checker as _, StaticChecker, Status, StatusStream};
use futures_util::{Stream, StreamExt as _};

/// Streams of one kind that may be open at the same time. A load balancer watches with one or two.
const MOST: usize = 256;

/// The open streams of one kind, over all workers.
#[derive(Clone)]
pub(super) struct Streams {
    /// Every open stream has a clone.
    open: Arc<()>,
    stopping: Arc<StaticChecker>,
    silence: Option<Duration>,
}

impl Streams {
    /// None yet. They end when `stopping` is no longer serving, and when nothing was said on them
    /// for `silence`.
    pub(super) fn new(stopping: &Arc<StaticChecker>, silence: Option<Duration>) -> Self {
        Self {
            open: Arc::new(()),
            stopping: Arc::clone(stopping),
            silence,
        }
    }

    /// Counts a stream and watches over it.
    pub(super) fn keep(&self, answered: StreamingResult) -> StreamingResult {
        let Self {
            open,
            stopping,
            silence,
        } = self.clone();
        Box::pin(async move {
            if Arc::strong_count(&open) > MOST {
                return Err(ConnectError::resource_exhausted(
                    "too many streams are open",
                ));
            }
            let stop = stopping.watch("").await?;
            let answered = answered.await?;
            Ok(answered.map_body(|messages| -> EncodedStream {
                Box::pin(Kept {
                    messages: Some(messages),
                    stop,
                    stopped: false,
                    silence: silence.map(|span| (span, Box::pin(sleep(span)))),
                    _open: open,
                })
            }))
        })
    }
}

/// A stream under watch.
struct Kept {
    /// Nothing when it is over.
    messages: Option<EncodedStream>,
    stop: StatusStream,
    stopped: bool,
    silence: Option<(Duration, Pin<Box<Sleep>>)>,
    _open: Arc<()>,
}

impl Kept {
    /// Whether the server is stopping; it is said once.
    fn stopped(&mut self, cx: &mut Context<'_>) -> bool {
        while !self.stopped
            && let Poll::Ready(status) = self.stop.poll_next_unpin(cx)
        {
            self.stopped = status != Some(Status::Serving);
        }
        self.stopped
    }

    /// Whether nothing was said for too long.
    fn silent(&mut self, cx: &mut Context<'_>) -> bool {
        self.silence
            .as_mut()
            .is_some_and(|(_, timer)| timer.as_mut().poll(cx).is_ready())
    }
}

impl Stream for Kept {
    type Item = Result<EncodedBody, ConnectError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let stopped = this.stopped(cx);
        let Some(messages) = &mut this.messages else {
            return Poll::Ready(None);
        };
        // What was said before the stop goes out first.
        if let Poll::Ready(message) = messages.poll_next_unpin(cx) {
            if let Some((span, timer)) = &mut this.silence {
                timer.set(sleep(*span));
            }
            return Poll::Ready(message);
        }
        let error = if stopped {
            ConnectError::unavailable("the server is stopping")
        } else if this.silent(cx) {
            ConnectError::deadline_exceeded("nothing was said for too long")
        } else {
            return Poll::Pending;
        };
        this.messages = None;
        Poll::Ready(Some(Err(error)))
    }
}

#[cfg(test)]
mod tests {
    use connectrpc::Response;
    use futures_util::stream;

    use super::*;

    fn never_ending() -> StreamingResult {
        Box::pin(async {
            let messages: EncodedStream = Box::pin(stream::pending());
            Ok(Response::new(messages))
        })
    }

    #[actix_rt::test]
    async fn so_many_and_no_more() {
        let streams = Streams::new(&Arc::new(StaticChecker::new()), None);
        let mut open = Vec::new();
        while let Ok(stream) = streams.keep(never_ending()).await {
            open.push(stream);
        }
        assert!((MOST - 2..=MOST).contains(&open.len()), "{}", open.len());
        open.pop();
        assert!(streams.keep(never_ending()).await.is_ok());
    }

    #[actix_rt::test]
    async fn silence_ends_a_stream() {
        let span = Some(Duration::from_millis(20));
        let streams = Streams::new(&Arc::new(StaticChecker::new()), span);
        let mut stream = streams.keep(never_ending()).await.unwrap().body;
        let error = stream.next().await.unwrap().unwrap_err();
        assert_eq!(error.code, connectrpc::ErrorCode::DeadlineExceeded);
        assert!(stream.next().await.is_none());
    }

    #[actix_rt::test]
    async fn what_was_said_before_the_stop_goes_out_first() {
        let stopping = Arc::new(StaticChecker::new());
        let streams = Streams::new(&stopping, None);
        let said = |text: &'static [u8]| Ok(EncodedBody::from(bytes::Bytes::from_static(text)));
        let messages: EncodedStream =
            Box::pin(stream::iter([said(b"1"), said(b"2")]).chain(stream::pending()));
        let answered = Box::pin(async { Ok(Response::new(messages)) });
        let mut kept = streams.keep(answered).await.unwrap().body;
        stopping.shutdown();
        for expected in ["1", "2"] {
            let message = kept.next().await.unwrap().unwrap();
            assert_eq!(message.into_contiguous(), expected);
        }
        assert!(kept.next().await.unwrap().is_err());
        assert!(kept.next().await.is_none());
    }

    #[actix_rt::test]
    async fn a_stop_ends_a_stream() {
        let stopping = Arc::new(StaticChecker::new());
        let streams = Streams::new(&stopping, None);
        let mut stream = streams.keep(never_ending()).await.unwrap().body;
        stopping.shutdown();
        let error = stream.next().await.unwrap().unwrap_err();
        assert_eq!(error.code, connectrpc::ErrorCode::Unavailable);
        assert!(stream.next().await.is_none());
    }
}
