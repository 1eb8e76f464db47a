//! The query string of a GET, read as the gateway reads it into the fields of a message.

use std::borrow::Cow;

use bartizan_proto::buffa::{EnumValue, Enumeration};

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

/// A text in a query string; `None` if it is not there.
///
/// Names of fields inside others have dots, such as `ctx.org_id`.
///
/// # Errors
/// `InvalidArgument` if it is given twice (under either name) or cannot be decoded.
pub(crate) fn text(query: Option<&str>, proto: &str, json: &str) -> Result<Option<String>, Error> {
    single(query.unwrap_or_default(), proto, json)
}

/// The values of an enumeration in a query string, by name or number, for a field that may be there
/// several times.
///
/// # Errors
/// `InvalidArgument` for a value that cannot be decoded or is none of the enumeration.
pub(crate) fn enumeration<E: Enumeration>(
    query: Option<&str>,
    proto: &str,
    json: &str,
) -> Result<Vec<EnumValue<E>>, Error> {
    let refused = |reason: &str| {
        let text = format!("parsing list \"{}\": {reason}", last(proto));
        Error::plain(Kind::InvalidArgument, text)
    };
    let mut found = Vec::new();
    for (name, value) in pairs(query.unwrap_or_default()) {
        if !is_named(name, proto, json) {
            continue;
        }
        let value = form_decode(value).map_err(|undecodable| refused(reason(&undecodable)))?;
        let by_number = || value.parse().ok().and_then(E::from_i32);
        let known = E::from_proto_name(&value).or_else(by_number);
        found.push(
            known
                .ok_or_else(|| refused(&format!("{value:?} is not a valid value")))?
                .into(),
        );
    }
    Ok(found)
}

/// A truth value in a query string, spelled as Go's `strconv.ParseBool` takes it.
///
/// # Errors
/// As [`text`], and `InvalidArgument` for any other spelling.
pub(crate) fn flag(query: Option<&str>, proto: &str, json: &str) -> Result<Option<bool>, Error> {
    let Some(text) = text(query, proto, json)? else {
        return Ok(None);
    };
    match text.as_str() {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Some(true)),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Some(false)),
        _ => Err(Error::plain(
            Kind::InvalidArgument,
            format!("parsing field \"{}\": invalid syntax", last(proto)),
        )),
    }
}

/// The one alternative of a oneof that is there.
///
/// # Errors
/// `InvalidArgument` if there are several.
pub(crate) fn one_of<T>(
    name: &str,
    alternatives: impl IntoIterator<Item = Option<T>>,
) -> Result<Option<T>, Error> {
    let mut there = alternatives.into_iter().flatten();
    match (there.next(), there.next()) {
        (found, None) => Ok(found),
        (_, Some(_)) => Err(Error::plain(
            Kind::InvalidArgument,
            format!("field already set for oneof \"{name}\""),
        )),
    }
}

/// The name of a field without those that it lies in.
fn last(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, last)| last)
}

/// The one value of a field; `None` if it is not there.
fn single(query: &str, proto: &str, json: &str) -> Result<Option<String>, Error> {
    let mut found = None;
    for (name, value) in pairs(query) {
        if !is_named(name, proto, json) {
            continue;
        }
        if found.is_some() {
            return Err(Error::plain(
                Kind::InvalidArgument,
                format!("too many values for field \"{}\"", last(proto)),
            ));
        }
        let value = form_decode(value).map_err(|undecodable| {
            let reason = reason(&undecodable);
            Error::plain(
                Kind::InvalidArgument,
                format!("parsing field \"{}\": {reason}", last(proto)),
            )
        })?;
        found = Some(value.into_owned());
    }
    Ok(found)
}

/// Names and values as they were sent.
fn pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query
        .split('&')
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

const fn reason(undecodable: &Undecodable) -> &'static str {
    match undecodable {
        Undecodable::Escape(_) => "invalid URL escape",
        Undecodable::Utf8 => "invalid UTF-8",
    }
}

