//! The one handler of all REST routes: route, authenticate, read the body, dispatch, answer.

use std::pin::pin;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};

use super::call::{Answer, Call, encode};
use super::routes::{self, Match, Operation};
use super::{error, idp, logout, sessions, settings, users, v1};
use crate::api::org_service::list_organizations;
use crate::api::{Api, auth, deadline};
use crate::error::{Called, Error, Failure};

/// What ZITADEL's gateway passes on of the gRPC answer behind it (spec session-service.md section
/// 1.2). On success alone: see the decision on headers of the gateway.
const OF_THE_GATEWAY: [(HeaderName, HeaderValue); 3] = [
    (
        HeaderName::from_static("grpcgateway-cache-control"),
        HeaderValue::from_static("no-store"),
    ),
    (
        HeaderName::from_static("grpcgateway-content-type"),
        HeaderValue::from_static("application/grpc"),
    ),
    (
        HeaderName::from_static("grpcgateway-pragma"),
        HeaderValue::from_static("no-cache"),
    ),
];

/// Answers a request to any path that is not a procedure's.
pub async fn handle(request: &HttpRequest, payload: Payload, api: &Api) -> HttpResponse {
    let matched = match routes::route(request.method().as_str(), request.uri().path()) {
        Ok(matched) => matched,
        Err(unrouted) => return error::respond(error::unrouted(&unrouted)),
    };
    let answered = answer(request, payload, api, &matched).await;
    let (method, operation) = matched.route();
    let mut called = Called {
        method,
        operation,
        refused: None,
    };
    let mut response = match answered {
        Ok(answer) => {
            let mut response = HttpResponse::build(answer.status);
            response.insert_header((CONTENT_TYPE, HeaderValue::from_static("application/json")));
            for header in OF_THE_GATEWAY {
                response.insert_header(header);
            }
            response.body(answer.body)
        }
        Err(failed) => {
            called.refused = Some(failed.kind);
            let response = error::respond(error::answer(&failed));
            // The log line is written where the request id is known.
            request.extensions_mut().insert(Failure(failed));
            response
        }
    };
    response.extensions_mut().insert(called);
    response
}

async fn answer(
    request: &HttpRequest,
    payload: Payload,
    api: &Api,
    matched: &Match<'_>,
) -> Result<Answer, Error> {
    let limit = deadline::grpc(request.headers())?;
    let work = pin!(async {
        let caller = auth::caller(&api.core, request).await?;
        if let Operation::NotYet(name) = matched.operation() {
            return Err(not_yet(name));
        }
        let body = read_body(request, payload, api).await?;
        let call = Call {
            core: &api.core,
            caller: &caller,
            matched,
            request,
            body: &body,
        };
        match matched.operation() {
            Operation::Session(version, operation) => {
                sessions::dispatch(&call, operation, version).await
            }
            // In boxes of their own: the others are more frequent, and should not pay for their size.
            Operation::User(operation) => Box::pin(users::dispatch(&call, operation)).await,
            Operation::ListOrganizations => {
                let orgs = list_organizations(call.core, call.caller, call.message()?);
                encode(Box::pin(orgs)).await.map(Answer::ok)
            }
            Operation::Idp(operation) => Box::pin(idp::dispatch(&call, operation)).await,
            Operation::Settings(operation) => Box::pin(settings::dispatch(&call, operation)).await,
            Operation::V1(operation) => Box::pin(v1::dispatch(&call, operation)).await,
            Operation::Logout(operation) => Box::pin(logout::dispatch(&call, operation)).await,
            Operation::NotYet(name) => Err(not_yet(name)),
        }
    });
    deadline::within(limit, work).await
}

fn not_yet(operation: &str) -> Error {
    Error::unimplemented(&format!("operation `{operation}`"))
}

/// A GET has no body; whatever a client sends with one is not read.
async fn read_body(request: &HttpRequest, payload: Payload, api: &Api) -> Result<Bytes, Error> {
    if request.method() == actix_web::http::Method::GET {
        return Ok(Bytes::new());
    }
    (api.read_body)(payload, api.body_limit).await
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
