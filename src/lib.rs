//! Bartizan: ZITADEL's Session Service v2 in one small binary on SQLite.

pub mod api;
pub mod command;
pub mod config;
pub mod core;
pub mod domain;
pub mod error;
pub mod observe;
pub mod ports;
pub mod query;
pub mod web;