/// Whether this is one of the two names of a field; one that cannot be decoded is neither.
fn is_named(raw: &str, proto: &str, json: &str) -> bool {
    form_decode(raw).is_ok_and(|name| name == proto || name == json)
}

/// Decodes a name or a value: in forms, and in forms alone, a plus is a space.
fn form_decode(raw: &str) -> Result<Cow<'_, str>, Undecodable> {
    if raw.bytes().any(|byte| byte == b'+') {
        let text = decode(&raw.replace('+', " "))?.into_owned();
        Ok(Cow::Owned(text))
    } else {
        decode(raw)
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
    fn values_of_an_enumeration_are_named_or_numbered_and_may_be_several() {
        use bartizan_proto::zitadel::user::v2::AuthFactors;
        let read = |query| {
            enumeration::<AuthFactors>(Some(query), "auth_factors", "authFactors")
                .map(|found| found.iter().map(EnumValue::to_i32).collect::<Vec<_>>())
                .map_err(|error| error.text().into_owned())
        };
        for (query, found) in [
            ("", Ok(vec![])),
            ("states=1", Ok(vec![])),
            (
                "authFactors=OTP&auth_factors=3&authFactors=OTP%5FSMS",
                Ok(vec![0, 3, 1]),
            ),
            (
                "authFactors=",
                Err("parsing list \"auth_factors\": \"\" is not a valid value"),
            ),
            (
                "authFactors=otp",
                Err("parsing list \"auth_factors\": \"otp\" is not a valid value"),
            ),
            (
                "authFactors=4",
                Err("parsing list \"auth_factors\": \"4\" is not a valid value"),
            ),
            (
                "authFactors=%FF",
                Err("parsing list \"auth_factors\": invalid UTF-8"),
            ),
        ] {
            assert_eq!(read(query), found.map_err(str::to_owned), "{query}");
        }
    }

    #[test]
    fn fields_inside_others_are_found_by_their_path() {
        for (query, found) in [
            ("ctx.orgId=7", Ok(Some("7"))),
            ("ctx.org_id=7", Ok(Some("7"))),
            ("ctx%2Eorg_id=7", Ok(Some("7"))),
            ("orgId=7&ctx=7&ctx.orgid=7", Ok(None)),
            (
                "ctx.orgId=7&ctx.org_id=7",
                Err("too many values for field \"org_id\""),
            ),
            (
                "ctx.orgId=%zz",
                Err("parsing field \"org_id\": invalid URL escape"),
            ),
        ] {
            let text = text(Some(query), "ctx.org_id", "ctx.orgId");
            let text = text.map_err(|error| error.text().into_owned());
            let found = found.map(|text| text.map(str::to_owned));
            assert_eq!(text, found.map_err(str::to_owned), "{query}");
        }
    }

    #[test]
    fn flags_have_the_spellings_of_go() {
        for (value, found) in [
            ("1", Some(true)),
            ("t", Some(true)),
            ("True", Some(true)),
            ("0", Some(false)),
            ("FALSE", Some(false)),
        ] {
            let query = format!("ctx.instance={value}");
            assert_eq!(
                flag(Some(&query), "ctx.instance", "ctx.instance").unwrap(),
                found
            );
        }
        assert_eq!(flag(None, "a", "a").unwrap(), None);
        for value in ["", "yes", "tRUE", "2"] {
            let query = format!("ctx.instance={value}");
            let error = flag(Some(&query), "ctx.instance", "ctx.instance").unwrap_err();
            assert_eq!(error.text(), "parsing field \"instance\": invalid syntax");
        }
    }

    #[test]
    fn of_alternatives_there_is_one_at_most() {
        assert_eq!(one_of::<u8>("a", [None, None]).unwrap(), None);
        assert_eq!(one_of("a", [None, Some(1)]).unwrap(), Some(1));
        let error = one_of("a", [Some(1), Some(2)]).unwrap_err();
        assert_eq!(error.text(), "field already set for oneof \"a\"");
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
