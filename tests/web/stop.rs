//! How the server stops.

use std::time::Duration;

use bartizan::web::Limits;
use tokio::time::{Instant, timeout};

use crate::helpers::{TestServer, answer, get, patiently};

#[tokio::test]
async fn a_graceful_stop_closes_idle_connections_at_once() {
    let server = TestServer::start(Limits::default());
    let mut silent = server.connect().await;
    let mut idle = server.connect().await;
    idle.send("GET /echo HTTP/1.1\r\nhost: a\r\n\r\n").await;
    idle.answer().await;
    let mut multiplexed = server.http2().await;
    multiplexed.get("/echo").await;

    let begun = Instant::now();
    patiently(server.handle.stop(true)).await;
    assert!(
        begun.elapsed() < Duration::from_millis(900),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(silent.rest().await, "");
    assert_eq!(idle.rest().await, "");
    patiently(multiplexed.connection).await.unwrap().unwrap();
    patiently(server.running).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_graceful_stop_finishes_requests_in_flight() {
    let server = TestServer::start(Limits::default());
    let mut client = server.connect().await;
    client.send("GET /gate HTTP/1.1\r\nhost: a\r\n\r\n").await;
    server.gate.entered().await;
    let mut multiplexed = server.http2().await;
    let (response, _) = multiplexed.open(get("/gate"), true).await;
    server.gate.entered().await;

    let handle = server.handle.clone();
    let mut stopped = tokio::spawn(async move { handle.stop(true).await });
    let early = timeout(Duration::from_millis(200), &mut stopped).await;
    assert!(early.is_err(), "stopped under a request");
    tokio::net::TcpStream::connect(server.address)
        .await
        .unwrap_err();

    server.gate.open.add_permits(2);
    let text = client.rest().await;
    assert!(text.ends_with("\r\n\r\nthrough"), "{text}");
    assert!(text.contains("connection: close"), "{text}");
    assert_eq!(answer(response).await.unwrap().body, "through");
    patiently(stopped).await.unwrap();
    patiently(server.running).await.unwrap().unwrap();
}
