//! Identity providers: what is configured, with the secrets that they gave us.

use std::sync::Arc;

use crate::config::{Config, IdpConfig};
use crate::crypto::{IntentTokenMaker, KeyFile, SealingKeys};
use crate::domain::secret::Secret;
use crate::federation::{Federated, Registration};
use crate::ports::{Clock, IdentityProviders};

use super::{AppError, secret_file};

/// The configured providers, with the secrets that they gave us.
pub(super) fn identity_providers(
    config: &Config,
    clock: Arc<dyn Clock>,
    keys: &KeyFile,
) -> Result<IdentityProviders, AppError> {
    let mut partners = Vec::with_capacity(config.idp.len());
    for idp in &config.idp {
        partners.push(Registration {
            provider: idp.to_domain(),
            secret: client_secret(idp)?,
            timeout: idp.timeout,
        });
    }
    let known = partners.iter().map(|partner| partner.provider.clone());
    let known = known.collect();
    let federation = Federated::new(partners, &config.external_url(), clock);
    Ok(IdentityProviders {
        known,
        federation: Arc::new(federation.map_err(AppError::HttpClient)?),
        tokens: Arc::new(IntentTokenMaker::new(keys)),
        vault: Arc::new(SealingKeys::for_intents(keys)),
    })
}

/// The secret of this server as a provider's client.
fn client_secret(idp: &IdpConfig) -> Result<Option<Secret>, AppError> {
    let Some(path) = &idp.client_secret_file else {
        return Ok(idp.client_secret.clone());
    };
    let secret = secret_file::read(path).map_err(|source| AppError::ClientSecret {
        path: path.clone(),
        source,
    })?;
    Ok(Some(secret))
}
