//! Messages as requests to an HTTP service, in the form of ZITADEL's HTTP providers.

mod resolver;
mod signature;
#[cfg(test)]
mod tests;

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use url::{Host, Url};

use super::carrier::{Carrier, Undelivered};
use super::payload;
use super::texts::Wording;
use crate::domain::notification::{Notification, Targets};
use crate::domain::secret::Secret;
use crate::ports::{Clock, Pending};

pub use signature::sign;

use resolver::{Denied, Resolver};

/// A receiver and how it is spoken to.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    /// Where messages are posted.
    pub endpoint: String,
    /// With what they are signed.
    pub signing_key: Secret,
    /// How long one request may take.
    pub timeout: Duration,
    /// Whether the endpoint may be one without encryption.
    pub allow_http: bool,
    /// What may be connected to.
    pub targets: Targets,
}

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// The endpoint is no address of the web.
    #[error("not a web address")]
    Address,
    /// The endpoint has no encryption.
    #[error(
        "codes would be sent without encryption, which `notifications.webhook.allow_http` allows"
    )]
    Open,
    /// The endpoint is denied.
    #[error("the receiver is denied; `notifications.webhook.allow` can allow it")]
    Denied,
    /// TLS cannot be set up.
    #[error("no client can be made: {0}")]
    Client(String),
}

/// Posts each message to an HTTP service, over a connection of its own.
///
/// No redirect is followed, no proxy is asked, and of the answer only the status is read.
pub struct Webhook {
    client: Client,
    endpoint: Url,
    signing_key: Secret,
    wording: Arc<Wording>,
    clock: Arc<dyn Clock>,
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
        let endpoint = Url::parse(&settings.endpoint).map_err(|_| WebhookError::Address)?;
        match endpoint.scheme() {
            "https" => {}
            "http" if settings.allow_http => {}
            "http" => return Err(WebhookError::Open),
            _ => return Err(WebhookError::Address),
        }
        let targets = settings.targets;
        // The resolver is not asked for an address.
        let permitted = match endpoint.host() {
            Some(Host::Domain(name)) => targets.permit_name(name),
            Some(Host::Ipv4(address)) => targets.permit(None, address.into()),
            Some(Host::Ipv6(address)) => targets.permit(None, address.into()),
            None => return Err(WebhookError::Address),
        };
        if !permitted {
            return Err(WebhookError::Denied);
        }
        let client = Client::builder()
            .redirect(Policy::none())
            // A proxy would resolve the name once more.
            .no_proxy()
            // HTTP/2 is worth nothing for one request, and its library logs headers.
            .http1_only()
            .referer(false)
            .pool_max_idle_per_host(0)
            .timeout(settings.timeout)
            .user_agent("bartizan")
            .dns_resolver(Arc::new(Resolver(Arc::new(targets))))
            .build()
            .map_err(|error| WebhookError::Client(causes(error)))?;
        Ok(Self {
            client,
            endpoint,
            signing_key: settings.signing_key,
            wording,
            clock,
        })
    }

    async fn post(&self, notification: &Notification) -> Result<(), Undelivered> {
        let body = payload::json(&self.wording, notification)
            .map_err(|error| Undelivered::failed(error.to_string()))?;
        let signature = sign(&self.signing_key, self.clock.now(), &body)
            .ok_or_else(|| Undelivered::failed("the request cannot be signed"))?;
        let request = self
            .client
            .post(self.endpoint.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(signature::HEADER, signature)
            .body(body.to_vec());
        let answer = request
            .send()
            .await
            .map_err(|error| Undelivered::Failed(causes(error)))?;
        judge(answer.status())
    }
}

impl fmt::Debug for Webhook {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The path and the query of the endpoint may hold a key of the receiver.
        out.debug_struct("Webhook")
            .field("host", &self.endpoint.host_str())
            .finish_non_exhaustive()
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
    let why = format!("the receiver answered with status {}", status.as_u16());
    match status {
        _ if status.is_success() => Ok(()),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            Err(Undelivered::Failed(why))
        }
        _ if status.is_client_error() => Err(Undelivered::Refused(why)),
        _ => Err(Undelivered::Failed(why)),
    }
}

/// What happened and why, without the address.
fn causes(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.is::<Denied>() {
            return cause.to_string();
        }
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
