//! `GetSession`: `GET /v2/sessions/{session_id}` (spec session-service.md sections 4.5 and 9).

use std::time::Duration;

use bartizan::domain::permission::Resource;
use serde_json::{Value, json};

use crate::helpers::{DAY, PASSWORD, TestServer};

#[test]
fn everything_that_was_set_is_there() {
    let server = TestServer::start();
    let human = server.human("Mini");
    let created_at = server.clock.text();
    let session = server.session(&json!({
        "checks": { "user": { "userId": human.id } },
        "metadata": { "foo": "YmFy" },
        "userAgent": {
            "fingerprintId": "device",
            "ip": "1.2.3.4",
            "description": "phone",
            "header": { "user-agent": { "values": ["a", "b"] } },
        },
    }));
    server.clock.advance_seconds(7);
    let set = server.login_client().patch(
        &session.path(),
        &json!({ "checks": { "password": { "password": PASSWORD } }, "lifetime": "3600s" }),
    );
    set.ok(&server.changed(7));
    server.clock.advance_seconds(7);
    server
        .login_client()
        .get(&session.path())
        .ok(&json!({ "session": {
        "id": session.id,
        "creationDate": created_at,
        "changeDate": set.str("/details/changeDate"),
        "sequence": "7",
        "factors": {
            "user": {
                "verifiedAt": created_at,
                "id": human.id,
                "loginName": "Mini",
                "displayName": "Mini Mouse",
                "organizationId": server.org(),
            },
            "password": { "verifiedAt": server.clock.text_in(-7) },
        },
        "metadata": { "foo": "YmFy" },
        "userAgent": {
            "fingerprintId": "device",
            "ip": "1.2.3.4",
            "description": "phone",
            "header": { "user-agent": { "values": ["a", "b"] } },
        },
        "expirationDate": server.clock.text_in(3600 - 7),
    } }));
}

#[test]
fn sequence_and_dates_are_those_that_the_last_call_answered() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.session(&json!({}));
    let mut details = session.details.clone();
    for body in [
        json!({}),
        json!({ "checks": { "user": { "userId": human.id } } }),
        json!({ "checks": { "password": { "password": PASSWORD } } }),
        json!({ "metadata": { "a": "YQ==" }, "lifetime": "60s" }),
    ] {
        let read = server.login_client().get(&session.path()).json();
        assert_eq!(read["session"]["sequence"], details["sequence"]);
        assert_eq!(read["session"]["changeDate"], details["changeDate"]);
        assert_eq!(
            read["session"]["creationDate"],
            session.details["changeDate"]
        );
        server.clock.advance(Duration::from_micros(1_500_007));
        let set = server.login_client().patch(&session.path(), &body);
        details = set.succeeds().json()["details"].clone();
    }
}

#[test]
fn the_creator_may_read_without_any_role() {
    let server = TestServer::configured(|config| {
        let policies_alone = vec!["policy.read".to_owned()];
        config
            .roles
            .insert("IAM_POLICY_VIEWER".to_owned(), policies_alone);
    });
    let service = server.service(&["IAM_LOGIN_CLIENT"]);
    let human = server.human("mini");
    let empty = server.session_by(&service.client, &json!({}));
    let with_user = server.session_by(
        &service.client,
        &json!({ "checks": { "user": { "userId": human.id } } }),
    );
    server.member(&service.id, Resource::Instance, &["IAM_POLICY_VIEWER"]);
    for session in [&empty, &with_user] {
        service.client.get(&session.path()).succeeds();
    }
    let other = server.session(&json!({}));
    service
        .client
        .get(&other.path())
        .fails(7, "AUTH-AWfge", "No matching permissions found");
}

