//! Spans as a collector gets them: `cargo test --features otel --test otel`.

#![expect(
    clippy::unwrap_used,
    reason = "a test that panics is red, as it should be"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const PARENT: &str = "b7ad6b7169203331";
const PASSWORD: &str = "Secret123!";

fn bytes_of(hex: &str) -> Vec<u8> {
    let pairs = (0..hex.len()).step_by(2).map(|at| hex.get(at..at + 2));
    pairs
        .map(|pair| u8::from_str_radix(pair.unwrap(), 16).unwrap())
        .collect()
}

fn count(bytes: &[u8], part: &[u8]) -> usize {
    bytes
        .windows(part.len())
        .filter(|window| *window == part)
        .count()
}

/// The head of a message and its body.
fn message(stream: &TcpStream) -> Option<(String, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let before = head.len();
        reader.read_line(&mut head).ok().filter(|read| *read > 0)?;
        let line = head.get(before..)?.trim_end().to_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// A collector that keeps what it is sent: its endpoint, and all bodies behind each other.
fn collector() -> (String, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let kept = Arc::new(Mutex::new(Vec::new()));
    let collected = Arc::clone(&kept);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            while let Some((head, body)) = message(&stream) {
                assert!(head.starts_with("POST /v1/traces HTTP/1.1"), "{head}");
                collected.lock().unwrap().extend(body);
                let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\n\
                              Content-Length: 0\r\n\r\n";
                stream.write_all(answer.as_bytes()).unwrap();
            }
        }
    });
    (endpoint, kept)
}

#[test]
fn a_request_is_a_span_below_its_client_with_what_it_waited_for_below() {
    let (endpoint, kept) = collector();
    let home = tempfile::tempdir().unwrap();
    let mut server = Command::new(env!("CARGO_BIN_EXE_bartizan"))
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env_clear()
        .env("BARTIZAN_TRACES__ENDPOINT", endpoint)
        .env("BARTIZAN_PASSWORDS__MEMORY_KIB", "64")
        .current_dir(home.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(server.stderr.take().unwrap());
    let mut line = String::new();
    let address = loop {
        line.clear();
        assert!(said.read_line(&mut line).unwrap() > 0, "it ended");
        if let Some((_, rest)) = line.split_once("listening on: `http://") {
            break rest.split('`').next().unwrap().to_owned();
        }
    };
    let rest = std::thread::spawn(move || {
        let mut rest = String::new();
        said.read_to_string(&mut rest).unwrap();
        rest
    });
    let token = std::fs::read_to_string(home.path().join("bartizan-data/admin.pat")).unwrap();
    let token = token.trim();
    let body = format!(
        r#"{{"username":"mini","profile":{{"givenName":"M","familyName":"M"}},
            "email":{{"email":"m@mouse.com"}},"password":{{"password":"{PASSWORD}"}}}}"#
    );
    let mut stream = TcpStream::connect(&address).unwrap();
    write!(
        stream,
        "POST /v2/users/human?a=query HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         traceparent: 00-{TRACE}-{PARENT}-01\r\nx-request-id: known-id\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let (head, answer) = message(&stream).unwrap();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}{answer}");
    drop(stream);
    // What is left is sent at the end.
    let told = Command::new("kill").arg(server.id().to_string()).status();
    assert!(told.unwrap().success());
    assert!(server.wait().unwrap().success());
    let said = rest.join().unwrap();

    let sent = kept.lock().unwrap().clone();
    let holds = |text: &str| count(&sent, text.as_bytes());
    // The request, the hash and the commit; the transaction belongs to no request.
    assert_eq!(count(&sent, &bytes_of(TRACE)), 3, "{said}");
    assert_eq!(count(&sent, &bytes_of(PARENT)), 1, "{said}");
    assert_eq!(holds("POST /v2/users/human"), 1);
    for text in ["hash", "known-id", "service.name", "bartizan.commits"] {
        assert!(holds(text) > 0, "{text}");
    }
    assert!(holds("commit") > holds("bartizan.commits"));
    for secret in [PASSWORD, token, "a=query", "mouse.com"] {
        assert_eq!(holds(secret), 0, "{secret}");
    }
}
