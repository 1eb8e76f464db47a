//! Tells the [`Watch`] of an HTTP/1.1 connection how far the body of a request goes.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_http::error::PayloadError;
use actix_http::header::CONTENT_LENGTH;
use actix_http::{Payload, Request};
use bytes::Bytes;
use futures_util::Stream;

use super::watch::Watch;

/// Bytes around a part in the coding of RFC 9112, section 7.1; more than clients use.
const FRAMING: u64 = 64;

/// Has as much read as the body needs: all of it where its length is known, part by part where not.
pub(super) fn expect(request: &mut Request, watch: &Rc<Watch>) {
    if matches!(request.payload(), Payload::None) {
        return;
    }
    let length = request.head().headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    if let Some(length) = length {
        watch.expect(length);
    } else {
        let payload = Parts {
            payload: request.take_payload(),
            watch: Rc::clone(watch),
        };
        *request.payload() = Payload::Stream {
            payload: Box::pin(payload),
        };
    }
}

/// A body of unknown length: each part that the handler takes lets another one in.
struct Parts {
    payload: Payload,
    watch: Rc<Watch>,
}

impl Stream for Parts {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut self.payload).poll_next(cx);
        if let Poll::Ready(Some(Ok(part))) = &polled {
            self.watch.expect(FRAMING + part.len() as u64);
        }
        polled
    }
}
