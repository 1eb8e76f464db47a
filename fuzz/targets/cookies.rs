//! The question of a reverse proxy: the first line of the input is its query, each other line a
//! header `Cookie`. `{SESSION}` stands for a token that is good.

use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};

use super::bearers::filled;
use super::service::{self, COOKIE, Request};

/// A request passes only if there is one cookie of the name and it has a good token.
pub fn run(data: &[u8]) {
    let (user, token) = service::known(|known| (known.user.clone(), known.token.clone()));
    let mut lines = data.split(|byte| *byte == b'\n');
    let query = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let target = format!("/bartizan/v1/forward-auth?{query}");
    if !service::is_target(&target) {
        return;
    }
    let mut values = Vec::new();
    for line in lines {
        let line = filled(line, &[("{SESSION}", &token)]);
        let Ok(value) = HeaderValue::from_bytes(&line) else {
            return;
        };
        values.push((HeaderName::from_static("cookie"), value));
    }
    let answer = service::call(Request {
        method: Method::GET,
        target: &target,
        headers: values.clone(),
        http2: false,
        body: Vec::new(),
    });
    let cookies: Vec<String> = values
        .iter()
        .flat_map(|(_, value)| value.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| str::from_utf8(pair).ok())
        .filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
        .map(str::to_owned)
        .collect();
    let good = cookies == [token];
    match answer.status {
        200 => {
            assert!(good, "{cookies:?} {answer:?}");
            assert!(answer.body.is_empty(), "{answer:?}");
            assert_eq!(answer.header("x-auth-user-id"), Some(&*user), "{answer:?}");
        }
        401 => {
            answer.is_sound();
            let asked = query.contains("factors") || query.contains("max_age");
            assert!(!good || asked, "{query} {answer:?}");
        }
        status => {
            answer.is_sound();
            assert_eq!(status, 400, "{answer:?}");
            assert!(!query.is_empty(), "{answer:?}");
        }
    }
}
