//! `CreateInviteCode`, `ResendInviteCode`, `VerifyInviteCode`, `HumanMFAInitSkipped`:
//! `/v2/users/{user_id}/invite_code`, `/v2/users/{user_id}/mfa_init_skipped`.

use serde_json::{Value, json};

use crate::helpers::{Answer, CODE, Client, Human, TestServer};

/// Somebody who has nothing to log in with.
fn newcomer(server: &TestServer) -> Human {
    server.human_with("mini", &json!({ "email": { "email": "mini@mouse.com" } }))
}

#[track_caller]
fn invite(client: &Client, human: &Human, body: &Value) -> Answer {
    client.post(&format!("/v2/users/{}/invite_code", human.id), body)
}

#[track_caller]
fn resend(client: &Client, human: &Human) -> Answer {
    let path = format!("/v2/users/{}/invite_code/resend", human.id);
    client.post(&path, &json!({}))
}

#[track_caller]
fn verify(client: &Client, human: &Human, code: &str) -> Answer {
    let path = format!("/v2/users/{}/invite_code/verify", human.id);
    client.post(&path, &json!({ "verificationCode": code }))
}

#[track_caller]
fn skip(client: &Client, human: &Human) -> Answer {
    let path = format!("/v2/users/{}/mfa_init_skipped", human.id);
    client.post(&path, &json!({}))
}

#[track_caller]
fn read(server: &TestServer, human: &Human) -> Value {
    let read = server.admin().get(&format!("/v2/users/{}", human.id));
    read.succeeds().json()["user"]["human"].clone()
}

#[test]
fn an_invitation_proves_the_address_once() {
    let server = TestServer::start();
    let human = newcomer(&server);
    let returned = json!({ "returnCode": {} });
    server.clock.advance_seconds(5);
    let first = invite(&server.login_client(), &human, &returned);
    first.ok(&json!({ "details": server.user_details(2), "inviteCode": CODE }));
    let second = invite(&server.login_client(), &human, &returned);
    let [first, second] = [first, second].map(|answer| answer.str("/inviteCode"));
    let nobody = server.service(&[]).client;
    verify(&nobody, &human, &first).fails(3, "COMMAND-Wgn4q", "Code is invalid");
    // People take their time.
    server.clock.advance_seconds(72 * 3_600 - 5 - 1);
    verify(&nobody, &human, &second).ok(&json!({ "details": server.user_details(6) }));
    assert_eq!(
        read(&server, &human)["email"],
        json!({ "email": "mini@mouse.com", "isVerified": true })
    );
    assert_eq!(
        server.user_history(&human.id)[1..],
        [
            "user.human.invite.code.added",
            "user.human.invite.code.added",
            "user.human.invite.check.failed",
            "user.human.invite.check.succeeded",
            "user.human.email.verified",
        ]
    );
    server.writes_nothing(|| {
        verify(&nobody, &human, &second).fails(3, "COMMAND-Wgn4q", "Code is invalid");
    });
    // As long as there is nothing to log in with, another invitation is possible.
    invite(&server.admin(), &human, &returned).succeeds();
}

#[test]
fn an_invitation_ends_with_time_with_its_address_and_with_a_password() {
    let server = TestServer::start();
    let human = newcomer(&server);
    let made = || invite(&server.admin(), &human, &json!({ "returnCode": {} })).str("/inviteCode");
    let path = format!("/v2/users/{}", human.id);
    let code = made();
    server.clock.advance_seconds(72 * 3_600);
    let invalid = (3, "COMMAND-Wgn4q", "Code is invalid");
    let refused = |code: &str| {
        let (kind, id, text) = invalid;
        server.writes_nothing(|| verify(&server.admin(), &human, code).fails(kind, id, text));
    };
    refused(&code);
    let code = made();
    let body = json!({ "email": "max@duck.com", "returnCode": {} });
    server
        .admin()
        .post(&format!("{path}/email"), &body)
        .succeeds();
    refused(&code);
    let code = made();
    let body = json!({ "newPassword": { "password": "Secret123!" } });
    server
        .admin()
        .post(&format!("{path}/password"), &body)
        .succeeds();
    refused(&code);
    let initialized = "User is already initialized";
    server.writes_nothing(|| {
        let returned = json!({ "returnCode": {} });
        invite(&server.admin(), &human, &returned).fails(9, "COMMAND-EF34g", initialized);
        resend(&server.admin(), &human).fails(9, "COMMAND-Gg42s", initialized);
    });
}

