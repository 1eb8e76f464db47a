//! What Connect has of its own: content types, status codes, headers.

use serde_json::json;

use crate::calls::{CREATE_SESSION, GET_SESSION, LIST_SESSIONS};
use crate::helpers::TestServer;
use crate::wire::{Headers, Reply, headers, post, post2, send};

const UNARY: &str = "application/json, application/proto, \
     application/grpc, application/grpc+proto, application/grpc+json, \
     application/grpc-web, application/grpc-web+proto, application/grpc-web+json, \
     application/grpc-web-text, application/grpc-web-text+proto";

fn json_of(server: &TestServer, more: &[(&str, &str)]) -> Headers {
    let [_, login] = server.first_tokens();
    let mut fields = headers(&[
        ("content-type", "application/json"),
        ("authorization", &format!("Bearer {login}")),
    ]);
    fields.extend(headers(more));
    fields
}

#[track_caller]
fn create(server: &TestServer, more: &[(&str, &str)], body: &[u8]) -> Reply {
    post(
        server.address(),
        CREATE_SESSION.path,
        &json_of(server, more),
        body,
    )
}

#[test]
fn an_answer_must_not_be_kept() {
    let server = TestServer::start();
    let reply = create(&server, &[("x-request-id", "mine")], b"{}");
    assert_eq!(reply.status, 200);
    for (name, value) in [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
        ("pragma", "no-cache"),
        // The clock of the test server.
        ("expires", "Mon, 23 Nov 2026 10:01:00 GMT"),
        ("x-robots-tag", "none"),
        ("x-request-id", "mine"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{name}");
    }
    assert_eq!(reply.header("content-encoding"), None);
}

#[test]
fn errors_must_not_be_kept_either() {
    let server = TestServer::start();
    let reply = create(&server, &[], b"nonsense");
    assert_eq!(reply.status, 400);
    for (name, value) in [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
        ("pragma", "no-cache"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{name}");
    }
    assert!(reply.header("x-request-id").is_some());
}

#[test]
fn the_version_of_the_protocol_may_be_named() {
    let server = TestServer::start();
    assert_eq!(
        create(&server, &[("connect-protocol-version", "1")], b"{}").status,
        200
    );
    for version in ["2", "", "one"] {
        let reply = create(&server, &[("connect-protocol-version", version)], b"{}");
        assert_eq!(reply.status, 400, "{version}");
        assert_eq!(
            reply.text(),
            r#"{"code":"invalid_argument","message":"unsupported protocol version"}"#
        );
    }
}

#[test]
fn nothing_is_no_json_but_a_binary_message() {
    let server = TestServer::start();
    let reply = create(&server, &[], b"");
    assert_eq!(reply.status, 400);
    assert!(
        reply
            .text()
            .starts_with(r#"{"code":"invalid_argument","message":"unmarshal message: "#)
    );
    let [_, login] = server.first_tokens();
    let fields = headers(&[
        ("content-type", "application/proto"),
        ("authorization", &format!("Bearer {login}")),
    ]);
    let reply = post(server.address(), CREATE_SESSION.path, &fields, b"");
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), Some("application/proto"));
}

#[test]
fn json_is_read_as_over_rest() {
    let server = TestServer::start();
    for (body, status) in [
        (r#"{"user_agent":{"ip":"::1"}}"#, 200),
        (r#"{"unknown":{"deep":[1]}}"#, 200),
        (r#"{"lifetime":null}"#, 200),
        (r#"{"userAgent":{},"user_agent":{}}"#, 400),
        ("[]", 400),
        (r#"{"lifetime":"1h"}"#, 400),
    ] {
        assert_eq!(
            create(&server, &[], body.as_bytes()).status,
            status,
            "{body}"
        );
    }
}

#[test]
fn both_versions_of_http_answer_alike() {
    let server = TestServer::start();
    let fields = json_of(&server, &[]);
    for body in [&b"{}"[..], b"", b"{\"lifetime\":\"0s\"}"] {
        let one = post(server.address(), CREATE_SESSION.path, &fields, body);
        let two = post2(server.address(), CREATE_SESSION.path, &fields, &[body]);
        assert_eq!(one.status, two.status);
        assert_eq!(one.header("content-type"), two.header("content-type"));
        if one.status != 200 {
            assert_eq!(one.text(), two.text());
        }
        assert_eq!(two.trailers, Vec::new());
    }
}

#[test]
fn only_post_is_a_call() {
    let server = TestServer::start();
    let fields = json_of(&server, &[]);
    for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        for target in [
            GET_SESSION.path.to_owned(),
            format!(
                "{}?connect=v1&encoding=json&message=%7B%7D",
                GET_SESSION.path
            ),
        ] {
            let reply = send(server.address(), method, &target, &fields, None);
            assert_eq!(reply.status, 405, "{method}");
            assert_eq!(reply.header("allow"), Some("POST"), "{method}");
        }
    }
}

#[test]
fn other_content_types_are_told_which_are_taken() {
    let server = TestServer::start();
    for content_type in [
        "text/plain",
        "application/xml",
        "application/connect+json",
        "application/connect+proto",
        "application/grpc+thrift",
        "application/jsonx",
        "",
    ] {
        let fields = headers(&[("content-type", content_type)]);
        let reply = post(server.address(), CREATE_SESSION.path, &fields, b"{}");
        assert_eq!(reply.status, 415, "{content_type}");
        assert_eq!(reply.header("accept-post"), Some(UNARY), "{content_type}");
    }
    let reply = post(
        server.address(),
        CREATE_SESSION.path,
        &Headers::new(),
        b"{}",
    );
    assert_eq!(reply.status, 415);
    let fields = headers(&[("content-type", "application/json")]);
    let reply = post(
        server.address(),
        "/grpc.health.v1.Health/Watch",
        &fields,
        b"{}",
    );
    assert_eq!(reply.status, 415);
    let streaming = UNARY.replace(
        "application/json, application/proto",
        "application/connect+json, application/connect+proto",
    );
    assert_eq!(reply.header("accept-post"), Some(streaming.as_str()));
}

#[test]
fn parameters_of_the_content_type_do_not_matter() {
    let server = TestServer::start();
    let [_, login] = server.first_tokens();
    let fields = headers(&[
        ("content-type", "application/json; charset=utf-8"),
        ("authorization", &format!("Bearer {login}")),
    ]);
    let reply = post(server.address(), CREATE_SESSION.path, &fields, b"{}");
    assert_eq!(reply.status, 200);
}

#[test]
fn unknown_procedures_are_404_and_unimplemented() {
    let server = TestServer::start();
    let fields = json_of(&server, &[]);
    for path in [
        "/zitadel.session.v2.SessionService/Create",
        "/zitadel.session.v2.SessionService/",
        "/zitadel.session.v2.SessionService/createsession",
        "/zitadel.session.v3.SessionService/CreateSession",
        "/a.B/C",
    ] {
        let reply = post(server.address(), path, &fields, b"{}");
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(
            reply.text(),
            r#"{"code":"unimplemented","message":"unknown procedure"}"#,
            "{path}"
        );
    }
    // What is not even a call gets what REST says.
    let reply = send(server.address(), "GET", "/a.B/C", &Headers::new(), None);
    assert_eq!(
        (reply.status, reply.text().as_str()),
        (404, r#"{"code":5,"message":"Not Found"}"#)
    );
}

#[test]
fn the_content_type_of_a_rest_route_is_of_no_interest() {
    let server = TestServer::start();
    let [_, login] = server.first_tokens();
    for content_type in ["application/grpc", "application/proto", "text/plain"] {
        let fields = headers(&[
            ("content-type", content_type),
            ("authorization", &format!("Bearer {login}")),
        ]);
        let reply = post(server.address(), "/v2/sessions", &fields, b"{}");
        assert_eq!(reply.status, 201, "{content_type}");
    }
}

#[test]
fn a_message_may_come_in_gzip() {
    let server = TestServer::start();
    let gzip = [("content-encoding", "gzip")];
    let body = gzip_of(json!({ "userAgent": { "description": "x".repeat(5000) } }).to_string());
    assert!(body.len() < 200);
    assert_eq!(create(&server, &gzip, &body).status, 200);
    let reply = create(&server, &gzip, &body[..20]);
    assert_eq!(
        (reply.status, code(&reply)),
        (400, "invalid_argument".to_owned())
    );
    let reply = create(&server, &gzip, b"{}");
    assert_eq!(
        (reply.status, code(&reply)),
        (400, "invalid_argument".to_owned())
    );
    let reply = create(&server, &[("content-encoding", "br")], b"{}");
    assert_eq!(
        (reply.status, code(&reply)),
        (501, "unimplemented".to_owned())
    );
    let identity = [("content-encoding", "identity")];
    assert_eq!(create(&server, &identity, b"{}").status, 200);
}

#[test]
fn a_bomb_is_refused_for_what_it_would_become() {
    let server = TestServer::configured(|config| config.server.body_limit = 64 * 1024);
    let body = gzip_of(format!("{{\"x\":\"{}\"}}", "x".repeat(4 << 20)));
    assert!(body.len() < 64 * 1024, "{}", body.len());
    let reply = create(&server, &[("content-encoding", "gzip")], &body);
    assert_eq!(
        (reply.status, code(&reply)),
        (429, "resource_exhausted".to_owned())
    );
}

#[test]
fn long_lists_come_in_gzip_for_whoever_asks_but_never_a_token() {
    let server = TestServer::start();
    let gzip = [("accept-encoding", "gzip, br")];
    let mut id = String::new();
    for _ in 0..20 {
        let body = json!({ "userAgent": { "description": "x".repeat(2000) } }).to_string();
        let reply = create(&server, &gzip, body.as_bytes());
        assert_eq!(reply.header("content-encoding"), None);
        let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        body["sessionId"].as_str().unwrap().clone_into(&mut id);
    }
    // Long, but no list.
    let body = json!({ "sessionId": id }).to_string();
    let fields = json_of(&server, &gzip);
    let reply = post(server.address(), GET_SESSION.path, &fields, body.as_bytes());
    assert!(reply.body.len() > 2000);
    assert_eq!(reply.header("content-encoding"), None);
    let list = |fields: &[(&str, &str)]| {
        let fields = json_of(&server, fields);
        post(server.address(), LIST_SESSIONS.path, &fields, b"{}")
    };
    let plain = list(&[]);
    assert_eq!(plain.header("content-encoding"), None);
    let packed = list(&gzip);
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert!(packed.body.len() * 5 < plain.body.len());
    assert_eq!(gunzip(&packed.body), plain.body);
}

#[track_caller]
fn code(reply: &Reply) -> String {
    let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
    body["code"].as_str().unwrap().to_owned()
}

pub(crate) fn gzip_of(text: impl AsRef<[u8]>) -> Vec<u8> {
    use connectrpc::compression::{CompressionProvider as _, GzipProvider};
    GzipProvider::default()
        .compress(text.as_ref())
        .unwrap()
        .to_vec()
}

fn gunzip(bytes: &[u8]) -> Vec<u8> {
    use connectrpc::compression::{CompressionProvider as _, GzipProvider};
    let limit = 1 << 20;
    GzipProvider::default()
        .decompress_with_limit(bytes, limit)
        .unwrap()
        .to_vec()
}
