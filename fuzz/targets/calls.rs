//! Calls over Connect, gRPC-Web and gRPC, through the handler of the server.
//!
//! The first byte chooses the procedure, the second the content type, the third is made of `Flags`;
//! the rest is the body. With `Flags::AGREE` the body is the JSON of a message, which is sent in all
//! forms.

use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use bartizan_proto::connect;
use bartizan_proto::json::Body;
use bartizan_proto::zitadel::session::v2::{
    GetSessionRequest, GetSessionResponse, ListSessionsRequest, ListSessionsResponse,
};
use bartizan_proto::zitadel::user::v2::{
    GetUserByIDRequest, GetUserByIDResponse, ListUsersRequest, ListUsersResponse,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use connectrpc::CodecFormat;
use serde_json::Value;

use super::service::{self, Answer, Request};

/// New ones go to the end: the files of the corpus count.
const PROCEDURES: [&str; 10] = [
    "/zitadel.session.v2.SessionService/ListSessions",
    "/zitadel.session.v2.SessionService/GetSession",
    "/zitadel.user.v2.UserService/ListUsers",
    "/zitadel.user.v2.UserService/GetUserByID",
    "/zitadel.session.v2.SessionService/CreateSession",
    "/zitadel.session.v2.SessionService/SetSession",
    "/zitadel.session.v2.SessionService/DeleteSession",
    "/grpc.health.v1.Health/Check",
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/zitadel.session.v2beta.SessionService/ListSessions",
];

const CONTENT_TYPES: [&str; 12] = [
    "application/json",
    "application/proto",
    "application/grpc",
    "application/grpc+json",
    "application/grpc-web",
    "application/grpc-web+json",
    "application/grpc-web-text",
    "application/connect+json",
    "application/connect+proto",
    "application/grpc+proto",
    "application/json; charset=utf-8",
    "text/plain",
];

/// What the third byte is made of.
struct Flags;

impl Flags {
    const GZIP: u8 = 1;
    const VERSION: u8 = 2;
    const ACCEPT_GZIP: u8 = 4;
    const ANONYMOUS: u8 = 8;
    const HTTP_1: u8 = 16;
    const AGREE: u8 = 32;
}

pub fn run(data: &[u8]) {
    let Some(([procedure, content_type, flags], body)) = data.split_first_chunk() else {
        return;
    };
    let chosen = |from: &[&'static str], byte: u8| {
        let index = usize::from(byte.wrapping_sub(b'0')) % from.len();
        from.get(index).copied().unwrap_or_default()
    };
    let procedure = chosen(&PROCEDURES, *procedure);
    if flags & Flags::AGREE != 0 {
        return agree(procedure, body);
    }
    let content_type = chosen(&CONTENT_TYPES, *content_type);
    let answer = send(procedure, content_type, *flags, body.to_vec());
    check(content_type, &answer);
}

fn send(procedure: &str, content_type: &'static str, flags: u8, body: Vec<u8>) -> Answer {
    let header = |name, value| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    };
    let framed = content_type.contains("grpc");
    let streams = content_type.contains("connect");
    let mut headers = vec![header("content-type", content_type)];
    if flags & Flags::GZIP != 0 {
        let name = match (framed, streams) {
            (true, _) => "grpc-encoding",
            (_, true) => "connect-content-encoding",
            _ => "content-encoding",
        };
        headers.push(header(name, "gzip"));
    }
    if flags & Flags::VERSION != 0 {
        headers.push(header("connect-protocol-version", "1"));
    }
    if flags & Flags::ACCEPT_GZIP != 0 {
        let name = if framed {
            "grpc-accept-encoding"
        } else {
            "accept-encoding"
        };
        headers.push(header(name, "gzip"));
    }
    if flags & Flags::ANONYMOUS == 0 {
        let token = service::known(|known| known.admin.clone());
        headers.push(service::authorization(&token));
    }
    service::call(Request {
        method: Method::POST,
        target: procedure,
        headers,
        http2: flags & Flags::HTTP_1 == 0,
        body,
    })
}

