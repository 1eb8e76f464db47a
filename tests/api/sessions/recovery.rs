//! The check `recoveryCode` of `CreateSession` and `SetSession` (spec session-service.md section 6.6).

use std::time::Duration;

use serde_json::{Value, json};

use crate::helpers::{Answer, Human, NewSession, PASSWORD, TestServer};

const WRONG: (u8, &str, &str) = (3, "DOMAIN-6uvh0", "Invalid recovery code provided");
const NOT_READY: (u8, &str, &str) = (9, "COMMAND-84rgg", "Recovery codes are not ready for use");

/// A person with recovery codes.
#[track_caller]
fn human_with_codes(server: &TestServer, count: usize) -> (Human, Vec<String>) {
    let human = server.human("mini");
    let codes = made(server, &human, count);
    (human, codes)
}

#[track_caller]
fn made(server: &TestServer, human: &Human, count: usize) -> Vec<String> {
    let path = format!("/v2/users/{}/recovery_codes", human.id);
    let answer = server.admin().post(&path, &json!({ "count": count }));
    let body = answer.succeeds().json();
    let codes = body["recoveryCodes"].as_array().unwrap();
    codes
        .iter()
        .map(|code| code.as_str().unwrap().to_owned())
        .collect()
}

#[track_caller]
fn check(server: &TestServer, session: &NewSession, code: &str) -> Answer {
    let body = json!({ "checks": { "recoveryCode": { "code": code } } });
    server.login_client().patch(&session.path(), &body)
}

#[track_caller]
fn refused(answer: &Answer, (code, id, text): (u8, &str, &str)) {
    answer.fails(code, id, text);
}

fn of_user(human: &Human) -> Value {
    json!({ "checks": { "user": { "userId": human.id } } })
}

fn with_code(human: &Human, code: &str) -> Value {
    json!({ "checks": { "user": { "userId": human.id }, "recoveryCode": { "code": code } } })
}

#[track_caller]
fn factors(server: &TestServer, session: &NewSession) -> Value {
    let read = server.admin().get(&session.path()).succeeds().json();
    read["session"]["factors"].clone()
}

#[test]
fn a_code_is_a_factor_in_one_call_and_in_several() {
    let server = TestServer::start();
    let (human, codes) = human_with_codes(&server, 2);
    let at_once = server.session(&json!({ "checks": {
        "recoveryCode": { "code": codes[0] },
        "password": { "password": PASSWORD },
        "user": { "userId": human.id },
    } }));
    assert_eq!(
        server.session_history(&at_once.id),
        [
            "session.added",
            "session.user.checked",
            "session.password.checked",
            "session.recoveryCode.checked",
            "session.token.set",
        ]
    );
    assert_eq!(
        server.user_history(&human.id)[3..],
        [
            "user.human.password.check.succeeded",
            "user.human.mfa.recoverycode.check.succeeded",
        ]
    );
    let moment = json!({ "verifiedAt": server.clock.text() });
    assert_eq!(factors(&server, &at_once)["recoveryCode"], moment);
    let list = server.admin().post("/v2/sessions/search", &json!({}));
    assert_eq!(
        list.json()["sessions"][0]["factors"]["recoveryCode"],
        moment
    );

    server.clock.advance_seconds(30);
    let step_by_step = server.session(&of_user(&human));
    check(&server, &step_by_step, &codes[1]).ok(&server.changed(5));
    let moment = json!({ "verifiedAt": server.clock.text() });
    let found = factors(&server, &step_by_step);
    assert_eq!(found["recoveryCode"], moment);
    assert_eq!(found.get("password"), None);
    // That was the last one.
    refused(&check(&server, &step_by_step, &codes[1]), NOT_READY);
    let methods = format!("/v2/users/{}/authentication_methods", human.id);
    assert_eq!(
        server.admin().get(&methods).json()["authMethodTypes"],
        json!(["AUTHENTICATION_METHOD_TYPE_PASSWORD"])
    );
}

#[test]
fn a_code_needs_a_user_who_has_some() {
    let server = TestServer::start();
    let human = server.human("mini");
    let machine = server.service(&[]);
    let empty = server.session(&json!({}));
    let session = server.session(&of_user(&human));
    let of_machine = json!({ "checks": {
        "user": { "userId": machine.id }, "recoveryCode": { "code": "abcde-fghjk" },
    } });
    server.writes_nothing(|| {
        let answer = check(&server, &empty, "abcde-fghjk");
        answer.fails(3, "COMMAND-4m9s2", "User ID missing");
        refused(&check(&server, &session, "abcde-fghjk"), NOT_READY);
        refused(
            &server.login_client().post("/v2/sessions", &of_machine),
            NOT_READY,
        );
    });
}

