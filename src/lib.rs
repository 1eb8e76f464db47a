//! Bartizan: ZITADEL's Session Service v2 in one small binary on SQLite.

pub mod api;
pub mod app;
pub mod cli;
pub mod command;
pub mod config;
pub mod core;
pub mod crypto;
pub mod delivery;
pub mod domain;
pub mod error;
pub mod federation;
pub mod observe;
pub mod ports;
pub mod query;
pub mod storage;
pub mod throttle;
pub mod web;
