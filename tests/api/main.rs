//! The service as its clients see it: a real server on a port of its own, real requests, whole
//! answers.
//!
//! The folders are those of the API. What an answer must be is written down from ZITADEL's behaviour,
//! not from what the server happens to say.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
#![expect(clippy::panic, reason = "helpers of tests fail by panicking")]

mod callers;
mod concurrency;
mod errors;
mod helpers;
mod json;
mod permissions;
mod routing;
mod secrets;
mod sessions;
mod users;
mod v2beta;