#[test]
fn a_code_works_once_and_in_its_exact_form() {
    let server = TestServer::start();
    let (human, codes) = human_with_codes(&server, 2);
    let other = server.human("maxi");
    let foreign = made(&server, &other, 1);
    let session = server.session(&of_user(&human));
    check(&server, &session, &codes[0]).succeeds();
    for wrong in [
        codes[0].clone(),
        codes[1].replace('-', ""),
        format!(" {}", codes[1]),
        format!("{}-", codes[1]),
        foreign[0].clone(),
    ] {
        refused(&check(&server, &session, &wrong), WRONG);
    }
    assert_eq!(
        server.user_history(&human.id)[4..],
        ["user.human.mfa.recoverycode.check.failed"; 5]
    );
    assert_eq!(server.session_history(&session.id).len(), 5);
    check(&server, &session, &codes[1]).succeeds();
}

#[test]
fn a_code_used_at_many_places_at_once_works_at_one() {
    let server = TestServer::configured(|config| config.server.workers = 4);
    let (human, codes) = human_with_codes(&server, 2);
    let body = with_code(&human, &codes[0]);
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for _ in 0..8 {
            threads.push(scope.spawn(|| server.login_client().post("/v2/sessions", &body)));
        }
        let joined = threads.into_iter().map(|thread| thread.join().unwrap());
        joined.collect()
    });
    let (created, others): (Vec<_>, Vec<_>) = answers
        .iter()
        .partition(|answer| answer.response.status == 201);
    assert_eq!(created.len(), 1);
    for answer in others {
        refused(answer, WRONG);
    }
    let history = server.user_history(&human.id);
    let succeeded = "user.human.mfa.recoverycode.check.succeeded";
    let count = |name: &str| history.iter().filter(|event| **event == name).count();
    assert_eq!(count(succeeded), 1);
    assert_eq!(count("user.human.mfa.recoverycode.check.failed"), 7);
}

#[test]
fn wrong_codes_count_with_those_of_apps_and_lock_the_user() {
    let server = TestServer::configured(|config| config.policy.lockout.max_otp_attempts = 3);
    let (human, app) = server.human_with_app("mini");
    let codes = made(&server, &human, 2);
    let session = server.session(&of_user(&human));
    let body = json!({ "checks": { "totp": { "code": app.wrong(&server) } } });
    let wrong_app = || server.login_client().patch(&session.path(), &body);
    // A success in between forgives what was before it.
    refused(&check(&server, &session, "wrong"), WRONG);
    wrong_app().fails(3, "EVENT-8isk2", "Invalid code");
    check(&server, &session, &codes[0]).succeeds();
    refused(&check(&server, &session, "wrong"), WRONG);
    wrong_app().fails(3, "EVENT-8isk2", "Invalid code");
    refused(&check(&server, &session, "wrong"), WRONG);
    let history = server.user_history(&human.id);
    assert_eq!(
        history[history.len() - 2..],
        ["user.human.mfa.recoverycode.check.failed", "user.locked"]
    );
    let over = check(&server, &session, &codes[1]);
    over.fails(9, "COMMAND-Hewfq", "Session already terminated");
    let again = with_code(&human, &codes[1]);
    let client = server.login_client();
    client
        .post("/v2/sessions", &again)
        .fails(9, "SESSION-Gj4ko", "Errors.User.NotActive");
    let unlock = format!("/v2/users/{}/unlock", human.id);
    server.admin().post(&unlock, &json!({})).succeeds();
    client.post("/v2/sessions", &again).succeeds();
}

#[test]
fn answers_are_not_held_back_but_after_too_many_none_is_judged() {
    let server = TestServer::configured(|config| config.policy.attempts.max_in_a_row = 10);
    let (human, codes) = human_with_codes(&server, 1);
    let session = server.session(&of_user(&human));
    for _ in 0..10 {
        refused(&check(&server, &session, "wrong"), WRONG);
    }
    let slept = server.clock.take_slept();
    assert!(slept.iter().all(Duration::is_zero), "{slept:?}");
    let text = "Too many failed attempts, try again later";
    server.writes_nothing(|| {
        check(&server, &session, &codes[0]).fails(8, "BTZ-Tm4ny", text);
    });
    server.clock.advance(Duration::from_mins(15));
    check(&server, &session, &codes[0]).succeeds();
}

#[test]
fn a_code_stands_in_for_the_second_factor_of_a_bearer() {
    let server = TestServer::start();
    let (human, _) = server.human_with_app("mini");
    let codes = made(&server, &human, 1);
    let session = server.logged_in(&human);
    let target = format!("/v2/users/{}", human.id);
    server
        .bearer(&session.token)
        .get(&target)
        .fails(7, "AUTHZ-Kl3p0", "mfa required");
    let token = check(&server, &session, &codes[0]).str("/sessionToken");
    server.bearer(&token).get(&target).succeeds();
}
