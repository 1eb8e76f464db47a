//! The check `totp` of `CreateSession` and `SetSession` (spec session-service.md section 6.4).

use std::time::Duration;

use bartizan::domain::ids::given_user_key;
use serde_json::{Value, json};

use crate::helpers::{Answer, Authenticator, Human, NewSession, PASSWORD, TestServer};

const WRONG: (u8, &str, &str) = (3, "EVENT-8isk2", "Invalid code");
const USED: (u8, &str, &str) = (3, "TOTP-Auw0a", "Code was already used");
const NOT_READY: (u8, &str, &str) = (
    9,
    "COMMAND-3Mif9s",
    "Multifactor OTP (OneTimePassword) isn't ready",
);

/// Checks a code in a session whose user is known.
#[track_caller]
fn check(server: &TestServer, session: &NewSession, code: &str) -> Answer {
    let body = json!({ "checks": { "totp": { "code": code } } });
    server.login_client().patch(&session.path(), &body)
}

#[track_caller]
fn refused(answer: &Answer, (code, id, text): (u8, &str, &str)) {
    answer.fails(code, id, text);
}

#[track_caller]
fn factors(server: &TestServer, session: &NewSession) -> Value {
    let read = server.admin().get(&session.path()).succeeds().json();
    read["session"]["factors"].clone()
}

fn of_user(human: &Human) -> Value {
    json!({ "checks": { "user": { "userId": human.id } } })
}

/// The failed codes in a row that the user's row has.
#[track_caller]
fn failures(server: &TestServer, human: &Human) -> u32 {
    let user = crate::helpers::wait(server.core().store.user(given_user_key(&human.id)));
    user.unwrap().unwrap().human().unwrap().otp_failures.count
}

#[test]
fn a_code_is_a_factor_in_one_call_and_in_several() {
    let server = TestServer::start();
    let (human, app) = server.human_with_app("mini");
    let at_once = server.session(&json!({ "checks": {
        "totp": { "code": app.code(&server) },
        "password": { "password": PASSWORD },
        "user": { "userId": human.id },
    } }));
    assert_eq!(
        server.session_history(&at_once.id),
        [
            "session.added",
            "session.user.checked",
            "session.password.checked",
            "session.totp.checked",
            "session.token.set",
        ]
    );
    assert_eq!(
        server.user_history(&human.id)[4..],
        [
            "user.human.password.check.succeeded",
            "user.human.mfa.otp.check.succeeded",
        ]
    );
    let moment = json!({ "verifiedAt": server.clock.text() });
    let found = factors(&server, &at_once);
    assert_eq!((&found["password"], &found["totp"]), (&moment, &moment));
    let list = server.admin().post("/v2/sessions/search", &json!({}));
    assert_eq!(list.json()["sessions"][0]["factors"]["totp"], moment);
    server
        .bearer(&at_once.token)
        .get(&at_once.path())
        .succeeds();

    server.clock.advance_seconds(30);
    let step_by_step = server.session(&of_user(&human));
    check(&server, &step_by_step, &app.code(&server)).ok(&server.changed(5));
    let found = factors(&server, &step_by_step);
    assert_eq!(found["totp"], json!({ "verifiedAt": server.clock.text() }));
    assert_eq!(found.get("password"), None);
}

#[test]
fn a_code_needs_a_user_and_an_app_that_was_verified() {
    let server = TestServer::start();
    let human = server.human("mini");
    let empty = server.session(&json!({}));
    let session = server.session(&of_user(&human));
    let machine = server.service(&[]);
    let of_machine = json!({ "checks": {
        "user": { "userId": machine.id }, "totp": { "code": "123456" },
    } });
    let nobody = json!({ "checks": { "totp": { "code": "123456" } } });
    server.writes_nothing(|| {
        check(&server, &empty, "123456").fails(3, "COMMAND-8N9ds", "User ID missing");
        server.login_client().post("/v2/sessions", &nobody).fails(
            3,
            "COMMAND-8N9ds",
            "User ID missing",
        );
        refused(&check(&server, &session, "123456"), NOT_READY);
        refused(
            &server.login_client().post("/v2/sessions", &of_machine),
            NOT_READY,
        );
    });
    let path = format!("/v2/users/{}/totp", human.id);
    let app = Authenticator::with(&server.admin().post(&path, &json!({})).str("/secret"));
    let code = app.code(&server);
    server.writes_nothing(|| refused(&check(&server, &session, &code), NOT_READY));
    let verify = json!({ "code": code });
    server
        .admin()
        .post(&format!("{path}/verify"), &verify)
        .succeeds();
    // Who verified the app may go on with the same code.
    check(&server, &session, &code).ok(&server.changed(5));
    server.admin().delete(&path).succeeds();
    refused(
        &check(&server, &session, &app.code_in(&server, 1)),
        NOT_READY,
    );
}