#[test]
fn the_user_of_a_session_may_read_it() {
    let server = TestServer::start();
    let (mini, other) = (server.human("mini"), server.human("other"));
    let session = server.logged_in(&mini);
    let second = server.session(&json!({ "checks": { "user": { "userId": mini.id } } }));
    for path in [session.path(), second.path()] {
        server.bearer(&session.token).get(&path).succeeds();
    }
    let stranger = server.logged_in(&other);
    server.bearer(&stranger.token).get(&session.path()).fails(
        5,
        "AUTHZ-cdgFk",
        "membership not found",
    );
}

#[test]
fn roles_with_session_read_may_read_where_they_were_given() {
    let server = TestServer::start();
    let home = server.core().default_org;
    let other = server.second_org("acme.example");
    let human = server.human("mini");
    let empty = server.session(&json!({}));
    let with_user = server.session(&json!({ "checks": { "user": { "userId": human.id } } }));
    let all = [
        "IAM_OWNER",
        "IAM_LOGIN_CLIENT",
        "IAM_SESSION_CLIENT",
        "IAM_ORG_MANAGER",
        "IAM_USER_MANAGER",
        "IAM_OWNER_VIEWER",
    ];
    for (resource, roles, on_empty, on_user) in [
        (Resource::Instance, &all[..], 200, 200),
        (
            Resource::Org(home),
            &["ORG_OWNER", "ORG_USER_MANAGER"],
            404,
            200,
        ),
        (Resource::Org(home), &["ORG_OWNER_VIEWER"], 404, 403),
        (Resource::Org(other), &["ORG_OWNER"], 404, 404),
        (Resource::Instance, &[], 404, 404),
    ] {
        let clients = if roles.is_empty() {
            vec![vec![]]
        } else {
            roles.iter().map(|role| vec![*role]).collect()
        };
        for roles in clients {
            let client = server.service_on(home, resource, &roles).client;
            for (session, expected) in [(&empty, on_empty), (&with_user, on_user)] {
                let answer = client.get(&session.path());
                match expected {
                    200 => drop(answer.succeeds()),
                    403 => answer.fails(7, "AUTH-AWfge", "No matching permissions found"),
                    _ => answer.fails(5, "AUTHZ-cdgFk", "membership not found"),
                }
            }
        }
    }
}

#[test]
fn the_current_token_suffices_for_any_caller() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.session(&json!({ "checks": { "user": { "userId": human.id } } }));
    let nobody = server.service(&[]).client;
    let body = server.login_client().get(&session.path()).json();
    let query = |name: &str, token: &str| format!("{}?{name}={token}", session.path());
    nobody.get(&query("sessionToken", &session.token)).ok(&body);
    nobody
        .get(&query("session_token", &session.token))
        .ok(&body);
    nobody
        .get(&format!(
            "{}&unknown=1&unknown=2",
            query("sessionToken", &session.token)
        ))
        .ok(&body);
    nobody
        .with("x-session-token", &session.token)
        .get(&session.path())
        .ok(&body);
}

#[test]
fn a_token_that_is_not_the_current_one_is_refused_whoever_asks() {
    let server = TestServer::start();
    let human = server.human("mini");
    let other = server.session(&json!({}));
    let session = server.logged_in(&human);
    let old = session.token.clone();
    let set = server.login_client().patch(
        &session.path(),
        &json!({ "checks": { "password": { "password": PASSWORD } } }),
    );
    let current = set.str("/sessionToken");
    let owner = server.service(&["IAM_LOGIN_CLIENT"]);
    let shortened = &current[..current.len() - 1];
    let lengthened = format!("{current}A");
    let [admin_pat, _] = server.first_tokens();
    let swapped = if current.starts_with('A') { "B" } else { "A" }.to_owned() + &current[1..];
    for wrong in [
        old.as_str(),
        &other.token,
        "wrong",
        "x",
        shortened,
        &lengthened,
        &swapped,
        admin_pat,
        owner.token(),
        "%20",
    ] {
        let path = format!("{}?sessionToken={wrong}", session.path());
        for client in [
            server.admin(),
            server.login_client(),
            server.bearer(&current),
            owner.client.clone(),
            server.service(&[]).client,
        ] {
            client
                .get(&path)
                .fails(7, "QUERY-dsfr3", "Errors.PermissionDenied");
            if wrong != "%20" {
                client
                    .with("x-session-token", wrong)
                    .get(&session.path())
                    .fails(7, "QUERY-dsfr3", "Errors.PermissionDenied");
            }
        }
    }
    let nobody = server.service(&[]).client;
    nobody
        .get(&format!("{}?sessionToken={current}", session.path()))
        .succeeds();
}

