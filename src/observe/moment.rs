//! The moment at the beginning of each line of the log.

use crate::domain::time::Timestamp;

/// Digits of a second's fraction.
const DIGITS: usize = 6;

/// The second of the last line: many lines begin in the same one.
#[derive(Debug, Default)]
pub(super) struct Moment {
    second: Option<i64>,
    /// As it is printed, up to its fraction.
    text: String,
}

impl Moment {
    /// Appends what the moment prints as, within the years 1 to 9999.
    pub(super) fn push(&mut self, line: &mut String, at: Timestamp) {
        if self.second != Some(at.seconds()) {
            self.text = at.to_string();
            let fraction = self.text.len().saturating_sub(DIGITS + "Z".len());
            self.text.truncate(fraction);
            self.second = Some(at.seconds());
        }
        line.push_str(&self.text);
        let micros = at.micros().rem_euclid(1_000_000);
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(micros);
        for _ in digits.len()..DIGITS {
            line.push('0');
        }
        line.push_str(digits);
        line.push('Z');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_what_they_print_as() {
        let mut moment = Moment::default();
        for micros in [
            0,
            1,
            999_999,
            1_000_000,
            -1,
            1_795_428_000_123_456,
            1_795_428_000_000_006,
            1_795_428_001_020_000,
        ] {
            let at = Timestamp::from_micros(micros);
            let mut line = String::from("> ");
            moment.push(&mut line, at);
            assert_eq!(line, format!("> {at}"));
        }
    }
}
