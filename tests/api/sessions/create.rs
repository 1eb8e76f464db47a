//! `CreateSession`: `POST /v2/sessions` (spec session-service.md sections 5.1, 6.1, 8.3).

use std::time::Duration;

use bartizan::domain::permission::Resource;
use serde_json::{Value, json};

use crate::helpers::{PASSWORD, TestServer};

const SESSIONS: &str = "/v2/sessions";

/// Checks of a user by id and of a password.
fn login(user_id: &str, password: &str) -> Value {
    json!({ "checks": { "user": { "userId": user_id }, "password": { "password": password } } })
}

#[test]
fn no_body_and_an_empty_one_make_an_empty_session() {
    let server = TestServer::start();
    for body in [
        None,
        Some(""),
        Some(" \n"),
        Some("{}"),
        Some(r#"{"checks":null}"#),
    ] {
        let answer = server
            .login_client()
            .send("POST", SESSIONS, body.map(str::as_bytes));
        answer.is(201, &server.created(2));
        assert_eq!(
            server.session_history(&answer.str("/sessionId")),
            ["session.added", "session.token.set"]
        );
    }
}

#[test]
fn an_empty_session_can_be_read_as_it_was_made() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    server
        .login_client()
        .get(&session.path())
        .ok(&json!({ "session": {
        "id": session.id,
        "creationDate": server.clock.text(),
        "changeDate": server.clock.text(),
        "sequence": "2",
    } }));
}

#[test]
fn a_user_is_found_by_id_and_by_login_name_in_any_case() {
    let server = TestServer::start();
    let human = server.human("Mini@Mouse.com");
    let text_id = server.human_with("second", &json!({ "userId": "f3b1-mini" }));
    assert_eq!(text_id.id, "f3b1-mini");
    for (user, found) in [
        (json!({ "userId": human.id }), &human),
        (json!({ "loginName": "Mini@Mouse.com" }), &human),
        (json!({ "loginName": "mini@mouse.com" }), &human),
        (json!({ "loginName": "MINI@MOUSE.COM" }), &human),
        (json!({ "userId": "f3b1-mini" }), &text_id),
        (json!({ "login_name": "SECOND" }), &text_id),
    ] {
        let answer = server
            .login_client()
            .post(SESSIONS, &json!({ "checks": { "user": user } }));
        answer.is(201, &server.created(3));
        let id = answer.str("/sessionId");
        assert_eq!(
            server.session_history(&id),
            ["session.added", "session.user.checked", "session.token.set"]
        );
        let read = server.login_client().get(&format!("/v2/sessions/{id}"));
        let factors = read.json()["session"]["factors"].clone();
        let expected = json!({ "user": {
            "verifiedAt": server.clock.text(),
            "id": found.id,
            "loginName": found.login_name,
            "displayName": found.display_name,
            "organizationId": server.org(),
        } });
        assert_eq!(factors, expected, "{user}");
    }
}

#[test]
fn a_login_name_is_no_email_address_and_no_phone_number() {
    let server = TestServer::start();
    server.human_with(
        "mini",
        &json!({ "phone": { "phone": "+41791234567", "isVerified": true } }),
    );
    for name in ["mini@mouse.com", "+41791234567", "mini ", "min", "mini%"] {
        server
            .login_client()
            .post(
                SESSIONS,
                &json!({ "checks": { "user": { "loginName": name } } }),
            )
            .fails(5, "QUERY-Dfbg2", "User could not be found");
    }
}

#[test]
fn the_domain_belongs_to_the_login_name_where_the_policy_says_so() {
    let server = TestServer::configured(|config| {
        config.policy.domain.login_name_includes_domain = true;
    });
    let human = server.human("Mini");
    let check = |name: &str| {
        server.login_client().post(
            SESSIONS,
            &json!({ "checks": { "user": { "loginName": name } } }),
        )
    };
    check("mini").fails(5, "QUERY-Dfbg2", "User could not be found");
    let answer = check("MINI@zitadel.localhost");
    answer.is(201, &server.created(3));
    let read = server
        .login_client()
        .get(&format!("/v2/sessions/{}", answer.str("/sessionId")));
    assert_eq!(read.str("/session/factors/user/id"), human.id);
    assert_eq!(
        read.str("/session/factors/user/loginName"),
        "Mini@zitadel.localhost"
    );
}

