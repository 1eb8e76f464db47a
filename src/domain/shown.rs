//! What is shown of an aggregate that has events which nobody is shown.

use super::ids::Sequence;
use super::time::Timestamp;

/// Sequence and date of the last event that is shown.
///
/// That a message was sent is written some time after the call that asked for it; what the call has
/// answered stays what is read (spec session-service.md section 9.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// Its sequence.
    pub sequence: Sequence,
    /// When it was written.
    pub changed_at: Timestamp,
}