#[test]
fn only_what_was_sent_is_sent_again() {
    let server = TestServer::start();
    let human = newcomer(&server);
    server.writes_nothing(|| {
        resend(&server.admin(), &human).fails(9, "COMMAND-Wr3gq", "Code not found");
    });
    invite(&server.admin(), &human, &json!({ "returnCode": {} })).succeeds();
    server.writes_nothing(|| {
        resend(&server.admin(), &human).fails(9, "COMMAND-Wr3gq", "Code not found");
    });
}

#[test]
fn what_is_wrong_is_told() {
    let server = TestServer::start();
    let human = newcomer(&server);
    let machine = server.service(&[]);
    let admin = server.admin();
    let missing = "User could not be found";
    server.writes_nothing(|| {
        for id in ["1", "nobody", &machine.id] {
            let nobody = Human {
                id: id.to_owned(),
                ..human.clone()
            };
            invite(&admin, &nobody, &json!({})).fails(9, "COMMAND-Wgvn4", missing);
            resend(&admin, &nobody).fails(9, "COMMAND-H3b2a", missing);
            verify(&admin, &nobody, "ABC123").fails(9, "COMMAND-F5g2h", missing);
            skip(&admin, &nobody).fails(5, "COMMAND-auj6jeBei4", missing);
        }
        verify(&admin, &human, "ABC123").fails(3, "COMMAND-Wgn4q", "Code is invalid");
        for body in [
            json!({}),
            json!({ "sendCode": { "applicationName": "App" } }),
        ] {
            invite(&admin, &human, &body).fails(9, "BTZ-Sm7p0", "SMTP configuration not found");
        }
        let body = json!({ "sendCode": { "urlTemplate": "{{.Nothing}}" } });
        invite(&admin, &human, &body).fails(3, "DOMAIN-ieYa7", "URL Template is invalid");
        let body = json!({ "sendCode": { "applicationName": "" } });
        invite(&admin, &human, &body).fails_plainly(
            3,
            "invalid CreateInviteCodeRequest.SendCode: embedded message failed validation | caused \
             by: invalid SendInviteCode.ApplicationName: value length must be between 1 and 200 \
             runes, inclusive",
        );
    });
}

#[test]
fn inviting_takes_a_role() {
    let server = TestServer::start();
    let human = newcomer(&server);
    let other = server.human("maxi");
    let itself = server.bearer(&server.logged_in(&other).token);
    let viewer = server.service(&["IAM_OWNER_VIEWER"]).client;
    let membership = (5, "AUTHZ-cdgFk", "membership not found");
    let permission = (7, "AUTH-AWfge", "No matching permissions found");
    server.writes_nothing(|| {
        for (client, (kind, id, text)) in [(&itself, membership), (&viewer, permission)] {
            invite(client, &human, &json!({ "returnCode": {} })).fails(kind, id, text);
            resend(client, &human).fails(kind, id, text);
            skip(client, &human).fails(kind, id, text);
        }
        // Nor does anybody invite itself, but whoever may ask is told that there is no need.
        let (kind, id, text) = membership;
        invite(&itself, &other, &json!({ "returnCode": {} })).fails(kind, id, text);
        resend(&itself, &other).fails(9, "COMMAND-Gg42s", "User is already initialized");
    });
    skip(&itself, &other).succeeds();
}

#[test]
fn a_second_factor_that_was_not_wanted_is_remembered() {
    let server = TestServer::start();
    let human = server.human("mini");
    assert_eq!(read(&server, &human).get("mfaInitSkipped"), None);
    for sequence in [3, 4] {
        server.clock.advance_seconds(5);
        skip(&server.login_client(), &human)
            .ok(&json!({ "details": server.user_details(sequence) }));
        assert_eq!(read(&server, &human)["mfaInitSkipped"], server.clock.text());
    }
    assert_eq!(
        server.user_history(&human.id)[2..],
        ["user.human.mfa.init.skipped"; 2]
    );
}
