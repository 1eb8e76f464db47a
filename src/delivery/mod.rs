//! Delivery of messages to people.

mod content;
mod postbox;

pub use postbox::Postbox;
