//! Bartizan: ZITADEL's Session Service v2 in one small binary on SQLite.

pub mod domain;
pub mod error;
pub mod ports;
pub mod web;
