//! What a call came to, whatever the protocol that said so.

use bartizan_proto::buffa::Message as _;
use bartizan_proto::google::rpc::Status;
use bartizan_proto::zitadel::v1::{CredentialsCheckError, ErrorDetail};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::{Value, json};

use crate::calls::Procedure;
use crate::helpers::TestServer;
use crate::wire::{Headers, Reply, find, frame, frames, headers, post, post2, send};

/// The ways to call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Rest,
    ConnectJson,
    ConnectBinary,
    GrpcWeb,
    GrpcWebText,
    Grpc,
}

impl Way {
    pub(crate) const ALL: [Self; 6] = [
        Self::Rest,
        Self::ConnectJson,
        Self::ConnectBinary,
        Self::GrpcWeb,
        Self::GrpcWebText,
        Self::Grpc,
    ];

    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Rest | Self::ConnectJson => "application/json",
            Self::ConnectBinary => "application/proto",
            Self::GrpcWeb => "application/grpc-web+proto",
            Self::GrpcWebText => "application/grpc-web-text",
            Self::Grpc => "application/grpc",
        }
    }

    /// The header by which a deadline is named, and one that has passed when it comes.
    pub(crate) const fn no_time(self) -> (&'static str, &'static str) {
        match self {
            Self::ConnectJson | Self::ConnectBinary => ("connect-timeout-ms", "0"),
            Self::Rest | Self::GrpcWeb | Self::GrpcWebText | Self::Grpc => ("grpc-timeout", "0n"),
        }
    }

    /// The same, but nothing that a protocol allows.
    pub(crate) const fn bad_time(self) -> (&'static str, &'static str) {
        match self {
            Self::ConnectJson | Self::ConnectBinary => ("connect-timeout-ms", "soon"),
            Self::Rest | Self::GrpcWeb | Self::GrpcWebText | Self::Grpc => ("grpc-timeout", "5"),
        }
    }
}

/// What is sent.
#[derive(Debug, Clone)]
pub(crate) enum Sent {
    Message(Value),
    /// Bytes that are no message in this form.
    Garbage,
    /// An empty message in so many bytes.
    Padded(usize),
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    Answered(Value),
    Failed {
        code: u8,
        message: String,
        /// The detail message as JSON, under its name.
        detail: Option<Value>,
    },
}

/// A call with these headers.
#[track_caller]
pub(crate) fn call(
    server: &TestServer,
    way: Way,
    procedure: Procedure,
    given: &Headers,
    sent: &Sent,
) -> Outcome {
    let reply = exchange(server, way, procedure, given, sent);
    outcome(way, procedure, &reply)
}

/// The same, with the answer as it came.
#[track_caller]
pub(crate) fn exchange(
    server: &TestServer,
    way: Way,
    procedure: Procedure,
    given: &Headers,
    sent: &Sent,
) -> Reply {
    let address = server.address();
    let mut fields = headers(&[("content-type", way.content_type())]);
    fields.extend(given.iter().cloned());
    let binary = || match sent {
        Sent::Message(message) => (procedure.to_binary)(message),
        Sent::Garbage => vec![0xff; 7],
        Sent::Padded(length) => padded(*length),
    };
    let text = || match sent {
        Sent::Message(message) => message.to_string().into_bytes(),
        Sent::Garbage => b"{\"checks\":".to_vec(),
        Sent::Padded(length) => format!("{{{}}}", " ".repeat(length - 2)).into_bytes(),
    };
    match way {
        Way::Rest => {
            let (method, target) = rest(procedure, sent);
            let body = Some(text()).filter(|_| method != "GET");
            send(address, method, &target, &fields, body.as_deref())
        }
        Way::ConnectJson => post(address, procedure.path, &fields, &text()),
        Way::ConnectBinary => post(address, procedure.path, &fields, &binary()),
        Way::GrpcWeb => post(address, procedure.path, &fields, &frame(0, &binary())),
        Way::GrpcWebText => {
            let body = STANDARD.encode(frame(0, &binary()));
            post(address, procedure.path, &fields, body.as_bytes())
        }
        Way::Grpc => {
            fields.extend(headers(&[("te", "trailers")]));
            post2(address, procedure.path, &fields, &[&frame(0, &binary())])
        }
    }
}

/// A field that nobody knows, of which three bytes are its length.
fn padded(length: usize) -> Vec<u8> {
    let content = length - 4;
    let septet = |shift: usize| u8::try_from(content >> shift & 0x7f).unwrap();
    let mut bytes = vec![0x7a, septet(0) | 0x80, septet(7) | 0x80, septet(14)];
    bytes.resize(length, 0);
    bytes
}

/// Method and target; fields that stand in the target are taken from the message.
fn rest(procedure: Procedure, sent: &Sent) -> (&'static str, String) {
    let (method, mut target) = (procedure.rest.0, procedure.rest.1.to_owned());
    let Sent::Message(message) = sent else {
        return (method, target.replace("{sessionId}", "1"));
    };
    for (name, value) in message.as_object().unwrap() {
        if let Some(value) = value.as_str() {
            target = target.replace(&format!("{{{name}}}"), value);
            if method == "GET" && name == "sessionToken" {
                target = format!("{target}?sessionToken={value}");
            }
        }
    }
    (method, target)
}

