//! What gRPC-Web has of its own: trailers in the body, base64, browsers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::calls::{CREATE_SESSION, GET_SESSION};
use crate::helpers::TestServer;
use crate::outcome::web_trailers;
use crate::wire::{Headers, Reply, frame, frames, headers, post, post2, send};

fn fields(server: &TestServer, content_type: &str) -> Headers {
    let [_, login] = server.first_tokens();
    headers(&[
        ("content-type", content_type),
        ("x-grpc-web", "1"),
        ("authorization", &format!("Bearer {login}")),
    ])
}

#[track_caller]
fn create(server: &TestServer, content_type: &str, body: &[u8]) -> Reply {
    let fields = fields(server, content_type);
    post(server.address(), CREATE_SESSION.path, &fields, body)
}

#[test]
fn trailers_are_the_last_frame() {
    let server = TestServer::start();
    for content_type in ["application/grpc-web", "application/grpc-web+proto"] {
        let given = fields(&server, content_type);
        let (path, body) = (CREATE_SESSION.path, frame(0, b""));
        for reply in [
            post(server.address(), path, &given, &body),
            post2(server.address(), path, &given, &[&body]),
        ] {
            assert_eq!(reply.status, 200);
            assert_eq!(
                reply.header("content-type"),
                Some("application/grpc-web+proto")
            );
            assert_eq!(reply.header("cache-control"), Some("no-store"));
            assert_eq!(reply.trailers, Headers::new());
            let frames = frames(&reply.body);
            assert_eq!(frames.len(), 2);
            assert_eq!((frames[0].0, frames[1].0), (0, 0x80));
            assert_eq!(web_trailers(&frames[1].1), headers(&[("grpc-status", "0")]));
        }
    }
}

#[test]
fn an_error_is_a_frame_of_trailers() {
    let server = TestServer::start();
    let message = (GET_SESSION.to_binary)(&json!({ "sessionId": "1" }));
    let given = fields(&server, "application/grpc-web+proto");
    let reply = post(
        server.address(),
        GET_SESSION.path,
        &given,
        &frame(0, &message),
    );
    assert_eq!(reply.status, 200);
    let mut frames = frames(&reply.body);
    assert_eq!(frames.len(), 1);
    let (flags, block) = frames.pop().unwrap();
    assert_eq!(flags, 0x80);
    let trailers = web_trailers(&block);
    assert_eq!(trailers[0], ("grpc-status".to_owned(), "5".to_owned()));
    assert_eq!(
        trailers[1],
        (
            "grpc-message".to_owned(),
            "Session does not exist (QUERY-SFeaa)".to_owned()
        )
    );
    assert_eq!(trailers[2].0, "grpc-status-details-bin");
}

#[test]
fn text_is_read_in_pieces_and_written_in_one() {
    let server = TestServer::start();
    let message = (CREATE_SESSION.to_binary)(&json!({ "userAgent": { "ip": "::1" } }));
    let bytes = frame(0, &message);
    let pieces: String = bytes
        .chunks(4)
        .map(|piece| STANDARD.encode(piece))
        .collect();
    for body in [STANDARD.encode(&bytes), pieces] {
        for content_type in [
            "application/grpc-web-text",
            "application/grpc-web-text+proto",
        ] {
            let reply = create(&server, content_type, body.as_bytes());
            assert_eq!(reply.status, 200);
            assert_eq!(
                reply.header("content-type"),
                Some("application/grpc-web-text+proto")
            );
            let frames = frames(&STANDARD.decode(&reply.body).unwrap());
            assert_eq!(frames.len(), 2);
            assert_eq!(web_trailers(&frames[1].1), headers(&[("grpc-status", "0")]));
        }
    }
}

#[test]
fn text_that_is_no_base64_is_refused() {
    let server = TestServer::start();
    for body in ["AAA", "AAAA====", "A-_A", "AAAAAA==A", "\u{fc}"] {
        let reply = create(&server, "application/grpc-web-text", body.as_bytes());
        let frames = frames(&STANDARD.decode(&reply.body).unwrap());
        let trailers = web_trailers(&frames[0].1);
        assert_eq!(
            trailers[0],
            ("grpc-status".to_owned(), "3".to_owned()),
            "{body}"
        );
    }
}

#[test]
fn a_browser_may_call_from_anywhere() {
    let server = TestServer::start();
    let asked = "authorization,connect-protocol-version,connect-timeout-ms,content-type,\
                 grpc-timeout,x-grpc-web,x-user-agent,x-zitadel-orgid";
    let preflight = headers(&[
        ("origin", "https://login.example.com"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", asked),
    ]);
    let reply = send(
        server.address(),
        "OPTIONS",
        CREATE_SESSION.path,
        &preflight,
        None,
    );
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(
        reply.header("access-control-allow-origin"),
        Some("https://login.example.com")
    );
    let allowed = reply.header("access-control-allow-headers").unwrap();
    for name in asked.split(',') {
        assert!(
            allowed.split([',', ' ']).any(|found| found == name),
            "{name}: {allowed}"
        );
    }
    assert!(
        reply
            .header("access-control-allow-methods")
            .unwrap()
            .contains("POST")
    );
    let mut given = fields(&server, "application/grpc-web+proto");
    given.extend(headers(&[("origin", "https://login.example.com")]));
    let reply = post(
        server.address(),
        CREATE_SESSION.path,
        &given,
        &frame(0, b""),
    );
    assert_eq!(reply.status, 200);
    let exposed = reply.header("access-control-expose-headers").unwrap();
    for name in ["grpc-status", "grpc-message", "grpc-status-details-bin"] {
        assert!(
            exposed.split([',', ' ']).any(|found| found == name),
            "{name}: {exposed}"
        );
    }
}
