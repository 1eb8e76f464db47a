//! What the program reports about itself, and the clock of the machine.
//!
//! Other modules write with the macros of `log`; nothing secret may be among the arguments, which
//! types without `Display` and with a silent `Debug` see to. The same goes for key-values.

mod clock;
#[cfg(feature = "otel")]
mod export;
mod fields;
mod logger;
mod meter;
mod moment;
mod spool;

pub use clock::SystemClock;
#[cfg(feature = "otel")]
pub use export::Export;
pub use logger::{InitError, init};
pub use meter::{BOUNDS, Counted, Meter, Operation, WorkerMeter};
