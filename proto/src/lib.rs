//! The wire messages of Bartizan, generated from its own `.proto` files.
//!
//! One module per package, under the name it has on the wire: the session
//! service is [`zitadel::session::v2`]. The messages of `google.protobuf` are
//! those of [`buffa_types`]. [`json`] reads and writes them as JSON, [`connect`]
//! brings the same rules to Connect and gRPC.
//!
//! This crate knows how things are written, not what they mean: no validation,
//! no permissions, no defaults.

pub mod connect;
pub mod json;

/// What the build script made of the `.proto` files.
#[allow(warnings, reason = "the generator knows nothing of our lints")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/_messages.rs"));
}

pub use generated::{bartizan, google, grpc, zitadel};
pub use {buffa, buffa_types, connectrpc};

/// Every file of this crate and what it imports, as an encoded
/// `google.protobuf.FileDescriptorSet` without comments.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// The OpenAPI 3.1 document of the REST routes, as JSON.
pub const OPENAPI: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// Changes with the document.
pub const OPENAPI_TAG: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.tag"));
