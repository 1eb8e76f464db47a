//! What is served beside ZITADEL's services: health and reflection. Nobody has to say who they are
//! for these, as with ZITADEL's.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use connectrpc::dispatcher::{RequestStream, StreamingResult, UnaryResult};
use connectrpc::{
    CodecFormat, Dispatcher, MethodDescriptor, Payload, RequestContext, Router, StreamType,
};
use connectrpc_health::{HEALTH_SERVICE_NAME, HealthExt as _, HealthService, StaticChecker};
use connectrpc_reflection::{
    ReflectionService, Reflector, SERVER_REFLECTION_SERVICE_NAME,
    SERVER_REFLECTION_V1ALPHA_SERVICE_NAME, ServerReflectionExt, ServerReflectionV1alphaExt,
};

use super::call::Ticket;
use super::procedures::PROCEDURES;
use super::streams::Streams;
use crate::core::Core;
use crate::error::Error;

/// How long a client of reflection may say nothing. A minute: tools ask at once and then hang up.
const SILENCE: Duration = Duration::from_mins(1);

/// The state that all workers share: who is healthy, and whether the server is stopping.
#[derive(Clone)]
pub struct Services {
    health: Arc<StaticChecker>,
    /// Told last of a stop, so that whoever hears of it can still pass on what `health` says.
    stopping: Arc<StaticChecker>,
    reflection: Arc<Reflection>,
    watches: Streams,
    dialogues: Streams,
}

impl Services {
    /// Everything is healthy.
    pub fn new() -> Self {
        let stopping = Arc::new(StaticChecker::new());
        Self {
            health: Arc::new(StaticChecker::with_services(served())),
            reflection: Arc::new(Reflection::default()),
            watches: Streams::new(&stopping, None),
            dialogues: Streams::new(&stopping, Some(SILENCE)),
            stopping,
        }
    }

    /// Says `NOT_SERVING` to all who ask or watch, and ends every stream after that.
    pub fn stop(&self) {
        self.health.shutdown();
        self.stopping.shutdown();
    }

    fn health(&self) -> Router {
        let health = Arc::new(HealthService::from_arc(Arc::clone(&self.health)));
        let router = health.register(Router::new());
        connectrpc_health::apply_request_limits(router, connectrpc_health::request_limits())
    }
}

impl Default for Services {
    fn default() -> Self {
        Self::new()
    }
}

/// What reflection tells, made when somebody asks for the first time: it takes megabytes, and most
/// servers are never asked.
#[derive(Default)]
struct Reflection(OnceLock<Router>);

impl Reflection {
    /// Whether a procedure is one of reflection's.
    fn has(path: &str) -> bool {
        [
            SERVER_REFLECTION_SERVICE_NAME,
            SERVER_REFLECTION_V1ALPHA_SERVICE_NAME,
        ]
        .iter()
        .any(|service| path.split('/').next() == Some(service))
    }

    fn router(&self) -> &Router {
        self.0.get_or_init(|| {
            Self::build().unwrap_or_else(|error| {
                log::error!("the descriptions of the services cannot be read: {error}");
                Router::new()
            })
        })
    }

    fn build() -> Result<Router, Error> {
        let own = [
            HEALTH_SERVICE_NAME,
            SERVER_REFLECTION_SERVICE_NAME,
            SERVER_REFLECTION_V1ALPHA_SERVICE_NAME,
        ];
        let reflector = Reflector::from_descriptor_set_bytes(bartizan_proto::DESCRIPTOR_SET)
            .map_err(Error::internal)?
            .with_services(served().into_iter().chain(own));
        let reflection = Arc::new(ReflectionService::new(reflector));
        let router = ServerReflectionExt::register(Arc::clone(&reflection), Router::new());
        let router = ServerReflectionV1alphaExt::register(reflection, router);
        Ok(connectrpc_reflection::apply_request_limits(
            router,
            connectrpc_reflection::request_limits(),
        ))
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
    health: Router,
    reflection: Arc<Reflection>,
    watches: Streams,
    dialogues: Streams,
}

impl Dispatch {
    pub(super) fn new(core: Core, services: &Services) -> Self {
        Self {
            core: Arc::new(core),
            health: services.health(),
            reflection: Arc::clone(&services.reflection),
            watches: services.watches.clone(),
            dialogues: services.dialogues.clone(),
        }
    }

    /// The library that a procedure belongs to; its path has no slash at its beginning.
    fn router(&self, path: &str) -> &Router {
        if Reflection::has(path) {
            self.reflection.router()
        } else {
            &self.health
        }
    }

    /// How the procedure of a library at this path streams, if there is one.
    pub(super) fn kind(&self, path: &str) -> Option<StreamType> {
        let path = path.strip_prefix('/')?;
        let found = self.router(path).lookup(path)?;
        Some(found.spec?.stream_type)
    }
}

impl Dispatcher for Dispatch {
    fn lookup(&self, path: &str) -> Option<MethodDescriptor> {
        // Only procedures that are served get here.
        let found = self.router(path).lookup(path);
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
            None => self.router(path).call_unary(path, ctx, request, format),
        }
    }

    fn call_server_streaming(
        &self,
        path: &str,
        ctx: RequestContext,
        request: bytes::Bytes,
        format: CodecFormat,
    ) -> StreamingResult {
        let answered = self
            .router(path)
            .call_server_streaming(path, ctx, request, format);
        self.watches.keep(answered)
    }

    fn call_client_streaming(
        &self,
        path: &str,
        ctx: RequestContext,
        requests: RequestStream,
        format: CodecFormat,
    ) -> UnaryResult {
        self.router(path)
            .call_client_streaming(path, ctx, requests, format)
    }

    fn call_bidi_streaming(
        &self,
        path: &str,
        ctx: RequestContext,
        requests: RequestStream,
        format: CodecFormat,
    ) -> StreamingResult {
        let answered = self
            .router(path)
            .call_bidi_streaming(path, ctx, requests, format);
        self.dialogues.keep(answered)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_descriptions_of_the_services_fit_together() {
        let router = Reflection::build().unwrap();
        for service in [
            SERVER_REFLECTION_SERVICE_NAME,
            SERVER_REFLECTION_V1ALPHA_SERVICE_NAME,
        ] {
            let path = format!("{service}/ServerReflectionInfo");
            assert!(Reflection::has(&path));
            assert!(router.lookup(&path).is_some());
        }
        assert!(!Reflection::has("grpc.health.v1.Health/Check"));
    }
}
