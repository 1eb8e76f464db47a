//! `events tail --follow`: the log as it grows.

use std::time::Duration;

use super::{PAGE, records};
use crate::cli::failure::Failure;
use crate::cli::operator::Operator;
use crate::cli::table::Widths;
use crate::domain::ids::Position;
use crate::ports::EventQuery;

/// How often the end of the log is looked at: one point read, which takes microseconds.
const INTERVAL: Duration = Duration::from_millis(250);

/// Prints what stands behind `after`, then what comes, until Ctrl-C.
pub(super) async fn run(operator: &mut Operator<'_>, after: Position) -> Result<(), Failure> {
    let mut widths = Widths::new();
    let mut after = after;
    let mut end = std::pin::pin!(tokio::signal::ctrl_c());
    loop {
        let query = EventQuery {
            after,
            aggregate: None,
            kind: None,
            limit: PAGE,
        };
        let page = operator.core.store.events(query).await?;
        if let Some(last) = page.last() {
            after = last.position;
            operator.output.stream(&records(&page)?, &mut widths)?;
        }
        let pause = if page.len() as u64 == u64::from(PAGE) {
            Duration::ZERO
        } else {
            INTERVAL
        };
        tokio::select! {
            biased;
            ended = &mut end => return Ok(ended?),
            () = tokio::time::sleep(pause) => {}
        }
    }
}
