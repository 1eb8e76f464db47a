//! Health and reflection: streams, over each protocol that can carry them.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use bartizan_proto::buffa::Message;
use bartizan_proto::grpc::health::v1::health_check_response::ServingStatus;
use bartizan_proto::grpc::health::v1::{HealthCheckRequest, HealthCheckResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use connectrpc_reflection::wire::v1::server_reflection_request::MessageRequest;
use connectrpc_reflection::wire::v1::server_reflection_response::MessageResponse;
use connectrpc_reflection::wire::v1::{ServerReflectionRequest, ServerReflectionResponse};
use tokio::time::timeout;

use crate::helpers::{TestServer, wait};
use crate::outcome::web_trailers;
use crate::wire::{Http2, PATIENCE, frame, frames, headers, post, post2, read};

const CHECK: &str = "/grpc.health.v1.Health/Check";
const WATCH: &str = "/grpc.health.v1.Health/Watch";
const REFLECTION: [&str; 2] = [
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];
const SESSIONS: &str = "zitadel.session.v2.SessionService";

fn health_of(service: &str) -> Vec<u8> {
    let request = HealthCheckRequest {
        service: service.to_owned(),
        ..HealthCheckRequest::default()
    };
    request.encode_to_vec()
}

#[track_caller]
fn status(message: &[u8]) -> ServingStatus {
    let answer = HealthCheckResponse::decode_from_slice(message).unwrap();
    answer.status.as_known().unwrap()
}

#[test]
fn everybody_may_ask_for_the_health_of_what_is_served() {
    let server = TestServer::start();
    let grpc = headers(&[("content-type", "application/grpc"), ("te", "trailers")]);
    for service in ["", SESSIONS, "zitadel.user.v2.UserService"] {
        let body = frame(0, &health_of(service));
        let reply = post2(server.address(), CHECK, &grpc, &[&body]);
        assert_eq!(reply.trailer("grpc-status"), Some("0"), "{service}");
        assert_eq!(status(&frames(&reply.body)[0].1), ServingStatus::SERVING);
        let json = headers(&[("content-type", "application/json")]);
        let body = format!(r#"{{"service":"{service}"}}"#);
        let reply = post(server.address(), CHECK, &json, body.as_bytes());
        assert_eq!(
            (reply.status, reply.text().as_str()),
            (200, r#"{"status":"SERVING"}"#)
        );
    }
    let body = frame(0, &health_of("zitadel.none"));
    let reply = post2(server.address(), CHECK, &grpc, &[&body]);
    assert_eq!(reply.header("grpc-status"), Some("5"));
}

#[test]
fn a_watcher_hears_of_the_stop_and_is_let_go() {
    let mut server = TestServer::start();
    let address = server.address();
    let mut stop = None;
    wait(async {
        let mut connection = Http2::connect(address).await;
        let grpc = headers(&[("content-type", "application/grpc"), ("te", "trailers")]);
        let (response, mut stream) = connection.open(WATCH, &grpc).await;
        stream
            .send_data(Bytes::from(frame(0, &health_of(SESSIONS))), true)
            .unwrap();
        let (head, mut body) = timeout(PATIENCE, response)
            .await
            .unwrap()
            .unwrap()
            .into_parts();
        assert_eq!(head.headers["content-type"], "application/grpc+proto");
        let first = timeout(PATIENCE, body.data())
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        assert_eq!(status(&frames(&first)[0].1), ServingStatus::SERVING);
        // Another thread: the stop waits for this connection.
        stop = Some(std::thread::spawn(move || server.restart()));
        let mut rest = Vec::new();
        while let Some(data) = timeout(PATIENCE, body.data()).await.unwrap() {
            rest.extend_from_slice(&data.unwrap());
        }
        let rest = frames(&rest);
        assert_eq!(rest.len(), 1);
        assert_eq!(status(&rest[0].1), ServingStatus::NOT_SERVING);
        let trailers = timeout(PATIENCE, body.trailers())
            .await
            .unwrap()
            .unwrap()
            .unwrap();
        assert_eq!(trailers["grpc-status"], "14");
    });
    stop.unwrap().join().unwrap();
}

/// A request for a stream over HTTP/1.1, and the connection that it comes on.
fn open(address: SocketAddr, content_type: &str, body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let head = format!(
        "POST {WATCH} HTTP/1.1\r\nhost: service.test\r\ncontent-type: {content_type}\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    stream
}

/// What comes until it ends in these bytes.
#[track_caller]
fn until(stream: &mut TcpStream, end: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 1024];
    while !bytes.ends_with(end) {
        let count = stream.read(&mut chunk).unwrap();
        assert!(count > 0, "{}", String::from_utf8_lossy(&bytes));
        bytes.extend_from_slice(&chunk[..count]);
    }
    bytes
}

/// The bytes of one chunk.
fn chunk(bytes: &[u8]) -> Vec<u8> {
    let mut chunk = format!("{:X}\r\n", bytes.len()).into_bytes();
    chunk.extend_from_slice(bytes);
    chunk.extend_from_slice(b"\r\n");
    chunk
}

#[test]
fn streams_go_over_http1_where_the_protocol_allows_it() {
    let mut server = TestServer::start();
    let request = frame(0, &health_of(SESSIONS));
    let serving = |status: ServingStatus| {
        let answer = HealthCheckResponse {
            status: status.into(),
            ..HealthCheckResponse::default()
        };
        frame(0, &answer.encode_to_vec())
    };
    let text = |bytes: &[u8]| STANDARD.encode(bytes).into_bytes();
    let mut web = open(server.address(), "application/grpc-web+proto", &request);
    until(&mut web, &chunk(&serving(ServingStatus::SERVING)));
    let mut web_text = open(
        server.address(),
        "application/grpc-web-text",
        &text(&request),
    );
    until(
        &mut web_text,
        &chunk(&text(&serving(ServingStatus::SERVING))),
    );
    let json = frame(0, format!(r#"{{"service":"{SESSIONS}"}}"#).as_bytes());
    let mut connect = open(server.address(), "application/connect+json", &json);
    until(&mut connect, &chunk(&frame(0, br#"{"status":"SERVING"}"#)));

    let stop = std::thread::spawn(move || server.restart());
    let ends = until(&mut web, b"0\r\n\r\n");
    let not_serving = chunk(&serving(ServingStatus::NOT_SERVING));
    assert!(ends.starts_with(&not_serving), "{ends:?}");
    let trailers = String::from_utf8_lossy(&ends[not_serving.len()..]).into_owned();
    assert!(trailers.contains("grpc-status: 14\r\n"), "{trailers}");
    let ends = until(&mut web_text, b"0\r\n\r\n");
    let not_serving = chunk(&text(&serving(ServingStatus::NOT_SERVING)));
    assert!(ends.starts_with(&not_serving), "{ends:?}");
    let ends = until(&mut connect, b"0\r\n\r\n");
    let not_serving = chunk(&frame(0, br#"{"status":"NOT_SERVING"}"#));
    assert!(ends.starts_with(&not_serving), "{ends:?}");
    let end = frame(
        2,
        br#"{"error":{"code":"unavailable","message":"the server is stopping"}}"#,
    );
    assert!(
        ends.ends_with(&[chunk(&end), b"0\r\n\r\n".to_vec()].concat()),
        "{ends:?}"
    );
    stop.join().unwrap();
}

#[test]
fn watchers_that_left_make_room_for_others() {
    let server = TestServer::configured(|config| {
        config.server.stall_timeout = Duration::from_millis(200);
    });
    let request = frame(0, &health_of(""));
    let began = Instant::now();
    let mut watched = 0;
    // Above the limit there is room again only for as many as the server has seen leave.
    while watched < 300 {
        let mut stream = open(server.address(), "application/grpc-web+proto", &request);
        let mut answer = Vec::new();
        let mut chunk = [0; 1024];
        let serving = loop {
            let count = stream.read(&mut chunk).unwrap();
            answer.extend_from_slice(&chunk[..count]);
            if answer.ends_with(b"\x02\x08\x01\r\n") {
                break true;
            }
            if String::from_utf8_lossy(&answer).contains("grpc-status: 8\r\n") {
                break false;
            }
            assert!(count > 0, "{}", String::from_utf8_lossy(&answer));
        };
        watched += usize::from(serving);
        assert!(began.elapsed() < PATIENCE, "{watched}");
    }
    let grpc = headers(&[("content-type", "application/grpc"), ("te", "trailers")]);
    wait(async {
        let mut connection = Http2::connect(server.address()).await;
        for _ in 0..300 {
            let (response, mut stream) = connection.open(WATCH, &grpc).await;
            stream
                .send_data(Bytes::from(request.clone()), true)
                .unwrap();
            let (_, mut body) = timeout(PATIENCE, response)
                .await
                .unwrap()
                .unwrap()
                .into_parts();
            assert!(timeout(PATIENCE, body.data()).await.unwrap().is_some());
            stream.send_reset(h2::Reason::CANCEL);
        }
    });
}

#[test]
fn a_stream_keeps_its_deadline() {
    let server = TestServer::start();
    let grpc = headers(&[
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("grpc-timeout", "200m"),
    ]);
    let reply = post2(server.address(), WATCH, &grpc, &[&frame(0, &health_of(""))]);
    assert_eq!(status(&frames(&reply.body)[0].1), ServingStatus::SERVING);
    assert_eq!(reply.trailer("grpc-status"), Some("4"));
    let bad = headers(&[
        ("content-type", "application/grpc"),
        ("grpc-timeout", "soon"),
    ]);
    let reply = post2(server.address(), WATCH, &bad, &[&frame(0, &health_of(""))]);
    assert_eq!(reply.header("grpc-status"), Some("3"));
}

fn asking(request: MessageRequest) -> Vec<u8> {
    let request = ServerReflectionRequest {
        message_request: Some(request),
        ..ServerReflectionRequest::default()
    };
    request.encode_to_vec()
}

#[track_caller]
fn told(message: &[u8]) -> MessageResponse {
    let answer = ServerReflectionResponse::decode_from_slice(message).unwrap();
    answer.message_response.unwrap()
}

#[test]
fn reflection_tells_what_is_served_and_nothing_else() {
    let server = TestServer::start();
    let grpc = headers(&[("content-type", "application/grpc"), ("te", "trailers")]);
    for path in REFLECTION {
        let list = frame(0, &asking(MessageRequest::ListServices(String::new())));
        let symbol = |name: &str| {
            frame(
                0,
                &asking(MessageRequest::FileContainingSymbol(name.to_owned())),
            )
        };
        let parts = [
            list.clone(),
            symbol(SESSIONS),
            symbol("grpc.health.v1.Health"),
            symbol("zitadel.none"),
        ];
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        let reply = post2(server.address(), path, &grpc, &parts);
        assert_eq!(reply.trailer("grpc-status"), Some("0"), "{path}");
        let frames = frames(&reply.body);
        assert_eq!(frames.len(), 4);
        let MessageResponse::ListServicesResponse(list) = told(&frames[0].1) else {
            panic!("{frames:?}");
        };
        let names: Vec<_> = list
            .service
            .iter()
            .map(|service| service.name.as_str())
            .collect();
        for name in [
            SESSIONS,
            "zitadel.session.v2beta.SessionService",
            "zitadel.user.v2.UserService",
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "grpc.reflection.v1alpha.ServerReflection",
        ] {
            assert!(names.contains(&name), "{name}: {names:?}");
        }
        for found in &frames[1..3] {
            let answer = told(&found.1);
            assert!(
                matches!(answer, MessageResponse::FileDescriptorResponse(_)),
                "{answer:?}"
            );
        }
        let MessageResponse::ErrorResponse(error) = told(&frames[3].1) else {
            panic!("{frames:?}");
        };
        assert_eq!(error.error_code, 5);
    }
}

#[test]
fn reflection_answers_while_the_client_goes_on_asking() {
    let server = TestServer::start();
    wait(async {
        let mut connection = Http2::connect(server.address()).await;
        let grpc = headers(&[("content-type", "application/grpc"), ("te", "trailers")]);
        let (response, mut stream) = connection.open(REFLECTION[0], &grpc).await;
        let list = frame(0, &asking(MessageRequest::ListServices(String::new())));
        stream.send_data(Bytes::from(list.clone()), false).unwrap();
        let (_, mut body) = timeout(PATIENCE, response)
            .await
            .unwrap()
            .unwrap()
            .into_parts();
        for _ in 0..3 {
            let answer = timeout(PATIENCE, body.data())
                .await
                .unwrap()
                .unwrap()
                .unwrap();
            assert!(matches!(
                told(&frames(&answer)[0].1),
                MessageResponse::ListServicesResponse(_)
            ));
            stream.send_data(Bytes::from(list.clone()), false).unwrap();
        }
        let answer = timeout(PATIENCE, body.data()).await.unwrap();
        assert!(answer.is_some());
        stream.send_data(Bytes::new(), true).unwrap();
        assert!(timeout(PATIENCE, body.data()).await.unwrap().is_none());
        let trailers = timeout(PATIENCE, body.trailers()).await.unwrap().unwrap();
        assert_eq!(trailers.unwrap()["grpc-status"], "0");
    });
}

#[test]
fn a_dialogue_that_goes_wrong_ends_with_its_reason() {
    let server = TestServer::start();
    let grpc = headers(&[("content-type", "application/grpc"), ("te", "trailers")]);
    let list = frame(0, &asking(MessageRequest::ListServices(String::new())));
    for (name, part, code) in [
        ("a length beyond the limit", vec![0, 0, 1, 0, 0], "8"),
        ("a message that is none", frame(0, &[0xff]), "3"),
        ("no question", frame(0, b""), "3"),
    ] {
        let reply = post2(server.address(), REFLECTION[0], &grpc, &[&list, &part]);
        let found = reply.trailer("grpc-status").or(reply.header("grpc-status"));
        assert_eq!(found, Some(code), "{name}");
    }
    // Over gRPC-Web all questions come before the first answer.
    let web = headers(&[("content-type", "application/grpc-web+proto")]);
    let reply = post(
        server.address(),
        REFLECTION[0],
        &web,
        &[&list[..], &list].concat(),
    );
    let frames = frames(&reply.body);
    assert_eq!(frames.len(), 3);
    assert_eq!(web_trailers(&frames[2].1), headers(&[("grpc-status", "0")]));
}

#[test]
fn a_dialogue_that_is_broken_off_leaves_no_trace() {
    let server = TestServer::start();
    wait(async {
        let mut connection = Http2::connect(server.address()).await;
        let grpc = headers(&[("content-type", "application/grpc"), ("te", "trailers")]);
        let list = frame(0, &asking(MessageRequest::ListServices(String::new())));
        for _ in 0..300 {
            let (response, mut stream) = connection.open(REFLECTION[0], &grpc).await;
            stream.send_data(Bytes::from(list.clone()), false).unwrap();
            let (_, mut body) = timeout(PATIENCE, response)
                .await
                .unwrap()
                .unwrap()
                .into_parts();
            assert!(timeout(PATIENCE, body.data()).await.unwrap().is_some());
            stream.send_reset(h2::Reason::CANCEL);
        }
        let (response, mut stream) = connection.open(CHECK, &grpc).await;
        stream.send_data(Bytes::from(frame(0, b"")), true).unwrap();
        let reply = timeout(PATIENCE, read(response)).await.unwrap().unwrap();
        assert_eq!(reply.trailer("grpc-status"), Some("0"));
    });
}
