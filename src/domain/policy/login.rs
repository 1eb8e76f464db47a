//! How people may log in, and which second factors count.

use std::fmt;
use std::time::Duration;

/// Something that can be proven beside a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecondFactor {
    /// A code of an authenticator app.
    Totp,
    /// A security key, without user verification.
    U2f,
    /// A code by e-mail.
    OtpEmail,
    /// A code by SMS.
    OtpSms,
    /// A code that was written down.
    RecoveryCodes,
}

impl SecondFactor {
    /// All of them, in the order of their numbers in the API (`SecondFactorType`).
    pub const ALL: [Self; 5] = [
        Self::Totp,
        Self::U2f,
        Self::OtpEmail,
        Self::OtpSms,
        Self::RecoveryCodes,
    ];

    /// Its name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::U2f => "u2f",
            Self::OtpEmail => "otp_email",
            Self::OtpSms => "otp_sms",
            Self::RecoveryCodes => "recovery_codes",
        }
    }

    /// The factor of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|factor| factor.name() == name)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of second factors.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct SecondFactors(u8);

impl SecondFactors {
    /// Whether it has the factor.
    pub const fn contains(self, factor: SecondFactor) -> bool {
        self.0 & factor.bit() != 0
    }

    /// Its members, in the order of [`SecondFactor::ALL`].
    pub fn iter(self) -> impl Iterator<Item = SecondFactor> {
        SecondFactor::ALL
            .into_iter()
            .filter(move |factor| self.contains(*factor))
    }
}

impl FromIterator<SecondFactor> for SecondFactors {
    fn from_iter<I: IntoIterator<Item = SecondFactor>>(factors: I) -> Self {
        Self(
            factors
                .into_iter()
                .fold(0, |bits, factor| bits | factor.bit()),
        )
    }
}

impl fmt::Debug for SecondFactors {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set()
            .entries(self.iter().map(SecondFactor::name))
            .finish()
    }
}

/// How long what was proven counts; told to login pages, which keep to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CheckLifetimes {
    /// A password.
    pub password: Duration,
    /// A login at an identity provider.
    pub external_login: Duration,
    /// How long setting up a second factor can be put off; zero does not ask for it at all.
    pub mfa_init_skip: Duration,
    /// A second factor.
    pub second_factor: Duration,
    /// A passkey with user verification.
    pub multi_factor: Duration,
}

impl Default for CheckLifetimes {
    fn default() -> Self {
        Self {
            password: Duration::from_hours(240),
            external_login: Duration::from_hours(240),
            mfa_init_skip: Duration::from_hours(720),
            second_factor: Duration::from_hours(18),
            multi_factor: Duration::from_hours(12),
        }
    }
}

/// The login policy: what a session must have to act as a bearer is decided here by it, the rest is
/// for login pages, which ask for it (adjacent.md section 6.4).
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a rule of ZITADEL's policy"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginPolicy {
    /// With a password or passkey that is kept here.
    pub allow_username_password: bool,
    /// People may make an account themselves.
    pub allow_register: bool,
    /// At an identity provider.
    pub allow_external_idp: bool,
    /// Everybody needs a second factor.
    pub force_mfa: bool,
    /// Everybody who logs in here, not by an identity provider, needs a second factor.
    pub force_mfa_local_only: bool,
    /// Passkeys may be used.
    pub allow_passkeys: bool,
    /// Login pages do not offer to reset a password.
    pub hide_password_reset: bool,
    /// Login pages ask for a password even if nobody has that name.
    pub ignore_unknown_usernames: bool,
    /// The organisation is found by the domain in the login name.
    pub allow_domain_discovery: bool,
    /// An e-mail address is no login name.
    pub disable_login_with_email: bool,
    /// A phone number is no login name.
    pub disable_login_with_phone: bool,
    /// Where to go after a login that nobody asked for; empty for nowhere.
    pub default_redirect_uri: String,
    /// How long what was proven counts.
    pub lifetimes: CheckLifetimes,
    /// Second factors that may be used. One that may not does not make a user need it.
    pub second_factors: SecondFactors,
    /// A passkey with user verification counts as two factors for login pages.
    pub allow_multi_factor_passkey: bool,
}

