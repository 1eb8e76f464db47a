//! The procedures that the tests call, and how the same is asked for over REST.

use bartizan_proto::bartizan::logout::v1 as logout;
use bartizan_proto::json::{self, Body};
use bartizan_proto::zitadel::session::v2 as session;
use bartizan_proto::zitadel::user::v2 as user;
use serde_json::Value;

/// A procedure. Requests and answers are written as JSON in the tests, whatever goes over the wire.
#[derive(Clone, Copy)]
pub(crate) struct Procedure {
    pub(crate) path: &'static str,
    /// Method and target over REST; `{…}` stands for a field of the request.
    pub(crate) rest: (&'static str, &'static str),
    pub(crate) to_binary: fn(&Value) -> Vec<u8>,
    pub(crate) from_binary: fn(&[u8]) -> Value,
}

fn to_binary<M: Body>(request: &Value) -> Vec<u8> {
    let text = request.to_string();
    json::decode::<M>(text.as_bytes()).unwrap().encode_to_vec()
}

fn from_binary<M: Body>(answer: &[u8]) -> Value {
    let message = M::decode_from_slice(answer).unwrap();
    let mut out = Vec::new();
    json::encode(&message, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

macro_rules! procedures {
    ($( $name:ident = $path:literal, $request:ty => $response:ty, $method:literal $target:literal; )+) => { $(
        pub(crate) const $name: Procedure = Procedure {
            path: $path,
            rest: ($method, $target),
            to_binary: to_binary::<$request>,
            from_binary: from_binary::<$response>,
        };
    )+ };
}

procedures! {
    CREATE_SESSION = "/zitadel.session.v2.SessionService/CreateSession",
        session::CreateSessionRequest => session::CreateSessionResponse,
        "POST" "/v2/sessions";
    SET_SESSION = "/zitadel.session.v2.SessionService/SetSession",
        session::SetSessionRequest => session::SetSessionResponse,
        "PATCH" "/v2/sessions/{sessionId}";
    GET_SESSION = "/zitadel.session.v2.SessionService/GetSession",
        session::GetSessionRequest => session::GetSessionResponse,
        "GET" "/v2/sessions/{sessionId}";
    LIST_SESSIONS = "/zitadel.session.v2.SessionService/ListSessions",
        session::ListSessionsRequest => session::ListSessionsResponse,
        "POST" "/v2/sessions/search";
    DELETE_SESSION = "/zitadel.session.v2.SessionService/DeleteSession",
        session::DeleteSessionRequest => session::DeleteSessionResponse,
        "DELETE" "/v2/sessions/{sessionId}";
    ADD_HUMAN_USER = "/zitadel.user.v2.UserService/AddHumanUser",
        user::AddHumanUserRequest => user::AddHumanUserResponse,
        "POST" "/v2/users/human";
    GET_USER = "/zitadel.user.v2.UserService/GetUserByID",
        user::GetUserByIDRequest => user::GetUserByIDResponse,
        "GET" "/v2/users/{userId}";
    LIST_USERS = "/zitadel.user.v2.UserService/ListUsers",
        user::ListUsersRequest => user::ListUsersResponse,
        "POST" "/v2/users";
    SET_PASSWORD = "/zitadel.user.v2.UserService/SetPassword",
        user::SetPasswordRequest => user::SetPasswordResponse,
        "POST" "/v2/users/{userId}/password";
    REGISTER_TOTP = "/zitadel.user.v2.UserService/RegisterTOTP",
        user::RegisterTOTPRequest => user::RegisterTOTPResponse,
        "POST" "/v2/users/{userId}/totp";
    VERIFY_TOTP = "/zitadel.user.v2.UserService/VerifyTOTPRegistration",
        user::VerifyTOTPRegistrationRequest => user::VerifyTOTPRegistrationResponse,
        "POST" "/v2/users/{userId}/totp/verify";
    REMOVE_TOTP = "/zitadel.user.v2.UserService/RemoveTOTP",
        user::RemoveTOTPRequest => user::RemoveTOTPResponse,
        "DELETE" "/v2/users/{userId}/totp";
    ADD_OTP_SMS = "/zitadel.user.v2.UserService/AddOTPSMS",
        user::AddOTPSMSRequest => user::AddOTPSMSResponse,
        "POST" "/v2/users/{userId}/otp_sms";
    REMOVE_OTP_SMS = "/zitadel.user.v2.UserService/RemoveOTPSMS",
        user::RemoveOTPSMSRequest => user::RemoveOTPSMSResponse,
        "DELETE" "/v2/users/{userId}/otp_sms";
    ADD_OTP_EMAIL = "/zitadel.user.v2.UserService/AddOTPEmail",
        user::AddOTPEmailRequest => user::AddOTPEmailResponse,
        "POST" "/v2/users/{userId}/otp_email";
    REMOVE_OTP_EMAIL = "/zitadel.user.v2.UserService/RemoveOTPEmail",
        user::RemoveOTPEmailRequest => user::RemoveOTPEmailResponse,
        "DELETE" "/v2/users/{userId}/otp_email";
    GENERATE_RECOVERY_CODES = "/zitadel.user.v2.UserService/GenerateRecoveryCodes",
        user::GenerateRecoveryCodesRequest => user::GenerateRecoveryCodesResponse,
        "POST" "/v2/users/{userId}/recovery_codes";
    REMOVE_RECOVERY_CODES = "/zitadel.user.v2.UserService/RemoveRecoveryCodes",
        user::RemoveRecoveryCodesRequest => user::RemoveRecoveryCodesResponse,
        "DELETE" "/v2/users/{userId}/recovery_codes";
    LIST_METHODS = "/zitadel.user.v2.UserService/ListAuthenticationMethodTypes",
        user::ListAuthenticationMethodTypesRequest => user::ListAuthenticationMethodTypesResponse,
        "GET" "/v2/users/{userId}/authentication_methods";
    LIST_FACTORS = "/zitadel.user.v2.UserService/ListAuthenticationFactors",
        user::ListAuthenticationFactorsRequest => user::ListAuthenticationFactorsResponse,
        "POST" "/v2/users/{userId}/authentication_factors/_search";
    PASSKEY_LINK = "/zitadel.user.v2.UserService/CreatePasskeyRegistrationLink",
        user::CreatePasskeyRegistrationLinkRequest => user::CreatePasskeyRegistrationLinkResponse,
        "POST" "/v2/users/{userId}/passkeys/registration_link";
    REGISTER_PASSKEY = "/zitadel.user.v2.UserService/RegisterPasskey",
        user::RegisterPasskeyRequest => user::RegisterPasskeyResponse,
        "POST" "/v2/users/{userId}/passkeys";
    VERIFY_PASSKEY = "/zitadel.user.v2.UserService/VerifyPasskeyRegistration",
        user::VerifyPasskeyRegistrationRequest => user::VerifyPasskeyRegistrationResponse,
        "POST" "/v2/users/{userId}/passkeys/{passkeyId}";
    LIST_PASSKEYS = "/zitadel.user.v2.UserService/ListPasskeys",
        user::ListPasskeysRequest => user::ListPasskeysResponse,
        "POST" "/v2/users/{userId}/passkeys/_search";
    REMOVE_PASSKEY = "/zitadel.user.v2.UserService/RemovePasskey",
        user::RemovePasskeyRequest => user::RemovePasskeyResponse,
        "DELETE" "/v2/users/{userId}/passkeys/{passkeyId}";
    REGISTER_U2F = "/zitadel.user.v2.UserService/RegisterU2F",
        user::RegisterU2FRequest => user::RegisterU2FResponse,
        "POST" "/v2/users/{userId}/u2f";
    VERIFY_U2F = "/zitadel.user.v2.UserService/VerifyU2FRegistration",
        user::VerifyU2FRegistrationRequest => user::VerifyU2FRegistrationResponse,
        "POST" "/v2/users/{userId}/u2f/{u2fId}";
    REMOVE_U2F = "/zitadel.user.v2.UserService/RemoveU2F",
        user::RemoveU2FRequest => user::RemoveU2FResponse,
        "DELETE" "/v2/users/{userId}/u2f/{u2fId}";
    LOCK_USER = "/zitadel.user.v2.UserService/LockUser",
        user::LockUserRequest => user::LockUserResponse,
        "POST" "/v2/users/{userId}/lock";
    UNLOCK_USER = "/zitadel.user.v2.UserService/UnlockUser",
        user::UnlockUserRequest => user::UnlockUserResponse,
        "POST" "/v2/users/{userId}/unlock";
    DELETE_USER = "/zitadel.user.v2.UserService/DeleteUser",
        user::DeleteUserRequest => user::DeleteUserResponse,
        "DELETE" "/v2/users/{userId}";
    CREATE_SESSION_BETA = "/zitadel.session.v2beta.SessionService/CreateSession",
        bartizan_proto::zitadel::session::v2beta::CreateSessionRequest
            => bartizan_proto::zitadel::session::v2beta::CreateSessionResponse,
        "POST" "/v2beta/sessions";
    GET_IDP = "/zitadel.idp.v2.IdentityProviderService/GetIDPByID",
        bartizan_proto::zitadel::idp::v2::GetIDPByIDRequest
            => bartizan_proto::zitadel::idp::v2::GetIDPByIDResponse,
        "GET" "/v2/idps/{id}";
    START_INTENT = "/zitadel.user.v2.UserService/StartIdentityProviderIntent",
        user::StartIdentityProviderIntentRequest => user::StartIdentityProviderIntentResponse,
        "POST" "/v2/idp_intents";
    RETRIEVE_INTENT = "/zitadel.user.v2.UserService/RetrieveIdentityProviderIntent",
        user::RetrieveIdentityProviderIntentRequest
            => user::RetrieveIdentityProviderIntentResponse,
        "POST" "/v2/idp_intents/{idpIntentId}";
    ADD_LINK = "/zitadel.user.v2.UserService/AddIDPLink",
        user::AddIDPLinkRequest => user::AddIDPLinkResponse,
        "POST" "/v2/users/{userId}/links";
    LIST_LINKS = "/zitadel.user.v2.UserService/ListIDPLinks",
        user::ListIDPLinksRequest => user::ListIDPLinksResponse,
        "POST" "/v2/users/{userId}/links/_search";
    REMOVE_LINK = "/zitadel.user.v2.UserService/RemoveIDPLink",
        user::RemoveIDPLinkRequest => user::RemoveIDPLinkResponse,
        "DELETE" "/v2/users/{userId}/links/{idpId}/{linkedUserId}";
    SET_EMAIL = "/zitadel.user.v2.UserService/SetEmail",
        user::SetEmailRequest => user::SetEmailResponse,
        "POST" "/v2/users/{userId}/email";
    SEND_EMAIL_CODE = "/zitadel.user.v2.UserService/SendEmailCode",
        user::SendEmailCodeRequest => user::SendEmailCodeResponse,
        "POST" "/v2/users/{userId}/email/send";
    RESEND_EMAIL_CODE = "/zitadel.user.v2.UserService/ResendEmailCode",
        user::ResendEmailCodeRequest => user::ResendEmailCodeResponse,
        "POST" "/v2/users/{userId}/email/resend";
    VERIFY_EMAIL = "/zitadel.user.v2.UserService/VerifyEmail",
        user::VerifyEmailRequest => user::VerifyEmailResponse,
        "POST" "/v2/users/{userId}/email/verify";
    SET_PHONE = "/zitadel.user.v2.UserService/SetPhone",
        user::SetPhoneRequest => user::SetPhoneResponse,
        "POST" "/v2/users/{userId}/phone";
    REMOVE_PHONE = "/zitadel.user.v2.UserService/RemovePhone",
        user::RemovePhoneRequest => user::RemovePhoneResponse,
        "DELETE" "/v2/users/{userId}/phone";
    RESEND_PHONE_CODE = "/zitadel.user.v2.UserService/ResendPhoneCode",
        user::ResendPhoneCodeRequest => user::ResendPhoneCodeResponse,
        "POST" "/v2/users/{userId}/phone/resend";
    VERIFY_PHONE = "/zitadel.user.v2.UserService/VerifyPhone",
        user::VerifyPhoneRequest => user::VerifyPhoneResponse,
        "POST" "/v2/users/{userId}/phone/verify";
    PASSWORD_RESET = "/zitadel.user.v2.UserService/PasswordReset",
        user::PasswordResetRequest => user::PasswordResetResponse,
        "POST" "/v2/users/{userId}/password_reset";
    CREATE_INVITE_CODE = "/zitadel.user.v2.UserService/CreateInviteCode",
        user::CreateInviteCodeRequest => user::CreateInviteCodeResponse,
        "POST" "/v2/users/{userId}/invite_code";
    RESEND_INVITE_CODE = "/zitadel.user.v2.UserService/ResendInviteCode",
        user::ResendInviteCodeRequest => user::ResendInviteCodeResponse,
        "POST" "/v2/users/{userId}/invite_code/resend";
    VERIFY_INVITE_CODE = "/zitadel.user.v2.UserService/VerifyInviteCode",
        user::VerifyInviteCodeRequest => user::VerifyInviteCodeResponse,
        "POST" "/v2/users/{userId}/invite_code/verify";
    SKIP_MFA_INIT = "/zitadel.user.v2.UserService/HumanMFAInitSkipped",
        user::HumanMFAInitSkippedRequest => user::HumanMFAInitSkippedResponse,
        "POST" "/v2/users/{userId}/mfa_init_skipped";
    LOGOUT_USER = "/bartizan.logout.v1.LogoutService/LogoutUser",
        logout::LogoutUserRequest => logout::LogoutResponse,
        "POST" "/bartizan/v1/users/{userId}/logout";
    LOGOUT_OTHERS = "/bartizan.logout.v1.LogoutService/LogoutOthers",
        logout::LogoutOthersRequest => logout::LogoutResponse,
        "POST" "/bartizan/v1/sessions/logout_others";
    LOGOUT_USER_AGENT = "/bartizan.logout.v1.LogoutService/LogoutUserAgent",
        logout::LogoutUserAgentRequest => logout::LogoutResponse,
        "POST" "/bartizan/v1/user_agents/{fingerprintId}/logout";
    NOT_YET = "/zitadel.user.v2.UserService/SetUserMetadata",
        user::SetUserMetadataRequest => user::SetUserMetadataResponse,
        "POST" "/v2/users/{userId}/metadata";
}
