//! Settings out (adjacent.md sections 8 and 10.2). Everything is the instance's: organisations have
//! none of their own.

use std::time::Duration as StdDuration;

use bartizan_proto::buffa_types::google::protobuf::Duration;
use bartizan_proto::zitadel::object::v2::Details as WireDetails;
use bartizan_proto::zitadel::settings::v2 as wire;

use super::timestamp;
use crate::core::Core;
use crate::domain::policy::{LoginPolicy, SecondFactor};
use crate::domain::settings::{Branding, Theme, ThemeMode};
use crate::query::SettingsDetails;

const INSTANCE: wire::ResourceOwnerType = wire::ResourceOwnerType::RESOURCE_OWNER_TYPE_INSTANCE;

/// `object.v2.Details` of settings. No event changes them, so that they stay at the first sequence.
pub(crate) fn settings_details(details: SettingsDetails) -> WireDetails {
    WireDetails {
        sequence: 1,
        creation_date: timestamp(details.created_at).into(),
        change_date: timestamp(details.changed_at).into(),
        resource_owner: details.owner.to_string(),
        ..WireDetails::default()
    }
}

/// `GetGeneralSettingsResponse`. Two fields say the default organisation, for older and newer clients.
pub(crate) fn general_settings(core: &Core) -> wire::GetGeneralSettingsResponse {
    let languages = &core.settings.languages;
    wire::GetGeneralSettingsResponse {
        default_org_id: core.default_org.to_string(),
        default_language: languages.default.clone(),
        supported_languages: languages.supported.clone(),
        default_organization_id: core.default_org.to_string(),
        allowed_languages: languages.choosable().to_vec(),
        ..Default::default()
    }
}

/// How people may log in.
pub(crate) fn login_settings(policy: &LoginPolicy) -> wire::LoginSettings {
    let passkeys = if policy.allow_passkeys {
        wire::PasskeysType::PASSKEYS_TYPE_ALLOWED
    } else {
        wire::PasskeysType::PASSKEYS_TYPE_NOT_ALLOWED
    };
    let multi = wire::MultiFactorType::MULTI_FACTOR_TYPE_U2F_WITH_VERIFICATION;
    let lifetimes = &policy.lifetimes;
    wire::LoginSettings {
        allow_username_password: policy.allow_username_password,
        allow_local_authentication: policy.allow_username_password,
        allow_register: policy.allow_register,
        allow_external_idp: policy.allow_external_idp,
        force_mfa: policy.force_mfa,
        force_mfa_local_only: policy.force_mfa_local_only,
        passkeys_type: passkeys.into(),
        hide_password_reset: policy.hide_password_reset,
        ignore_unknown_usernames: policy.ignore_unknown_usernames,
        default_redirect_uri: policy.default_redirect_uri.clone(),
        password_check_lifetime: duration(lifetimes.password).into(),
        external_login_check_lifetime: duration(lifetimes.external_login).into(),
        mfa_init_skip_lifetime: duration(lifetimes.mfa_init_skip).into(),
        second_factor_check_lifetime: duration(lifetimes.second_factor).into(),
        multi_factor_check_lifetime: duration(lifetimes.multi_factor).into(),
        second_factors: policy
            .second_factors
            .iter()
            .map(|factor| second_factor(factor).into())
            .collect(),
        multi_factors: policy
            .allow_multi_factor_passkey
            .then(|| multi.into())
            .into_iter()
            .collect(),
        allow_domain_discovery: policy.allow_domain_discovery,
        disable_login_with_email: policy.disable_login_with_email,
        disable_login_with_phone: policy.disable_login_with_phone,
        resource_owner_type: INSTANCE.into(),
        ..Default::default()
    }
}

/// The factor on the wire.
pub(super) const fn second_factor(factor: SecondFactor) -> wire::SecondFactorType {
    match factor {
        SecondFactor::Totp => wire::SecondFactorType::SECOND_FACTOR_TYPE_OTP,
        SecondFactor::U2f => wire::SecondFactorType::SECOND_FACTOR_TYPE_U2F,
        SecondFactor::OtpEmail => wire::SecondFactorType::SECOND_FACTOR_TYPE_OTP_EMAIL,
        SecondFactor::OtpSms => wire::SecondFactorType::SECOND_FACTOR_TYPE_OTP_SMS,
        SecondFactor::RecoveryCodes => wire::SecondFactorType::SECOND_FACTOR_TYPE_RECOVERY_CODES,
    }
}

