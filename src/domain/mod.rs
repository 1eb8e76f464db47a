//! The rules, pure: state, command and time go in, events or a refusal come out.
//!
//! Nothing here reads a clock, draws a random number, opens a file or waits.

pub mod client;
pub mod error;
pub mod event;
pub mod idp;
pub mod ids;
pub mod intent;
pub mod notification;
pub mod org;
pub mod permission;
pub mod policy;
pub mod secret;
pub mod session;
pub mod settings;
pub mod shown;
pub mod time;
pub mod user;
pub mod webauthn;
