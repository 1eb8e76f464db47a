//! The step that both protocols share: one request through the App, its answer under watch.

use std::cell::RefCell;
use std::error::Error;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_http::body::{BodySize, BoxBody, MessageBody};
use actix_http::{Request, Response};
use actix_service::Service;
use bytes::Bytes;
use http::HeaderMap;

use super::watch::Exchange;

/// Trailing fields of an answer.
///
/// A handler puts them into the extensions of its response, and what they are into the cell, at the
/// latest when its body ends. They end the body over HTTP/2 and are left out over HTTP/1.1, where no
/// client of ours asks for them.
#[derive(Debug, Clone, Default)]
pub struct Trailers(pub Rc<RefCell<Option<HeaderMap>>>);

impl Trailers {
    /// Those that are known when the answer begins.
    pub fn new(fields: HeaderMap) -> Self {
        Self(Rc::new(RefCell::new(Some(fields))))
    }
}

/// The body of an answer, and the request that it belongs to for as long as it is not sent.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) body: BoxBody,
    pub(super) exchange: Option<Rc<Exchange>>,
}

/// Has the App answer a request; its errors are answers like any other.
pub(super) async fn answer<A, B>(
    app: Rc<A>,
    request: Request,
    exchange: Option<Rc<Exchange>>,
) -> Response<Answer>
where
    A: Service<Request>,
    A::Response: Into<Response<B>>,
    A::Error: Into<Response<BoxBody>>,
    B: MessageBody + 'static,
{
    if let Some(exchange) = &exchange {
        exchange.turn().await;
    }
    let response = match app.call(request).await {
        Ok(response) => response.into().map_body(|_, body| body.boxed()),
        Err(error) => error.into(),
    };
    if let Some(exchange) = &exchange {
        exchange.answered();
    }
    response.map_body(|_, body| Answer { body, exchange })
}

impl MessageBody for Answer {
    type Error = Box<dyn Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}
