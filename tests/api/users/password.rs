//! `SetPassword`: `POST /v2/users/{user_id}/password`.

use bartizan::domain::permission::Resource;
use serde_json::{Value, json};

use crate::helpers::{Answer, Client, Human, PASSWORD, TestServer};

const NEW: &str = "Another123!";

#[track_caller]
fn set(client: &Client, human: &Human, body: &Value) -> Answer {
    client.post(&format!("/v2/users/{}/password", human.id), body)
}

#[track_caller]
fn login(server: &TestServer, human: &Human, password: &str) -> Answer {
    let checks = json!({ "user": { "userId": human.id }, "password": { "password": password } });
    server
        .login_client()
        .post("/v2/sessions", &json!({ "checks": checks }))
}

#[test]
fn a_new_password_replaces_the_old_one_at_once() {
    let server = TestServer::start();
    let human = server.human("mini");
    server.clock.advance_seconds(5);
    set(
        &server.admin(),
        &human,
        &json!({ "newPassword": { "password": NEW } }),
    )
    .ok(&json!({ "details": server.user_details(3) }));
    let read = server
        .admin()
        .get(&format!("/v2/users/{}", human.id))
        .json();
    assert_eq!(
        read["user"]["human"]["passwordChanged"],
        server.clock.text()
    );
    assert_eq!(read["user"]["human"].get("passwordChangeRequired"), None);
    login(&server, &human, PASSWORD).fails_credentials(
        3,
        "COMMAND-3M0fs",
        "Password is invalid",
        1,
    );
    login(&server, &human, NEW).is(201, &server.created(4));
    assert_eq!(
        server.user_history(&human.id)[2],
        "user.human.password.changed"
    );
}

#[test]
fn a_change_can_be_required() {
    let server = TestServer::start();
    let human = server.human("mini");
    let required = |body: Value| {
        set(&server.admin(), &human, &json!({ "newPassword": body })).succeeds();
        let read = server
            .admin()
            .get(&format!("/v2/users/{}", human.id))
            .json();
        read["user"]["human"]["passwordChangeRequired"] == true
    };
    assert!(required(json!({ "password": NEW, "changeRequired": true })));
    assert!(!required(json!({ "password": PASSWORD })));
}

#[test]
fn the_first_password_can_be_set_later() {
    let server = TestServer::start();
    let human = server.human_with("mini", &json!({}));
    let body = json!({ "newPassword": { "password": NEW }, "currentPassword": PASSWORD });
    set(&server.admin(), &human, &body).fails(9, "COMMAND-Fds3s", "User has not set a password");
    set(
        &server.admin(),
        &human,
        &json!({ "newPassword": { "password": NEW } }),
    )
    .succeeds();
    login(&server, &human, NEW).is(201, &server.created(4));
}

#[test]
fn the_current_password_proves_the_right() {
    let server = TestServer::start();
    let human = server.human("mini");
    let nobody = server.service(&[]).client;
    let body = |new: &str, current: &str| json!({ "newPassword": { "password": new }, "currentPassword": current });
    set(&nobody, &human, &body(NEW, "wrong")).fails_credentials(
        3,
        "COMMAND-3M0fs",
        "Password is invalid",
        1,
    );
    set(&nobody, &human, &body(NEW, NEW)).fails_credentials(
        3,
        "COMMAND-3M0fs",
        "Password is invalid",
        2,
    );
    login(&server, &human, NEW).fails_credentials(3, "COMMAND-3M0fs", "Password is invalid", 3);
    set(&nobody, &human, &body(PASSWORD, PASSWORD)).fails(
        9,
        "COMMAND-Aesh5",
        "New password cannot be the same as your current password",
    );
    set(&nobody, &human, &body("short", PASSWORD)).fails(
        3,
        "DOMAIN-HuJf6",
        "Password is too short",
    );
    set(&nobody, &human, &body(NEW, PASSWORD)).succeeds();
    login(&server, &human, NEW).is(201, &server.created(4));
}

#[test]
fn a_wrong_current_password_counts_for_the_lockout() {
    let server = TestServer::configured(|config| {
        config.policy.lockout.max_password_attempts = 2;
    });
    let human = server.human("mini");
    let body = json!({ "newPassword": { "password": NEW }, "currentPassword": "wrong" });
    for attempts in 1..=2 {
        set(&server.admin(), &human, &body).fails_credentials(
            3,
            "COMMAND-3M0fs",
            "Password is invalid",
            attempts,
        );
    }
    set(&server.admin(), &human, &body).fails_credentials(9, "COMMAND-JLK35", "User is locked", 0);
    login(&server, &human, PASSWORD).fails(9, "SESSION-Gj4ko", "Errors.User.NotActive");
}

