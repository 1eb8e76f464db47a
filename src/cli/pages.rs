//! Long lists, fetched page by page.

use super::failure::Failure;
use super::output::Output;
use crate::error::Error;

/// Rows that are fetched at a time: few enough to hold, many enough that counting them is no cost.
const PAGE: u32 = 10_000;

/// How many rows the person wants.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted(u64);

impl Wanted {
    /// So many, or all.
    pub(super) fn new(limit: u32, all: bool) -> Self {
        Self(if all { u64::MAX } else { u64::from(limit) })
    }
}

/// A stretch of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    /// Rows to skip.
    pub(super) offset: u64,
    /// Rows to take.
    pub(super) limit: u32,
}

/// What was found.
#[derive(Debug)]
pub(super) struct Found<T> {
    /// Rows, as many as were wanted.
    pub(super) rows: Vec<T>,
    /// How many there are.
    total: u64,
}

/// Fetches until enough is there. `fetch` returns how many rows there are, and those of the page.
pub(super) async fn collect<T>(
    wanted: Wanted,
    fetch: impl AsyncFn(Page) -> Result<(u64, Vec<T>), Error>,
) -> Result<Found<T>, Failure> {
    let mut found = Found {
        rows: Vec::new(),
        total: 0,
    };
    loop {
        let offset = found.rows.len() as u64;
        let rest = wanted.0.saturating_sub(offset);
        let limit = u32::try_from(rest).unwrap_or(PAGE).min(PAGE);
        if limit == 0 {
            return Ok(found);
        }
        let (total, rows) = fetch(Page { offset, limit }).await?;
        // A page beyond the end may say that there are none at all.
        found.total = total.max(offset + rows.len() as u64);
        let full = rows.len() as u64 == u64::from(limit);
        found.rows.extend(rows);
        if !full {
            return Ok(found);
        }
    }
}

impl<T> Found<T> {
    /// Tells people that there are more rows than they see.
    pub(super) fn tell_rest(&self, output: &mut Output<'_>, what: &str, all: &str) {
        let shown = self.rows.len() as u64;
        if shown > 0 && shown < self.total && output.is_for_people() {
            output.message(&format!("{shown} of {} {what} are shown", self.total));
            output.hint(&format!("see all of them with `{all}`"));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(future)
    }

    /// What is fetched of a list of `total` numbers.
    fn fetched(wanted: Wanted, total: u64) -> (usize, Vec<(u64, u32)>) {
        let asked = RefCell::new(Vec::new());
        let found = run(collect(wanted, async |page: Page| {
            asked.borrow_mut().push((page.offset, page.limit));
            let end = total.min(page.offset + u64::from(page.limit));
            Ok((total, (page.offset..end).collect::<Vec<_>>()))
        }))
        .unwrap();
        assert_eq!(found.rows, (0..found.rows.len() as u64).collect::<Vec<_>>());
        (found.rows.len(), asked.into_inner())
    }

    #[test]
    fn no_more_is_fetched_than_wanted() {
        assert_eq!(fetched(Wanted::new(5, false), 9), (5, vec![(0, 5)]));
        assert_eq!(fetched(Wanted::new(5, false), 3), (3, vec![(0, 5)]));
        assert_eq!(fetched(Wanted::new(0, false), 3), (0, vec![]));
        assert_eq!(
            fetched(Wanted::new(10_001, false), 30_000),
            (10_001, vec![(0, 10_000), (10_000, 1)])
        );
    }

    #[test]
    fn all_is_all() {
        assert_eq!(
            fetched(Wanted::new(100, true), 20_000),
            (
                20_000,
                vec![(0, 10_000), (10_000, 10_000), (20_000, 10_000)]
            )
        );
        assert_eq!(fetched(Wanted::new(100, true), 0), (0, vec![(0, 10_000)]));
    }
}
