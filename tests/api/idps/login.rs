//! Starting a login, coming back from it, and reading what came of it.

use bartizan::domain::event::Aggregate;
use bartizan::domain::ids::IntentId;
use serde_json::{Value, json};

use super::fake::{FakeProvider, IDP, Landing, OAUTH, come_back, start};
use crate::helpers::server::TestServer;

/// Reads what came of a login.
pub(crate) fn retrieve(server: &TestServer, landing: &Landing) -> crate::helpers::answer::Answer {
    let path = format!("/v2/idp_intents/{}", landing.value("id"));
    let body = json!({ "idpIntentToken": landing.value("token") });
    server.login_client().post(&path, &body)
}

fn history(server: &TestServer, intent: &str) -> Vec<(u32, &'static str, Value)> {
    server.events(Aggregate::Intent(IntentId::parse(intent).unwrap()))
}

#[test]
fn a_browser_is_sent_to_the_provider_with_a_challenge_a_nonce_and_a_state() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let login = provider.begin(&server);
    let mut expected = json!({ "details": server.details(1) });
    expected["authUrl"] = json!(login.auth_url.as_str());
    login.started.ok(&expected);
    let url = &login.auth_url;
    assert!(
        url.as_str()
            .starts_with(&format!("{}/authorize?", provider.issuer()))
    );
    let values: Vec<_> = url.query_pairs().into_owned().collect();
    let value = |name: &str| {
        let found: Vec<_> = values.iter().filter(|(found, _)| found == name).collect();
        assert_eq!(found.len(), 1, "{name} in {url}");
        found[0].1.clone()
    };
    for (name, expected) in [
        ("response_type", "code"),
        ("client_id", "bartizan"),
        ("redirect_uri", "https://id.example.com/idps/callback"),
        ("scope", "openid profile email"),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(value(name), expected);
    }
    assert_eq!(value("code_challenge").len(), 43);
    assert!(value("nonce").len() >= 22);
    assert_eq!(value("state"), login.state);
    // Another login has nothing in common with it.
    let other = provider.begin(&server);
    assert_ne!(other.state, login.state);
    // What the provider says of itself was fetched once for both.
    assert_eq!(
        provider.requests(),
        ["GET /.well-known/openid-configuration", "GET /jwks"]
    );
}

#[test]
fn whoever_comes_back_with_a_code_is_told_apart_and_can_be_asked_about() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let login = provider.begin(&server);
    server.clock.advance_seconds(30);
    let landing = Landing::of(&come_back(&server, &login, "code=c0de"));
    assert_eq!(landing.url, "https://login.example.com/ok");
    let names: Vec<_> = landing.values.keys().map(String::as_str).collect();
    assert_eq!(names, ["app", "id", "token"], "nobody is linked");
    let answer = retrieve(&server, &landing);
    let id_token = answer.str("/idpInformation/oauth/idToken");
    assert_eq!(id_token.split('.').count(), 3);
    answer.ok(&json!({
        "details": server.details(2),
        "idpInformation": {
            "oauth": { "accessToken": "acc3ss", "idToken": id_token },
            "idpId": IDP,
            "userId": "ext-1",
            "userName": "mini",
            "rawInformation": {
                "sub": "ext-1",
                "preferred_username": "mini",
                "given_name": "Mini",
                "family_name": "Mouse",
                "name": "Mini Mouse",
                "email": "mini@mouse.com",
                "email_verified": true,
                "groups": ["a", "b"],
            },
        },
        "addHumanUser": {
            "username": "mini",
            "profile": { "givenName": "Mini", "familyName": "Mouse", "displayName": "Mini Mouse" },
            "email": { "email": "mini@mouse.com", "isVerified": true },
            "idpLinks": [{ "idpId": IDP, "userId": "ext-1", "userName": "mini" }],
        },
    }));
    // The suggestion is a request: it makes the user, who is known from then on.
    let suggested = answer.json()["addHumanUser"].clone();
    let added = server.admin().post("/v2/users/human", &suggested);
    let user = added.succeeds().str("/userId");
    let again = provider.log_in(&server);
    assert_eq!(again.value("user"), user);
    let answer = retrieve(&server, &again);
    assert_eq!(answer.str("/userId"), user);
    assert_eq!(answer.json().get("addHumanUser"), None);
}

#[test]
fn the_history_of_a_login_holds_no_secret() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let landing = provider.log_in(&server);
    let events = history(&server, landing.value("id"));
    let names: Vec<_> = events.iter().map(|(_, name, _)| *name).collect();
    assert_eq!(names, ["idpintent.started", "idpintent.succeeded"]);
    let (started, succeeded) = (&events[0].2, &events[1].2);
    assert_eq!(started["idpId"], IDP);
    assert_eq!(started["successURL"], "https://login.example.com/ok?app=1");
    assert_eq!(succeeded["idpUserId"], "ext-1");
    assert_eq!(succeeded["idpUserName"], "mini");
    let expected = json!(server.clock.text_in(3_600));
    assert_eq!(succeeded["expiresAt"], expected);
    let text = format!("{started} {succeeded}");
    for secret in ["acc3ss", "mini@mouse.com", landing.value("token")] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn nothing_that_the_provider_gave_is_in_the_file_in_clear() {
    let provider = FakeProvider::start();
    let mut server = provider.server();
    let landing = provider.log_in(&server);
    server.restart();
    let data = server.config().data_dir.clone();
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for secret in ["acc3ss", "mini@mouse.com", "c0de_verifier"] {
            let found = bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes());
            assert!(!found, "`{secret}` in {}", path.display());
        }
    }
    // It is had again with the key file, whoever runs then.
    let answer = retrieve(&server, &landing);
    assert_eq!(answer.str("/idpInformation/oauth/accessToken"), "acc3ss");
}

