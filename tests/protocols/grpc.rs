//! What gRPC has of its own: trailers, frames, HTTP/2.

use serde_json::json;

use crate::calls::{CREATE_SESSION, GET_SESSION, LIST_SESSIONS};
use crate::connect::gzip_of;
use crate::helpers::{TestServer, wait};
use crate::outcome::{Outcome, Way, outcome};
use crate::wire::{Headers, Http2, Reply, frame, frames, headers, post, post2};

fn fields(server: &TestServer, more: &[(&str, &str)]) -> Headers {
    let [_, login] = server.first_tokens();
    let mut fields = headers(&[
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("authorization", &format!("Bearer {login}")),
    ]);
    fields.extend(headers(more));
    fields
}

#[track_caller]
fn create(server: &TestServer, more: &[(&str, &str)], parts: &[&[u8]]) -> Reply {
    let fields = fields(server, more);
    post2(server.address(), CREATE_SESSION.path, &fields, parts)
}

#[track_caller]
fn code(reply: &Reply) -> u8 {
    match outcome(Way::Grpc, CREATE_SESSION, reply) {
        Outcome::Answered(_) => 0,
        Outcome::Failed { code, .. } => code,
    }
}

#[test]
fn an_answer_ends_with_trailers() {
    let server = TestServer::start();
    let reply = create(&server, &[], &[&frame(0, b"")]);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.trailers, headers(&[("grpc-status", "0")]));
    assert_eq!(frames(&reply.body).len(), 1);
    for (name, value) in [
        ("content-type", "application/grpc+proto"),
        ("cache-control", "no-store"),
        ("pragma", "no-cache"),
        ("expires", "Mon, 23 Nov 2026 10:01:00 GMT"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{name}");
    }
    assert_eq!(reply.header("grpc-status"), None);
}

#[test]
fn an_error_is_a_block_of_headers_and_nothing_else() {
    let server = TestServer::start();
    let message = (GET_SESSION.to_binary)(&json!({ "sessionId": "1" }));
    let given = fields(&server, &[]);
    let reply = post2(
        server.address(),
        GET_SESSION.path,
        &given,
        &[&frame(0, &message)],
    );
    assert_eq!(reply.status, 200);
    assert_eq!(reply.trailers, Headers::new());
    assert_eq!(reply.body, b"");
    assert_eq!(reply.header("content-type"), Some("application/grpc+proto"));
    assert_eq!(reply.header("grpc-status"), Some("5"));
    assert_eq!(
        reply.header("grpc-message"),
        Some("Session does not exist (QUERY-SFeaa)")
    );
    let details = reply.header("grpc-status-details-bin").unwrap();
    assert!(!details.contains('='), "{details}");
}

#[test]
fn json_may_stand_in_the_frames() {
    let server = TestServer::start();
    let mut given = fields(&server, &[]);
    given[0].1 = "application/grpc+json".to_owned();
    let reply = post2(
        server.address(),
        CREATE_SESSION.path,
        &given,
        &[&frame(0, b"{}")],
    );
    assert_eq!(reply.header("content-type"), Some("application/grpc+json"));
    assert_eq!(reply.trailer("grpc-status"), Some("0"));
    let (_, message) = frames(&reply.body).pop().unwrap();
    let message: serde_json::Value = serde_json::from_slice(&message).unwrap();
    assert!(message["sessionToken"].is_string(), "{message}");
}

#[test]
fn unknown_procedures_have_status_12() {
    let server = TestServer::start();
    for path in ["/zitadel.session.v2.SessionService/Create", "/a.B/C"] {
        let given = fields(&server, &[]);
        let reply = post2(server.address(), path, &given, &[&frame(0, b"")]);
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("grpc-status"), Some("12"), "{path}");
    }
}

#[test]
fn without_http2_there_is_no_grpc() {
    let server = TestServer::start();
    let reply = post(
        server.address(),
        CREATE_SESSION.path,
        &fields(&server, &[]),
        &frame(0, b""),
    );
    assert_eq!(reply.status, 505);
}

#[test]
fn a_frame_may_come_in_pieces() {
    let server = TestServer::start();
    let message = (CREATE_SESSION.to_binary)(&json!({ "userAgent": { "ip": "::1" } }));
    let whole = frame(0, &message);
    let parts: Vec<&[u8]> = whole.chunks(1).collect();
    assert_eq!(code(&create(&server, &[], &parts)), 0);
}

