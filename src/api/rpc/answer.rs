//! Answers of the runtime in the types of the server.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use actix_web::{HttpResponse, HttpResponseBuilder};
use bytes::{Bytes, BytesMut};
use connectrpc::envelope::flags;
use connectrpc::service::ConnectRpcBody;
use futures_util::FutureExt as _;
use http::{HeaderMap, Response};
use http_body::Body as _;
use http_body_util::BodyExt as _;

use super::text;

/// Trailing fields of an answer, in the extensions of the response.
///
/// They are known when the body has ended: the cell is empty until then.
#[derive(Debug, Clone, Default)]
pub struct Trailers(pub Rc<RefCell<Option<HeaderMap>>>);

/// What a refused call is told, in the extensions of the response: for the log, where the refusal
/// comes from the runtime and there is no error of ours.
#[derive(Debug)]
pub(super) struct Refused(pub(super) String);

/// Converts an answer; `as_text` says that the body goes out in base64.
pub(super) fn respond(answer: Response<ConnectRpcBody>, as_text: bool) -> HttpResponse {
    let (mut head, mut body) = answer.into_parts();
    let mut parts = VecDeque::new();
    let mut trailers = None;
    let streams = matches!(body, ConnectRpcBody::Streaming(_));
    let ended = loop {
        // All of a single message is there at once. Of a stream no more is taken ahead than shows
        // whether it is a refusal, which is over after one part.
        match body.frame().now_or_never() {
            None => break false,
            Some(None | Some(Err(_))) => break true,
            Some(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => {
                    parts.push_back(data);
                    if streams && parts.len() > 1 {
                        break false;
                    }
                }
                Err(frame) => trailers = frame.into_trailers().ok(),
            },
        }
    };
    let refused = refused(head.status, &parts, trailers.as_ref());
    if ended && parts.is_empty() {
        // Trailers-Only (gRPC over HTTP/2, "Responses"): one block of headers is all there is.
        if let Some(trailers) = trailers.take() {
            for name in trailers.keys() {
                head.headers.remove(name);
            }
            head.headers.extend(trailers);
        }
    }
    if as_text {
        head.headers.insert(
            http::header::CONTENT_TYPE,
            http::HeaderValue::from_static("application/grpc-web-text+proto"),
        );
    }
    let status = actix_web::http::StatusCode::from_u16(head.status.as_u16())
        .unwrap_or(actix_web::http::StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for (name, value) in &head.headers {
        response.append_header((name.as_str(), value.as_bytes()));
    }
    if ended {
        let mut response = whole(&mut response, parts, as_text);
        let mut extensions = response.extensions_mut();
        if trailers.is_some() {
            extensions.insert(Trailers(Rc::new(RefCell::new(trailers))));
        }
        if let Some(refused) = refused {
            extensions.insert(Refused(refused));
        }
        drop(extensions);
        return response;
    }
    let later = Trailers::default();
    let mut response = response.body(Streamed {
        first: parts,
        body,
        trailers: later.clone(),
        as_text,
    });
    response.extensions_mut().insert(later);
    response
}

/// The words of a refusal: the body of Connect, the trailers of gRPC, and those of gRPC-Web, which
/// are a frame with a flag of its own.
fn refused(
    status: http::StatusCode,
    parts: &VecDeque<Bytes>,
    trailers: Option<&HeaderMap>,
) -> Option<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match (parts.front(), trailers) {
        (Some(body), _) if status != http::StatusCode::OK => Some(text(body)),
        (Some(frame), _) => {
            let block = frame.strip_prefix(&[flags::GRPC_WEB_TRAILER])?.get(4..)?;
            Some(text(block).replace("\r\n", " "))
        }
        (None, Some(trailers)) => {
            let message = trailers
                .get("grpc-message")
                .map(http::HeaderValue::as_bytes);
            Some(text(message.unwrap_or_default()))
        }
        (None, None) => None,
    }
}

/// An answer of which every part is there.
fn whole(
    head: &mut HttpResponseBuilder,
    mut parts: VecDeque<Bytes>,
    as_text: bool,
) -> HttpResponse {
    if as_text {
        let mut all = BytesMut::new();
        for part in &parts {
            all.extend_from_slice(part);
        }
        return head.body(text::encode(&all));
    }
    if parts.len() > 1 {
        return head.body(Whole(parts));
    }
    head.body(parts.pop_front().unwrap_or_default())
}

/// A body in several parts, each sent as it is.
struct Whole(VecDeque<Bytes>);

impl MessageBody for Whole {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        let length: usize = self.0.iter().map(Bytes::len).sum();
        BodySize::Sized(length.try_into().unwrap_or(u64::MAX))
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(self.0.pop_front().map(Ok))
    }
}

/// A body that goes on.
struct Streamed {
    first: VecDeque<Bytes>,
    body: ConnectRpcBody,
    trailers: Trailers,
    as_text: bool,
}

impl MessageBody for Streamed {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        let this = &mut *self;
        let part = loop {
            if let Some(part) = this.first.pop_front() {
                break part;
            }
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                None | Some(Err(_)) => return Poll::Ready(None),
                Some(Ok(frame)) => match frame.into_data() {
                    // An empty part would end the body in the chunks of HTTP/1.1.
                    Ok(data) if data.is_empty() => {}
                    Ok(data) => break data,
                    Err(frame) => {
                        *this.trailers.0.borrow_mut() = frame.into_trailers().ok();
                    }
                },
            }
        };
        Poll::Ready(Some(Ok(if this.as_text {
            text::encode(&part)
        } else {
            part
        })))
    }
}
