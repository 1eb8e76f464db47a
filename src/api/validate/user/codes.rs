//! The rules of what makes codes and of what gives them back.

use bartizan_proto::zitadel::user::v2;

use super::super::rule::{At, Checked, address, between, embedded, only_true, optional};
use super::super::{Invalid, Validate};

impl Validate for v2::SetEmailRequest {
    fn validate(&self) -> Result<(), Invalid> {
        use v2::__buffa::oneof::set_email_request::Verification;
        between(&self.user_id, 1, 200).at("SetEmailRequest.UserId")?;
        between(&self.email, 1, 200)
            .and_then(|()| address(&self.email))
            .at("SetEmailRequest.Email")?;
        match &self.verification {
            None | Some(Verification::ReturnCode(_)) => Ok(()),
            Some(Verification::SendCode(send)) => embedded(&**send).at("SetEmailRequest.SendCode"),
            Some(Verification::IsVerified(verified)) => {
                only_true(*verified).at("SetEmailRequest.IsVerified")
            }
        }
    }
}

impl Validate for v2::SendEmailCodeRequest {
    fn validate(&self) -> Result<(), Invalid> {
        use v2::__buffa::oneof::send_email_code_request::Verification;
        between(&self.user_id, 1, 200).at("SendEmailCodeRequest.UserId")?;
        match &self.verification {
            None | Some(Verification::ReturnCode(_)) => Ok(()),
            Some(Verification::SendCode(send)) => {
                embedded(&**send).at("SendEmailCodeRequest.SendCode")
            }
        }
    }
}

impl Validate for v2::ResendEmailCodeRequest {
    fn validate(&self) -> Result<(), Invalid> {
        use v2::__buffa::oneof::resend_email_code_request::Verification;
        between(&self.user_id, 1, 200).at("ResendEmailCodeRequest.UserId")?;
        match &self.verification {
            None | Some(Verification::ReturnCode(_)) => Ok(()),
            Some(Verification::SendCode(send)) => {
                embedded(&**send).at("ResendEmailCodeRequest.SendCode")
            }
        }
    }
}

impl Validate for v2::SetPhoneRequest {
    fn validate(&self) -> Result<(), Invalid> {
        use v2::__buffa::oneof::set_phone_request::Verification;
        between(&self.user_id, 1, 200).at("SetPhoneRequest.UserId")?;
        between(&self.phone, 1, 200).at("SetPhoneRequest.Phone")?;
        match &self.verification {
            None | Some(Verification::SendCode(_) | Verification::ReturnCode(_)) => Ok(()),
            Some(Verification::IsVerified(verified)) => {
                only_true(*verified).at("SetPhoneRequest.IsVerified")
            }
        }
    }
}

impl Validate for v2::PasswordResetRequest {
    fn validate(&self) -> Result<(), Invalid> {
        use v2::__buffa::oneof::password_reset_request::Medium;
        between(&self.user_id, 1, 200).at("PasswordResetRequest.UserId")?;
        match &self.medium {
            None | Some(Medium::ReturnCode(_)) => Ok(()),
            Some(Medium::SendLink(link)) => embedded(&**link).at("PasswordResetRequest.SendLink"),
        }
    }
}

impl Validate for v2::SendPasswordResetLink {
    fn validate(&self) -> Result<(), Invalid> {
        text(self.url_template.as_deref()).at("SendPasswordResetLink.UrlTemplate")
    }
}

impl Validate for v2::CreateInviteCodeRequest {
    fn validate(&self) -> Result<(), Invalid> {
        use v2::__buffa::oneof::create_invite_code_request::Verification;
        between(&self.user_id, 1, 200).at("CreateInviteCodeRequest.UserId")?;
        match &self.verification {
            None | Some(Verification::ReturnCode(_)) => Ok(()),
            Some(Verification::SendCode(send)) => {
                embedded(&**send).at("CreateInviteCodeRequest.SendCode")
            }
        }
    }
}

impl Validate for v2::SendInviteCode {
    fn validate(&self) -> Result<(), Invalid> {
        text(self.url_template.as_deref()).at("SendInviteCode.UrlTemplate")?;
        text(self.application_name.as_deref()).at("SendInviteCode.ApplicationName")
    }
}

/// Implements the rules of requests that give a code back.
macro_rules! verified {
    ($( $message:ident )+) => { $(
        impl Validate for v2::$message {
            fn validate(&self) -> Result<(), Invalid> {
                between(&self.user_id, 1, 200).at(concat!(stringify!($message), ".UserId"))?;
                between(&self.verification_code, 1, 20)
                    .at(concat!(stringify!($message), ".VerificationCode"))
            }
        }
    )+ };
}

verified! {
    VerifyEmailRequest
    VerifyPhoneRequest
    VerifyInviteCodeRequest
}

