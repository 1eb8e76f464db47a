//! The query string of a GET, read as the gateway reads it into the fields of a message.

use crate::domain::error::Kind;
use crate::error::Error;

use super::decode::{Undecodable, decode};

/// The session token in a query string, under its JSON name or its protobuf name.
///
/// Other parameters are ignored. No text of a refusal holds any part of the token, because texts
/// are logged and tokens are not.
///
/// # Errors
/// `InvalidArgument` if the token is given twice (under either name) or cannot be decoded.
pub fn session_token(query: Option<&str>) -> Result<Option<String>, Error> {
    single(query.unwrap_or_default(), "session_token", "sessionToken")
}

/// The one value of a field; `None` if it is not there.
fn single(query: &str, proto: &str, json: &str) -> Result<Option<String>, Error> {
    let mut found = None;
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        // A name that cannot be decoded is not the one that is looked for.
        if !form_decode(name).is_ok_and(|name| name == proto || name == json) {
            continue;
        }
        if found.is_some() {
            return Err(Error::plain(
                Kind::InvalidArgument,
                format!("too many values for field \"{proto}\""),
            ));
        }
        found = Some(form_decode(value).map_err(|undecodable| {
            let reason = match undecodable {
                Undecodable::Escape(_) => "invalid URL escape",
                Undecodable::Utf8 => "invalid UTF-8",
            };
            Error::plain(
                Kind::InvalidArgument,
                format!("parsing field \"{proto}\": {reason}"),
            )
        })?);
    }
    Ok(found)
}

/// Decodes a name or a value: in forms, and in forms alone, a plus is a space.
fn form_decode(raw: &str) -> Result<String, Undecodable> {
    if raw.contains('+') {
        decode(&raw.replace('+', " ")).map(Into::into)
    } else {
        decode(raw).map(Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_under_both_names() {
        for (query, token) in [
            (None, None),
            (Some(""), None),
            (Some("&&="), None),
            (Some("sessionToken=abc"), Some("abc")),
            (Some("session_token=abc"), Some("abc")),
            (Some("a=b&session_token=abc&c"), Some("abc")),
            (Some("session%5Ftoken=a%2Bb+c"), Some("a+b c")),
            (Some("sessionToken=a=b"), Some("a=b")),
            (Some("sessionToken="), Some("")),
            (Some("sessionToken"), Some("")),
        ] {
            assert_eq!(session_token(query).unwrap().as_deref(), token, "{query:?}");
        }
    }

    #[test]
    fn other_parameters_are_ignored_whatever_they_hold() {
        for query in [
            "unknown=1&unknown=2",
            "SESSIONTOKEN=a",
            "sessiontoken=a",
            "sessionToken[]=a",
            "%zz=a",
            "x=%zz&y=%ff",
        ] {
            assert_eq!(session_token(Some(query)).unwrap(), None, "{query}");
        }
    }

    #[test]
    fn two_tokens_are_refused_without_telling_them() {
        for query in [
            "sessionToken=s3cret&sessionToken=s3cret",
            "session_token=s3cret&session_token=",
            "sessionToken=s3cret&session_token=other",
            "session_token=s3cret&session%54oken=%zz",
        ] {
            let error = session_token(Some(query)).unwrap_err();
            assert_eq!(error.kind, Kind::InvalidArgument);
            assert_eq!(error.text(), "too many values for field \"session_token\"");
        }
    }

    #[test]
    fn a_token_that_cannot_be_decoded_is_refused_without_telling_it() {
        for (query, text) in [
            (
                "sessionToken=s3cret%zz",
                "parsing field \"session_token\": invalid URL escape",
            ),
            (
                "session_token=s3cret%ff",
                "parsing field \"session_token\": invalid UTF-8",
            ),
        ] {
            let error = session_token(Some(query)).unwrap_err();
            assert_eq!(error.kind, Kind::InvalidArgument);
            assert_eq!(error.text(), text);
        }
    }
}