/// The span on the wire.
pub(crate) fn duration(span: StdDuration) -> Duration {
    Duration {
        seconds: i64::try_from(span.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(span.subsec_nanos()).unwrap_or(0),
        ..Default::default()
    }
}

/// What a password must have.
pub(crate) fn complexity_settings(core: &Core) -> wire::PasswordComplexitySettings {
    let policy = core.policies.complexity;
    wire::PasswordComplexitySettings {
        min_length: u64::try_from(policy.min_length).unwrap_or(u64::MAX),
        requires_uppercase: policy.uppercase,
        requires_lowercase: policy.lowercase,
        requires_number: policy.number,
        requires_symbol: policy.symbol,
        resource_owner_type: INSTANCE.into(),
        ..Default::default()
    }
}

/// How old a password may get.
pub(crate) fn expiry_settings(core: &Core) -> wire::PasswordExpirySettings {
    let expiry = core.settings.password_expiry;
    wire::PasswordExpirySettings {
        max_age_days: expiry.max_age_days.into(),
        expire_warn_days: expiry.expire_warn_days.into(),
        resource_owner_type: INSTANCE.into(),
        ..Default::default()
    }
}

/// When failed checks lock a user.
pub(crate) fn lockout_settings(core: &Core) -> wire::LockoutSettings {
    let policy = core.policies.lockout;
    wire::LockoutSettings {
        max_password_attempts: policy.max_password_attempts.into(),
        max_otp_attempts: policy.max_otp_attempts.into(),
        resource_owner_type: INSTANCE.into(),
        ..Default::default()
    }
}

/// How login names look. No domain is verified and no mail's sender is compared with one.
pub(crate) fn domain_settings(core: &Core) -> wire::DomainSettings {
    wire::DomainSettings {
        login_name_includes_domain: core.policies.login_name_includes_domain,
        require_org_domain_verification: false,
        smtp_sender_address_matches_instance_domain: false,
        resource_owner_type: INSTANCE.into(),
        ..Default::default()
    }
}

/// How login pages look.
pub(crate) fn branding_settings(branding: &Branding) -> wire::BrandingSettings {
    let mode = match branding.theme_mode {
        ThemeMode::Auto => wire::ThemeMode::THEME_MODE_AUTO,
        ThemeMode::Light => wire::ThemeMode::THEME_MODE_LIGHT,
        ThemeMode::Dark => wire::ThemeMode::THEME_MODE_DARK,
    };
    wire::BrandingSettings {
        light_theme: theme(&branding.light).into(),
        dark_theme: theme(&branding.dark).into(),
        font_url: branding.font_url.clone(),
        hide_login_name_suffix: branding.hide_login_name_suffix,
        disable_watermark: branding.disable_watermark,
        resource_owner_type: INSTANCE.into(),
        theme_mode: mode.into(),
        ..Default::default()
    }
}

fn theme(theme: &Theme) -> wire::Theme {
    wire::Theme {
        primary_color: theme.primary_color.clone(),
        background_color: theme.background_color.clone(),
        warn_color: theme.warn_color.clone(),
        font_color: theme.font_color.clone(),
        logo_url: theme.logo_url.clone(),
        icon_url: theme.icon_url.clone(),
        ..Default::default()
    }
}

/// Links that login pages show.
pub(crate) fn legal_settings(core: &Core) -> wire::LegalAndSupportSettings {
    let legal = &core.settings.legal;
    wire::LegalAndSupportSettings {
        tos_link: legal.tos_link.clone(),
        privacy_policy_link: legal.privacy_policy_link.clone(),
        help_link: legal.help_link.clone(),
        support_email: legal.support_email.clone(),
        resource_owner_type: INSTANCE.into(),
        docs_link: legal.docs_link.clone(),
        custom_link: legal.custom_link.clone(),
        custom_link_text: legal.custom_link_text.clone(),
        ..Default::default()
    }
}

/// Where login pages may be shown. Nobody can act as another.
pub(crate) fn security_settings(core: &Core) -> wire::SecuritySettings {
    let security = &core.settings.security;
    wire::SecuritySettings {
        embedded_iframe: wire::EmbeddedIframeSettings {
            enabled: security.embedded_iframe,
            allowed_origins: security.allowed_origins.clone(),
            ..Default::default()
        }
        .into(),
        enable_impersonation: false,
        ..Default::default()
    }
}
