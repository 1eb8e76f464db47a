//! Clients that take their time, and how long they are let.

use std::time::Duration;

use bartizan::web::{Http2 as Http2Limits, Limits};
use tokio::time::{Instant, sleep};

use crate::app::{BODY_DEADLINE, PART};
use crate::helpers::{Http2, SHORT, TestServer, answer, get, patiently, request, status};

/// All that a client says first in HTTP/2, and empty settings.
const HELLO: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";

/// What a deadline may be missed by on a busy machine.
const SLACK: Duration = Duration::from_secs(2);

fn short_heads() -> Limits {
    Limits {
        head: SHORT,
        ..Limits::default()
    }
}

#[tokio::test]
async fn a_connection_that_does_not_come_to_a_request_is_closed() {
    let server = TestServer::start(short_heads());
    for beginning in [
        "",
        "P",
        "PRI * HTTP/2.0\r\n",
        "GET / HTTP/1.1\r\nhost: ",
        "POST /read HTTP/1.1\r\n",
    ] {
        let begun = Instant::now();
        let mut client = server.connect().await;
        client.send(beginning).await;
        server.serves_others().await;
        assert_eq!(client.rest().await, "");
        let took = begun.elapsed();
        assert!(
            took >= SHORT && took < SHORT + SLACK,
            "{beginning:?} {took:?}"
        );
    }
}

