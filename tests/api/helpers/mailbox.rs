//! Everything that is sent, for what no configuration delivers in these tests.

use std::sync::{Arc, Mutex};

use bartizan::core::Core;
use bartizan::domain::notification::{Channel, Notification};
use bartizan::domain::secret::SealedSecret;
use bartizan::ports::{HashingError, Outbox, Queued};

/// Where the login is.
pub(crate) const LOGIN: &str = "https://login.example/ui";

/// Keeps the messages of commands instead of sealing them.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    messages: Mutex<Vec<Notification>>,
    woken: Mutex<usize>,
}

impl Mailbox {
    /// A core that delivers here, by mail and by SMS, and otherwise is the same.
    pub(crate) fn at(core: &Core) -> (Arc<Self>, Core) {
        let mailbox = Arc::new(Self::default());
        let core = Core {
            outbox: Arc::<Self>::clone(&mailbox),
            ..core.clone()
        };
        (mailbox, core)
    }

    /// The one message that was sent since the last look.
    #[track_caller]
    pub(crate) fn one(&self) -> Notification {
        let mut messages = std::mem::take(&mut *self.messages.lock().unwrap());
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert_eq!(std::mem::take(&mut *self.woken.lock().unwrap()), 1);
        messages.remove(0)
    }

    /// That nothing was sent since the last look.
    #[track_caller]
    pub(crate) fn is_empty(&self) {
        let messages = self.messages.lock().unwrap().clone();
        assert!(messages.is_empty(), "{messages:?}");
        assert_eq!(*self.woken.lock().unwrap(), 0);
    }
}

impl Outbox for Mailbox {
    fn delivers(&self, _: Channel) -> bool {
        true
    }

    fn login_url(&self) -> &str {
        LOGIN
    }

    fn seal(&self, notification: &Notification) -> Result<Queued, HashingError> {
        self.messages.lock().unwrap().push(notification.clone());
        Ok(Queued {
            channel: notification.recipient.channel,
            message: notification.message,
            aggregate: notification.aggregate,
            content: SealedSecret::new("sealed"),
            expires_at: notification.expires_at,
        })
    }

    fn wake(&self) {
        *self.woken.lock().unwrap() += 1;
    }
}
