//! One call of a unary procedure: a payload in, an operation, a payload out.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use bartizan_proto::connect;
use bartizan_proto::json::Body;
use connectrpc::{CodecFormat, ConnectError, EncodedResponse, Response};
use http::HeaderValue;
use http::header::EXPIRES;

use super::error::to_connect;
use super::procedures::Operation;
use crate::core::Core;
use crate::domain::error::Kind;
use crate::domain::permission::Caller;
use crate::error::Error;

/// The answer that an operation owes.
pub(super) type Pending =
    Pin<Box<dyn Future<Output = Result<EncodedResponse, ConnectError>> + Send>>;

/// What is known of a call before its payload is read; travels through the runtime in the extensions
/// of the request, and brings the error back that the runtime only gets a picture of.
#[derive(Clone)]
pub(super) struct Ticket(Arc<Held>);

struct Held {
    operation: Operation,
    caller: Caller,
    compressible: bool,
    host: String,
    failed: Mutex<Option<Error>>,
}

impl Ticket {
    /// A ticket for one call that was sent to this host; `compressible` says that the answer holds no
    /// secret.
    pub(super) fn new(
        operation: Operation,
        caller: Caller,
        compressible: bool,
        host: String,
    ) -> Self {
        Self(Arc::new(Held {
            operation,
            caller,
            compressible,
            host,
            failed: Mutex::new(None),
        }))
    }

    /// Why the operation failed, if it did.
    pub(super) fn take_failure(&self) -> Option<Error> {
        let mut failed = self.0.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.take()
    }

    fn keep_failure(&self, error: Error) {
        let mut failed = self.0.failed.lock().unwrap_or_else(PoisonError::into_inner);
        *failed = Some(error);
    }

    /// Runs the operation.
    pub(super) fn run(self, core: Arc<Core>, payload: connectrpc::Payload) -> Pending {
        (self.0.operation)(Call {
            core,
            ticket: self,
            payload,
        })
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Ticket({:?})", self.0.caller)
    }
}

/// What an operation is called with.
pub(super) struct Call {
    core: Arc<Core>,
    ticket: Ticket,
    payload: connectrpc::Payload,
}

impl Call {
    pub(super) fn core(&self) -> &Core {
        &self.core
    }

    pub(super) fn caller(&self) -> &Caller {
        &self.ticket.0.caller
    }

    /// The host that the call was sent to, without its port.
    pub(super) fn host(&self) -> &str {
        &self.ticket.0.host
    }

    fn format(&self) -> CodecFormat {
        self.payload.format()
    }

    /// The message in the payload.
    pub(super) fn message<M: Body>(&self) -> Result<M, Error> {
        connect::read(self.payload.bytes(), self.format())
            .map_err(|error| Error::plain(Kind::InvalidArgument, error.to_string()))
    }

    /// The payload of the answer, or the picture of the error; the error itself stays in the ticket.
    pub(super) fn answer<M: Body>(
        &self,
        answered: Result<M, Error>,
    ) -> Result<EncodedResponse, ConnectError> {
        let written = answered
            .and_then(|message| connect::write(&message, self.format()).map_err(Error::internal));
        match written {
            Ok(body) => {
                let mut response = Response::new(body.into());
                response.headers.insert(EXPIRES, self.now());
                if !self.ticket.0.compressible {
                    response.compress = Some(false);
                }
                Ok(response)
            }
            Err(error) => {
                let picture = to_connect(&error);
                self.ticket.keep_failure(error);
                Err(picture)
            }
        }
    }

    /// This moment as headers write it: the answer is stale at once (spec session-service.md
    /// section 1.2).
    fn now(&self) -> HeaderValue {
        let now = jiff::Timestamp::from_microsecond(self.core.clock.now().micros());
        now.ok()
            .and_then(|now| {
                let printer = jiff::fmt::rfc2822::DateTimePrinter::new();
                printer.timestamp_to_rfc9110_string(&now).ok()
            })
            .and_then(|text| HeaderValue::try_from(text).ok())
            .unwrap_or(HeaderValue::from_static("0"))
    }
}
