//! The edge: what goes over the wire, in each protocol, and nothing of what it means.
//!
//! A request is read, its caller is found, it is checked ([`validate`]), converted and handed to a
//! command or a query; the answer is converted back. Every refusal leaves through one table
//! ([`error`]), whatever the protocol.

mod auth;
mod convert;
pub mod error;
pub mod internal_permission_service;
mod org_service;
pub mod rest;
mod session_service;
mod settings_service;
mod user_service;
mod v1_service;
pub mod validate;

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use actix_web::web::{Bytes, Payload};

use crate::core::Core;
use crate::error::Error;

/// Reads the body of a request within the limits of the server.
pub type ReadBody = Rc<dyn Fn(Payload) -> Pin<Box<dyn Future<Output = Result<Bytes, Error>>>>>;

/// What the handlers share within a worker.
#[derive(Clone)]
pub struct Api {
    /// The core.
    pub core: Core,
    /// How bodies are read.
    pub read_body: ReadBody,
}

impl fmt::Debug for Api {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Api")
            .field("core", &self.core)
            .finish_non_exhaustive()
    }
}
