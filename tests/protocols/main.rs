//! Connect, gRPC-Web and gRPC against a real server.
//!
//! `matrix` runs one list of calls through every protocol and demands the same outcome; the others
//! test what each protocol has of its own. What is sent and read here is written by hand or by `h2`,
//! so that the server's library is not its own judge.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
#![expect(clippy::panic, reason = "helpers of tests fail by panicking")]
#![expect(
    clippy::indexing_slicing,
    reason = "a test that panics is red, as it should be"
)]
#![expect(
    clippy::too_many_lines,
    clippy::unused_self,
    reason = "tables of cases and the small tools that read them"
)]

mod calls;
mod codes;
mod connect;
mod day;
mod failures;
mod grpc;
mod grpc_web;
#[expect(
    dead_code,
    unused_imports,
    reason = "the tests of the API need more of it"
)]
#[path = "../api/helpers/mod.rs"]
mod helpers;
mod log;
mod matrix;
mod otp;
mod outcome;
mod providers;
mod streams;
mod webauthn;
mod wire;
