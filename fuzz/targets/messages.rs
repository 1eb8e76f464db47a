//! Every request that is read, for the targets that read any of them.

use bartizan_proto::bartizan::logout::v1 as logout;
use bartizan_proto::zitadel::admin::v1 as admin;
use bartizan_proto::zitadel::filter::v2 as filter;
use bartizan_proto::zitadel::idp::v2 as idp;
use bartizan_proto::zitadel::internal_permission::v2 as internal_permission;
use bartizan_proto::zitadel::management::v1 as management;
use bartizan_proto::zitadel::org::v2 as org;
use bartizan_proto::zitadel::session::v2 as session;
use bartizan_proto::zitadel::session::v2beta as session_beta;
use bartizan_proto::zitadel::settings::v2 as settings;
use bartizan_proto::zitadel::user::v2 as user;

use super::{json, protobuf};

/// A message, and what its two forms are checked with.
#[derive(Debug)]
pub struct Request {
    /// Its name, without its package.
    pub name: &'static str,
    pub json: fn(&[u8]),
    pub binary: fn(&[u8]),
}

/// The message that the first byte chooses, and the bytes behind it.
///
/// Counted from `!`, so that the files of a corpus can be written by hand.
pub fn select(data: &[u8]) -> Option<(&'static Request, &[u8])> {
    let (choice, rest) = data.split_first()?;
    let index = usize::from(choice.wrapping_sub(b'!'));
    Some((REQUESTS.get(index % REQUESTS.len())?, rest))
}

macro_rules! requests {
    ($($package:ident { $($name:ident),+ $(,)? })+) => {
        /// All of them. New ones go to the end: the files of a corpus count.
        pub const REQUESTS: &[Request] = &[
            $($(Request {
                name: stringify!($name),
                json: json::check::<$package::$name>,
                binary: protobuf::check::<$package::$name>,
            },)+)+
        ];
    };
}

requests! {
    session {
        ListSessionsRequest,
        GetSessionRequest,
        CreateSessionRequest,
        SetSessionRequest,
        DeleteSessionRequest,
    }
    user {
        ListAuthenticationMethodTypesRequest,
        ListAuthenticationFactorsRequest,
        AddHumanUserRequest,
        CreateUserRequest,
        SetEmailRequest,
        ResendEmailCodeRequest,
        SendEmailCodeRequest,
        VerifyEmailRequest,
        AddIDPLinkRequest,
        ListIDPLinksRequest,
        RemoveIDPLinkRequest,
        StartIdentityProviderIntentRequest,
        RetrieveIdentityProviderIntentRequest,
        CreateInviteCodeRequest,
        ResendInviteCodeRequest,
        VerifyInviteCodeRequest,
        AddKeyRequest,
        RemoveKeyRequest,
        ListKeysRequest,
        SetUserMetadataRequest,
        ListUserMetadataRequest,
        DeleteUserMetadataRequest,
        RegisterTOTPRequest,
        VerifyTOTPRegistrationRequest,
        RemoveTOTPRequest,
        AddOTPSMSRequest,
        RemoveOTPSMSRequest,
        AddOTPEmailRequest,
        RemoveOTPEmailRequest,
        GenerateRecoveryCodesRequest,
        RemoveRecoveryCodesRequest,
        CreatePasskeyRegistrationLinkRequest,
        RegisterPasskeyRequest,
        VerifyPasskeyRegistrationRequest,
        ListPasskeysRequest,
        RemovePasskeyRequest,
        RegisterU2FRequest,
        VerifyU2FRegistrationRequest,
        RemoveU2FRequest,
        PasswordResetRequest,
        SetPasswordRequest,
        AddPersonalAccessTokenRequest,
        RemovePersonalAccessTokenRequest,
        ListPersonalAccessTokensRequest,
        SetPhoneRequest,
        RemovePhoneRequest,
        ResendPhoneCodeRequest,
        VerifyPhoneRequest,
        AddSecretRequest,
        RemoveSecretRequest,
        UpdateUserRequest,
        UpdateHumanUserRequest,
        GetUserByIDRequest,
        ListUsersRequest,
        DeleteUserRequest,
        DeactivateUserRequest,
        ReactivateUserRequest,
        LockUserRequest,
        UnlockUserRequest,
        HumanMFAInitSkippedRequest,
    }
    logout {
        LogoutUserRequest,
        LogoutOthersRequest,
        LogoutUserAgentRequest,
    }
    admin {
        AddIAMMemberRequest,
        UpdateIAMMemberRequest,
    }
    filter {
        PaginationRequest,
    }
    idp {
        GetIDPByIDRequest,
    }
    internal_permission {
        ListAdministratorsRequest,
        CreateAdministratorRequest,
        UpdateAdministratorRequest,
        DeleteAdministratorRequest,
    }
    management {
        AddMachineUserRequest,
        AddPersonalAccessTokenRequest,
    }
    org {
        ListOrganizationsRequest,
    }
    session_beta {
        ListSessionsRequest,
        GetSessionRequest,
        CreateSessionRequest,
        SetSessionRequest,
        DeleteSessionRequest,
    }
    settings {
        GetGeneralSettingsRequest,
        GetLoginSettingsRequest,
        GetActiveIdentityProvidersRequest,
        GetPasswordComplexitySettingsRequest,
        GetPasswordExpirySettingsRequest,
        GetBrandingSettingsRequest,
        GetDomainSettingsRequest,
        GetLegalAndSupportSettingsRequest,
        GetLockoutSettingsRequest,
        GetSecuritySettingsRequest,
        GetHostedLoginTranslationRequest,
    }
}
