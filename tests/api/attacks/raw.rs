//! Requests that hide another one, byte by byte against the whole server (ASVS 4.2.1).

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::json;

use crate::helpers::TestServer;

/// Everything that the server says to these bytes, until it closes.
fn told(server: &TestServer, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    // A server that refuses need not read the rest.
    drop(stream.write_all(bytes));
    drop(stream.shutdown(Shutdown::Write));
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

/// In each of these the request that makes a session stands where one reader sees a body and another
/// one a request. It must never be run, whatever becomes of the one around it.
#[test]
fn no_form_of_framing_smuggles_a_request() {
    let server = TestServer::start();
    let [_, token] = server.first_tokens();
    let auth = format!("Host: x\r\nAuthorization: Bearer {token}\r\n");
    let hidden = format!("POST /v2/sessions HTTP/1.1\r\n{auth}Content-Length: 2\r\n\r\n{{}}");
    let length = hidden.len();
    let get = format!("GET /v2/sessions/1 HTTP/1.1\r\n{auth}");
    let post = format!("POST /v2/users HTTP/1.1\r\n{auth}");
    let unix = |text: &str| text.replace("\r\n", "\n");
    let chunked = "Transfer-Encoding: chunked\r\n";
    let forms = [
        // Which length counts.
        format!("{post}Content-Length: {length}\r\nContent-Length: 0\r\n\r\n{hidden}"),
        format!("{post}Content-Length: 0\r\nContent-Length: {length}\r\n\r\n{hidden}"),
        format!("{post}Content-Length: {length}, 0\r\n\r\n{hidden}"),
        format!("{post}Content-Length: {length}\r\n{chunked}\r\n0\r\n\r\n{hidden}"),
        format!("{post}{chunked}Content-Length: 0\r\n\r\n{length:x}\r\n{hidden}\r\n0\r\n\r\n"),
        format!("{post}Content-Length: 0x{length:x}\r\n\r\n{hidden}"),
        format!("{post}Content-Length: +{length}\r\n\r\n{hidden}"),
        format!("{post}Content-Length: -1\r\n\r\n{hidden}"),
        format!("{post}Content-Length: 99999999999999999999\r\n\r\n{hidden}"),
        // Which coding counts.
        format!("{post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("{post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n{hidden}"),
        format!("{post}Transfer-Encoding:\u{b}chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("{post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("{post}X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{hidden}"),
        format!("{post}Transfer-Encoding: chunked\r\n {chunked}\r\n0\r\n\r\n{hidden}"),
        // Where a head ends: lines that are folded, lines without a carriage return.
        format!("{get}X: y\r\n \r\n\t\r\n{hidden}"),
        format!("{get}X: y\rZ: w\r\n{chunked}\r\nzz\r\n{hidden}"),
        format!("{post}X: y\nContent-Length: {length}\r\n{chunked}\r\n0\r\n\r\n{hidden}"),
        unix(&format!(
            "{post}Content-Length: {length}\r\n{chunked}\r\n0\r\n\r\n{hidden}"
        )),
        // Where a chunk ends.
        format!("{post}{chunked}\r\n{length:x};a=\"\r\n\r\n{hidden}\r\n0\r\n\r\n"),
        format!("{post}{chunked}\r\n{length:x}\n{hidden}\r\n0\r\n\r\n"),
        format!("{post}{chunked}\r\nffffffffffffffff1\r\n{hidden}"),
        format!("{post}{chunked}\r\n-1\r\n{hidden}"),
        format!("{post}{chunked}\r\n0x{length:x}\r\n{hidden}\r\n0\r\n\r\n"),
        format!("{post}{chunked}\r\n1\r\nAB\r\n0\r\n\r\n{hidden}"),
        // Names and versions.
        format!("{get}\0: x\r\n\r\n{hidden}").replace("GET", "G\0ET"),
        format!("GET /v2/sessions/1 HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n{hidden}"),
        format!("GET /v2/sessions/1 HTTP/1.1 HTTP/1.1\r\n{auth}Content-Length: 0\r\n\r\n{hidden}"),
    ];
    server.writes_nothing(|| {
        for form in &forms {
            let answer = told(&server, form.as_bytes());
            let shown: String = form.chars().take(240).collect();
            assert!(!answer.contains("HTTP/1.1 201"), "{shown:?}\n{answer}");
            assert!(!answer.contains("sessionToken"), "{shown:?}\n{answer}");
        }
    });
    // The same request in the open does what it says, so that the test is about its hiding.
    let answer = told(&server, hidden.as_bytes());
    assert!(answer.contains("HTTP/1.1 201"), "{answer}");
}

/// What the server answers before a handler is found has nothing in it that could be kept or told.
#[test]
fn what_is_no_request_is_answered_without_a_word() {
    let server = TestServer::start();
    for bytes in [
        &b"GARBAGE\r\n\r\n"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
    ] {
        let answer = told(&server, bytes);
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
            "{answer}"
        );
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        assert_eq!(body, "", "{answer}");
    }
    server
        .login_client()
        .post("/v2/sessions", &json!({}))
        .succeeds();
}

/// Methods that show what was sent, or that open tunnels (ASVS 4.1.4, 13.4.4).
#[test]
fn nothing_is_echoed_and_no_tunnel_is_opened() {
    let server = TestServer::start();
    let secret = "Bearer A4-JXBBkBlEAAAAHuZBdEQnsDgpy7tU-WztJroPZCt__PRd7";
    for method in [
        "TRACE", "TRACK", "CONNECT", "DEBUG", "PROPFIND", "get", "Post",
    ] {
        for target in ["/v2/sessions", "/"] {
            let request =
                format!("{method} {target} HTTP/1.1\r\nHost: x\r\nAuthorization: {secret}\r\n\r\n");
            let answer = told(&server, request.as_bytes());
            assert!(
                answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
                "{method}: {answer}"
            );
            assert!(!answer.contains("A4-JXBBk"), "{method}: {answer}");
        }
    }
}