#[test]
fn a_wrong_token_to_a_session_that_is_not_there_is_not_found() {
    let server = TestServer::start();
    let ended = server.session(&json!({}));
    let other = server.session(&json!({}));
    server.admin().delete(&ended.path()).succeeds();
    for path in [
        ended.path(),
        "/v2/sessions/4".to_owned(),
        "/v2/sessions/x".to_owned(),
    ] {
        for token in [&*ended.token, &*other.token, "wrong"] {
            let answer = server.admin().get(&format!("{path}?sessionToken={token}"));
            answer.fails(5, "QUERY-SFeaa", "Session does not exist");
        }
    }
}

#[test]
fn a_token_given_twice_is_refused() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    let (path, token) = (session.path(), &session.token);
    for target in [
        format!("{path}?sessionToken={token}&sessionToken={token}"),
        format!("{path}?sessionToken={token}&session_token={token}"),
        format!("{path}?session_token=&session_token={token}"),
    ] {
        let answer = server.login_client().get(&target);
        answer.fails_plainly(3, "too many values for field \"session_token\"");
        assert!(!answer.text().contains(token.as_str()));
    }
    let answer = server
        .login_client()
        .with("x-session-token", token)
        .get(&format!("{path}?sessionToken={token}"));
    answer.fails_plainly(3, "too many values for field \"session_token\"");
}

#[test]
fn the_token_has_a_length_of_1_to_500() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    let text = "invalid GetSessionRequest.SessionToken: value length must be between 1 and 500 runes, inclusive";
    for token in [String::new(), "x".repeat(501)] {
        server
            .login_client()
            .get(&format!("{}?sessionToken={token}", session.path()))
            .fails_plainly(3, text);
        server
            .login_client()
            .with("x-session-token", &token)
            .get(&session.path())
            .fails_plainly(3, text);
    }
    server
        .login_client()
        .get(&format!(
            "{}?sessionToken={}",
            session.path(),
            "x".repeat(500)
        ))
        .fails(7, "QUERY-dsfr3", "Errors.PermissionDenied");
}

#[test]
fn what_is_not_there_is_not_found() {
    let server = TestServer::start();
    let ended = server.session(&json!({}));
    server.login_client().delete(&ended.path()).succeeds();
    let nobody = server.service(&[]).client;
    for client in [&server.admin(), &nobody] {
        for id in [
            &*ended.id,
            "1",
            "222430354126975533",
            "9223372036854775808",
            "01",
            "x",
            "search",
            "%00",
        ] {
            for target in [
                format!("/v2/sessions/{id}"),
                format!("/v2/sessions/{id}?sessionToken={}", ended.token),
            ] {
                client
                    .get(&target)
                    .fails(5, "QUERY-SFeaa", "Session does not exist");
            }
        }
    }
}

#[test]
fn the_id_has_a_length_of_1_to_200() {
    let server = TestServer::start();
    let text = "invalid GetSessionRequest.SessionId: value length must be between 1 and 200 runes, inclusive";
    for id in [String::new(), "x".repeat(201), "%C3%A4".repeat(201)] {
        server
            .login_client()
            .get(&format!("/v2/sessions/{id}"))
            .fails_plainly(3, text);
    }
    for id in ["x".repeat(200), "%C3%A4".repeat(200)] {
        server
            .login_client()
            .get(&format!("/v2/sessions/{id}"))
            .fails(5, "QUERY-SFeaa", "Session does not exist");
    }
}