#[test]
fn frames_that_lie_are_refused() {
    let server = TestServer::configured(|config| config.server.body_limit = 64 * 1024);
    let one = frame(0, b"");
    let two = [one.clone(), one.clone()].concat();
    let long = [&[0, 0, 0, 0, 9][..], b"x"].concat();
    let short = [&[0, 0, 0, 0, 0][..], b"x"].concat();
    let huge = [0, 0xff, 0xff, 0xff, 0xff];
    let above = [&[0][..], &(64 * 1024 + 1_u32).to_be_bytes()].concat();
    for (name, body, expected) in [
        ("nothing", &b""[..], 12),
        ("half a head", &one[..3], 3),
        ("a message that breaks off", &long, 3),
        ("a message that goes on", &short, 12),
        ("two messages", &two, 12),
        ("a length beyond all limits", &huge, 8),
        ("a length just above the limit", &above, 8),
        (
            "a compressed message without a name for it",
            &frame(1, b"x"),
            13,
        ),
        ("a message that is none", &frame(0, &[0xff]), 3),
    ] {
        let reply = server.writes_nothing(|| create(&server, &[], &[body]));
        assert_eq!(code(&reply), expected, "{name}");
    }
    assert_eq!(code(&create(&server, &[], &[&one])), 0);
}

#[test]
fn unknown_flags_are_refused() {
    let server = TestServer::start();
    for flags in [2, 0x80, 0x40, 0xff] {
        let reply = server.writes_nothing(|| create(&server, &[], &[&frame(flags, b"")]));
        assert_ne!(code(&reply), 0, "{flags}");
    }
}

#[test]
fn a_message_may_come_in_gzip() {
    let server = TestServer::configured(|config| config.server.body_limit = 64 * 1024);
    let gzip = [("grpc-encoding", "gzip")];
    let message = (CREATE_SESSION.to_binary)(&json!({ "userAgent": { "ip": "::1" } }));
    let packed = gzip_of(&message);
    assert_eq!(code(&create(&server, &gzip, &[&frame(1, &packed)])), 0);
    // A message may also stay as it is.
    assert_eq!(code(&create(&server, &gzip, &[&frame(0, &message)])), 0);
    assert_eq!(code(&create(&server, &gzip, &[&frame(1, &packed[..9])])), 3);
    assert_eq!(code(&create(&server, &gzip, &[&frame(1, b"garbage")])), 3);
    let bomb = gzip_of(vec![0; 20 << 20]);
    assert_eq!(code(&create(&server, &gzip, &[&frame(1, &bomb)])), 8);
    let other = [("grpc-encoding", "snappy")];
    assert_eq!(code(&create(&server, &other, &[&frame(0, b"")])), 12);
}

#[test]
fn long_lists_come_in_gzip_for_whoever_asks_but_never_a_token() {
    let server = TestServer::start();
    let gzip = [("grpc-accept-encoding", "gzip")];
    let long = json!({ "userAgent": { "description": "x".repeat(2000) } });
    let message = frame(0, &(CREATE_SESSION.to_binary)(&long));
    let mut id = serde_json::Value::Null;
    for _ in 0..5 {
        let reply = create(&server, &gzip, &[&message]);
        let (flags, answer) = frames(&reply.body).pop().unwrap();
        assert_eq!(flags, 0);
        id = (CREATE_SESSION.from_binary)(&answer)["sessionId"].clone();
    }
    // Long, but no list.
    let message = frame(0, &(GET_SESSION.to_binary)(&json!({ "sessionId": id })));
    let given = fields(&server, &gzip);
    let reply = post2(server.address(), GET_SESSION.path, &given, &[&message]);
    assert!(reply.body.len() > 2000);
    assert_eq!(frames(&reply.body)[0].0, 0);
    let given = fields(&server, &gzip);
    let reply = post2(
        server.address(),
        LIST_SESSIONS.path,
        &given,
        &[&frame(0, b"")],
    );
    assert_eq!(reply.header("grpc-encoding"), Some("gzip"));
    assert_eq!(frames(&reply.body)[0].0, 1);
}

#[test]
fn a_bad_call_costs_the_others_on_its_connection_nothing() {
    let server = TestServer::configured(|config| config.server.body_limit = 64 * 1024);
    let given = fields(&server, &[]);
    wait(async {
        let mut connection = Http2::connect(server.address()).await;
        let path = CREATE_SESSION.path;
        for body in [
            &b"\0\0\0"[..],
            &[0, 0xff, 0xff, 0xff, 0xff],
            &vec![0; 300 * 1024],
        ] {
            // One that never ends, beside it.
            let (_pending, mut open) = connection.open(path, &given).await;
            open.send_data(bytes::Bytes::from_static(b"\0\0"), false)
                .unwrap();
            let bad = connection.post(path, &given, &[body]).await.unwrap();
            assert_ne!(code(&bad), 0);
            let good = connection.post(path, &given, &[&frame(0, b"")]).await;
            assert_eq!(code(&good.unwrap()), 0);
            open.send_reset(h2::Reason::CANCEL);
        }
        let good = connection.post(path, &given, &[&frame(0, b"")]).await;
        assert_eq!(code(&good.unwrap()), 0);
    });
}
