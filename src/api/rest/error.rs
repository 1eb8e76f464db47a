//! Errors as REST clients see them: `google.rpc.Status` in JSON.
//!
//! A body holds what [`Error`] says to the client and nothing of its cause. The answer is plain
//! data first, so that it can be looked at without a server.

use actix_web::HttpResponse;
use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, Response, StatusCode};
use serde::Serialize;

use super::routes::Unrouted;
use crate::api::error::{codes, retry_after};
use crate::domain::error::Kind;
use crate::error::{Detail, Error};

/// The body of an error (spec session-service.md section 10.1).
#[derive(Serialize)]
struct Body<'a> {
    code: u8,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<[Any<'a>; 1]>,
}

/// A detail message in the JSON form of `google.protobuf.Any`.
///
/// Fields that hold their default value are left out, as everywhere in protobuf's JSON: an id may
/// be empty, and failures are only told where they are counted.
#[derive(Serialize)]
#[serde(tag = "@type")]
enum Any<'a> {
    #[serde(rename = "type.googleapis.com/zitadel.v1.ErrorDetail")]
    Error {
        #[serde(skip_serializing_if = "str::is_empty")]
        id: &'a str,
        #[serde(skip_serializing_if = "str::is_empty")]
        message: &'a str,
    },
    #[serde(rename = "type.googleapis.com/zitadel.v1.CredentialsCheckError")]
    Credentials {
        #[serde(skip_serializing_if = "str::is_empty")]
        id: &'a str,
        #[serde(skip_serializing_if = "str::is_empty")]
        message: &'a str,
        #[serde(rename = "failedAttempts", skip_serializing_if = "Option::is_none")]
        failed_attempts: Option<u32>,
    },
}

