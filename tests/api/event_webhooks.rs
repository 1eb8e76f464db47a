//! Webhooks that are told of events: from what happens to the receiver.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use bartizan::config::{Config, EventWebhookConfig, StartConfig};
use bartizan::domain::ids::Position;
use bartizan::domain::secret::Secret;
use serde_json::{Value, json};

use crate::helpers::TestServer;
use crate::helpers::events::EventStream;
use crate::helpers::hooks::{Hook, Hooks, KEY};
use crate::helpers::http;

const PATIENCE: Duration = Duration::from_mins(1);

/// Events of sessions, told to a service of this machine.
fn told(hooks: &Hooks, name: &str) -> EventWebhookConfig {
    EventWebhookConfig {
        name: name.to_owned(),
        endpoint: hooks.endpoint(),
        signing_key: Some(Secret::new(KEY.to_owned())),
        aggregate_types: vec!["session".to_owned()],
        ..EventWebhookConfig::default()
    }
}

/// Nothing is found by looking now and then.
fn webhooks(webhooks: Vec<EventWebhookConfig>) -> impl FnOnce(&mut Config) {
    move |config| {
        config.events.heartbeat = Duration::from_hours(1);
        config.events.webhook = webhooks;
        config.notifications.webhook.allow_http = true;
        config.notifications.webhook.allow = vec!["127.0.0.1".to_owned()];
        config.metrics.listen = Some(([127, 0, 0, 1], 0).into());
    }
}

fn positions(hooks: &[Hook]) -> Vec<i64> {
    hooks.iter().map(Hook::position).collect()
}

/// The lines of the metrics about webhooks.
#[track_caller]
fn metrics(server: &TestServer) -> Vec<String> {
    let request = http::request("GET", "/metrics", &[], None);
    let response = http::exchange(server.metrics_address().unwrap(), &request).unwrap();
    let text = String::from_utf8(response.body).unwrap();
    let lines = text.lines().map(str::to_owned);
    lines
        .filter(|line| line.starts_with("bartizan_webhook"))
        .collect()
}

