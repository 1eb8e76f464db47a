//! Names to addresses, without those that nothing may be sent to.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::domain::notification::Targets;

/// Every address of a name is one of those that are denied.
#[derive(Debug, thiserror::Error)]
#[error("the address of the receiver is denied; `notifications.webhook.allow` can allow it")]
pub(super) struct Denied;

/// Asks the system, and tells of the answer what may be connected to.
///
/// The connection is made to what is told here, so that a name cannot have another address then.
#[derive(Debug)]
pub(super) struct Resolver(pub(super) Arc<Targets>);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let targets = Arc::clone(&self.0);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let permitted: Vec<SocketAddr> = found
                .filter(|address| targets.permit(Some(name.as_str()), address.ip()))
                .collect();
            if permitted.is_empty() {
                return Err(Denied.into());
            }
            let addresses: Addrs = Box::new(permitted.into_iter());
            Ok(addresses)
        })
    }
}