#[test]
fn an_expired_session_is_shown_with_its_expiration() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.session(&json!({
        "checks": { "user": { "userId": human.id }, "password": { "password": PASSWORD } },
        "lifetime": "60s",
    }));
    let before = server.login_client().get(&session.path()).json();
    assert_eq!(
        before["session"]["expirationDate"],
        server.clock.text_in(60)
    );
    server.clock.advance(DAY);
    server.login_client().get(&session.path()).ok(&before);
    // Its token still proves that one had it, but is no bearer any more.
    let target = format!("{}?sessionToken={}", session.path(), session.token);
    server.service(&[]).client.get(&target).ok(&before);
    server
        .bearer(&session.token)
        .get(&session.path())
        .fails(7, "AUTHZ-EGDo3", "session expired");
}

#[test]
fn the_password_factor_vanishes_when_the_password_is_changed() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.logged_in(&human);
    let before = server.login_client().get(&session.path()).json();
    server.clock.advance_seconds(1);
    let path = format!("/v2/users/{}/password", human.id);
    let new = json!({ "newPassword": { "password": "Another123!" } });
    server.admin().post(&path, &new).succeeds();
    let mut expected = before;
    let factors = expected["session"]["factors"].as_object_mut().unwrap();
    assert!(factors.remove("password").is_some());
    server.login_client().get(&session.path()).ok(&expected);

    server.clock.advance_seconds(1);
    server
        .login_client()
        .patch(
            &session.path(),
            &json!({ "checks": { "password": { "password": "Another123!" } } }),
        )
        .succeeds();
    let read = server.login_client().get(&session.path()).json();
    assert_eq!(
        read["session"]["factors"]["password"],
        json!({ "verifiedAt": server.clock.text() })
    );
}

#[test]
fn names_of_the_user_are_those_of_today() {
    let server = TestServer::start();
    let human = server.human_with(
        "mini",
        &json!({ "profile": { "givenName": "Mini", "familyName": "Mouse", "displayName": "M" } }),
    );
    let session = server.session(&json!({ "checks": { "user": { "userId": human.id } } }));
    let read = server.login_client().get(&session.path());
    assert_eq!(read.str("/session/factors/user/displayName"), "M");
    assert_eq!(read.str("/session/factors/user/loginName"), "mini");
}

#[test]
fn a_session_survives_a_restart_with_its_token() {
    let mut server = TestServer::start();
    let human = server.human("mini");
    let session = server.logged_in(&human);
    let before = server.login_client().get(&session.path()).json();
    let nobody = server.service(&[]);
    server.restart();
    server.login_client().get(&session.path()).ok(&before);
    let target = format!("{}?sessionToken={}", session.path(), session.token);
    server.bearer(nobody.token()).get(&target).ok(&before);
    server
        .bearer(&session.token)
        .get(&session.path())
        .ok(&before);
}

#[test]
fn a_body_is_not_read() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    let other = server.session(&json!({}));
    let before = server.login_client().get(&session.path()).json();
    for body in [
        "{\"sessionId\":\"1\",\"sessionToken\":\"x\"}",
        "no json at all",
    ] {
        server
            .login_client()
            .send("GET", &session.path(), Some(body.as_bytes()))
            .ok(&before);
    }
    let body = json!({ "sessionToken": session.token, "sessionId": other.id }).to_string();
    server
        .service(&[])
        .client
        .send("GET", &session.path(), Some(body.as_bytes()))
        .fails(5, "AUTHZ-cdgFk", "membership not found");
}

#[test]
fn answers_are_never_cached() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    let target = format!("{}?sessionToken={}", session.path(), session.token);
    for answer in [
        server.login_client().get(&target),
        server.login_client().get(&session.path()),
        server.anonymous().get(&target),
        server.login_client().post("/v2/sessions", &Value::Null),
    ] {
        let cache = answer.response.header("cache-control").unwrap_or_default();
        assert!(cache.contains("no-store"), "{cache:?}: {}", answer.text());
    }
}
