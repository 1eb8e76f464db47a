//! Events, each in a request of its own.

use std::sync::Arc;

use reqwest::StatusCode;

use super::answered;
use super::sender::{Sender, WebhookError, WebhookSettings};
use crate::delivery::carrier::Undelivered;
use crate::delivery::events::{EventReceiver, Telling};
use crate::ports::{Clock, Pending};

/// Says which delivery it is: the same for every attempt.
const DELIVERY: &str = "Bartizan-Delivery";

/// Says that events of sessions between two positions were archived before they could be sent.
const MISSING: &str = "Bartizan-Missing";

/// Posts each event to an HTTP service.
#[derive(Debug)]
pub struct EventWebhook {
    sender: Sender,
}

impl EventWebhook {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub fn new(settings: WebhookSettings, clock: Arc<dyn Clock>) -> Result<Self, WebhookError> {
        Ok(Self {
            sender: Sender::new(settings, clock)?,
        })
    }

    async fn post(&self, telling: &Telling) -> Result<(), Undelivered> {
        let missing = telling
            .missing
            .map(|(after, last)| format!("{after}-{last}"));
        let mut headers = vec![(DELIVERY, telling.delivery.as_str())];
        if let Some(missing) = &missing {
            headers.push((MISSING, missing));
        }
        let body = telling.body.clone().into_bytes();
        judge(self.sender.post(body, &headers).await?)
    }
}

impl EventReceiver for EventWebhook {
    fn take<'a>(&'a self, telling: &'a Telling) -> Pending<'a, Result<(), Undelivered>> {
        Box::pin(self.post(telling))
    }
}

/// What an answer means: an event is never given up, so only who says to be gone for good is left alone.
fn judge(status: StatusCode) -> Result<(), Undelivered> {
    match status {
        _ if status.is_success() => Ok(()),
        StatusCode::GONE => Err(Undelivered::Refused(answered(status))),
        _ => Err(Undelivered::Failed(answered(status))),
    }
}
