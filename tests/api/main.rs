//! The service as its clients see it: a real server on a port of its own, real requests, whole
//! answers.
//!
//! The folders are those of the API. What an answer must be is written down from ZITADEL's behaviour,
//! not from what the server happens to say.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
#![expect(clippy::panic, reason = "helpers of tests fail by panicking")]
#![expect(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::sliced_string_as_bytes,
    reason = "a test that panics is red, as it should be"
)]
#![expect(
    clippy::too_many_lines,
    clippy::format_collect,
    clippy::needless_lifetimes,
    clippy::needless_pass_by_value,
    clippy::redundant_clone,
    clippy::single_match_else,
    clippy::unused_self,
    reason = "tables of cases and the small tools that read them"
)]

mod administrators;
mod attacks;
mod callers;
mod concurrency;
mod delivery;
mod errors;
mod event_webhooks;
mod events;
mod forward_auth;
mod helpers;
mod idps;
mod json;
mod metrics;
mod openapi;
mod organizations;
mod permissions;
mod provisioning;
mod routing;
mod secrets;
mod sessions;
mod settings;
mod users;
mod v2beta;
mod webhooks;