#[test]
fn a_password_is_proven_in_the_same_call() {
    let server = TestServer::start();
    let human = server.human("mini");
    let answer = server
        .login_client()
        .post(SESSIONS, &login(&human.id, PASSWORD));
    answer.is(201, &server.created(4));
    let id = answer.str("/sessionId");
    let read = server.login_client().get(&format!("/v2/sessions/{id}"));
    assert_eq!(
        read.json()["session"]["factors"]["password"],
        json!({ "verifiedAt": server.clock.text() })
    );
    assert_eq!(
        server.session_history(&id),
        [
            "session.added",
            "session.user.checked",
            "session.password.checked",
            "session.token.set"
        ]
    );
    assert_eq!(
        server.user_history(&human.id).last(),
        Some(&"user.human.password.check.succeeded")
    );
}

#[test]
fn events_of_one_call_stand_in_their_order_with_their_payloads() {
    let server = TestServer::start();
    let human = server.human_with(
        "mini",
        &json!({
            "password": { "password": PASSWORD },
            "profile": { "givenName": "Mini", "familyName": "Mouse", "preferredLanguage": "de" },
        }),
    );
    let answer = server.login_client().post(
        SESSIONS,
        &json!({
            "lifetime": "18000.5s",
            "metadata": { "foo": "YmFy", "empty": "" },
            "userAgent": { "fingerprintId": "device", "ip": "1.2.3.4" },
            "checks": { "password": { "password": PASSWORD }, "user": { "userId": human.id } },
        }),
    );
    answer.is(201, &server.created(6));
    let mut events = server.session_events(&answer.str("/sessionId"));
    let now = server.clock.text();
    let token = events.pop().unwrap();
    assert_eq!((token.0, token.1), (6, "session.token.set"));
    assert_eq!(
        token.2.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["tokenID"]
    );
    let expected = [
        (
            1,
            "session.added",
            json!({ "user_agent": { "fingerprint_id": "device", "ip": "1.2.3.4" } }),
        ),
        (
            2,
            "session.user.checked",
            json!({
                "userID": human.id,
                "userResourceOwner": server.org(),
                "checkedAt": now,
                "preferredLanguage": "de",
            }),
        ),
        (3, "session.password.checked", json!({ "checkedAt": now })),
        (
            4,
            "session.metadata.set",
            json!({ "metadata": { "foo": "YmFy" } }),
        ),
        (
            5,
            "session.lifetime.set",
            json!({ "lifetime": 18_000_500_000_000_i64 }),
        ),
    ];
    assert_eq!(events, expected);
}

#[test]
fn sequences_count_the_events_of_the_call() {
    let server = TestServer::start();
    let human = server.human("mini");
    let user = json!({ "user": { "userId": human.id } });
    let both = login(&human.id, PASSWORD)["checks"].clone();
    for (body, sequence) in [
        (json!({}), 2),
        (json!({ "metadata": { "a": "" } }), 2),
        (json!({ "checks": user }), 3),
        (json!({ "metadata": { "a": "YQ==" } }), 3),
        (json!({ "lifetime": "1s" }), 3),
        (json!({ "checks": both }), 4),
        (
            json!({ "metadata": { "a": "YQ==" }, "lifetime": "60s", "checks": user }),
            5,
        ),
        (
            json!({ "metadata": { "a": "YQ==" }, "lifetime": "60s", "checks": both }),
            6,
        ),
        (json!({ "userAgent": { "description": "phone" } }), 2),
    ] {
        server
            .login_client()
            .post(SESSIONS, &body)
            .is(201, &server.created(sequence));
    }
}

#[test]
fn challenges_are_answered_where_they_were_asked_for() {
    let server = TestServer::start();
    let mut expected = server.created(2);
    expected["challenges"] = json!({});
    server
        .login_client()
        .post(SESSIONS, &json!({ "challenges": {} }))
        .is(201, &expected);
}

