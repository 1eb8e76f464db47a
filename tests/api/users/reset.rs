//! `PasswordReset` and what its code is for: `/v2/users/{user_id}/password_reset`.

use serde_json::{Value, json};

use crate::helpers::{Answer, CODE, Client, Human, PASSWORD, TestServer};

const NEW: &str = "Another123!";

#[track_caller]
fn ask(client: &Client, human: &Human, body: &Value) -> Answer {
    client.post(&format!("/v2/users/{}/password_reset", human.id), body)
}

#[track_caller]
fn code(server: &TestServer, human: &Human) -> String {
    ask(&server.login_client(), human, &json!({ "returnCode": {} })).str("/verificationCode")
}

#[track_caller]
fn set(client: &Client, human: &Human, password: &str, code: &str) -> Answer {
    let body = json!({ "newPassword": { "password": password }, "verificationCode": code });
    client.post(&format!("/v2/users/{}/password", human.id), &body)
}

#[track_caller]
fn update(client: &Client, human: &Human, code: &str) -> Answer {
    let password = json!({ "password": { "password": NEW }, "verificationCode": code });
    let body = json!({ "password": password });
    client.put(&format!("/v2/users/human/{}", human.id), &body)
}

#[track_caller]
fn login(server: &TestServer, human: &Human, password: &str) -> Answer {
    let checks = json!({ "user": { "userId": human.id }, "password": { "password": password } });
    server
        .login_client()
        .post("/v2/sessions", &json!({ "checks": checks }))
}

#[test]
fn a_code_sets_a_new_password_once() {
    let server = TestServer::start();
    let human = server.human("mini");
    server.clock.advance_seconds(5);
    let asked = ask(&server.login_client(), &human, &json!({ "returnCode": {} }));
    asked.ok(&json!({ "details": server.user_details(3), "verificationCode": CODE }));
    let code = asked.str("/verificationCode");
    login(&server, &human, PASSWORD).succeeds();
    server.clock.advance_seconds(5);
    // Whoever has the code needs no permission; a password that does not fit does not use it up.
    let nobody = server.service(&[]).client;
    server.writes_nothing(|| {
        set(&nobody, &human, "short", &code).fails(3, "DOMAIN-HuJf6", "Password is too short");
    });
    set(&nobody, &human, NEW, &code).ok(&json!({ "details": server.user_details(5) }));
    login(&server, &human, NEW).succeeds();
    login(&server, &human, PASSWORD).fails_credentials(
        3,
        "COMMAND-3M0fs",
        "Password is invalid",
        1,
    );
    server.writes_nothing(|| {
        set(&nobody, &human, PASSWORD, &code).fails(9, "COMMAND-2M9fs", "Code not found");
    });
    let events = server.user_events(&human.id);
    let (_, name, payload) = &events[2];
    assert_eq!(*name, "user.human.password.code.added");
    assert_eq!(payload["codeReturned"], true);
    assert!(!json!(events).to_string().contains(&code));
}

#[test]
fn an_update_takes_the_code_as_well() {
    let server = TestServer::start();
    let human = server.human("mini");
    let code = code(&server, &human);
    // But an update takes the right to change the user beside it.
    let nobody = server.service(&[]).client;
    update(&nobody, &human, &code).fails(5, "AUTHZ-cdgFk", "membership not found");
    update(&server.admin(), &human, "ABC-12").fails(3, "CODE-woT0xc", "Code is invalid");
    update(&server.admin(), &human, &code).ok(&json!({ "details": server.user_details(5) }));
    login(&server, &human, NEW).succeeds();
    update(&server.admin(), &human, &code).fails(9, "COMMAND-2M9fs", "Code not found");
}

#[test]
fn a_code_that_is_wrong_too_old_or_void_sets_nothing() {
    let server = TestServer::start();
    let human = server.human("mini");
    let admin = server.admin();
    let first = code(&server, &human);
    let second = code(&server, &human);
    set(&admin, &human, NEW, &first).fails(3, "CODE-woT0xc", "Code is invalid");
    set(&admin, &human, NEW, &second.to_lowercase()).fails(3, "CODE-woT0xc", "Code is invalid");
    assert_eq!(
        server.user_history(&human.id)[4..],
        ["user.human.password.code.check.failed"; 2]
    );
    server.clock.advance_seconds(3_600);
    server.writes_nothing(|| {
        set(&admin, &human, NEW, &second).fails(9, "CODE-QvUQ4P", "Code is expired");
    });
    // Another password, or another address, makes a code void.
    let third = code(&server, &human);
    let path = format!("/v2/users/{}", human.id);
    let body = json!({ "newPassword": { "password": PASSWORD } });
    admin.post(&format!("{path}/password"), &body).succeeds();
    set(&admin, &human, NEW, &third).fails(9, "COMMAND-2M9fs", "Code not found");
    let fourth = code(&server, &human);
    let body = json!({ "email": "max@duck.com", "isVerified": true });
    admin.post(&format!("{path}/email"), &body).succeeds();
    set(&admin, &human, NEW, &fourth).fails(9, "COMMAND-2M9fs", "Code not found");
    login(&server, &human, PASSWORD).succeeds();
}

