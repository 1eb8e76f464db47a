//! Spans of what a request waits for. Without `otel` there are none, and nothing is done here.

use std::time::Duration;

use super::Pending;

/// The same future, in a span below the one that is current, if one is.
#[cfg(feature = "otel")]
pub fn spanned<'a, T: 'a>(name: &'static str, pending: Pending<'a, T>) -> Pending<'a, T> {
    use opentelemetry::trace::{TraceContextExt as _, Tracer as _};
    use opentelemetry::{Context, global};

    let parent = Context::current();
    if !parent.span().is_recording() {
        return pending;
    }
    let span = global::tracer("bartizan").start_with_context(name, &parent);
    let below = parent.with_span(span);
    Box::pin(async move {
        let done = pending.await;
        below.span().end();
        done
    })
}

/// The same future.
#[cfg(not(feature = "otel"))]
pub const fn spanned<'a, T: 'a>(_: &'static str, pending: Pending<'a, T>) -> Pending<'a, T> {
    pending
}

/// The span of a transaction that took so long, with how many commits shared it. It belongs to no
/// request, because it belongs to many.
#[cfg(feature = "otel")]
pub fn transaction(commits: usize, took: Duration) {
    use opentelemetry::trace::{Span as _, Tracer as _};
    use opentelemetry::{Context, KeyValue, global, time};

    let (tracer, end) = (global::tracer("bartizan"), time::now());
    let commits = i64::try_from(commits).unwrap_or(i64::MAX);
    let mut span = tracer
        .span_builder("transaction")
        .with_start_time(end.checked_sub(took).unwrap_or(end))
        .with_attributes([KeyValue::new("bartizan.commits", commits)])
        .start_with_context(&tracer, &Context::new());
    span.end_with_timestamp(end);
}

/// Nothing.
#[cfg(not(feature = "otel"))]
pub const fn transaction(_: usize, _: Duration) {}
