//! What every answer has, whatever the handler does.

use bartizan::web::Limits;

use crate::helpers::{SHORT, TestServer, body, get, header, request, status};
use crate::log::Lines;

#[tokio::test]
async fn a_panic_is_contained_and_answered_over_both_protocols() {
    let server = TestServer::start(Limits::default());
    let mut client = server.connect().await;
    for _ in 0..2 {
        client
            .send("GET /panic HTTP/1.1\r\nhost: a\r\nx-request-id: mine\r\n\r\n")
            .await;
        let text = client.answer().await;
        assert_eq!((status(&text), body(&text)), ("500", "sorry mine"));
        assert_eq!(header(&text, "x-request-id"), Some("mine"));
        assert_eq!(header(&text, "x-content-type-options"), Some("nosniff"));
    }
    client.send(request("GET /unread")).await;
    assert_eq!(status(&client.answer().await), "200");

    let mut client = server.http2().await;
    let answer = client.get("/panic").await;
    assert_eq!(answer.head.status, 500);
    assert!(answer.body.starts_with(b"sorry "), "{answer:?}");
    assert_eq!(client.get("/unread").await.head.status, 200);
}

#[tokio::test]
async fn a_handler_that_takes_too_long_is_ended_and_answered() {
    let server = TestServer::start_with(Limits::default(), SHORT);
    let mut client = server.connect().await;
    client.send(request("GET /gate")).await;
    let text = client.answer().await;
    assert_eq!((status(&text), body(&text)), ("504", "too late"));
    server.gate.left().await;
    client.send(request("GET /unread")).await;
    assert_eq!(status(&client.answer().await), "200");
    assert_eq!(server.http2().await.get("/gate").await.head.status, 504);
}

#[tokio::test]
async fn errors_of_the_app_are_answers_like_any_other() {
    let server = TestServer::start(Limits::default());
    for (line, expected) in [("GET /refused", "403"), ("GET /nowhere", "404")] {
        let text = server.exchange(&request(line)).await;
        assert_eq!(status(&text), expected);
        assert!(header(&text, "x-request-id").is_some(), "{text}");
        assert_eq!(header(&text, "cache-control"), Some("no-store"));
    }
}

#[tokio::test]
async fn a_harmless_request_id_is_taken_over_and_any_other_replaced() {
    let server = TestServer::start(Limits::default());
    for (given, taken) in [
        ("0193a-b_c.D", true),
        ("", false),
        ("two words", false),
        ("<script>", false),
        (&*"x".repeat(64), true),
        (&*"x".repeat(65), false),
    ] {
        let text = server
            .exchange(&format!(
                "GET /id HTTP/1.1\r\nhost: a\r\nx-request-id: {given}\r\n\r\n"
            ))
            .await;
        let id = header(&text, "x-request-id").unwrap();
        assert_eq!(id, body(&text), "the handler sees the same");
        assert_eq!(id == given, taken, "{given}");
        assert!(taken || id.len() == 36, "{id}");
    }
    let mut request = get("/id");
    request
        .headers_mut()
        .insert("x-request-id", "mine".parse().unwrap());
    let (response, _) = server.http2().await.open(request, true).await;
    let answer = crate::helpers::answer(response).await.unwrap();
    assert_eq!(answer.head.headers["x-request-id"], "mine");
    assert_eq!(answer.body, "mine");
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let server = TestServer::start(Limits::default());
    let text = server.exchange(&request("GET /unread")).await;
    let expected = [
        ("x-robots-tag", Some("none")),
        ("x-content-type-options", Some("nosniff")),
        ("cache-control", Some("no-store")),
        ("pragma", Some("no-cache")),
        ("referrer-policy", Some("no-referrer")),
    ];
    for (name, value) in expected {
        assert_eq!(header(&text, name), value, "{name}");
    }

    let text = server.exchange(&request("GET /cached")).await;
    let expected = [
        ("x-robots-tag", Some("none")),
        ("x-content-type-options", Some("nosniff")),
        ("cache-control", Some("max-age=60")),
        ("pragma", None),
        ("referrer-policy", Some("same-origin")),
    ];
    for (name, value) in expected {
        assert_eq!(header(&text, name), value, "{name}");
    }
}

/// A header that is a list, sorted.
fn list(answer: &str, name: &str) -> Vec<String> {
    let mut items: Vec<_> = header(answer, name)
        .unwrap_or_default()
        .split(',')
        .map(|item| item.trim().to_ascii_lowercase())
        .collect();
    items.sort_unstable();
    items
}