/// Whatever was sent, the answer is one that its protocol knows, and no fault of ours.
fn check(content_type: &str, answer: &Answer) {
    assert!(!matches!(answer.status, 500 | 502 | 503), "{answer:?}");
    if answer.status != 200 {
        return;
    }
    let told = answer.header("content-type").unwrap_or_default().to_owned();
    if told.starts_with("application/grpc-web") {
        let (_, trailers) = web(content_type, answer);
        let code = trailers
            .lines()
            .find_map(|line| line.strip_prefix("grpc-status:"));
        known(
            code.unwrap_or_else(|| panic!("no status: {answer:?}"))
                .trim(),
            &trailers,
            answer,
        );
    } else if told.starts_with("application/grpc") {
        let code = answer.header("grpc-status");
        let message = answer.header("grpc-message").unwrap_or_default();
        known(
            code.unwrap_or_else(|| panic!("no status: {answer:?}")),
            message,
            answer,
        );
        if answer.header("content-encoding").is_none() {
            frames(&answer.body);
        }
    } else if told.starts_with("application/connect") {
        let last = frames(&answer.body).pop();
        assert!(
            last.is_some_and(|(flags, _)| flags & 2 != 0),
            "no end: {answer:?}"
        );
    }
}

/// A code of gRPC that is no fault of ours.
fn known(code: &str, message: &str, answer: &Answer) {
    let number: u8 = code.parse().unwrap_or(u8::MAX);
    // Internal is prescribed for compression that was not announced (gRPC's compression.md).
    let prescribed = number == 13 && message.contains("compressed message without");
    // Unknown, internal, unavailable, data loss.
    let ours = matches!(number, 2 | 13 | 14 | 15) && !prescribed;
    assert!(number <= 16 && !ours, "{answer:?}");
}

/// The frames of a body, each with its flags; fails unless they are whole.
fn frames(mut body: &[u8]) -> Vec<(u8, &[u8])> {
    let mut found = Vec::new();
    while let Some(([flags, length @ ..], rest)) = body.split_first_chunk::<5>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).expect("a length");
        let (payload, rest) = rest.split_at_checked(length).expect("a frame is whole");
        found.push((*flags, payload));
        body = rest;
    }
    assert!(body.is_empty(), "half of a frame");
    found
}

/// The messages of gRPC-Web and the trailers behind them.
fn web(content_type: &str, answer: &Answer) -> (Vec<Vec<u8>>, String) {
    let mut body = answer.body.to_vec();
    if content_type.contains("text") {
        // Pieces, each padded for itself.
        let text = String::from_utf8(body).expect("base64");
        let pieces = text.split_inclusive('=').filter(|piece| *piece != "=");
        body = Vec::new();
        for piece in pieces {
            let piece = piece.trim_end_matches('=');
            let bytes = base64::engine::general_purpose::STANDARD_NO_PAD.decode(piece);
            body.extend(bytes.unwrap_or_else(|error| panic!("{error}: {text}")));
        }
    }
    let mut found = frames(&body);
    let (flags, trailers) = found.pop().expect("trailers");
    assert!(flags & 0x80 != 0, "no trailers: {answer:?}");
    let trailers = String::from_utf8(trailers.to_vec()).expect("trailers are texts");
    (
        found
            .into_iter()
            .map(|(_, payload)| payload.to_vec())
            .collect(),
        trailers,
    )
}

/// What one message is answered with is the same in every form.
fn agree(procedure: &str, body: &[u8]) {
    match procedure {
        "/zitadel.session.v2.SessionService/ListSessions" => {
            in_all::<ListSessionsRequest, ListSessionsResponse>(procedure, body);
        }
        "/zitadel.session.v2.SessionService/GetSession" => {
            in_all::<GetSessionRequest, GetSessionResponse>(procedure, body);
        }
        "/zitadel.user.v2.UserService/ListUsers" => {
            in_all::<ListUsersRequest, ListUsersResponse>(procedure, body);
        }
        "/zitadel.user.v2.UserService/GetUserByID" => {
            in_all::<GetUserByIDRequest, GetUserByIDResponse>(procedure, body);
        }
        _ => {}
    }
}

