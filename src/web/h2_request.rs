//! A request of HTTP/2 as the App knows requests: the two libraries use different `http` crates.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_http::error::PayloadError;
use actix_http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_http::{BoxedPayloadStream, Method, Payload, Request, Uri, Version};
use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use http_body::Body as _;
use hyper::body::Incoming;
use tokio::time::timeout;

/// A head that is legal in HTTP/2 but nothing that the App could answer.
#[derive(Debug)]
pub(super) struct Unreadable;

/// Converts a request.
pub(super) fn request(
    request: http::Request<Incoming>,
    peer: Option<SocketAddr>,
) -> Result<Request, Unreadable> {
    let (parts, body) = request.into_parts();
    if parts.method == http::Method::CONNECT {
        // A tunnel to nowhere: hyper would give the stream away if a handler agreed.
        return Err(Unreadable);
    }
    let mut request = Request::with_payload(payload(body));
    let head = request.head_mut();
    head.version = Version::HTTP_2;
    head.peer_addr = peer;
    head.method = Method::from_bytes(parts.method.as_str().as_bytes()).or(Err(Unreadable))?;
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    head.uri = Uri::try_from(target).or(Err(Unreadable))?;
    copy_headers(&parts.headers, &mut head.headers)?;
    if let Some(authority) = parts.uri.authority() {
        // RFC 9113 section 8.3.1: where both are given, `:authority` counts.
        let host = HeaderValue::from_str(authority.as_str()).or(Err(Unreadable))?;
        head.headers.insert(header::HOST, host);
    }
    Ok(request)
}

fn copy_headers(from: &http::HeaderMap, to: &mut HeaderMap) -> Result<(), Unreadable> {
    let mut cookies = BytesMut::new();
    to.reserve(from.len());
    for (name, value) in from {
        if name == http::header::COOKIE {
            // RFC 9113 section 8.2.3: cookies may come in pieces, which the App would not join.
            if !cookies.is_empty() {
                cookies.extend_from_slice(b"; ");
            }
            cookies.extend_from_slice(value.as_bytes());
            continue;
        }
        let name = HeaderName::from_bytes(name.as_str().as_bytes()).or(Err(Unreadable))?;
        let value = HeaderValue::from_bytes(value.as_bytes()).or(Err(Unreadable))?;
        to.append(name, value);
    }
    if !cookies.is_empty() {
        let cookies = HeaderValue::from_maybe_shared(cookies.freeze()).or(Err(Unreadable))?;
        to.insert(header::COOKIE, cookies);
    }
    Ok(())
}

fn payload(body: Incoming) -> Payload {
    if body.is_end_stream() {
        Payload::None
    } else {
        let payload: BoxedPayloadStream = Box::pin(Received(Some(body)));
        Payload::Stream { payload }
    }
}

/// The body of a request as it comes in; taking a part of it lets the client send more.
///
/// Many requests are answered without a look at their body: no token, no such route. A stream that is
/// given up before its body has come is reset, with no error, as RFC 9113 section 8.1 allows; but some
/// clients (curl 7.88) then fail and lose the answer. So the rest of a body that is given up is
/// still taken for a while, as most are in one frame that is already on its way.
struct Received(Option<Incoming>);

/// How long, and how much of it.
const AFTERWARDS: (Duration, usize) = (Duration::from_secs(1), 65_536);

impl Drop for Received {
    fn drop(&mut self) {
        if let Some(body) = self.0.take()
            && !body.is_end_stream()
        {
            drop(actix_rt::spawn(timeout(AFTERWARDS.0, skip(body))));
        }
    }
}

/// Takes what comes of a body that nobody wants.
async fn skip(mut body: Incoming) {
    let mut left = AFTERWARDS.1;
    while let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        let Some(less) = left.checked_sub(length) else {
            return;
        };
        left = less;
    }
}

impl Stream for Received {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some(body) = &mut self.0 else {
                return Poll::Ready(None);
            };
            match ready!(Pin::new(body).poll_frame(cx)) {
                // Trailers of a request carry nothing that a handler could want.
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        return Poll::Ready(Some(Ok(data)));
                    }
                }
                Some(Err(_)) => {
                    self.0 = None;
                    return Poll::Ready(Some(Err(PayloadError::Incomplete(None))));
                }
                None => self.0 = None,
            }
        }
    }
}
