//! One REST call: JSON in, an operation, JSON out.

use std::future::Future;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderName;
use bartizan_proto::json::{self, Body};
use serde::Serialize;

use super::routes::{Match, session_token};
use crate::api::host;
use crate::core::Core;
use crate::domain::error::Kind;
use crate::domain::permission::Caller;
use crate::error::Error;

/// What `GET` takes beside `?sessionToken=`, because a token has no place in a URL (ASVS 14.2.1).
const SESSION_TOKEN: HeaderName = HeaderName::from_static("x-session-token");

/// What an operation is called with.
pub(super) struct Call<'a> {
    pub(super) core: &'a Core,
    pub(super) caller: &'a Caller,
    /// What the path says about the operation.
    pub(super) matched: &'a Match<'a>,
    /// For what few operations ask for.
    pub(super) request: &'a HttpRequest,
    pub(super) body: &'a [u8],
}

/// What is answered when all went well.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Vec<u8>,
}

impl<'a> Call<'a> {
    /// The id in the path; it wins over one in the body.
    pub(super) fn id(&self) -> &'a str {
        self.variable(0)
    }

    /// A variable of the path, counted from 0: the id first.
    pub(super) fn variable(&self, index: usize) -> &'a str {
        self.matched.variable(index)
    }

    /// The host that the request was sent to, without its port.
    pub(super) fn host(&self) -> String {
        host::name(self.request)
    }

    /// The query of the target, as it was sent.
    pub(super) fn query(&self) -> Option<&'a str> {
        self.request.uri().query()
    }

    /// The session token of a GET: from the query or from the header, not from both.
    pub(super) fn session_token(&self) -> Result<Option<String>, Error> {
        let header = self.request.headers().get(SESSION_TOKEN).map(|value| {
            let text = value
                .to_str()
                .map_err(|_| Error::plain(Kind::InvalidArgument, "invalid session token header"));
            text.map(str::to_owned)
        });
        match (session_token(self.query())?, header.transpose()?) {
            (Some(_), Some(_)) => Err(Error::plain(
                Kind::InvalidArgument,
                "too many values for field \"session_token\"",
            )),
            (query, header) => Ok(query.or(header)),
        }
    }

    /// The message in the body; an empty body is an empty message.
    pub(super) fn message<M: Body>(&self) -> Result<M, Error> {
        json::decode(self.body)
            .map_err(|error| Error::plain(Kind::InvalidArgument, error.to_string()))
    }
}

/// Writes an answer.
pub(super) fn encoded<M: Serialize>(answer: &M) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(512);
    json::encode(answer, &mut out).map_err(Error::internal)?;
    Ok(out)
}

/// Waits for an answer and writes it.
///
/// Holds the memory of what it waits for twice, as every function does that is given a future and
/// waits for it: not for what is asked most.
pub(super) async fn encode<M: Serialize>(
    answer: impl Future<Output = Result<M, Error>>,
) -> Result<Vec<u8>, Error> {
    encoded(&answer.await?)
}
