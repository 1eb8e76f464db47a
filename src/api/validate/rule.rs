//! The single rules, from which the checks of messages are put together.
//!
//! A rule looks at a value and says what is wrong with it; [`At::at`] says where.

use std::borrow::Cow;

use bartizan_proto::buffa::{EnumValue, Enumeration};
use bartizan_proto::buffa_types::google::protobuf::Duration;

use super::{Invalid, Validate, email};

/// What is wrong with a value.
#[derive(Debug)]
pub(super) enum Reason {
    /// It breaks a rule.
    Rule(Cow<'static, str>),
    /// It is a message that is refused itself; the number is its place if it is in a list.
    Embedded(Option<usize>, Invalid),
}

/// What a rule says about a value.
pub(super) type Checked = Result<(), Reason>;

/// Says where a rule was broken.
pub(super) trait At {
    /// Names the field, as `Message.Field` in Go's names.
    fn at(self, field: &str) -> Result<(), Invalid>;
}

impl At for Checked {
    fn at(self, field: &str) -> Result<(), Invalid> {
        let embedded = |place: &str, cause: Invalid| match cause {
            Invalid::TooDeep => Invalid::TooDeep,
            Invalid::Rule(cause) => Invalid::Rule(format!(
                "invalid {field}{place}: embedded message failed validation | caused by: {cause}"
            )),
        };
        self.map_err(|reason| match reason {
            Reason::Rule(text) => Invalid::Rule(format!("invalid {field}: {text}")),
            Reason::Embedded(None, cause) => embedded("", cause),
            Reason::Embedded(Some(index), cause) => embedded(&format!("[{index}]"), cause),
        })
    }
}

/// The rule as a condition and the text for those who break it.
fn holds<T: Into<Cow<'static, str>>>(condition: bool, text: impl FnOnce() -> T) -> Checked {
    if condition {
        Ok(())
    } else {
        Err(Reason::Rule(text().into()))
    }
}

/// Lengths of text count Unicode code points, as they do in Go's runes.
fn runes(value: &str) -> usize {
    value.chars().count()
}

/// Text of a length between two bounds, both included.
pub(super) fn between(value: &str, min: usize, max: usize) -> Checked {
    holds((min..=max).contains(&runes(value)), || {
        format!("value length must be between {min} and {max} runes, inclusive")
    })
}

/// Text of one length.
pub(super) fn exactly(value: &str, length: usize) -> Checked {
    holds(runes(value) == length, || {
        format!("value length must be {length} runes")
    })
}

/// Text with a greatest length.
pub(super) fn at_most(value: &str, max: usize) -> Checked {
    holds(runes(value) <= max, || {
        format!("value length must be at most {max} runes")
    })
}

/// Text with a smallest length.
pub(super) fn at_least(value: &str, min: usize) -> Checked {
    holds(runes(value) >= min, || {
        format!("value length must be at least {min} runes")
    })
}

/// Bytes of a length between two bounds, both included.
pub(super) fn bytes_between(value: &[u8], min: usize, max: usize) -> Checked {
    holds((min..=max).contains(&value.len()), || {
        format!("value length must be between {min} and {max} bytes, inclusive")
    })
}

/// Bytes with a greatest length.
pub(super) fn bytes_at_most(value: &[u8], max: usize) -> Checked {
    holds(value.len() <= max, || {
        format!("value length must be at most {max} bytes")
    })
}

/// An e-mail address.
pub(super) fn address(value: &str) -> Checked {
    email::check(value).map_err(|cause| {
        Reason::Rule(format!("value must be a valid email address | caused by: {cause}").into())
    })
}

/// A reference to something on the web, as Go's parser takes it: relative ones too.
pub(super) fn uri_reference(value: &str) -> Checked {
    let broken = |cause: String| {
        let text = format!("value must be a valid URI | caused by: parse {value:?}: {cause}");
        Err(Reason::Rule(text.into()))
    };
    if value.chars().any(|c| c.is_ascii_control()) {
        return broken("net/url: invalid control character in URL".to_owned());
    }
    if value.starts_with(':') {
        return broken("missing protocol scheme".to_owned());
    }
    let path = value.split(['?', '#']).next().unwrap_or_default();
    for (place, _) in path.match_indices('%') {
        let escape: String = path
            .chars()
            .skip(path.get(..place).map_or(0, runes))
            .take(3)
            .collect();
        let digits = escape.strip_prefix('%').unwrap_or_default();
        if digits.len() != 2 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return broken(format!("invalid URL escape {escape:?}"));
        }
    }
    Ok(())
}

