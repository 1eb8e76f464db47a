//! Where failures come from: budgets per address, and users who are known in a place.

use std::time::Duration;

use bartizan::config::Config;
use serde_json::{Value, json};

use crate::helpers::{Answer, Client, Human, PASSWORD, TestServer};

const SESSIONS: &str = "/v2/sessions";

/// Small budgets, and proxies that are trusted.
fn small(config: &mut Config) {
    let failures = &mut config.policy.failures;
    failures.per_address = 6;
    failures.per_address_and_user = 3;
    failures.tokens_per_address = 4;
    config.server.trusted_proxies = vec!["127.0.0.1".to_owned()];
    config.policy.tarpit.step_size = 0;
}

/// A check of a password, by a user agent at an address.
fn check(client: &Client, user: &Value, password: &str, agent: &Value) -> Answer {
    let body = json!({
        "checks": { "user": user, "password": { "password": password } },
        "userAgent": agent,
    });
    client.post(SESSIONS, &body)
}

fn by_id(human: &Human) -> Value {
    json!({ "userId": human.id })
}

fn at(address: &str) -> Value {
    json!({ "ip": address })
}

#[track_caller]
fn limited(answer: &Answer, seconds: u32) {
    let text = "Too many failed attempts from this address, try again later";
    answer.fails(8, "BTZ-Fa1ls", text);
    assert_eq!(answer.response.status, 429);
    let wait = answer.response.header("retry-after");
    assert_eq!(wait, Some(seconds.to_string().as_str()));
}

#[track_caller]
fn wrong(answer: &Answer) {
    assert_eq!(answer.response.status, 400, "{answer:?}");
    assert_eq!(answer.str("/details/0/id"), "COMMAND-3M0fs");
}

#[test]
fn an_address_that_failed_too_often_is_refused_before_anything_is_judged() {
    let server = TestServer::configured(small);
    let humans: Vec<_> = (0..3).map(|n| server.human(&format!("user-{n}"))).collect();
    let login = server.login_client();
    for attempt in 0..6 {
        let human = &humans[attempt % 3];
        wrong(&check(&login, &by_id(human), "wrong", &at("192.0.2.1")));
    }
    for (user, password) in [
        (by_id(&humans[0]), "wrong"),
        (by_id(&humans[0]), PASSWORD),
        (json!({ "loginName": "user-2" }), PASSWORD),
        (json!({ "loginName": "nobody" }), PASSWORD),
    ] {
        // Not even counted: the events of the user are the same as before.
        server.writes_nothing(|| {
            limited(&check(&login, &user, password, &at("192.0.2.1")), 6);
        });
    }
    // The same address in other clothes is the same; others are not.
    limited(
        &check(
            &login,
            &by_id(&humans[0]),
            PASSWORD,
            &at("::ffff:192.0.2.1"),
        ),
        6,
    );
    check(&login, &by_id(&humans[0]), PASSWORD, &at("192.0.2.2")).succeeds();
    server.clock.advance_seconds(6);
    check(&login, &by_id(&humans[1]), PASSWORD, &at("192.0.2.1")).succeeds();
}

#[test]
fn one_address_cannot_use_up_the_attempts_of_a_user() {
    let server = TestServer::configured(small);
    let (victim, other) = (server.human("victim"), server.human("other"));
    let login = server.login_client();
    let attacker = at("2001:db8:1:2::1");
    for _ in 0..3 {
        wrong(&check(&login, &by_id(&victim), "wrong", &attacker));
    }
    // By another name, and from another address of the same network: still the same two.
    for (user, agent) in [
        (by_id(&victim), attacker.clone()),
        (json!({ "loginName": "VICTIM" }), at("2001:db8:1:2:3:4:5:6")),
    ] {
        limited(&check(&login, &user, "wrong", &agent), 180);
    }
    wrong(&check(&login, &by_id(&other), "wrong", &attacker));
    check(&login, &by_id(&victim), PASSWORD, &at("2001:db8:1:3::1")).succeeds();
}

#[test]
fn names_that_nobody_has_are_limited_like_those_of_users() {
    let server = TestServer::configured(small);
    let login = server.login_client();
    let user = json!({ "loginName": "nobody" });
    for _ in 0..3 {
        let answer = check(&login, &user, "wrong", &at("192.0.2.1"));
        answer.fails(5, "QUERY-Dfbg2", "User could not be found");
    }
    limited(&check(&login, &user, "wrong", &at("192.0.2.1")), 180);
}

