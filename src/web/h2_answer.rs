//! An answer of the App as HTTP/2 sends it, trailers included.

use std::error::Error;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_http::Response;
use actix_http::body::{BodySize, MessageBody as _};
use actix_http::header;
use bytes::{Buf, Bytes};
use http::{HeaderName, HeaderValue, StatusCode};
use http_body::{Body, Frame, SizeHint};

use super::answer::{Answer, Trailers};
use super::request_id;
use super::watch::Exchange;

/// What belongs to a connection of HTTP/1.1 and must not be said in HTTP/2 (RFC 9113 section 8.2.2).
const OF_HTTP1: [header::HeaderName; 3] = [
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Converts an answer; `to_head` says that the request was `HEAD`, which gets no body.
pub(super) fn answer(mut response: Response<Answer>, to_head: bool) -> http::Response<Outgoing> {
    let trailers = response.extensions_mut().remove::<Trailers>();
    let (response, body) = response.into_parts();
    let mut converted = http::Response::new(Outgoing::new(body, trailers, to_head));
    *converted.status_mut() = StatusCode::from_u16(response.status().as_u16())
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if to_head && let BodySize::Sized(length) = converted.body().announced {
        converted
            .headers_mut()
            .insert(http::header::CONTENT_LENGTH, length.into());
    }
    for (name, value) in response.headers() {
        if OF_HTTP1.contains(name) {
            continue;
        }
        // Both crates have the same rules, so nothing is lost here.
        if let Ok(name) = HeaderName::from_bytes(name.as_str().as_bytes())
            && let Ok(mut value) = HeaderValue::from_bytes(value.as_bytes())
        {
            // A value that never comes again would only push others out of the table that the
            // compression of headers keeps.
            value.set_sensitive(name == request_id::HEADER.as_str());
            converted.headers_mut().append(name, value);
        }
    }
    converted
}

/// The body of an answer and its trailers.
#[derive(Debug)]
pub(super) struct Outgoing {
    answer: Answer,
    announced: BodySize,
    /// Bytes still to come, where that is known.
    left: Option<u64>,
    trailers: Option<Trailers>,
}

impl Outgoing {
    fn new(answer: Answer, trailers: Option<Trailers>, to_head: bool) -> Self {
        let announced = answer.size();
        let left = match announced {
            BodySize::None => Some(0),
            BodySize::Sized(length) => Some(if to_head { 0 } else { length }),
            BodySize::Stream => to_head.then_some(0),
        };
        let trailers = trailers.filter(|_| !to_head);
        Self {
            answer,
            announced,
            left,
            trailers,
        }
    }
}

impl Body for Outgoing {
    type Data = Chunk;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Chunk>, Self::Error>>> {
        let this = &mut *self;
        if this.left != Some(0) {
            match ready!(Pin::new(&mut this.answer).poll_next(cx)) {
                Some(Ok(bytes)) => {
                    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                    this.left = this.left.map(|left| left.saturating_sub(length));
                    let chunk = Chunk::new(bytes, this.answer.exchange.as_ref());
                    return Poll::Ready(Some(Ok(Frame::data(chunk))));
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error.to_string().into()))),
                None => this.left = Some(0),
            }
        }
        Poll::Ready(
            this.trailers
                .take()
                .and_then(|Trailers(fields)| fields.take())
                .map(|fields| Ok(Frame::trailers(fields))),
        )
    }

    fn is_end_stream(&self) -> bool {
        self.left == Some(0) && self.trailers.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        self.left
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// A part of an answer, which is dropped when the client has taken all of it.
#[derive(Debug)]
pub(super) struct Chunk {
    bytes: Bytes,
    exchange: Option<Rc<Exchange>>,
}

impl Chunk {
    fn new(bytes: Bytes, exchange: Option<&Rc<Exchange>>) -> Self {
        if let Some(exchange) = exchange {
            exchange.hand();
        }
        Self {
            bytes,
            exchange: exchange.map(Rc::clone),
        }
    }
}

impl Buf for Chunk {
    fn remaining(&self) -> usize {
        self.bytes.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.bytes
    }

    fn advance(&mut self, count: usize) {
        self.bytes.advance(count);
        if let Some(exchange) = &self.exchange
            && self.bytes.has_remaining()
        {
            exchange.progress();
        }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        if let Some(exchange) = &self.exchange {
            exchange.taken();
        }
    }
}
