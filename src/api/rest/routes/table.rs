//! The REST routes as data.

use super::Operation::{self, Idp, ListOrganizations, Logout, NotYet, Session, Settings, User, V1};
use super::Version::{V2, V2Beta};
use super::{
    AuthenticationOperation, CodeOperation, IdpOperation, LogoutOperation, OtpOperation,
    SessionOperation, SettingsOperation, UserOperation, V1Operation, WebAuthnOperation,
};

/// The methods that routes have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub(super) const ALL: [Self; 5] = [Self::Get, Self::Post, Self::Put, Self::Patch, Self::Delete];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// One route. In its pattern a segment in braces takes any one segment of a path, even an empty one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) method: Method,
    pub(super) pattern: &'static str,
    pub(super) operation: Operation,
}

const fn get(pattern: &'static str, operation: Operation) -> Route {
    Route {
        method: Method::Get,
        pattern,
        operation,
    }
}

const fn post(pattern: &'static str, operation: Operation) -> Route {
    Route {
        method: Method::Post,
        pattern,
        operation,
    }
}

const fn put(pattern: &'static str, operation: Operation) -> Route {
    Route {
        method: Method::Put,
        pattern,
        operation,
    }
}

const fn patch(pattern: &'static str, operation: Operation) -> Route {
    Route {
        method: Method::Patch,
        pattern,
        operation,
    }
}

const fn delete(pattern: &'static str, operation: Operation) -> Route {
    Route {
        method: Method::Delete,
        pattern,
        operation,
    }
}

/// The routes below one prefix.
#[derive(Debug)]
pub(super) struct Group {
    /// What all patterns of the group start with, and no pattern of another group.
    pub(super) prefix: &'static str,
    /// The first that fits is taken: a literal segment stands before a variable one.
    pub(super) routes: &'static [Route],
}

/// Every route there is; what is asked for most stands first.
pub(super) const GROUPS: &[Group] = &[
    Group {
        prefix: "/v2/sessions",
        routes: SESSIONS,
    },
    Group {
        prefix: "/v2/users",
        routes: USERS,
    },
    Group {
        prefix: "/v2/settings",
        routes: SETTINGS,
    },
    Group {
        prefix: "/v2/organizations",
        routes: ORGANIZATIONS,
    },
    Group {
        prefix: "/v2/policies",
        routes: POLICIES,
    },
    Group {
        prefix: "/v2/idp_intents",
        routes: IDP_INTENTS,
    },
    Group {
        prefix: "/v2/idps",
        routes: IDPS,
    },
    Group {
        prefix: "/v2beta/sessions",
        routes: SESSIONS_BETA,
    },
    Group {
        prefix: "/management/v1/",
        routes: MANAGEMENT,
    },
    Group {
        prefix: "/bartizan/v1",
        routes: EXTENSIONS,
    },
    Group {
        prefix: "/admin/v1/",
        routes: ADMIN,
    },
];

const SESSIONS: &[Route] = &[
    get(
        "/v2/sessions/{session_id}",
        Session(V2, SessionOperation::Get),
    ),
    post("/v2/sessions", Session(V2, SessionOperation::Create)),
    patch(
        "/v2/sessions/{session_id}",
        Session(V2, SessionOperation::Set),
    ),
    delete(
        "/v2/sessions/{session_id}",
        Session(V2, SessionOperation::Delete),
    ),
    post("/v2/sessions/search", Session(V2, SessionOperation::List)),
];

const SESSIONS_BETA: &[Route] = &[
    get(
        "/v2beta/sessions/{session_id}",
        Session(V2Beta, SessionOperation::Get),
    ),
    post(
        "/v2beta/sessions",
        Session(V2Beta, SessionOperation::Create),
    ),
    patch(
        "/v2beta/sessions/{session_id}",
        Session(V2Beta, SessionOperation::Set),
    ),
    delete(
        "/v2beta/sessions/{session_id}",
        Session(V2Beta, SessionOperation::Delete),
    ),
    post(
        "/v2beta/sessions/search",
        Session(V2Beta, SessionOperation::List),
    ),
];

