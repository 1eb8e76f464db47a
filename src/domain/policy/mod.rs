//! Policies as values, with ZITADEL's defaults (adjacent.md section 6.4).

mod failures;
mod login;

use std::time::Duration;

use super::error::{Kind, Refusal};
use super::time::Timestamp;

pub use failures::{Budget, FailurePolicy};
pub use login::{CheckLifetimes, LoginPolicy, SecondFactor, SecondFactors};

/// What a password must have.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a rule of ZITADEL's policy"
)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Complexity {
    /// Characters at least.
    pub min_length: usize,
    /// A capital letter.
    pub uppercase: bool,
    /// A small letter.
    pub lowercase: bool,
    /// A digit.
    pub number: bool,
    /// Something that is neither letter nor digit nor white space.
    pub symbol: bool,
}

impl Default for Complexity {
    fn default() -> Self {
        Self {
            min_length: 8,
            uppercase: true,
            lowercase: true,
            number: true,
            symbol: true,
        }
    }
}

/// What a new password lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ComplexityError {
    /// Fewer characters than the policy asks for.
    #[error("Password is too short")]
    TooShort,
    /// No small letter.
    #[error("Password must contain lower letter")]
    Lowercase,
    /// No capital letter.
    #[error("Password must contain upper letter")]
    Uppercase,
    /// No digit.
    #[error("Password must contain number")]
    Number,
    /// No symbol.
    #[error("Password must contain symbol")]
    Symbol,
}

impl Refusal for ComplexityError {
    fn id(&self) -> &'static str {
        match self {
            Self::TooShort => "DOMAIN-HuJf6",
            Self::Lowercase => "DOMAIN-co3Xw",
            Self::Uppercase => "DOMAIN-VoaRj",
            Self::Number => "DOMAIN-ZBv4H",
            Self::Symbol => "DOMAIN-ZDLwA",
        }
    }

    fn kind(&self) -> Kind {
        Kind::InvalidArgument
    }
}

impl Complexity {
    /// Tests a new password, in the order in which ZITADEL tests it.
    ///
    /// # Errors
    /// The first [`ComplexityError`].
    pub fn test(&self, password: &str) -> Result<(), ComplexityError> {
        let has = |test: fn(char) -> bool| password.chars().any(test);
        let rules = [
            (
                password.chars().count() >= self.min_length,
                ComplexityError::TooShort,
            ),
            (
                !self.lowercase || has(char::is_lowercase),
                ComplexityError::Lowercase,
            ),
            (
                !self.uppercase || has(char::is_uppercase),
                ComplexityError::Uppercase,
            ),
            (
                !self.number || has(char::is_numeric),
                ComplexityError::Number,
            ),
            (
                !self.symbol || has(|c| !c.is_alphanumeric() && !c.is_whitespace()),
                ComplexityError::Symbol,
            ),
        ];
        rules
            .into_iter()
            .find_map(|(kept, error)| (!kept).then_some(error))
            .map_or(Ok(()), Err)
    }
}

/// When failed checks lock a user; 0 never does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lockout {
    /// Wrong passwords in a row.
    pub max_password_attempts: u32,
    /// Wrong one-time codes in a row.
    pub max_otp_attempts: u32,
}

/// How many failed checks in a row are judged at all, whatever the lockout policy says
/// (NIST SP 800-63B-4 section 3.2.2: fewer than 100).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttemptLimit {
    /// Failures in a row; 0 switches the limit off.
    pub max_in_a_row: u32,
    /// How long nothing is judged after them.
    pub pause: Duration,
}

impl Default for AttemptLimit {
    fn default() -> Self {
        Self {
            max_in_a_row: 99,
            pause: Duration::from_mins(15),
        }
    }
}

impl AttemptLimit {
    /// Whether a check may be judged now. Each full series of failures is followed by a pause.
    pub fn allows(&self, failures: u32, last_failed_at: Option<Timestamp>, now: Timestamp) -> bool {
        let full =
            self.max_in_a_row > 0 && failures > 0 && failures.is_multiple_of(self.max_in_a_row);
        let Some(last) = last_failed_at.filter(|_| full) else {
            return true;
        };
        let pause = i64::try_from(self.pause.as_micros()).unwrap_or(i64::MAX);
        now.micros() >= last.micros().saturating_add(pause)
    }
}

