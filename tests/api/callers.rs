//! Who is asking: bearer tokens of both kinds (spec session-service.md sections 4.2 and 7.3).

use std::time::Duration;

use bartizan::command;
use bartizan::domain::ids::given_user_key;
use bartizan::domain::time::{Span, Timestamp};
use serde_json::json;

use crate::helpers::{Answer, Client, DAY, PASSWORD, TestServer, wait};

/// A call that every valid caller may make.
const SEARCH: &str = "/v2/sessions/search";

#[track_caller]
fn call(client: &Client) -> Answer {
    client.post(SEARCH, &json!({}))
}

#[track_caller]
fn is_refused(client: &Client) {
    call(client).fails(16, "AUTH-7fs1e", "Errors.Token.Invalid");
}

#[test]
fn the_header_must_have_the_one_form() {
    let server = TestServer::start();
    let [token, _] = server.first_tokens();
    let with = |value: &str| server.anonymous().with("Authorization", value);
    call(&server.anonymous()).fails_plainly(16, "auth header missing");
    call(&with("")).fails_plainly(16, "auth header missing");
    for value in [
        format!("bearer {token}"),
        format!("BEARER {token}"),
        format!("Basic {token}"),
        token.to_owned(),
        format!("Bearer{token}"),
        format!("Bearer\t{token}"),
        format!("Bearer {token} Bearer {token}"),
        "Bearer".to_owned(),
        "\u{e9}".to_owned(),
    ] {
        let answer = call(&with(&value));
        answer.fails(16, "AUTH-toLo1", "invalid auth header");
        assert!(!answer.text().contains(token), "the token is not repeated");
    }
    call(&with(&format!("Bearer {token}"))).succeeds();
    // Names of headers have no case.
    call(
        &server
            .anonymous()
            .with("AUTHORIZATION", &format!("Bearer {token}")),
    )
    .succeeds();
    // What stands before the word is not looked at, as in ZITADEL.
    call(&with(&format!("x Bearer {token}"))).succeeds();
}

#[test]
fn a_refusal_says_so_in_the_header_that_http_has_for_it() {
    let server = TestServer::start();
    for (client, text) in [
        (server.anonymous(), "auth header missing"),
        (server.bearer("x"), "Errors.Token.Invalid (AUTH-7fs1e)"),
    ] {
        let answer = call(&client);
        assert_eq!(answer.response.header("www-authenticate"), Some(text));
    }
    let denied = server.service(&[]).client.post("/v2/sessions", &json!({}));
    assert_eq!(denied.response.header("www-authenticate"), None);
}

#[test]
fn a_token_that_is_not_ours_is_refused() {
    let server = TestServer::start();
    let other = TestServer::start();
    let [token, _] = server.first_tokens();
    let [foreign, _] = other.first_tokens();
    let flipped = |index: usize| {
        let mut text = token.to_owned();
        let replacement = if token[index..].starts_with('A') {
            "B"
        } else {
            "A"
        };
        text.replace_range(index..=index, replacement);
        text
    };
    let mut tokens: Vec<String> = [
        "x",
        "null",
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln",
        foreign,
        &token[1..],
        &token[..token.len() - 1],
        &format!("{token}="),
        &format!("{token}A"),
        &format!(" {token}"),
        &token.to_lowercase(),
    ]
    .into_iter()
    .map(str::to_owned)
    .collect();
    tokens.push("A".repeat(token.len()));
    tokens.push("A".repeat(4_000));
    tokens.extend((0..token.len()).map(flipped));
    for wrong in tokens {
        is_refused(&server.bearer(&wrong));
    }
    is_refused(&other.bearer(token));
    call(&server.bearer(token)).succeeds();
}

#[test]
fn a_revoked_token_is_dead_at_once_and_the_others_live() {
    let server = TestServer::start();
    let service = server.service(&["IAM_OWNER_VIEWER"]);
    let user = given_user_key(&service.id);
    let second = server.pat(user, None);
    let second = server.bearer(second.token.expose());
    call(&service.client).succeeds();
    call(&second).succeeds();
    let admin = server.caller();
    wait(command::remove_pat(
        server.core(),
        &admin,
        user,
        service.pat.id,
    ))
    .unwrap();
    is_refused(&service.client);
    call(&second).succeeds();
}

#[test]
fn a_token_expires_at_its_moment() {
    let server = TestServer::start();
    let service = server.service(&[]);
    let end = server.now().plus(Span::from_seconds(60));
    let pat = server.pat(given_user_key(&service.id), Some(end));
    let client = server.bearer(pat.token.expose());
    call(&client).succeeds();
    server.clock.advance(Duration::from_micros(59_999_999));
    call(&client).succeeds();
    server.clock.advance(Duration::from_micros(1));
    is_refused(&client);
    call(&service.client).succeeds();
    // Without a date it never does, as far as anybody will see.
    server.clock.advance(DAY * 36_500);
    call(&service.client).succeeds();
}

