//! The one handler of all REST routes: route, authenticate, read the body, dispatch, answer.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};

use super::call::{Answer, Call};
use super::routes::{self, Match, Operation};
use super::{error, sessions, users};
use crate::api::{Api, auth};
use crate::domain::error::Kind;
use crate::error::{Error, Failure};

/// What `GET` takes beside `?sessionToken=`, because a token has no place in a URL (ASVS 14.2.1).
const SESSION_TOKEN: &str = "x-session-token";

/// What ZITADEL's gateway passes on of the gRPC answer behind it (spec session-service.md section
/// 1.2). On success alone: see the decision on headers of the gateway.
const OF_THE_GATEWAY: [(&str, &str); 3] = [
    ("grpcgateway-cache-control", "no-store"),
    ("grpcgateway-content-type", "application/grpc"),
    ("grpcgateway-pragma", "no-cache"),
];

/// Answers a request to any path.
pub async fn handle(request: HttpRequest, payload: Payload, api: Data<Api>) -> HttpResponse {
    let matched = match routes::route(request.method().as_str(), request.uri().path()) {
        Ok(matched) => matched,
        Err(unrouted) => return error::respond(error::unrouted(&unrouted)),
    };
    match answer(&request, payload, &api, &matched).await {
        Ok(answer) => {
            let mut response = HttpResponse::build(answer.status);
            response.insert_header((CONTENT_TYPE, "application/json"));
            for header in OF_THE_GATEWAY {
                response.insert_header(header);
            }
            response.body(answer.body)
        }
        Err(failed) => {
            let response = error::respond(error::answer(&failed));
            // The log line is written where the request id is known.
            request.extensions_mut().insert(Failure(failed));
            response
        }
    }
}

async fn answer(
    request: &HttpRequest,
    payload: Payload,
    api: &Api,
    matched: &Match<'_>,
) -> Result<Answer, Error> {
    let limit = deadline(request.headers())?;
    let work = async {
        let caller = auth::caller(&api.core, request.headers()).await?;
        if let Operation::NotYet(name) = matched.operation {
            return Err(not_yet(name));
        }
        let body = read_body(request, payload, api).await?;
        let call = Call {
            core: &api.core,
            caller: &caller,
            id: matched.id(),
            query: request.uri().query(),
            session_token: request.headers().get(SESSION_TOKEN),
            body: &body,
        };
        match matched.operation {
            Operation::Session(version, operation) => {
                sessions::dispatch(&call, operation, version).await
            }
            Operation::User(operation) => users::dispatch(&call, operation).await,
            Operation::NotYet(name) => Err(not_yet(name)),
        }
    };
    match limit {
        None => work.await,
        Some(limit) => actix_rt::time::timeout(limit, work)
            .await
            .unwrap_or_else(|_| {
                Err(Error::plain(
                    Kind::DeadlineExceeded,
                    "context deadline exceeded",
                ))
            }),
    }
}

fn not_yet(operation: &str) -> Error {
    Error::unimplemented(&format!("operation `{operation}`"))
}

/// A GET has no body; whatever a client sends with one is not read.
async fn read_body(request: &HttpRequest, payload: Payload, api: &Api) -> Result<Bytes, Error> {
    if request.method() == actix_web::http::Method::GET {
        return Ok(Bytes::new());
    }
    (api.read_body)(payload).await
}

/// `Grpc-Timeout`: up to eight digits and a unit (gRPC over HTTP/2, section "Requests").
fn deadline(headers: &HeaderMap) -> Result<Option<Duration>, Error> {
    let Some(value) = headers.get("grpc-timeout") else {
        return Ok(None);
    };
    let invalid = || Error::plain(Kind::InvalidArgument, "invalid grpc-timeout");
    let text = value.to_str().map_err(|_| invalid())?;
    let (digits, unit) = text
        .split_at_checked(text.len().saturating_sub(1))
        .ok_or_else(invalid)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(invalid());
    }
    let number: u64 = digits.parse().map_err(|_| invalid())?;
    Ok(Some(match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return Err(invalid()),
    }))
}

impl Answer {
    /// 200 with a body.
    pub(super) const fn ok(body: Vec<u8>) -> Self {
        Self {
            status: StatusCode::OK,
            body,
        }
    }

    /// 201 with a body.
    pub(super) const fn created(body: Vec<u8>) -> Self {
        Self {
            status: StatusCode::CREATED,
            body,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    #[test]
    fn timeouts_have_a_number_and_a_unit() {
        for (value, expected) in [
            ("5S", Some(Duration::from_secs(5))),
            ("100m", Some(Duration::from_millis(100))),
            ("8000000u", Some(Duration::from_secs(8))),
            ("1H", Some(Duration::from_hours(1))),
            ("2M", Some(Duration::from_mins(2))),
            ("7n", Some(Duration::from_nanos(7))),
            ("", None),
            ("S", None),
            ("5", None),
            ("5s", None),
            ("-5S", None),
            ("123456789S", None),
            ("\u{e9}", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(
                HeaderName::from_static("grpc-timeout"),
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            );
            assert_eq!(deadline(&headers).ok().flatten(), expected, "{value:?}");
        }
        assert_eq!(deadline(&HeaderMap::new()).unwrap(), None);
    }
}