#[test]
fn metadata_is_kept_byte_for_byte_and_without_empty_values() {
    let server = TestServer::start();
    let session = server.session(&json!({ "metadata": {
        "plain": "YmFy",
        "binary": "AAEC/f7/",
        "": "eA==",
        "K\u{e4}se \u{1f9c0}": "eA==",
        "empty": "",
    } }));
    let read = server.login_client().get(&session.path());
    assert_eq!(
        read.json()["session"]["metadata"],
        json!({ "plain": "YmFy", "binary": "AAEC/f7/", "": "eA==", "K\u{e4}se \u{1f9c0}": "eA==" })
    );
}

#[test]
fn the_user_agent_is_kept_and_an_address_that_is_none_is_dropped() {
    let server = TestServer::start();
    for (given, shown) in [
        (
            json!({
                "fingerprintId": "device",
                "ip": "1.2.3.4",
                "description": "phone",
                "header": { "user-agent": { "values": ["a", "b"] }, "X-Foo": {} },
            }),
            Some(json!({
                "fingerprintId": "device",
                "ip": "1.2.3.4",
                "description": "phone",
                "header": { "user-agent": { "values": ["a", "b"] }, "X-Foo": {} },
            })),
        ),
        (
            json!({ "ip": "2001:DB8:0:0::1" }),
            Some(json!({ "ip": "2001:db8::1" })),
        ),
        (
            json!({ "ip": "::FFFF:1.2.3.4" }),
            Some(json!({ "ip": "1.2.3.4" })),
        ),
        (
            json!({ "ip": "my house", "description": "d" }),
            Some(json!({ "description": "d" })),
        ),
        (json!({ "ip": "1.2.3.4:80" }), None),
        (json!({ "ip": "" }), None),
        (
            json!({ "fingerprintId": "" }),
            Some(json!({ "fingerprintId": "" })),
        ),
        (
            json!({ "fingerprint_id": "x" }),
            Some(json!({ "fingerprintId": "x" })),
        ),
        (json!({ "header": {} }), None),
        (json!({}), None),
    ] {
        let session = server.session(&json!({ "userAgent": given }));
        let read = server.login_client().get(&session.path()).json();
        assert_eq!(read["session"].get("userAgent"), shown.as_ref(), "{given}");
    }
}

#[test]
fn the_lifetime_counts_from_the_call_to_the_microsecond() {
    let server = TestServer::start();
    for (lifetime, expires) in [
        ("300s", Some("2026-11-23T10:06:00.123456Z")),
        ("0.5s", Some("2026-11-23T10:01:00.623456Z")),
        ("0.876544s", Some("2026-11-23T10:01:01Z")),
        ("0.000001999s", Some("2026-11-23T10:01:00.123457Z")),
        ("86400s", Some("2026-11-24T10:01:00.123456Z")),
    ] {
        let session = server.session(&json!({ "lifetime": lifetime }));
        let read = server.login_client().get(&session.path()).json();
        assert_eq!(
            read["session"]
                .get("expirationDate")
                .and_then(Value::as_str),
            expires,
            "{lifetime}"
        );
    }
    let session = server.session(&json!({}));
    let read = server.login_client().get(&session.path()).json();
    assert_eq!(
        read["session"].get("expirationDate"),
        None,
        "it never expires"
    );
}

#[test]
fn the_longest_lifetime_does_not_break_anything() {
    let server = TestServer::start();
    let session = server.session(&json!({ "lifetime": "315576000000s" }));
    server.login_client().get(&session.path()).succeeds();
    server.clock.advance_seconds(100 * 365 * 24 * 3600);
    server
        .login_client()
        .patch(&session.path(), &json!({ "lifetime": "1s" }))
        .ok(&server.changed(5));
    server
        .login_client()
        .post("/v2/sessions/search", &json!({}))
        .succeeds();
}

#[test]
fn a_user_that_is_not_there_is_not_found() {
    let server = TestServer::start();
    for user in [
        json!({ "userId": "1" }),
        json!({ "userId": "nobody" }),
        json!({ "loginName": "nobody" }),
    ] {
        for body in [
            json!({ "checks": { "user": user } }),
            json!({ "checks": { "user": user, "password": { "password": PASSWORD } } }),
        ] {
            server.writes_nothing(|| {
                server.login_client().post(SESSIONS, &body).fails(
                    5,
                    "QUERY-Dfbg2",
                    "User could not be found",
                );
            });
        }
    }
}