impl Default for LoginPolicy {
    fn default() -> Self {
        Self {
            allow_username_password: true,
            allow_register: true,
            allow_external_idp: true,
            force_mfa: false,
            force_mfa_local_only: false,
            allow_passkeys: true,
            hide_password_reset: false,
            ignore_unknown_usernames: false,
            allow_domain_discovery: true,
            disable_login_with_email: false,
            disable_login_with_phone: false,
            default_redirect_uri: String::new(),
            lifetimes: CheckLifetimes::default(),
            second_factors: [SecondFactor::Totp, SecondFactor::U2f]
                .into_iter()
                .collect(),
            allow_multi_factor_passkey: true,
        }
    }
}

impl LoginPolicy {
    /// Whether a user needs a second factor, by what it has ready and where it logged in.
    ///
    /// Recovery codes are for when the others are lost: having them asks for nothing.
    pub fn needs_second_factor(&self, ready: SecondFactors, external: bool) -> bool {
        let forced = self.force_mfa || (self.force_mfa_local_only && !external);
        let allowed = |factor: SecondFactor| {
            factor != SecondFactor::RecoveryCodes && self.second_factors.contains(factor)
        };
        forced || ready.iter().any(allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(factors: &[SecondFactor]) -> SecondFactors {
        factors.iter().copied().collect()
    }

    #[test]
    fn only_factors_that_the_policy_allows_are_asked_for() {
        use SecondFactor::{OtpEmail, OtpSms, RecoveryCodes, Totp, U2f};
        let stock = LoginPolicy::default();
        let all = LoginPolicy {
            second_factors: set(&SecondFactor::ALL),
            ..LoginPolicy::default()
        };
        let none = LoginPolicy {
            second_factors: set(&[]),
            ..LoginPolicy::default()
        };
        for (policy, ready, needed) in [
            (&stock, &[][..], false),
            (&stock, &[Totp], true),
            (&stock, &[U2f], true),
            (&stock, &[OtpEmail, OtpSms], false),
            (&stock, &[OtpEmail, Totp], true),
            (&all, &[OtpEmail], true),
            (&all, &[OtpSms], true),
            (&all, &[RecoveryCodes], false),
            (&none, &[Totp, U2f, OtpEmail, OtpSms], false),
        ] {
            assert_eq!(
                policy.needs_second_factor(set(ready), false),
                needed,
                "{ready:?} {:?}",
                policy.second_factors
            );
        }
    }

    #[test]
    fn forcing_asks_everybody_or_those_who_log_in_here() {
        let forced = LoginPolicy {
            force_mfa: true,
            ..LoginPolicy::default()
        };
        let local = LoginPolicy {
            force_mfa_local_only: true,
            ..LoginPolicy::default()
        };
        let nothing = SecondFactors::default();
        for (policy, external, needed) in [
            (&forced, false, true),
            (&forced, true, true),
            (&local, false, true),
            (&local, true, false),
        ] {
            assert_eq!(policy.needs_second_factor(nothing, external), needed);
        }
        assert!(local.needs_second_factor(set(&[SecondFactor::Totp]), true));
    }

    #[test]
    fn names_read_back() {
        for factor in SecondFactor::ALL {
            assert_eq!(SecondFactor::parse(factor.name()), Some(factor));
        }
        assert_eq!(SecondFactor::parse("TOTP"), None);
        let all = set(&SecondFactor::ALL);
        assert_eq!(all.iter().count(), 5);
        assert_eq!(
            format!("{:?}", set(&[SecondFactor::OtpSms, SecondFactor::Totp])),
            r#"{"totp", "otp_sms"}"#
        );
    }
}
