//! Keeps what goes wrong in a handler to the request that it goes wrong for.
//!
//! actix lets a panic end the task of the connection: over HTTP/1.1 the client sees it closed, over
//! HTTP/2 the stream reset, and all that is left is what the panic hook prints.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use super::in_time::in_time;

/// Why the App gave no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// A handler or a middleware panicked.
    Panicked,
    /// The handler took longer than it may.
    Overdue,
}

/// Calls a service; its future may panic as well, see [`finish`].
///
/// # Errors
/// [`Failure::Panicked`].
pub(super) fn begin<F>(call: impl FnOnce() -> F) -> Result<F, Failure> {
    // Nothing that a request could leave half-changed outlives it: shared state is behind the ports.
    catch_unwind(AssertUnwindSafe(call)).or(Err(Failure::Panicked))
}

/// Waits for the future of a call, but no longer than `deadline`.
///
/// # Errors
/// See [`Failure`].
pub(super) async fn finish<F: Future>(future: F, deadline: Duration) -> Result<F::Output, Failure> {
    let mut future = pin!(future);
    let caught = poll_fn(|cx| {
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        polled.map_or(Poll::Ready(Err(Failure::Panicked)), |poll| poll.map(Ok))
    });
    in_time(deadline, pin!(caught))
        .await
        .unwrap_or(Err(Failure::Overdue))
}
