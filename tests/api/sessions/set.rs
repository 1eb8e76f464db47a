//! `SetSession`: `PATCH /v2/sessions/{session_id}` (spec session-service.md sections 5.2 to 5.4).

use std::time::Duration;

use bartizan::domain::permission::Resource;
use serde_json::{Value, json};

use crate::helpers::{Human, NewSession, PASSWORD, TestServer};

/// Whether a token is still the session's own.
#[track_caller]
fn is_current(server: &TestServer, session: &NewSession, token: &str) -> bool {
    let target = format!("{}?sessionToken={token}", session.path());
    let answer = server.login_client().get(&target);
    if answer.response.status != 200 {
        answer.fails(7, "QUERY-dsfr3", "Errors.PermissionDenied");
    }
    answer.response.status == 200
}

/// The session as it can be read.
#[track_caller]
fn read(server: &TestServer, session: &NewSession) -> Value {
    server.admin().get(&session.path()).succeeds().json()["session"].clone()
}

fn check_user(human: &Human) -> Value {
    json!({ "checks": { "user": { "userId": human.id } } })
}

fn check_password(password: &str) -> Value {
    json!({ "checks": { "password": { "password": password } } })
}

#[test]
fn a_call_without_effect_answers_the_same_details_and_no_token() {
    let server = TestServer::start();
    let session = server.session(&json!({ "metadata": { "a": "YQ==" } }));
    server.clock.advance_seconds(5);
    for body in [
        None,
        Some(json!({})),
        Some(json!({ "checks": {} })),
        Some(json!({ "metadata": {} })),
        Some(json!({ "metadata": { "unknown": "" } })),
        Some(json!({ "sessionToken": "anything" })),
        Some(json!({ "sessionId": "1" })),
    ] {
        server.writes_nothing(|| {
            let body = body.as_ref().map(Value::to_string);
            server
                .login_client()
                .send("PATCH", &session.path(), body.as_deref().map(str::as_bytes))
                .ok(&json!({ "details": session.details }));
        });
    }
    server
        .login_client()
        .patch(&session.path(), &json!({ "challenges": {} }))
        .ok(&json!({ "details": session.details, "challenges": {} }));
    assert!(is_current(&server, &session, &session.token));
}

#[test]
fn a_change_gives_a_new_token_and_the_old_one_is_dead_at_once() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.session(&json!({}));
    let mut tokens = vec![session.token.clone()];
    for (body, sequence) in [
        (check_user(&human), 4),
        (check_user(&human), 6),
        (check_password(PASSWORD), 8),
        (json!({ "metadata": { "a": "YQ==" } }), 10),
        (json!({ "metadata": { "a": "YQ==" } }), 12),
        (json!({ "metadata": { "a": "" } }), 14),
        (json!({ "lifetime": "60s" }), 16),
        (
            json!({ "metadata": { "a": "YQ==" }, "lifetime": "60s" }),
            19,
        ),
    ] {
        server.clock.advance_seconds(1);
        let answer = server.login_client().patch(&session.path(), &body);
        answer.ok(&server.changed(sequence));
        tokens.push(answer.str("/sessionToken"));
        let (current, old) = tokens.split_last().unwrap();
        assert!(is_current(&server, &session, current), "{body}");
        for old in old {
            assert!(!is_current(&server, &session, old), "{body}");
        }
    }
    assert_eq!(
        server.session_history(&session.id),
        [
            "session.added",
            "session.token.set",
            "session.user.checked",
            "session.token.set",
            "session.user.checked",
            "session.token.set",
            "session.password.checked",
            "session.token.set",
            "session.metadata.set",
            "session.token.set",
            "session.metadata.set",
            "session.token.set",
            "session.metadata.set",
            "session.token.set",
            "session.lifetime.set",
            "session.token.set",
            "session.metadata.set",
            "session.lifetime.set",
            "session.token.set",
        ]
    );
}