/// A value that must be there and is not.
pub(super) fn missing() -> Checked {
    holds(false, || "value is required")
}

/// A value that must be there.
pub(super) fn required<T>(value: Option<&T>) -> Checked {
    value.map_or_else(missing, |_| Ok(()))
}

/// A flag that may only be given as `true`.
pub(super) fn only_true(value: bool) -> Checked {
    holds(value, || "value must equal true")
}

/// A value that the enum defines.
pub(super) fn defined<E: Enumeration>(value: EnumValue<E>) -> Checked {
    holds(
        value.is_known(),
        || "value must be one of the defined enum values",
    )
}

/// Any value of an enum but this one.
pub(super) fn other_than<E: Enumeration>(value: EnumValue<E>, forbidden: E) -> Checked {
    holds(value != forbidden, || {
        format!("value must not be in list [{}]", forbidden.proto_name())
    })
}

/// The greatest number of seconds in a duration: about 10 000 years.
const MAX_SECONDS: i64 = 315_576_000_000;

/// A duration of more than nothing, within the range that protobuf gives to durations.
pub(super) fn positive(value: &Duration) -> Checked {
    let same_sign =
        value.seconds == 0 || value.nanos == 0 || (value.seconds > 0) == (value.nanos > 0);
    let in_range = (-MAX_SECONDS..=MAX_SECONDS).contains(&value.seconds)
        && (-999_999_999..=999_999_999).contains(&value.nanos);
    holds(in_range && same_sign, || "value is not a valid duration")?;
    holds(
        value.seconds > 0 || value.nanos > 0,
        || "value must be greater than 0s",
    )
}

/// A value that may be absent.
pub(super) fn optional<T>(value: Option<T>, rule: impl FnOnce(T) -> Checked) -> Checked {
    value.map_or(Ok(()), rule)
}

/// A message inside a message.
pub(super) fn embedded(value: &impl Validate) -> Checked {
    value
        .validate()
        .map_err(|cause| Reason::Embedded(None, cause))
}

/// An item of a list that no earlier one equals.
pub(super) fn distinct<T: PartialEq>(values: &[T], index: usize) -> Checked {
    let (before, rest) = values.split_at_checked(index).unwrap_or_default();
    let seen = rest.first().is_some_and(|value| before.contains(value));
    holds(!seen, || "repeated value must contain unique items")
}

/// The messages of a list, in their order.
pub(super) fn each(values: &[impl Validate]) -> Checked {
    values.iter().enumerate().try_for_each(|(index, value)| {
        value
            .validate()
            .map_err(|cause| Reason::Embedded(Some(index), cause))
    })
}

#[cfg(test)]
mod tests {
    use bartizan_proto::zitadel::session::v2::UserVerificationRequirement as Requirement;
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn breaks(checked: Checked, text: &str) {
        assert_eq!(
            checked.at("M.F"),
            Err(Invalid::Rule(format!("invalid M.F: {text}")))
        );
    }

    #[track_caller]
    fn keeps(checked: Checked) {
        assert_eq!(checked.at("M.F"), Ok(()));
    }

