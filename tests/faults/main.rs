//! What the program promises when disks fail, processes die, clocks jump and commands meet: the real
//! binary, asked over the wire. `docs/reliability.md` has the table and the long runs.
//!
//! Faults come from a small library that is loaded before the program's own (`shim.c`); the program is
//! the one that is shipped.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
#![expect(clippy::panic, reason = "helpers of tests fail by panicking")]
#![expect(
    clippy::indexing_slicing,
    reason = "a JSON document answers an absent key with null"
)]
#![expect(
    clippy::needless_collect,
    reason = "all threads start before one is waited for"
)]
#![expect(clippy::print_stdout, reason = "the long runs tell their figures")]

#[path = "../api/helpers/http.rs"]
mod http;
#[expect(dead_code, reason = "tests of the API use more of it")]
#[path = "../api/helpers/hooks.rs"]
mod receiver;

mod clock;
mod disk;
mod hooks;
mod kill;
mod place;
mod power;
mod process;
mod races;
mod replay;
mod shim;
mod start;
mod traffic;
mod upgrade;