#[test]
fn metadata_is_merged_and_an_empty_value_removes_its_key() {
    let server = TestServer::start();
    let session = server.session(&json!({ "metadata": { "a": "MQ==", "b": "Mg==" } }));
    for (change, expected) in [
        (
            json!({ "c": "Mw==" }),
            json!({ "a": "MQ==", "b": "Mg==", "c": "Mw==" }),
        ),
        (
            json!({ "a": "NA==" }),
            json!({ "a": "NA==", "b": "Mg==", "c": "Mw==" }),
        ),
        (json!({ "b": "" }), json!({ "a": "NA==", "c": "Mw==" })),
        (
            json!({ "a": "", "d": "NQ==", "x": "" }),
            json!({ "c": "Mw==", "d": "NQ==" }),
        ),
        (json!({ "c": "", "d": "" }), Value::Null),
    ] {
        server
            .login_client()
            .patch(&session.path(), &json!({ "metadata": change }))
            .succeeds();
        assert_eq!(read(&server, &session)["metadata"], expected, "{change}");
    }
}

#[test]
fn a_lifetime_counts_anew_from_the_call_that_names_it() {
    let server = TestServer::start();
    let session = server.session(&json!({ "lifetime": "100s" }));
    let expiration = |expected: String| {
        assert_eq!(read(&server, &session)["expirationDate"], expected);
    };
    expiration(server.clock.text_in(100));
    server.clock.advance_seconds(90);
    let set = |body: Value| {
        server
            .login_client()
            .patch(&session.path(), &body)
            .succeeds();
    };
    set(json!({ "metadata": { "a": "YQ==" } }));
    expiration(server.clock.text_in(10));
    set(json!({ "lifetime": "50s" }));
    expiration(server.clock.text_in(50));
    server.clock.advance_seconds(49);
    set(json!({ "lifetime": "5s" }));
    expiration(server.clock.text_in(5));
}

#[test]
fn an_expired_session_cannot_be_changed() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.session(&json!({ "lifetime": "60s" }));
    server.clock.advance_seconds(60);
    server
        .login_client()
        .patch(&session.path(), &json!({ "metadata": { "last": "MQ==" } }))
        .ok(&server.changed(5));
    server.clock.advance(Duration::from_micros(1));
    for body in [
        json!({}),
        json!({ "metadata": { "a": "YQ==" } }),
        json!({ "lifetime": "60s" }),
        check_user(&human),
    ] {
        server.writes_nothing(|| {
            server.login_client().patch(&session.path(), &body).fails(
                9,
                "COMMAND-Hkl3d",
                "Session has expired",
            );
        });
    }
}

#[test]
fn an_expired_session_stays_expired_when_the_clock_is_set_back() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    server.clock.advance_seconds(100);
    server
        .login_client()
        .patch(&session.path(), &json!({ "metadata": { "a": "YQ==" } }))
        .succeeds();
    let changed_at = server.clock.text();
    server.clock.set_back(Duration::from_secs(50));
    let answer = server
        .login_client()
        .patch(&session.path(), &json!({ "metadata": { "a": "Yg==" } }));
    assert_eq!(
        answer.succeeds().str("/details/changeDate"),
        changed_at,
        "a history does not turn around"
    );
}

#[test]
fn a_terminated_session_cannot_be_changed() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.session(&json!({ "lifetime": "60s" }));
    server.login_client().delete(&session.path()).succeeds();
    for seconds in [0, 120] {
        server.clock.advance_seconds(seconds);
        for body in [
            json!({}),
            json!({ "metadata": { "a": "YQ==" } }),
            check_user(&human),
        ] {
            server.writes_nothing(|| {
                server.login_client().patch(&session.path(), &body).fails(
                    9,
                    "COMMAND-Hewfq",
                    "Session already terminated",
                );
            });
        }
    }
}

