//! The span of a request, where the program is built with `otel`; nothing at all where it is not.

#[cfg(not(feature = "otel"))]
pub(super) use off::Trace;
#[cfg(feature = "otel")]
pub(super) use on::Trace;

#[cfg(not(feature = "otel"))]
mod off {
    use actix_http::Request;

    use crate::web::seen::{Ended, Seen};

    /// Nothing, of no size.
    pub(in crate::web) struct Trace;

    #[expect(
        clippy::unused_self,
        reason = "the other one, that `otel` puts in this one's place, uses them"
    )]
    impl Trace {
        pub(in crate::web) const fn begin(_: &Request, _: &Seen) -> Self {
            Self
        }

        pub(in crate::web) fn within<T>(&self, act: impl FnOnce() -> T) -> T {
            act()
        }

        pub(in crate::web) fn follow<F: Future>(&self, future: F) -> F {
            future
        }

        pub(in crate::web) const fn end(&self, _: &Seen, _: &Ended) {}
    }
}

#[cfg(feature = "otel")]
mod on {
    use actix_http::{HttpMessage as _, Request};
    use actix_web::http::header::HeaderMap;
    use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
    use opentelemetry::trace::{
        FutureExt as _, SpanKind, Status, TraceContextExt as _, Tracer as _, WithContext,
    };
    use opentelemetry::{Context, KeyValue, global};
    use opentelemetry_sdk::propagation::TraceContextPropagator;

    use crate::web::seen::{Ended, Seen, shown};

    /// The span of a request, which is current while the request is worked on.
    pub(in crate::web) struct Trace(Context);

    /// Where `traceparent` is looked for.
    struct Headers<'a>(&'a HeaderMap);

    impl Extractor for Headers<'_> {
        fn get(&self, key: &str) -> Option<&str> {
            self.0.get(key)?.to_str().ok()
        }

        fn keys(&self) -> Vec<&str> {
            Vec::new()
        }
    }

    impl Trace {
        /// Begins the span, as a child of the one that the client names.
        pub(in crate::web) fn begin(request: &Request, seen: &Seen) -> Self {
            let parent = TraceContextPropagator::new()
                .extract_with_context(&Context::new(), &Headers(request.headers()));
            let tracer = global::tracer("bartizan");
            let span = tracer
                .span_builder(seen.method.to_string())
                .with_kind(SpanKind::Server)
                .start_with_context(&tracer, &parent);
            Self(parent.with_span(span))
        }

        /// Does something while the span is current.
        pub(in crate::web) fn within<T>(&self, act: impl FnOnce() -> T) -> T {
            let _current = self.0.clone().attach();
            act()
        }

        /// A future that finds the span current whenever it goes on.
        pub(in crate::web) fn follow<F: Future>(&self, future: F) -> WithContext<F> {
            future.with_context(self.0.clone())
        }

        /// Ends the span with what came of the request.
        pub(in crate::web) fn end(&self, seen: &Seen, ended: &Ended) {
            let span = self.0.span();
            if !span.is_recording() {
                return;
            }
            let operation = ended.called.map(|called| called.operation);
            if let Some(operation) = operation {
                span.update_name(format!("{} {operation}", seen.method));
                span.set_attribute(KeyValue::new("http.route", operation));
            }
            if let Some(kind) = ended.called.and_then(|called| called.refused) {
                span.set_attribute(KeyValue::new("bartizan.code", kind.name()));
            }
            span.set_attributes([
                KeyValue::new("http.request.method", seen.method.to_string()),
                KeyValue::new("url.path", shown(seen.uri.path()).into_owned()),
                KeyValue::new(
                    "http.response.status_code",
                    i64::from(ended.status.as_u16()),
                ),
                KeyValue::new("bartizan.request_id", seen.id.as_str().to_owned()),
            ]);
            if ended.status.is_server_error() {
                span.set_status(Status::error(""));
            }
            span.end();
        }
    }
}
