//! The steps of one request: procedure, form, deadline, caller, body, operation.

use std::pin::{Pin, pin};
use std::time::Duration;

use actix_web::http::Version;
use actix_web::http::header::HeaderMap;
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use connectrpc::{Protocol, StreamType};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};
use tower::Service as _;

use super::answer::{Refused, respond};
use super::body::Incoming;
use super::call::Ticket;
use super::form::Form;
use super::worker::Procedure;
use super::{refusal, text};
use crate::api::{Api, auth, deadline, host};
use crate::domain::error::Kind;
use crate::error::{Called, Error, Failure};

/// What the runtime reads of a head beside the content type.
const READ: [HeaderName; 7] = [
    CONTENT_ENCODING,
    ACCEPT_ENCODING,
    HeaderName::from_static("connect-protocol-version"),
    HeaderName::from_static("connect-content-encoding"),
    HeaderName::from_static("connect-accept-encoding"),
    HeaderName::from_static("grpc-encoding"),
    HeaderName::from_static("grpc-accept-encoding"),
];

/// The one flag that the frame of a request may have (gRPC over HTTP/2, "Length-Prefixed-Message");
/// the runtime ignores others.
const COMPRESSED: u8 = 1;

/// Answers a request to the path of a procedure.
///
/// # Errors
/// The payload, untouched, if there is no such procedure and the request does not look like a call.
pub async fn handle(
    request: &HttpRequest,
    payload: Payload,
    api: &Data<Api>,
) -> Result<HttpResponse, Payload> {
    let form = Form::of(request.headers());
    let Some(procedure) = api.rpc.find(request.uri().path()) else {
        return form.map(refusal::unknown).ok_or(payload);
    };
    if request.method() != actix_web::http::Method::POST {
        return Ok(refusal::method());
    }
    let Some(form) = form.filter(|form| form.fits(procedure.streams())) else {
        return Ok(refusal::media(procedure.streams()));
    };
    if form.protocol == Protocol::Grpc && request.version() < Version::HTTP_2 {
        return Ok(refusal::version());
    }
    let call = Incall { request, api, form };
    let answered = match procedure {
        Procedure::Operation(operation, _, compressible) => {
            let work = pin!(async {
                let caller = call.caller().await?;
                let ticket = Ticket::new(operation, caller, compressible, host::name(request));
                call.operation(payload, ticket).await
            });
            call.in_time(work).await
        }
        Procedure::NotYet => {
            let work = pin!(async {
                call.caller().await?;
                Err(not_yet(request.uri().path()))
            });
            call.in_time(work).await
        }
        Procedure::Library(kind) => Box::pin(call.library(payload, kind)).await,
    };
    let mut response = answered.unwrap_or_else(|error| {
        let response = refusal::failed(&error, form);
        // The log line is written where the request id is known.
        request.extensions_mut().insert(Failure(error));
        response
    });
    if let Procedure::Operation(_, operation, _) = procedure {
        let failure = request
            .extensions()
            .get::<Failure>()
            .map(|failure| failure.0.kind);
        response.extensions_mut().insert(Called {
            method: "",
            operation,
            refused: failure,
        });
    }
    Ok(response)
}

fn not_yet(path: &str) -> Error {
    let name = path.rsplit('/').next().unwrap_or_default();
    Error::unimplemented(&format!("operation `{name}`"))
}

/// A request that is a call.
struct Incall<'a> {
    request: &'a HttpRequest,
    api: &'a Data<Api>,
    form: Form,
}