#[test]
fn an_unknown_id_is_not_found() {
    let server = TestServer::start();
    for id in [
        "1",
        "222430354126975533",
        "9223372036854775808",
        "01",
        "-1",
        "x",
        "%20",
        "a%00b",
    ] {
        for body in [json!({}), json!({ "metadata": { "a": "YQ==" } })] {
            server.writes_nothing(|| {
                server
                    .login_client()
                    .patch(&format!("/v2/sessions/{id}"), &body)
                    .fails(5, "QUERY-SFeaa", "Session does not exist");
            });
        }
    }
}

#[test]
fn the_user_of_a_session_never_changes() {
    let server = TestServer::start();
    let (mini, other) = (server.human("mini"), server.human("other"));
    let session = server.session(&check_user(&mini));
    for user in [
        json!({ "userId": other.id }),
        json!({ "loginName": "other" }),
    ] {
        for checks in [
            json!({ "user": user }),
            json!({ "user": user, "password": { "password": PASSWORD } }),
            json!({ "user": user, "password": { "password": "wrong" } }),
        ] {
            server.writes_nothing(|| {
                server
                    .login_client()
                    .patch(
                        &session.path(),
                        &json!({ "checks": checks, "metadata": { "a": "YQ==" } }),
                    )
                    .is(
                        400,
                        &json!({
                            "code": 3,
                            "message": "user change not possible ()",
                            "details": [{
                                "@type": "type.googleapis.com/zitadel.v1.ErrorDetail",
                                "message": "user change not possible",
                            }],
                        }),
                    );
            });
        }
    }
    assert_eq!(read(&server, &session)["factors"]["user"]["id"], mini.id);
}

#[test]
fn the_same_user_again_refreshes_the_check() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.session(&check_user(&human));
    server.clock.advance_seconds(30);
    for check in [
        json!({ "userId": human.id }),
        json!({ "loginName": "MINI" }),
    ] {
        server.clock.advance_seconds(30);
        server
            .login_client()
            .patch(&session.path(), &json!({ "checks": { "user": check } }))
            .succeeds();
        assert_eq!(
            read(&server, &session)["factors"]["user"]["verifiedAt"],
            server.clock.text()
        );
    }
}

#[test]
fn a_password_can_be_proven_in_a_call_of_its_own() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.session(&check_user(&human));
    let checked_at = server.clock.text();
    server.clock.advance_seconds(10);
    server
        .login_client()
        .patch(&session.path(), &check_password(PASSWORD))
        .ok(&server.changed(5));
    let factors = read(&server, &session)["factors"].clone();
    assert_eq!(factors["user"]["verifiedAt"], checked_at);
    assert_eq!(
        factors["password"],
        json!({ "verifiedAt": server.clock.text() })
    );
    server.clock.advance_seconds(10);
    server
        .login_client()
        .patch(&session.path(), &check_password(PASSWORD))
        .ok(&server.changed(7));
    assert_eq!(
        read(&server, &session)["factors"]["password"],
        json!({ "verifiedAt": server.clock.text() })
    );
}

#[test]
fn a_wrong_password_changes_nothing_but_the_count() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.session(&check_user(&human));
    let before = read(&server, &session);
    for attempts in 1..=3 {
        let mut body = check_password("wrong");
        body["metadata"] = json!({ "a": "YQ==" });
        server
            .login_client()
            .patch(&session.path(), &body)
            .fails_credentials(3, "COMMAND-3M0fs", "Password is invalid", attempts);
    }
    assert_eq!(read(&server, &session), before);
    assert!(is_current(&server, &session, &session.token));
    assert_eq!(server.session_history(&session.id).len(), 3);
}

#[test]
fn a_password_needs_a_user_in_the_session_or_in_the_call() {
    let server = TestServer::start();
    let (human, machine) = (
        server.human_with("without", &json!({})),
        server.service(&[]),
    );
    let empty = server.session(&json!({}));
    server
        .login_client()
        .patch(&empty.path(), &check_password(PASSWORD))
        .fails(9, "COMMAND-Sfw3f", "User ID missing");
    let without = server.session(&check_user(&human));
    server
        .login_client()
        .patch(&without.path(), &check_password(PASSWORD))
        .fails(9, "COMMAND-3nJ4t", "User has not set a password");
    let session = server.session(&json!({ "checks": { "user": { "userId": machine.id } } }));
    server
        .login_client()
        .patch(&session.path(), &check_password(PASSWORD))
        .fails(9, "COMMAND-3n77z", "User could not be found");
}

