//! Codes by webhook: from the request to the receiver, and what is written of it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use bartizan::config::{Config, SmsKind};
use bartizan::domain::secret::Secret;
use serde_json::{Value, json};

use crate::helpers::TestServer;

/// What somebody who takes messages was sent: its signature and its body.
type Received = (String, Value);

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// Takes one message and tells what it was sent.
fn receiver() -> (u16, Receiver<Received>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (sender, received) = channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let (mut length, mut signature) = (0, String::new());
        for line in reader.by_ref().lines().map(Result::unwrap) {
            match line.to_ascii_lowercase().split_once(": ") {
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(("zitadel-signature", value)) => value.clone_into(&mut signature),
                None if line.is_empty() => break,
                Some(_) | None => {}
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .unwrap();
        let body = serde_json::from_slice(&body).unwrap();
        sender.send((signature, body)).unwrap();
    });
    (port, received)
}

fn to_webhook(port: u16, allow: &'static [&'static str]) -> impl FnOnce(&mut Config) {
    move |config| {
        let sms = &mut config.notifications.sms;
        sms.kind = SmsKind::Webhook;
        sms.endpoint = Some(format!("http://127.0.0.1:{port}/sms"));
        sms.signing_key = Some(Secret::new("shared".to_owned()));
        let webhook = &mut config.notifications.webhook;
        webhook.allow_http = true;
        webhook.allow = allow.iter().map(|&host| host.to_owned()).collect();
    }
}

#[test]
fn a_code_reaches_its_receiver_signed_and_logs_its_user_in() {
    let (port, received) = receiver();
    let server = TestServer::configured(to_webhook(port, &["127.0.0.1"]));
    let phone = json!({ "phone": { "phone": "+41791234567", "isVerified": true } });
    let human = server.human_with("mini", &phone);
    let add = format!("/v2/users/{}/otp_sms", human.id);
    server.admin().post(&add, &json!({})).succeeds();
    let session = server.session(&json!({
        "checks": { "user": { "userId": human.id } },
        "challenges": { "otpSms": {} },
    }));
    let (signature, last) = received.recv_timeout(PATIENCE).unwrap();
    assert!(
        signature.starts_with("t=") && signature.contains(",v1="),
        "{signature}"
    );
    assert_eq!(
        last["contextInfo"],
        json!({
            "eventType": "session.otp.sms.challenged",
            "provider": { "id": "sms", "description": "Bartizan" },
            "recipientPhoneNumber": "+41791234567",
        })
    );
    assert_eq!(last["args"]["sessionID"], session.id);
    let checks = json!({ "checks": { "otpSms": { "code": last["args"]["code"] } } });
    server
        .login_client()
        .patch(&session.path(), &checks)
        .succeeds();
    let read = server.login_client().get(&session.path()).json();
    assert!(
        read["session"]["factors"]["otpSms"]["verifiedAt"].is_string(),
        "{read}"
    );
}

#[test]
fn that_a_code_was_sent_is_an_event_that_changes_nothing_that_is_shown() {
    let (port, received) = receiver();
    let server = TestServer::configured(to_webhook(port, &["127.0.0.1"]));
    let phone = json!({ "phone": { "phone": "+41791234567", "isVerified": true } });
    let human = server.human_with("mini", &phone);
    let add = format!("/v2/users/{}/otp_sms", human.id);
    server.admin().post(&add, &json!({})).succeeds();
    let session = server.session(&json!({
        "checks": { "user": { "userId": human.id } },
        "challenges": { "otpSms": {} },
    }));
    received.recv_timeout(PATIENCE).unwrap();
    let begun = Instant::now();
    while server.session_history(&session.id).last() != Some(&"session.otp.sms.sent") {
        assert!(begun.elapsed() < PATIENCE, "never");
        std::thread::yield_now();
    }
    let read = server.login_client().get(&session.path()).json();
    assert_eq!(read["session"]["sequence"], session.details["sequence"]);
    assert_eq!(read["session"]["changeDate"], session.details["changeDate"]);
    // The token is the one of the call, and the next call goes on behind the event.
    let own = server.service(&[]).client;
    let own = own.with("x-session-token", &session.token);
    own.get(&session.path()).succeeds();
    let lifetime = json!({ "lifetime": "60s" });
    server
        .login_client()
        .patch(&session.path(), &lifetime)
        .succeeds();
}
