//! What a provider says of itself: fetched once for all who ask at the same time, and kept for a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use openidconnect::core::CoreProviderMetadata;
use openidconnect::{DiscoveryError, IssuerUrl, TokenUrl, UserInfoUrl};
use tokio::sync::Mutex;

use super::http::{HttpClient, HttpFault};
use crate::domain::time::{Span, Timestamp};
use crate::ports::FederationFault;

/// How long it is good. Keys change more rarely, and a key that is not known asks anew.
const GOOD_FOR: Span = Span::from_seconds(3_600);
/// How soon it may be asked anew for a key: so that forged tokens make no traffic.
const AT_MOST_EVERY: Span = Span::from_seconds(60);

/// The endpoints and keys of one provider.
#[derive(Debug, Default)]
pub(super) struct Discovery {
    slot: Mutex<Slot>,
    /// Requests that have ended, for whoever waits for one to see that it has.
    ended: AtomicU64,
}

#[derive(Debug, Default)]
struct Slot {
    found: Option<Found>,
    /// Why the last request came to nothing, if it did.
    fault: Option<FederationFault>,
}

/// What was found, and when.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) at: Timestamp,
    pub(super) metadata: Arc<CoreProviderMetadata>,
}

impl Discovery {
    /// What the provider says; what was found at `stale` is not good enough.
    ///
    /// Waiting for the lock is waiting for the one request that is under way, and its end is the end of
    /// all who wait: a provider that does not answer is asked once, not once for each.
    #[expect(
        clippy::significant_drop_tightening,
        reason = "the lock is what makes one request of many"
    )]
    pub(super) async fn get(
        &self,
        http: &HttpClient,
        issuer: &str,
        now: Timestamp,
        stale: Option<Timestamp>,
    ) -> Result<Found, FederationFault> {
        let ended = self.ended.load(Ordering::SeqCst);
        let mut slot = self.slot.lock().await;
        if let Some(found) = &slot.found {
            let enough = match stale {
                Some(stale) => found.at > stale || now < found.at.plus(AT_MOST_EVERY),
                None => now < found.at.plus(GOOD_FOR),
            };
            if enough {
                return Ok(found.clone());
            }
        }
        let waited = self.ended.load(Ordering::SeqCst) != ended;
        if let Some(fault) = slot.fault.as_ref().filter(|_| waited) {
            return Err(fault.clone());
        }
        let answer = fetch(http, issuer).await;
        self.ended.fetch_add(1, Ordering::SeqCst);
        match answer {
            Ok(metadata) => {
                let found = Found {
                    at: now,
                    metadata: Arc::new(metadata),
                };
                slot.fault = None;
                slot.found = Some(found.clone());
                Ok(found)
            }
            Err(fault) => {
                slot.fault = Some(fault.clone());
                Err(fault)
            }
        }
    }
}

async fn fetch(http: &HttpClient, issuer: &str) -> Result<CoreProviderMetadata, FederationFault> {
    let unreachable = |text: String| FederationFault::Unreachable(text);
    let url = IssuerUrl::new(issuer.to_owned()).map_err(|error| unreachable(error.to_string()))?;
    let metadata = CoreProviderMetadata::discover_async(url, http)
        .await
        .map_err(|error| unreachable(told(&error)))?;
    as_safe_as_its_issuer(&metadata)?;
    Ok(metadata)
}

/// The variants alone: a parser's words may show what it has read.
fn told(error: &DiscoveryError<HttpFault>) -> String {
    if let DiscoveryError::Request(fault) = error {
        format!("discovery: {fault}")
    } else if let DiscoveryError::Response(status, ..) = error {
        format!("discovery: status {status}")
    } else if let DiscoveryError::Validation(text) = error {
        format!("discovery: {text}")
    } else {
        "discovery: the answer cannot be read".to_owned()
    }
}

/// An issuer with TLS has no endpoint without it.
fn as_safe_as_its_issuer(metadata: &CoreProviderMetadata) -> Result<(), FederationFault> {
    if metadata.issuer().url().scheme() != "https" {
        return Ok(());
    }
    let urls = [
        Some(metadata.authorization_endpoint().url()),
        metadata.token_endpoint().map(TokenUrl::url),
        metadata.userinfo_endpoint().map(UserInfoUrl::url),
        Some(metadata.jwks_uri().url()),
    ];
    if urls
        .into_iter()
        .flatten()
        .all(|url| url.scheme() == "https")
    {
        return Ok(());
    }
    let text = "an endpoint of an issuer with TLS has none";
    Err(FederationFault::Unreachable(text.to_owned()))
}
