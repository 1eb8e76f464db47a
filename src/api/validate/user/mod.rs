//! The rules of the user service, for the operations that are offered.

mod codes;
mod human;
mod query;
mod token;
mod update;
mod webauthn;

use bartizan_proto::zitadel::user::v2;

use super::rule::{At, between, embedded, optional};
use super::{Invalid, Validate};

/// Implements the one rule of requests that only name a user.
macro_rules! only_an_id {
    ($( $message:ident )+) => { $(
        impl Validate for v2::$message {
            fn validate(&self) -> Result<(), Invalid> {
                between(&self.user_id, 1, 200).at(concat!(stringify!($message), ".UserId"))
            }
        }
    )+ };
}

only_an_id! {
    GetUserByIDRequest
    DeleteUserRequest
    LockUserRequest
    UnlockUserRequest
    DeactivateUserRequest
    ReactivateUserRequest
    RegisterTOTPRequest
    RemoveTOTPRequest
    RemovePhoneRequest
    ResendPhoneCodeRequest
    ResendInviteCodeRequest
    HumanMFAInitSkippedRequest
    AddOTPSMSRequest
    RemoveOTPSMSRequest
    AddOTPEmailRequest
    RemoveOTPEmailRequest
    GenerateRecoveryCodesRequest
    RemoveRecoveryCodesRequest
    ListAuthenticationFactorsRequest
}

impl Validate for v2::VerifyTOTPRegistrationRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.user_id, 1, 200).at("VerifyTOTPRegistrationRequest.UserId")?;
        between(&self.code, 1, 200).at("VerifyTOTPRegistrationRequest.Code")
    }
}

impl Validate for v2::ListAuthenticationMethodTypesRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.user_id, 1, 200).at("ListAuthenticationMethodTypesRequest.UserId")?;
        optional(self.domain_query.as_option(), embedded)
            .at("ListAuthenticationMethodTypesRequest.DomainQuery")
    }
}

impl Validate for v2::DomainQuery {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.domain, 1, 200).at("DomainQuery.Domain")
    }
}

impl Validate for v2::SetPasswordRequest {
    fn validate(&self) -> Result<(), Invalid> {
        use v2::__buffa::oneof::set_password_request::Verification;
        between(&self.user_id, 1, 200).at("SetPasswordRequest.UserId")?;
        optional(self.new_password.as_option(), embedded).at("SetPasswordRequest.NewPassword")?;
        match &self.verification {
            None => Ok(()),
            Some(Verification::CurrentPassword(password)) => {
                between(password, 1, 200).at("SetPasswordRequest.CurrentPassword")
            }
            Some(Verification::VerificationCode(code)) => {
                between(code, 1, 20).at("SetPasswordRequest.VerificationCode")
            }
        }
    }
}

impl Validate for v2::Password {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.password, 1, 200).at("Password.Password")
    }
}