#[test]
fn a_wrong_code_is_counted_and_changes_nothing_else() {
    let server = TestServer::start();
    let (human, app) = server.human_with_app("mini");
    let session = server.session(&of_user(&human));
    for attempts in 1..=3 {
        refused(&check(&server, &session, &app.wrong(&server)), WRONG);
        assert_eq!(failures(&server, &human), attempts);
    }
    assert_eq!(
        server.user_history(&human.id)[4..],
        ["user.human.mfa.otp.check.failed"; 3]
    );
    assert_eq!(server.session_history(&session.id).len(), 3);
    // The success of the password in the same call is dropped, and no session is made.
    let both = json!({ "checks": {
        "user": { "userId": human.id },
        "password": { "password": PASSWORD },
        "totp": { "code": app.wrong(&server) },
    } });
    refused(&server.login_client().post("/v2/sessions", &both), WRONG);
    assert_eq!(failures(&server, &human), 4);
    assert_eq!(
        server.user_history(&human.id)[7..],
        ["user.human.mfa.otp.check.failed"]
    );
    check(&server, &session, &app.code(&server)).ok(&server.changed(5));
    assert_eq!(failures(&server, &human), 0);
}

#[test]
fn a_code_works_once_and_none_before_it_works_after_it() {
    let server = TestServer::start();
    let (human, app) = server.human_with_app("mini");
    let session = server.session(&of_user(&human));
    let (before, now, after) = (
        app.code_in(&server, -1),
        app.code(&server),
        app.code_in(&server, 1),
    );
    check(&server, &session, &now).succeeds();
    let other = server.session(&of_user(&human));
    for code in [&now, &before] {
        refused(&check(&server, &session, code), USED);
        refused(&check(&server, &other, code), USED);
    }
    assert_eq!(failures(&server, &human), 4);
    check(&server, &session, &after).succeeds();
    server.clock.advance_seconds(30);
    refused(&check(&server, &session, &after), USED);
    server.clock.advance_seconds(30);
    refused(&check(&server, &session, &after), USED);
    server.clock.advance_seconds(30);
    refused(&check(&server, &session, &after), WRONG);
    check(&server, &session, &app.code(&server)).succeeds();
}

#[test]
fn a_code_used_at_many_places_at_once_works_at_one() {
    let server = TestServer::configured(|config| config.server.workers = 4);
    let (human, app) = server.human_with_app("mini");
    let code = app.code(&server);
    let body = json!({ "checks": {
        "user": { "userId": human.id }, "totp": { "code": code },
    } });
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
        refused(answer, USED);
    }
    assert_eq!(failures(&server, &human), 7);
}

#[test]
fn the_lockout_policy_counts_codes_and_locking_ends_the_sessions() {
    let server = TestServer::configured(|config| config.policy.lockout.max_otp_attempts = 3);
    let (human, app) = server.human_with_app("mini");
    let session = server.session(&of_user(&human));
    let other = server.session(&of_user(&human));
    for _ in 0..3 {
        refused(&check(&server, &session, &app.wrong(&server)), WRONG);
    }
    assert_eq!(
        server.user_history(&human.id)[6..],
        ["user.human.mfa.otp.check.failed", "user.locked"]
    );
    for ended in [&session, &other] {
        let answer = check(&server, ended, &app.code(&server));
        answer.fails(9, "COMMAND-Hewfq", "Session already terminated");
    }
    let again = json!({ "checks": {
        "user": { "userId": human.id }, "totp": { "code": app.code(&server) },
    } });
    let client = server.login_client();
    client
        .post("/v2/sessions", &again)
        .fails(9, "SESSION-Gj4ko", "Errors.User.NotActive");
    let unlock = format!("/v2/users/{}/unlock", human.id);
    server.admin().post(&unlock, &json!({})).succeeds();
    assert_eq!(failures(&server, &human), 0);
    client.post("/v2/sessions", &again).succeeds();
}

