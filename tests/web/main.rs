//! The accept layer over real sockets.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod app;
mod deadlines;
mod edge;
mod floods;
mod helpers;
mod log;
mod protocols;
mod stop;
mod tls;
mod turns;