impl Incall<'_> {
    async fn caller(&self) -> Result<crate::domain::permission::Caller, Error> {
        auth::caller(&self.api.core, self.request).await
    }

    fn deadline(&self) -> Result<Option<Duration>, Error> {
        if self.form.protocol == Protocol::Connect {
            deadline::connect(self.request.headers())
        } else {
            deadline::grpc(self.request.headers())
        }
    }

    /// Waits as long as the client does: over the caller and the body, too.
    async fn in_time(
        &self,
        work: Pin<&mut impl Future<Output = Result<HttpResponse, Error>>>,
    ) -> Result<HttpResponse, Error> {
        deadline::within(self.deadline()?, work).await
    }

    async fn operation(&self, payload: Payload, ticket: Ticket) -> Result<HttpResponse, Error> {
        let body = self.body(payload).await?;
        if let Some(flags) = body.first()
            && self.form.protocol != Protocol::Connect
            && *flags > COMPRESSED
        {
            return Err(Error::plain(
                Kind::InvalidArgument,
                format!("unknown flags of a frame: {flags:#04x}"),
            ));
        }
        let mut call = self.head();
        *call.body_mut() = Incoming::whole(body);
        call.extensions_mut().insert(ticket.clone());
        let mut response = self.run(call).await;
        let refused = response.extensions_mut().remove::<Refused>();
        let error = ticket.take_failure().or_else(|| {
            let Refused(words) = refused?;
            Some(Error::plain(Kind::InvalidArgument, words))
        });
        if let Some(error) = error {
            self.request.extensions_mut().insert(Failure(error));
        }
        Ok(response)
    }

    async fn library(&self, payload: Payload, kind: StreamType) -> Result<HttpResponse, Error> {
        // The runtime keeps the deadline of a stream, but forgives one that it cannot read.
        self.deadline()?;
        let both_ways = kind == StreamType::BidiStream && !self.form.text;
        let mut call = self.head();
        for name in [deadline::GRPC, deadline::CONNECT] {
            if let Some(value) = self.request.headers().get(name)
                && let Ok(value) = HeaderValue::from_bytes(value.as_bytes())
            {
                call.headers_mut().insert(name, value);
            }
        }
        *call.body_mut() = if both_ways {
            Incoming::Parts((self.api.stream_body)(payload))
        } else {
            Incoming::whole(self.body(payload).await?)
        };
        Ok(self.run(call).await)
    }

    /// The whole body, without its base64.
    async fn body(&self, payload: Payload) -> Result<Bytes, Error> {
        let limit = self.api.body_limit.saturating_add(self.form.frame());
        if !self.form.text {
            return (self.api.read_body)(payload, limit).await;
        }
        let body = (self.api.read_body)(payload, text::encoded(limit)).await?;
        text::decode(&body)
    }

    /// What the runtime needs to know of the head.
    fn head(&self) -> http::Request<Incoming> {
        let mut call = http::Request::new(Incoming::Whole(None));
        *call.method_mut() = http::Method::POST;
        if let Ok(uri) = http::Uri::try_from(self.request.uri().path()) {
            *call.uri_mut() = uri;
        }
        let given: &HeaderMap = self.request.headers();
        let headers = call.headers_mut();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static(self.form.content_type),
        );
        for name in READ {
            if let Some(value) = given.get(name.as_str())
                && let Ok(value) = HeaderValue::from_bytes(value.as_bytes())
            {
                headers.insert(name, value);
            }
        }
        call
    }

    async fn run(&self, call: http::Request<Incoming>) -> HttpResponse {
        let mut service = self.api.rpc.service.clone();
        match service.call(call).await {
            Ok(answer) => respond(answer, self.form.text),
            Err(never) => match never {},
        }
    }
}

/// Whether a path has the form of a procedure's: two segments, of which the first has a dot.
pub(in crate::api) fn is_procedure(path: &str) -> bool {
    path.strip_prefix('/')
        .and_then(|path| path.split_once('/'))
        .is_some_and(|(service, method)| service.contains('.') && !method.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn procedures_are_told_from_routes() {
        for (path, expected) in [
            ("/zitadel.session.v2.SessionService/GetSession", true),
            ("/grpc.health.v1.Health/Check", true),
            ("/a.B/", true),
            ("/a.B", false),
            ("/a.B/C/d", false),
            ("/v2/sessions", false),
            ("/v2/1.5", false),
            ("/", false),
            ("", false),
        ] {
            assert_eq!(is_procedure(path), expected, "{path}");
        }
    }
}
