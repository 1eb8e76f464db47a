//! What the tests of rules share: requests are written in JSON, as clients write them.

use bartizan_proto::buffa::Message;
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Invalid, Validate};

/// What is said about a request.
#[track_caller]
pub(super) fn judge<T: Validate + DeserializeOwned>(request: Value) -> Result<(), Invalid> {
    let text = request.to_string();
    serde_json::from_value::<T>(request)
        .unwrap_or_else(|error| panic!("{text}: {error}"))
        .validate()
}

/// A request that keeps the rules.
#[track_caller]
pub(super) fn passes<T: Validate + DeserializeOwned>(request: Value) {
    let text = request.to_string();
    assert_eq!(judge::<T>(request), Ok(()), "{text}");
}

/// A request that breaks a rule; `path` is where, from the outside in, and `text` what is said.
///
/// `refused::<T>(request, &["T.Checks", "Checks.User"], "value is required")`
#[track_caller]
pub(super) fn refused<T: Validate + DeserializeOwned>(request: Value, path: &[&str], text: &str) {
    let shown = request.to_string();
    let fields = path
        .iter()
        .map(|field| format!("invalid {field}: "))
        .collect::<Vec<_>>()
        .join("embedded message failed validation | caused by: ");
    assert_eq!(
        judge::<T>(request),
        Err(Invalid::Rule(format!("{fields}{text}"))),
        "{shown}"
    );
}

/// A text field with a length between two bounds: tries both and what lies beside them.
#[track_caller]
pub(super) fn bounded<T: Validate + DeserializeOwned>(
    request: impl Fn(&str) -> Value,
    path: &[&str],
    (min, max): (usize, usize),
) {
    let text = match (min, max) {
        (0, max) => format!("value length must be at most {max} runes"),
        (min, max) if min == max => format!("value length must be {min} runes"),
        (min, max) => format!("value length must be between {min} and {max} runes, inclusive"),
    };
    passes::<T>(request(&"ü".repeat(min)));
    passes::<T>(request(&"ü".repeat(max)));
    refused::<T>(request(&"ü".repeat(max + 1)), path, &text);
    if let Some(less) = min.checked_sub(1) {
        refused::<T>(request(&"ü".repeat(less)), path, &text);
    }
}

/// Whatever bytes decode to a message, it is judged.
pub(super) fn survives<T: Validate + Message>(bytes: &[u8]) {
    if let Ok(request) = T::decode_from_slice(bytes) {
        drop(request.validate());
    }
}

/// Bytes that are protobuf more often than chance: small tags and short lengths, nested.
pub(super) fn wire() -> impl Strategy<Value = Vec<u8>> {
    let varint = (1_u8..19, any::<u8>()).prop_map(|(field, value)| vec![field << 3, value & 0x7f]);
    let text = (1_u8..16, prop::collection::vec(32_u8..127, 0..24)).prop_map(bytes_field);
    prop_oneof![varint, text].prop_recursive(5, 64, 6, |inner| {
        let fields = prop::collection::vec(inner, 0..6).prop_map(|fields| fields.concat());
        (
            1_u8..16,
            fields.prop_filter("one byte of length", |body| body.len() < 128),
        )
            .prop_map(bytes_field)
    })
}

fn bytes_field((field, body): (u8, Vec<u8>)) -> Vec<u8> {
    let length = u8::try_from(body.len()).expect("short bodies");
    [vec![field << 3 | 2, length], body].concat()
}
