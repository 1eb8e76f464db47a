//! Spans of time, sizes and whole values of the configuration, as people write them.

use std::time::Duration;

use bartizan::config::{StorageConfig, SweepConfig};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// What is read is printed so that it reads back to the same.
pub fn run(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    if let Some(sweep) = stable::<SweepConfig>(&json!({ "after": text })) {
        assert_eq!(text.trim(), text, "white space around a span");
        assert!(
            text.contains(|letter: char| letter.is_ascii_digit()),
            "{text:?}"
        );
        let zero = text.chars().all(|letter| !matches!(letter, '1'..='9'));
        assert!(sweep.after == Duration::ZERO || !zero, "{text:?}");
        // A part of a nanosecond is none.
        assert!(
            sweep.after != Duration::ZERO || zero || text.contains(['.', ',']),
            "{text:?}"
        );
    }
    if let Some(storage) = stable::<StorageConfig>(&json!({ "reader_cache": text })) {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let number: usize = digits.parse().expect("a size is a number");
        let factor = storage.reader_cache.checked_div(number).unwrap_or(1);
        assert!(
            factor.is_power_of_two() && factor.ilog2() % 10 == 0,
            "{text:?}"
        );
    }
}

fn stable<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(
    value: &Value,
) -> Option<T> {
    let read: T = serde_json::from_value(value.clone()).ok()?;
    let printed = serde_json::to_value(&read).expect("what was read can be printed");
    let again: T = serde_json::from_value(printed.clone())
        .unwrap_or_else(|error| panic!("{value}, printed as {printed}: {error}"));
    assert_eq!(again, read, "{value}, printed as {printed}");
    Some(read)
}