#[test]
fn a_provider_without_openid_connect_is_asked_for_the_user() {
    let provider = FakeProvider::start();
    let server = provider.server();
    provider.says(json!({ "id": 42, "login": "octo", "email": null }));
    let login = provider.begin_at(&server, OAUTH);
    let mut values = login.auth_url.query_pairs();
    let scope = values.find(|(name, _)| name == "scope").unwrap().1;
    assert_eq!(scope, "read:user");
    let landing = Landing::of(&come_back(&server, &login, "code=c0de"));
    retrieve(&server, &landing).ok(&json!({
        "details": server.details(2),
        "idpInformation": {
            "oauth": { "accessToken": "acc3ss" },
            "idpId": OAUTH,
            "userId": "42",
            "userName": "octo",
            "rawInformation": { "id": 42, "login": "octo", "email": null },
        },
        "addHumanUser": {
            "username": "octo",
            "profile": {},
            "idpLinks": [{ "idpId": OAUTH, "userId": "42", "userName": "octo" }],
        },
    }));
    assert_eq!(provider.requests(), ["POST /token", "GET /userinfo"]);
}

#[test]
fn what_cannot_be_started_is_refused() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let client = server.login_client();
    let urls = |success: &str, failure: &str| json!({ "idpId": IDP, "urls": { "successUrl": success, "failureUrl": failure } });
    server.writes_nothing(|| {
        client.post("/v2/idp_intents", &start("1")).fails(
            9,
            "COMMAND-39n221fs",
            "Identity Provider Configuration doesn't exist",
        );
        for bad in ["/relative", "javascript:alert(1)", "data:text/html,x"] {
            client
                .post("/v2/idp_intents", &urls(bad, "https://a.example"))
                .fails(3, "COMMAND-x8j3bk", "Success URL is missing in the request");
            client
                .post("/v2/idp_intents", &urls("https://a.example", bad))
                .fails(3, "COMMAND-x8j4bk", "Failure URL is missing in the request");
        }
        let ldap = json!({ "idpId": IDP, "ldap": { "username": "u", "password": "p" } });
        client.post("/v2/idp_intents", &ldap).fails(
            3,
            "IDP-9a02j2n2bh",
            "The IDP type is not implemented",
        );
        client
            .post("/v2/idp_intents", &json!({ "idpId": IDP }))
            .fails(
                12,
                "USERv2-S2g21",
                "A login at an identity provider needs its urls",
            );
        server
            .anonymous()
            .post("/v2/idp_intents", &start(IDP))
            .fails_plainly(16, "auth header missing");
    });
    assert_eq!(provider.requests(), [""; 0], "nobody was asked");
}

#[test]
fn the_login_policy_can_rule_providers_out() {
    let provider = FakeProvider::start();
    let server = TestServer::configured(|config| {
        provider.registered(config);
        config.policy.login.allow_external_idp = false;
    });
    server
        .login_client()
        .post("/v2/idp_intents", &start(IDP))
        .fails(
            9,
            "BTZ-3xtDp",
            "External identity providers are not allowed",
        );
}

#[test]
fn tokens_of_intents_are_tested_before_anything_is_looked_at() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let (one, other) = (provider.log_in(&server), provider.log_in(&server));
    let ask = |id: &str, token: &str| {
        let body = json!({ "idpIntentToken": token });
        server
            .login_client()
            .post(&format!("/v2/idp_intents/{id}"), &body)
    };
    let invalid = "Intent Token is invalid";
    for (id, token, error) in [
        (one.value("id"), "not base64!", "CRYPTO-Swg31"),
        (one.value("id"), "AAAA", "CRYPTO-Sf4gt"),
        (one.value("id"), other.value("token"), "CRYPTO-CRYPTO"),
        ("1", one.value("token"), "CRYPTO-CRYPTO"),
        ("no-id", one.value("token"), "CRYPTO-CRYPTO"),
    ] {
        ask(id, token).fails(7, error, invalid);
    }
    ask(one.value("id"), "").fails_plainly(
        3,
        "invalid RetrieveIdentityProviderIntentRequest.IdpIntentToken: value length must be between \
         1 and 200 runes, inclusive",
    );
    // The state is no token.
    let login = provider.begin(&server);
    ask(one.value("id"), &login.state).fails(7, "CRYPTO-Sf4gt", invalid);
}

