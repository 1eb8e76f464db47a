//! The one door to the system's random source.

use crate::ports::HashingError;

/// Fills the buffer from the operating system.
///
/// # Errors
/// [`HashingError::Failed`] if the system has none to give; nothing may go on with a buffer of zeros.
#[expect(
    clippy::disallowed_methods,
    reason = "everything else in the crate comes through here"
)]
pub(super) fn fill(buffer: &mut [u8]) -> Result<(), HashingError> {
    getrandom::fill(buffer).map_err(|_| HashingError::Failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ() {
        let (mut one, mut two) = ([0; 16], [0; 16]);
        fill(&mut one).unwrap();
        fill(&mut two).unwrap();
        assert_ne!(one, two);
        assert_ne!(one, [0; 16]);
    }
}
