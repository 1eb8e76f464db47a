//! Rung after every commit, for those who follow the log.

use std::sync::Arc;

use tokio::sync::watch;

use crate::ports::Pending;

/// Whoever listens hears of the commits after that moment; the writer waits for nobody.
#[derive(Debug, Clone, Default)]
pub(super) struct Bell(Arc<watch::Sender<()>>);

impl Bell {
    /// Tells all who listen. Whoever begins to listen meanwhile reads what was committed.
    pub(super) fn ring(&self) {
        if self.0.receiver_count() > 0 {
            self.0.send_replace(());
        }
    }

    /// Resolves when it is rung after this call. Never, once there is no store any more.
    pub(super) fn rung(&self) -> Pending<'static, ()> {
        let mut receiver = self.0.subscribe();
        Box::pin(async move {
            if receiver.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}
