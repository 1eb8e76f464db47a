//! Sessions for reverse proxies and the services behind them.

use bartizan::domain::permission::Resource;
use serde_json::{Value, json};

use crate::helpers::{Answer, Client, NewSession, PASSWORD, TestServer};

const ASK: &str = "/bartizan/v1/forward-auth";

/// Every header that says something of a session.
const TOLD: [&str; 8] = [
    "remote-user",
    "x-auth-user-id",
    "x-auth-login-name",
    "x-auth-display-name",
    "x-auth-organization-id",
    "x-auth-session-id",
    "x-auth-factors",
    "x-auth-time",
];

#[track_caller]
fn told(answer: &Answer) -> [Option<&str>; 8] {
    TOLD.map(|name| answer.response.header(name))
}

#[track_caller]
fn passes(answer: &Answer) {
    assert_eq!(answer.response.status, 200, "{answer:?}");
    assert_eq!(answer.text(), "");
    assert_eq!(answer.response.header("cache-control"), Some("no-store"));
    assert!(told(answer).iter().all(Option::is_some), "{answer:?}");
}

#[track_caller]
fn stops(answer: &Answer) {
    answer.fails(16, "AUTH-7fs1e", "Errors.Token.Invalid");
    assert_eq!(told(answer), [None; 8]);
}

fn cookie(server: &TestServer, cookie: &str) -> Client {
    server.anonymous().with("Cookie", cookie)
}

#[test]
fn a_session_passes_and_says_whose_it_is() {
    let server = TestServer::start();
    let human = server.human_with(
        "mini",
        &json!({
            "password": { "password": PASSWORD },
            "profile": {
                "givenName": "M\u{ef}ni",
                "familyName": "100%",
                "displayName": "M\u{ef}ni 100%\n, X",
            },
        }),
    );
    let session = server.logged_in(&human);
    let seconds = (server.now().micros() / 1_000_000).to_string();
    server.clock.advance_seconds(5);
    let client = server.bearer(&session.token);
    server.writes_nothing(|| {
        for method in [
            "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PROPFIND",
        ] {
            let answer = client.send(method, ASK, None);
            passes(&answer);
            assert_eq!(
                told(&answer),
                [
                    "mini",
                    &human.id,
                    "mini",
                    "M%C3%AFni%20100%25%0A%2C%20X",
                    &server.org(),
                    &session.id,
                    "password",
                    &seconds,
                ]
                .map(Some),
                "{method}"
            );
        }
    });
}

#[test]
fn a_preflight_is_no_way_past_the_question() {
    let server = TestServer::start();
    let preflight = |client: Client| {
        client
            .with("Origin", "https://evil.example")
            .with("Access-Control-Request-Method", "GET")
            .send("OPTIONS", ASK, None)
    };
    preflight(server.anonymous()).fails_plainly(16, "auth header missing");
    let session = server.logged_in(&server.human("mini"));
    passes(&preflight(server.bearer(&session.token)));
}

#[test]
fn whatever_holds_for_no_bearer_stops() {
    let mut server = TestServer::start();
    let human = server.human("mini");
    let ask = |token: &str| server.bearer(token).get(ASK);
    server
        .anonymous()
        .get(ASK)
        .fails_plainly(16, "auth header missing");
    stops(&ask("x"));
    // A personal access token has no session.
    stops(&ask(server.first_tokens()[0]));
    let unproven = server.session(&json!({ "checks": { "user": { "userId": human.id } } }));
    stops(&ask(&unproven.token));
    stops(&ask(&server.session(&json!({})).token));

    let old = server.logged_in(&human);
    let answer = server
        .login_client()
        .patch(&old.path(), &json!({ "metadata": { "k": "AQ==" } }));
    passes(&ask(&answer.str("/sessionToken")));
    stops(&ask(&old.token));

    let ended = server.logged_in(&human);
    passes(&ask(&ended.token));
    server.login_client().delete(&ended.path()).succeeds();
    stops(&ask(&ended.token));

    let short = server.session(&json!({
        "checks": { "user": { "userId": human.id }, "password": { "password": PASSWORD } },
        "lifetime": "60s",
    }));
    passes(&ask(&short.token));
    server.clock.advance_seconds(61);
    stops(&ask(&short.token));

    let changed = server.logged_in(&human);
    server.clock.advance_seconds(1);
    let path = format!("/v2/users/{}/password", human.id);
    let new = json!({ "newPassword": { "password": "Other1234!" } });
    server.admin().post(&path, &new).succeeds();
    stops(&ask(&changed.token));

    let other = server.human("other");
    let forced = server.logged_in(&other);
    server.reconfigure(|config| config.policy.login.force_mfa = true);
    stops(&server.bearer(&forced.token).get(ASK));
    server.reconfigure(|config| config.policy.login.force_mfa = false);
    passes(&server.bearer(&forced.token).get(ASK));
    let path = format!("/v2/users/{}/lock", other.id);
    server.admin().post(&path, &json!({})).succeeds();
    stops(&server.bearer(&forced.token).get(ASK));
}

