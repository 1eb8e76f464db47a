//! `/bartizan/v1/forward-auth`: the question of a reverse proxy whether a request may pass, an
//! extension beside ZITADEL's API.
//!
//! Any method, because some proxies ask with that of the request that they hold. The answer has no
//! body; what it says of the session stands in headers, and all of them always, so that whatever a
//! client has sent under their names is replaced.

use std::fmt::Write as _;

use actix_web::dev::{Service, ServiceRequest};
use actix_web::http::header::{
    ACCESS_CONTROL_REQUEST_METHOD, COOKIE, HeaderMap, HeaderName, HeaderValue, WWW_AUTHENTICATE,
};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::form_urlencoded;

use super::auth;
use super::rest::error;
use crate::core::Core;
use crate::domain::error::Kind;
use crate::domain::secret::Secret;
use crate::domain::session::{Minimum, ProvenBy};
use crate::domain::time::Span;
use crate::error::{Called, Error, Failure};
use crate::query::{self, BearerSession};

/// The path, below that of the extensions.
pub(super) const PATH: &str = "/bartizan/v1/forward-auth";

/// What a header has in percent-encoding, beside all that is not ASCII: two different values never look
/// the same, and nothing that reads them trims or splits them.
const ENCODED: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b',').add(b';').add(b'"');

/// The longest time that can be asked for, in seconds: ten years.
const LONGEST: i64 = 315_360_000;

/// The cookie in which browsers bring session tokens, where they do.
#[derive(Debug, Clone, Default)]
pub struct Cookie(Option<String>);

impl Cookie {
    /// One of this name; none where it is empty.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self((!name.is_empty()).then(|| name.to_owned()))
    }
}

/// Answers a proxy.
pub(super) async fn handle(request: &HttpRequest, core: &Core, cookie: &Cookie) -> HttpResponse {
    let mut called = Called {
        // Whatever it was; one label for all.
        method: "GET",
        operation: PATH,
        refused: None,
    };
    let mut response = match judge(request, core, cookie).await {
        Ok(session) => granted(&session),
        Err(refusal) => {
            called.refused = Some(refusal.error.kind);
            let mut response = error::respond(error::answer(&refusal.error));
            if let Some(challenge) = refusal.challenge {
                response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            }
            request.extensions_mut().insert(Failure(refusal.error));
            response
        }
    };
    response.extensions_mut().insert(called);
    response
}

/// A preflight would be answered before anybody had looked at it, and the proxy take that for a yes. So
/// it loses what makes it one.
pub fn no_preflight<S: Service<ServiceRequest>>(mut request: ServiceRequest, app: &S) -> S::Future {
    if request.path() == PATH {
        request.headers_mut().remove(ACCESS_CONTROL_REQUEST_METHOD);
    }
    app.call(request)
}

/// A no, and what the client can do about it.
struct Refusal {
    error: Error,
    challenge: Option<HeaderValue>,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self {
            error,
            challenge: None,
        }
    }
}

async fn judge(
    request: &HttpRequest,
    core: &Core,
    cookie: &Cookie,
) -> Result<BearerSession, Refusal> {
    let minimum = minimum(request.uri().query().unwrap_or_default())?;
    let token = token(request.headers(), cookie)?;
    let session = query::bearer_session(core, token.expose())
        .await
        .map_err(unauthenticated)?;
    if minimum.is_met(&session.proven, core.clock.now()) {
        return Ok(session);
    }
    let error = Error::new(
        Kind::Unauthenticated,
        "BTZ-St3pU",
        "The session has not proven enough, or not lately enough",
    );
    // RFC 9470 section 3.
    let mut text = "Bearer error=\"insufficient_user_authentication\"".to_owned();
    if let Some(age) = minimum.max_age {
        // Writing to a string cannot fail.
        let _written = write!(text, ", max_age=\"{}\"", age.nanos() / 1_000_000_000);
    }
    Err(Refusal {
        error,
        challenge: HeaderValue::try_from(text).ok(),
    })
}

/// One answer for every reason why a token does not hold; trouble of ours stays what it is.
fn unauthenticated(error: Error) -> Error {
    match error.kind {
        Kind::NotFound | Kind::PermissionDenied | Kind::Unauthenticated => {
            Error::new(Kind::Unauthenticated, "AUTH-7fs1e", "Errors.Token.Invalid").caused_by(error)
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
        | Kind::Unavailable => error,
    }
}

/// The token of the request: a bearer's, or else that of the cookie.
fn token(headers: &HeaderMap, cookie: &Cookie) -> Result<Secret, Error> {
    let bearer = auth::bearer(headers).map(|token| Secret::new(token.to_owned()));
    let Some(name) = cookie.0.as_deref() else {
        return bearer;
    };
    bearer.or_else(|refusal| in_cookie(headers, name)?.ok_or(refusal))
}

/// The value of the one cookie with a name. Of two, one was planted by another host of the domain.
fn in_cookie(headers: &HeaderMap, name: &str) -> Result<Option<Secret>, Error> {
    let mut found = None;
    for header in headers.get_all(COOKIE) {
        for pair in header.as_bytes().split(|byte| *byte == b';') {
            let Ok(pair) = str::from_utf8(pair) else {
                continue;
            };
            let Some((_, value)) = pair.trim().split_once('=').filter(|pair| pair.0 == name) else {
                continue;
            };
            if found.replace(Secret::new(value.to_owned())).is_some() {
                let text = "too many cookies of the configured name";
                return Err(Error::plain(Kind::Unauthenticated, text));
            }
        }
    }
    Ok(found)
}

/// What the proxy asks for. A parameter that is unknown is refused: it would have asked for more.
fn minimum(query: &str) -> Result<Minimum, Error> {
    let mut minimum = Minimum::default();
    let mut seen = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if seen.contains(&name) {
            let text = format!("too many values for field \"{name}\"");
            return Err(Error::plain(Kind::InvalidArgument, text));
        }
        match &*name {
            "factors" => minimum.groups = value.split(',').map(group).collect::<Result<_, _>>()?,
            "max_age" => minimum.max_age = Some(age(&value)?),
            _ => return Err(invalid(&name, "there is no such field")),
        }
        seen.push(name);
    }
    Ok(minimum)
}

