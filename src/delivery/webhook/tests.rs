//! Against a server in this process that speaks as much HTTP as is needed.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::thread::JoinHandle;
use std::time::Duration;

use super::resolver::Denied;
use super::*;
use crate::delivery::events::{EventReceiver as _, Telling};
use crate::delivery::texts::Look;
use crate::domain::event::Aggregate;
use crate::domain::ids::{OrgId, Position, UserId};
use crate::domain::notification::{Addressee, Channel, Message, Recipient, Target, Targets};
use crate::domain::secret::Secret;
use crate::domain::time::{Span, Timestamp};

#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_700_000_000_000_000)
    }

    fn sleep(&self, _: Duration) -> Pending<'static, ()> {
        Box::pin(std::future::ready(()))
    }
}

fn notification(channel: Channel) -> Notification {
    Notification {
        message: Message::OtpEmail,
        recipient: Recipient {
            channel,
            address: "mini@mouse.com".to_owned(),
        },
        aggregate: Aggregate::User(UserId::new(7)),
        organization: OrgId::new(5),
        addressee: Addressee::default(),
        code: Secret::new("12345678".to_owned()),
        url: Secret::new("https://x/?c=12345678".to_owned()),
        application_name: String::new(),
        lifetime: Span::from_seconds(300),
        expires_at: Timestamp::from_micros(i64::MAX),
    }
}

fn webhook(endpoint: &str, allow: &[&str], allow_http: bool) -> Result<Webhook, WebhookError> {
    let allow = allow.iter().map(|text| Target::parse(text).unwrap());
    let look = Look {
        primary_color: String::new(),
        background_color: String::new(),
        font_color: String::new(),
        logo_url: String::new(),
    };
    let settings = WebhookSettings {
        endpoint: endpoint.to_owned(),
        signing_key: Secret::new("shared".to_owned()),
        timeout: Duration::from_secs(10),
        keep: None,
        allow_http,
        targets: Targets::new(allow.collect(), Vec::new()),
    };
    let wording = Wording::new("en", "https://login.example", look);
    Webhook::new(settings, Arc::new(wording), Arc::new(Still))
}

fn deliver(webhook: &Webhook) -> Result<(), Undelivered> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    runtime.block_on(webhook.deliver(&notification(Channel::Email)))
}

/// The lines of a request and its body.
type Received = (Vec<String>, Vec<u8>);

/// Answers one request; gives its lines and its body.
fn receiver(answer: &str) -> (u16, JoinHandle<Received>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = answer.to_owned();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut lines = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            match line.trim_end() {
                "" => break,
                line => lines.push(line.to_ascii_lowercase()),
            }
        }
        let length = header(&lines, "content-length").parse().unwrap();
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        (lines, body)
    });
    (port, thread)
}

#[track_caller]
fn header<'a>(lines: &'a [String], name: &str) -> &'a str {
    let value = |line: &'a String| line.strip_prefix(name)?.strip_prefix(": ");
    lines.iter().find_map(value).unwrap()
}

#[test]
fn a_message_is_posted_in_zitadels_form_and_signed() {
    let (port, received) = receiver("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let webhook = webhook(
        &format!("http://127.0.0.1:{port}/in?k=1"),
        &["127.0.0.1"],
        true,
    );
    deliver(&webhook.unwrap()).unwrap();
    let (lines, body) = received.join().unwrap();
    assert_eq!(lines[0], "post /in?k=1 http/1.1");
    assert_eq!(header(&lines, "content-type"), "application/json");
    let key = Secret::new("shared".to_owned());
    assert_eq!(
        header(&lines, "zitadel-signature"),
        sign(&key, Still.now(), &body).unwrap()
    );
    let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["args"]["code"], "12345678");
    assert_eq!(
        body["contextInfo"]["recipientEmailAddress"],
        "mini@mouse.com"
    );
    assert_eq!(body["templateData"]["url"], "https://x/?c=12345678");
}

#[test]
fn answers_decide_whether_it_is_tried_again() {
    let why = |status: u16| format!("the receiver answered with status {status}");
    for (status, expected) in [
        (204, Ok(())),
        (400, Err(Undelivered::Refused(why(400)))),
        (404, Err(Undelivered::Refused(why(404)))),
        (408, Err(Undelivered::Failed(why(408)))),
        (429, Err(Undelivered::Failed(why(429)))),
        (500, Err(Undelivered::Failed(why(500)))),
        (503, Err(Undelivered::Failed(why(503)))),
    ] {
        let (port, received) = receiver(&format!("HTTP/1.1 {status} X\r\n\r\n"));
        let webhook = webhook(&format!("http://127.0.0.1:{port}/"), &["127.0.0.1"], true);
        assert_eq!(deliver(&webhook.unwrap()), expected);
        received.join().unwrap();
    }
}

