//! Removing sessions that ended long ago, a few at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::config::SweepConfig;
use crate::domain::time::{Span, Timestamp};
use crate::ports::{Clock, StoreError, Upkeep};

/// After each transaction requests have the writer for this many times as long.
const SHARE: u32 = 4;

/// The longest pause between two transactions.
const LONGEST: Duration = Duration::from_secs(1);

/// Sweeps at once and then in intervals, for as long as it is polled.
pub(super) async fn run(store: Arc<dyn Upkeep>, clock: Arc<dyn Clock>, config: SweepConfig) {
    let after = i64::try_from(config.after.as_secs()).unwrap_or(i64::MAX);
    loop {
        let before = clock.now().minus(Span::from_seconds(after));
        match sweep(store.as_ref(), before, config.batch).await {
            Ok(0) => {}
            Ok(count) => log::info!("removed {count} sessions that ended before {before}"),
            // The next turn finds what was left.
            Err(error) => log::warn!("sessions that have ended could not be removed: {error}"),
        }
        sleep(config.interval).await;
    }
}

/// Removes all that there are, with pauses.
async fn sweep(store: &dyn Upkeep, before: Timestamp, batch: u32) -> Result<u64, StoreError> {
    let mut all = 0;
    loop {
        let begun = Instant::now();
        let count = store.sweep(before, batch).await?;
        all += count;
        if count < u64::from(batch) {
            return Ok(all);
        }
        sleep(begun.elapsed().saturating_mul(SHARE).min(LONGEST)).await;
    }
}
