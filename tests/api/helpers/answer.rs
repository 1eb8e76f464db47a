//! An answer and what it must be, as a whole.

use serde_json::{Value, json};

use super::http::Response;

/// What a test expects where the value differs from run to run: any id that is a decimal number.
pub(crate) const ID: &str = "<id>";
/// Any token.
pub(crate) const TOKEN: &str = "<token>";
/// Any one-time code.
pub(crate) const CODE: &str = "<code>";

/// What the server answered, and to what.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    request: String,
    pub(crate) response: Response,
}

impl Answer {
    pub(crate) fn new(request: String, response: Response) -> Self {
        Self { request, response }
    }

    /// The body as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.response.body).unwrap_or_else(|error| {
            panic!(
                "{}: {error}: {}",
                self.request,
                String::from_utf8_lossy(&self.response.body)
            )
        })
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.response.body).into_owned()
    }

    /// A text in the body, found by its JSON pointer.
    #[track_caller]
    pub(crate) fn str(&self, pointer: &str) -> String {
        let body = self.json();
        body.pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_else(|| panic!("{}: no `{pointer}` in {body:#}", self.request))
            .to_owned()
    }

    /// Status and whole body. Where [`ID`], [`TOKEN`] or [`CODE`] is expected, any will do.
    #[track_caller]
    pub(crate) fn is(&self, status: u16, expected: &Value) {
        let mut found = self.json();
        blur(&mut found, expected);
        assert!(
            self.response.status == status && found == *expected,
            "{}\nfound    {} {found:#}\nexpected {status} {expected:#}",
            self.request,
            self.response.status
        );
        assert_eq!(
            self.response.header("content-type"),
            Some("application/json"),
            "{}",
            self.request
        );
    }

    /// Status 200 and this body.
    #[track_caller]
    pub(crate) fn ok(&self, expected: &Value) {
        self.is(200, expected);
    }

    /// An error with an id: the whole body and the status that goes with the code.
    #[track_caller]
    pub(crate) fn fails(&self, code: u8, id: &str, text: &str) {
        self.is(status_of(code), &error(code, id, text));
    }

    /// An error without an id.
    #[track_caller]
    pub(crate) fn fails_plainly(&self, code: u8, text: &str) {
        self.is(status_of(code), &json!({ "code": code, "message": text }));
    }

    /// A failed check of a secret; `attempts` is left out where it is 0.
    #[track_caller]
    pub(crate) fn fails_credentials(&self, code: u8, id: &str, text: &str, attempts: u32) {
        let mut body = error(code, id, text);
        let detail = &mut body["details"][0];
        detail["@type"] = json!("type.googleapis.com/zitadel.v1.CredentialsCheckError");
        if attempts > 0 {
            detail["failedAttempts"] = json!(attempts);
        }
        self.is(status_of(code), &body);
    }

    /// That it succeeded, whatever it says.
    #[track_caller]
    pub(crate) fn succeeds(&self) -> &Self {
        assert!(
            (200..300).contains(&self.response.status),
            "{}\nfound {} {}",
            self.request,
            self.response.status,
            self.text()
        );
        self
    }
}

/// The body of an error with an id.
fn error(code: u8, id: &str, text: &str) -> Value {
    json!({
        "code": code,
        "message": format!("{text} ({id})"),
        "details": [{
            "@type": "type.googleapis.com/zitadel.v1.ErrorDetail",
            "id": id,
            "message": text,
        }],
    })
}

/// The HTTP status of a gRPC code (spec session-service.md section 10.2), written down once more so
/// that the server's own table is not its own judge.
#[track_caller]
fn status_of(code: u8) -> u16 {
    match code {
        3 | 9 => 400,
        16 => 401,
        7 => 403,
        5 => 404,
        6 | 10 => 409,
        8 => 429,
        1 => 499,
        2 | 13 => 500,
        12 => 501,
        14 => 503,
        4 => 504,
        _ => panic!("no such code: {code}"),
    }
}

/// Puts the placeholder in the place of a value that is of its kind.
fn blur(found: &mut Value, expected: &Value) {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) => {
            for (key, found) in found {
                if let Some(expected) = expected.get(key) {
                    blur(found, expected);
                }
            }
        }
        (Value::Array(found), Value::Array(expected)) => {
            for (found, expected) in found.iter_mut().zip(expected) {
                blur(found, expected);
            }
        }
        (Value::String(found), Value::String(expected)) => {
            let fits = match expected.as_str() {
                ID => is_id(found),
                TOKEN => is_token(found),
                CODE => is_code(found),
                _ => false,
            };
            if fits {
                found.clone_from(expected);
            }
        }
        _ => {}
    }
}

/// A positive 63-bit number in decimal.
fn is_id(text: &str) -> bool {
    !text.starts_with('0')
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && text.parse::<i64>().is_ok()
}

/// Short enough for the cookie of ZITADEL's login, long enough that nobody guesses it, and safe in
/// a URL.
fn is_token(text: &str) -> bool {
    (32..50).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// Six capital letters or digits.
fn is_code(text: &str) -> bool {
    text.len() == 6
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
