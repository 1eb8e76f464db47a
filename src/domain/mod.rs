//! The rules, pure: state, command and time go in, events or a refusal come out.
//!
//! Nothing here reads a clock, draws a random number, opens a file or waits.

pub mod ids;
pub mod secret;
pub mod time;