/// How long the answer to a failed check is held back (spec session-service.md section 6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tarpit {
    /// Failures below this are answered at once.
    pub min_failed_attempts: u32,
    /// Failures per step.
    pub step_size: u32,
    /// What each step adds.
    pub step_duration: Duration,
    /// Never longer than this.
    pub max_duration: Duration,
}

impl Default for Tarpit {
    fn default() -> Self {
        Self {
            min_failed_attempts: 5,
            step_size: 5,
            step_duration: Duration::from_secs(1),
            max_duration: Duration::from_secs(10),
        }
    }
}

impl Tarpit {
    /// The delay after the `failures`-th failure in a row.
    pub fn delay(&self, failures: u32) -> Duration {
        let steps = failures
            .saturating_sub(self.min_failed_attempts)
            .checked_div(self.step_size)
            .unwrap_or(0);
        self.step_duration
            .saturating_mul(steps)
            .min(self.max_duration)
    }
}

/// All policies of the instance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policies {
    /// Of passwords.
    pub complexity: Complexity,
    /// Of locking.
    pub lockout: Lockout,
    /// Of attempts in a row.
    pub attempts: AttemptLimit,
    /// Of failures by where they come from.
    pub failures: FailurePolicy,
    /// Of slow answers.
    pub tarpit: Tarpit,
    /// Of logging in.
    pub login: LoginPolicy,
    /// Login names end in the organisation's domain.
    pub login_name_includes_domain: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_tested_in_zitadels_order() {
        let policy = Complexity::default();
        for (password, expected) in [
            ("", Some("DOMAIN-HuJf6")),
            ("Abc1!", Some("DOMAIN-HuJf6")),
            ("SECRET123!", Some("DOMAIN-co3Xw")),
            ("secret123!", Some("DOMAIN-VoaRj")),
            ("Secretary!", Some("DOMAIN-ZBv4H")),
            ("Secret1234", Some("DOMAIN-ZDLwA")),
            ("Secret12 34", Some("DOMAIN-ZDLwA")),
            ("Secret123!", None),
            ("Gr\u{fc}\u{df}e-2026", None),
        ] {
            assert_eq!(
                policy.test(password).err().map(|error| error.id()),
                expected,
                "{password}"
            );
        }
        let lax = Complexity {
            min_length: 1,
            uppercase: false,
            lowercase: false,
            number: false,
            symbol: false,
        };
        assert_eq!(lax.test("x"), Ok(()));
    }

    #[test]
    fn the_tarpit_rises_in_steps_to_its_maximum() {
        let tarpit = Tarpit::default();
        for (failures, seconds) in [
            (0, 0),
            (4, 0),
            (5, 0),
            (9, 0),
            (10, 1),
            (14, 1),
            (15, 2),
            (55, 10),
            (1_000, 10),
        ] {
            assert_eq!(
                tarpit.delay(failures),
                Duration::from_secs(seconds),
                "{failures}"
            );
        }
        let off = Tarpit {
            step_size: 0,
            ..tarpit
        };
        assert_eq!(off.delay(1_000), Duration::ZERO);
    }

    #[test]
    fn a_full_series_of_failures_is_followed_by_a_pause() {
        let limit = AttemptLimit {
            max_in_a_row: 3,
            pause: Duration::from_mins(1),
        };
        let at = Timestamp::from_micros;
        let last = Some(at(1_000_000));
        for (failures, now, allowed) in [
            (0, 1_000_001, true),
            (2, 1_000_001, true),
            (3, 1_000_001, false),
            (3, 60_999_999, false),
            (3, 61_000_000, true),
            (4, 1_000_001, true),
            (6, 1_000_001, false),
        ] {
            assert_eq!(
                limit.allows(failures, last, at(now)),
                allowed,
                "{failures} at {now}"
            );
        }
        assert!(
            AttemptLimit {
                max_in_a_row: 0,
                ..limit
            }
            .allows(300, last, at(1_000_001))
        );
        assert!(AttemptLimit::default().max_in_a_row < 100);
    }
}
