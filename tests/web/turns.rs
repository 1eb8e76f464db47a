//! Small answers, which a worker writes at the end of its turn.

use std::time::Duration;

use bartizan::web::Limits;
use tokio::io::AsyncReadExt as _;
use tokio::time::{sleep, timeout};

use crate::helpers::{SHORT, TestServer, body, patiently, request, status};

/// Requests that are sent without waiting for answers.
fn many(count: usize) -> String {
    request("GET /unread").repeat(count)
}

#[tokio::test]
async fn answers_to_requests_in_one_piece_are_all_there() {
    const COUNT: usize = 500;
    let server = TestServer::start(Limits::default());
    let mut client = server.connect().await;
    client.send(many(COUNT - 1)).await;
    client
        .send("GET /unread HTTP/1.1\r\nhost: service.test\r\nconnection: close\r\n\r\n")
        .await;
    let text = client.rest().await;
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), COUNT);
    assert!(text.ends_with("I do not care"), "{text}");
}

/// Sends requests and reads nothing until the server takes no more of them.
async fn stuff(client: &mut tokio::net::TcpStream, line: &str) -> usize {
    let bytes = request(line).repeat(1_000).into_bytes();
    let mut sent = 0;
    loop {
        let at = sent % bytes.len();
        let wrote = timeout(SHORT, async {
            client.writable().await.unwrap();
            client.try_write(bytes.get(at..).unwrap_or_default())
        });
        match wrote.await {
            Ok(Ok(more)) => sent += more,
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Ok(Err(error)) => panic!("{error} after {sent} bytes"),
            Err(_) => return sent,
        }
    }
}

#[tokio::test]
async fn a_client_that_reads_late_gets_every_answer() {
    let server = TestServer::start(Limits::default());
    let mut client = server.connect().await;
    let sent = stuff(&mut client.0, "GET /unread").await;
    server.serves_others().await;
    let length = server.exchange(&request("GET /unread")).await.len();
    // Every answer has an id and a date, all of one length.
    let mut answers = vec![0; sent / request("GET /unread").len() * length];
    patiently(client.0.read_exact(&mut answers)).await.unwrap();
    for answer in answers.chunks(length) {
        assert!(answer.starts_with(b"HTTP/1.1 200 OK") && answer.ends_with(b"I do not care"));
    }
}

#[tokio::test]
async fn a_client_that_reads_no_answer_is_cut_off() {
    let limits = Limits {
        stall: SHORT,
        ..Limits::default()
    };
    let server = TestServer::start(limits);
    let mut client = server.connect().await;
    stuff(&mut client.0, "GET /unread").await;
    server.serves_others().await;
    let gone = async {
        while server.handle.connections() > 0 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    patiently(gone).await;
    assert_eq!(
        status(&server.exchange(&request("GET /unread")).await),
        "200"
    );
}

/// As many as fit into what actix-http reads of a connection at most.
const PIPELINED: usize = 3_000;

#[tokio::test]
async fn a_client_of_many_requests_leaves_others_their_turn() {
    let server = TestServer::start(Limits::default());
    let mut many = server.connect().await;
    let requests = request("GET /gate") + &request("GET /count").repeat(PIPELINED);
    many.send(requests).await;
    server.gate.entered().await;
    let mut other = server.connect().await;
    other.send(request("GET /count")).await;
    server.gate.open(1);
    let answer = other.answer().await;
    let before: usize = body(&answer).parse().unwrap();
    // The worker looks for others once in 61 tasks.
    assert!(before < PIPELINED / 2, "{before} had their turn before");
    many.send("GET /count HTTP/1.1\r\nhost: service.test\r\nconnection: close\r\n\r\n")
        .await;
    let text = many.rest().await;
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), PIPELINED + 2);
}

#[tokio::test]
async fn a_client_that_takes_no_answers_is_asked_for_no_more_requests() {
    let server = TestServer::start(Limits::default());
    let mut client = server.connect().await;
    let sent = stuff(&mut client.0, "GET /empty").await / request("GET /empty").len();
    let begun = server.gate.counted();
    // The kernel holds megabytes either way, of requests that are short and answers that are not.
    assert!(begun * 4 < sent, "{begun} of {sent} were begun");
}

#[tokio::test]
async fn a_long_body_comes_through_in_either_framing() {
    let server = TestServer::start(Limits::default());
    let length = 600_000;
    let mut client = server.connect().await;
    let head = "POST /read HTTP/1.1\r\nhost: service.test\r\n";
    let whole = format!(
        "{head}content-length: {length}\r\n\r\n{}",
        "x".repeat(length)
    );
    client.send(whole).await;
    assert_eq!(body(&client.answer().await), length.to_string());
    let chunks =
        "1\r\nx\r\n".repeat(5_000) + &format!("{length:x}\r\n{}\r\n0\r\n\r\n", "x".repeat(length));
    client
        .send(format!("{head}transfer-encoding: chunked\r\n\r\n{chunks}"))
        .await;
    assert_eq!(body(&client.answer().await), (length + 5_000).to_string());
    // What comes after a body was not taken for a part of it.
    client.send(request("GET /unread")).await;
    assert_eq!(status(&client.answer().await), "200");
}
