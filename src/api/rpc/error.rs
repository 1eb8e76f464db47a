//! Errors as the RPC protocols carry them.
//!
//! The picture holds what [`Error`] says to the client and nothing of its cause.

use bartizan_proto::buffa::{Message as _, MessageName as _};
use bartizan_proto::zitadel::v1::{CredentialsCheckError, ErrorDetail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use connectrpc::ConnectError;
use http::header::RETRY_AFTER;
use http::{HeaderMap, StatusCode};

use crate::api::error::{codes, retry_after};
use crate::error::{Detail, Error};

/// What the runtime writes into bodies, headers and trailers.
pub(super) fn to_connect(error: &Error) -> ConnectError {
    let codes = codes(error.kind);
    let picture = ConnectError::new(codes.connect, error.text())
        // The table holds nothing else than statuses; a test walks it.
        .with_http_status(
            StatusCode::from_u16(codes.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        );
    let picture = match retry_after(error) {
        Some(wait) => picture.with_headers(HeaderMap::from_iter([(RETRY_AFTER, wait)])),
        None => picture,
    };
    match detail(error) {
        Some(detail) => picture.with_detail(detail),
        None => picture,
    }
}

/// The detail message: its name, its bytes, and its JSON for whoever reads bodies by eye.
fn detail(error: &Error) -> Option<connectrpc::ErrorDetail> {
    let id = error.id?.to_owned();
    let message = error.message.clone().into_owned();
    let (name, bytes, debug) = match error.detail {
        Detail::None => return None,
        Detail::Error => {
            let detail = ErrorDetail {
                id,
                message,
                ..ErrorDetail::default()
            };
            (
                ErrorDetail::FULL_NAME,
                detail.encode_to_vec(),
                serde_json::to_value(&detail),
            )
        }
        Detail::Credentials { failed_attempts } => {
            let detail = CredentialsCheckError {
                id,
                message,
                failed_attempts: i32::try_from(failed_attempts).unwrap_or(i32::MAX),
                ..CredentialsCheckError::default()
            };
            (
                CredentialsCheckError::FULL_NAME,
                detail.encode_to_vec(),
                serde_json::to_value(&detail),
            )
        }
    };
    Some(connectrpc::ErrorDetail {
        type_url: name.to_owned(),
        value: Some(STANDARD_NO_PAD.encode(bytes)),
        debug: debug.ok(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::error::Kind;

    fn json(error: &Error) -> String {
        String::from_utf8(to_connect(error).to_json().to_vec()).unwrap()
    }

    #[test]
    fn every_kind_has_its_code_and_status() {
        for kind in Kind::ALL {
            let picture = to_connect(&Error::plain(kind, "text"));
            assert_eq!(picture.code, codes(kind).connect, "{kind:?}");
            assert_eq!(picture.http_status(), codes(kind).http, "{kind:?}");
            assert_eq!(
                picture.code.grpc_code(),
                u32::from(codes(kind).grpc),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn an_error_with_an_id_has_a_detail() {
        for (error, expected) in [
            (
                Error::new(Kind::PermissionDenied, "A-1", "no"),
                r#"{"code":"permission_denied","message":"no (A-1)","details":[{"type":"zitadel.v1.ErrorDetail","value":"CgNBLTESAm5v","debug":{"id":"A-1","message":"no"}}]}"#,
            ),
            (
                Error::new(Kind::InvalidArgument, "A-1", "no").with_failed_attempts(3),
                r#"{"code":"invalid_argument","message":"no (A-1)","details":[{"type":"zitadel.v1.CredentialsCheckError","value":"CgNBLTESAm5vGAM","debug":{"failedAttempts":3,"id":"A-1","message":"no"}}]}"#,
            ),
        ] {
            // As values: what stands in which order depends on the crates of the tests.
            let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            assert_eq!(value(&json(&error)), value(expected));
        }
    }

    #[test]
    fn an_error_without_an_id_has_none() {
        assert_eq!(
            json(&Error::plain(Kind::NotFound, "Not Found")),
            r#"{"code":"not_found","message":"Not Found"}"#
        );
    }

    #[test]
    fn causes_stay_inside() {
        let picture = json(&Error::internal("disk of host db7 is full"));
        assert!(!picture.contains("db7"), "{picture}");
    }
}
