//! Talking to identity providers: OpenID Connect and OAuth 2.0, with PKCE and a nonce.
//!
//! Implements the port [`Federation`]. What providers say in errors goes into faults, which are for the
//! log; no code, token or secret does.

mod discovery;
mod http;
mod profile;
mod verify;

use std::sync::Arc;
use std::time::Duration;

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreProviderMetadata,
    CoreResponseType, CoreTokenResponse,
};
use openidconnect::{
    AsyncHttpClient as _, AuthType, AuthUrl, AuthorizationCode, ClientId, ClientSecret, CsrfToken,
    EmptyAdditionalProviderMetadata, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl,
    JsonWebKeySetUrl, Nonce, OAuth2TokenResponse as _, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, ResponseTypes, Scope, TokenResponse as _, TokenUrl,
};

use self::discovery::{Discovery, Found};
use self::http::{HttpClient, HttpFault};
use self::profile::Claims;
use crate::domain::idp::{Provider, ProviderKind};
use crate::domain::intent::Identity;
use crate::domain::secret::Secret;
use crate::ports::{Clock, Departure, Federation, FederationFault, Handshake, Pending};

/// Where providers send browsers back to, below the address of this server: ZITADEL's.
pub const CALLBACK: &str = "/idps/callback";

/// A client of the library with what a provider's metadata has.
type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// A provider, and what is shared with it alone.
#[derive(Debug)]
pub struct Registration {
    /// What may be told of it.
    pub provider: Provider,
    /// The secret of this server as its client; none for a public client.
    pub secret: Option<Secret>,
    /// How long one request to it may take.
    pub timeout: Duration,
}

/// The providers of this installation.
#[derive(Debug)]
pub struct Federated {
    providers: Vec<Partner>,
    callback: String,
    clock: Arc<dyn Clock>,
}

/// One of them, with what is shared with it.
#[derive(Debug)]
struct Partner {
    provider: Provider,
    secret: Option<Secret>,
    http: HttpClient,
    discovery: Discovery,
}

impl Federated {
    /// The providers that are registered; `external_url` is the address of this server
    /// as browsers know it.
    ///
    /// # Errors
    /// If the client for requests cannot be made.
    pub fn new(
        providers: impl IntoIterator<Item = Registration>,
        external_url: &str,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        let mut partners = Vec::new();
        // Made with the first provider: it reads a list of authorities, which costs a start without
        // providers as much as all the rest.
        let mut http: Option<HttpClient> = None;
        for registered in providers {
            let http = match &http {
                Some(http) => http,
                None => http.insert(HttpClient::new().map_err(|error| error.to_string())?),
            };
            partners.push(Partner {
                provider: registered.provider,
                secret: registered.secret,
                http: http.within(registered.timeout),
                discovery: Discovery::default(),
            });
        }
        Ok(Self {
            providers: partners,
            callback: format!("{external_url}{CALLBACK}"),
            clock,
        })
    }

    fn partner(&self, idp_id: &str) -> Result<&Partner, FederationFault> {
        let found = self
            .providers
            .iter()
            .find(|partner| partner.provider.id == idp_id);
        found.ok_or(FederationFault::Unknown)
    }

    async fn found(&self, partner: &Partner) -> Result<Found, FederationFault> {
        let now = self.clock.now();
        match &partner.provider.kind {
            ProviderKind::Oidc { issuer, .. } => {
                partner
                    .discovery
                    .get(&partner.http, issuer, now, None)
                    .await
            }
            ProviderKind::OAuth {
                authorization_endpoint,
                token_endpoint,
                ..
            } => Ok(Found {
                at: now,
                metadata: Arc::new(undiscovered(authorization_endpoint, token_endpoint)?),
            }),
        }
    }

    fn client(
        &self,
        partner: &Partner,
        metadata: &CoreProviderMetadata,
    ) -> Result<Client, FederationFault> {
        let secret = partner.secret.as_ref();
        let secret = secret.map(|secret| ClientSecret::new(secret.expose().to_owned()));
        let callback = RedirectUrl::new(self.callback.clone()).map_err(misconfigured)?;
        let client_id = ClientId::new(partner.provider.client_id.clone());
        let client = CoreClient::from_provider_metadata(metadata.clone(), client_id, secret)
            .set_redirect_uri(callback)
            .set_auth_type(auth_type(&partner.provider, metadata));
        Ok(match partner.provider.kind {
            ProviderKind::Oidc { .. } => client,
            ProviderKind::OAuth { .. } => client.disable_openid_scope(),
        })
    }

