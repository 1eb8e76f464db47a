//! Both protocols on one port, with the same App behind them.

use std::future::poll_fn;

use bartizan::web::{Http2 as Http2Limits, Limits};
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::app::BODY_LIMIT;
use crate::helpers::{TestServer, answer, body, get, header, patiently, request, status};

#[tokio::test]
async fn the_same_handler_answers_over_both_protocols() {
    let server = TestServer::start(Limits::default());
    let text = server
        .exchange("POST /echo?a=b HTTP/1.1\r\nhost: service.test\r\ncontent-length: 5\r\n\r\nhello")
        .await;
    assert_eq!(
        body(&text),
        "HTTP/1.1 POST /echo?a=b peer=true host=service.test cookie= body=hello"
    );

    let mut client = server.http2().await;
    let answer = client.post("/echo?a=b", Bytes::from("hello")).await;
    assert_eq!(answer.head.status, 200);
    let expected = "HTTP/2.0 POST /echo?a=b peer=true host=service.test cookie= body=hello";
    assert_eq!(answer.body, expected);
    let length = &answer.head.headers["content-length"];
    assert_eq!(length.to_str().unwrap(), expected.len().to_string());
    assert!(answer.head.headers.contains_key("date"));
}

#[tokio::test]
async fn trailers_end_an_answer_of_http2_and_are_left_out_of_http1() {
    let server = TestServer::start(Limits::default());
    let answer = server.http2().await.get("/trailers").await;
    assert_eq!(answer.body, "answer");
    assert_eq!(answer.trailers.unwrap()["grpc-status"], "0");

    let text = server.exchange(&request("GET /trailers")).await;
    assert_eq!(body(&text), "answer");
    assert_eq!(header(&text, "grpc-status"), None);
    assert_eq!(header(&text, "trailer"), None);
}

#[tokio::test]
async fn a_head_request_gets_the_length_and_no_body() {
    let server = TestServer::start(Limits::default());
    let mut client = server.http2().await;
    for path in ["/trailers", "/big"] {
        let mut request = get(path);
        *request.method_mut() = http::Method::HEAD;
        let (response, _) = client.open(request, true).await;
        let answer = answer(response).await.unwrap();
        let length = &answer.head.headers["content-length"];
        assert_eq!(length, if path == "/big" { "33554432" } else { "6" });
        assert_eq!(answer.body, "");
        assert_eq!(answer.trailers, None);
    }
}

#[tokio::test]
async fn a_body_that_comes_after_the_answer_is_still_taken() {
    let server = TestServer::start(Limits::default());
    let mut client = server.http2().await;
    let (response, mut body) = client.open(get("/unread"), false).await;
    assert_eq!(answer(response).await.unwrap().head.status, 200);
    // Had the stream been reset, this answer would come after it.
    client.get("/unread").await;
    body.send_data(Bytes::from("late"), true).unwrap();
}

#[tokio::test]
async fn a_body_that_goes_on_after_the_answer_is_cut_off_without_error() {
    let server = TestServer::start(Limits::default());
    let mut client = server.http2().await;
    let (response, mut body) = client.open(get("/unread"), false).await;
    assert_eq!(answer(response).await.unwrap().head.status, 200);
    body.send_data(Bytes::from(vec![0; 1 << 20]), false)
        .unwrap();
    let reset = patiently(poll_fn(|cx| body.poll_reset(cx))).await;
    assert_eq!(reset.unwrap(), h2::Reason::NO_ERROR);
    client.get("/unread").await;
}

#[tokio::test]
async fn an_answer_comes_in_parts_over_both_protocols() {
    let server = TestServer::start(Limits::default());
    let mut client = server.http2().await;
    let (response, _) = client.open(get("/endless"), true).await;
    let mut stream = patiently(response).await.unwrap().into_body();
    for _ in 0..3 {
        server.gate.open(1);
        assert_eq!(patiently(stream.data()).await.unwrap().unwrap(), "part");
    }
    drop(stream);
    // The client has lost interest, so the handler's work ends.
    server.gate.left().await;

    let mut client = server.connect().await;
    client.send(request("GET /endless")).await;
    server.gate.open(1);
    let text = client.answer().await;
    assert_eq!(header(&text, "transfer-encoding"), Some("chunked"));
}

#[tokio::test]
async fn cookies_that_come_in_pieces_are_joined() {
    let server = TestServer::start(Limits::default());
    let mut request = get("/echo");
    for cookie in ["a=1", "b=2"] {
        request
            .headers_mut()
            .append("cookie", cookie.parse().unwrap());
    }
    let mut client = server.http2().await;
    let (response, _) = client.open(request, true).await;
    let answer = answer(response).await.unwrap();
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(text.contains("cookie=a=1; b=2 "), "{text}");
}

#[tokio::test]
async fn many_requests_share_a_connection_up_to_the_limit() {
    let limits = Limits {
        http2: Http2Limits {
            streams: 50,
            ..Http2Limits::default()
        },
        ..Limits::default()
    };
    let server = TestServer::start(limits);
    let mut client = server.http2().await;
    client.get("/unread").await;
    assert_eq!(client.sender.current_max_send_streams(), 50);

    let mut waiting = Vec::new();
    for _ in 0..50 {
        waiting.push(client.open(get("/gate"), true).await.0);
    }
    for _ in 0..50 {
        server.gate.entered().await;
    }
    server.gate.open(50);
    for response in waiting {
        assert_eq!(answer(response).await.unwrap().body, "through");
    }
    for _ in 0..1_000 {
        client.get("/unread").await;
    }
}