#[test]
fn a_cookie_counts_where_its_name_is_configured() {
    let mut server = TestServer::start();
    let session = server.logged_in(&server.human("mini"));
    let pair = format!("sid={}", session.token);
    cookie(&server, &pair)
        .get(ASK)
        .fails_plainly(16, "auth header missing");
    server.reconfigure(|config| config.forward_auth.cookie = "sid".to_owned());
    passes(&cookie(&server, &format!("a=b; {pair}")).get(ASK));
    // Proxies pass the credentials of an application on.
    let basic = cookie(&server, &pair).with("Authorization", "Basic YTpi");
    passes(&basic.get(ASK));
    // A bearer token that does not hold is not made good by a cookie.
    stops(
        &cookie(&server, &pair)
            .with("Authorization", "Bearer x")
            .get(ASK),
    );
    stops(&cookie(&server, "sid=x").get(ASK));
    cookie(&server, "other=x")
        .get(ASK)
        .fails_plainly(16, "auth header missing");
    cookie(&server, &format!("sid=x; {pair}"))
        .get(ASK)
        .fails_plainly(16, "too many cookies of the configured name");
    passes(&server.bearer(&session.token).get(ASK));
}

/// A session with a password now and a code of an app a minute later.
fn two_factors(server: &TestServer) -> NewSession {
    let (human, app) = server.human_with_app("mini");
    let session = server.logged_in(&human);
    server.clock.advance_seconds(60);
    let check = json!({ "checks": { "totp": { "code": app.code(server) } } });
    let answer = server.login_client().patch(&session.path(), &check);
    NewSession {
        token: answer.str("/sessionToken"),
        ..session
    }
}

#[test]
fn more_can_be_asked_for_than_the_policy_does() {
    const WEAK: &str = "The session has not proven enough, or not lately enough";
    let server = TestServer::start();
    let session = two_factors(&server);
    let client = server.bearer(&session.token);
    let answer = client.get(ASK);
    passes(&answer);
    assert_eq!(
        answer.response.header("x-auth-factors"),
        Some("password,totp")
    );
    let table = [
        ("factors=password", true),
        ("factors=password,otp", true),
        ("factors=password,otp|webauthn", true),
        ("factors=webauthn", false),
        ("factors=password,passkey", false),
        ("factors=idp|password", true),
        ("max_age=30s", true),
        ("factors=otp&max_age=30s", true),
        ("factors=password&max_age=30s", false),
        ("factors=password&max_age=1m", true),
    ];
    for (query, expected) in table {
        let answer = client.get(&format!("{ASK}?{query}"));
        if expected {
            passes(&answer);
            continue;
        }
        answer.fails(16, "BTZ-St3pU", WEAK);
        assert_eq!(told(&answer), [None; 8]);
        let challenge = "Bearer error=\"insufficient_user_authentication\"";
        let challenge = if query.contains("30s") {
            format!("{challenge}, max_age=\"30\"")
        } else {
            challenge.to_owned()
        };
        assert_eq!(
            answer.response.header("www-authenticate"),
            Some(&*challenge)
        );
    }
    server.clock.advance_seconds(31);
    client
        .get(&format!("{ASK}?max_age=30s"))
        .fails(16, "BTZ-St3pU", WEAK);
    // A mistake in the configuration of a proxy lets nobody through.
    client
        .get(&format!("{ASK}?factor=webauthn"))
        .fails_plainly(3, "parsing field \"factor\": there is no such field");
    client
        .get(&format!("{ASK}?factors=pasword"))
        .fails_plainly(3, "parsing field \"factors\": there is no such factor");
    client
        .get(&format!("{ASK}?max_age=1h&max_age=2h"))
        .fails_plainly(3, "too many values for field \"max_age\"");
}

