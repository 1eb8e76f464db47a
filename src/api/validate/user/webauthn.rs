//! The rules for passkeys and security keys.

use bartizan_proto::zitadel::user::v2;

use crate::api::validate::rule::{At, between, embedded, optional, required};
use crate::api::validate::{Invalid, Validate};

impl Validate for v2::CreatePasskeyRegistrationLinkRequest {
    fn validate(&self) -> Result<(), Invalid> {
        use v2::__buffa::oneof::create_passkey_registration_link_request::Medium;
        between(&self.user_id, 1, 200).at("CreatePasskeyRegistrationLinkRequest.UserId")?;
        match &self.medium {
            None | Some(Medium::ReturnCode(_)) => Ok(()),
            Some(Medium::SendLink(send)) => {
                embedded(&**send).at("CreatePasskeyRegistrationLinkRequest.SendLink")
            }
        }
    }
}

impl Validate for v2::SendPasskeyRegistrationLink {
    fn validate(&self) -> Result<(), Invalid> {
        optional(self.url_template.as_deref(), |text| between(text, 1, 200))
            .at("SendPasskeyRegistrationLink.UrlTemplate")
    }
}

impl Validate for v2::PasskeyRegistrationCode {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.id, 1, 200).at("PasskeyRegistrationCode.Id")?;
        between(&self.code, 1, 200).at("PasskeyRegistrationCode.Code")
    }
}

impl Validate for v2::RegisterPasskeyRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.user_id, 1, 200).at("RegisterPasskeyRequest.UserId")?;
        optional(self.code.as_option(), embedded).at("RegisterPasskeyRequest.Code")
    }
}

impl Validate for v2::RegisterU2FRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.user_id, 1, 200).at("RegisterU2FRequest.UserId")
    }
}

impl Validate for v2::VerifyPasskeyRegistrationRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.user_id, 1, 200).at("VerifyPasskeyRegistrationRequest.UserId")?;
        between(&self.passkey_id, 1, 200).at("VerifyPasskeyRegistrationRequest.PasskeyId")?;
        required(self.public_key_credential.as_option())
            .at("VerifyPasskeyRegistrationRequest.PublicKeyCredential")?;
        between(&self.passkey_name, 1, 200).at("VerifyPasskeyRegistrationRequest.PasskeyName")
    }
}

impl Validate for v2::VerifyU2FRegistrationRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.user_id, 1, 200).at("VerifyU2FRegistrationRequest.UserId")?;
        between(&self.u2f_id, 1, 200).at("VerifyU2FRegistrationRequest.U2FId")?;
        required(self.public_key_credential.as_option())
            .at("VerifyU2FRegistrationRequest.PublicKeyCredential")?;
        between(&self.token_name, 1, 200).at("VerifyU2FRegistrationRequest.TokenName")
    }
}

impl Validate for v2::ListPasskeysRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.user_id, 1, 200).at("ListPasskeysRequest.UserId")
    }
}

impl Validate for v2::RemovePasskeyRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.user_id, 1, 200).at("RemovePasskeyRequest.UserId")?;
        between(&self.passkey_id, 1, 200).at("RemovePasskeyRequest.PasskeyId")
    }
}

impl Validate for v2::RemoveU2FRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.user_id, 1, 200).at("RemoveU2FRequest.UserId")?;
        between(&self.u2f_id, 1, 200).at("RemoveU2FRequest.U2FId")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::testing::{bounded, passes, refused};
    use super::*;

    #[test]
    fn every_id_code_and_name_has_1_to_200_characters() {
        let id = |id: &str| json!({ "userId": id });
        bounded::<v2::CreatePasskeyRegistrationLinkRequest>(
            id,
            &["CreatePasskeyRegistrationLinkRequest.UserId"],
            (1, 200),
        );
        bounded::<v2::RegisterPasskeyRequest>(id, &["RegisterPasskeyRequest.UserId"], (1, 200));
        bounded::<v2::RegisterU2FRequest>(id, &["RegisterU2FRequest.UserId"], (1, 200));
        bounded::<v2::ListPasskeysRequest>(id, &["ListPasskeysRequest.UserId"], (1, 200));
        bounded::<v2::RemovePasskeyRequest>(
            |id| json!({ "userId": "1", "passkeyId": id }),
            &["RemovePasskeyRequest.PasskeyId"],
            (1, 200),
        );
        bounded::<v2::RemoveU2FRequest>(
            |id| json!({ "userId": "1", "u2fId": id }),
            &["RemoveU2FRequest.U2FId"],
            (1, 200),
        );
        bounded::<v2::RegisterPasskeyRequest>(
            |id| json!({ "userId": "1", "code": { "id": id, "code": "x" } }),
            &["RegisterPasskeyRequest.Code", "PasskeyRegistrationCode.Id"],
            (1, 200),
        );
        bounded::<v2::RegisterPasskeyRequest>(
            |code| json!({ "userId": "1", "code": { "id": "1", "code": code } }),
            &[
                "RegisterPasskeyRequest.Code",
                "PasskeyRegistrationCode.Code",
            ],
            (1, 200),
        );
        bounded::<v2::CreatePasskeyRegistrationLinkRequest>(
            |text| json!({ "userId": "1", "sendLink": { "urlTemplate": text } }),
            &[
                "CreatePasskeyRegistrationLinkRequest.SendLink",
                "SendPasskeyRegistrationLink.UrlTemplate",
            ],
            (1, 200),
        );
        passes::<v2::CreatePasskeyRegistrationLinkRequest>(json!({ "userId": "1" }));
        passes::<v2::RegisterPasskeyRequest>(json!({ "userId": "1", "authenticator": 7 }));
    }

    #[test]
    fn an_answer_has_a_key_a_credential_and_a_name() {
        let passkey = |id: &str, name: &str, credential: Value| {
            json!({
                "userId": "1",
                "passkeyId": id,
                "passkeyName": name,
                "publicKeyCredential": credential,
            })
        };
        bounded::<v2::VerifyPasskeyRegistrationRequest>(
            |id| passkey(id, "x", json!({})),
            &["VerifyPasskeyRegistrationRequest.PasskeyId"],
            (1, 200),
        );
        bounded::<v2::VerifyPasskeyRegistrationRequest>(
            |name| passkey("1", name, json!({})),
            &["VerifyPasskeyRegistrationRequest.PasskeyName"],
            (1, 200),
        );
        refused::<v2::VerifyPasskeyRegistrationRequest>(
            passkey("1", "x", Value::Null),
            &["VerifyPasskeyRegistrationRequest.PublicKeyCredential"],
            "value is required",
        );
        let u2f = |id: &str, name: &str, credential: Value| {
            json!({
                "userId": "1",
                "u2fId": id,
                "tokenName": name,
                "publicKeyCredential": credential,
            })
        };
        bounded::<v2::VerifyU2FRegistrationRequest>(
            |id| u2f(id, "x", json!({})),
            &["VerifyU2FRegistrationRequest.U2FId"],
            (1, 200),
        );
        bounded::<v2::VerifyU2FRegistrationRequest>(
            |name| u2f("1", name, json!({})),
            &["VerifyU2FRegistrationRequest.TokenName"],
            (1, 200),
        );
        refused::<v2::VerifyU2FRegistrationRequest>(
            u2f("1", "x", Value::Null),
            &["VerifyU2FRegistrationRequest.PublicKeyCredential"],
            "value is required",
        );
    }
}
