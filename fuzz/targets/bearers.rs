//! The header `Authorization`: each line of the input is one. `{ADMIN}` and `{SESSION}` stand for
//! tokens that are good.

use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};

use serde_json::Value;

use super::service::{self, Request};

/// A caller is known exactly if there is one header and it has one good token behind one `Bearer `.
pub fn run(data: &[u8]) {
    let (session, admin, token) = service::known(|known| {
        (
            known.session.clone(),
            known.admin.clone(),
            known.token.clone(),
        )
    });
    let mut values = Vec::new();
    for line in data.split(|byte| *byte == b'\n') {
        let line = filled(line, &[("{ADMIN}", &admin), ("{SESSION}", &token)]);
        let Ok(value) = HeaderValue::from_bytes(&line) else {
            return;
        };
        values.push(value);
    }
    let answer = service::call(Request {
        method: Method::GET,
        target: &format!("/v2/sessions/{session}"),
        headers: values
            .iter()
            .map(|value| (HeaderName::from_static("authorization"), value.clone()))
            .collect(),
        http2: false,
        body: Vec::new(),
    });
    answer.is_sound();
    let known = match values.as_slice() {
        [one] => {
            let text = one.as_bytes();
            let good = |token: &str| text.ends_with(format!("Bearer {token}").as_bytes());
            let told = text.windows(7).filter(|part| *part == b"Bearer ").count();
            // A header of visible characters alone is a text.
            let visible = text.iter().all(|byte| matches!(byte, b'\t' | 32..=126));
            visible && told == 1 && (good(&admin) || good(&token))
        }
        _ => false,
    };
    assert_eq!(
        answer.status,
        if known { 200 } else { 401 },
        "{values:?} {answer:?}"
    );
    if known {
        assert_eq!(
            answer.json().pointer("/session/id").and_then(Value::as_str),
            Some(&*session)
        );
    }
}

/// Puts texts in the place of their names.
pub(super) fn filled(line: &[u8], texts: &[(&str, &str)]) -> Vec<u8> {
    let mut line = line.to_vec();
    for (name, text) in texts {
        // Once is enough: a line with two of them is another matter for each.
        let found = line
            .windows(name.len())
            .position(|part| part == name.as_bytes());
        if let Some(place) = found {
            line.splice(place..place + name.len(), text.bytes());
        }
    }
    line
}
