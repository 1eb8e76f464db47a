//! The host that a request was sent to.

use actix_web::HttpRequest;
use actix_web::http::header::HOST;
use http::uri::Authority;

/// The name in it, without the port; empty where the request names none.
///
/// Only what was really asked for counts, in the target or in `Host` (RFC 9112 section 3.2), and in
/// HTTP/2 `:authority`, which stands there as `Host`. What proxies say in headers of their own does
/// not: whoever could make that up would bind keys to a domain of his choice.
pub(super) fn name(request: &HttpRequest) -> String {
    if let Some(host) = request.uri().host() {
        return host.to_owned();
    }
    let header = request.headers().get(HOST);
    let authority = header.and_then(|value| Authority::try_from(value.as_bytes()).ok());
    authority.map_or_else(String::new, |authority| authority.host().to_owned())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_host_of_the_request_counts_and_nothing_beside_it() {
        for (uri, host, expected) in [
            ("/v2/users", Some("login.example.com"), "login.example.com"),
            ("/v2/users", Some("localhost:8080"), "localhost"),
            ("/v2/users", Some("[::1]:8080"), "[::1]"),
            ("/v2/users", Some("a b"), ""),
            ("/v2/users", None, ""),
            ("http://a.example/v2/users", Some("b.example"), "a.example"),
        ] {
            let mut request = TestRequest::with_uri(uri)
                .insert_header(("x-forwarded-host", "evil.example"))
                .insert_header(("forwarded", "host=evil.example"));
            if let Some(host) = host {
                request = request.insert_header((HOST, host));
            }
            assert_eq!(name(&request.to_http_request()), expected, "{uri} {host:?}");
        }
    }
}
