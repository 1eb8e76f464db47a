//! The composition root: opens the store, makes the ports, sets up the first start, runs the server.

mod certificates;
mod data_dir;
mod delivery;
mod doctor;
mod error;
mod failure_log;
mod first_start;
mod identity_providers;
mod metrics;
mod open;
mod restore;
mod running;
mod secret_file;
mod sweeper;
mod webhooks;

pub use certificates::{CertificateError, Certificates};
pub use doctor::{Diagnosis, Health, examine, rotate_key};
pub use error::AppError;
pub use open::{Machine, Opened, open, require_key};
pub use restore::{Restored, restore};
pub use running::{Running, start};
pub use webhooks::{Held, held};
