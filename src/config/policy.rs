//! `[policy.*]`: the instance's policies, with the defaults of [`crate::domain::policy`].

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::failures::FailureConfig;
use super::login::LoginConfig;
use super::units::span;
use crate::domain::policy;
use crate::domain::settings::PasswordExpiry;

/// The instance's policies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicyConfig {
    /// What a password must have.
    pub complexity: ComplexityConfig,
    /// When failed checks lock a user.
    pub lockout: LockoutConfig,
    /// How many failed checks in a row are judged at all.
    pub attempts: AttemptConfig,
    /// How often a place may fail.
    pub failures: FailureConfig,
    /// How long the answer to a failed check is held back.
    pub tarpit: TarpitConfig,
    /// How people may log in.
    pub login: LoginConfig,
    /// How old a password may get.
    pub password_expiry: PasswordExpiryConfig,
    /// How login names look.
    pub domain: DomainConfig,
}

impl PolicyConfig {
    pub(super) fn to_domain(&self) -> policy::Policies {
        policy::Policies {
            complexity: policy::Complexity {
                min_length: self.complexity.min_length,
                uppercase: self.complexity.uppercase,
                lowercase: self.complexity.lowercase,
                number: self.complexity.number,
                symbol: self.complexity.symbol,
            },
            lockout: policy::Lockout {
                max_password_attempts: self.lockout.max_password_attempts,
                max_otp_attempts: self.lockout.max_otp_attempts,
            },
            attempts: policy::AttemptLimit {
                max_in_a_row: self.attempts.max_in_a_row,
                pause: self.attempts.pause,
            },
            failures: self.failures.to_domain(),
            tarpit: policy::Tarpit {
                min_failed_attempts: self.tarpit.min_failed_attempts,
                step_size: self.tarpit.step_size,
                step_duration: self.tarpit.step_duration,
                max_duration: self.tarpit.max_duration,
            },
            login: self.login.to_domain(),
            login_name_includes_domain: self.domain.login_name_includes_domain,
        }
    }
}

/// What a password must have.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a rule of ZITADEL's policy"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ComplexityConfig {
    /// Characters at least; default 8.
    pub min_length: usize,
    /// A capital letter; default true.
    pub uppercase: bool,
    /// A small letter; default true.
    pub lowercase: bool,
    /// A digit; default true.
    pub number: bool,
    /// Something that is neither letter nor digit nor white space; default true.
    pub symbol: bool,
}

impl Default for ComplexityConfig {
    fn default() -> Self {
        let policy = policy::Complexity::default();
        Self {
            min_length: policy.min_length,
            uppercase: policy.uppercase,
            lowercase: policy.lowercase,
            number: policy.number,
            symbol: policy.symbol,
        }
    }
}

/// When failed checks lock a user, until somebody unlocks it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LockoutConfig {
    /// Wrong passwords in a row; default 0, which never locks.
    pub max_password_attempts: u32,
    /// Wrong one-time codes in a row; default 0, which never locks.
    pub max_otp_attempts: u32,
}

impl Default for LockoutConfig {
    fn default() -> Self {
        let policy = policy::Lockout::default();
        Self {
            max_password_attempts: policy.max_password_attempts,
            max_otp_attempts: policy.max_otp_attempts,
        }
    }
}

/// How many failed checks in a row are judged at all, whatever the lockout policy says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttemptConfig {
    /// Failures in a row after which nothing is judged for a while; default 99, 0 never pauses.
    ///
    /// NIST SP 800-63B-4 section 3.2.2 asks for fewer than 100.
    pub max_in_a_row: u32,
    /// How long nothing is judged; default `15m`.
    #[serde(with = "span")]
    pub pause: Duration,
}

impl Default for AttemptConfig {
    fn default() -> Self {
        let policy = policy::AttemptLimit::default();
        Self {
            max_in_a_row: policy.max_in_a_row,
            pause: policy.pause,
        }
    }
}

/// How long the answer to a failed check is held back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TarpitConfig {
    /// Failures in a row that are answered at once; default 5.
    pub min_failed_attempts: u32,
    /// Further failures per step; default 5, 0 switches the tarpit off.
    pub step_size: u32,
    /// What each step adds; default `1s`.
    #[serde(with = "span")]
    pub step_duration: Duration,
    /// The longest delay; default `10s`.
    #[serde(with = "span")]
    pub max_duration: Duration,
}

impl Default for TarpitConfig {
    fn default() -> Self {
        let policy = policy::Tarpit::default();
        Self {
            min_failed_attempts: policy.min_failed_attempts,
            step_size: policy.step_size,
            step_duration: policy.step_duration,
            max_duration: policy.max_duration,
        }
    }
}

/// How old a password may get; login pages keep to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordExpiryConfig {
    /// Days after which it must be changed; default 0, which never asks for it.
    pub max_age_days: u32,
    /// Days before that on which people are told; default 0.
    pub expire_warn_days: u32,
}

impl PasswordExpiryConfig {
    pub(super) const fn to_domain(&self) -> PasswordExpiry {
        PasswordExpiry {
            max_age_days: self.max_age_days,
            expire_warn_days: self.expire_warn_days,
        }
    }
}

impl Default for PasswordExpiryConfig {
    fn default() -> Self {
        let expiry = PasswordExpiry::default();
        Self {
            max_age_days: expiry.max_age_days,
            expire_warn_days: expiry.expire_warn_days,
        }
    }
}

/// How login names look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DomainConfig {
    /// Login names end in the organisation's domain; default false. Where they do, usernames are
    /// unique per organisation instead of in the whole instance.
    pub login_name_includes_domain: bool,
}

impl Default for DomainConfig {
    fn default() -> Self {
        let policy = policy::Policies::default();
        Self {
            login_name_includes_domain: policy.login_name_includes_domain,
        }
    }
}