#[rustfmt::skip]
const USERS: &[Route] = &[
    get("/v2/users/{user_id}", User(UserOperation::GetUserById)),
    post("/v2/users", User(UserOperation::ListUsers)),
    post("/v2/users/human", User(UserOperation::AddHumanUser)),
    put("/v2/users/human/{user_id}", User(UserOperation::UpdateHumanUser)),
    delete("/v2/users/{user_id}", User(UserOperation::DeleteUser)),
    post("/v2/users/{user_id}/password", User(UserOperation::SetPassword)),
    post("/v2/users/{user_id}/password_reset", User(UserOperation::Code(CodeOperation::PasswordReset))),
    post("/v2/users/{user_id}/lock", User(UserOperation::LockUser)),
    post("/v2/users/{user_id}/unlock", User(UserOperation::UnlockUser)),
    post("/v2/users/{user_id}/deactivate", User(UserOperation::DeactivateUser)),
    post("/v2/users/{user_id}/reactivate", User(UserOperation::ReactivateUser)),
    get("/v2/users/{user_id}/authentication_methods", User(UserOperation::Authentication(AuthenticationOperation::ListAuthenticationMethodTypes))),
    post("/v2/users/{user_id}/authentication_factors/_search", User(UserOperation::Authentication(AuthenticationOperation::ListAuthenticationFactors))),
    post("/v2/users/{user_id}/email", User(UserOperation::Code(CodeOperation::SetEmail))),
    post("/v2/users/{user_id}/email/resend", User(UserOperation::Code(CodeOperation::ResendEmailCode))),
    post("/v2/users/{user_id}/email/send", User(UserOperation::Code(CodeOperation::SendEmailCode))),
    post("/v2/users/{user_id}/email/verify", User(UserOperation::Code(CodeOperation::VerifyEmail))),
    post("/v2/users/{user_id}/phone", User(UserOperation::Code(CodeOperation::SetPhone))),
    delete("/v2/users/{user_id}/phone", User(UserOperation::Code(CodeOperation::RemovePhone))),
    post("/v2/users/{user_id}/phone/resend", User(UserOperation::Code(CodeOperation::ResendPhoneCode))),
    post("/v2/users/{user_id}/phone/verify", User(UserOperation::Code(CodeOperation::VerifyPhone))),
    post("/v2/users/{user_id}/totp", User(UserOperation::Authentication(AuthenticationOperation::RegisterTotp))),
    post("/v2/users/{user_id}/totp/verify", User(UserOperation::Authentication(AuthenticationOperation::VerifyTotpRegistration))),
    delete("/v2/users/{user_id}/totp", User(UserOperation::Authentication(AuthenticationOperation::RemoveTotp))),
    post("/v2/users/{user_id}/otp_sms", User(UserOperation::Otp(OtpOperation::AddOtpSms))),
    delete("/v2/users/{user_id}/otp_sms", User(UserOperation::Otp(OtpOperation::RemoveOtpSms))),
    post("/v2/users/{user_id}/otp_email", User(UserOperation::Otp(OtpOperation::AddOtpEmail))),
    delete("/v2/users/{user_id}/otp_email", User(UserOperation::Otp(OtpOperation::RemoveOtpEmail))),
    post("/v2/users/{user_id}/recovery_codes", User(UserOperation::Otp(OtpOperation::GenerateRecoveryCodes))),
    delete("/v2/users/{user_id}/recovery_codes", User(UserOperation::Otp(OtpOperation::RemoveRecoveryCodes))),
    post("/v2/users/{user_id}/passkeys", User(UserOperation::WebAuthn(WebAuthnOperation::RegisterPasskey))),
    post("/v2/users/{user_id}/passkeys/_search", User(UserOperation::WebAuthn(WebAuthnOperation::ListPasskeys))),
    post("/v2/users/{user_id}/passkeys/registration_link", User(UserOperation::WebAuthn(WebAuthnOperation::CreatePasskeyRegistrationLink))),
    post("/v2/users/{user_id}/passkeys/{passkey_id}", User(UserOperation::WebAuthn(WebAuthnOperation::VerifyPasskeyRegistration))),
    delete("/v2/users/{user_id}/passkeys/{passkey_id}", User(UserOperation::WebAuthn(WebAuthnOperation::RemovePasskey))),
    post("/v2/users/{user_id}/u2f", User(UserOperation::WebAuthn(WebAuthnOperation::RegisterU2f))),
    post("/v2/users/{user_id}/u2f/{u2f_id}", User(UserOperation::WebAuthn(WebAuthnOperation::VerifyU2fRegistration))),
    delete("/v2/users/{user_id}/u2f/{u2f_id}", User(UserOperation::WebAuthn(WebAuthnOperation::RemoveU2f))),
    post("/v2/users/{user_id}/links", Idp(IdpOperation::AddLink)),
    post("/v2/users/{user_id}/links/_search", Idp(IdpOperation::ListLinks)),
    delete("/v2/users/{user_id}/links/{idp_id}/{linked_user_id}", Idp(IdpOperation::RemoveLink)),
    post("/v2/users/{user_id}/invite_code", User(UserOperation::Code(CodeOperation::CreateInviteCode))),
    post("/v2/users/{user_id}/invite_code/resend", User(UserOperation::Code(CodeOperation::ResendInviteCode))),
    post("/v2/users/{user_id}/invite_code/verify", User(UserOperation::Code(CodeOperation::VerifyInviteCode))),
    post("/v2/users/{user_id}/mfa_init_skipped", User(UserOperation::Code(CodeOperation::HumanMfaInitSkipped))),
    post("/v2/users/{user_id}/metadata", NotYet("SetUserMetadata")),
    post("/v2/users/{user_id}/metadata/search", NotYet("ListUserMetadata")),
    delete("/v2/users/{user_id}/metadata", NotYet("DeleteUserMetadata")),
];

