//! The edge: what goes over the wire, in each protocol, and nothing of what it means.
//!
//! A request is read, its caller is found, it is checked ([`validate`]), converted and handed to a
//! command or a query; the answer is converted back. Every refusal leaves through one table
//! ([`error`]), whatever the protocol.

pub mod error;
pub mod rest;
pub mod validate;