fn in_all<Q: Body, A: Body + PartialEq + std::fmt::Debug>(procedure: &str, body: &[u8]) {
    let body = filled(body);
    let json = send(procedure, "application/json", 0, body.clone());
    let Ok(message) = connect::read::<Q>(&body, CodecFormat::Json) else {
        assert_eq!(json.status, 400, "{json:?}");
        return;
    };
    let binary = message.encode_to_vec();
    let expected = outcome::<A>(&json, CodecFormat::Json);
    let proto = send(procedure, "application/proto", 0, binary.clone());
    assert_eq!(
        outcome::<A>(&proto, CodecFormat::Proto),
        expected,
        "Connect in protobuf"
    );
    for (content_type, payload, format) in [
        ("application/grpc", &binary, CodecFormat::Proto),
        ("application/grpc+json", &body, CodecFormat::Json),
        ("application/grpc-web", &binary, CodecFormat::Proto),
        ("application/grpc-web-text", &binary, CodecFormat::Proto),
    ] {
        let mut frame = vec![0];
        frame.extend(
            u32::try_from(payload.len())
                .expect("a length")
                .to_be_bytes(),
        );
        frame.extend(payload);
        if content_type.contains("text") {
            frame = STANDARD.encode(frame).into_bytes();
        }
        let answer = send(procedure, content_type, 0, frame);
        check(content_type, &answer);
        let found = framed::<A>(content_type, &answer, format);
        assert_eq!(found, expected, "{content_type}: {answer:?}");
    }
}

/// Puts what exists into the place of its name.
fn filled(body: &[u8]) -> Vec<u8> {
    let (session, user) = service::known(|known| (known.session.clone(), known.user.clone()));
    super::bearers::filled(body, &[("{SESSION_ID}", &session), ("{USER_ID}", &user)])
}

/// The message that was answered with, or the text of the refusal.
fn outcome<A: Body>(answer: &Answer, format: CodecFormat) -> Result<A, String> {
    if answer.status == 200 {
        let read = connect::read(&answer.body, format);
        return Ok(read.unwrap_or_else(|error| panic!("{error}: {answer:?}")));
    }
    let body = answer.json();
    let text = body.get("message").and_then(Value::as_str);
    Err(text.unwrap_or_default().to_owned())
}

fn framed<A: Body>(content_type: &str, answer: &Answer, format: CodecFormat) -> Result<A, String> {
    let (messages, told) = if content_type.contains("web") {
        let (messages, trailers) = web(content_type, answer);
        let field = |name: &str| {
            let line = trailers.lines().find_map(|line| line.strip_prefix(name));
            line.map(|text| text.trim().to_owned())
        };
        (messages, (field("grpc-status:"), field("grpc-message:")))
    } else {
        let messages = frames(&answer.body);
        let field = |name| answer.header(name).map(str::to_owned);
        let messages = messages.into_iter().map(|(_, payload)| payload.to_vec());
        (
            messages.collect(),
            (field("grpc-status"), field("grpc-message")),
        )
    };
    match told {
        (Some(code), _) if code == "0" => {
            let [message] = messages.as_slice() else {
                panic!("not one message: {answer:?}");
            };
            let read = connect::read(message, format);
            Ok(read.unwrap_or_else(|error| panic!("{error}: {answer:?}")))
        }
        (_, text) => Err(percent_decoded(&text.unwrap_or_default())),
    }
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        let digits = (*first == b'%')
            .then(|| behind.split_first_chunk::<2>())
            .flatten();
        let byte = digits.and_then(|(digits, behind)| {
            let digits = str::from_utf8(digits).ok()?;
            Some((u8::from_str_radix(digits, 16).ok()?, behind))
        });
        let (byte, behind) = byte.unwrap_or((*first, behind));
        bytes.push(byte);
        rest = behind;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