#[test]
fn what_was_said_is_forgotten_after_an_hour() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let landing = provider.log_in(&server);
    server.clock.advance_seconds(3_599);
    retrieve(&server, &landing).succeeds();
    server.clock.advance_seconds(1);
    retrieve(&server, &landing).fails(9, "IDP-Afb2s", "Intent has expired");
}

#[test]
fn a_browser_comes_back_once() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let login = provider.begin(&server);
    let first = Landing::of(&come_back(&server, &login, "code=c0de"));
    let asked = provider.requests().len();
    server.writes_nothing(|| {
        for values in ["code=c0de", "error=access_denied", ""] {
            let again = Landing::of(&come_back(&server, &login, values));
            assert_eq!(again.url, "https://login.example.com/no");
            assert_eq!(again.value("error"), "IDP-Sfrgs");
            let text = "Intent is not started or was already terminated";
            assert_eq!(again.value("error_description"), text);
            assert_eq!(again.value("id"), first.value("id"));
            assert_eq!(again.values.len(), 3);
        }
    });
    assert_eq!(
        provider.requests().len(),
        asked,
        "the code is not sent again"
    );
    retrieve(&server, &first).succeeds();
}

#[test]
fn a_browser_that_comes_too_late_is_sent_away() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let login = provider.begin(&server);
    server.clock.advance_seconds(3_600);
    let late = Landing::of(&come_back(&server, &login, "code=c0de"));
    assert_eq!(late.url, "https://login.example.com/no");
    assert_eq!(late.value("error"), "BTZ-1ntLt");
    assert_eq!(late.value("error_description"), "Intent has expired");
}

#[test]
fn a_login_that_the_provider_refused_is_told_to_the_browser() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let login = provider.begin(&server);
    let values = "error=access_denied&error_description=not+today%0D%0AX-Evil:+1";
    let landing = Landing::of(&come_back(&server, &login, values));
    assert_eq!(landing.url, "https://login.example.com/no");
    assert_eq!(landing.value("error"), "access_denied");
    let description = "not today\r\nX-Evil: 1";
    assert_eq!(landing.value("error_description"), description);
    let events = history(&server, landing.value("id"));
    assert_eq!(events[1].1, "idpintent.failed");
    assert_eq!(events[1].2, json!({ "reason": "access_denied" }));
    // There is nothing to read.
    let id = IntentId::parse(landing.value("id")).unwrap();
    let token = server.core().idps.tokens.token(id).unwrap();
    let path = format!("/v2/idp_intents/{id}");
    let body = json!({ "idpIntentToken": token.expose() });
    server
        .login_client()
        .post(&path, &body)
        .fails(9, "IDP-nme4gszsvx", "Intent has not succeeded");
}

#[test]
fn a_callback_without_a_login_goes_nowhere() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let login = provider.begin(&server);
    let nobody = server.anonymous();
    server.writes_nothing(|| {
        for target in [
            "/idps/callback",
            "/idps/callback?state=&code=x",
            "/idps/callback?code=x",
        ] {
            nobody
                .get(target)
                .fails(3, "IDP-Hk38e", "State parameter is missing in the request");
        }
        let id = server.core().idps.tokens.read_state(&login.state).unwrap();
        let token = server.core().idps.tokens.token(id).unwrap();
        for state in [
            "1",
            "AAAA",
            "x1.AAAA",
            &format!("{}A", login.state),
            token.expose(),
        ] {
            let target = format!("/idps/callback?state={state}&code=c0de");
            let answer = nobody.get(&target);
            let text = "Intent is not started or was already terminated";
            answer.fails(3, "IDP-Hk38e", text);
            assert_eq!(answer.response.header("location"), None);
        }
        let twice = format!("/idps/callback?state={}&code=a&code=b", login.state);
        nobody
            .get(&twice)
            .fails_plainly(3, "too many values for field \"code\"");
        let post = nobody.post("/idps/callback", &json!({}));
        assert_eq!(post.response.status, 405);
        assert_eq!(post.response.header("allow"), Some("GET"));
        assert_eq!(
            post.json(),
            json!({ "code": 12, "message": "Method Not Allowed" })
        );
    });
    // None of this has touched the login.
    let landing = Landing::of(&come_back(&server, &login, "code=c0de"));
    assert_eq!(landing.url, "https://login.example.com/ok");
}

#[test]
fn of_browsers_that_come_back_at_the_same_time_one_succeeds() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let login = provider.begin(&server);
    let landings: Vec<_> = std::thread::scope(|scope| {
        let come = || Landing::of(&come_back(&server, &login, "code=c0de"));
        let mut threads = Vec::new();
        for _ in 0..4 {
            threads.push(scope.spawn(come));
        }
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let succeeded = landings
        .iter()
        .filter(|landing| landing.values.contains_key("token"));
    assert_eq!(succeeded.count(), 1, "{landings:?}");
    let names: Vec<_> = history(&server, landings[0].value("id"))
        .into_iter()
        .map(|(_, name, _)| name)
        .collect();
    assert_eq!(names, ["idpintent.started", "idpintent.succeeded"]);
}