#[test]
fn a_code_that_nobody_sent_is_not_found() {
    let server = TestServer::start();
    let human = server.human("mini");
    let body = json!({ "newPassword": { "password": NEW }, "verificationCode": "ABC123" });
    server.writes_nothing(|| {
        set(&server.admin(), &human, &body).fails(9, "COMMAND-2M9fs", "Code not found");
    });
}

#[test]
fn a_password_must_fit_the_policy() {
    let server = TestServer::start();
    let human = server.human("mini");
    for (password, id, text) in [
        ("Abc1!", "DOMAIN-HuJf6", "Password is too short"),
        (
            "SECRET123!",
            "DOMAIN-co3Xw",
            "Password must contain lower letter",
        ),
        (
            "secret123!",
            "DOMAIN-VoaRj",
            "Password must contain upper letter",
        ),
        ("Secretary!", "DOMAIN-ZBv4H", "Password must contain number"),
        ("Secret1234", "DOMAIN-ZDLwA", "Password must contain symbol"),
    ] {
        let body = json!({ "newPassword": { "password": password } });
        server.writes_nothing(|| set(&server.admin(), &human, &body).fails(3, id, text));
    }
}

#[test]
fn there_must_be_a_password_and_a_person() {
    let server = TestServer::start();
    let human = server.human("mini");
    let machine = server.service(&[]);
    for body in [json!({}), json!({ "newPassword": null })] {
        set(&server.admin(), &human, &body).fails(3, "COMMAND-Mf0sd", "Password is empty");
    }
    set(&server.admin(), &human, &json!({ "newPassword": {} })).fails_plainly(
        3,
        "invalid SetPasswordRequest.NewPassword: embedded message failed validation \
         | caused by: invalid Password.Password: value length must be between 1 and 200 runes, inclusive",
    );
    let body = json!({ "newPassword": { "password": NEW } });
    for id in ["1", "x", &machine.id] {
        server
            .admin()
            .post(&format!("/v2/users/{id}/password"), &body)
            .fails(5, "COMMAND-G8dh3", "User could not be found");
    }
    server
        .admin()
        .post("/v2/users//password", &body)
        .fails_plainly(
            3,
            "invalid SetPasswordRequest.UserId: value length must be between 1 and 200 runes, inclusive",
        );
}

#[test]
fn without_a_proof_it_takes_a_role_or_being_the_user() {
    let server = TestServer::start();
    let home = server.core().default_org;
    let human = server.human("mini");
    let other = server.human("other");
    let body = json!({ "newPassword": { "password": NEW } });
    for (resource, role, expected) in [
        (Resource::Instance, "IAM_OWNER", 200),
        (Resource::Instance, "IAM_LOGIN_CLIENT", 200),
        (Resource::Instance, "IAM_OWNER_VIEWER", 403),
        (Resource::Instance, "IAM_SESSION_CLIENT", 403),
        (Resource::Org(home), "ORG_OWNER", 200),
        (Resource::Org(home), "ORG_OWNER_VIEWER", 403),
    ] {
        let answer = set(
            &server.service_on(home, resource, &[role]).client,
            &human,
            &body,
        );
        if expected == 200 {
            answer.succeeds();
        } else {
            answer.fails(7, "AUTH-AWfge", "No matching permissions found");
        }
    }
    let session = server.logged_in(&other);
    set(&server.bearer(&session.token), &human, &body).fails(
        5,
        "AUTHZ-cdgFk",
        "membership not found",
    );
    set(&server.bearer(&session.token), &other, &body).succeeds();
    login(&server, &other, NEW).is(201, &server.created(4));
}

#[test]
fn a_new_password_forgets_the_failures() {
    let server = TestServer::start();
    let human = server.human("mini");
    for attempts in 1..=3 {
        login(&server, &human, "wrong").fails_credentials(
            3,
            "COMMAND-3M0fs",
            "Password is invalid",
            attempts,
        );
    }
    set(
        &server.admin(),
        &human,
        &json!({ "newPassword": { "password": NEW } }),
    )
    .succeeds();
    login(&server, &human, "wrong").fails_credentials(3, "COMMAND-3M0fs", "Password is invalid", 1);
}
