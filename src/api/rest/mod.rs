//! REST: JSON over the routes that ZITADEL's gateway offers.

pub mod error;
pub mod routes;