const INTROSPECT: &str = "/bartizan/v1/introspect";

#[track_caller]
fn introspect(client: &Client, token: &str) -> Answer {
    let body = format!("token_type_hint=x&token={token}");
    let form = "application/x-www-form-urlencoded";
    let answer = client
        .with("Content-Type", form)
        .send("POST", INTROSPECT, Some(body.as_bytes()));
    if answer.response.status == 200 {
        assert_eq!(answer.response.header("cache-control"), Some("no-store"));
    }
    answer
}

fn inactive() -> Value {
    json!({ "active": false })
}

#[test]
fn a_token_that_holds_is_told_to_whoever_may_read_the_session() {
    let server = TestServer::start();
    let human = server.human("mini");
    let begun = server.now().micros() / 1_000_000;
    let session = server.session(&json!({
        "checks": { "user": { "userId": human.id }, "password": { "password": PASSWORD } },
        "lifetime": "600s",
    }));
    server.clock.advance_seconds(5);
    let active = json!({
        "active": true,
        "token_type": "session",
        "sub": human.id,
        "username": "mini",
        "name": "Mini Mouse",
        "sid": session.id,
        "iat": begun,
        "exp": begun + 600,
        "auth_time": begun,
        "factors": ["password"],
        "urn:zitadel:iam:user:resourceowner:id": server.org(),
    });
    server.writes_nothing(|| {
        introspect(&server.admin(), &session.token).ok(&active);
        introspect(&server.login_client(), &session.token).ok(&active);
        introspect(&server.bearer(&session.token), &session.token).ok(&active);
    });
}

#[test]
fn what_does_not_hold_is_told_like_what_may_not_be_read() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.logged_in(&human);
    let org = server.second_org("other.example");
    let elsewhere = server.service_on(org, Resource::Org(org), &["ORG_OWNER"]);
    introspect(&elsewhere.client, &session.token).ok(&inactive());
    introspect(&server.service(&[]).client, &session.token).ok(&inactive());
    let admin = server.admin();
    for token in ["x", server.first_tokens()[0], "%00", &session.token[1..]] {
        introspect(&admin, token).ok(&inactive());
    }
    let unproven = server.session(&json!({ "checks": { "user": { "userId": human.id } } }));
    introspect(&admin, &unproven.token).ok(&inactive());
    server.login_client().delete(&session.path()).succeeds();
    introspect(&admin, &session.token).ok(&inactive());
}

#[test]
fn introspection_takes_one_token_of_a_caller_in_a_form() {
    let server = TestServer::start();
    introspect(&server.anonymous(), "x").fails_plainly(16, "auth header missing");
    introspect(&server.bearer("x"), "x").fails(16, "AUTH-7fs1e", "Errors.Token.Invalid");
    let admin = server.admin();
    introspect(&admin, "").fails_plainly(3, "no token");
    introspect(&admin, "a&token=b").fails_plainly(3, "too many values for field \"token\"");
    admin
        .post(INTROSPECT, &json!({ "token": "x" }))
        .fails_plainly(3, "the body must be `application/x-www-form-urlencoded`");
    let answer = admin.get(INTROSPECT);
    assert_eq!(answer.response.header("allow"), Some("POST"));
    answer.is(405, &json!({ "code": 12, "message": "Method Not Allowed" }));
}
