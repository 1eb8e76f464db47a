//! The command line: the same commands and queries as the API, by the person who may open the file.
//!
//! ```text
//! bartizan [serve]                          session  list show terminate
//! bartizan verify                           user     add human, add machine, list, show, lock, unlock,
//! bartizan config check | show                       deactivate, reactivate, remove, set-password
//! bartizan events tail | show               pat      create list revoke
//!                                           member   set list remove roles
//! ```
//!
//! It works on the database itself, also while a server runs on it: nothing goes through HTTP, and
//! what it writes is in the log under the creator `0`.
//!
//! Data goes to stdout, as a table or one JSON document; everything else goes to stderr. JSON has
//! camelCase keys, ids as strings, moments as RFC 3339 in UTC, and `null` for what is absent; keys
//! are added, never renamed. Exit codes: 0 done, 1 failed, 2 arguments or configuration cannot be
//! used, 3 `verify` found something, 4 another server has the data directory.
//!
//! A password is never an argument and never printed; a token is printed once, by `pat create`.

mod args;
mod config;
mod events;
mod exit;
mod failure;
mod find;
#[cfg(test)]
mod fixtures;
mod input;
mod member;
mod operator;
mod output;
mod pages;
mod pat;
mod record;
mod serve;
mod session;
mod table;
mod terminal;
mod token_file;
mod user;
mod verify;
