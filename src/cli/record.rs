//! What one row of data is: the same type makes the table and the JSON.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::domain::time::Timestamp;

/// Data that is listed.
pub(super) trait Row: Serialize {
    /// The heads of the columns.
    const COLUMNS: &'static [&'static str];

    /// What stands under each of them.
    fn cells(&self) -> Vec<String>;
}

/// Data that is shown alone: what each value is called, and the value; absent ones are left out.
pub(super) trait Sheet: Serialize {
    /// Names and values.
    fn fields(&self) -> Vec<(&'static str, Option<String>)>;
}

/// What an operation on a user came to (`object.v2.Details`).
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Changed {
    /// The id of what was changed.
    pub(super) id: String,
    /// When that was written.
    pub(super) changed_at: Moment,
}

/// A moment as it is shown: whole seconds in tables, microseconds in JSON, UTC in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment(pub(super) Timestamp);

impl fmt::Display for Moment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let precise = self.0.to_string();
        match precise.split_once('.') {
            Some((seconds, _)) => write!(out, "{seconds}Z"),
            None => out.write_str(&precise),
        }
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A cell for something that may be absent.
pub(super) fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// Names in one cell.
pub(super) fn listed(names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut all = String::new();
    for name in names {
        if !all.is_empty() {
            all.push_str(", ");
        }
        all.push_str(name.as_ref());
    }
    if all.is_empty() { "-".to_owned() } else { all }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_in_utc() {
        let moment = Moment(Timestamp::from_micros(1_783_661_559_007_096));
        assert_eq!(moment.to_string(), "2026-07-10T05:32:39Z");
        assert_eq!(
            serde_json::to_string(&moment).unwrap(),
            r#""2026-07-10T05:32:39.007096Z""#
        );
    }

    #[test]
    fn absent_things_are_a_dash() {
        assert_eq!(
            (or_dash(None::<u8>), or_dash(Some(1))),
            ("-".to_owned(), "1".to_owned())
        );
        assert_eq!(listed(Vec::<&str>::new()), "-");
        assert_eq!(listed(["a", "b"]), "a, b");
    }
}
