//! What a worker needs to answer calls.

use std::collections::HashMap;
use std::fmt;

use bartizan_proto::connect;
use connectrpc::{CompressionPolicy, ConnectRpcService, DeadlinePolicy, Limits, StreamType};

use super::procedures::{Operation, PROCEDURES};
use super::services::{Dispatch, Services};
use crate::core::Core;

/// The procedures of a worker.
#[derive(Clone)]
pub struct Rpc {
    operations: HashMap<&'static str, Operation>,
    pub(super) service: ConnectRpcService<Dispatch>,
}

/// What is at a path.
#[derive(Debug, Clone, Copy)]
pub(super) enum Procedure {
    /// An operation of ours and its path; the flag says that its answers hold no secret.
    Operation(Operation, &'static str, bool),
    /// One of the `.proto` files whose operation this version lacks.
    NotYet,
    /// A service from a library.
    Library(StreamType),
}

impl Procedure {
    /// Whether it is called with messages in frames.
    pub(super) const fn streams(self) -> bool {
        match self {
            Self::Operation(..) | Self::NotYet | Self::Library(StreamType::Unary) => false,
            Self::Library(_) => true,
        }
    }
}

impl Rpc {
    /// Every procedure, with requests of at most `limit` bytes, before and after decompression.
    pub fn new(core: Core, services: &Services, limit: usize) -> Self {
        let limits = Limits::default()
            .with_max_message_size(limit)
            .with_max_request_body_size(limit.saturating_add(connectrpc::envelope::HEADER_SIZE));
        let service = ConnectRpcService::new(Dispatch::new(core, services))
            .with_limits(limits)
            .with_compression_policy(CompressionPolicy::default())
            .with_deadline_policy(DeadlinePolicy::new().with_enforce_on_streams(true));
        Self {
            operations: PROCEDURES.iter().copied().collect(),
            service,
        }
    }

    /// The procedure at a path.
    pub(super) fn find(&self, path: &str) -> Option<Procedure> {
        if let Some((path, operation)) = self.operations.get_key_value(path) {
            return Some(Procedure::Operation(
                *operation,
                path,
                holds_no_secret(path),
            ));
        }
        if let Some(kind) = self.service.dispatcher().kind(path) {
            return Some(Procedure::Library(kind));
        }
        let known = connect::PROCEDURES.binary_search(&path).is_ok();
        known.then_some(Procedure::NotYet)
    }
}

/// Lists are the only answers that may be compressed (see `docs/decisions`): they are long, and
/// none of them carries a token or a code.
fn holds_no_secret(path: &str) -> bool {
    path.rsplit('/')
        .next()
        .is_some_and(|method| method.starts_with("List"))
}

impl fmt::Debug for Rpc {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Rpc")
            .field("procedures", &self.operations.len())
            .finish_non_exhaustive()
    }
}
