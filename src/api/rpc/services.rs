//! What is served beside ZITADEL's services: health and reflection. Nobody has to say who they are
//! for these, as with ZITADEL's.

use std::fmt;
use std::sync::Arc;
use std::task::Poll;

use connectrpc::dispatcher::{RequestStream, StreamingResult, UnaryResult};
use connectrpc::{
    CodecFormat, ConnectError, Dispatcher, EncodedStream, MethodDescriptor, Payload,
    RequestContext, Router, StreamType,
};
use connectrpc_health::{Checker as _, HEALTH_SERVICE_NAME, HealthExt as _, HealthService};
use connectrpc_health::{StaticChecker, Status};
use connectrpc_reflection::{
    ReflectionService, Reflector, SERVER_REFLECTION_SERVICE_NAME,
    SERVER_REFLECTION_V1ALPHA_SERVICE_NAME, ServerReflectionExt, ServerReflectionV1alphaExt,
};
use futures_util::{StreamExt as _, stream};

use super::call::Ticket;
use super::procedures::PROCEDURES;
use crate::core::Core;
use crate::error::Error;

/// The state that all workers share: who is healthy, and whether the server is stopping.
#[derive(Clone)]
pub struct Services {
    health: Arc<StaticChecker>,
    /// Told last of a stop, so that whoever hears of it can still pass on what `health` says.
    stopping: Arc<StaticChecker>,
    reflection: Arc<ReflectionService>,
}

impl Services {
    /// Everything is healthy.
    ///
    /// # Errors
    /// If the descriptors of the `.proto` files do not fit together.
    pub fn new() -> Result<Self, Error> {
        let served = served();
        let own = [
            HEALTH_SERVICE_NAME,
            SERVER_REFLECTION_SERVICE_NAME,
            SERVER_REFLECTION_V1ALPHA_SERVICE_NAME,
        ];
        let reflector = Reflector::from_descriptor_set_bytes(bartizan_proto::DESCRIPTOR_SET)
            .map_err(Error::internal)?
            .with_services(served.iter().copied().chain(own));
        Ok(Self {
            health: Arc::new(StaticChecker::with_services(served)),
            stopping: Arc::new(StaticChecker::new()),
            reflection: Arc::new(ReflectionService::new(reflector)),
        })
    }

    /// Says `NOT_SERVING` to all who ask or watch, and ends every stream after that.
    pub fn stop(&self) {
        self.health.shutdown();
        self.stopping.shutdown();
    }

    fn router(&self) -> Router {
        let health = Arc::new(HealthService::from_arc(Arc::clone(&self.health)));
        let router = health.register(Router::new());
        let router =
            connectrpc_health::apply_request_limits(router, connectrpc_health::request_limits());
        let router = ServerReflectionExt::register(Arc::clone(&self.reflection), router);
        let router = ServerReflectionV1alphaExt::register(Arc::clone(&self.reflection), router);
        connectrpc_reflection::apply_request_limits(router, connectrpc_reflection::request_limits())
    }
}

impl fmt::Debug for Services {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Services").finish_non_exhaustive()
    }
}

/// The names of ZITADEL's services of which a procedure is served.
fn served() -> Vec<&'static str> {
    let mut names: Vec<_> = PROCEDURES
        .iter()
        .filter_map(|(path, _)| path.split('/').nth(1))
        .collect();
    names.dedup();
    names
}

/// Finds what answers a call: the operation in its ticket, or a service from a library.
pub(super) struct Dispatch {
    core: Arc<Core>,
    router: Router,
    stopping: Arc<StaticChecker>,
}

impl Dispatch {
    pub(super) fn new(core: Core, services: &Services) -> Self {
        Self {
            core: Arc::new(core),
            router: services.router(),
            stopping: Arc::clone(&services.stopping),
        }
    }

    /// How the procedure of a library at this path streams, if there is one.
    pub(super) fn kind(&self, path: &str) -> Option<StreamType> {
        let found = self.router.lookup(path.strip_prefix('/')?)?;
        Some(found.spec?.stream_type)
    }

    fn until_stopped(&self, answered: StreamingResult) -> StreamingResult {
        let stopping = Arc::clone(&self.stopping);
        Box::pin(async move {
            let mut stop = stopping.watch("").await?;
            let answered = answered.await?;
            Ok(answered.map_body(|mut messages| -> EncodedStream {
                let mut over = false;
                Box::pin(stream::poll_fn(move |cx| {
                    if over {
                        return Poll::Ready(None);
                    }
                    let stopped = loop {
                        match stop.poll_next_unpin(cx) {
                            Poll::Ready(Some(Status::Serving)) => {}
                            Poll::Ready(_) => break true,
                            Poll::Pending => break false,
                        }
                    };
                    // What was said before the stop goes out first.
                    match messages.poll_next_unpin(cx) {
                        Poll::Pending if stopped => {
                            over = true;
                            Poll::Ready(Some(Err(ConnectError::unavailable(
                                "the server is stopping",
                            ))))
                        }
                        polled => polled,
                    }
                }))
            }))
        })
    }
}

impl Dispatcher for Dispatch {
    fn lookup(&self, path: &str) -> Option<MethodDescriptor> {
        // Only procedures that are served get here.
        let found = self.router.lookup(path);
        found.or(Some(MethodDescriptor::unary(false)))
    }

    fn call_unary(
        &self,
        path: &str,
        ctx: RequestContext,
        request: Payload,
        format: CodecFormat,
    ) -> UnaryResult {
        match ctx.extensions().get::<Ticket>() {
            Some(ticket) => ticket.clone().run(Arc::clone(&self.core), request),
            None => self.router.call_unary(path, ctx, request, format),
        }
    }

    fn call_server_streaming(
        &self,
        path: &str,
        ctx: RequestContext,
        request: bytes::Bytes,
        format: CodecFormat,
    ) -> StreamingResult {
        self.until_stopped(
            self.router
                .call_server_streaming(path, ctx, request, format),
        )
    }

    fn call_client_streaming(
        &self,
        path: &str,
        ctx: RequestContext,
        requests: RequestStream,
        format: CodecFormat,
    ) -> UnaryResult {
        self.router
            .call_client_streaming(path, ctx, requests, format)
    }

    fn call_bidi_streaming(
        &self,
        path: &str,
        ctx: RequestContext,
        requests: RequestStream,
        format: CodecFormat,
    ) -> StreamingResult {
        self.until_stopped(self.router.call_bidi_streaming(path, ctx, requests, format))
    }
}
