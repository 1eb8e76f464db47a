//! `SetEmail`, `SendEmailCode`, `ResendEmailCode`, `VerifyEmail`: `/v2/users/{user_id}/email`.

use serde_json::{Value, json};

use crate::helpers::{Answer, CODE, Client, Human, TestServer};

fn path(human: &Human) -> String {
    format!("/v2/users/{}/email", human.id)
}

#[track_caller]
fn set(client: &Client, human: &Human, verification: Value) -> Answer {
    let mut body = verification;
    body["email"] = json!("max@duck.com");
    client.post(&path(human), &body)
}

#[track_caller]
fn send(client: &Client, human: &Human, how: &str, body: &Value) -> Answer {
    client.post(&format!("{}/{how}", path(human)), body)
}

#[track_caller]
fn verify(client: &Client, human: &Human, code: &str) -> Answer {
    send(
        client,
        human,
        "verify",
        &json!({ "verificationCode": code }),
    )
}

#[track_caller]
fn email(server: &TestServer, human: &Human) -> Value {
    let read = server.admin().get(&format!("/v2/users/{}", human.id));
    read.succeeds().json()["user"]["human"]["email"].clone()
}

#[test]
fn another_address_is_proven_with_the_code() {
    let server = TestServer::start();
    let human = server.human("mini");
    server.clock.advance_seconds(5);
    let answer = set(&server.admin(), &human, json!({ "returnCode": {} }));
    answer.ok(&json!({ "details": server.user_details(4), "verificationCode": CODE }));
    assert_eq!(email(&server, &human), json!({ "email": "max@duck.com" }));
    server.clock.advance_seconds(5);
    verify(&server.admin(), &human, &answer.str("/verificationCode"))
        .ok(&json!({ "details": server.user_details(5) }));
    assert_eq!(
        email(&server, &human),
        json!({ "email": "max@duck.com", "isVerified": true })
    );
    assert_eq!(
        server.user_history(&human.id)[2..],
        [
            "user.human.email.changed",
            "user.human.email.code.added",
            "user.human.email.verified",
        ]
    );
    // The code is used up.
    server.writes_nothing(|| {
        verify(&server.admin(), &human, &answer.str("/verificationCode")).fails(
            3,
            "COMMAND-eis9R",
            "Code is invalid",
        );
    });
}

#[test]
fn an_address_can_be_vouched_for() {
    let server = TestServer::start();
    let human = server.human("mini");
    server.clock.advance_seconds(5);
    set(&server.admin(), &human, json!({ "isVerified": true }))
        .ok(&json!({ "details": server.user_details(4) }));
    assert_eq!(
        email(&server, &human),
        json!({ "email": "max@duck.com", "isVerified": true })
    );
    set(&server.admin(), &human, json!({ "isVerified": false })).fails_plainly(
        3,
        "invalid SetEmailRequest.IsVerified: value must equal true",
    );
}

#[test]
fn a_code_is_made_anew_and_the_older_one_is_void() {
    let server = TestServer::start();
    let human = server.human_with("mini", &json!({ "email": { "email": "mini@mouse.com" } }));
    let admin = server.admin();
    let returned = json!({ "returnCode": {} });
    server.writes_nothing(|| {
        send(&admin, &human, "resend", &returned).fails(9, "EMAIL-5w5ilin4yt", "Code is empty");
        verify(&admin, &human, "ABC123").fails(3, "COMMAND-eis9R", "Code is invalid");
    });
    let first = send(&admin, &human, "send", &returned);
    first.ok(&json!({ "details": server.user_details(2), "verificationCode": CODE }));
    let second = send(&admin, &human, "resend", &returned);
    second.ok(&json!({ "details": server.user_details(3), "verificationCode": CODE }));
    let [first, second] = [first, second].map(|answer| answer.str("/verificationCode"));
    verify(&admin, &human, &first).fails(3, "COMMAND-eis9R", "Code is invalid");
    assert_eq!(
        server.user_history(&human.id)[1..],
        [
            "user.human.email.code.added",
            "user.human.email.code.added",
            "user.human.email.verification.failed",
        ]
    );
    verify(&admin, &human, &second).succeeds();
}

#[test]
fn a_code_is_good_for_an_hour_and_for_its_address_alone() {
    let server = TestServer::start();
    let human = server.human("mini");
    let made = || {
        let body = json!({ "returnCode": {} });
        send(&server.admin(), &human, "send", &body).str("/verificationCode")
    };
    let code = made();
    server.clock.advance_seconds(3_600);
    server.writes_nothing(|| {
        verify(&server.admin(), &human, &code).fails(3, "COMMAND-eis9R", "Code is invalid");
    });
    let code = made();
    server.clock.advance_seconds(3_599);
    verify(&server.admin(), &human, &code).succeeds();
    let code = made();
    set(&server.admin(), &human, json!({ "returnCode": {} })).succeeds();
    verify(&server.admin(), &human, &code).fails(3, "COMMAND-eis9R", "Code is invalid");
}