    async fn begin(&self, idp_id: &str, state: &Secret) -> Result<Departure, FederationFault> {
        let partner = self.partner(idp_id)?;
        let found = self.found(partner).await?;
        let client = self.client(partner, &found.metadata)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let state = CsrfToken::new(state.expose().to_owned());
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let openid = matches!(partner.provider.kind, ProviderKind::Oidc { .. });
        let scopes = partner.provider.scopes.iter();
        // The library asks for `openid` itself.
        let scopes = scopes.filter(|scope| !openid || *scope != "openid");
        let (url, _, nonce) = client
            .authorize_url(flow, move || state, Nonce::new_random)
            .add_scopes(scopes.map(|scope| Scope::new(scope.clone())))
            .set_pkce_challenge(challenge)
            .url();
        Ok(Departure {
            url: url.into(),
            handshake: Handshake {
                nonce: Secret::new(nonce.secret().clone()),
                verifier: Secret::new(verifier.into_secret()),
            },
        })
    }

    async fn finish(
        &self,
        idp_id: &str,
        code: Secret,
        handshake: Handshake,
    ) -> Result<Identity, FederationFault> {
        let partner = self.partner(idp_id)?;
        let found = self.found(partner).await?;
        let client = self.client(partner, &found.metadata)?;
        let code = AuthorizationCode::new(code.expose().to_owned());
        let verifier = PkceCodeVerifier::new(handshake.verifier.expose().to_owned());
        let response = client
            .exchange_code(code)
            .map_err(misconfigured)?
            .set_pkce_verifier(verifier)
            .request_async(&partner.http)
            .await
            .map_err(|error| refused(&error))?;
        let access_token = Secret::new(response.access_token().secret().clone());
        let (subject, claims, id_token) = match &partner.provider.kind {
            ProviderKind::Oidc {
                issuer,
                id_token_mapping,
            } => {
                let nonce = &handshake.nonce;
                let token = self
                    .verified(partner, issuer, found, &client, (&response, nonce))
                    .await?;
                let endpoint = client.user_info_url().filter(|_| !id_token_mapping);
                let claims = match endpoint {
                    Some(url) => {
                        let claims = Self::userinfo(partner, url.as_str(), &access_token).await?;
                        if profile::text(&claims, "sub").as_ref() != Some(&token.subject) {
                            return Err(untrusted("userinfo is about somebody else"));
                        }
                        claims
                    }
                    None => token.claims,
                };
                (token.subject, claims, Some(token.text))
            }
            ProviderKind::OAuth {
                user_endpoint,
                id_attribute,
                ..
            } => {
                let claims = Self::userinfo(partner, user_endpoint, &access_token).await?;
                let id = profile::text(&claims, id_attribute);
                let id = id.ok_or_else(|| untrusted("userinfo has no id"))?;
                (id, claims, None)
            }
        };
        Ok(Identity {
            external_name: profile::name(&claims, &subject),
            external_id: subject,
            profile: profile::profile(&claims),
            raw: serde_json::Value::Object(claims).to_string(),
            access_token,
            id_token,
        })
    }

    /// The ID token of an answer. A key that is not known may be a new one: then the keys are fetched
    /// again, once.
    async fn verified(
        &self,
        partner: &Partner,
        issuer: &str,
        found: Found,
        client: &Client,
        (response, nonce): (&CoreTokenResponse, &Secret),
    ) -> Result<verify::Verified, FederationFault> {
        let now = self.clock.now();
        let token = response.id_token();
        let token = token.ok_or_else(|| untrusted("there is no ID token"))?;
        let nonce = Nonce::new(nonce.expose().to_owned());
        let access_token = response.access_token();
        match verify::id_token(client, &found.metadata, token, access_token, &nonce, now) {
            Err(verify::TokenFault::UnknownKey) => {
                let found = partner
                    .discovery
                    .get(&partner.http, issuer, now, Some(found.at));
                let found = found.await?;
                let client = self.client(partner, &found.metadata)?;
                verify::id_token(&client, &found.metadata, token, access_token, &nonce, now)
            }
            verified => verified,
        }
        .map_err(|fault| untrusted(&fault.to_string()))
    }