#[test]
fn a_token_must_expire_in_the_future() {
    let server = TestServer::start();
    let service = server.service(&[]);
    for end in [server.now(), Timestamp::from_micros(0)] {
        let user = given_user_key(&service.id);
        let refused = wait(command::add_pat(
            server.core(),
            &server.caller(),
            user,
            Some(end),
        ))
        .unwrap_err();
        assert_eq!(
            refused.text(),
            "Expiration date must be in the future (DOMAIN-dv3t5)"
        );
    }
}

#[test]
fn only_machines_have_tokens() {
    let server = TestServer::start();
    let human = server.human("mini");
    let add = |id: &str| {
        let (admin, user) = (server.caller(), given_user_key(id));
        let refused = wait(command::add_pat(server.core(), &admin, user, None)).unwrap_err();
        refused.text().into_owned()
    };
    assert_eq!(
        add(&human.id),
        "Not allowed for this user type (COMMAND-Df2f1)"
    );
    assert_eq!(add("1"), "User could not be found (COMMAND-Dggw2)");
}

#[test]
fn the_token_of_a_user_who_is_not_active_is_refused() {
    let server = TestServer::start();
    for (change, undo) in [("deactivate", Some("reactivate")), ("lock", Some("unlock"))] {
        let service = server.service(&["IAM_OWNER"]);
        let path = |operation: &str| format!("/v2/users/{}/{operation}", service.id);
        call(&service.client).succeeds();
        server.admin().post(&path(change), &json!({})).succeeds();
        is_refused(&service.client);
        if let Some(undo) = undo {
            server.admin().post(&path(undo), &json!({})).succeeds();
            call(&service.client).succeeds();
        }
    }
    let service = server.service(&["IAM_OWNER"]);
    let path = format!("/v2/users/{}", service.id);
    server.admin().delete(&path).succeeds();
    is_refused(&service.client);
}

#[test]
fn tokens_survive_a_restart() {
    let mut server = TestServer::start();
    let service = server.service(&[]);
    server.restart();
    call(&server.admin()).succeeds();
    call(&server.login_client()).succeeds();
    call(&server.bearer(service.token())).succeeds();
}

#[test]
fn an_organisation_that_is_named_must_exist() {
    let server = TestServer::start();
    let other = server.second_org("acme.example");
    let named = |org: &str| server.login_client().with("x-zitadel-orgid", org);
    for org in ["1", "x", "\u{e9}", "01", "acme.example", &server.instance()] {
        call(&named(org)).fails(7, "AUTH-Bs7Ds", "Organisation doesn't exist");
    }
    for org in [server.org(), other.to_string(), String::new()] {
        call(&named(&org)).succeeds();
    }
    // Who is asking comes first.
    call(&server.anonymous().with("x-zitadel-orgid", "1")).fails_plainly(16, "auth header missing");
    call(&server.bearer("x").with("x-zitadel-orgid", "1")).fails(
        16,
        "AUTH-7fs1e",
        "Errors.Token.Invalid",
    );
}

#[test]
fn the_named_organisation_gives_no_right_to_sessions() {
    use bartizan::domain::permission::Resource;
    let server = TestServer::start();
    let home = server.core().default_org;
    let other = server.second_org("acme.example");
    let human = server.human("mini");
    let session = server.session(&json!({ "checks": { "user": { "userId": human.id } } }));
    let stranger = server
        .service_on(other, Resource::Org(other), &["ORG_OWNER"])
        .client;
    let owner = server
        .service_on(home, Resource::Org(home), &["ORG_OWNER"])
        .client;
    for org in [home, other] {
        let named = |client: &Client| client.with("x-zitadel-orgid", &org.to_string());
        named(&stranger)
            .get(&session.path())
            .fails(5, "AUTHZ-cdgFk", "membership not found");
        named(&owner).get(&session.path()).succeeds();
        named(&stranger).post("/v2/sessions", &json!({})).fails(
            5,
            "AUTHZ-cdgFk",
            "membership not found",
        );
    }
}

#[test]
fn a_session_token_acts_as_the_user_of_the_session() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.logged_in(&human);
    let own = server.bearer(&session.token);
    let user = own.get(&format!("/v2/users/{}", human.id));
    assert_eq!(user.succeeds().str("/user/userId"), human.id);
    // With the roles of the user, as soon as it has some.
    own.post("/v2/sessions", &json!({}))
        .fails(5, "AUTHZ-cdgFk", "membership not found");
    server.member(
        &human.id,
        bartizan::domain::permission::Resource::Instance,
        &["IAM_OWNER"],
    );
    let made = server.session_by(&own, &json!({}));
    let search = json!({ "queries": [{ "creatorQuery": { "id": human.id } }] });
    assert_eq!(own.post(SEARCH, &search).str("/sessions/0/id"), made.id);
    // The organisation is that of the user.
    let body = json!({
        "username": "second",
        "profile": { "givenName": "A", "familyName": "B" },
        "email": { "email": "a@b.c" },
    });
    let added = own.post("/v2/users/human", &body);
    assert_eq!(added.succeeds().str("/details/resourceOwner"), server.org());
}

