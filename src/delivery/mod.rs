//! Delivery of messages to people.
//!
//! Commands leave sealed messages in the store, in the transaction of their events ([`Postbox`]); a
//! thread of its own takes them out and hands each to what is configured to carry it ([`Worker`]).
//! A message is delivered at least once: it goes from the store after somebody has taken it. No code,
//! no link and no address is ever logged.

mod backoff;
mod carrier;
mod content;
mod folder;
mod payload;
mod postbox;
mod smtp;
mod texts;
mod webhook;
mod worker;

pub use carrier::{Carrier, Carriers, Undelivered};
pub use folder::Folder;
pub use postbox::Postbox;
pub use smtp::{Encryption, Smtp, SmtpError, SmtpSettings};
pub use texts::{Look, Wording};
pub use webhook::{Webhook, WebhookError, WebhookSettings, sign};
pub use worker::Worker;
