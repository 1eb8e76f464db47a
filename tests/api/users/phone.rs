//! `SetPhone`, `RemovePhone`, `ResendPhoneCode`, `VerifyPhone`: `/v2/users/{user_id}/phone`.

use serde_json::{Value, json};

use crate::helpers::{Answer, CODE, Client, Human, TestServer};

const NUMBER: &str = "+41791234567";

fn path(human: &Human) -> String {
    format!("/v2/users/{}/phone", human.id)
}

#[track_caller]
fn set(client: &Client, human: &Human, verification: Value) -> Answer {
    let mut body = verification;
    body["phone"] = json!("079 123 45 67");
    client.post(&path(human), &body)
}

#[track_caller]
fn resend(client: &Client, human: &Human, body: &Value) -> Answer {
    client.post(&format!("{}/resend", path(human)), body)
}

#[track_caller]
fn verify(client: &Client, human: &Human, code: &str) -> Answer {
    let body = json!({ "verificationCode": code });
    client.post(&format!("{}/verify", path(human)), &body)
}

#[track_caller]
fn phone(server: &TestServer, human: &Human) -> Value {
    let read = server.admin().get(&format!("/v2/users/{}", human.id));
    read.succeeds().json()["user"]["human"]["phone"].clone()
}

#[test]
fn a_number_is_set_proven_and_removed() {
    let server = TestServer::start();
    let human = server.human("mini");
    server.clock.advance_seconds(5);
    let first = set(&server.admin(), &human, json!({ "returnCode": {} }));
    first.ok(&json!({ "details": server.user_details(4), "verificationCode": CODE }));
    assert_eq!(phone(&server, &human), json!({ "phone": NUMBER }));
    let second = resend(&server.admin(), &human, &json!({ "returnCode": {} }));
    second.ok(&json!({ "details": server.user_details(5), "verificationCode": CODE }));
    verify(&server.admin(), &human, &first.str("/verificationCode")).fails(
        3,
        "COMMAND-eis9R",
        "Code is invalid",
    );
    server.clock.advance_seconds(5);
    verify(&server.admin(), &human, &second.str("/verificationCode"))
        .ok(&json!({ "details": server.user_details(7) }));
    assert_eq!(
        phone(&server, &human),
        json!({ "phone": NUMBER, "isVerified": true })
    );
    server.clock.advance_seconds(5);
    let gone = json!({ "details": server.user_details(8) });
    server.admin().delete(&path(&human)).ok(&gone);
    assert_eq!(phone(&server, &human), Value::Null);
    // Where there is none, removing it is a success and no event.
    server.clock.advance_seconds(5);
    server.writes_nothing(|| server.admin().delete(&path(&human)).ok(&gone));
    assert_eq!(
        server.user_history(&human.id)[2..],
        [
            "user.human.phone.changed",
            "user.human.phone.code.added",
            "user.human.phone.code.added",
            "user.human.phone.verification.failed",
            "user.human.phone.verified",
            "user.human.phone.removed",
        ]
    );
}

#[test]
fn a_number_can_be_vouched_for() {
    let server = TestServer::start();
    let human = server.human("mini");
    set(&server.admin(), &human, json!({ "isVerified": true }))
        .ok(&json!({ "details": server.user_details(4) }));
    assert_eq!(
        phone(&server, &human),
        json!({ "phone": NUMBER, "isVerified": true })
    );
}

#[test]
fn what_is_wrong_is_told() {
    let server = TestServer::start();
    let human = server.human("mini");
    let machine = server.service(&[]);
    let admin = server.admin();
    let returned = json!({ "returnCode": {} });
    set(&admin, &human, json!({ "isVerified": true })).succeeds();
    server.writes_nothing(|| {
        set(&admin, &human, returned.clone()).fails(9, "COMMAND-Uch5e", "Phone not changed");
        resend(&admin, &human, &returned).fails(9, "PHONE-5xrra88eq8", "Code is empty");
        verify(&admin, &human, "ABC123").fails(3, "COMMAND-eis9R", "Code is invalid");
        admin
            .post(&path(&human), &json!({ "phone": "12", "returnCode": {} }))
            .fails(3, "PHONE-so0wa", "Phone is invalid");
        for id in ["1", "nobody", &machine.id] {
            let nobody = Human {
                id: id.to_owned(),
                ..human.clone()
            };
            for answer in [
                set(&admin, &nobody, returned.clone()),
                resend(&admin, &nobody, &returned),
                verify(&admin, &nobody, "ABC123"),
                admin.delete(&path(&nobody)),
            ] {
                answer.fails(5, "COMMAND-ieJ2e", "Phone not found");
            }
        }
        let other = json!({ "phone": "+41791234568" });
        admin
            .post(&path(&human), &other)
            .fails(9, "BTZ-Sm50n", "SMS configuration not found");
        resend(&admin, &human, &json!({})).fails(9, "BTZ-Sm50n", "SMS configuration not found");
        admin.post(&path(&human), &json!({})).fails_plainly(
            3,
            "invalid SetPhoneRequest.Phone: value length must be between 1 and 200 runes, inclusive",
        );
    });
}

#[test]
fn a_number_is_for_its_owner_and_for_those_who_may_write_users() {
    let server = TestServer::start();
    let human = server.human("mini");
    let own = server.bearer(&server.logged_in(&human).token);
    let other = server.bearer(&server.logged_in(&server.human("maxi")).token);
    let viewer = server.service(&["IAM_OWNER_VIEWER"]).client;
    let code = set(&server.login_client(), &human, json!({ "returnCode": {} }));
    server.writes_nothing(|| {
        let membership = (5, "AUTHZ-cdgFk", "membership not found");
        let permission = (7, "AUTH-AWfge", "No matching permissions found");
        for (client, (kind, id, text)) in [(&other, membership), (&viewer, permission)] {
            set(client, &human, json!({})).fails(kind, id, text);
            resend(client, &human, &json!({})).fails(kind, id, text);
            client.delete(&path(&human)).fails(kind, id, text);
        }
        let (kind, id, text) = membership;
        set(&own, &human, json!({ "isVerified": true })).fails(kind, id, text);
        set(&own, &human, json!({ "returnCode": {} })).fails(kind, id, text);
        resend(&own, &human, &json!({ "returnCode": {} })).fails(kind, id, text);
        resend(&own, &human, &json!({})).fails(9, "BTZ-Sm50n", "SMS configuration not found");
    });
    verify(&other, &human, &code.str("/verificationCode")).succeeds();
    own.delete(&path(&human)).succeeds();
}
