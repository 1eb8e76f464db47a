//! How long a client is ready to wait, as it says in a header.

use std::pin::Pin;
use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName};
use futures_util::future::Either;

use crate::domain::error::Kind;
use crate::error::Error;

/// The header of gRPC, gRPC-Web and REST.
pub(super) const GRPC: &str = "grpc-timeout";
/// The header of Connect.
pub(super) const CONNECT: &str = "connect-timeout-ms";

/// Names that need not be parsed for each request.
const OF_GRPC: HeaderName = HeaderName::from_static(GRPC);
const OF_CONNECT: HeaderName = HeaderName::from_static(CONNECT);

/// `Grpc-Timeout`: up to eight digits and a unit (gRPC over HTTP/2, section "Requests").
///
/// # Errors
/// If it is there and is none.
pub(super) fn grpc(headers: &HeaderMap) -> Result<Option<Duration>, Error> {
    let Some(value) = headers.get(OF_GRPC) else {
        return Ok(None);
    };
    let invalid = || Error::plain(Kind::InvalidArgument, "invalid grpc-timeout");
    let text = value.to_str().map_err(|_| invalid())?;
    let (digits, unit) = text
        .split_at_checked(text.len().saturating_sub(1))
        .ok_or_else(invalid)?;
    let number = number(digits, 8).ok_or_else(invalid)?;
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

/// `Connect-Timeout-Ms`: up to ten digits (Connect protocol, "Unary-Request").
///
/// # Errors
/// If it is there and is none.
pub(super) fn connect(headers: &HeaderMap) -> Result<Option<Duration>, Error> {
    let Some(value) = headers.get(OF_CONNECT) else {
        return Ok(None);
    };
    let number = value.to_str().ok().and_then(|text| number(text, 10));
    number
        .map(|millis| Some(Duration::from_millis(millis)))
        .ok_or_else(|| Error::plain(Kind::InvalidArgument, "invalid connect-timeout-ms"))
}

fn number(digits: &str, most: usize) -> Option<u64> {
    if digits.is_empty() || digits.len() > most || !digits.bytes().all(|byte| byte.is_ascii_digit())
    {
        return None;
    }
    digits.parse().ok()
}

/// Works for no longer than the client waits.
///
/// The work is borrowed: it is large, and a future that took it would hold it twice.
///
/// # Errors
/// What the work says; that the time is over.
pub(super) fn within<T>(
    limit: Option<Duration>,
    work: Pin<&mut impl Future<Output = Result<T, Error>>>,
) -> impl Future<Output = Result<T, Error>> {
    match limit {
        None => Either::Left(work),
        // In a box of its own, because few have a limit and all would pay for its size.
        Some(limit) => Either::Right(Box::pin(bounded(limit, work))),
    }
}

async fn bounded<T>(
    limit: Duration,
    work: Pin<&mut impl Future<Output = Result<T, Error>>>,
) -> Result<T, Error> {
    let exceeded = || Error::plain(Kind::DeadlineExceeded, "context deadline exceeded");
    // A timer looks at the work first, and that might be quicker than the clock ticks.
    if limit.is_zero() {
        return Err(exceeded());
    }
    actix_rt::time::timeout(limit, work)
        .await
        .unwrap_or_else(|_| Err(exceeded()))
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;
    use actix_web::http::header::{HeaderName, HeaderValue};

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_bytes(value.as_bytes()).unwrap(),
        );
        headers
    }

    #[test]
    fn timeouts_of_grpc_have_a_number_and_a_unit() {
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
            let found = grpc(&headers(GRPC, value));
            assert_eq!(found.ok().flatten(), expected, "{value:?}");
        }
        assert_eq!(grpc(&HeaderMap::new()).unwrap(), None);
    }

    #[actix_rt::test]
    async fn work_stops_when_the_time_is_over() {
        let quick = || std::future::ready(Ok::<_, Error>(1));
        let slow = std::future::pending::<Result<i32, Error>>();
        let time = Duration::from_millis(5);
        assert_eq!(within(None, pin!(quick())).await.unwrap(), 1);
        assert_eq!(within(Some(time), pin!(quick())).await.unwrap(), 1);
        for error in [
            within(Some(Duration::ZERO), pin!(quick()))
                .await
                .unwrap_err(),
            within(Some(time), pin!(slow)).await.unwrap_err(),
        ] {
            assert_eq!(error.kind, Kind::DeadlineExceeded);
        }
    }

    #[test]
    fn timeouts_of_connect_are_milliseconds() {
        for (value, expected) in [
            ("0", Some(Duration::ZERO)),
            ("250", Some(Duration::from_millis(250))),
            ("9999999999", Some(Duration::from_millis(9_999_999_999))),
            ("", None),
            ("10000000000", None),
            ("+5", None),
            ("-5", None),
            ("5ms", None),
            ("1.5", None),
            ("\u{e9}", None),
        ] {
            let found = connect(&headers(CONNECT, value));
            assert_eq!(found.ok().flatten(), expected, "{value:?}");
        }
        assert_eq!(connect(&HeaderMap::new()).unwrap(), None);
    }
}
