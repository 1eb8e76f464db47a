//! What follows from a code that was compared, whatever kind it is of.

use super::{Failures, UserError};
use crate::domain::event::{Nothing, UserEvent};
use crate::domain::policy::Policies;

/// What follows from a check of a code.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement<T> {
    /// It was right, and this is what it proves.
    Proven(T),
    /// It was not, for the `attempts`-th time in a row.
    Refused {
        /// What to write before the answer is given.
        events: Vec<UserEvent>,
        /// Failures in a row, this one included.
        attempts: u32,
        /// The answer.
        error: UserError,
    },
}

impl<T> Judgement<T> {
    /// One more failure of somebody who logs in; the user is locked at the maximum of the policy.
    pub(super) fn refused(
        failures: Failures,
        policies: &Policies,
        failed: UserEvent,
        error: UserError,
    ) -> Self {
        let attempts = failures.count.saturating_add(1);
        let max = policies.lockout.max_otp_attempts;
        let mut events = vec![failed];
        if max > 0 && attempts >= max {
            events.push(UserEvent::Locked(Nothing {}));
        }
        Self::Refused {
            events,
            attempts,
            error,
        }
    }
}
