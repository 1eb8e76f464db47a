//! Waiting, but not for ever.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tokio::task::unconstrained;
use tokio::time::sleep;

/// Waits for a future, but no longer than `limit`; nothing if it is not ready by then.
///
/// What is ready at once, as most is, costs no look at the clock and no timer.
pub(super) async fn in_time<F: Future>(
    limit: Duration,
    mut future: Pin<&mut F>,
) -> Option<F::Output> {
    let mut timer = pin!(None);
    poll_fn(|cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        if timer.is_none() {
            timer.set(Some(sleep(limit)));
        }
        // Unconstrained: beside a future that uses up the budget of its task the time passes too.
        timer.as_mut().as_pin_mut().map_or(Poll::Pending, |timer| {
            pin!(unconstrained(timer)).poll(cx).map(|()| None)
        })
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::sync::mpsc::unbounded_channel;

    use super::*;

    const SHORT: Duration = Duration::from_millis(5);

    #[tokio::test]
    async fn what_is_ready_in_time_is_handed_on() {
        assert_eq!(in_time(Duration::ZERO, pin!(ready(1))).await, Some(1));
        let later = async {
            sleep(SHORT).await;
            2
        };
        assert_eq!(in_time(Duration::from_mins(1), pin!(later)).await, Some(2));
    }

    #[tokio::test]
    async fn what_takes_too_long_is_given_up() {
        assert_eq!(in_time(SHORT, pin!(pending::<()>())).await, None);
    }

    #[tokio::test]
    async fn the_time_passes_beside_what_is_always_busy() {
        let (sender, mut receiver) = unbounded_channel();
        for message in 0..1_000 {
            sender.send(message).unwrap();
        }
        let busy = poll_fn(|cx| {
            while receiver.poll_recv(cx).is_ready() {}
            Poll::<()>::Pending
        });
        assert_eq!(in_time(SHORT, pin!(busy)).await, None);
    }
}
