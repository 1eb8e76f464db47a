//! What is fed with bytes that nobody would send: one function for each decoder.
//!
//! Each asserts more than that nothing panics: what is read can be written and read again, two forms
//! of one message say the same, what is accepted is what was issued. They go through what the crates
//! offer to everybody, so nothing is opened for them.
//!
//! The programs of libFuzzer call them with what it makes up, and `tests/fuzz` with the files in
//! `corpus/`: a finding that is put there stays mended.

pub mod archives;
pub mod bearers;
pub mod calls;
pub mod cookies;
pub mod durations;
pub mod json;
pub mod messages;
pub mod protobuf;
pub mod searches;
pub mod service;
pub mod signatures;
pub mod tokens;

/// What is fed.
pub type Target = fn(&[u8]);

/// The name of each target, which is that of its corpus, and its function.
pub const TARGETS: [(&str, Target); 10] = [
    ("archives", archives::run),
    ("bearers", bearers::run),
    ("calls", calls::run),
    ("cookies", cookies::run),
    ("durations", durations::run),
    ("json", json::run),
    ("protobuf", protobuf::run),
    ("searches", searches::run),
    ("signatures", signatures::run),
    ("tokens", tokens::run),
];
