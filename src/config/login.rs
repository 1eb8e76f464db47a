//! `[policy.login]`: how people may log in.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::units::span;
use crate::domain::policy::{CheckLifetimes, LoginPolicy, SecondFactor};

/// The one multi factor there is.
pub(super) const PASSKEY: &str = "u2f_with_verification";

/// How people may log in. What a session must have to act as a bearer is decided by it; the rest is
/// what login pages are told.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a rule of ZITADEL's policy"
)]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LoginConfig {
    /// With a password or passkey that is kept here; default true.
    pub allow_username_password: bool,
    /// People may make an account themselves; default true.
    pub allow_register: bool,
    /// At an identity provider; default true.
    pub allow_external_idp: bool,
    /// Everybody needs a second factor; default false.
    pub force_mfa: bool,
    /// Everybody who logs in here, not by an identity provider, needs one; default false.
    pub force_mfa_local_only: bool,
    /// Passkeys may be used; default true.
    pub allow_passkeys: bool,
    /// Login pages do not offer to reset a password; default false.
    pub hide_password_reset: bool,
    /// Login pages ask for a password even if nobody has that name; default false.
    pub ignore_unknown_usernames: bool,
    /// The organisation is found by the domain in the login name; default true.
    pub allow_domain_discovery: bool,
    /// An e-mail address is no login name; default false.
    pub disable_login_with_email: bool,
    /// A phone number is no login name; default false.
    pub disable_login_with_phone: bool,
    /// Where to go after a login that nobody asked for; default nowhere.
    pub default_redirect_uri: String,
    /// How long a password counts; default `240h`.
    #[serde(with = "span")]
    pub password_check_lifetime: Duration,
    /// How long a login at an identity provider counts; default `240h`.
    #[serde(with = "span")]
    pub external_login_check_lifetime: Duration,
    /// How long setting up a second factor can be put off; default `720h`, zero never asks for it.
    #[serde(with = "span")]
    pub mfa_init_skip_lifetime: Duration,
    /// How long a second factor counts; default `18h`.
    #[serde(with = "span")]
    pub second_factor_check_lifetime: Duration,
    /// How long a passkey with user verification counts; default `12h`.
    #[serde(with = "span")]
    pub multi_factor_check_lifetime: Duration,
    /// Second factors that may be used; default `totp` and `u2f`. The names are those of
    /// [`SecondFactor`]. One that is set up but not allowed does not make a user need it.
    pub second_factors: Vec<String>,
    /// Factors that count as two; default `u2f_with_verification`, the only one there is.
    pub multi_factors: Vec<String>,
}

impl LoginConfig {
    pub(super) fn to_domain(&self) -> LoginPolicy {
        LoginPolicy {
            allow_username_password: self.allow_username_password,
            allow_register: self.allow_register,
            allow_external_idp: self.allow_external_idp,
            force_mfa: self.force_mfa,
            force_mfa_local_only: self.force_mfa_local_only,
            allow_passkeys: self.allow_passkeys,
            hide_password_reset: self.hide_password_reset,
            ignore_unknown_usernames: self.ignore_unknown_usernames,
            allow_domain_discovery: self.allow_domain_discovery,
            disable_login_with_email: self.disable_login_with_email,
            disable_login_with_phone: self.disable_login_with_phone,
            default_redirect_uri: self.default_redirect_uri.clone(),
            lifetimes: CheckLifetimes {
                password: self.password_check_lifetime,
                external_login: self.external_login_check_lifetime,
                mfa_init_skip: self.mfa_init_skip_lifetime,
                second_factor: self.second_factor_check_lifetime,
                multi_factor: self.multi_factor_check_lifetime,
            },
            second_factors: self
                .second_factors
                .iter()
                .filter_map(|name| SecondFactor::parse(name))
                .collect(),
            allow_multi_factor_passkey: self.multi_factors.iter().any(|name| name == PASSKEY),
        }
    }
}

impl Default for LoginConfig {
    fn default() -> Self {
        let policy = LoginPolicy::default();
        let factors = policy.second_factors.iter();
        Self {
            allow_username_password: policy.allow_username_password,
            allow_register: policy.allow_register,
            allow_external_idp: policy.allow_external_idp,
            force_mfa: policy.force_mfa,
            force_mfa_local_only: policy.force_mfa_local_only,
            allow_passkeys: policy.allow_passkeys,
            hide_password_reset: policy.hide_password_reset,
            ignore_unknown_usernames: policy.ignore_unknown_usernames,
            allow_domain_discovery: policy.allow_domain_discovery,
            disable_login_with_email: policy.disable_login_with_email,
            disable_login_with_phone: policy.disable_login_with_phone,
            second_factors: factors.map(|factor| factor.name().to_owned()).collect(),
            multi_factors: vec![PASSKEY.to_owned()],
            default_redirect_uri: policy.default_redirect_uri,
            password_check_lifetime: policy.lifetimes.password,
            external_login_check_lifetime: policy.lifetimes.external_login,
            mfa_init_skip_lifetime: policy.lifetimes.mfa_init_skip,
            second_factor_check_lifetime: policy.lifetimes.second_factor,
            multi_factor_check_lifetime: policy.lifetimes.multi_factor,
        }
    }
}
