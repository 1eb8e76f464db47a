//! What is made of what a provider says of somebody.

use serde_json::{Map, Value};

use crate::domain::intent::Profile;

/// A JSON object as a provider wrote it. It is as free as providers are, and is shown as it is.
pub(super) type Claims = Map<String, Value>;

/// The claims in a body.
pub(super) fn read(body: &[u8]) -> Option<Claims> {
    serde_json::from_slice(body).ok()
}

/// The text or number under a name; nothing for what is empty or anything else.
pub(super) fn text(claims: &Claims, name: &str) -> Option<String> {
    match claims.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

/// Some providers write `"true"`.
fn flag(claims: &Claims, name: &str) -> bool {
    match claims.get(name) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text == "true",
        _ => false,
    }
}

/// The name under which somebody is known there: links need one.
pub(super) fn name(claims: &Claims, id: &str) -> String {
    ["preferred_username", "login", "email", "name"]
        .into_iter()
        .find_map(|claim| text(claims, claim))
        .unwrap_or_else(|| id.to_owned())
}

/// The standard claims (OpenID Connect Core section 5.1), as far as users here have them.
pub(super) fn profile(claims: &Claims) -> Profile {
    let text = |name| text(claims, name).unwrap_or_default();
    Profile {
        given_name: text("given_name"),
        family_name: text("family_name"),
        nick_name: text("nickname"),
        display_name: text("name"),
        preferred_language: text("locale").replace('_', "-"),
        email: text("email"),
        email_verified: flag(claims, "email_verified"),
        phone: text("phone_number"),
        phone_verified: flag(claims, "phone_number_verified"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: &Value) -> Claims {
        read(value.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn ids_are_texts_or_numbers() {
        let claims = claims(&json!({ "a": "x", "b": 42, "c": "", "d": null, "e": ["x"] }));
        for (name, expected) in [
            ("a", Some("x")),
            ("b", Some("42")),
            ("c", None),
            ("d", None),
            ("e", None),
            ("f", None),
        ] {
            assert_eq!(text(&claims, name).as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn somebody_always_has_a_name() {
        for (value, expected) in [
            (
                json!({ "preferred_username": "ann", "email": "a@b.example" }),
                "ann",
            ),
            (json!({ "preferred_username": "", "login": "octo" }), "octo"),
            (
                json!({ "email": "a@b.example", "name": "Ann" }),
                "a@b.example",
            ),
            (json!({}), "ext"),
        ] {
            assert_eq!(name(&claims(&value), "ext"), expected);
        }
    }

    #[test]
    fn the_standard_claims_make_a_profile() {
        let made = profile(&claims(&json!({
            "given_name": "Ann", "family_name": "Ample", "name": "Ann Ample", "locale": "de_CH",
            "email": "a@b.example", "email_verified": "true", "phone_number_verified": 1,
        })));
        let expected = Profile {
            given_name: "Ann".to_owned(),
            family_name: "Ample".to_owned(),
            display_name: "Ann Ample".to_owned(),
            preferred_language: "de-CH".to_owned(),
            email: "a@b.example".to_owned(),
            email_verified: true,
            ..Profile::default()
        };
        assert_eq!(made, expected);
    }

    #[test]
    fn what_is_no_object_says_nothing() {
        for body in ["", "[]", "\"x\"", "{\"a\":1"] {
            assert!(read(body.as_bytes()).is_none(), "{body}");
        }
    }
}