#[test]
fn only_an_active_user_can_be_checked() {
    let server = TestServer::start();
    for (state, undo) in [("deactivate", "reactivate"), ("lock", "unlock")] {
        let human = server.human(state);
        let path = |operation: &str| format!("/v2/users/{}/{operation}", human.id);
        server.admin().post(&path(state), &json!({})).succeeds();
        for body in [
            json!({ "checks": { "user": { "userId": human.id } } }),
            json!({ "checks": { "user": { "loginName": state } } }),
            login(&human.id, PASSWORD),
            login(&human.id, "wrong"),
        ] {
            server.writes_nothing(|| {
                server.login_client().post(SESSIONS, &body).fails(
                    9,
                    "SESSION-Gj4ko",
                    "Errors.User.NotActive",
                );
            });
        }
        server.admin().post(&path(undo), &json!({})).succeeds();
        server
            .login_client()
            .post(SESSIONS, &login(&human.id, PASSWORD))
            .is(201, &server.created(4));
    }
    let human = server.human("gone");
    server
        .admin()
        .delete(&format!("/v2/users/{}", human.id))
        .succeeds();
    for user in [
        json!({ "userId": human.id }),
        json!({ "loginName": "gone" }),
    ] {
        server
            .login_client()
            .post(SESSIONS, &json!({ "checks": { "user": user } }))
            .fails(5, "QUERY-Dfbg2", "User could not be found");
    }
}

#[test]
fn a_wrong_password_is_counted_and_makes_no_session() {
    let server = TestServer::start();
    let human = server.human("mini");
    let wrong = |attempts| {
        let body = json!({
            "checks": { "user": { "userId": human.id }, "password": { "password": "wrong" } },
            "metadata": { "a": "YQ==" },
        });
        server
            .login_client()
            .post(SESSIONS, &body)
            .fails_credentials(3, "COMMAND-3M0fs", "Password is invalid", attempts);
    };
    let before = server.user_history(&human.id).len();
    (1..=3).for_each(wrong);
    assert_eq!(
        server.user_history(&human.id)[before..],
        ["user.human.password.check.failed"; 3]
    );
    let listed = server
        .login_client()
        .post("/v2/sessions/search", &json!({}));
    listed.ok(&json!({ "details": { "timestamp": server.clock.text() } }));

    server
        .login_client()
        .post(SESSIONS, &login(&human.id, PASSWORD))
        .is(201, &server.created(4));
    (1..=2).for_each(wrong);
}

#[test]
fn passwords_are_compared_as_they_are() {
    let server = TestServer::start();
    let password = " Gr\u{fc}\u{df}e-2026 \u{1f511} ";
    let human = server.human_with("mini", &json!({ "password": { "password": password } }));
    for (attempts, other) in [
        " Gr\u{fc}\u{df}e-2026 \u{1f511}",
        " gr\u{fc}\u{df}e-2026 \u{1f511} ",
        " Gru\u{308}\u{df}e-2026 \u{1f511} ",
        " Gr\u{fc}\u{df}e-2026 \u{1f511} \0",
    ]
    .into_iter()
    .enumerate()
    {
        server
            .login_client()
            .post(SESSIONS, &login(&human.id, other))
            .fails_credentials(
                3,
                "COMMAND-3M0fs",
                "Password is invalid",
                u32::try_from(attempts).unwrap() + 1,
            );
    }
    server
        .login_client()
        .post(SESSIONS, &login(&human.id, password))
        .is(201, &server.created(4));
}

#[test]
fn the_lockout_policy_locks_in_the_answer_that_reaches_its_limit() {
    let server = TestServer::configured(|config| {
        config.policy.lockout.max_password_attempts = 3;
    });
    let human = server.human("mini");
    let session = server.logged_in(&human);
    for attempts in 1..=3 {
        server
            .login_client()
            .post(SESSIONS, &login(&human.id, "wrong"))
            .fails_credentials(3, "COMMAND-3M0fs", "Password is invalid", attempts);
    }
    let history = server.user_history(&human.id);
    assert_eq!(
        history[history.len() - 2..],
        ["user.human.password.check.failed", "user.locked"]
    );
    for password in ["wrong", PASSWORD] {
        server.writes_nothing(|| {
            server
                .login_client()
                .post(SESSIONS, &login(&human.id, password))
                .fails(9, "SESSION-Gj4ko", "Errors.User.NotActive");
        });
    }
    // What it had is over with it.
    server
        .login_client()
        .get(&session.path())
        .fails(5, "QUERY-SFeaa", "Session does not exist");
    let path = format!("/v2/users/{}/unlock", human.id);
    server.admin().post(&path, &json!({})).succeeds();
    server
        .login_client()
        .post(SESSIONS, &login(&human.id, "wrong"))
        .fails_credentials(3, "COMMAND-3M0fs", "Password is invalid", 1);
}