#[rustfmt::skip]
const SETTINGS: &[Route] = &[
    get("/v2/settings/login", Settings(SettingsOperation::Login)),
    get("/v2/settings/branding", Settings(SettingsOperation::Branding)),
    get("/v2/settings/security", Settings(SettingsOperation::Security)),
    get("/v2/settings/login/idps", Settings(SettingsOperation::IdentityProviders)),
    get("/v2/settings/hosted_login_translation", Settings(SettingsOperation::Translation)),
    put("/v2/settings/hosted_login_translation", NotYet("SetHostedLoginTranslation")),
    get("/v2/settings/lockout", Settings(SettingsOperation::Lockout)),
    get("/v2/settings/password/complexity", Settings(SettingsOperation::Complexity)),
    get("/v2/settings/password/expiry", Settings(SettingsOperation::Expiry)),
    get("/v2/settings/domain", Settings(SettingsOperation::Domain)),
    get("/v2/settings/legal_support", Settings(SettingsOperation::Legal)),
    get("/v2/settings", Settings(SettingsOperation::General)),
];

#[rustfmt::skip]
const MANAGEMENT: &[Route] = &[
    post("/management/v1/users/machine", V1(V1Operation::AddMachineUser)),
    post("/management/v1/users/{user_id}/pats", V1(V1Operation::AddPersonalAccessToken)),
    get("/management/v1/policies/login", V1(V1Operation::GetLoginPolicy)),
];

#[rustfmt::skip]
const ADMIN: &[Route] = &[
    post("/admin/v1/members", V1(V1Operation::AddIamMember)),
    put("/admin/v1/members/{user_id}", V1(V1Operation::UpdateIamMember)),
    post("/admin/v1/sms/http", NotYet("AddSMSProviderHTTP")),
    put("/admin/v1/sms/http/{id}", NotYet("UpdateSMSProviderHTTP")),
    post("/admin/v1/sms/{id}/_activate", NotYet("ActivateSMSProvider")),
    post("/admin/v1/email/http", NotYet("AddEmailProviderHTTP")),
    put("/admin/v1/email/http/{id}", NotYet("UpdateEmailProviderHTTP")),
    post("/admin/v1/email/{id}/_activate", NotYet("ActivateEmailProvider")),
];

const ORGANIZATIONS: &[Route] = &[
    post("/v2/organizations/_search", ListOrganizations),
    post("/v2/organizations", NotYet("AddOrganization")),
];

const POLICIES: &[Route] = &[put("/v2/policies/security", NotYet("SetSecuritySettings"))];

const IDPS: &[Route] = &[get("/v2/idps/{id}", Idp(IdpOperation::Get))];

#[rustfmt::skip]
const IDP_INTENTS: &[Route] = &[
    post("/v2/idp_intents", Idp(IdpOperation::StartIntent)),
    post("/v2/idp_intents/{idp_intent_id}", Idp(IdpOperation::RetrieveIntent)),
];

/// What ZITADEL does not have.
#[rustfmt::skip]
const EXTENSIONS: &[Route] = &[
    post("/bartizan/v1/users/{user_id}/logout", Logout(LogoutOperation::User)),
    post("/bartizan/v1/sessions/logout_others", Logout(LogoutOperation::Others)),
    post("/bartizan/v1/user_agents/{fingerprint_id}/logout", Logout(LogoutOperation::UserAgent)),
];
