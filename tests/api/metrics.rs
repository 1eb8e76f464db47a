//! `/metrics`: on a port of its own, and only where it is asked for.

use serde_json::json;

use crate::helpers::http::{self, Response};
use crate::helpers::{PASSWORD, TestServer};

fn counting() -> TestServer {
    TestServer::configured(|config| config.metrics.listen = Some(([127, 0, 0, 1], 0).into()))
}

#[track_caller]
fn scrape(server: &TestServer, method: &str, target: &str) -> Response {
    let request = http::request(method, target, &[], None);
    http::exchange(server.metrics_address().unwrap(), &request).unwrap()
}

#[track_caller]
fn text(server: &TestServer) -> String {
    let response = scrape(server, "GET", "/metrics");
    assert_eq!(response.status, 200);
    assert_eq!(
        response.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    String::from_utf8(response.body).unwrap()
}

/// The lines of one metric, without its help.
fn lines<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let of = |line: &&str| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with([' ', '{']))
    };
    text.lines().filter(of).collect()
}

#[test]
fn requests_are_counted_by_operation_and_result() {
    let server = counting();
    let human = server.human("mini@mouse.com");
    let session = server.logged_in(&human);
    let client = server.login_client();
    for _ in 0..3 {
        client.get(&session.path()).succeeds();
    }
    assert_eq!(client.get("/v2/sessions/1").response.status, 404);
    assert_eq!(client.get("/nowhere").response.status, 404);
    assert_eq!(server.anonymous().get(&session.path()).response.status, 401);
    let get = "/zitadel.session.v2.SessionService/GetSession";
    client
        .with("content-type", "application/json")
        .post(get, &json!({ "sessionId": session.id }))
        .succeeds();
    let text = text(&server);
    assert_eq!(
        lines(&text, "bartizan_requests_total"),
        [
            r#"bartizan_requests_total{operation="zitadel.session.v2.SessionService/GetSession",code="OK"} 1"#,
            r#"bartizan_requests_total{operation="none",code="NotFound"} 1"#,
            r#"bartizan_requests_total{operation="GET /v2/sessions/{session_id}",code="OK"} 3"#,
            r#"bartizan_requests_total{operation="GET /v2/sessions/{session_id}",code="NotFound"} 1"#,
            r#"bartizan_requests_total{operation="GET /v2/sessions/{session_id}",code="Unauthenticated"} 1"#,
            r#"bartizan_requests_total{operation="POST /v2/sessions",code="OK"} 1"#,
            r#"bartizan_requests_total{operation="POST /v2/users/human",code="OK"} 1"#,
        ]
    );
    assert_eq!(
        lines(&text, "bartizan_request_duration_seconds_count"),
        [
            r#"bartizan_request_duration_seconds_count{operation="zitadel.session.v2.SessionService/GetSession"} 1"#,
            r#"bartizan_request_duration_seconds_count{operation="none"} 1"#,
            r#"bartizan_request_duration_seconds_count{operation="GET /v2/sessions/{session_id}"} 5"#,
            r#"bartizan_request_duration_seconds_count{operation="POST /v2/sessions"} 1"#,
            r#"bartizan_request_duration_seconds_count{operation="POST /v2/users/human"} 1"#,
        ]
    );
    assert!(text.ends_with("# EOF\n"), "{text}");
}

#[test]
fn what_the_store_holds_and_does_is_told() {
    let server = counting();
    for _ in 0..4 {
        server.session(&json!({}));
    }
    server.session(&json!({ "lifetime": "60s" }));
    server.clock.advance_seconds(61);
    let text = text(&server);
    assert_eq!(
        lines(&text, "bartizan_sessions"),
        [
            r#"bartizan_sessions{state="alive"} 4"#,
            r#"bartizan_sessions{state="expired"} 1"#,
        ]
    );
    for zero in [
        "bartizan_outbox_messages 0",
        "bartizan_writer_waiting 0",
        r#"bartizan_writes_refused_total{reason="queue_full"} 0"#,
        r#"bartizan_writes_refused_total{reason="conflict"} 0"#,
        r#"bartizan_writes_refused_total{reason="failed"} 0"#,
        "bartizan_hashing_threads 1",
        "bartizan_hashing_running 0",
        "bartizan_hashing_waiting 0",
        "bartizan_hashing_refused_total 0",
    ] {
        assert!(text.lines().any(|line| line == zero), "{zero}: {text}");
    }
    let number = |name: &str| -> f64 {
        let found = lines(&text, name);
        let [line] = found.as_slice() else {
            panic!("{name}: {found:?}");
        };
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    // The first start and five sessions, one after the other.
    assert!(number("bartizan_batch_size_count") >= 6.0);
    assert!(number("bartizan_transaction_duration_seconds_sum") > 0.0);
    assert!(number("bartizan_event_position") > 10.0);
    assert!(number(r#"bartizan_database_size_bytes{file="wal"}"#) > 4096.0);
    assert!(number("process_resident_memory_bytes") > 1e6);
    assert!(number("process_open_fds") > 5.0);
}

#[test]
fn nothing_secret_is_told() {
    let server = counting();
    let human = server.human("secret@mouse.com");
    let session = server.logged_in(&human);
    let target = format!("{}?sessionToken={}", session.path(), session.token);
    server.login_client().get(&target).succeeds();
    let text = text(&server);
    let [admin, login] = server.first_tokens();
    for secret in [
        &session.token,
        &session.id,
        &human.id,
        admin,
        login,
        PASSWORD,
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn the_port_of_the_metrics_serves_nothing_else() {
    let server = counting();
    for (method, target, status) in [
        ("GET", "/", 404),
        ("GET", "/v2/sessions/1", 404),
        ("GET", "/debug/healthz", 404),
        ("POST", "/metrics", 405),
        ("HEAD", "/metrics", 200),
    ] {
        let response = scrape(&server, method, target);
        assert_eq!(
            (response.status, &response.body[..]),
            (status, &b""[..]),
            "{target}"
        );
    }
}

#[test]
fn nothing_is_told_unless_it_is_asked_for() {
    let server = TestServer::start();
    assert_eq!(server.metrics_address(), None);
    for path in ["/metrics", "/debug/metrics"] {
        assert_eq!(server.login_client().get(path).response.status, 404);
    }
}
