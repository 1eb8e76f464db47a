//! The client of a receiver: what it may connect to, and how its requests are signed.

use std::error::Error as _;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode};
use url::{Host, Url};

use super::resolver::{Denied, Resolver};
use super::signature;
use crate::delivery::carrier::Undelivered;
use crate::domain::notification::Targets;
use crate::domain::secret::Secret;
use crate::ports::Clock;

/// A receiver and how it is spoken to.
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    /// Where messages are posted.
    pub endpoint: String,
    /// With what they are signed.
    pub signing_key: Secret,
    /// How long one request may take.
    pub timeout: Duration,
    /// How long a connection is kept for the next request; nothing makes one for each.
    pub keep: Option<Duration>,
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
    #[error("what is sent would not be encrypted, which `notifications.webhook.allow_http` allows")]
    Open,
    /// The endpoint is denied.
    #[error("the receiver is denied; `notifications.webhook.allow` can allow it")]
    Denied,
    /// TLS cannot be set up.
    #[error("no client can be made: {0}")]
    Client(String),
}

/// Posts signed JSON to one endpoint.
///
/// No redirect is followed, no proxy is asked, and of the answer only the status is read.
pub(super) struct Sender {
    client: Client,
    endpoint: Url,
    signing_key: Secret,
    clock: Arc<dyn Clock>,
}

impl Sender {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub(super) fn new(
        settings: WebhookSettings,
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
            .pool_max_idle_per_host(usize::from(settings.keep.is_some()))
            .pool_idle_timeout(settings.keep)
            .timeout(settings.timeout)
            .user_agent("bartizan")
            .dns_resolver(Arc::new(Resolver(Arc::new(targets))))
            .build()
            .map_err(|error| WebhookError::Client(causes(error)))?;
        Ok(Self {
            client,
            endpoint,
            signing_key: settings.signing_key,
            clock,
        })
    }

    /// Posts a body with some more headers, and tells with which status it was answered.
    ///
    /// # Errors
    /// [`Undelivered::Failed`] where no answer came.
    pub(super) async fn post(
        &self,
        body: Vec<u8>,
        headers: &[(&'static str, &str)],
    ) -> Result<StatusCode, Undelivered> {
        let signature = signature::sign(&self.signing_key, self.clock.now(), &body)
            .ok_or_else(|| Undelivered::failed("the request cannot be signed"))?;
        let mut request = self
            .client
            .post(self.endpoint.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(signature::HEADER, signature);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.body(body).send().await;
        let answer = answer.map_err(|error| Undelivered::Failed(causes(error)))?;
        Ok(answer.status())
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The path and the query of the endpoint may hold a key of the receiver.
        out.debug_struct("Sender")
            .field("host", &self.endpoint.host_str())
            .finish_non_exhaustive()
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
