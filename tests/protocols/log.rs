//! What the operator reads of a call: one line with the reason, whatever the protocol, and no secret.

use std::sync::{Mutex, OnceLock};

use log::{LevelFilter, Log, Metadata, Record};
use serde_json::json;

use crate::calls::{CREATE_SESSION, SET_SESSION};
use crate::helpers::TestServer;
use crate::outcome::{Sent, Way, call};
use crate::wire::{frame, headers, post, post2};

/// Everything that this process logs.
#[derive(Debug, Default)]
struct Captured(Mutex<Vec<String>>);

impl Log for Captured {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let line = format!("{} {} {}", record.level(), record.target(), record.args());
        self.0.lock().unwrap().push(line);
    }

    fn flush(&self) {}
}

impl Captured {
    /// The lines with this in them.
    fn with(&self, text: &str) -> Vec<String> {
        let mut lines = self.0.lock().unwrap().clone();
        lines.retain(|line| line.contains(text));
        lines
    }
}

fn capture() -> &'static Captured {
    static LOG: OnceLock<&'static Captured> = OnceLock::new();
    LOG.get_or_init(|| {
        let log: &'static Captured = Box::leak(Box::default());
        log::set_logger(log).unwrap();
        log::set_max_level(LevelFilter::Trace);
        log
    })
}

#[test]
fn a_failed_call_has_one_line_with_its_reason() {
    let log = capture();
    let server = TestServer::start();
    for way in Way::ALL {
        let id = format!("reason-{way:?}-");
        let given = headers(&[("authorization", "Bearer garbage"), ("x-request-id", &id)]);
        call(
            &server,
            way,
            CREATE_SESSION,
            &given,
            &Sent::Message(json!({})),
        );
        let lines = log.with(&id);
        let reasons: Vec<_> = lines
            .iter()
            .filter(|line| !line.contains(" access "))
            .collect();
        assert_eq!(
            reasons,
            [&format!(
                "INFO bartizan::app::failure_log Errors.Token.Invalid (AUTH-7fs1e): \
                 not a token of this instance {id}"
            )],
            "{way:?}"
        );
        assert_eq!(lines.len(), 2, "{lines:?}");
    }
}

#[test]
fn what_the_wire_library_refuses_has_a_line_too() {
    let log = capture();
    let server = TestServer::start();
    let [_, login] = server.first_tokens();
    let token = format!("Bearer {login}");
    let (address, path) = (server.address(), CREATE_SESSION.path);
    let given = |id: &str, more: &[(&str, &str)]| {
        let mut fields = headers(&[("authorization", &token), ("x-request-id", id)]);
        fields.extend(headers(more));
        fields
    };
    let json = [
        ("content-type", "application/json"),
        ("content-encoding", "gzip"),
    ];
    post(address, path, &given("library-connect", &json), b"{}");
    let web = [
        ("content-type", "application/grpc-web"),
        ("grpc-encoding", "gzip"),
    ];
    post(address, path, &given("library-web", &web), &frame(1, b"x"));
    let grpc = [
        ("content-type", "application/grpc"),
        ("grpc-encoding", "gzip"),
    ];
    post2(
        address,
        path,
        &given("library-grpc", &grpc),
        &[&frame(1, b"x")],
    );
    for id in ["library-connect", "library-web", "library-grpc"] {
        let lines = log.with(id);
        let reasons = lines.iter().filter(|line| !line.contains(" access "));
        let reasons: Vec<_> = reasons.collect();
        assert_eq!(reasons.len(), 1, "{lines:?}");
        assert!(reasons[0].contains("gzip"), "{reasons:?}");
    }
}

#[test]
fn secrets_are_not_logged_in_any_protocol() {
    const PASSWORD: &str = "hunter2-is-no-password";
    let log = capture();
    let server = TestServer::start();
    let user = server.human("secret@mouse.com");
    let [_, login] = server.first_tokens();
    let bearer = headers(&[("authorization", &format!("Bearer {login}"))]);
    let session = server.session(&json!({ "checks": { "user": { "userId": user.id } } }));
    for way in Way::ALL {
        for checks in [
            json!({ "password": { "password": PASSWORD } }),
            json!({ "password": { "password": PASSWORD.repeat(20) } }),
        ] {
            let message = json!({
                "sessionId": session.id, "checks": checks, "sessionToken": session.token,
            });
            call(&server, way, SET_SESSION, &bearer, &Sent::Message(message));
        }
    }
    for secret in [PASSWORD, login, &session.token] {
        assert_eq!(log.with(secret), Vec::<String>::new());
    }
}

/// The access log of a server with such proxies, for a call with a header that they set.
#[track_caller]
fn access_line(trusted: &[&str], way: Way) -> String {
    let log = capture();
    let server = TestServer::configured(|config| {
        config.server.trusted_proxies = trusted.iter().map(|text| (*text).to_owned()).collect();
    });
    let id = format!("forwarded-{}-{way:?}-", trusted.len());
    let given = headers(&[
        ("x-forwarded-for", "198.51.100.7, 192.0.2.55"),
        ("forwarded", "for=198.51.100.8"),
        ("x-request-id", &id),
    ]);
    let message = Sent::Message(json!({}));
    call(&server, way, CREATE_SESSION, &given, &message);
    let mut lines = log.with(&id);
    lines.retain(|line| line.contains(" access "));
    assert_eq!(lines.len(), 1, "{lines:?}");
    lines.remove(0)
}

#[test]
fn the_access_log_names_the_client_that_a_trusted_proxy_names() {
    for way in Way::ALL {
        let line = access_line(&["127.0.0.1"], way);
        assert!(line.ends_with(" 192.0.2.55"), "{line}");
        // Of a stranger it is the stranger who is named, whatever was sent.
        let line = access_line(&[], way);
        let (_, peer) = line.rsplit_once(' ').unwrap();
        assert!(peer.starts_with("127.0.0.1:"), "{line}");
    }
}
