//! The payloads of Connect, gRPC and gRPC-Web.
//!
//! The runtime reads and writes JSON with the generated types themselves,
//! whose rules differ from those of REST: see [`json`]. So payloads are read
//! with [`read()`] and written with [`write()`], which know both forms.

use buffa::DecodeOptions;
use buffa::bytes::Bytes;
use connectrpc::CodecFormat;

use crate::json::{self, Body, JsonError};

/// Why a payload was not read. Says what is wrong and where, never a value.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is not the JSON of the message.
    #[error("unmarshal message: {0}")]
    Json(#[from] JsonError),
    /// It is not the binary form of the message.
    #[error("unmarshal message: proto: {0}")]
    Binary(#[from] buffa::DecodeError),
}

/// Reads a message.
///
/// In the binary form nothing at all is the message without any field; in JSON
/// it is an error, unlike on the REST routes.
///
/// # Errors
///
/// If the payload is not the message in this form, or would take more memory
/// than messages are allowed to.
pub fn read<M: Body>(payload: &[u8], format: CodecFormat) -> Result<M, ReadError> {
    if format == CodecFormat::Json {
        return Ok(json::decode_present(payload)?);
    }
    Ok(DecodeOptions::new().decode_from_slice(payload)?)
}

/// Writes a message.
///
/// # Errors
///
/// See [`json::encode()`]; the binary form can hold everything.
pub fn write<M: Body>(message: &M, format: CodecFormat) -> Result<Bytes, JsonError> {
    if format != CodecFormat::Json {
        return Ok(message.encode_to_bytes());
    }
    let mut out = Vec::with_capacity(512);
    json::encode(message, &mut out)?;
    Ok(out.into())
}

// `PROCEDURES`: the path of every method of every service in the `.proto`
// files, sorted, and `SERVICES`: their full names, sorted.
include!(concat!(env!("OUT_DIR"), "/methods.rs"));