#[tokio::test]
async fn a_head_that_drips_is_not_given_more_time() {
    let server = TestServer::start(short_heads());
    let client = server.connect().await;
    let begun = Instant::now();
    let dripping = async {
        loop {
            client.0.writable().await.unwrap();
            if client.0.try_write(b"G").is_err() {
                break;
            }
            sleep(SHORT / 10).await;
        }
    };
    patiently(dripping).await;
    assert!(begun.elapsed() < SHORT + SLACK, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn the_head_of_a_later_request_has_the_same_deadline() {
    let server = TestServer::start(short_heads());
    let mut client = server.connect().await;
    for _ in 0..2 {
        client.send(request("GET /unread")).await;
        client.answer().await;
    }
    let begun = Instant::now();
    client.send("GET /unread HTTP/1.1\r\n").await;
    assert_eq!(client.rest().await, "");
    let took = begun.elapsed();
    assert!(took >= SHORT && took < SHORT + SLACK, "{took:?}");
}

#[tokio::test]
async fn half_a_body_is_refused_in_time_over_both_protocols() {
    let server = TestServer::start(Limits::default());
    let begun = Instant::now();
    let mut client = server.connect().await;
    client
        .send("POST /read HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhalf")
        .await;
    let mut multiplexed = server.http2().await;
    let post = http::Request::post("http://service.test/read")
        .body(())
        .unwrap();
    let (response, mut stream) = multiplexed.open(post, false).await;
    stream.send_data("half".into(), false).unwrap();
    server.gate.entered().await;
    server.gate.entered().await;
    server.serves_others().await;

    assert_eq!(status(&client.rest().await), "408");
    assert_eq!(answer(response).await.unwrap().head.status, 408);
    let took = begun.elapsed();
    assert!(
        took >= BODY_DEADLINE && took < BODY_DEADLINE + SLACK,
        "{took:?}"
    );
}

#[tokio::test]
async fn a_body_that_nobody_reads_does_not_keep_the_connection() {
    let limits = Limits {
        linger: SHORT,
        idle: SHORT,
        ..short_heads()
    };
    let server = TestServer::start(limits);
    for body in [
        "content-length: 10\r\n\r\nhalf",
        "transfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ] {
        let begun = Instant::now();
        let mut client = server.connect().await;
        client
            .send(format!("POST /unread HTTP/1.1\r\nhost: a\r\n{body}"))
            .await;
        let text = client.rest().await;
        assert!(text.ends_with("I do not care"), "{text}");
        assert!(begun.elapsed() < SHORT + SLACK, "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn idle_connections_are_closed_over_both_protocols() {
    let server = TestServer::start(Limits {
        idle: SHORT,
        ..Limits::default()
    });
    let begun = Instant::now();
    let mut client = server.connect().await;
    client.send(request("GET /unread")).await;
    client.answer().await;
    let mut multiplexed = server.http2().await;
    multiplexed.get("/unread").await;

    assert_eq!(client.rest().await, "");
    // Closed with leave taken, so that a client knows that nothing was lost.
    patiently(multiplexed.connection).await.unwrap().unwrap();
    let took = begun.elapsed();
    assert!(took >= SHORT && took < SHORT + SLACK, "{took:?}");
}

#[tokio::test]
async fn a_connection_in_use_is_not_idle() {
    let server = TestServer::start(Limits {
        idle: SHORT,
        head: SHORT,
        ..Limits::default()
    });
    let mut client = server.connect().await;
    let mut multiplexed = server.http2().await;
    client.send(request("GET /gate")).await;
    let (response, _) = multiplexed.open(get("/gate"), true).await;
    sleep(SHORT * 2).await;
    server.gate.open(2);
    assert_eq!(status(&client.answer().await), "200");
    assert_eq!(answer(response).await.unwrap().body, "through");
}

#[tokio::test]
async fn a_peer_that_stops_in_the_middle_of_a_frame_is_pinged_away() {
    let server = TestServer::start(Limits {
        http2: Http2Limits {
            ping: SHORT / 2,
            pong: SHORT / 2,
            ..Http2Limits::default()
        },
        ..Limits::default()
    });
    // Half a HEADERS frame, half of its first nine bytes, or nothing more at all.
    for beginning in [&b"\0\0\x10\x01\x05\0\0\0\x01\x82"[..], b"\0\0\x10", b""] {
        let begun = Instant::now();
        let mut client = server.connect().await;
        client.send(HELLO).await;
        client.send(beginning).await;
        server.serves_others().await;
        client.rest().await;
        assert!(begun.elapsed() < SHORT + SLACK, "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn an_answer_that_is_not_read_does_not_wait_for_ever() {
    let server = TestServer::start(Limits {
        stall: SHORT,
        ..Limits::default()
    });
    let mut client = server.connect().await;
    client.send(request("GET /big")).await;
    server.gate.entered().await;
    server.serves_others().await;
    server.gate.left().await;
    assert!(client.rest().await.len() < 32 << 20);
}

#[tokio::test]
async fn a_stream_that_is_not_read_does_not_wait_for_ever() {
    let server = TestServer::start(Limits {
        stall: SHORT,
        ..Limits::default()
    });
    // Within a part of the answer, and right between two.
    for window in [1 << 10, u32::try_from(PART).unwrap()] {
        let mut builder = h2::client::Builder::new();
        builder.initial_window_size(window);
        let mut client = Http2::connect(server.address, &builder).await;
        let (response, _) = client.open(get("/big"), true).await;
        let _unread = patiently(response).await.unwrap();
        server.serves_others().await;
        server.gate.left().await;
        // The client answered every ping: what it did not do was read.
        patiently(client.connection).await.unwrap().ok();
    }
}

#[tokio::test]
async fn an_answer_that_is_read_slowly_is_not_cut_off() {
    let server = TestServer::start(Limits {
        stall: SHORT,
        ..Limits::default()
    });
    let mut builder = h2::client::Builder::new();
    builder.initial_window_size(4 << 20);
    let mut client = Http2::connect(server.address, &builder).await;
    let (response, _) = client.open(get("/big"), true).await;
    let mut stream = patiently(response).await.unwrap().into_body();
    let mut read = 0;
    let begun = Instant::now();
    while let Some(data) = patiently(stream.data()).await {
        let length = data.unwrap().len();
        read += length;
        stream.flow_control().release_capacity(length).unwrap();
        if read % (4 << 20) == 0 {
            sleep(SHORT / 3).await;
        }
    }
    assert_eq!(read, 32 << 20);
    assert!(begun.elapsed() > SHORT, "too quick to tell");
}

#[tokio::test]
async fn a_handler_that_never_answers_loses_its_connection() {
    let server = TestServer::start(Limits {
        answer: SHORT,
        ..Limits::default()
    });
    let mut client = server.connect().await;
    client.send(request("GET /gate")).await;
    assert_eq!(client.rest().await, "");
    let mut multiplexed = server.http2().await;
    let (response, _) = multiplexed.open(get("/gate"), true).await;
    answer(response).await.unwrap_err();
    server.gate.left().await;
    server.gate.left().await;
}

#[tokio::test]
async fn connections_over_the_limit_wait_for_their_turn() {
    let server = TestServer::start(Limits {
        connections: 1,
        ..Limits::default()
    });
    let mut first = server.connect().await;
    first.send(request("GET /unread")).await;
    first.answer().await;
    let mut second = server.connect().await;
    second.send(request("GET /unread")).await;
    let early = tokio::time::timeout(SHORT, second.answer()).await;
    assert!(early.is_err(), "served beyond the limit");
    drop(first);
    assert_eq!(status(&second.answer().await), "200");
}