#[test]
fn answers_to_failures_are_held_back_for_longer_and_longer() {
    let server = TestServer::start();
    let human = server.human("mini");
    for user in [
        json!({ "userId": human.id }),
        json!({ "loginName": "nobody" }),
        json!({ "userId": "1" }),
    ] {
        let body = json!({ "checks": { "user": user, "password": { "password": "wrong" } } });
        for attempts in 1..=61_u64 {
            let answer = server.login_client().post(SESSIONS, &body);
            assert!(
                [400, 404].contains(&answer.response.status),
                "{}",
                answer.text()
            );
            let seconds = (attempts.saturating_sub(5) / 5).min(10);
            let expected: Vec<_> = (seconds > 0)
                .then(|| Duration::from_secs(seconds))
                .into_iter()
                .collect();
            assert_eq!(server.clock.take_slept(), expected, "{attempts} {user}");
        }
    }
}

#[test]
fn after_too_many_failures_nothing_is_judged_for_a_while() {
    let server = TestServer::configured(|config| config.policy.attempts.max_in_a_row = 3);
    let human = server.human("mini");
    for (user, known) in [
        (json!({ "loginName": "mini" }), true),
        (json!({ "loginName": "nobody" }), false),
        (json!({ "userId": "1" }), false),
    ] {
        let attempt = |password: &str| {
            let body = json!({ "checks": { "user": user, "password": { "password": password } } });
            server.login_client().post(SESSIONS, &body)
        };
        let judged = |attempts: u32| {
            if known {
                attempt("wrong").fails_credentials(
                    3,
                    "COMMAND-3M0fs",
                    "Password is invalid",
                    attempts,
                );
            } else {
                attempt("wrong").fails(5, "QUERY-Dfbg2", "User could not be found");
            }
        };
        (1..=3).for_each(judged);
        for password in ["wrong", PASSWORD] {
            server.writes_nothing(|| {
                attempt(password).fails(
                    8,
                    "BTZ-Tm4ny",
                    "Too many failed attempts, try again later",
                );
            });
        }
        server.clock.advance_seconds(15 * 60);
        judged(4);
    }
    server
        .login_client()
        .post(SESSIONS, &login(&human.id, PASSWORD))
        .is(201, &server.created(4));
}

#[test]
fn a_password_needs_a_user_who_has_one() {
    let server = TestServer::start();
    let without = server.human_with("without", &json!({}));
    let machine = server.service(&[]);
    let password = json!({ "password": PASSWORD });
    for (checks, id, text) in [
        (
            json!({ "password": password }),
            "COMMAND-Sfw3f",
            "User ID missing",
        ),
        (
            json!({ "user": { "userId": without.id }, "password": password }),
            "COMMAND-3nJ4t",
            "User has not set a password",
        ),
        (
            json!({ "user": { "userId": machine.id }, "password": password }),
            "COMMAND-3n77z",
            "User could not be found",
        ),
    ] {
        server.writes_nothing(|| {
            server
                .login_client()
                .post(SESSIONS, &json!({ "checks": checks }))
                .fails(9, id, text);
        });
    }
}

#[test]
fn a_machine_can_be_the_user_but_has_no_display_name() {
    let server = TestServer::start();
    let machine = server.service(&[]);
    let session =
        server.session(&json!({ "checks": { "user": { "loginName": machine.username } } }));
    let read = server.login_client().get(&session.path()).json();
    assert_eq!(
        read["session"]["factors"],
        json!({ "user": {
            "verifiedAt": server.clock.text(),
            "id": machine.id,
            "loginName": machine.username,
            "organizationId": server.org(),
        } })
    );
}