#[tokio::test]
async fn bodies_are_read_up_to_their_limit_over_both_protocols() {
    let server = TestServer::start(Limits::default());
    for (length, expected, count) in [(BODY_LIMIT, "200", "1048576"), (BODY_LIMIT + 1, "413", "")] {
        let sent = "x".repeat(length);
        let text = server
            .exchange(&format!(
                "POST /read HTTP/1.1\r\nhost: a\r\ncontent-length: {length}\r\n\r\n{sent}"
            ))
            .await;
        assert_eq!((status(&text), body(&text)), (expected, count));

        let text = server
            .exchange(&format!(
                "POST /read HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n\
                 {length:x}\r\n{sent}\r\n0\r\n\r\n"
            ))
            .await;
        assert_eq!((status(&text), body(&text)), (expected, count));

        let answer = server.http2().await.post("/read", sent.into()).await;
        assert_eq!(answer.head.status.as_str(), expected);
        assert_eq!(answer.body, count);
    }
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let server = TestServer::start(Limits::default());
    let mut client = server.connect().await;
    client.send(request("GET /trailers")).await;
    client
        .send("GET /unread HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .await;
    let text = client.rest().await;
    let (first, second) = text.split_once("answer").unwrap();
    assert_eq!((status(first), status(second)), ("200", "200"));
    assert!(second.ends_with("I do not care"), "{text}");
}

#[tokio::test]
async fn heads_that_two_readers_could_understand_differently_are_refused() {
    let server = TestServer::start(Limits::default());
    for (fields, expected) in [
        ("content-length: 5", "200"),
        ("transfer-encoding: chunked", "200"),
        ("content-length: 5\r\ntransfer-encoding: chunked", "400"),
        ("transfer-encoding: chunked\r\ncontent-length: 5", "400"),
        ("content-length: 5\r\ncontent-length: 6", "400"),
        ("content-length: 5\r\ncontent-length: 5", "400"),
        ("content-length: +5", "400"),
        ("transfer-encoding: gzip, chunked", "400"),
        (
            "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
            "400",
        ),
        ("transfer-encoding: identity", "400"),
        ("content-length : 5", "400"),
        ("host: other.test", "400"),
    ] {
        let mut client = server.connect().await;
        client
            .send(format!(
                "POST /read HTTP/1.1\r\nhost: a\r\n{fields}\r\n\r\n0\r\n\r\n{}",
                request("GET /unread")
            ))
            .await;
        client.0.shutdown().await.unwrap();
        let text = client.rest().await;
        assert_eq!(status(&text), expected, "{fields}: {text}");
        // What follows is a request of its own only where everybody agrees on where it begins.
        let agreed = text.contains("I do not care");
        assert_eq!(agreed, expected == "200", "{fields}: {text}");
    }
}

#[tokio::test]
async fn heads_are_limited() {
    let server = TestServer::start(Limits::default());
    let mut client = server.connect().await;
    let padding = "x".repeat(200 << 10);
    client
        .0
        .try_write(b"GET /unread HTTP/1.1\r\nhost: a\r\n")
        .unwrap();
    // Cut off before all of it is sent.
    patiently(client.0.write_all(format!("padding: {padding}").as_bytes()))
        .await
        .ok();
    let text = client.rest().await;
    assert!(text.is_empty() || status(&text) == "431", "{text}");

    let mut client = server.http2().await;
    let mut request = get("/unread");
    request
        .headers_mut()
        .insert("padding", "x".repeat(17 << 10).parse().unwrap());
    let (response, _) = client.open(request, true).await;
    assert_eq!(answer(response).await.unwrap().head.status, 431);
    assert_eq!(client.get("/unread").await.head.status, 200);
}

#[tokio::test]
async fn a_client_may_ask_before_it_sends_a_body() {
    let server = TestServer::start(Limits::default());
    let mut client = server.connect().await;
    client
        .send("POST /read HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\nexpect: 100-continue\r\n\r\n")
        .await;
    assert_eq!(client.answer().await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("ok").await;
    let text = client.answer().await;
    assert_eq!((status(&text), body(&text)), ("200", "2"));
}

#[tokio::test]
async fn older_http_is_answered_and_closed() {
    let server = TestServer::start(Limits::default());
    let mut client = server.connect().await;
    client.send("GET /unread HTTP/1.0\r\n\r\n").await;
    let text = client.rest().await;
    assert_eq!((status(&text), body(&text)), ("200", "I do not care"));
}

#[tokio::test]
async fn an_offer_to_upgrade_is_ignored() {
    let server = TestServer::start(Limits::default());
    let text = server
        .exchange(
            "GET /unread HTTP/1.1\r\nhost: a\r\nconnection: Upgrade, HTTP2-Settings\r\n\
             upgrade: h2c\r\nhttp2-settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n",
        )
        .await;
    assert_eq!((status(&text), body(&text)), ("200", "I do not care"));
    assert_eq!(header(&text, "upgrade"), None);
}

#[tokio::test]
async fn tunnels_are_refused() {
    let server = TestServer::start(Limits::default());
    let request = http::Request::connect("other.test:443").body(()).unwrap();
    let mut client = server.http2().await;
    let (response, _) = client.open(request, true).await;
    assert_eq!(answer(response).await.unwrap().head.status, 400);
    assert_eq!(client.get("/unread").await.head.status, 200);
}

#[tokio::test]
async fn a_preface_in_pieces_is_a_preface() {
    let server = TestServer::start(Limits::default());
    let mut client = server.connect().await;
    for piece in ["PRI * HT", "TP/2.0\r\n\r\nSM\r", "\n\r\n"] {
        client.send(piece).await;
        tokio::task::yield_now().await;
    }
    client.send([0, 0, 0, 4, 0, 0, 0, 0, 0]).await;
    let mut head = [0; 9];
    patiently(client.0.read_exact(&mut head)).await.unwrap();
    assert_eq!(head[3], 4, "the server's settings come first");
}
