//! REST: JSON over the routes that ZITADEL's gateway offers.
//!
//! One handler takes every path, because the gateway's rules of matching are not those of a web
//! framework: see [`routes`].

pub mod error;
pub mod routes;

mod authentication;
mod call;
mod handler;
mod idp;
mod logout;
mod otp;
mod sessions;
mod settings;
mod user_codes;
mod users;
mod v1;
mod webauthn;

pub use handler::handle;
