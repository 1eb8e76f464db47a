//! Where those wait whose commits were in conflict.
//!
//! Of many who decide anew on one aggregate at once one wins and the others have decided in vain. Where
//! commits are slow, new ones arrive faster than old ones win, and whoever has no luck for long
//! enough is turned away. In line only the first decides anew.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::domain::event::Aggregate;
use crate::ports::{InLine, Pending};

/// Lines; aggregates may share one, which costs them patience and nothing else.
const LINES: usize = 256;

#[derive(Debug)]
pub(super) struct Lines {
    lines: Vec<Arc<Mutex<()>>>,
    hasher: RandomState,
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            lines: (0..LINES).map(|_| Arc::default()).collect(),
            hasher: RandomState::new(),
        }
    }
}

impl Lines {
    /// Waits behind all that came earlier, until they have dropped their places.
    pub(super) fn wait(&self, aggregate: Aggregate) -> Pending<'static, InLine> {
        let hash = usize::try_from(self.hasher.hash_one(aggregate) % LINES as u64);
        let line = hash.ok().and_then(|hash| self.lines.get(hash)).cloned();
        Box::pin(async move {
            match line {
                Some(line) => InLine::new(line.lock_owned().await),
                None => InLine::default(),
            }
        })
    }
}
