//! Requests that nobody should send, and trouble of our own: a documented refusal, nothing written,
//! and the next request is answered (spec session-service.md section 10, security.md section 1).

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use crate::helpers::{Answer, TestServer, http};

const SESSIONS: &str = "/v2/sessions";

/// That the server still works.
#[track_caller]
fn is_alive(server: &TestServer) {
    server
        .login_client()
        .post(SESSIONS, &json!({}))
        .is(201, &server.created(2));
}

/// The answer to bytes as they are.
#[track_caller]
fn raw(server: &TestServer, bytes: &[u8]) -> Answer {
    let response = http::exchange(server.address(), bytes).unwrap();
    Answer::new(String::from_utf8_lossy(bytes).into_owned(), response)
}

#[test]
fn a_body_beyond_the_limit_is_refused_whoever_sends_it() {
    let server = TestServer::configured(|config| config.server.body_limit = 64 * 1024);
    let body = |length: usize| {
        let frame = r#"{"userAgent":{"description":""}}"#.len();
        format!(
            r#"{{"userAgent":{{"description":"{}"}}}}"#,
            "x".repeat(length - frame)
        )
    };
    let exact = body(64 * 1024);
    let answer = server
        .login_client()
        .send("POST", SESSIONS, Some(exact.as_bytes()));
    answer.is(201, &server.created(2));
    for length in [64 * 1024 + 1, 10 * 64 * 1024] {
        for method in ["POST", "PATCH", "DELETE"] {
            let target = if method == "POST" {
                SESSIONS
            } else {
                "/v2/sessions/1"
            };
            server.writes_nothing(|| {
                let answer =
                    server
                        .login_client()
                        .send(method, target, Some(body(length).as_bytes()));
                assert_eq!(answer.response.status, 429, "{}", answer.text());
                assert_eq!(answer.json()["code"], 8, "{}", answer.text());
            });
        }
    }
    // Who may not ask learns that first.
    server
        .anonymous()
        .send("POST", SESSIONS, Some(body(64 * 1024 + 1).as_bytes()))
        .fails_plainly(16, "auth header missing");
    is_alive(&server);
}

#[test]
fn a_body_in_chunks_is_measured_too() {
    let server = TestServer::configured(|config| config.server.body_limit = 4 * 1024);
    let [_, token] = server.first_tokens();
    let head = format!(
        "POST {SESSIONS} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n\
         Transfer-Encoding: chunked\r\n\r\n"
    );
    let small = raw(
        &server,
        format!("{head}11\r\n{{\"lifetime\":\"1s\"}}\r\n0\r\n\r\n").as_bytes(),
    );
    small.is(201, &server.created(3));
    let chunk = format!("400\r\n{}\r\n", " ".repeat(1024));
    let large = raw(
        &server,
        format!("{head}{}0\r\n\r\n", chunk.repeat(5)).as_bytes(),
    );
    assert_eq!(large.response.status, 429, "{}", large.text());
    is_alive(&server);
}

#[test]
fn a_body_that_breaks_off_writes_nothing() {
    let server = TestServer::start();
    let [_, token] = server.first_tokens();
    server.writes_nothing(|| {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        let head = format!(
            "POST {SESSIONS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: 100\r\n\r\n{{\"lifetime\":\"1s\"}}"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        // Whether it answers or only hangs up is its own choice.
        drop(stream.read_to_end(&mut answer));
        assert!(
            !answer.starts_with(b"HTTP/1.1 2"),
            "{}",
            String::from_utf8_lossy(&answer)
        );
    });
    is_alive(&server);
}

#[test]
fn requests_that_are_none_are_refused() {
    let server = TestServer::start();
    let [_, token] = server.first_tokens();
    let auth = format!("Host: x\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n");
    server.writes_nothing(|| {
        for request in [
            "GARBAGE\r\n\r\n".to_owned(),
            "POST\r\n\r\n".to_owned(),
            format!("POST {SESSIONS} HTTP/9.9\r\n{auth}\r\n"),
            format!("POST {SESSIONS} HTTP/1.1\r\n{auth}Content-Length: x\r\n\r\n"),
            format!("POST {SESSIONS} HTTP/1.1\r\n{auth}Content-Length: -1\r\n\r\n"),
            format!("POST {SESSIONS} HTTP/1.1\r\n{auth}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}x"),
            format!("POST {SESSIONS} HTTP/1.1\r\n{auth}Bad Header: x\r\n\r\n"),
            format!("POST {SESSIONS} HTTP/1.1\r\n{auth}No-Colon\r\n\r\n"),
            format!("POST {SESSIONS} HTTP/1.1\r\n{auth}Transfer-Encoding: gzip, nonsense\r\n\r\n"),
            format!("POST {SESSIONS} HTTP/1.1\r\n{auth}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n"),
            format!("POST {SESSIONS} HTTP/1.1\r\n{auth}X: {}\r\n\r\n", "x".repeat(200_000)),
            format!("POST {SESSIONS} HTTP/1.1\r\n{auth}{}\r\n", "X: y\r\n".repeat(2_000)),
            format!("POST /{} HTTP/1.1\r\n{auth}\r\n", "x".repeat(200_000)),
        ] {
            let status = http::exchange(server.address(), request.as_bytes())
                .map_or(0, |response| response.status);
            let start: String = request.chars().take(200).collect();
            // Hanging up without a word is as good.
            assert!(status == 0 || (400..500).contains(&status), "{status}: {start}");
        }
    });
    is_alive(&server);
}

#[test]
fn a_request_is_not_hidden_in_another_one() {
    let server = TestServer::start();
    let [_, token] = server.first_tokens();
    let auth = format!("Host: x\r\nAuthorization: Bearer {token}\r\n");
    let inner = format!("POST {SESSIONS} HTTP/1.1\r\n{auth}Content-Length: 2\r\n\r\n{{}}");
    let outer = format!(
        "GET {SESSIONS}/1 HTTP/1.1\r\n{auth}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}"
    );
    server.writes_nothing(|| {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        stream.write_all(outer.as_bytes()).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer));
        let text = String::from_utf8_lossy(&answer);
        assert!(!text.contains("HTTP/1.1 201"), "{text}");
    });
    is_alive(&server);
}