#[track_caller]
pub(crate) fn outcome(way: Way, procedure: Procedure, reply: &Reply) -> Outcome {
    match way {
        Way::Rest => from_rest(reply),
        Way::ConnectJson | Way::ConnectBinary => from_connect(way, procedure, reply),
        Way::GrpcWeb | Way::GrpcWebText => {
            let body = if way == Way::GrpcWebText {
                STANDARD.decode(&reply.body).unwrap()
            } else {
                reply.body.clone()
            };
            let mut messages = frames(&body);
            let (flags, trailers) = messages.pop().unwrap();
            assert_eq!(flags, 0x80, "{reply:?}");
            from_grpc(procedure, reply, &messages, &web_trailers(&trailers))
        }
        Way::Grpc => {
            // Trailers-Only: the one block of headers has everything.
            let fields = if reply.trailers.is_empty() {
                &reply.headers
            } else {
                &reply.trailers
            };
            from_grpc(procedure, reply, &frames(&reply.body), fields)
        }
    }
}

/// The fields in the last frame of gRPC-Web.
#[track_caller]
pub(crate) fn web_trailers(block: &[u8]) -> Headers {
    let text = str::from_utf8(block).unwrap();
    let lines = text.strip_suffix("\r\n").unwrap().split("\r\n");
    lines
        .map(|line| line.split_once(':').unwrap())
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect()
}

#[track_caller]
fn from_rest(reply: &Reply) -> Outcome {
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    if (200..300).contains(&reply.status) {
        return Outcome::Answered(body);
    }
    let code = u8::try_from(body["code"].as_u64().unwrap()).unwrap();
    assert_eq!(reply.status, status_of(code));
    let detail = body.pointer("/details/0").map(|detail| {
        let mut detail = detail.clone();
        let name = detail.as_object_mut().unwrap().remove("@type").unwrap();
        let name = name.as_str().unwrap().rsplit('/').next().unwrap();
        json!({ name: detail })
    });
    Outcome::Failed {
        code,
        message: body["message"].as_str().unwrap().to_owned(),
        detail,
    }
}

#[track_caller]
fn from_connect(way: Way, procedure: Procedure, reply: &Reply) -> Outcome {
    if reply.status == 200 {
        assert_eq!(reply.header("content-type"), Some(way.content_type()));
        return Outcome::Answered(if way == Way::ConnectBinary {
            (procedure.from_binary)(&reply.body)
        } else {
            serde_json::from_slice(&reply.body).unwrap()
        });
    }
    // Errors are JSON, whatever was asked in.
    assert_eq!(reply.header("content-type"), Some("application/json"));
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    let code = number_of(body["code"].as_str().unwrap());
    assert_eq!(reply.status, status_of(code), "{}", reply.text());
    let detail = body.pointer("/details/0").map(|detail| {
        let value = STANDARD_NO_PAD
            .decode(detail["value"].as_str().unwrap())
            .unwrap();
        let found = self::detail(detail["type"].as_str().unwrap(), &value);
        assert_eq!(found[detail["type"].as_str().unwrap()], detail["debug"]);
        found
    });
    assert!(body["details"].as_array().is_none_or(|all| all.len() == 1));
    Outcome::Failed {
        code,
        message: body["message"].as_str().unwrap().to_owned(),
        detail,
    }
}

#[track_caller]
fn from_grpc(
    procedure: Procedure,
    reply: &Reply,
    messages: &[(u8, Vec<u8>)],
    fields: &Headers,
) -> Outcome {
    assert_eq!(reply.status, 200, "{reply:?}");
    let code: u8 = find(fields, "grpc-status").unwrap().parse().unwrap();
    if code == 0 {
        let [(0, message)] = messages else {
            panic!("{reply:?}");
        };
        return Outcome::Answered((procedure.from_binary)(message));
    }
    assert_eq!(messages.len(), 0, "{reply:?}");
    let message = find(fields, "grpc-message").unwrap();
    let message = percent_encoding::percent_decode_str(message)
        .decode_utf8()
        .unwrap();
    let status = find(fields, "grpc-status-details-bin").unwrap();
    let status = Status::decode_from_slice(&STANDARD_NO_PAD.decode(status).unwrap()).unwrap();
    assert_eq!(status.code, i32::from(code));
    assert_eq!(status.message, message);
    assert!(status.details.len() <= 1);
    let detail = status.details.first().map(|any| {
        let name = any.type_url.strip_prefix("type.googleapis.com/").unwrap();
        detail(name, &any.value)
    });
    Outcome::Failed {
        code,
        message: message.into_owned(),
        detail,
    }
}

#[track_caller]
fn detail(name: &str, value: &[u8]) -> Value {
    let detail = match name {
        "zitadel.v1.ErrorDetail" => {
            serde_json::to_value(ErrorDetail::decode_from_slice(value).unwrap())
        }
        "zitadel.v1.CredentialsCheckError" => {
            serde_json::to_value(CredentialsCheckError::decode_from_slice(value).unwrap())
        }
        _ => panic!("{name}"),
    };
    json!({ name: detail.unwrap() })
}

/// ZITADEL's table (spec session-service.md section 10.2).
const CODES: [(u8, u16, &str); 14] = [
    (1, 499, "canceled"),
    (2, 500, "unknown"),
    (3, 400, "invalid_argument"),
    (4, 504, "deadline_exceeded"),
    (5, 404, "not_found"),
    (6, 409, "already_exists"),
    (7, 403, "permission_denied"),
    (8, 429, "resource_exhausted"),
    (9, 400, "failed_precondition"),
    (10, 409, "aborted"),
    (12, 501, "unimplemented"),
    (13, 500, "internal"),
    (14, 503, "unavailable"),
    (16, 401, "unauthenticated"),
];

#[track_caller]
fn status_of(code: u8) -> u16 {
    CODES.iter().find(|row| row.0 == code).unwrap().1
}

#[track_caller]
fn number_of(name: &str) -> u8 {
    CODES.iter().find(|row| row.2 == name).unwrap().0
}