#[test]
fn a_session_token_without_any_factor_is_no_proof() {
    let server = TestServer::start();
    let human = server.human("mini");
    for body in [
        json!({}),
        json!({ "checks": { "user": { "userId": human.id } } }),
        json!({ "userAgent": { "fingerprintId": "x" }, "metadata": { "a": "YQ==" } }),
    ] {
        let session = server.session(&body);
        call(&server.bearer(&session.token)).fails(7, "AUTHZ-Kl3p0", "authentication required");
    }
    let machine = server.service(&["IAM_OWNER"]);
    let session = server.session(&json!({ "checks": { "user": { "userId": machine.id } } }));
    call(&server.bearer(&session.token)).fails(7, "AUTHZ-Kl3p0", "authentication required");
}

#[test]
fn one_factor_is_not_enough_where_the_policy_wants_two() {
    for local_only in [false, true] {
        let server = TestServer::configured(|config| {
            config.policy.login.force_mfa = !local_only;
            config.policy.login.force_mfa_local_only = local_only;
        });
        let human = server.human("mini");
        let session = server.logged_in(&human);
        call(&server.bearer(&session.token)).fails(7, "AUTHZ-Kl3p0", "mfa required");
        let empty = server.session(&json!({}));
        call(&server.bearer(&empty.token)).fails(7, "AUTHZ-Kl3p0", "authentication required");
        call(&server.admin()).succeeds();
    }
}

#[test]
fn an_outdated_session_token_is_refused() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.logged_in(&human);
    let old = server.bearer(&session.token);
    call(&old).succeeds();
    let set = server
        .login_client()
        .patch(&session.path(), &json!({ "metadata": { "a": "YQ==" } }));
    call(&old).fails(7, "QUERY-dsfr3", "Errors.PermissionDenied");
    call(&server.bearer(&set.str("/sessionToken"))).succeeds();
}

#[test]
fn an_expired_session_is_no_bearer() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.session(&json!({
        "checks": { "user": { "userId": human.id }, "password": { "password": PASSWORD } },
        "lifetime": "60s",
    }));
    let own = server.bearer(&session.token);
    call(&own).succeeds();
    server.clock.advance_seconds(60);
    call(&own).succeeds();
    server.clock.advance(Duration::from_micros(1));
    call(&own).fails(7, "AUTHZ-EGDo3", "session expired");
    // An old token is an old token, expired or not.
    call(&server.bearer(&format!("{}x", session.token))).fails(
        16,
        "AUTH-7fs1e",
        "Errors.Token.Invalid",
    );
}

#[test]
fn a_terminated_session_is_no_bearer() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.logged_in(&human);
    let own = server.bearer(&session.token);
    call(&own).succeeds();
    server.login_client().delete(&session.path()).succeeds();
    call(&own).fails(5, "QUERY-SFeaa", "Errors.Session.NotExisting");
}

#[test]
fn the_state_of_the_user_counts_on_every_use() {
    let server = TestServer::start();
    for change in ["lock", "deactivate", "remove"] {
        let human = server.human(change);
        let session = server.logged_in(&human);
        let own = server.bearer(&session.token);
        call(&own).succeeds();
        let path = format!("/v2/users/{}", human.id);
        if change == "remove" {
            server.admin().delete(&path).succeeds();
        } else {
            server
                .admin()
                .post(&format!("{path}/{change}"), &json!({}))
                .succeeds();
        }
        call(&own).fails(5, "QUERY-SFeaa", "Errors.Session.NotExisting");
    }
}

#[test]
fn a_password_proven_before_it_was_changed_is_no_factor() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.logged_in(&human);
    let own = server.bearer(&session.token);
    call(&own).succeeds();
    server.clock.advance_seconds(1);
    let path = format!("/v2/users/{}/password", human.id);
    let new = json!({ "newPassword": { "password": "Another123!" } });
    server.admin().post(&path, &new).succeeds();
    call(&own).fails(7, "AUTHZ-Kl3p0", "authentication required");
}

#[test]
fn kinds_of_token_never_stand_in_for_each_other() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.logged_in(&human);
    let service = server.service(&[]);
    // A token of a service user is no session token.
    server
        .login_client()
        .get(&format!(
            "{}?sessionToken={}",
            session.path(),
            service.token()
        ))
        .fails(7, "QUERY-dsfr3", "Errors.PermissionDenied");
    // One of another session is a bearer of its own session, not of this one.
    let other = server.session(&json!({}));
    call(&server.bearer(&other.token)).fails(7, "AUTHZ-Kl3p0", "authentication required");
    // Ids are never enough for anything.
    for id in [&session.id, &service.id, &human.id] {
        is_refused(&server.bearer(id));
    }
}