#[tokio::test]
async fn a_preflight_says_exactly_what_pages_may_do() {
    let server = TestServer::start(Limits::default());
    let text = server
        .exchange(
            "OPTIONS /unread HTTP/1.1\r\nhost: a\r\norigin: https://page.test\r\n\
             access-control-request-method: PATCH\r\n\
             access-control-request-headers: authorization, content-type\r\n\r\n",
        )
        .await;
    assert_eq!(status(&text), "200");
    assert_eq!(
        header(&text, "access-control-allow-origin"),
        Some("https://page.test")
    );
    assert_eq!(
        header(&text, "access-control-allow-credentials"),
        Some("true")
    );
    assert_eq!(
        list(&text, "access-control-allow-methods"),
        ["delete", "get", "head", "options", "patch", "post", "put"]
    );
    assert_eq!(
        list(&text, "access-control-allow-headers"),
        [
            "accept",
            "accept-language",
            "authorization",
            "connect-protocol-version",
            "connect-timeout-ms",
            "content-type",
            "grpc-timeout",
            "origin",
            "x-grpc-web",
            "x-requested-with",
            "x-user-agent",
            "x-zitadel-orgid",
        ]
    );
    assert_eq!(header(&text, "x-robots-tag"), Some("none"));

    let text = server
        .exchange("GET /unread HTTP/1.1\r\nhost: a\r\norigin: https://page.test\r\n\r\n")
        .await;
    assert_eq!(body(&text), "I do not care");
    assert_eq!(
        header(&text, "access-control-allow-origin"),
        Some("https://page.test")
    );
    assert_eq!(
        header(&text, "access-control-allow-credentials"),
        Some("true")
    );
    assert_eq!(
        list(&text, "access-control-expose-headers"),
        [
            "content-length",
            "grpc-message",
            "grpc-status",
            "grpc-status-details-bin",
            "location"
        ]
    );

    let text = server.exchange(&request("GET /unread")).await;
    assert_eq!(header(&text, "access-control-allow-origin"), None);
}

#[tokio::test]
async fn every_request_has_one_line_without_its_query() {
    let lines = Lines::kept();
    let server = TestServer::start(Limits::default());
    let text =
        "GET /refused?sessionToken=S3cr3t HTTP/1.1\r\nhost: a\r\nx-request-id: line-1\r\n\r\n";
    server.exchange(text).await;
    let mut request = get("/unread?sessionToken=S3cr3t");
    request
        .headers_mut()
        .insert("x-request-id", "line-2".parse().unwrap());
    let (response, _) = server.http2().await.open(request, true).await;
    crate::helpers::answer(response).await.unwrap();

    for (id, method, path, status) in [
        ("line-1", "GET", "/refused", "403"),
        ("line-2", "GET", "/unread", "200"),
    ] {
        let found = lines.with(id);
        let [line] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(line.target, "access");
        let [_, _, _, _, _, bytes, duration, _, peer] = line.fields.as_slice() else {
            panic!("{line:?}");
        };
        let micros = duration.strip_prefix("duration_us=").unwrap();
        micros.parse::<u64>().unwrap();
        let length = bytes.strip_prefix("bytes=").unwrap();
        length.parse::<u64>().unwrap();
        let from = peer.strip_prefix("peer=").unwrap();
        assert!(from.starts_with("127.0.0.1:"), "{line:?}");
        assert_eq!(
            line.fields,
            [
                format!("method={method}"),
                format!("path={path}"),
                // The small App of these tests leaves nothing behind about what was called.
                "operation=-".to_owned(),
                format!("status={status}"),
                "code=-".to_owned(),
                bytes.clone(),
                duration.clone(),
                format!("request_id={id}"),
                peer.clone(),
            ]
        );
        // The text says the same.
        assert_eq!(
            line.text,
            format!("{method} {path} {status} - {length}B {micros}us {id} {from}")
        );
    }
    assert_eq!(lines.with("S3cr3t"), [], "at no level, by no library");
}

#[tokio::test]
async fn a_token_in_a_path_is_told_nowhere() {
    const TOKEN: &str = "A4-JXBBkBlEAAAAHuZBdEQnsDgpy7tU-WztJroPZCt__PRd7";
    let lines = Lines::kept();
    let server = TestServer::start(Limits::default());
    for path in ["/nowhere", "/panic"] {
        let line = format!(
            "GET {path}/{TOKEN} HTTP/1.1\r\nhost: a\r\nx-request-id: hidden{}\r\n\r\n",
            path.len()
        );
        server.exchange(&line).await;
        let found = lines.with(&format!("hidden{}", path.len()));
        assert!(!found.is_empty());
        for line in found {
            let shown = format!("path={path}/\u{2026}");
            assert_eq!(line.fields.get(1), Some(&shown), "{line:?}");
        }
    }
    assert_eq!(lines.with(TOKEN), [], "at no level, by no library");
}

#[tokio::test]
async fn a_handler_without_an_answer_is_told_with_its_request() {
    let lines = Lines::kept();
    let server = TestServer::start(Limits::default());
    server
        .exchange(
            "GET /panic?sessionToken=S3cr3t HTTP/1.1\r\nhost: a\r\nx-request-id: line-3\r\n\r\n",
        )
        .await;
    let found = lines.with("line-3");
    let [failure, access] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(failure.text, "Panicked handler: GET /panic line-3");
    assert_eq!(
        failure.fields,
        [
            "method=GET",
            "path=/panic",
            "request_id=line-3",
            "kind=Panicked"
        ]
    );
    assert_eq!(access.target, "access");
}

#[tokio::test]
async fn names_of_headers_are_written_as_zitadels_server_writes_them() {
    let server = TestServer::start(Limits::default());
    let text = server.exchange(&request("GET /echo")).await;
    for name in ["Content-Length", "X-Request-Id", "Cache-Control", "Date"] {
        assert!(text.contains(&format!("\r\n{name}: ")), "{name}: {text}");
    }
}