#[test]
fn what_succeeds_costs_nothing() {
    let server = TestServer::configured(small);
    let human = server.human("mini");
    let login = server.login_client();
    for _ in 0..10 {
        check(&login, &by_id(&human), PASSWORD, &at("192.0.2.1")).succeeds();
    }
}

#[test]
fn a_trusted_proxy_names_the_client_where_the_user_agent_does_not() {
    let server = TestServer::configured(small);
    let human = server.human("mini");
    let from = |addresses: &str| server.login_client().with("X-Forwarded-For", addresses);
    let nobody = json!({});
    for forged in ["", "198.51.100.1, ", "198.51.100.2, ::1, "] {
        let client = from(&format!("{forged}192.0.2.1"));
        wrong(&check(&client, &by_id(&human), "wrong", &nobody));
    }
    limited(
        &check(&from("192.0.2.1"), &by_id(&human), PASSWORD, &nobody),
        180,
    );
    check(&from("192.0.2.2"), &by_id(&human), PASSWORD, &nobody).succeeds();
    // The proxy's own address stands for nobody.
    for _ in 0..10 {
        wrong(&check(
            &server.login_client(),
            &by_id(&human),
            "wrong",
            &nobody,
        ));
    }
}

#[test]
fn a_stranger_names_nobody() {
    let server = TestServer::configured(|config| {
        small(config);
        config.server.trusted_proxies = vec!["192.0.2.0/24".to_owned()];
    });
    let (victim, other) = (server.human("victim"), server.human("other"));
    let from = |n: usize| {
        let address = format!("198.51.100.{n}");
        let client = server.login_client().with("X-Forwarded-For", &address);
        client.with("Forwarded", &format!("for={address}"))
    };
    // More than one address may fail about one user: here nobody knows whose address it is.
    for n in 0..6 {
        wrong(&check(&from(n), &by_id(&victim), "wrong", &json!({})));
    }
    limited(&check(&from(9), &by_id(&other), "wrong", &json!({})), 6);
}

#[test]
fn wrong_tokens_are_limited_and_right_ones_never_wait() {
    let server = TestServer::configured(small);
    let from = |client: Client| client.with("X-Forwarded-For", "192.0.2.1");
    let wrong = from(server.bearer("nonsense"));
    for _ in 0..4 {
        wrong
            .get("/v2/sessions/1")
            .fails(16, "AUTH-7fs1e", "Errors.Token.Invalid");
    }
    let answer = wrong.get("/v2/sessions/1");
    let text = "Too many wrong tokens from this address, try again later";
    answer.fails(8, "BTZ-Fa1lt", text);
    assert_eq!(answer.response.status, 429);
    assert_eq!(answer.response.header("retry-after"), Some("1"));
    let right = from(server.login_client()).get("/v2/sessions/1");
    assert_eq!(right.response.status, 404);
    // Nor do they cost the checks of others at the same address anything.
    let human = server.human("mini");
    check(
        &from(server.login_client()),
        &by_id(&human),
        PASSWORD,
        &json!({}),
    )
    .succeeds();
}

#[test]
fn a_user_who_is_known_in_a_place_is_judged_there_during_the_pause() {
    let server = TestServer::configured(|config| {
        small(config);
        config.policy.attempts.max_in_a_row = 6;
    });
    let human = server.human("mini");
    let login = server.login_client();
    let home = json!({ "ip": "192.0.2.1", "fingerprintId": "f-home" });
    check(&login, &by_id(&human), PASSWORD, &home).succeeds();
    // Two attackers bring the pause about.
    for attempt in 0..6 {
        let agent = at(if attempt < 3 {
            "198.51.100.1"
        } else {
            "198.51.100.2"
        });
        wrong(&check(&login, &by_id(&human), "wrong", &agent));
    }
    let paused = |agent: &Value| {
        let answer = check(&login, &by_id(&human), PASSWORD, agent);
        answer.fails(8, "BTZ-Tm4ny", "Too many failed attempts, try again later");
    };
    paused(&at("198.51.100.3"));
    paused(&json!({ "ip": "198.51.100.3", "fingerprintId": "f-attacker" }));
    paused(&json!({ "fingerprintId": "f-home" }));
    // At home, at home with another browser, with the same browser elsewhere.
    for agent in [
        home.clone(),
        at("192.0.2.1"),
        json!({ "ip": "203.0.113.5", "fingerprintId": "f-home" }),
    ] {
        let session = check(&login, &by_id(&human), PASSWORD, &agent);
        session.succeeds();
        // That ended the series; a new one begins.
        for attempt in 0..6 {
            server.clock.advance_seconds(600);
            let agent = at(if attempt < 3 {
                "198.51.100.1"
            } else {
                "198.51.100.2"
            });
            wrong(&check(&login, &by_id(&human), "wrong", &agent));
        }
    }
    // Who fails there has the budget of the place and no more.
    for _ in 0..3 {
        wrong(&check(&login, &by_id(&human), "wrong", &at("192.0.2.1")));
    }
    limited(
        &check(&login, &by_id(&human), PASSWORD, &at("192.0.2.1")),
        180,
    );
}