#[test]
fn of_many_who_have_the_code_one_uses_it() {
    let server = TestServer::start();
    let human = server.human("mini");
    let code = code(&server, &human);
    let statuses = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for number in 0..6 {
            let (server, human, code, statuses) = (&server, &human, &code, &statuses);
            scope.spawn(move || {
                let answer = set(&server.admin(), human, &format!("{NEW}{number}"), code);
                statuses.lock().unwrap().push(answer.response.status);
            });
        }
    });
    let mut statuses = statuses.into_inner().unwrap();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400, 400, 400, 400, 400]);
}

#[test]
fn somebody_without_a_password_can_set_the_first_one() {
    let server = TestServer::start();
    let human = server.human_with("mini", &json!({}));
    let code = code(&server, &human);
    set(&server.login_client(), &human, NEW, &code).succeeds();
    login(&server, &human, NEW).succeeds();
}

#[test]
fn a_code_opens_no_account_that_is_closed() {
    let server = TestServer::start();
    let human = server.human("mini");
    let path = format!("/v2/users/{}", human.id);
    for (close, open) in [("lock", "unlock"), ("deactivate", "reactivate")] {
        server
            .admin()
            .post(&format!("{path}/{close}"), &json!({}))
            .succeeds();
        let code = code(&server, &human);
        set(&server.login_client(), &human, NEW, &code).succeeds();
        login(&server, &human, NEW).fails(9, "SESSION-Gj4ko", "Errors.User.NotActive");
        server
            .admin()
            .post(&format!("{path}/{open}"), &json!({}))
            .succeeds();
    }
}

#[test]
fn what_is_wrong_is_told() {
    let server = TestServer::start();
    let human = server.human("mini");
    let machine = server.service(&[]);
    let admin = server.admin();
    server.writes_nothing(|| {
        for id in ["1", "nobody", " ", &machine.id] {
            let nobody = Human {
                id: id.replace(' ', "%20"),
                ..human.clone()
            };
            ask(&admin, &nobody, &json!({})).fails(5, "COMMAND-SAF4f", "User could not be found");
        }
        let link = |link: Value| json!({ "sendLink": link });
        let mail = (9, "BTZ-Sm7p0", "SMTP configuration not found");
        let sms = (9, "BTZ-Sm50n", "SMS configuration not found");
        for (body, (kind, id, text)) in [
            (json!({}), mail),
            (link(json!({})), mail),
            (link(json!({ "notificationType": "NOTIFICATION_TYPE_Email" })), mail),
            (link(json!({ "notificationType": "NOTIFICATION_TYPE_SMS" })), sms),
            (
                link(json!({ "urlTemplate": "{{.CodeID}}" })),
                (3, "DOMAIN-ieYa7", "URL Template is invalid"),
            ),
            (
                link(json!({ "urlTemplate": "{{" })),
                (3, "DOMAIN-oGh5e", "URL Template is invalid"),
            ),
        ] {
            ask(&admin, &human, &body).fails(kind, id, text);
        }
        ask(&admin, &human, &link(json!({ "urlTemplate": "" }))).fails_plainly(
            3,
            "invalid PasswordResetRequest.SendLink: embedded message failed validation | caused by: \
             invalid SendPasswordResetLink.UrlTemplate: value length must be between 1 and 200 runes, \
             inclusive",
        );
    });
}

#[test]
fn a_reset_is_for_the_user_and_for_those_who_may_write_users() {
    let server = TestServer::start();
    let human = server.human("mini");
    let own = server.bearer(&server.logged_in(&human).token);
    let other = server.bearer(&server.logged_in(&server.human("maxi")).token);
    let viewer = server.service(&["IAM_OWNER_VIEWER"]).client;
    let membership = (5, "AUTHZ-cdgFk", "membership not found");
    let permission = (7, "AUTH-AWfge", "No matching permissions found");
    server.writes_nothing(|| {
        for (client, (kind, id, text)) in [(&other, membership), (&viewer, permission)] {
            ask(client, &human, &json!({ "returnCode": {} })).fails(kind, id, text);
            ask(client, &human, &json!({})).fails(kind, id, text);
        }
        // Nobody sends itself, or whoever has its address, to a page of its own choice.
        let elsewhere = json!({ "sendLink": { "urlTemplate": "https://evil.example/{{.Code}}" } });
        let (kind, id, text) = membership;
        ask(&own, &human, &elsewhere).fails(kind, id, text);
    });
    ask(&own, &human, &json!({ "returnCode": {} })).succeeds();
    ask(&server.admin(), &human, &json!({ "returnCode": {} })).succeeds();
}
