//! Answers of the runtime in the types of the server.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::HttpResponse;
use actix_web::body::{BodySize, MessageBody};
use bytes::{Bytes, BytesMut};
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

/// Converts an answer; `as_text` says that the body goes out in base64.
pub(super) fn respond(answer: Response<ConnectRpcBody>, as_text: bool) -> HttpResponse {
    let (mut head, mut body) = answer.into_parts();
    let mut parts = VecDeque::new();
    let mut trailers = None;
    let streams = matches!(body, ConnectRpcBody::Streaming(_));
    let ended = loop {
        // All of a single message is there at once; of a stream only its beginning is looked at.
        match body.frame().now_or_never() {
            None => break false,
            Some(None | Some(Err(_))) => break true,
            Some(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => {
                    parts.push_back(data);
                    if streams {
                        break false;
                    }
                }
                Err(frame) => trailers = frame.into_trailers().ok(),
            },
        }
    };
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
        let mut response = response.body(Whole::new(parts, as_text));
        if trailers.is_some() {
            let trailers = Trailers(Rc::new(RefCell::new(trailers)));
            response.extensions_mut().insert(trailers);
        }
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

/// A body of which every part is there.
struct Whole(VecDeque<Bytes>);

impl Whole {
    fn new(parts: VecDeque<Bytes>, as_text: bool) -> Self {
        if !as_text {
            return Self(parts);
        }
        let mut all = BytesMut::new();
        parts.iter().for_each(|part| all.extend_from_slice(part));
        Self(VecDeque::from([text::encode(&all)]))
    }
}

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
