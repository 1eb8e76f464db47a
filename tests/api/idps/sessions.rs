//! Sessions whose user an identity provider vouches for (session-service.md section 6.2).

use bartizan::domain::event::Aggregate;
use bartizan::domain::ids::IntentId;
use serde_json::{Value, json};

use super::fake::{FakeProvider, IDP, Landing, OAUTH};
use super::login::retrieve;
use crate::helpers::server::{Human, PASSWORD, TestServer};
use crate::helpers::totp::Authenticator;

fn linked(server: &TestServer, name: &str, external: &str) -> Human {
    let link = json!({ "idpId": IDP, "userId": external, "userName": name });
    server.human_with(
        name,
        &json!({ "idpLinks": [link], "password": { "password": PASSWORD } }),
    )
}

fn intent(landing: &Landing) -> Value {
    json!({ "idpIntentId": landing.value("id"), "idpIntentToken": landing.value("token") })
}

/// A call that opens a session for a user with an intent.
fn with_intent(user: &Human, landing: &Landing) -> Value {
    json!({ "checks": { "user": { "userId": user.id }, "idpIntent": intent(landing) } })
}

fn names(server: &TestServer, landing: &Landing) -> Vec<&'static str> {
    let id = IntentId::parse(landing.value("id")).unwrap();
    let events = server.events(Aggregate::Intent(id));
    events.into_iter().map(|(_, name, _)| name).collect()
}

#[test]
fn an_intent_proves_who_the_user_is_and_works_once() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let user = linked(&server, "mini", "ext-1");
    let landing = provider.log_in(&server);
    assert_eq!(landing.value("user"), user.id);
    server.clock.advance_seconds(5);
    let client = server.login_client();
    let opened = client.post("/v2/sessions", &with_intent(&user, &landing));
    opened.is(201, &server.created(4));
    let (id, token) = (opened.str("/sessionId"), opened.str("/sessionToken"));
    let session = client.get(&format!("/v2/sessions/{id}"));
    let at = json!({ "verifiedAt": server.clock.text() });
    assert_eq!(session.json()["session"]["factors"]["intent"], at);
    assert_eq!(
        server.session_history(&id),
        [
            "session.added",
            "session.user.checked",
            "session.intent.checked",
            "session.token.set"
        ]
    );
    assert_eq!(
        names(&server, &landing),
        [
            "idpintent.started",
            "idpintent.succeeded",
            "idpintent.consumed"
        ]
    );
    // It is a factor: the user may act.
    let own = server.bearer(&token).get(&format!("/v2/users/{}", user.id));
    own.succeeds();
    server.writes_nothing(|| {
        let again = client.post("/v2/sessions", &with_intent(&user, &landing));
        again.fails(9, "COMMAND-Df4bw", "Intent has not succeeded");
        let body = json!({ "checks": { "idpIntent": intent(&landing) } });
        client.patch(&format!("/v2/sessions/{id}"), &body).fails(
            9,
            "COMMAND-Df4bw",
            "Intent has not succeeded",
        );
        retrieve(&server, &landing).fails(9, "IDP-nme4gszsvx", "Intent has not succeeded");
    });
}

#[test]
fn an_intent_is_checked_on_a_session_that_has_its_user() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let user = linked(&server, "mini", "ext-1");
    let landing = provider.log_in(&server);
    let session = server.session(&json!({ "checks": { "user": { "userId": user.id } } }));
    let body = json!({ "checks": { "idpIntent": intent(&landing) } });
    let changed = server.login_client().patch(&session.path(), &body);
    changed.ok(&server.changed(5));
}

#[test]
fn a_user_who_was_linked_after_the_login_is_proven_by_it() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let user = server.human("mini");
    let landing = provider.log_in(&server);
    assert!(!landing.values.contains_key("user"));
    let client = server.login_client();
    let other = "Intent meant for another user";
    client
        .post("/v2/sessions", &with_intent(&user, &landing))
        .fails(9, "COMMAND-O8xk3w", other);
    let link = json!({ "idpLink": { "idpId": IDP, "userId": "ext-1", "userName": "mini" } });
    let links = format!("/v2/users/{}/links", user.id);
    client.post(&links, &link).succeeds();
    client
        .post("/v2/sessions", &with_intent(&user, &landing))
        .is(201, &server.created(4));
}

