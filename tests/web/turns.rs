//! Small answers, which a worker writes at the end of its turn.

use std::time::Duration;

use bartizan::web::Limits;
use tokio::io::AsyncReadExt as _;
use tokio::time::{sleep, timeout};

use crate::helpers::{SHORT, TestServer, patiently, request, status};

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
async fn stuff(client: &mut tokio::net::TcpStream) -> usize {
    let bytes = many(1_000).into_bytes();
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
    let sent = stuff(&mut client.0).await;
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
    stuff(&mut client.0).await;
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
