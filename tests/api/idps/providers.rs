//! What is told of providers.

use serde_json::{Value, json};

use super::fake::{FakeProvider, IDP, OAUTH};
use crate::helpers::server::TestServer;

#[test]
fn active_providers_are_listed_in_the_order_of_the_configuration() {
    let provider = FakeProvider::start();
    let server = TestServer::configured(|config| {
        provider.registered(config);
        config.idp[1].linking_allowed = false;
        config.idp[1].auto_creation = true;
        config.idp[1].auto_linking = bartizan::config::AutoLinkingConfig::Email;
    });
    let acme = json!({
        "id": IDP,
        "name": "Acme",
        "type": "IDENTITY_PROVIDER_TYPE_OIDC",
        "options": { "isLinkingAllowed": true, "isCreationAllowed": true },
    });
    let host = json!({
        "id": OAUTH,
        "name": "Code host",
        "type": "IDENTITY_PROVIDER_TYPE_OAUTH",
        "options": {
            "isCreationAllowed": true,
            "isAutoCreation": true,
            "autoLinking": "AUTO_LINKING_OPTION_EMAIL",
        },
    });
    let client = server.login_client();
    let list = |query: &str, providers: &[&Value]| {
        let head = bartizan_head(&server);
        let mut expected = json!({
            "details": { "timestamp": head, "totalResult": providers.len().to_string() },
            "identityProviders": providers,
        });
        if providers.is_empty() {
            expected = json!({ "details": { "timestamp": head } });
        }
        client
            .get(&format!("/v2/settings/login/idps{query}"))
            .ok(&expected);
    };
    list("", &[&acme, &host]);
    list("?linkingAllowed=true", &[&acme]);
    list("?linkingAllowed=false", &[&host]);
    list("?creationAllowed=true&autoCreation=false", &[&acme]);
    list("?autoLinking=true", &[&host]);
    list("?creationAllowed=false", &[]);
}

/// When the log was last written, as answers tell it.
fn bartizan_head(server: &TestServer) -> String {
    let answer = server
        .login_client()
        .get("/v2/settings/login/idps?creationAllowed=false");
    answer.str("/details/timestamp")
}

#[test]
fn a_provider_is_shown_without_its_secret() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let details = server.login_client().get("/v2/settings/login").json()["details"].clone();
    let client = server.login_client();
    client.get(&format!("/v2/idps/{IDP}")).ok(&json!({
        "idp": {
            "id": IDP,
            "details": details,
            "state": "IDP_STATE_ACTIVE",
            "name": "Acme",
            "type": "IDP_TYPE_OIDC",
            "config": {
                "options": { "isLinkingAllowed": true, "isCreationAllowed": true },
                "oidc": {
                    "issuer": provider.issuer(),
                    "clientId": "bartizan",
                    "scopes": ["openid", "profile", "email"],
                },
            },
        },
    }));
    client.get(&format!("/v2/idps/{OAUTH}")).ok(&json!({
        "idp": {
            "id": OAUTH,
            "details": details,
            "state": "IDP_STATE_ACTIVE",
            "name": "Code host",
            "type": "IDP_TYPE_OAUTH",
            "config": {
                "options": { "isLinkingAllowed": true, "isCreationAllowed": true },
                "oauth": {
                    "clientId": "bartizan",
                    "authorizationEndpoint": format!("{}/authorize", provider.issuer()),
                    "tokenEndpoint": format!("{}/token", provider.issuer()),
                    "userEndpoint": format!("{}/userinfo", provider.issuer()),
                    "scopes": ["read:user"],
                    "idAttribute": "id",
                },
            },
        },
    }));
}

#[test]
fn providers_are_shown_to_those_who_may_read_policies() {
    let provider = FakeProvider::start();
    let server = provider.server();
    server.login_client().get("/v2/idps/1").fails(
        5,
        "QUERY-SAFrt",
        "Identity Provider Configuration doesn't exist",
    );
    let nobody = server.service(&[]).client;
    nobody
        .get(&format!("/v2/idps/{IDP}"))
        .fails(5, "AUTHZ-cdgFk", "membership not found");
    nobody
        .get("/v2/settings/login/idps")
        .fails(5, "AUTHZ-cdgFk", "membership not found");
    server
        .anonymous()
        .get(&format!("/v2/idps/{IDP}"))
        .fails_plainly(16, "auth header missing");
}
