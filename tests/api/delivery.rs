//! Messages reach people: from the request to the file, and what is written of it.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::helpers::letters::{files, folder, take, to_folder, until};
use crate::helpers::{Human, TestServer};

#[track_caller]
fn written(server: &TestServer, human: &Human, last: &str) {
    until(last, || {
        let history = server.user_history(&human.id);
        (history.last() == Some(&last)).then_some(())
    });
}

#[track_caller]
fn shown(server: &TestServer, human: &Human) -> Value {
    let read = server.admin().get(&format!("/v2/users/{}", human.id));
    read.succeeds().json()["details"].clone()
}

#[track_caller]
fn send_code(server: &TestServer, human: &Human) {
    let path = format!("/v2/users/{}/email/send", human.id);
    server
        .admin()
        .post(&path, &json!({ "sendCode": {} }))
        .succeeds();
}

/// A person whose address is not proven.
#[track_caller]
fn unproven(server: &TestServer) -> Human {
    server.human_with(
        "mini",
        &json!({ "email": { "email": "mini@mouse.com", "returnCode": {} } }),
    )
}

#[test]
fn a_code_is_delivered_with_all_that_a_message_needs_and_proves_the_address() {
    let server = TestServer::configured(to_folder);
    let human = unproven(&server);
    server.clock.advance_seconds(5);
    let path = format!("/v2/users/{}/email/send", human.id);
    let answer = server.admin().post(&path, &json!({ "sendCode": {} }));
    let details = server.user_details(3);
    answer.ok(&json!({ "details": details }));
    let mut message = take(&server);
    let code = message["args"]["code"].as_str().unwrap().to_owned();
    let url = format!(
        "https://login.example/ui/verify?code={code}&userId={}&organization={}",
        human.id,
        server.org()
    );
    assert_eq!(message["templateData"]["url"], url);
    let text = message["templateData"]["text"].take();
    assert!(text.as_str().unwrap().contains(&code), "{text}");
    assert_eq!(
        message["contextInfo"],
        json!({
            "eventType": "user.human.email.code.added",
            "provider": { "id": "email", "description": "Bartizan" },
            "recipientEmailAddress": "mini@mouse.com",
        })
    );
    assert_eq!(message["args"]["userID"], human.id);
    assert_eq!(message["args"]["orgID"], server.org());
    assert_eq!(message["args"]["preferredLoginName"], human.login_name);
    assert_eq!(message["args"]["lastEmail"], "mini@mouse.com");
    assert_eq!(message["args"]["origin"], "https://login.example");
    assert_eq!(message["args"]["domain"], "login.example");
    // That it was sent is an event, and what is shown stays what the call has answered.
    server.clock.advance_seconds(5);
    written(&server, &human, "user.human.email.code.sent");
    assert_eq!(
        shown(&server, &human),
        with_creation(&server, &human, details)
    );
    let verify = format!("/v2/users/{}/email/verify", human.id);
    let answer = server
        .admin()
        .post(&verify, &json!({ "verificationCode": code }));
    answer.ok(&json!({ "details": server.user_details(5) }));
    assert_eq!(
        shown(&server, &human),
        with_creation(&server, &human, server.user_details(5))
    );
}

/// Details as reads have them, which also tell when the user was added.
fn with_creation(server: &TestServer, human: &Human, mut details: Value) -> Value {
    if let Some(date) = shown(server, human).get("creationDate") {
        details["creationDate"] = date.clone();
    }
    details
}

#[test]
fn codes_for_phones_passwords_and_invitations_are_delivered_too() {
    let server = TestServer::configured(to_folder);
    let human = server.human_with(
        "mini",
        &json!({ "phone": { "phone": "+41791234567", "returnCode": {} } }),
    );
    let login = server.login_client();
    for (path, body, event, sent, provider) in [
        (
            "phone/resend",
            json!({ "sendCode": {} }),
            "user.human.phone.code.added",
            "user.human.phone.code.sent",
            "sms",
        ),
        (
            "password_reset",
            json!({ "sendLink": { "notificationType": "NOTIFICATION_TYPE_Email" } }),
            "user.human.password.code.added",
            "user.human.password.code.sent",
            "email",
        ),
        (
            "invite_code",
            json!({ "sendCode": { "applicationName": "Cheese" } }),
            "user.human.invite.code.added",
            "user.human.invite.code.sent",
            "email",
        ),
    ] {
        login
            .post(&format!("/v2/users/{}/{path}", human.id), &body)
            .succeeds();
        let message = take(&server);
        assert_eq!(message["contextInfo"]["eventType"], event);
        assert_eq!(message["contextInfo"]["provider"]["id"], provider);
        written(&server, &human, sent);
    }
}

#[test]
fn a_message_that_cannot_be_delivered_waits_and_outlives_a_restart() {
    let mut server = TestServer::configured(to_folder);
    let human = unproven(&server);
    // A file in the place of the folder.
    fs::remove_dir(folder(&server)).unwrap();
    fs::write(folder(&server), "").unwrap();
    send_code(&server, &human);
    fs::remove_file(folder(&server)).unwrap();
    server.restart();
    // Only now, when no attempt can fail any more: the next one is counted from the last.
    server.clock.advance_seconds(60);
    server.core().outbox.wake();
    let message = take(&server);
    assert_eq!(message["args"]["userID"], human.id);
    written(&server, &human, "user.human.email.code.sent");
}

#[test]
fn a_message_for_a_user_who_is_gone_leaves_no_event() {
    let mut server = TestServer::configured(to_folder);
    let human = unproven(&server);
    fs::remove_dir(folder(&server)).unwrap();
    fs::write(folder(&server), "").unwrap();
    send_code(&server, &human);
    server
        .admin()
        .delete(&format!("/v2/users/{}", human.id))
        .succeeds();
    let head = server.head();
    fs::remove_file(folder(&server)).unwrap();
    server.restart();
    // Only now, when no attempt can fail any more: the next one is counted from the last.
    server.clock.advance_seconds(60);
    server.core().outbox.wake();
    take(&server);
    // Ended only after what became of it is written.
    server.restart();
    assert_eq!(server.head(), head);
    assert_eq!(files(&folder(&server)), Vec::<PathBuf>::new());
}

#[test]
fn without_anything_that_delivers_a_request_for_a_message_is_refused() {
    let server = TestServer::start();
    let human = unproven(&server);
    server.writes_nothing(|| {
        let path = format!("/v2/users/{}/email/send", human.id);
        let answer = server.admin().post(&path, &json!({ "sendCode": {} }));
        answer.fails(9, "BTZ-Sm7p0", "SMTP configuration not found");
    });
}