#[test]
fn an_intent_proves_nobody_else() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let (user, other) = (
        linked(&server, "mini", "ext-1"),
        linked(&server, "other", "ext-2"),
    );
    let landing = provider.log_in(&server);
    let client = server.login_client();
    let text = "Intent meant for another user";
    server.writes_nothing(|| {
        let answer = client.post("/v2/sessions", &with_intent(&other, &landing));
        answer.fails(9, "COMMAND-O8xk3w", text);
    });
    // Not even the one whom it names, once the link is gone.
    let path = format!("/v2/users/{}/links/{IDP}/ext-1", user.id);
    client.delete(&path).succeeds();
    client
        .post("/v2/sessions", &with_intent(&user, &landing))
        .fails(9, "COMMAND-O8xk3w", text);
    // Nor the one who has the link now.
    let link = json!({ "idpLink": { "idpId": IDP, "userId": "ext-1", "userName": "mini" } });
    client
        .post(&format!("/v2/users/{}/links", other.id), &link)
        .succeeds();
    client
        .post("/v2/sessions", &with_intent(&other, &landing))
        .fails(9, "COMMAND-O8xk3w", text);
    assert_eq!(names(&server, &landing).len(), 2, "it was not used up");
}

#[test]
fn the_same_id_at_another_provider_proves_nobody() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let link = json!({ "idpId": OAUTH, "userId": "ext-1", "userName": "mini" });
    let user = server.human_with("mini", &json!({ "idpLinks": [link] }));
    let landing = provider.log_in(&server);
    assert!(!landing.values.contains_key("user"));
    server
        .login_client()
        .post("/v2/sessions", &with_intent(&user, &landing))
        .fails(9, "COMMAND-O8xk3w", "Intent meant for another user");
}

#[test]
fn refusals_come_in_their_order() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let user = linked(&server, "mini", "ext-1");
    let (landing, other) = (provider.log_in(&server), provider.log_in(&server));
    let client = server.login_client();
    let check = |check: Value, with_user: bool| {
        let mut body = json!({ "checks": { "idpIntent": check } });
        if with_user {
            body["checks"]["user"] = json!({ "userId": user.id });
        }
        client.post("/v2/sessions", &body)
    };
    let with_token =
        |token: &str| json!({ "idpIntentId": landing.value("id"), "idpIntentToken": token });
    server.writes_nothing(|| {
        // Without a user nothing else is looked at.
        check(with_token("!"), false).fails(9, "COMMAND-Sfw3r", "User ID missing");
        let invalid = "Intent Token is invalid";
        check(with_token("!"), true).fails(7, "CRYPTO-Swg31", invalid);
        check(with_token("AAAA"), true).fails(7, "CRYPTO-Sf4gt", invalid);
        check(with_token(other.value("token")), true).fails(7, "CRYPTO-CRYPTO", invalid);
    });
    // Started and not done.
    let login = provider.begin(&server);
    let id = server.core().idps.tokens.read_state(&login.state).unwrap();
    let token = server.core().idps.tokens.token(id).unwrap();
    let started = json!({ "idpIntentId": id.to_string(), "idpIntentToken": token.expose() });
    check(started, true).fails(9, "COMMAND-Df4bw", "Intent has not succeeded");
    // One that never was.
    let never = IntentId::new(7);
    let token = server.core().idps.tokens.token(never).unwrap();
    let never = json!({ "idpIntentId": "7", "idpIntentToken": token.expose() });
    check(never, true).fails(9, "COMMAND-Df4bw", "Intent has not succeeded");
    server.clock.advance_seconds(3_599);
    check(intent(&other), true).succeeds();
    server.clock.advance_seconds(1);
    check(intent(&landing), true).fails(9, "COMMAND-SAf42", "Intent has expired");
}

#[test]
fn a_user_who_may_not_log_in_is_refused_whatever_the_provider_says() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let user = linked(&server, "mini", "ext-1");
    let session = server.session(&json!({ "checks": { "user": { "userId": user.id } } }));
    let landing = provider.log_in(&server);
    let lock = format!("/v2/users/{}/lock", user.id);
    server.admin().post(&lock, &json!({})).succeeds();
    let client = server.login_client();
    client
        .post("/v2/sessions", &with_intent(&user, &landing))
        .fails(9, "SESSION-Gj4ko", "Errors.User.NotActive");
    let body = json!({ "checks": { "idpIntent": intent(&landing) } });
    // Locking has ended the session.
    client
        .patch(&session.path(), &body)
        .fails(9, "COMMAND-Hewfq", "Session already terminated");
    let unlock = format!("/v2/users/{}/unlock", user.id);
    server.admin().post(&unlock, &json!({})).succeeds();
    client
        .post("/v2/sessions", &with_intent(&user, &landing))
        .succeeds();
}