    async fn userinfo(
        partner: &Partner,
        url: &str,
        token: &Secret,
    ) -> Result<Claims, FederationFault> {
        let request = openidconnect::http::Request::get(url)
            .header("accept", "application/json")
            .header("authorization", format!("Bearer {}", token.expose()))
            .body(Vec::new())
            .map_err(misconfigured)?;
        let answer = partner.http.call(request).await;
        let answer = answer.map_err(|fault| unreachable("userinfo", &fault.to_string()))?;
        if !answer.status().is_success() {
            let status = answer.status().to_string();
            return Err(unreachable("userinfo: status", &status));
        }
        let claims = profile::read(answer.body());
        claims.ok_or_else(|| unreachable("userinfo", "the answer is no JSON object"))
    }
}

impl Federation for Federated {
    fn depart<'a>(
        &'a self,
        idp_id: &'a str,
        state: &'a Secret,
    ) -> Pending<'a, Result<Departure, FederationFault>> {
        Box::pin(self.begin(idp_id, state))
    }

    fn arrive<'a>(
        &'a self,
        idp_id: &'a str,
        code: Secret,
        handshake: Handshake,
    ) -> Pending<'a, Result<Identity, FederationFault>> {
        Box::pin(self.finish(idp_id, code, handshake))
    }
}

/// The metadata of a provider whose endpoints are configured.
fn undiscovered(authorization: &str, token: &str) -> Result<CoreProviderMetadata, FederationFault> {
    let url = |text: &str| text.to_owned();
    Ok(CoreProviderMetadata::new(
        IssuerUrl::new(url(authorization)).map_err(misconfigured)?,
        AuthUrl::new(url(authorization)).map_err(misconfigured)?,
        JsonWebKeySetUrl::new(url(authorization)).map_err(misconfigured)?,
        vec![ResponseTypes::new(vec![CoreResponseType::Code])],
        Vec::new(),
        Vec::new(),
        EmptyAdditionalProviderMetadata {},
    )
    .set_token_endpoint(Some(TokenUrl::new(url(token)).map_err(misconfigured)?)))
}

/// How this server says who it is: as the provider wants it, else in the header, which RFC 6749
/// demands of providers; those without OpenID Connect often read the body alone.
fn auth_type(provider: &Provider, metadata: &CoreProviderMetadata) -> AuthType {
    let Some(methods) = metadata.token_endpoint_auth_methods_supported() else {
        return match provider.kind {
            ProviderKind::Oidc { .. } => AuthType::BasicAuth,
            ProviderKind::OAuth { .. } => AuthType::RequestBody,
        };
    };
    let basic = methods.contains(&CoreClientAuthMethod::ClientSecretBasic);
    if !basic && methods.contains(&CoreClientAuthMethod::ClientSecretPost) {
        AuthType::RequestBody
    } else {
        AuthType::BasicAuth
    }
}

fn refused(
    error: &RequestTokenError<
        HttpFault,
        openidconnect::StandardErrorResponse<openidconnect::core::CoreErrorResponseType>,
    >,
) -> FederationFault {
    match error {
        // Its code alone: the description may repeat what we have sent.
        RequestTokenError::ServerResponse(said) => {
            FederationFault::Refused(said.error().as_ref().to_owned())
        }
        RequestTokenError::Request(fault) => unreachable("token endpoint", &fault.to_string()),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            unreachable("token endpoint", "the answer cannot be read")
        }
    }
}

fn unreachable(what: &str, why: &str) -> FederationFault {
    FederationFault::Unreachable(format!("{what}: {why}"))
}

fn untrusted(why: &str) -> FederationFault {
    FederationFault::Untrusted(why.to_owned())
}

/// An address that passed the configuration and is none for the library.
fn misconfigured(error: impl std::fmt::Display) -> FederationFault {
    FederationFault::Unreachable(error.to_string())
}