/// The answer to a failed operation.
pub fn answer(error: &Error) -> Response<Bytes> {
    let text = error.text();
    let codes = codes(error.kind);
    let mut answer = json(&Body {
        code: codes.grpc,
        message: &text,
        details: detail(error).map(|detail| [detail]),
    });
    // The table holds nothing else than statuses; a test walks it.
    *answer.status_mut() =
        StatusCode::from_u16(codes.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if error.kind == Kind::Unauthenticated {
        answer
            .headers_mut()
            .insert(WWW_AUTHENTICATE, header_safe(&text));
    }
    if let Some(wait) = retry_after(error) {
        answer.headers_mut().insert(RETRY_AFTER, wait);
    }
    answer
}

/// The answer to a request that no operation takes.
///
/// As [`answer`], but a method that a path does not take is 405 where the kind alone would be 501;
/// what the path takes instead stands in `Allow`.
pub fn unrouted(unrouted: &Unrouted) -> Response<Bytes> {
    let mut answer = answer(&Error::from(unrouted));
    if let Unrouted::MethodNotAllowed(allowed) = unrouted {
        *answer.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        answer
            .headers_mut()
            .insert(ALLOW, header_safe(&allowed.to_string()));
    }
    answer
}

/// The same answer in the types of the server.
pub fn respond(answer: Response<Bytes>) -> HttpResponse {
    let (parts, body) = answer.into_parts();
    let status = actix_web::http::StatusCode::from_u16(parts.status.as_u16())
        .unwrap_or(actix_web::http::StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    for (name, value) in &parts.headers {
        response.append_header((name.as_str(), value.as_bytes()));
    }
    response.body(body)
}

fn json(body: &Body<'_>) -> Response<Bytes> {
    // Strings and integers always have a JSON form.
    let mut answer = Response::new(serde_json::to_vec(body).unwrap_or_default().into());
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

fn detail(error: &Error) -> Option<Any<'_>> {
    let id = error.id?;
    let message = &*error.message;
    match error.detail {
        Detail::None => None,
        Detail::Error => Some(Any::Error { id, message }),
        Detail::Credentials { failed_attempts } => Some(Any::Credentials {
            id,
            message,
            failed_attempts: (failed_attempts > 0).then_some(failed_attempts),
        }),
    }
}

/// The text as a header value; what a header cannot hold becomes a question mark.
fn header_safe(text: &str) -> HeaderValue {
    let safe: String = text
        .chars()
        .map(|char| match char {
            ' '..='~' => char,
            _ => '?',
        })
        .collect();
    HeaderValue::try_from(safe).unwrap_or(HeaderValue::from_static("invalid"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::rest::routes::route;
    use crate::domain::session::SessionError;
    use crate::domain::user::UserError;

    fn body(answer: &Response<Bytes>) -> &str {
        std::str::from_utf8(answer.body()).unwrap()
    }

    #[test]
    fn an_error_with_an_id_has_a_detail() {
        let error = Error::new(
            Kind::PermissionDenied,
            "COMMAND-sGr42",
            "Session Token is invalid",
        );
        let answer = answer(&error);
        assert_eq!(answer.status(), 403);
        assert_eq!(answer.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(answer.headers().len(), 1);
        assert_eq!(
            body(&answer),
            r#"{"code":7,"message":"Session Token is invalid (COMMAND-sGr42)","details":[{"@type":"type.googleapis.com/zitadel.v1.ErrorDetail","id":"COMMAND-sGr42","message":"Session Token is invalid"}]}"#
        );
    }

    #[test]
    fn failed_attempts_are_told_where_there_are_some() {
        let error = || {
            Error::new(
                Kind::InvalidArgument,
                "COMMAND-3M0fs",
                "Password is invalid",
            )
        };
        let told = answer(&error().with_failed_attempts(1));
        assert_eq!(told.status(), 400);
        assert_eq!(
            body(&told),
            r#"{"code":3,"message":"Password is invalid (COMMAND-3M0fs)","details":[{"@type":"type.googleapis.com/zitadel.v1.CredentialsCheckError","id":"COMMAND-3M0fs","message":"Password is invalid","failedAttempts":1}]}"#
        );
        assert_eq!(
            body(&answer(&error().with_failed_attempts(0))),
            r#"{"code":3,"message":"Password is invalid (COMMAND-3M0fs)","details":[{"@type":"type.googleapis.com/zitadel.v1.CredentialsCheckError","id":"COMMAND-3M0fs","message":"Password is invalid"}]}"#
        );
        assert!(body(&answer(&UserError::Locked.into())).contains("CredentialsCheckError"));
    }

    #[test]
    fn an_error_without_an_id_has_no_details() {
        let plain = || Error::plain(Kind::InvalidArgument, "proto: syntax error");
        let with_detail = Error {
            detail: Detail::Error,
            ..plain()
        };
        for error in [plain(), with_detail] {
            assert_eq!(
                body(&answer(&error)),
                r#"{"code":3,"message":"proto: syntax error"}"#
            );
        }
        let without_detail = Error {
            detail: Detail::None,
            ..Error::new(Kind::NotFound, "A-1", "text")
        };
        assert_eq!(
            body(&answer(&without_detail)),
            r#"{"code":5,"message":"text (A-1)"}"#
        );
    }

    #[test]
    fn an_empty_id_is_left_out_of_the_detail() {
        assert_eq!(
            body(&answer(&SessionError::UserChange.into())),
            r#"{"code":3,"message":"user change not possible ()","details":[{"@type":"type.googleapis.com/zitadel.v1.ErrorDetail","message":"user change not possible"}]}"#
        );
    }

    #[test]
    fn texts_are_escaped() {
        let text = "a \"quoted\"\n\u{1}\u{2028}ü</script> text";
        let answer = answer(&Error::plain(Kind::Unknown, text));
        let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
        assert_eq!(body["message"], text);
    }

    #[test]
    fn causes_stay_inside() {
        let answer = answer(&Error::internal("disk of host db7 is full"));
        assert_eq!(answer.status(), 500);
        assert_eq!(
            body(&answer),
            r#"{"code":13,"message":"An internal error occurred (BTZ-Int3r)","details":[{"@type":"type.googleapis.com/zitadel.v1.ErrorDetail","id":"BTZ-Int3r","message":"An internal error occurred"}]}"#
        );
    }

    #[test]
    fn unauthenticated_callers_are_told_in_a_header_too() {
        for (text, header) in [
            ("auth header missing", "auth header missing"),
            ("zwei\r\nZeilen für\u{0}\u{7f}", "zwei??Zeilen f?r??"),
            ("", ""),
        ] {
            let answer = answer(&Error::plain(Kind::Unauthenticated, text));
            assert_eq!(answer.status(), 401);
            assert_eq!(answer.headers()[WWW_AUTHENTICATE], header);
        }
        let denied = answer(&Error::plain(Kind::PermissionDenied, "no"));
        assert!(!denied.headers().contains_key(WWW_AUTHENTICATE));
    }

    #[test]
    fn every_kind_has_its_status_and_number() {
        for kind in Kind::ALL {
            let answer = answer(&Error::plain(kind, "text"));
            assert_eq!(answer.status(), codes(kind).http, "{kind:?}");
            let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
            assert_eq!(body["code"], codes(kind).grpc, "{kind:?}");
        }
    }

    #[test]
    fn the_types_of_details_are_those_of_the_messages() {
        use bartizan_proto::zitadel::v1::{CredentialsCheckError, ErrorDetail};

        let plain = Error::new(Kind::NotFound, "A-1", "text");
        for (error, name) in [
            (&plain, ErrorDetail::TYPE_URL),
            (
                &Error::new(Kind::NotFound, "A-1", "text").with_failed_attempts(2),
                CredentialsCheckError::TYPE_URL,
            ),
        ] {
            let body: serde_json::Value = serde_json::from_slice(answer(error).body()).unwrap();
            assert_eq!(body["details"][0]["@type"], name);
        }
    }

    #[test]
    fn requests_that_nothing_takes_are_answered_as_the_gateway_does() {
        for (method, path, status, text, allow) in [
            (
                "GET",
                "/v2/nothing",
                404,
                r#"{"code":5,"message":"Not Found"}"#,
                None,
            ),
            (
                "HEAD",
                "/v2/sessions",
                405,
                r#"{"code":12,"message":"Method Not Allowed"}"#,
                Some("POST"),
            ),
            (
                "GET",
                "/v2/%zz",
                400,
                r#"{"code":3,"message":"malformed path escape \"%zz\""}"#,
                None,
            ),
        ] {
            let answer = unrouted(&route(method, path).unwrap_err());
            assert_eq!(answer.status(), status, "{method} {path}");
            assert_eq!(body(&answer), text, "{method} {path}");
            let found = answer.headers().get(ALLOW).map(HeaderValue::as_bytes);
            assert_eq!(found, allow.map(str::as_bytes), "{method} {path}");
        }
    }

    #[test]
    fn the_server_sends_the_same_answer() {
        for kind in Kind::ALL {
            let answer = answer(&Error::new(kind, "A-1", "text"));
            let response = respond(answer.clone());
            assert_eq!(response.status().as_u16(), answer.status().as_u16());
            assert_eq!(response.headers().len(), answer.headers().len());
            for (name, value) in answer.headers() {
                let sent = response.headers().get(name.as_str()).unwrap();
                assert_eq!(sent.as_bytes(), value.as_bytes());
            }
            let sent = actix_web::body::MessageBody::try_into_bytes(response.into_body()).unwrap();
            assert_eq!(sent, *answer.body());
        }
    }
}