#[test]
fn a_check_that_fails_after_it_leaves_the_intent_as_it_was() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let user = linked(&server, "mini", "ext-1");
    let landing = provider.log_in(&server);
    let mut body = with_intent(&user, &landing);
    body["checks"]["totp"] = json!({ "code": "123456" });
    server.login_client().post("/v2/sessions", &body).fails(
        9,
        "COMMAND-3Mif9s",
        "Multifactor OTP (OneTimePassword) isn't ready",
    );
    assert_eq!(names(&server, &landing).len(), 2);
    server
        .login_client()
        .post("/v2/sessions", &with_intent(&user, &landing))
        .succeeds();
}

#[test]
fn checks_of_one_call_stand_in_their_order() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let user = linked(&server, "mini", "ext-1");
    let landing = provider.log_in(&server);
    let mut body = with_intent(&user, &landing);
    body["checks"]["password"] = json!({ "password": PASSWORD });
    let opened = server.login_client().post("/v2/sessions", &body);
    assert_eq!(
        server.session_history(&opened.str("/sessionId")),
        [
            "session.added",
            "session.user.checked",
            "session.password.checked",
            "session.intent.checked",
            "session.token.set"
        ]
    );
}

#[test]
fn of_calls_at_the_same_time_one_uses_the_intent() {
    let provider = FakeProvider::start();
    let server = provider.server();
    let user = linked(&server, "mini", "ext-1");
    let landing = provider.log_in(&server);
    let statuses: Vec<_> = std::thread::scope(|scope| {
        let open = || {
            let client = server.login_client();
            client
                .post("/v2/sessions", &with_intent(&user, &landing))
                .response
                .status
        };
        let mut threads = Vec::new();
        for _ in 0..6 {
            threads.push(scope.spawn(open));
        }
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 5);
}

#[test]
fn mfa_that_is_forced_for_local_logins_alone_is_not_asked_of_external_ones() {
    for (forced, local_only, allowed) in [(false, true, true), (true, false, false)] {
        let provider = FakeProvider::start();
        let server = TestServer::configured(|config| {
            provider.registered(config);
            config.policy.login.force_mfa = forced;
            config.policy.login.force_mfa_local_only = local_only;
        });
        let user = linked(&server, "mini", "ext-1");
        let landing = provider.log_in(&server);
        let client = server.login_client();
        let opened = client.post("/v2/sessions", &with_intent(&user, &landing));
        let own = server.bearer(&opened.str("/sessionToken"));
        let answer = own.get(&format!("/v2/users/{}", user.id));
        if allowed {
            answer.succeeds();
        } else {
            answer.fails(7, "AUTHZ-Kl3p0", "mfa required");
        }
        // The password alone is a local login.
        let local = server.bearer(&server.logged_in(&user).token);
        local
            .get(&format!("/v2/users/{}", user.id))
            .fails(7, "AUTHZ-Kl3p0", "mfa required");
    }
}

#[test]
fn a_second_factor_that_is_ready_is_asked_for_after_an_external_login_too() {
    const SECRET: &str = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
    let provider = FakeProvider::start();
    let server = provider.server();
    let link = json!({ "idpId": IDP, "userId": "ext-1", "userName": "mini" });
    let user = server.human_with("mini", &json!({ "idpLinks": [link], "totpSecret": SECRET }));
    let landing = provider.log_in(&server);
    let client = server.login_client();
    let opened = client.post("/v2/sessions", &with_intent(&user, &landing));
    let path = format!("/v2/users/{}", user.id);
    let own = server.bearer(&opened.str("/sessionToken"));
    own.get(&path).fails(7, "AUTHZ-Kl3p0", "mfa required");
    let code = Authenticator::with(SECRET).code(&server);
    let session = format!("/v2/sessions/{}", opened.str("/sessionId"));
    let body = json!({ "checks": { "totp": { "code": code } } });
    let strong = client.patch(&session, &body);
    server
        .bearer(&strong.str("/sessionToken"))
        .get(&path)
        .succeeds();
}

#[test]
fn a_provider_that_is_configured_no_more_vouches_for_nobody() {
    let provider = FakeProvider::start();
    let mut server = provider.server();
    let user = linked(&server, "mini", "ext-1");
    let landing = provider.log_in(&server);
    let login = provider.begin(&server);
    server.reconfigure(|config| config.idp.clear());
    server
        .login_client()
        .post("/v2/sessions", &with_intent(&user, &landing))
        .fails(9, "COMMAND-Df4bw", "Intent has not succeeded");
    let late = Landing::of(&super::fake::come_back(&server, &login, "code=c0de"));
    assert_eq!(late.value("error"), "COMMAND-39n221fs");
    // Its links can still be removed.
    let path = format!("/v2/users/{}/links/{IDP}/ext-1", user.id);
    server.admin().delete(&path).succeeds();
}