#[test]
fn broken_rules_are_named_as_zitadel_names_them() {
    let server = TestServer::start();
    let long = "\u{e4}".repeat(201);
    let range = "value length must be between 1 and 200 runes, inclusive";
    let outer = |field: &str| {
        format!(
            "invalid CreateSessionRequest.{field}: embedded message failed validation | caused by: "
        )
    };
    let check = |field: &str, inner: &str| {
        outer("Checks")
            + &format!(
                "invalid Checks.{field}: embedded message failed validation | caused by: invalid {inner}"
            )
    };
    let challenge = |field: &str, inner: &str| {
        outer("Challenges")
            + &format!(
                "invalid RequestChallenges.{field}: embedded message failed validation | caused by: invalid {inner}"
            )
    };
    let lifetime =
        "invalid CreateSessionRequest.Lifetime: value must be greater than 0s".to_owned();
    for (body, text) in [
        (
            json!({ "checks": { "user": {} } }),
            check("User", "CheckUser.Search: value is required"),
        ),
        (
            json!({ "checks": { "user": { "userId": "" } } }),
            check("User", &format!("CheckUser.UserId: {range}")),
        ),
        (
            json!({ "checks": { "user": { "userId": long } } }),
            check("User", &format!("CheckUser.UserId: {range}")),
        ),
        (
            json!({ "checks": { "user": { "loginName": long } } }),
            check("User", &format!("CheckUser.LoginName: {range}")),
        ),
        (
            json!({ "checks": { "password": {} } }),
            check("Password", &format!("CheckPassword.Password: {range}")),
        ),
        (
            json!({ "checks": { "password": { "password": long } } }),
            check("Password", &format!("CheckPassword.Password: {range}")),
        ),
        (
            json!({ "checks": { "webAuthN": {} } }),
            check(
                "WebAuthN",
                "CheckWebAuthN.CredentialAssertionData: value is required",
            ),
        ),
        (
            json!({ "checks": { "idpIntent": { "idpIntentId": "1" } } }),
            check(
                "IdpIntent",
                &format!("CheckIDPIntent.IdpIntentToken: {range}"),
            ),
        ),
        (
            json!({ "checks": { "totp": { "code": "12345" } } }),
            check("Totp", "CheckTOTP.Code: value length must be 6 runes"),
        ),
        (
            json!({ "checks": { "otpSms": {} } }),
            check(
                "OtpSms",
                "CheckOTP.Code: value length must be at least 1 runes",
            ),
        ),
        (
            json!({ "checks": { "otpEmail": { "code": "" } } }),
            check(
                "OtpEmail",
                "CheckOTP.Code: value length must be at least 1 runes",
            ),
        ),
        (
            json!({ "checks": { "recoveryCode": { "code": "" } } }),
            check("RecoveryCode", &format!("CheckRecoveryCode.Code: {range}")),
        ),
        (
            json!({ "challenges": { "webAuthN": {} } }),
            challenge(
                "WebAuthN",
                &format!("RequestChallenges_WebAuthN.Domain: {range}"),
            ),
        ),
        (
            json!({ "challenges": { "webAuthN": { "domain": "x" } } }),
            challenge(
                "WebAuthN",
                "RequestChallenges_WebAuthN.UserVerificationRequirement: value must not be in list [USER_VERIFICATION_REQUIREMENT_UNSPECIFIED]",
            ),
        ),
        (
            json!({ "challenges": { "webAuthN": { "domain": "x", "userVerificationRequirement": 9 } } }),
            challenge(
                "WebAuthN",
                "RequestChallenges_WebAuthN.UserVerificationRequirement: value must be one of the defined enum values",
            ),
        ),
        (json!({ "lifetime": "0s" }), lifetime.clone()),
        (json!({ "lifetime": "-1s" }), lifetime.clone()),
        // The first failure in the order of the fields is told, whatever the order in the body.
        (
            json!({ "lifetime": "0s", "checks": { "password": {}, "user": {} } }),
            check("User", "CheckUser.Search: value is required"),
        ),
    ] {
        server.writes_nothing(|| {
            server
                .login_client()
                .post(SESSIONS, &body)
                .fails_plainly(3, &text);
        });
    }
    // As long as may be.
    let edge = "\u{e4}".repeat(200);
    server
        .login_client()
        .post(
            SESSIONS,
            &json!({ "checks": { "user": { "userId": edge } } }),
        )
        .fails(5, "QUERY-Dfbg2", "User could not be found");
}