fn group(names: &str) -> Result<Vec<ProvenBy>, Error> {
    let mut group = Vec::new();
    for name in names.split('|') {
        let ways = ProvenBy::named(name);
        if ways.is_empty() {
            return Err(invalid("factors", "there is no such factor"));
        }
        group.extend(ways);
    }
    Ok(group)
}

/// A number with `s`, `m`, `h` or `d`.
fn age(text: &str) -> Result<Span, Error> {
    let no_age = || invalid("max_age", "not a time like `15m`");
    let (number, unit) = text
        .split_at_checked(text.len().saturating_sub(1))
        .ok_or_else(no_age)?;
    let unit: i64 = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(no_age()),
    };
    let digits = number.bytes().all(|byte| byte.is_ascii_digit());
    let number: Option<i64> = number.parse().ok().filter(|_| digits);
    let seconds = number.and_then(|number| number.checked_mul(unit));
    seconds
        .filter(|seconds| *seconds <= LONGEST)
        .map(Span::from_seconds)
        .ok_or_else(no_age)
}

fn invalid(field: &str, why: &str) -> Error {
    let text = format!("parsing field \"{field}\": {why}");
    Error::plain(Kind::InvalidArgument, text)
}

fn granted(session: &BearerSession) -> HttpResponse {
    let checked = session.view.session.user.as_ref();
    let organization = checked.map(|user| user.organization.to_string());
    let proven_at = session.proven_at().map(|at| at.seconds().to_string());
    let display_name = session.user.display_name.as_deref();
    let mut response = HttpResponse::Ok();
    for (name, value) in [
        ("remote-user", session.login_name.as_str()),
        ("x-auth-user-id", &session.user.public_id),
        ("x-auth-login-name", &session.login_name),
        ("x-auth-display-name", display_name.unwrap_or_default()),
        (
            "x-auth-organization-id",
            organization.as_deref().unwrap_or_default(),
        ),
        ("x-auth-session-id", &session.view.session.id.to_string()),
        ("x-auth-time", proven_at.as_deref().unwrap_or_default()),
    ] {
        let value = utf8_percent_encode(value, ENCODED).to_string();
        response.insert_header((HeaderName::from_static(name), value));
    }
    // Names of ours, between commas.
    let factors = (
        HeaderName::from_static("x-auth-factors"),
        session.factors().join(","),
    );
    response.insert_header(factors).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<Minimum, String> {
        minimum(query).map_err(|error| error.text().into_owned())
    }

    #[test]
    fn what_is_asked_for_is_read_as_a_whole_or_refused() {
        use ProvenBy::{OtpEmail, OtpSms, Password, Totp, WebAuthN};
        assert_eq!(read(""), Ok(Minimum::default()));
        let minimum = Minimum {
            groups: vec![vec![Password], vec![Totp, OtpSms, OtpEmail, WebAuthN]],
            max_age: Some(Span::from_seconds(900)),
        };
        assert_eq!(
            read("factors=password,otp|webauthn&max_age=15m"),
            Ok(minimum.clone())
        );
        assert_eq!(
            read("max_age=900s&factors=password%2Cotp%7Cwebauthn"),
            Ok(minimum)
        );
        for query in [
            "factor=password",
            "factors=",
            "factors=password,",
            "factors=pwd",
            "factors=password&factors=totp",
            "max_age=15",
            "max_age=",
            "max_age=m",
            "max_age=-1s",
            "max_age=%2B1s",
            "max_age=1.5h",
            "max_age=99999999999999999999d",
            "max_age=3651d",
            "max_age=5\u{e4}",
        ] {
            assert!(read(query).is_err(), "{query}");
        }
    }

    #[test]
    fn a_cookie_counts_once_and_under_its_whole_name() {
        let find = |cookies: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for cookie in cookies {
                headers.append(COOKIE, HeaderValue::from_static(cookie));
            }
            let found = in_cookie(&headers, "sid").map_err(|error| error.text().into_owned());
            found.map(|found| found.map(|token| token.expose().to_owned()))
        };
        let is = |text: &str| Ok(Some(text.to_owned()));
        assert_eq!(find(&[]), Ok(None));
        assert_eq!(find(&["sid=abc"]), is("abc"));
        assert_eq!(find(&["a=b; sid=abc; c"]), is("abc"));
        assert_eq!(find(&["a=b", "sid=a=b;"]), is("a=b"));
        assert_eq!(find(&["xsid=abc; SID=abc; sid"]), Ok(None));
        let twice = Err("too many cookies of the configured name".to_owned());
        assert_eq!(find(&["sid=abc; sid=abc"]), twice);
        assert_eq!(find(&["sid=abc", "sid="]), twice);
    }
}
