//! Spans on their way to a collector, by OTLP over HTTP.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use http::{Request, Response};
use opentelemetry::global;
use opentelemetry_http::{Bytes, HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::resource::EnvResourceDetector;
use opentelemetry_sdk::trace::SdkTracerProvider;
use reqwest::Client;

/// Longer than any collector should take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What sends spans as long as it is there.
#[derive(Debug)]
pub struct Export(SdkTracerProvider);

impl Export {
    /// Sends all spans of the process to an endpoint, some seconds after they end. What the collector
    /// does not take in time is dropped, and nobody waits for it.
    ///
    /// The variables `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER` and `OTEL_BSP_*` count.
    ///
    /// # Errors
    /// What the exporter says of the endpoint.
    pub fn begin(endpoint: &str) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let client = Client::builder().timeout(PATIENCE).build()?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Sender(client))
            .with_endpoint(endpoint)
            .build()?;
        let resource = Resource::builder_empty()
            .with_service_name("bartizan")
            .with_detector(Box::new(EnvResourceDetector::new()))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource)
            .build();
        global::set_tracer_provider(provider.clone());
        Ok(Self(provider))
    }

    /// Sends what is left.
    pub fn end(&self) {
        if let Err(error) = self.0.shutdown() {
            log::warn!("the last spans could not be sent: {error}");
        }
    }
}

/// Sends from the exporter's own thread, which no runtime runs on.
#[derive(Debug)]
struct Sender(Client);

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let answer = self.0.execute(request.try_into()?).await?;
            let mut response = Response::builder().status(answer.status());
            if let Some(headers) = response.headers_mut() {
                headers.clone_from(answer.headers());
            }
            Ok(response.body(answer.bytes().await?)?)
        })
    }
}
