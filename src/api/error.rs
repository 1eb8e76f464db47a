//! The one table from the kind of an error to what each protocol calls it.

use connectrpc::ErrorCode;
use http::HeaderValue;

use crate::domain::error::Kind;
use crate::error::Error;

/// What the protocols call one kind of error (spec session-service.md section 10.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Codes {
    /// The number of the gRPC status, also the `code` in a REST body.
    pub grpc: u8,
    /// The HTTP status of REST and Connect.
    pub http: u16,
    /// The code of Connect.
    pub connect: ErrorCode,
}

/// What the protocols call errors of this kind.
///
/// The numbers are ZITADEL's: `FailedPrecondition` is 400 and not 412, `Canceled` is 499.
pub const fn codes(kind: Kind) -> Codes {
    match kind {
        Kind::Canceled => row(1, 499, ErrorCode::Canceled),
        Kind::Unknown => row(2, 500, ErrorCode::Unknown),
        Kind::InvalidArgument => row(3, 400, ErrorCode::InvalidArgument),
        Kind::DeadlineExceeded => row(4, 504, ErrorCode::DeadlineExceeded),
        Kind::NotFound => row(5, 404, ErrorCode::NotFound),
        Kind::AlreadyExists => row(6, 409, ErrorCode::AlreadyExists),
        Kind::PermissionDenied => row(7, 403, ErrorCode::PermissionDenied),
        Kind::ResourceExhausted => row(8, 429, ErrorCode::ResourceExhausted),
        Kind::FailedPrecondition => row(9, 400, ErrorCode::FailedPrecondition),
        Kind::Aborted => row(10, 409, ErrorCode::Aborted),
        Kind::Unimplemented => row(12, 501, ErrorCode::Unimplemented),
        Kind::Internal => row(13, 500, ErrorCode::Internal),
        Kind::Unavailable => row(14, 503, ErrorCode::Unavailable),
        Kind::Unauthenticated => row(16, 401, ErrorCode::Unauthenticated),
    }
}

const fn row(grpc: u8, http: u16, connect: ErrorCode) -> Codes {
    Codes {
        grpc,
        http,
        connect,
    }
}

/// How long to wait, as the header `Retry-After` says it: whole seconds, at least one.
pub(crate) fn retry_after(error: &Error) -> Option<HeaderValue> {
    let wait = error.retry_after?;
    let seconds = wait.as_millis().div_ceil(1_000).max(1);
    HeaderValue::try_from(seconds.to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table of the spec, word for word.
    const SPEC: [(Kind, u8, u16, &str); 14] = [
        (Kind::InvalidArgument, 3, 400, "invalid_argument"),
        (Kind::NotFound, 5, 404, "not_found"),
        (Kind::AlreadyExists, 6, 409, "already_exists"),
        (Kind::PermissionDenied, 7, 403, "permission_denied"),
        (Kind::ResourceExhausted, 8, 429, "resource_exhausted"),
        (Kind::FailedPrecondition, 9, 400, "failed_precondition"),
        (Kind::Aborted, 10, 409, "aborted"),
        (Kind::Unimplemented, 12, 501, "unimplemented"),
        (Kind::Internal, 13, 500, "internal"),
        (Kind::Unavailable, 14, 503, "unavailable"),
        (Kind::Unauthenticated, 16, 401, "unauthenticated"),
        (Kind::DeadlineExceeded, 4, 504, "deadline_exceeded"),
        (Kind::Canceled, 1, 499, "canceled"),
        (Kind::Unknown, 2, 500, "unknown"),
    ];

    #[test]
    fn every_kind_has_the_codes_of_the_spec() {
        for kind in Kind::ALL {
            let (_, grpc, http, connect) = SPEC
                .into_iter()
                .find(|row| row.0 == kind)
                .unwrap_or_else(|| panic!("{kind:?} is not in the spec"));
            let found = codes(kind);
            assert_eq!(
                (found.grpc, found.http, found.connect.as_str()),
                (grpc, http, connect),
                "{kind:?}"
            );
        }
    }

    #[test]
    fn every_status_is_one_that_http_can_carry() {
        for kind in Kind::ALL {
            http::StatusCode::from_u16(codes(kind).http)
                .unwrap_or_else(|_| panic!("{kind:?} has no HTTP status"));
        }
    }

    #[test]
    fn kinds_are_listed_in_the_order_of_their_numbers() {
        assert!(
            Kind::ALL
                .windows(2)
                .all(|pair| codes(pair[0]).grpc < codes(pair[1]).grpc)
        );
    }
}