fn event_webhook(port: u16) -> EventWebhook {
    let target = Target::parse("127.0.0.1").unwrap();
    let settings = WebhookSettings {
        endpoint: format!("http://127.0.0.1:{port}/in"),
        signing_key: Secret::new("shared".to_owned()),
        timeout: Duration::from_secs(10),
        keep: Some(Duration::from_secs(1)),
        allow_http: true,
        targets: Targets::new(vec![target], Vec::new()),
    };
    EventWebhook::new(settings, Arc::new(Still)).unwrap()
}

fn tell(webhook: &EventWebhook) -> Result<(), Undelivered> {
    let telling = Telling {
        position: Position::new(7),
        delivery: "d".repeat(32),
        body: r#"{"position":7}"#.to_owned(),
        missing: Some((Position::new(2), Position::new(5))),
    };
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    runtime.block_on(webhook.take(&telling))
}

#[test]
fn an_event_is_posted_as_it_is_with_what_is_missing_before_it() {
    let (port, received) = receiver("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    tell(&event_webhook(port)).unwrap();
    let (lines, body) = received.join().unwrap();
    assert_eq!(lines[0], "post /in http/1.1");
    assert_eq!(body, br#"{"position":7}"#);
    assert_eq!(header(&lines, "content-type"), "application/json");
    assert_eq!(header(&lines, "bartizan-delivery"), "d".repeat(32));
    assert_eq!(header(&lines, "bartizan-missing"), "2-5");
    let key = Secret::new("shared".to_owned());
    assert_eq!(
        header(&lines, "zitadel-signature"),
        sign(&key, Still.now(), &body).unwrap()
    );
}

#[test]
fn an_event_is_given_up_by_nobody_but_who_is_gone_for_good() {
    let why = |status: u16| format!("the receiver answered with status {status}");
    for status in [302, 400, 401, 404, 429, 500] {
        let (port, received) = receiver(&format!("HTTP/1.1 {status} X\r\n\r\n"));
        assert_eq!(
            tell(&event_webhook(port)),
            Err(Undelivered::Failed(why(status)))
        );
        received.join().unwrap();
    }
    let (port, received) = receiver("HTTP/1.1 410 X\r\n\r\n");
    assert_eq!(
        tell(&event_webhook(port)),
        Err(Undelivered::Refused(why(410)))
    );
    received.join().unwrap();
}

/// That nobody has knocked there.
#[track_caller]
fn is_untouched(listener: &TcpListener) {
    listener.set_nonblocking(true).unwrap();
    let error = listener.accept().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
}

#[test]
fn redirects_are_not_followed() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let location = other.local_addr().unwrap();
    let (port, received) = receiver(&format!(
        "HTTP/1.1 307 X\r\nlocation: http://{location}/\r\ncontent-length: 0\r\n\r\n"
    ));
    let webhook = webhook(&format!("http://127.0.0.1:{port}/"), &["127.0.0.1"], true);
    let failed = Undelivered::failed("the receiver answered with status 307");
    assert_eq!(deliver(&webhook.unwrap()), Err(failed));
    received.join().unwrap();
    is_untouched(&other);
}

#[test]
fn a_name_of_a_denied_address_is_not_connected_to() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let webhook = webhook(&format!("http://localhost:{port}/"), &[], true).unwrap();
    assert_eq!(
        deliver(&webhook),
        Err(Undelivered::failed(Denied.to_string()))
    );
    is_untouched(&listener);
}

#[test]
fn a_name_that_is_allowed_is_connected_to_wherever_it_is() {
    let (port, received) = receiver("HTTP/1.1 200 OK\r\n\r\n");
    let webhook = webhook(&format!("http://localhost:{port}/"), &["LOCALHOST"], true).unwrap();
    assert_eq!(deliver(&webhook), Ok(()));
    received.join().unwrap();
}

#[test]
fn endpoints_that_cannot_be_used_are_told_at_the_start() {
    for endpoint in [
        "https://127.0.0.1/",
        "https://0x7f.1/",
        "https://2130706433/",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://169.254.169.254/latest",
    ] {
        let error = webhook(endpoint, &[], false).unwrap_err();
        assert!(matches!(error, WebhookError::Denied), "{endpoint}");
    }
    let error = webhook("http://hooks.example/", &[], false).unwrap_err();
    assert!(matches!(error, WebhookError::Open));
    let error = webhook("ftp://hooks.example/", &[], true).unwrap_err();
    assert!(matches!(error, WebhookError::Address));
}

#[test]
fn nothing_secret_is_printed() {
    let webhook = webhook("https://hooks.example/in?key=topsecret", &[], false).unwrap();
    let printed = format!("{webhook:?}");
    assert!(
        !printed.contains("topsecret") && !printed.contains("shared"),
        "{printed}"
    );
}
