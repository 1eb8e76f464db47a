//! Messages as JSON, the way every client of ZITADEL writes and reads them.
//!
//! The rules are those of the protobuf JSON mapping, with what the servers of
//! ZITADEL make of its open points: unknown fields and unknown names of enum
//! values are ignored, a field given twice is an error. [`decode()`] and
//! [`encode()`] are the only ways in and out.
//!
//! Writing is left to the generated types. Reading is not, because their
//! `Deserialize` takes an array for a message, lets the last of two equal keys
//! win, fails on the name of an enum value it does not know, quotes values in
//! its errors, and knows none of the limits that hold for the binary form.
//! Here a body is turned into the binary form first, led by tables made from
//! the same descriptors ([`Shape`]), and that is then decoded as any other.
//!
//! An error says what is wrong and where, and names fields; it never repeats
//! a value, which may be a password.

mod decode;
mod encode;
mod error;
mod lexer;
mod scalar;
mod shape;
mod structure;
pub(crate) mod timestamp;
mod wire;

use buffa::DecodeOptions;
use serde::Serialize;

pub use error::JsonError;
pub use shape::{Body, Shape};

/// How deep objects and arrays may be nested in a body.
///
/// Every level costs stack; ten times what any request of a known client
/// needs.
pub const MAX_DEPTH: u32 = 128;

/// Levels of the binary form that one level of JSON can become: a value, the
/// object in it, and the entry of its map.
const BINARY_LEVELS: u32 = 3;

/// Reads a message.
///
/// A body that is empty or only white space is the message without any field,
/// as on the REST routes of ZITADEL.
///
/// ```
/// use bartizan_proto::json;
/// use bartizan_proto::zitadel::session::v2::DeleteSessionRequest;
///
/// let request: DeleteSessionRequest = json::decode(br#"{"session_id": "7"}"#)?;
/// assert_eq!(request.session_id, "7");
/// # Ok::<(), json::JsonError>(())
/// ```
///
/// # Errors
///
/// If the body is not JSON, does not fit the message, or would take more
/// memory than the binary form is allowed to.
pub fn decode<M: Body>(body: &[u8]) -> Result<M, JsonError> {
    if body.iter().all(|byte| lexer::is_space(*byte)) {
        return Ok(M::default());
    }
    decode_present(body)
}

/// Reads a message of which there must be something.
pub(crate) fn decode_present<M: Body>(body: &[u8]) -> Result<M, JsonError> {
    let binary = to_binary(M::SHAPE, body)?;
    DecodeOptions::new()
        .with_recursion_limit(MAX_DEPTH * BINARY_LEVELS)
        .decode_from_slice(&binary)
        .map_err(|_| JsonError::too_large())
}

/// Turns JSON into the binary form of the message that has this shape.
///
/// # Errors
///
/// If the body is empty, is not JSON, or does not fit the message.
pub fn to_binary(shape: &'static Shape, body: &[u8]) -> Result<Vec<u8>, JsonError> {
    let text = str::from_utf8(body).map_err(|error| JsonError::not_utf8(body, &error))?;
    decode::Decoder::new(text).run(shape)
}

/// Appends a message to `out`.
///
/// # Errors
///
/// If a timestamp, a duration or a number in it is outside of what the mapping
/// can write; `out` is then as it was.
pub fn encode<M: Serialize>(message: &M, out: &mut Vec<u8>) -> Result<(), JsonError> {
    let length = out.len();
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, encode::Compact);
    message.serialize(&mut serializer).map_err(|_| {
        out.truncate(length);
        JsonError::not_writable()
    })
}
