//! What all tests of the API share: a server, clients, and answers compared as a whole.

pub(crate) mod answer;
pub(crate) mod client;
pub(crate) mod clock;
pub(crate) mod events;
pub(crate) mod hooks;
pub(crate) mod http;
pub(crate) mod keys;
pub(crate) mod letters;
pub(crate) mod mailbox;
pub(crate) mod server;
pub(crate) mod totp;

pub(crate) use answer::{Answer, CODE, ID, TOKEN};
pub(crate) use client::Client;
pub(crate) use server::{DAY, Human, NewSession, PASSWORD, TestServer, wait};
pub(crate) use totp::Authenticator;