impl Validate for v2::HashedPassword {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.hash, 1, 200).at("HashedPassword.Hash")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{bounded, passes, refused};
    use super::*;

    #[test]
    fn users_are_named_by_an_id_of_1_to_200_characters() {
        let request = |id: &str| json!({ "userId": id });
        bounded::<v2::GetUserByIDRequest>(request, &["GetUserByIDRequest.UserId"], (1, 200));
        bounded::<v2::DeleteUserRequest>(request, &["DeleteUserRequest.UserId"], (1, 200));
        bounded::<v2::LockUserRequest>(request, &["LockUserRequest.UserId"], (1, 200));
        bounded::<v2::UnlockUserRequest>(request, &["UnlockUserRequest.UserId"], (1, 200));
        bounded::<v2::DeactivateUserRequest>(request, &["DeactivateUserRequest.UserId"], (1, 200));
        bounded::<v2::ReactivateUserRequest>(request, &["ReactivateUserRequest.UserId"], (1, 200));
        bounded::<v2::SetPasswordRequest>(request, &["SetPasswordRequest.UserId"], (1, 200));
        bounded::<v2::RegisterTOTPRequest>(request, &["RegisterTOTPRequest.UserId"], (1, 200));
        bounded::<v2::RemoveTOTPRequest>(request, &["RemoveTOTPRequest.UserId"], (1, 200));
        bounded::<v2::AddOTPSMSRequest>(request, &["AddOTPSMSRequest.UserId"], (1, 200));
        bounded::<v2::RemoveOTPSMSRequest>(request, &["RemoveOTPSMSRequest.UserId"], (1, 200));
        bounded::<v2::AddOTPEmailRequest>(request, &["AddOTPEmailRequest.UserId"], (1, 200));
        bounded::<v2::RemoveOTPEmailRequest>(request, &["RemoveOTPEmailRequest.UserId"], (1, 200));
        bounded::<v2::GenerateRecoveryCodesRequest>(
            request,
            &["GenerateRecoveryCodesRequest.UserId"],
            (1, 200),
        );
        bounded::<v2::RemoveRecoveryCodesRequest>(
            request,
            &["RemoveRecoveryCodesRequest.UserId"],
            (1, 200),
        );
        bounded::<v2::ListAuthenticationMethodTypesRequest>(
            request,
            &["ListAuthenticationMethodTypesRequest.UserId"],
            (1, 200),
        );
        bounded::<v2::ListAuthenticationFactorsRequest>(
            request,
            &["ListAuthenticationFactorsRequest.UserId"],
            (1, 200),
        );
    }

    #[test]
    fn a_code_that_verifies_an_app_has_1_to_200_characters() {
        bounded::<v2::VerifyTOTPRegistrationRequest>(
            |id| json!({"userId": id, "code": "123456"}),
            &["VerifyTOTPRegistrationRequest.UserId"],
            (1, 200),
        );
        bounded::<v2::VerifyTOTPRegistrationRequest>(
            |code| json!({"userId": "1", "code": code}),
            &["VerifyTOTPRegistrationRequest.Code"],
            (1, 200),
        );
    }

    #[test]
    fn a_domain_in_a_query_has_1_to_200_characters() {
        bounded::<v2::ListAuthenticationMethodTypesRequest>(
            |domain| json!({"userId": "1", "domainQuery": {"domain": domain}}),
            &[
                "ListAuthenticationMethodTypesRequest.DomainQuery",
                "DomainQuery.Domain",
            ],
            (1, 200),
        );
    }

    #[test]
    fn passwords_have_1_to_200_characters_and_codes_1_to_20() {
        bounded::<v2::SetPasswordRequest>(
            |text| json!({"userId": "1", "newPassword": {"password": text}}),
            &["SetPasswordRequest.NewPassword", "Password.Password"],
            (1, 200),
        );
        bounded::<v2::SetPasswordRequest>(
            |text| json!({"userId": "1", "currentPassword": text}),
            &["SetPasswordRequest.CurrentPassword"],
            (1, 200),
        );
        bounded::<v2::SetPasswordRequest>(
            |text| json!({"userId": "1", "verificationCode": text}),
            &["SetPasswordRequest.VerificationCode"],
            (1, 20),
        );
    }

    #[test]
    fn the_new_password_is_not_required_by_a_rule() {
        // The command refuses it with an id of its own.
        passes::<v2::SetPasswordRequest>(json!({"userId": "1"}));
    }

    #[test]
    fn fields_are_checked_as_declared_and_oneofs_after_them() {
        let request = |id: &str, new: &str| {
            json!({
                "userId": id,
                "newPassword": {"password": new},
                "currentPassword": "",
            })
        };
        for (id, new, path) in [
            ("", "", &["SetPasswordRequest.UserId"][..]),
            (
                "1",
                "",
                &["SetPasswordRequest.NewPassword", "Password.Password"],
            ),
            ("1", "new", &["SetPasswordRequest.CurrentPassword"]),
        ] {
            refused::<v2::SetPasswordRequest>(
                request(id, new),
                path,
                "value length must be between 1 and 200 runes, inclusive",
            );
        }
    }
}
