//! The JSON of Connect and gRPC, by the same rules as that of REST.
//!
//! The runtime reads and writes JSON with the generated types themselves,
//! whose rules differ: see [`json`]. [`StrictJson`] takes its place for
//! requests and [`Answer`] for answers; the binary form passes through both
//! as it is.

use buffa::bytes::Bytes;
use connectrpc::interceptor::{UnaryRequest, UnaryResponse};
use connectrpc::{CodecFormat, ConnectError, Encodable, Interceptor, Next, Payload};

use crate::json::{self, Body, JsonError};

/// Reads every request that is JSON with [`json::decode()`].
///
/// Register it with [`connectrpc::ConnectRpcService::with_interceptor`].
/// Unlike on the REST routes, an empty body is an error.
#[derive(Debug, Clone, Copy, Default)]
pub struct StrictJson;

#[connectrpc::async_trait]
impl Interceptor for StrictJson {
    async fn intercept_unary(
        &self,
        mut request: UnaryRequest,
        next: Next<'_>,
    ) -> Result<UnaryResponse, ConnectError> {
        if request.payload.format() == CodecFormat::Json
            && let Some(read) = request.ctx.path().and_then(reader)
        {
            read(&mut request.payload).map_err(|error| {
                ConnectError::invalid_argument(format!("unmarshal message: {error}"))
            })?;
        }
        next.run(request).await
    }
}

/// An answer whose JSON is written with [`json::encode()`].
#[derive(Debug, Clone, PartialEq)]
pub struct Answer<M>(pub M);

impl<M: Body> Encodable<M> for Answer<M> {
    fn encode(&self, codec: CodecFormat) -> Result<Bytes, ConnectError> {
        if codec != CodecFormat::Json {
            return Encodable::encode(&self.0, codec);
        }
        let mut out = Vec::new();
        json::encode(&self.0, &mut out)
            .map_err(|error| ConnectError::internal(error.to_string()))?;
        Ok(out.into())
    }
}

type Read = fn(&mut Payload) -> Result<(), JsonError>;

/// What reads the requests of the method with this path.
fn reader(path: &str) -> Option<Read> {
    let place = METHODS.binary_search_by_key(&path, |(path, _)| path).ok()?;
    METHODS.get(place).map(|(_, read)| *read)
}

/// Leaves the message in place of the bytes it was read from.
fn read<M: Body>(payload: &mut Payload) -> Result<(), JsonError> {
    let message = json::decode_present::<M>(payload.bytes())?;
    payload.set_message(message);
    Ok(())
}

// `METHODS`: every path, sorted, with the `read` of its request.
include!(concat!(env!("OUT_DIR"), "/methods.rs"));
