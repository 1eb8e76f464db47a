//! Requests to HTTP services: messages in the form of ZITADEL's HTTP providers, events in that of the
//! targets of its actions.

mod events;
mod resolver;
mod sender;
mod signature;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use reqwest::StatusCode;

use super::carrier::{Carrier, Undelivered};
use super::payload;
use super::texts::Wording;
use crate::domain::notification::Notification;
use crate::ports::{Clock, Pending};

use sender::Sender;

pub use events::EventWebhook;
pub use sender::{WebhookError, WebhookSettings};
pub use signature::sign;

/// Posts each message to an HTTP service, over a connection of its own.
#[derive(Debug)]
pub struct Webhook {
    sender: Sender,
    wording: Arc<Wording>,
}

impl Webhook {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub fn new(
        settings: WebhookSettings,
        wording: Arc<Wording>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, WebhookError> {
        Ok(Self {
            sender: Sender::new(settings, clock)?,
            wording,
        })
    }

    async fn post(&self, notification: &Notification) -> Result<(), Undelivered> {
        let body = payload::json(&self.wording, notification)
            .map_err(|error| Undelivered::failed(error.to_string()))?;
        judge(self.sender.post(body.to_vec(), &[]).await?)
    }
}

impl Carrier for Webhook {
    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
    ) -> Pending<'a, Result<(), Undelivered>> {
        Box::pin(self.post(notification))
    }
}

/// What an answer means for the message.
fn judge(status: StatusCode) -> Result<(), Undelivered> {
    let why = answered(status);
    match status {
        _ if status.is_success() => Ok(()),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            Err(Undelivered::Failed(why))
        }
        _ if status.is_client_error() => Err(Undelivered::Refused(why)),
        _ => Err(Undelivered::Failed(why)),
    }
}

fn answered(status: StatusCode) -> String {
    format!("the receiver answered with status {}", status.as_u16())
}