#[test]
fn a_user_check_can_come_later_and_brings_its_password_along() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.session(&json!({}));
    server
        .login_client()
        .patch(
            &session.path(),
            &json!({ "checks": {
                "password": { "password": PASSWORD },
                "user": { "loginName": "mini" },
            } }),
        )
        .ok(&server.changed(5));
    assert_eq!(read(&server, &session)["factors"]["user"]["id"], human.id);
}

#[test]
fn a_user_that_is_not_there_or_not_active_is_refused_here_too() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.session(&json!({}));
    server
        .login_client()
        .patch(
            &session.path(),
            &json!({ "checks": { "user": { "loginName": "nobody" } } }),
        )
        .fails(5, "QUERY-Dfbg2", "User could not be found");
    let path = format!("/v2/users/{}/deactivate", human.id);
    server.admin().post(&path, &json!({})).succeeds();
    server
        .login_client()
        .patch(&session.path(), &check_user(&human))
        .fails(9, "SESSION-Gj4ko", "Errors.User.NotActive");
}

#[test]
fn the_lockout_policy_counts_over_calls_and_sessions() {
    let server = TestServer::configured(|config| {
        config.policy.lockout.max_password_attempts = 2;
    });
    let human = server.human("mini");
    let sessions = [
        server.session(&check_user(&human)),
        server.session(&check_user(&human)),
    ];
    for (attempts, session) in (1..).zip(&sessions) {
        server
            .login_client()
            .patch(&session.path(), &check_password("wrong"))
            .fails_credentials(3, "COMMAND-3M0fs", "Password is invalid", attempts);
    }
    // The sessions ended with the lock, in the same transaction.
    for session in &sessions {
        server
            .login_client()
            .patch(&session.path(), &check_password(PASSWORD))
            .fails(9, "COMMAND-Hewfq", "Session already terminated");
        let events = server.session_events(&session.id);
        let last = events.last().unwrap();
        assert_eq!(
            (last.1, &last.2),
            ("session.terminated", &json!({ "reason": "user.locked" }))
        );
    }
}

#[test]
fn only_roles_with_session_write_set_sessions() {
    let server = TestServer::start();
    let home = server.core().default_org;
    let other = server.second_org("acme.example");
    let human = server.human("mini");
    let (empty, with_user) = (
        server.session(&json!({})),
        server.session(&check_user(&human)),
    );
    let may_write = &["IAM_OWNER", "IAM_LOGIN_CLIENT", "IAM_SESSION_CLIENT"][..];
    let may_not = &["IAM_ORG_MANAGER", "IAM_USER_MANAGER", "IAM_OWNER_VIEWER"][..];
    let membership = "membership not found";
    for (resource, roles, on_empty, on_user) in [
        (Resource::Instance, may_write, 200, 200),
        (Resource::Instance, may_not, 403, 403),
        (
            Resource::Org(home),
            &["ORG_OWNER", "ORG_USER_MANAGER"],
            404,
            403,
        ),
        (Resource::Org(other), &["ORG_OWNER"], 404, 404),
    ] {
        for role in roles {
            let client = server.service_on(home, resource, &[role]).client;
            for (session, expected) in [(&empty, on_empty), (&with_user, on_user)] {
                for body in [json!({}), json!({ "metadata": { "a": "YQ==" } })] {
                    let answer = client.patch(&session.path(), &body);
                    match expected {
                        200 => drop(answer.succeeds()),
                        403 => answer.fails(7, "AUTH-AWfge", "No matching permissions found"),
                        _ => answer.fails(5, "AUTHZ-cdgFk", membership),
                    }
                }
            }
        }
    }
    // Neither having created it, nor being its user, nor its token, gives a right to change it.
    let service = server.service(&["IAM_LOGIN_CLIENT"]);
    let session = server.session_by(&service.client, &check_user(&human));
    server.member(&service.id, Resource::Instance, &["IAM_OWNER_VIEWER"]);
    service
        .client
        .patch(
            &session.path(),
            &json!({ "sessionToken": session.token, "lifetime": "1s" }),
        )
        .fails(7, "AUTH-AWfge", "No matching permissions found");
    let own = server.logged_in(&human);
    server
        .bearer(&own.token)
        .patch(
            &own.path(),
            &json!({ "sessionToken": own.token, "lifetime": "1s" }),
        )
        .fails(5, "AUTHZ-cdgFk", membership);
}