#[test]
fn a_place_where_only_the_name_was_told_is_not_known() {
    let server = TestServer::configured(|config| {
        small(config);
        config.policy.attempts.max_in_a_row = 2;
    });
    let human = server.human("mini");
    let login = server.login_client();
    let body = json!({ "checks": { "user": by_id(&human) }, "userAgent": at("192.0.2.1") });
    login.post(SESSIONS, &body).succeeds();
    for _ in 0..2 {
        wrong(&check(&login, &by_id(&human), "wrong", &at("192.0.2.1")));
    }
    let answer = check(&login, &by_id(&human), PASSWORD, &at("192.0.2.1"));
    answer.fails(8, "BTZ-Tm4ny", "Too many failed attempts, try again later");
}

#[test]
fn many_attempts_at_once_do_not_get_past_a_budget() {
    let server = TestServer::configured(|config| {
        small(config);
        config.server.workers = 2;
    });
    let humans: Vec<_> = (0..4).map(|n| server.human(&format!("user-{n}"))).collect();
    let login = server.login_client();
    let judged = std::thread::scope(|scope| {
        #[expect(
            clippy::needless_collect,
            reason = "all threads start before one is waited for"
        )]
        let threads: Vec<_> = (0..24)
            .map(|n| {
                let (login, human) = (&login, &humans[n % 4]);
                scope.spawn(move || {
                    check(login, &by_id(human), "wrong", &at("192.0.2.1"))
                        .response
                        .status
                })
            })
            .collect();
        let statuses = threads.into_iter().map(|thread| thread.join().unwrap());
        statuses.filter(|status| *status == 400).count()
    });
    assert_eq!(judged, 6);
}

#[test]
fn checks_of_a_session_count_where_its_user_agent_is() {
    let server = TestServer::configured(small);
    let human = server.human("mini");
    let login = server.login_client();
    let session = server.session(&json!({
        "checks": { "user": by_id(&human) },
        "userAgent": at("192.0.2.1"),
    }));
    let body = json!({ "checks": { "password": { "password": "wrong" } } });
    for _ in 0..3 {
        wrong(&login.patch(&session.path(), &body));
    }
    let right = json!({ "checks": { "password": { "password": PASSWORD } } });
    server.writes_nothing(|| limited(&login.patch(&session.path(), &right), 180));
    server.clock.advance(Duration::from_mins(3));
    login.patch(&session.path(), &right).succeeds();
}

#[test]
fn over_connect_the_refusal_says_when_to_come_again_as_well() {
    let server = TestServer::configured(small);
    let human = server.human("mini");
    let body = json!({
        "checks": { "user": by_id(&human), "password": { "password": "wrong" } },
        "userAgent": at("192.0.2.1"),
    });
    let call = || {
        let client = server
            .login_client()
            .with("Content-Type", "application/json");
        client.post("/zitadel.session.v2.SessionService/CreateSession", &body)
    };
    for _ in 0..3 {
        assert_eq!(call().response.status, 400);
    }
    let answer = call();
    assert_eq!(answer.response.status, 429);
    assert_eq!(answer.response.header("retry-after"), Some("180"));
    assert_eq!(answer.str("/code"), "resource_exhausted");
    assert_eq!(
        answer.str("/message"),
        "Too many failed attempts from this address, try again later (BTZ-Fa1ls)"
    );
}
