//! Where commands leave their messages.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use tokio::sync::Notify;

use super::content;
use crate::domain::notification::{Channel, Notification};
use crate::ports::{HashingError, Outbox, Queued, Sealer};

/// Seals messages and wakes whoever delivers them.
pub struct Postbox {
    sealer: Arc<dyn Sealer>,
    channels: BTreeSet<Channel>,
    login_url: String,
    bell: Arc<Notify>,
}

impl Postbox {
    /// A postbox for the channels on which something is configured to deliver.
    #[must_use]
    pub fn new(
        sealer: Arc<dyn Sealer>,
        channels: impl IntoIterator<Item = Channel>,
        login_url: &str,
    ) -> Self {
        Self {
            sealer,
            channels: channels.into_iter().collect(),
            login_url: login_url.trim_end_matches('/').to_owned(),
            bell: Arc::new(Notify::new()),
        }
    }

    /// Rings when messages were queued.
    #[must_use]
    pub fn bell(&self) -> Arc<Notify> {
        Arc::clone(&self.bell)
    }
}

impl fmt::Debug for Postbox {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Postbox")
            .field("channels", &self.channels)
            .field("login_url", &self.login_url)
            .finish_non_exhaustive()
    }
}

impl Outbox for Postbox {
    fn delivers(&self, channel: Channel) -> bool {
        self.channels.contains(&channel)
    }

    fn login_url(&self) -> &str {
        &self.login_url
    }

    fn seal(&self, notification: &Notification) -> Result<Queued, HashingError> {
        content::seal(self.sealer.as_ref(), notification)
    }

    fn wake(&self) {
        self.bell.notify_one();
    }
}
