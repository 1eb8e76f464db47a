//! Delivery of messages to people, and of events to webhooks.
//!
//! Commands leave sealed messages in the store, in the transaction of their events ([`Postbox`]); a
//! thread of its own takes them out and hands each to what is configured to carry it ([`Worker`]).
//! A message is delivered at least once: it goes from the store after somebody has taken it. No code,
//! no link and no address is ever logged.
//!
//! Events need no box: they are in the log, and a cursor for each webhook says how far it has been told
//! ([`Teller`]).

mod backoff;
mod carrier;
mod content;
mod events;
mod folder;
mod payload;
mod postbox;
mod smtp;
mod texts;
mod webhook;
mod worker;

pub use carrier::{Carrier, Carriers, Undelivered};
pub use events::{EventReceiver, Progress, Teller, Telling, WebhookState};
pub use folder::Folder;
pub use postbox::Postbox;
pub use smtp::{Encryption, Smtp, SmtpError, SmtpSettings};
pub use texts::{Look, Wording};
pub use webhook::{EventWebhook, Webhook, WebhookError, WebhookSettings, sign};
pub use worker::Worker;