#[test]
fn what_is_wrong_is_told() {
    let server = TestServer::start();
    let human = server.human("mini");
    let machine = server.service(&[]);
    let admin = server.admin();
    let returned = json!({ "returnCode": {} });
    server.writes_nothing(|| {
        let same = json!({ "email": "mini@mouse.com", "isVerified": true });
        admin
            .post(&path(&human), &same)
            .fails(9, "COMMAND-Uch5e", "Email not changed");
        for id in ["1", "nobody", &machine.id] {
            let nobody = Human {
                id: id.to_owned(),
                ..human.clone()
            };
            for answer in [
                set(&admin, &nobody, returned.clone()),
                send(&admin, &nobody, "send", &returned),
                send(&admin, &nobody, "resend", &returned),
                verify(&admin, &nobody, "ABC123"),
            ] {
                answer.fails(5, "COMMAND-ieJ2e", "Email not found");
            }
        }
        admin.post(&path(&human), &json!({ "email": "x" })).fails_plainly(
            3,
            "invalid SetEmailRequest.Email: value must be a valid email address | caused by: mail: \
             missing '@' or angle-addr",
        );
        verify(&admin, &human, "").fails_plainly(
            3,
            "invalid VerifyEmailRequest.VerificationCode: value length must be between 1 and 20 \
             runes, inclusive",
        );
    });
}

#[test]
fn what_cannot_be_sent_is_refused_and_changes_nothing() {
    let server = TestServer::start();
    let human = server.human("mini");
    let admin = server.admin();
    let with = |template: &str| json!({ "sendCode": { "urlTemplate": template } });
    server.writes_nothing(|| {
        let text = "SMTP configuration not found";
        for verification in [
            json!({}),
            json!({ "sendCode": {} }),
            with("https://x/{{.Code}}"),
        ] {
            set(&admin, &human, verification.clone()).fails(9, "BTZ-Sm7p0", text);
            send(&admin, &human, "send", &verification).fails(9, "BTZ-Sm7p0", text);
            send(&admin, &human, "resend", &verification).fails(9, "BTZ-Sm7p0", text);
        }
        for (template, id) in [("{{.Code", "DOMAIN-oGh5e"), ("{{.Secret}}", "DOMAIN-ieYa7")] {
            let text = "URL Template is invalid";
            set(&admin, &human, with(template)).fails(3, id, text);
            send(&admin, &human, "send", &with(template)).fails(3, id, text);
        }
    });
}

#[test]
fn nobody_vouches_for_an_address_of_its_own() {
    let server = TestServer::start();
    let human = server.human("mini");
    let own = server.bearer(&server.logged_in(&human).token);
    let other = server.bearer(&server.logged_in(&server.human("maxi")).token);
    let viewer = server.service(&["IAM_OWNER_VIEWER"]).client;
    let membership = (5, "AUTHZ-cdgFk", "membership not found");
    let elsewhere = json!({ "sendCode": { "urlTemplate": "https://evil.example/{{.Code}}" } });
    server.writes_nothing(|| {
        for body in [
            json!({ "isVerified": true }),
            json!({ "returnCode": {} }),
            elsewhere.clone(),
        ] {
            let (kind, id, text) = membership;
            set(&own, &human, body.clone()).fails(kind, id, text);
        }
        for body in [json!({ "returnCode": {} }), elsewhere] {
            let (kind, id, text) = membership;
            send(&own, &human, "send", &body).fails(kind, id, text);
            send(&own, &human, "resend", &body).fails(kind, id, text);
        }
        // To have a code sent is for the user as well, if anything could send it.
        let login = server.core().outbox.login_url().to_owned();
        for body in [
            json!({}),
            json!({ "sendCode": { "urlTemplate": format!("{login}/{{{{.Code}}}}") } }),
        ] {
            send(&own, &human, "send", &body).fails(9, "BTZ-Sm7p0", "SMTP configuration not found");
            let (kind, id, text) = membership;
            send(&other, &human, "send", &body).fails(kind, id, text);
            let (kind, id, text) = (7, "AUTH-AWfge", "No matching permissions found");
            send(&viewer, &human, "send", &body).fails(kind, id, text);
        }
    });
    for client in [server.admin(), server.login_client()] {
        send(&client, &human, "send", &json!({ "returnCode": {} })).succeeds();
    }
    // Whoever has the code may give it back.
    let code = send(
        &server.admin(),
        &human,
        "send",
        &json!({ "returnCode": {} }),
    );
    verify(&other, &human, &code.str("/verificationCode")).succeeds();
}