/// Waits for a line of the metrics: an answer is counted a moment after it was given.
#[track_caller]
fn counts(server: &TestServer, line: &str) {
    let begun = Instant::now();
    loop {
        let lines = metrics(server);
        if lines.iter().any(|found| found == line) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{line}: {lines:#?}");
        std::thread::yield_now();
    }
}

#[test]
fn events_are_sent_signed_in_order_and_as_the_stream_tells_them() {
    let hooks = Hooks::start();
    let server = TestServer::configured(webhooks(vec![told(&hooks, "audit")]));
    let before = server.head().number();
    let session = server.session(&json!({ "metadata": { "k": "AQID" } }));
    server.human("mini");
    server.login_client().delete(&session.path()).succeeds();
    let received = hooks.take(4);
    let target = format!("/v2/events?follow=false&aggregate_type=session&after={before}");
    let mut stream = EventStream::open(server.address(), server.first_tokens()[0], &target, "");
    for (number, hook) in received.iter().enumerate() {
        assert_eq!(hook.number, number);
        assert_eq!(stream.event(), (hook.position(), hook.event()));
        assert!(hook.is_signed(), "{hook:?}");
        assert_eq!(hook.header("content-type"), Some("application/json"));
        assert_eq!(hook.header("bartizan-missing"), None);
        let id = hook.header("bartizan-delivery").unwrap();
        assert!(
            id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{id}"
        );
    }
    assert_eq!(stream.end(), json!({}));
    assert_eq!(received[3].event()["event_type"], "session.terminated");
    counts(&server, r#"bartizan_webhook_lag{webhook="audit"} 0"#);
    counts(
        &server,
        r#"bartizan_webhook_attempts_total{webhook="audit",result="delivered"} 4"#,
    );
}

#[test]
fn what_was_not_taken_is_sent_again_before_anything_else() {
    let hooks = Hooks::answering(|number| match number {
        0 => 500,
        1 => 404,
        2 => 302,
        _ => 204,
    });
    let server = TestServer::configured(webhooks(vec![told(&hooks, "audit")]));
    let first = server.head().number() + 1;
    server.session(&json!({}));
    let received = hooks.take(5);
    assert_eq!(
        positions(&received),
        [first, first, first, first, first + 1]
    );
    let id = |hook: &Hook| hook.header("bartizan-delivery").unwrap().to_owned();
    assert!(
        received[..4]
            .iter()
            .all(|hook| id(hook) == id(&received[0]))
    );
    assert_ne!(id(&received[3]), id(&received[4]));
    counts(
        &server,
        r#"bartizan_webhook_attempts_total{webhook="audit",result="failed"} 3"#,
    );
}

#[test]
fn a_slow_receiver_holds_up_nobody_but_itself() {
    let (go, gone) = channel::<()>();
    let slow = Hooks::answering(move |number| {
        if number == 0 {
            gone.recv().ok();
        }
        200
    });
    let fast = Hooks::start();
    let server = TestServer::configured(webhooks(vec![
        EventWebhookConfig {
            timeout: PATIENCE,
            ..told(&slow, "slow")
        },
        told(&fast, "fast"),
    ]));
    server.session(&json!({}));
    slow.next();
    server.session(&json!({}));
    let received = fast.take(4);
    server.clock.advance_seconds(90);
    // What is delivered can be asked for while another waits.
    counts(&server, r#"bartizan_webhook_lag{webhook="fast"} 0"#);
    counts(&server, r#"bartizan_webhook_lag{webhook="slow"} 4"#);
    counts(
        &server,
        r#"bartizan_webhook_waiting_seconds{webhook="slow"} 90.0"#,
    );
    counts(
        &server,
        r#"bartizan_webhook_waiting_seconds{webhook="fast"} 0.0"#,
    );
    go.send(()).unwrap();
    assert_eq!(positions(&slow.take(3)), positions(&received)[1..]);
}

#[test]
fn a_restart_goes_on_where_it_was() {
    let hooks = Hooks::start();
    let all = Hooks::start();
    let mut server = TestServer::configured(webhooks(vec![told(&hooks, "audit")]));
    server.session(&json!({}));
    let mut seen = positions(&hooks.take(2));
    // Another one is told of everything that there is, and this one of nothing twice.
    let whole = EventWebhookConfig {
        start: StartConfig::After(Position::START),
        aggregate_types: Vec::new(),
        ..told(&all, "all")
    };
    let audit = told(&hooks, "audit");
    server.reconfigure(webhooks(vec![audit, whole]));
    server.session(&json!({}));
    seen.extend(positions(&hooks.take(2)));
    let end = server.head().number();
    assert_eq!(seen, (end - 3..=end).collect::<Vec<_>>());
    let count = usize::try_from(end).unwrap();
    assert_eq!(positions(&all.take(count)), (1..=end).collect::<Vec<_>>());
    server.restart();
    server.session(&json!({}));
    assert_eq!(positions(&hooks.take(2)), [end + 1, end + 2]);
    assert_eq!(positions(&all.take(2)), [end + 1, end + 2]);
    // One of that name goes on when it is back.
    server.reconfigure(webhooks(Vec::new()));
    server.session(&json!({}));
    server.reconfigure(webhooks(vec![told(&hooks, "audit")]));
    assert_eq!(positions(&hooks.take(2)), [end + 3, end + 4]);
}

#[test]
fn who_is_gone_is_asked_again_at_the_next_start() {
    let hooks = Hooks::answering(|number| if number == 0 { 410 } else { 200 });
    let mut server = TestServer::configured(webhooks(vec![told(&hooks, "audit")]));
    let first = server.head().number() + 1;
    server.session(&json!({}));
    counts(
        &server,
        r#"bartizan_webhook_attempts_total{webhook="audit",result="gone"} 1"#,
    );
    server.restart();
    assert_eq!(positions(&hooks.take(3)), [first, first, first + 1]);
    assert_eq!(hooks.rest().len(), 0);
}

#[test]
fn what_other_processes_write_is_sent_at_the_heartbeat() {
    let hooks = Hooks::start();
    let mut server = TestServer::configured(|config| {
        webhooks(vec![told(&hooks, "audit")])(config);
        config.events.heartbeat = Duration::from_millis(50);
    });
    let session = server.session(&json!({}));
    assert_eq!(hooks.take(2).len(), 2);
    // So that no cursor is written meanwhile, which would ring the bell.
    server.restart();
    let told = program(&server, &["session", "terminate", &session.id], &[]);
    assert!(told.status.success(), "{told:?}");
    let received = hooks.until(|hook| hook.event()["event_type"] == "session.terminated");
    assert_eq!(received.len(), 1);
}

#[test]
fn events_that_were_not_taken_stay_as_long_as_they_are_held() {
    let (go, gone) = channel::<()>();
    let open = Arc::new(AtomicBool::new(false));
    let opened = Arc::clone(&open);
    let hooks = Hooks::answering(move |number| {
        if number == 0 {
            gone.recv().ok();
        }
        if opened.load(SeqCst) { 200 } else { 503 }
    });
    let mut server = TestServer::configured(|config| {
        let audit = EventWebhookConfig {
            timeout: PATIENCE,
            ..told(&hooks, "audit")
        };
        webhooks(vec![audit])(config);
        config.sweep.after = Duration::ZERO;
        config.sweep.interval = Duration::from_millis(20);
    });
    let before = server.head().number();
    let ended = server.session(&json!({}));
    server.login_client().delete(&ended.path()).succeeds();
    server.session(&json!({}));
    let mut hook = hooks.next();
    assert_eq!(hook.position(), before + 1);
    server.clock.advance_seconds(60);
    wait_until_swept(&server, &ended.path());
    let archive = |file: &str, hold: &str| {
        let endpoint = hooks.endpoint();
        let variables = [
            ("NAME", "audit"),
            ("ENDPOINT", endpoint.as_str()),
            ("SIGNING_KEY", KEY),
            ("HOLD", hold),
        ];
        let told = program(&server, &["events", "archive", file], &variables);
        assert!(told.status.success(), "{told:?}");
        String::from_utf8(told.stderr).unwrap()
    };
    let said = archive("none.jsonl", "87600h");
    let held = format!(
        "webhook `audit` has still to be told of events from position {} on: they stay",
        before + 1
    );
    assert!(said.contains(&held), "{said}");
    assert!(said.contains("no events of swept sessions"), "{said}");
    let said = archive("some.jsonl", "0s");
    assert!(said.contains("archived 3 events"), "{said}");
    // What is gone is not passed over in silence, also while it is tried again.
    go.send(()).unwrap();
    server.restart();
    while hook.position() != before + 4 {
        assert_eq!(hook.header("bartizan-missing"), None);
        hook = hooks.next();
    }
    open.store(true, SeqCst);
    let missing = format!("{before}-{}", before + 3);
    while hook.position() == before + 4 {
        assert_eq!(hook.header("bartizan-missing"), Some(missing.as_str()));
        hook = hooks.next();
    }
    assert_eq!(hook.position(), before + 5);
    assert_eq!(hook.header("bartizan-missing"), None);
    counts(&server, r#"bartizan_webhook_gaps_total{webhook="audit"} 1"#);
}

/// Waits until there is no such session any more.
#[track_caller]
fn wait_until_swept(server: &TestServer, path: &str) {
    let begun = Instant::now();
    while row_of(server, path) {
        assert!(begun.elapsed() < PATIENCE, "never");
        std::thread::yield_now();
    }
}

fn row_of(server: &TestServer, path: &str) -> bool {
    let id = path.rsplit('/').next().unwrap();
    let id = bartizan::domain::ids::SessionId::parse(id).unwrap();
    let found = crate::helpers::wait(server.core().store.session(id)).unwrap();
    found.is_some()
}

/// Runs the program beside the server, with the webhook of the configuration.
fn program(
    server: &TestServer,
    arguments: &[&str],
    webhook: &[(&str, &str)],
) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bartizan"));
    command
        .args(arguments)
        .arg("--data-dir")
        .arg(&server.config().data_dir)
        .current_dir(server.directory());
    for (key, value) in webhook {
        command.env(format!("BARTIZAN_EVENTS__WEBHOOK__0__{key}"), value);
    }
    command.output().unwrap()
}

#[test]
fn nothing_secret_is_sent() {
    let hooks = Hooks::start();
    let everything = EventWebhookConfig {
        aggregate_types: Vec::new(),
        ..told(&hooks, "all")
    };
    let server = TestServer::configured(webhooks(vec![everything]));
    let human = server.human("mini");
    let session = server.logged_in(&human);
    let received = hooks.until(|hook| hook.event()["event_type"] == "session.token.set");
    for hook in received {
        let text = String::from_utf8(hook.body.clone()).unwrap();
        for secret in [&session.token, crate::helpers::PASSWORD, "$argon2"] {
            assert!(!text.contains(secret), "{text}");
        }
        let event: Value = hook.event();
        assert!(event["position"].is_i64(), "{event}");
    }
}