#[test]
fn without_the_right_nobody_learns_which_ids_exist() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    let ended = server.session(&json!({}));
    server.login_client().delete(&ended.path()).succeeds();
    let nobody = server.service(&[]).client;
    for path in [session.path(), ended.path(), "/v2/sessions/1".to_owned()] {
        nobody.patch(&path, &json!({ "lifetime": "1s" })).fails(
            5,
            "AUTHZ-cdgFk",
            "membership not found",
        );
    }
}

#[test]
fn the_token_in_the_body_is_not_looked_at() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    let other = server.session(&json!({}));
    let long = "x".repeat(10_000);
    for token in ["", "wrong", &other.token, &long] {
        server
            .login_client()
            .patch(
                &session.path(),
                &json!({ "sessionToken": token, "metadata": { "a": "YQ==" } }),
            )
            .succeeds();
    }
}

#[test]
fn the_id_in_the_path_wins_over_the_one_in_the_body() {
    let server = TestServer::start();
    let (session, other) = (server.session(&json!({})), server.session(&json!({})));
    server
        .login_client()
        .patch(
            &session.path(),
            &json!({ "sessionId": other.id, "metadata": { "a": "YQ==" } }),
        )
        .ok(&server.changed(4));
    assert_eq!(read(&server, &other)["sequence"], "2");
    assert_eq!(read(&server, &session)["sequence"], "4");
}

#[test]
fn rules_of_shape_come_before_the_session_and_the_permission() {
    let server = TestServer::start();
    let ended = server.session(&json!({}));
    server.login_client().delete(&ended.path()).succeeds();
    let nobody = server.service(&[]).client;
    let long = "x".repeat(201);
    let range = "value length must be between 1 and 200 runes, inclusive";
    for client in [&nobody, &server.login_client()] {
        for (path, body, text) in [
            (
                ended.path(),
                json!({ "lifetime": "0s" }),
                "invalid SetSessionRequest.Lifetime: value must be greater than 0s".to_owned(),
            ),
            (
                format!("/v2/sessions/{long}"),
                json!({ "lifetime": "0s" }),
                format!("invalid SetSessionRequest.SessionId: {range}"),
            ),
            (
                "/v2/sessions/".to_owned(),
                json!({}),
                format!("invalid SetSessionRequest.SessionId: {range}"),
            ),
            (
                "/v2/sessions/1".to_owned(),
                json!({ "checks": { "user": {} } }),
                "invalid SetSessionRequest.Checks: embedded message failed validation \
                 | caused by: invalid Checks.User: embedded message failed validation \
                 | caused by: invalid CheckUser.Search: value is required"
                    .to_owned(),
            ),
        ] {
            client.patch(&path, &body).fails_plainly(3, &text);
        }
    }
}

#[test]
fn the_user_agent_can_not_be_changed_later() {
    let server = TestServer::start();
    let session = server.session(&json!({ "userAgent": { "fingerprintId": "device" } }));
    server.writes_nothing(|| {
        server
            .login_client()
            .patch(
                &session.path(),
                &json!({ "userAgent": { "fingerprintId": "other" } }),
            )
            .ok(&json!({ "details": session.details }));
    });
    assert_eq!(
        read(&server, &session)["userAgent"],
        json!({ "fingerprintId": "device" })
    );
}