#[test]
fn passwords_and_codes_are_counted_apart() {
    let server = TestServer::configured(|config| {
        config.policy.lockout.max_otp_attempts = 3;
        config.policy.lockout.max_password_attempts = 3;
    });
    let (human, app) = server.human_with_app("mini");
    let session = server.session(&of_user(&human));
    let password = |password: &str| {
        let body = json!({ "checks": { "password": { "password": password } } });
        server.login_client().patch(&session.path(), &body)
    };
    for attempts in 1..=2 {
        refused(&check(&server, &session, &app.wrong(&server)), WRONG);
        password("wrong").fails_credentials(3, "COMMAND-3M0fs", "Password is invalid", attempts);
    }
    password(PASSWORD).succeeds();
    assert_eq!(failures(&server, &human), 2);
    refused(&check(&server, &session, &app.wrong(&server)), WRONG);
    check(&server, &session, "123456").fails(9, "COMMAND-Hewfq", "Session already terminated");
}

#[test]
fn answers_to_wrong_codes_are_held_back_and_after_too_many_none_is_judged() {
    let server = TestServer::configured(|config| config.policy.attempts.max_in_a_row = 10);
    let (human, app) = server.human_with_app("mini");
    let session = server.session(&of_user(&human));
    for attempts in 1..=10 {
        refused(&check(&server, &session, &app.wrong(&server)), WRONG);
        let slept = server.clock.take_slept();
        let expected = if attempts == 10 {
            vec![Duration::from_secs(1)]
        } else {
            vec![]
        };
        assert_eq!(slept, expected, "{attempts}");
    }
    let text = "Too many failed attempts, try again later";
    for code in [app.code(&server), app.wrong(&server)] {
        server.writes_nothing(|| check(&server, &session, &code).fails(8, "BTZ-Tm4ny", text));
    }
    // The password is judged all the same.
    let body = json!({ "checks": { "password": { "password": PASSWORD } } });
    server
        .login_client()
        .patch(&session.path(), &body)
        .succeeds();
    server.clock.advance(Duration::from_mins(15));
    check(&server, &session, &app.code(&server)).succeeds();
}

#[test]
fn the_state_of_the_user_comes_before_the_code() {
    let server = TestServer::start();
    let (human, app) = server.human_with_app("mini");
    let body = json!({ "checks": {
        "user": { "userId": human.id }, "totp": { "code": app.code(&server) },
    } });
    let change = |name: &str| {
        let target = format!("/v2/users/{}/{name}", human.id);
        server.admin().post(&target, &json!({})).succeeds();
    };
    for (off, on) in [("deactivate", "reactivate"), ("lock", "unlock")] {
        change(off);
        server.writes_nothing(|| {
            server.login_client().post("/v2/sessions", &body).fails(
                9,
                "SESSION-Gj4ko",
                "Errors.User.NotActive",
            );
        });
        change(on);
    }
    server.login_client().post("/v2/sessions", &body).succeeds();
}

#[test]
fn who_has_an_app_needs_two_factors_to_be_a_bearer() {
    let server = TestServer::start();
    let (human, app) = server.human_with_app("mini");
    let session = server.logged_in(&human);
    let call = |token: &str| {
        let target = format!("/v2/users/{}", human.id);
        server.bearer(token).get(&target)
    };
    let refused = |answer: &Answer| answer.fails(7, "AUTHZ-Kl3p0", "mfa required");
    refused(&call(&session.token));
    let only_code = server.session(&of_user(&human));
    let token = check(&server, &only_code, &app.code(&server)).str("/sessionToken");
    refused(&call(&token));
    let token = check(&server, &session, &app.code_in(&server, 1)).str("/sessionToken");
    call(&token).succeeds();
}

#[test]
fn an_app_that_the_policy_does_not_allow_asks_for_nothing() {
    let server = TestServer::configured(|config| config.policy.login.second_factors.clear());
    let (human, _) = server.human_with_app("mini");
    let session = server.logged_in(&human);
    let target = format!("/v2/users/{}", human.id);
    server.bearer(&session.token).get(&target).succeeds();
}

#[test]
fn the_older_package_checks_codes_as_well() {
    let server = TestServer::start();
    let (human, app) = server.human_with_app("mini");
    let body = json!({ "checks": {
        "user": { "userId": human.id }, "totp": { "code": app.code(&server) },
    } });
    let answer = server.login_client().post("/v2beta/sessions", &body);
    answer.is(201, &server.created(4));
}