#[test]
fn connections_are_kept_open_for_more_than_one_request() {
    let server = TestServer::start();
    let [_, token] = server.first_tokens();
    let request = |target: &str, more: &str| {
        format!("GET {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{more}\r\n")
    };
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    let both = request("/v2/sessions/1", "") + &request("/nothing", "Connection: close\r\n");
    stream.write_all(both.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer.matches("HTTP/1.1 404").count(), 2, "{answer}");
    let (session, nothing) = (answer.find("QUERY-SFeaa"), answer.find("Not Found\"}"));
    assert!(
        session.unwrap() < nothing.unwrap(),
        "answers stand in their order: {answer}"
    );
}

#[test]
fn over_long_texts_are_refused_or_kept_but_never_cut() {
    let server = TestServer::start();
    let long = "\u{1f600}".repeat(50_000);
    let session = server.session(&json!({ "userAgent": { "description": long } }));
    let read = server.login_client().get(&session.path());
    assert_eq!(read.str("/session/userAgent/description"), long);
    let key = "k".repeat(100_000);
    let session = server.session(&json!({ "metadata": { key.clone(): "YQ==" } }));
    let read = server.login_client().get(&session.path()).json();
    assert_eq!(read["session"]["metadata"][&key], "YQ==");
}

#[test]
fn nothing_that_looks_like_sql_is_any() {
    let server = TestServer::start();
    for text in [
        "'; DROP TABLE sessions; --",
        "\" OR 1=1",
        "%",
        "_",
        "\\",
        "\0",
        "$1",
        "?1",
        "[a-z]*",
    ] {
        server
            .login_client()
            .post(
                SESSIONS,
                &json!({ "checks": { "user": { "loginName": text } } }),
            )
            .fails(5, "QUERY-Dfbg2", "User could not be found");
        let search = json!({ "queries": [{ "userAgentQuery": { "fingerprintId": text } }] });
        let found = server
            .login_client()
            .post("/v2/sessions/search", &search)
            .json();
        assert_eq!(found.get("sessions"), None, "{text}");
        let human = server.human(text);
        let session = server.session(&json!({
            "checks": { "user": { "loginName": text } },
            "metadata": { text: "YQ==" },
            "userAgent": { "fingerprintId": text, "header": { text: { "values": [text] } } },
        }));
        let found = server.login_client().post("/v2/sessions/search", &search);
        assert_eq!(found.str("/sessions/0/id"), session.id, "{text}");
        assert_eq!(found.str("/sessions/0/factors/user/id"), human.id, "{text}");
        assert_eq!(
            found.json()["sessions"][0]["metadata"],
            json!({ text: "YQ==" }),
            "{text}"
        );
    }
}

#[test]
fn host_and_forwarded_headers_change_nothing() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    let before = server.login_client().get(&session.path()).json();
    for (name, value) in [
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-For", "1.2.3.4"),
        ("Forwarded", "for=1.2.3.4;host=evil.example"),
        ("X-Zitadel-Instance-Host", "evil.example"),
        ("X-Zitadel-Public-Host", "evil.example"),
        ("X-Original-Url", "/v2/users"),
        ("X-Rewrite-Url", "/v2/users"),
    ] {
        server
            .login_client()
            .with(name, value)
            .get(&session.path())
            .ok(&before);
    }
}