#[test]
fn who_asks_comes_before_what_is_asked() {
    let server = TestServer::start();
    let (broken, invalid) = (
        b"{\"lifetime\":".as_slice(),
        b"{\"lifetime\":\"0s\"}".as_slice(),
    );
    for body in [broken, invalid] {
        server
            .anonymous()
            .send("POST", SESSIONS, Some(body))
            .fails_plainly(16, "auth header missing");
        server
            .bearer("nonsense")
            .send("POST", SESSIONS, Some(body))
            .fails(16, "AUTH-7fs1e", "Errors.Token.Invalid");
    }
    // The rules of shape come before permissions and before any look at a user.
    let nobody = server.service(&[]);
    for client in [&nobody.client, &server.login_client()] {
        client
            .post(
                SESSIONS,
                &json!({ "lifetime": "0s", "checks": { "user": { "userId": "1" } } }),
            )
            .fails_plainly(
                3,
                "invalid CreateSessionRequest.Lifetime: value must be greater than 0s",
            );
    }
    // Permissions come before the look at the user, so that they do not tell who exists.
    let human = server.human("mini");
    for user in [human.id.as_str(), "1"] {
        nobody
            .client
            .post(
                SESSIONS,
                &json!({ "checks": { "user": { "userId": user } } }),
            )
            .fails(5, "AUTHZ-cdgFk", "membership not found");
    }
}

#[test]
fn only_roles_with_session_write_on_the_instance_create_sessions() {
    let server = TestServer::start();
    let org = server.core().default_org;
    let human = server.human("mini");
    for (role, on_instance, expected) in [
        ("IAM_OWNER", true, Ok(())),
        ("IAM_LOGIN_CLIENT", true, Ok(())),
        ("IAM_SESSION_CLIENT", true, Ok(())),
        ("IAM_ORG_MANAGER", true, Err(403)),
        ("IAM_USER_MANAGER", true, Err(403)),
        ("IAM_OWNER_VIEWER", true, Err(403)),
        ("ORG_OWNER", false, Err(404)),
        ("ORG_USER_MANAGER", false, Err(404)),
    ] {
        let resource = if on_instance {
            Resource::Instance
        } else {
            Resource::Org(org)
        };
        let service = server.service_on(org, resource, &[role]);
        for body in [
            json!({}),
            json!({ "checks": { "user": { "userId": human.id } } }),
        ] {
            let sequence = if body == json!({}) { 2 } else { 3 };
            let answer = service.client.post(SESSIONS, &body);
            match expected {
                Ok(()) => answer.is(201, &server.created(sequence)),
                Err(403) => answer.fails(7, "AUTH-AWfge", "No matching permissions found"),
                Err(_) => answer.fails(5, "AUTHZ-cdgFk", "membership not found"),
            }
        }
    }
    server.service(&[]).client.post(SESSIONS, &json!({})).fails(
        5,
        "AUTHZ-cdgFk",
        "membership not found",
    );
}

#[test]
fn the_creator_is_who_called_and_stays_so() {
    let server = TestServer::start();
    let service = server.service(&["IAM_LOGIN_CLIENT"]);
    let session = server.session_by(&service.client, &json!({}));
    server
        .admin()
        .patch(&session.path(), &json!({ "lifetime": "60s" }))
        .succeeds();
    let search = json!({ "queries": [{ "creatorQuery": { "id": service.id } }] });
    let found = server.admin().post("/v2/sessions/search", &search);
    assert_eq!(found.str("/sessions/0/id"), session.id);
    let search = json!({ "queries": [{ "creatorQuery": { "id": server.admin_id() } }] });
    let found = server.admin().post("/v2/sessions/search", &search).json();
    assert_eq!(found.get("sessions"), None);
}

#[test]
fn ids_and_tokens_are_never_the_same_twice() {
    let server = TestServer::start();
    let (mut ids, mut tokens) = (Vec::new(), Vec::new());
    for _ in 0..50 {
        let session = server.session(&json!({}));
        ids.push(session.id);
        tokens.push(session.token);
    }
    for mut values in [ids, tokens] {
        values.sort();
        values.dedup();
        assert_eq!(values.len(), 50);
    }
}
