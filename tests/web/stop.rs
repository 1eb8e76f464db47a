//! How the server stops.

use std::time::Duration;

use bartizan::web::Limits;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::helpers::{SHORT, TestServer, answer, get, header, patiently, request};

/// More than a stop takes that waits for nobody, less than one that looks every second.
const AT_ONCE: Duration = Duration::from_millis(900);

#[tokio::test]
async fn a_graceful_stop_closes_idle_connections_at_once() {
    let server = TestServer::start(Limits::default());
    let mut silent = server.connect().await;
    let mut half = server.connect().await;
    half.send("GET / HTTP/1.1\r\nhost: ").await;
    let mut idle = server.connect().await;
    idle.send(request("GET /unread")).await;
    idle.answer().await;
    let mut multiplexed = server.http2().await;
    multiplexed.get("/unread").await;

    let begun = Instant::now();
    patiently(server.handle.stop(true)).await;
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    assert_eq!(silent.rest().await, "");
    assert_eq!(half.rest().await, "");
    assert_eq!(idle.rest().await, "");
    patiently(multiplexed.connection).await.unwrap().unwrap();
    patiently(server.running).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_graceful_stop_finishes_requests_in_flight() {
    let server = TestServer::start(Limits::default());
    let mut client = server.connect().await;
    client.send(request("GET /gate")).await;
    server.gate.entered().await;
    let mut multiplexed = server.http2().await;
    let (response, _) = multiplexed.open(get("/gate"), true).await;
    server.gate.entered().await;

    let handle = server.handle.clone();
    let mut stopped = tokio::spawn(async move { handle.stop(true).await });
    let early = timeout(SHORT, &mut stopped).await;
    assert!(early.is_err(), "stopped under a request");
    TcpStream::connect(server.address).await.unwrap_err();

    server.gate.open(2);
    let text = client.rest().await;
    assert!(text.ends_with("\r\n\r\nthrough"), "{text}");
    assert_eq!(header(&text, "connection"), Some("close"));
    assert_eq!(answer(response).await.unwrap().body, "through");
    patiently(stopped).await.unwrap();
    patiently(server.running).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_graceful_stop_does_not_wait_for_what_does_not_end() {
    let server = TestServer::start(Limits {
        drain: SHORT,
        ..Limits::default()
    });
    let mut client = server.connect().await;
    client.send(request("GET /gate")).await;
    let mut multiplexed = server.http2().await;
    let post = http::Request::post("http://service.test/gate")
        .body(())
        .unwrap();
    let (response, mut stream) = multiplexed.open(post, false).await;
    stream.send_data("half".into(), false).unwrap();
    server.gate.entered().await;
    server.gate.entered().await;

    let begun = Instant::now();
    let handle = server.handle.clone();
    let stopped = tokio::spawn(async move { handle.stop(true).await });
    assert_eq!(client.rest().await, "");
    answer(response).await.unwrap_err();
    let cut = begun.elapsed();
    assert!(cut >= SHORT && cut < SHORT + AT_ONCE, "{cut:?}");
    patiently(stopped).await.unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(3),
        "{:?}",
        begun.elapsed()
    );
    patiently(server.running).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_hard_stop_waits_for_nobody() {
    let server = TestServer::start(Limits::default());
    let mut client = server.connect().await;
    client.send(request("GET /gate")).await;
    server.gate.entered().await;
    let begun = Instant::now();
    patiently(server.handle.stop(false)).await;
    assert!(begun.elapsed() < AT_ONCE, "{:?}", begun.elapsed());
    assert_eq!(client.rest().await, "");
    patiently(server.running).await.unwrap().unwrap();
}