fn text(value: Option<&str>) -> Checked {
    optional(value, |text| between(text, 1, 200))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::super::testing::{bounded, passes, refused, survives, wire};
    use super::*;

    /// The request with these fields beside the id.
    fn of(more: &Value) -> Value {
        let mut request = json!({ "userId": "1" });
        for (name, value) in more.as_object().unwrap() {
            request[name] = value.clone();
        }
        request
    }

    #[test]
    fn whoever_gets_a_code_is_named_by_an_id() {
        let id = |id: &str| json!({ "userId": id });
        let mail = |id: &str| json!({ "userId": id, "email": "mini@mouse.com" });
        let phone = |id: &str| json!({ "userId": id, "phone": "1" });
        bounded::<v2::SetEmailRequest>(mail, &["SetEmailRequest.UserId"], (1, 200));
        bounded::<v2::SendEmailCodeRequest>(id, &["SendEmailCodeRequest.UserId"], (1, 200));
        bounded::<v2::ResendEmailCodeRequest>(id, &["ResendEmailCodeRequest.UserId"], (1, 200));
        bounded::<v2::SetPhoneRequest>(phone, &["SetPhoneRequest.UserId"], (1, 200));
        bounded::<v2::ResendPhoneCodeRequest>(id, &["ResendPhoneCodeRequest.UserId"], (1, 200));
        bounded::<v2::RemovePhoneRequest>(id, &["RemovePhoneRequest.UserId"], (1, 200));
        bounded::<v2::PasswordResetRequest>(id, &["PasswordResetRequest.UserId"], (1, 200));
        bounded::<v2::CreateInviteCodeRequest>(id, &["CreateInviteCodeRequest.UserId"], (1, 200));
        bounded::<v2::ResendInviteCodeRequest>(id, &["ResendInviteCodeRequest.UserId"], (1, 200));
        bounded::<v2::HumanMFAInitSkippedRequest>(
            id,
            &["HumanMFAInitSkippedRequest.UserId"],
            (1, 200),
        );
    }

    #[test]
    fn addresses_and_numbers_are_given_and_vouched_for_or_not() {
        bounded::<v2::SetPhoneRequest>(
            |phone| of(&json!({ "phone": phone })),
            &["SetPhoneRequest.Phone"],
            (1, 200),
        );
        refused::<v2::SetEmailRequest>(
            of(&json!({})),
            &["SetEmailRequest.Email"],
            "value length must be between 1 and 200 runes, inclusive",
        );
        refused::<v2::SetEmailRequest>(
            of(&json!({ "email": "mini" })),
            &["SetEmailRequest.Email"],
            "value must be a valid email address | caused by: mail: missing '@' or angle-addr",
        );
        let (mail, phone) = ("mini@mouse.com", "+41791234567");
        for verification in [
            json!({}),
            json!({ "sendCode": {} }),
            json!({ "returnCode": {} }),
            json!({ "isVerified": true }),
        ] {
            let mut request = of(&verification);
            request["email"] = json!(mail);
            passes::<v2::SetEmailRequest>(request);
            let mut request = of(&verification);
            request["phone"] = json!(phone);
            passes::<v2::SetPhoneRequest>(request);
        }
        refused::<v2::SetEmailRequest>(
            of(&json!({ "email": mail, "isVerified": false })),
            &["SetEmailRequest.IsVerified"],
            "value must equal true",
        );
        refused::<v2::SetPhoneRequest>(
            of(&json!({ "phone": phone, "isVerified": false })),
            &["SetPhoneRequest.IsVerified"],
            "value must equal true",
        );
    }

    #[test]
    fn links_and_names_have_1_to_200_characters() {
        let send = |field: &str, text: &str| json!({ "sendCode": { field: text } });
        let with_mail = |text: &str| {
            let mut request = of(&send("urlTemplate", text));
            request["email"] = json!("mini@mouse.com");
            request
        };
        let template = "SendEmailVerificationCode.UrlTemplate";
        bounded::<v2::SetEmailRequest>(
            with_mail,
            &["SetEmailRequest.SendCode", template],
            (1, 200),
        );
        bounded::<v2::SendEmailCodeRequest>(
            |text| of(&send("urlTemplate", text)),
            &["SendEmailCodeRequest.SendCode", template],
            (1, 200),
        );
        bounded::<v2::ResendEmailCodeRequest>(
            |text| of(&send("urlTemplate", text)),
            &["ResendEmailCodeRequest.SendCode", template],
            (1, 200),
        );
        bounded::<v2::PasswordResetRequest>(
            |text| of(&json!({ "sendLink": { "urlTemplate": text } })),
            &[
                "PasswordResetRequest.SendLink",
                "SendPasswordResetLink.UrlTemplate",
            ],
            (1, 200),
        );
        for (field, shown) in [
            ("urlTemplate", "SendInviteCode.UrlTemplate"),
            ("applicationName", "SendInviteCode.ApplicationName"),
        ] {
            bounded::<v2::CreateInviteCodeRequest>(
                |text| of(&send(field, text)),
                &["CreateInviteCodeRequest.SendCode", shown],
                (1, 200),
            );
        }
    }

    #[test]
    fn a_code_that_is_given_back_has_1_to_20_characters() {
        let code = |code: &str| json!({ "userId": "1", "verificationCode": code });
        let id = |id: &str| json!({ "userId": id, "verificationCode": "ABC123" });
        bounded::<v2::VerifyEmailRequest>(id, &["VerifyEmailRequest.UserId"], (1, 200));
        bounded::<v2::VerifyPhoneRequest>(id, &["VerifyPhoneRequest.UserId"], (1, 200));
        bounded::<v2::VerifyInviteCodeRequest>(id, &["VerifyInviteCodeRequest.UserId"], (1, 200));
        bounded::<v2::VerifyEmailRequest>(code, &["VerifyEmailRequest.VerificationCode"], (1, 20));
        bounded::<v2::VerifyPhoneRequest>(code, &["VerifyPhoneRequest.VerificationCode"], (1, 20));
        bounded::<v2::VerifyInviteCodeRequest>(
            code,
            &["VerifyInviteCodeRequest.VerificationCode"],
            (1, 20),
        );
    }

    proptest! {
        #[test]
        fn any_request_is_judged(fields in prop::collection::vec(wire(), 0..6)) {
            let bytes = fields.concat();
            survives::<v2::SetEmailRequest>(&bytes);
            survives::<v2::SetPhoneRequest>(&bytes);
            survives::<v2::PasswordResetRequest>(&bytes);
            survives::<v2::CreateInviteCodeRequest>(&bytes);
        }
    }
}
