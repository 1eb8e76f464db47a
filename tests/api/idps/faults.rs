//! Providers that lie, stall or answer too much.

use serde_json::json;

use super::fake::{FakeProvider, Fault, IDP, Landing, SECRET, come_back, start};
use super::login::retrieve;
use crate::helpers::server::TestServer;
use crate::secrets::capture;

const UNREACHABLE: (&str, &str) = ("BTZ-1dpUn", "Identity provider cannot be reached");
const REFUSED: (&str, &str) = ("BTZ-1dpRf", "Identity provider refused the login");
const UNTRUSTED: (&str, &str) = ("BTZ-1dpTr", "Answer of the identity provider is not valid");

#[track_caller]
fn fails_with(server: &TestServer, provider: &FakeProvider, fault: Fault, told: (&str, &str)) {
    let login = provider.begin(server);
    provider.fault(fault);
    let landing = Landing::of(&come_back(server, &login, "code=c0de"));
    provider.fault(Fault::None);
    assert_eq!(landing.url, "https://login.example.com/no", "{fault:?}");
    assert_eq!(landing.value("error"), told.0, "{fault:?}");
    assert_eq!(landing.value("error_description"), told.1, "{fault:?}");
    assert_eq!(landing.values.len(), 3, "{landing:?}");
}

#[test]
fn a_token_that_cannot_be_trusted_proves_nobody() {
    let provider = FakeProvider::start();
    let server = provider.server();
    for fault in [
        Fault::Nonce,
        Fault::Signature,
        Fault::UnknownKey,
        Fault::SharedSecret,
        Fault::Unsigned,
        Fault::Issuer,
        Fault::Audience,
        Fault::Expired,
        Fault::NoIdToken,
        Fault::AccessTokenHash,
        Fault::Subject,
    ] {
        fails_with(&server, &provider, fault, UNTRUSTED);
    }
    // And it is none of these when nothing is wrong.
    retrieve(&server, &provider.log_in(&server)).succeeds();
}

#[test]
fn a_provider_that_does_not_answer_as_it_should_is_unreachable() {
    let provider = FakeProvider::start();
    let server = TestServer::configured(|config| {
        provider.registered(config);
        config.idp[0].timeout = std::time::Duration::from_millis(300);
    });
    for fault in [
        Fault::Huge,
        Fault::Redirect,
        Fault::HangUp,
        Fault::Slow,
        Fault::Garbage,
    ] {
        fails_with(&server, &provider, fault, UNREACHABLE);
        let followed = provider
            .requests()
            .into_iter()
            .filter(|line| line == "GET /jwks");
        assert_eq!(followed.count(), 1, "{fault:?}: no redirect is followed");
    }
}

#[test]
fn a_code_that_the_provider_does_not_take_is_told_without_its_words() {
    let provider = FakeProvider::start();
    let server = provider.server();
    fails_with(&server, &provider, Fault::Code, REFUSED);
    let login = provider.begin(&server);
    let landing = Landing::of(&come_back(&server, &login, "code=another"));
    assert_eq!(landing.value("error"), REFUSED.0);
    let login = provider.begin(&server);
    let landing = Landing::of(&come_back(&server, &login, ""));
    assert_eq!(landing.value("error"), "BTZ-1ntCd");
    let text = "Code parameter is missing in the request";
    assert_eq!(landing.value("error_description"), text);
}

#[test]
fn no_secret_of_a_login_is_logged_however_it_ends() {
    let log = capture();
    let provider = FakeProvider::start();
    let server = provider.server();
    let mut secrets = Vec::new();
    for fault in [
        Fault::None,
        Fault::Code,
        Fault::Garbage,
        Fault::HangUp,
        Fault::Signature,
        Fault::Subject,
    ] {
        let login = provider.begin(&server);
        provider.fault(fault);
        let landing = Landing::of(&come_back(&server, &login, "code=c0de"));
        provider.fault(Fault::None);
        secrets.push(login.state);
        secrets.extend(landing.values.get("token").cloned());
    }
    // How `bartizan:` begins in base64.
    let basic = "Basic YmFydGl6YW46";
    let known = [
        "acc3ss",
        "code=c0de",
        "code_verifier=",
        SECRET,
        basic,
        "c0de is used",
    ];
    secrets.extend(known.map(str::to_owned));
    for secret in secrets {
        assert_eq!(log.with(&secret), [""; 0], "{secret}");
    }
    let reasons = log.with("the identity provider refused the code: invalid_grant");
    assert_eq!(reasons.len(), 1, "{reasons:?}");
}

#[test]
fn new_keys_of_the_provider_are_fetched_when_they_are_met() {
    let provider = FakeProvider::start();
    let server = provider.server();
    provider.log_in(&server);
    provider.rotate_keys();
    let count = || {
        let requests = provider.requests();
        requests.iter().filter(|line| *line == "GET /jwks").count()
    };
    // Not more often than once a minute, whatever keys tokens name.
    fails_with(&server, &provider, Fault::None, UNTRUSTED);
    assert_eq!(count(), 1);
    server.clock.advance_seconds(60);
    provider.log_in(&server);
    assert_eq!(count(), 2);
    fails_with(&server, &provider, Fault::UnknownKey, UNTRUSTED);
    assert_eq!(count(), 2);
    // And anew after an hour, without a reason.
    server.clock.advance_seconds(3_600);
    provider.log_in(&server);
    assert_eq!(count(), 3);
}

#[test]
fn a_provider_that_is_not_there_starts_no_login() {
    let provider = FakeProvider::start();
    let server = TestServer::configured(|config| {
        provider.registered(config);
        // A port that nobody listens on: it was free a moment ago.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        config.idp[0].issuer = format!("http://{}", free.local_addr().unwrap());
    });
    server.writes_nothing(|| {
        server
            .login_client()
            .post("/v2/idp_intents", &start(IDP))
            .fails(14, UNREACHABLE.0, UNREACHABLE.1);
    });
}

#[test]
fn many_who_ask_at_the_same_time_make_one_request() {
    let provider = FakeProvider::start();
    let server = TestServer::configured(|config| {
        provider.registered(config);
        config.server.workers = 2;
    });
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let client = server.login_client();
                client.post("/v2/idp_intents", &start(IDP)).succeeds();
            });
        }
    });
    let mut requests = provider.requests();
    requests.sort();
    assert_eq!(
        requests,
        ["GET /.well-known/openid-configuration", "GET /jwks"]
    );
}

#[test]
fn an_issuer_that_calls_itself_otherwise_is_not_believed() {
    let provider = FakeProvider::start();
    let server = TestServer::configured(|config| {
        provider.registered(config);
        config.idp[0].issuer = provider.issuer().replace("127.0.0.1", "localhost");
    });
    server
        .login_client()
        .post("/v2/idp_intents", &start(IDP))
        .fails(14, UNREACHABLE.0, UNREACHABLE.1);
}

#[test]
fn the_id_token_alone_is_enough_where_it_is_configured() {
    let provider = FakeProvider::start();
    let server = TestServer::configured(|config| {
        provider.registered(config);
        config.idp[0].id_token_mapping = true;
    });
    let landing = provider.log_in(&server);
    let answer = retrieve(&server, &landing);
    let raw = answer.json()["idpInformation"]["rawInformation"].clone();
    assert_eq!(raw["sub"], "ext-1");
    assert_eq!(raw["aud"], json!(["bartizan"]));
    assert!(!provider.requests().contains(&"GET /userinfo".to_owned()));
}
