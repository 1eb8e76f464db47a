//! Requests to providers: no redirect is followed, nothing takes long, and no answer is large.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse, http};
use reqwest::redirect::Policy;

/// Bytes of an answer at most: key sets and profiles with all groups have some ten KiB.
const LARGEST: usize = 256 << 10;

/// Why a request came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum HttpFault {
    /// No connection, no answer in time, or it broke off. The address is left out: it may have a code.
    #[error("{0}")]
    Failed(String),
    /// The answer is larger than anything that makes sense.
    #[error("the answer has more than {LARGEST} bytes")]
    TooLarge,
    /// The request cannot be made.
    #[error("the request cannot be made")]
    Malformed(#[from] http::Error),
}

impl From<reqwest::Error> for HttpFault {
    fn from(error: reqwest::Error) -> Self {
        let error = error.without_url();
        let mut text = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        Self::Failed(text)
    }
}

/// Makes requests to providers.
#[derive(Debug, Clone)]
pub(super) struct HttpClient {
    client: reqwest::Client,
    timeout: Duration,
}

impl HttpClient {
    /// A client that keeps no connection: a login is rare, and its workers come and go.
    pub(super) fn new() -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            // HTTP/2 is worth nothing for three requests, and its library logs headers.
            .http1_only()
            .referer(false)
            .pool_max_idle_per_host(0)
            .user_agent("bartizan")
            .build()?;
        Ok(Self {
            client,
            timeout: Duration::ZERO,
        })
    }

    /// The same for a provider that is given another time for a whole request.
    pub(super) fn within(&self, timeout: Duration) -> Self {
        Self {
            client: self.client.clone(),
            timeout,
        }
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFault> {
        let mut request = reqwest::Request::try_from(request)?;
        *request.timeout_mut() = Some(self.timeout);
        #[cfg(feature = "otel")]
        hand_on(request.headers_mut());
        let mut response = self.client.execute(request).await?;
        let mut answer = http::Response::builder().status(response.status());
        if let Some(headers) = answer.headers_mut() {
            headers.extend(response.headers().clone());
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > LARGEST {
                return Err(HttpFault::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(answer.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for HttpClient {
    type Error = HttpFault;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpFault>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// Tells the provider which span its request belongs to, if one is current.
#[cfg(feature = "otel")]
fn hand_on(headers: &mut http::HeaderMap) {
    use opentelemetry::Context;
    use opentelemetry::propagation::TextMapPropagator as _;
    use opentelemetry_sdk::propagation::TraceContextPropagator;

    TraceContextPropagator::new().inject_context(
        &Context::current(),
        &mut opentelemetry_http::HeaderInjector(headers),
    );
}