    #[test]
    fn lengths_count_code_points_and_include_their_bounds() {
        // Two bytes each, and the last of two code points: `e` with a combining accent.
        let [one, two, three] = ["ü", "üü", "üe\u{301}"];
        keeps(between(two, 2, 2));
        keeps(between(one, 0, 1));
        breaks(
            between("", 1, 200),
            "value length must be between 1 and 200 runes, inclusive",
        );
        breaks(
            between(three, 1, 2),
            "value length must be between 1 and 2 runes, inclusive",
        );
        keeps(exactly(three, 3));
        breaks(exactly(two, 6), "value length must be 6 runes");
        breaks(exactly(three, 2), "value length must be 2 runes");
        keeps(at_most(two, 2));
        breaks(at_most(three, 2), "value length must be at most 2 runes");
        keeps(at_least(one, 1));
        breaks(at_least("", 1), "value length must be at least 1 runes");
        keeps(bytes_between(&[0], 1, 2));
        keeps(bytes_between(&[0, 0], 1, 2));
        for bytes in [&[][..], &[0, 0, 0]] {
            breaks(
                bytes_between(bytes, 1, 2),
                "value length must be between 1 and 2 bytes, inclusive",
            );
        }
        keeps(bytes_at_most(&[0, 0], 2));
        breaks(
            bytes_at_most(&[0, 0, 0], 2),
            "value length must be at most 2 bytes",
        );
    }

    #[test]
    fn values_must_be_there_and_defined() {
        keeps(required(Some(&())));
        breaks(required(None::<&()>), "value is required");
        keeps(only_true(true));
        breaks(only_true(false), "value must equal true");
        keeps(defined(EnumValue::<Requirement>::from(0)));
        for number in [4, -1, i32::MIN, i32::MAX] {
            breaks(
                defined(EnumValue::<Requirement>::from(number)),
                "value must be one of the defined enum values",
            );
        }
        let zero = Requirement::USER_VERIFICATION_REQUIREMENT_UNSPECIFIED;
        keeps(other_than(EnumValue::from(1), zero));
        keeps(other_than(EnumValue::from(9), zero));
        breaks(
            other_than(EnumValue::from(0), zero),
            "value must not be in list [USER_VERIFICATION_REQUIREMENT_UNSPECIFIED]",
        );
        keeps(optional(None, |()| only_true(false)));
        breaks(
            optional(Some(()), |()| only_true(false)),
            "value must equal true",
        );
    }

    #[test]
    fn durations_are_positive_and_in_the_range_of_protobuf() {
        let duration = |seconds, nanos| Duration {
            seconds,
            nanos,
            ..Duration::default()
        };
        for (seconds, nanos) in [(0, 1), (1, 0), (1, 999_999_999), (MAX_SECONDS, 999_999_999)] {
            keeps(positive(&duration(seconds, nanos)));
        }
        for (seconds, nanos) in [(0, 0), (-1, 0), (0, -1), (-1, -1), (-MAX_SECONDS, 0)] {
            breaks(
                positive(&duration(seconds, nanos)),
                "value must be greater than 0s",
            );
        }
        for (seconds, nanos) in [
            (1, -1),
            (-1, 1),
            (0, 1_000_000_000),
            (0, -1_000_000_000),
            (MAX_SECONDS + 1, 0),
            (-MAX_SECONDS - 1, 0),
            (i64::MAX, i32::MAX),
            (i64::MIN, i32::MIN),
        ] {
            breaks(
                positive(&duration(seconds, nanos)),
                "value is not a valid duration",
            );
        }
    }

    struct Says(Result<(), Invalid>);

    impl Validate for Says {
        fn validate(&self) -> Result<(), Invalid> {
            self.0.clone()
        }
    }

    #[test]
    fn failures_inside_are_told_from_the_outside_in() {
        let inner = || {
            let cause = required(None::<&()>).at("Inner.Field");
            each(&[Says(Ok(())), Says(cause)]).at("Middle.Items")
        };
        breaks(
            embedded(&Says(inner())),
            "embedded message failed validation | caused by: \
             invalid Middle.Items[1]: embedded message failed validation | caused by: \
             invalid Inner.Field: value is required",
        );
        keeps(embedded(&Says(Ok(()))));
        keeps(each(&[Says(Ok(())), Says(Ok(()))]));
        let deep = each(&[Says(Err(Invalid::TooDeep))]).at("Middle.Items");
        assert_eq!(embedded(&Says(deep)).at("M.F"), Err(Invalid::TooDeep));
    }

    proptest! {
        #[test]
        fn any_duration_is_judged(seconds: i64, nanos: i32) {
            let duration = Duration { seconds, nanos, ..Duration::default() };
            prop_assert!(positive(&duration).is_err() || seconds > 0 || nanos > 0);
        }
    }
}
