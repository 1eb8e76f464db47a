//! Both protocols on one port, with the same App behind them.

use bartizan::web::Limits;

use crate::helpers::TestServer;

#[tokio::test]
async fn the_same_handler_answers_over_both_protocols() {
    let server = TestServer::start(Limits::default());
    let mut client = server.connect().await;
    client
        .send("POST /echo?a=b HTTP/1.1\r\nhost: service.test\r\ncontent-length: 5\r\n\r\nhello")
        .await;
    let answer = client.answer().await;
    assert!(
        answer.ends_with("\r\n\r\nHTTP/1.1 POST /echo?a=b peer=true host=service.test body=hello"),
        "{answer}"
    );

    let answer = server.http2().await.get("/echo?a=b").await;
    assert_eq!(answer.head.status, 200);
    assert_eq!(
        answer.body,
        "HTTP/2.0 GET /echo?a=b peer=true host=service.test body="
    );
    assert_eq!(answer.head.headers["content-length"], "56");
}

#[tokio::test]
async fn trailers_end_an_answer_of_http2_and_are_left_out_of_http1() {
    let server = TestServer::start(Limits::default());
    let answer = server.http2().await.get("/trailers").await;
    assert_eq!(answer.body, "answer");
    assert_eq!(answer.trailers.unwrap()["grpc-status"], "0");

    let mut client = server.connect().await;
    client
        .send("GET /trailers HTTP/1.1\r\nhost: a\r\n\r\n")
        .await;
    let answer = client.answer().await;
    assert!(answer.ends_with("\r\n\r\nanswer"), "{answer}");
    assert!(!answer.contains("grpc-status"), "{answer}");
}
