//! Every procedure that is served, and the operation behind it: one line each.
//!
//! A new service is a module of operations
//! `async fn(&Core, &Caller, Request) -> Result<Response, Error>` and its lines here. What stands in
//! the `.proto` files and not here is answered with `Unimplemented`. `where` names what else of the
//! call an operation gets.

use super::call::{Call, Pending};
use crate::api::{
    idp_service, internal_permission_service, logout_service, org_service, otp_service,
    session_service, session_service_beta, settings_service, user_codes_service, user_service,
    webauthn_service,
};

/// Reads the message of a call, runs the operation, writes the answer.
pub(super) type Operation = fn(Call) -> Pending;

macro_rules! procedures {
    ($( $service:literal { $( $method:ident => $operation:path $( where $more:ident )?, )+ } )+) => {
        /// The path of each procedure and its operation.
        pub(super) const PROCEDURES: &[(&str, Operation)] = &[$( $(
            (concat!("/", $service, "/", stringify!($method)), |call| Box::pin(async move {
                let answered = match call.message() {
                    Ok(request) => {
                        $operation(call.core(), call.caller(), request $( , call.$more() )?).await
                    }
                    Err(error) => Err(error),
                };
                call.answer(answered)
            })),
        )+ )+];
    };
}

procedures! {
    "bartizan.logout.v1.LogoutService" {
        LogoutUser => logout_service::logout_user,
        LogoutOthers => logout_service::logout_others,
        LogoutUserAgent => logout_service::logout_user_agent,
    }
    "zitadel.idp.v2.IdentityProviderService" {
        GetIDPByID => idp_service::get_idp_by_id,
    }
    "zitadel.internal_permission.v2.InternalPermissionService" {
        CreateAdministrator => internal_permission_service::create_administrator,
        UpdateAdministrator => internal_permission_service::update_administrator,
        DeleteAdministrator => internal_permission_service::delete_administrator,
        ListAdministrators => internal_permission_service::list_administrators,
    }
    "zitadel.org.v2.OrganizationService" {
        ListOrganizations => org_service::list_organizations,
    }
    "zitadel.session.v2.SessionService" {
        CreateSession => session_service::create_session,
        SetSession => session_service::set_session,
        GetSession => session_service::get_session,
        ListSessions => session_service::list_sessions,
        DeleteSession => session_service::delete_session,
    }
    "zitadel.session.v2beta.SessionService" {
        CreateSession => session_service_beta::create_session,
        SetSession => session_service_beta::set_session,
        GetSession => session_service_beta::get_session,
        ListSessions => session_service_beta::list_sessions,
        DeleteSession => session_service_beta::delete_session,
    }
    "zitadel.settings.v2.SettingsService" {
        GetGeneralSettings => settings_service::get_general_settings,
        GetLoginSettings => settings_service::get_login_settings,
        GetLockoutSettings => settings_service::get_lockout_settings,
        GetPasswordComplexitySettings => settings_service::get_password_complexity_settings,
        GetPasswordExpirySettings => settings_service::get_password_expiry_settings,
        GetDomainSettings => settings_service::get_domain_settings,
        GetBrandingSettings => settings_service::get_branding_settings,
        GetSecuritySettings => settings_service::get_security_settings,
        GetLegalAndSupportSettings => settings_service::get_legal_and_support_settings,
        GetActiveIdentityProviders => settings_service::get_active_identity_providers,
        GetHostedLoginTranslation => settings_service::get_hosted_login_translation,
    }
    "zitadel.user.v2.UserService" {
        AddHumanUser => user_service::add_human_user,
        CreateUser => user_service::create_user,
        UpdateUser => user_service::update_user,
        UpdateHumanUser => user_service::update_human_user,
        AddPersonalAccessToken => user_service::add_personal_access_token,
        RemovePersonalAccessToken => user_service::remove_personal_access_token,
        ListPersonalAccessTokens => user_service::list_personal_access_tokens,
        GetUserByID => user_service::get_user_by_id,
        ListUsers => user_service::list_users,
        SetPassword => user_service::set_password,
        RegisterTOTP => user_service::register_totp,
        VerifyTOTPRegistration => user_service::verify_totp_registration,
        RemoveTOTP => user_service::remove_totp,
        AddOTPSMS => otp_service::add_otp_sms,
        RemoveOTPSMS => otp_service::remove_otp_sms,
        AddOTPEmail => otp_service::add_otp_email,
        RemoveOTPEmail => otp_service::remove_otp_email,
        GenerateRecoveryCodes => otp_service::generate_recovery_codes,
        RemoveRecoveryCodes => otp_service::remove_recovery_codes,
        ListAuthenticationMethodTypes => user_service::list_authentication_method_types,
        ListAuthenticationFactors => user_service::list_authentication_factors,
        StartIdentityProviderIntent => idp_service::start_identity_provider_intent,
        RetrieveIdentityProviderIntent => idp_service::retrieve_identity_provider_intent,
        AddIDPLink => idp_service::add_idp_link,
        ListIDPLinks => idp_service::list_idp_links,
        RemoveIDPLink => idp_service::remove_idp_link,
        CreatePasskeyRegistrationLink => webauthn_service::create_passkey_registration_link,
        RegisterPasskey => webauthn_service::register_passkey where host,
        VerifyPasskeyRegistration => webauthn_service::verify_passkey_registration,
        ListPasskeys => webauthn_service::list_passkeys,
        RemovePasskey => webauthn_service::remove_passkey,
        RegisterU2F => webauthn_service::register_u2f where host,
        VerifyU2FRegistration => webauthn_service::verify_u2f_registration,
        RemoveU2F => webauthn_service::remove_u2f,
        LockUser => user_service::lock_user,
        UnlockUser => user_service::unlock_user,
        DeactivateUser => user_service::deactivate_user,
        ReactivateUser => user_service::reactivate_user,
        DeleteUser => user_service::delete_user,
        SetEmail => user_codes_service::set_email,
        SendEmailCode => user_codes_service::send_email_code,
        ResendEmailCode => user_codes_service::resend_email_code,
        VerifyEmail => user_codes_service::verify_email,
        SetPhone => user_codes_service::set_phone,
        RemovePhone => user_codes_service::remove_phone,
        ResendPhoneCode => user_codes_service::resend_phone_code,
        VerifyPhone => user_codes_service::verify_phone,
        PasswordReset => user_codes_service::password_reset,
        CreateInviteCode => user_codes_service::create_invite_code,
        ResendInviteCode => user_codes_service::resend_invite_code,
        VerifyInviteCode => user_codes_service::verify_invite_code,
        HumanMFAInitSkipped => user_codes_service::human_mfa_init_skipped,
    }
    "zitadel.user.v2beta.UserService" {
        AddHumanUser => user_service::add_human_user,
        RegisterTOTP => user_service::register_totp,
        VerifyTOTPRegistration => user_service::verify_totp_registration,
        RemoveTOTP => user_service::remove_totp,
        AddOTPSMS => otp_service::add_otp_sms,
        RemoveOTPSMS => otp_service::remove_otp_sms,
        AddOTPEmail => otp_service::add_otp_email,
        RemoveOTPEmail => otp_service::remove_otp_email,
        ListAuthenticationMethodTypes => user_service::list_authentication_method_types,
        CreatePasskeyRegistrationLink => webauthn_service::create_passkey_registration_link,
        RegisterPasskey => webauthn_service::register_passkey where host,
        VerifyPasskeyRegistration => webauthn_service::verify_passkey_registration,
        RegisterU2F => webauthn_service::register_u2f where host,
        VerifyU2FRegistration => webauthn_service::verify_u2f_registration,
        UpdateHumanUser => user_service::update_human_user,
        GetUserByID => user_service::get_user_by_id,
        ListUsers => user_service::list_users,
        SetPassword => user_service::set_password,
        StartIdentityProviderIntent => idp_service::start_identity_provider_intent,
        RetrieveIdentityProviderIntent => idp_service::retrieve_identity_provider_intent,
        AddIDPLink => idp_service::add_idp_link,
        LockUser => user_service::lock_user,
        UnlockUser => user_service::unlock_user,
        DeactivateUser => user_service::deactivate_user,
        ReactivateUser => user_service::reactivate_user,
        DeleteUser => user_service::delete_user,
        SetEmail => user_codes_service::set_email,
        ResendEmailCode => user_codes_service::resend_email_code,
        VerifyEmail => user_codes_service::verify_email,
        SetPhone => user_codes_service::set_phone,
        RemovePhone => user_codes_service::remove_phone,
        ResendPhoneCode => user_codes_service::resend_phone_code,
        VerifyPhone => user_codes_service::verify_phone,
        PasswordReset => user_codes_service::password_reset,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bartizan_proto::connect;

    use super::*;

    #[test]
    fn every_line_is_a_procedure_of_the_proto_files() {
        for (path, _) in PROCEDURES {
            assert!(connect::PROCEDURES.binary_search(path).is_ok(), "{path}");
        }
    }

    #[test]
    fn no_procedure_has_two_lines() {
        let paths: BTreeSet<_> = PROCEDURES.iter().map(|(path, _)| path).collect();
        assert_eq!(paths.len(), PROCEDURES.len());
    }
}
