//! `POST /bartizan/v1/introspect`: whether a session token holds, in the form of RFC 7662, an extension
//! beside ZITADEL's API.
//!
//! Whatever does not hold, and whatever the caller may not read, is `{"active":false}` and nothing
//! more. Why, is for the log.

use actix_web::http::Method;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, Payload};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use serde::Serialize;
use url::form_urlencoded;

use super::rest::error;
use super::{Api, auth, method};
use crate::domain::error::Kind;
use crate::domain::secret::Secret;
use crate::error::{Called, Error, Failure};
use crate::query::{self, BearerSession};

/// The path, below that of the extensions.
pub(super) const PATH: &str = "/bartizan/v1/introspect";

/// What a form is sent as.
const FORM: &str = "application/x-www-form-urlencoded";

/// The answer (RFC 7662 section 2.2). Moments in seconds since 1970.
#[derive(Debug, Serialize)]
struct Introspection<'a> {
    active: bool,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    session: Option<Active<'a>>,
}

#[derive(Debug, Serialize)]
struct Active<'a> {
    token_type: &'static str,
    sub: &'a str,
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// The session.
    sid: String,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<i64>,
    /// What was proven, in the words of forward auth.
    factors: Vec<&'static str>,
    /// The organisation, under the name that ZITADEL has for it in tokens.
    #[serde(rename = "urn:zitadel:iam:user:resourceowner:id")]
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<String>,
}

/// Answers a service that was handed a token.
pub(super) async fn handle(request: &HttpRequest, payload: Payload, api: &Api) -> HttpResponse {
    if request.method() != Method::POST {
        return method::not_allowed("POST");
    }
    let mut called = Called {
        method: "POST",
        operation: PATH,
        refused: None,
    };
    let mut response = match answer(request, payload, api).await {
        Ok(body) => HttpResponse::Ok()
            .content_type("application/json")
            .body(body),
        Err(failed) => {
            called.refused = Some(failed.kind);
            let response = error::respond(error::answer(&failed));
            request.extensions_mut().insert(Failure(failed));
            response
        }
    };
    response.extensions_mut().insert(called);
    response
}

async fn answer(request: &HttpRequest, payload: Payload, api: &Api) -> Result<Vec<u8>, Error> {
    let caller = auth::caller(&api.core, request).await?;
    let kind = request.headers().get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case(FORM) {
        let text = format!("the body must be `{FORM}`");
        return Err(Error::plain(Kind::InvalidArgument, text));
    }
    let body = (api.read_body)(payload, api.body_limit).await?;
    let token = token(&body)?;
    let found = match query::introspect(&api.core, &caller, token.expose()).await {
        Ok(session) => Some(session),
        Err(error) => match error.kind {
            Kind::NotFound | Kind::PermissionDenied | Kind::Unauthenticated => {
                request.extensions_mut().insert(Failure(error));
                None
            }
            Kind::Canceled
            | Kind::Unknown
            | Kind::InvalidArgument
            | Kind::DeadlineExceeded
            | Kind::AlreadyExists
            | Kind::ResourceExhausted
            | Kind::FailedPrecondition
            | Kind::Aborted
            | Kind::Unimplemented
            | Kind::Internal
            | Kind::Unavailable => return Err(error),
        },
    };
    let answer = Introspection {
        active: found.is_some(),
        session: found.as_ref().map(active),
    };
    serde_json::to_vec(&answer).map_err(Error::internal)
}

/// The one `token` of a form. Others, such as `token_type_hint`, are of no use here.
fn token(body: &Bytes) -> Result<Secret, Error> {
    let mut found = None;
    for (name, value) in form_urlencoded::parse(body) {
        if name == "token" && found.replace(Secret::new(value.into_owned())).is_some() {
            let text = "too many values for field \"token\"";
            return Err(Error::plain(Kind::InvalidArgument, text));
        }
    }
    let found = found.filter(|token| !token.is_empty());
    found.ok_or_else(|| Error::plain(Kind::InvalidArgument, "no token"))
}

fn active(session: &BearerSession) -> Active<'_> {
    let stored = &session.view.session;
    Active {
        token_type: "session",
        sub: &session.user.public_id,
        username: &session.login_name,
        name: session.user.display_name.as_deref(),
        sid: stored.id.to_string(),
        iat: stored.created_at.seconds(),
        exp: stored.expires_at.map(|at| at.seconds()),
        auth_time: session.proven_at().map(|at| at.seconds()),
        factors: session.factors(),
        organization: stored
            .user
            .as_ref()
            .map(|user| user.organization.to_string()),
    }
}
