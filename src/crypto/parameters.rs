//! Whether what is configured makes sense.

use std::ops::RangeInclusive;

/// A parameter that makes no sense or could bring the service down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` must be from {min} to {max}: `{value}`")]
pub struct ParameterError {
    /// Which one.
    pub name: &'static str,
    /// What it is.
    pub value: u64,
    /// The least that it may be.
    pub min: u64,
    /// The most that it may be.
    pub max: u64,
}

/// Whether a parameter is where it may be.
pub(super) fn within(
    name: &'static str,
    value: u64,
    allowed: RangeInclusive<u64>,
) -> Result<(), ParameterError> {
    if allowed.contains(&value) {
        return Ok(());
    }
    let (min, max) = allowed.into_inner();
    Err(ParameterError {
        name,
        value,
        min,
        max,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_says_what_is_allowed() {
        let error = within("node", 9, 0..=3).unwrap_err();
        assert_eq!(error.to_string(), "`node` must be from 0 to 3: `9`");
    }
}
