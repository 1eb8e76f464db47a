//! The rules of what is about identity providers.

use bartizan_proto::zitadel::idp::v2 as idp;
use bartizan_proto::zitadel::user::v2;
use bartizan_proto::zitadel::user::v2::__buffa::oneof::start_identity_provider_intent_request::Content;

use super::rule::{At, between, embedded, optional, uri_reference};
use super::{Invalid, Validate};

impl Validate for idp::GetIDPByIDRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.id, 1, 200).at("GetIDPByIDRequest.Id")
    }
}

impl Validate for v2::StartIdentityProviderIntentRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.idp_id, 1, 200).at("StartIdentityProviderIntentRequest.IdpId")?;
        match &self.content {
            None => Ok(()),
            Some(Content::Urls(urls)) => {
                embedded(&**urls).at("StartIdentityProviderIntentRequest.Urls")
            }
            Some(Content::Ldap(ldap)) => {
                embedded(&**ldap).at("StartIdentityProviderIntentRequest.Ldap")
            }
        }
    }
}

impl Validate for v2::RedirectURLs {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.success_url, 1, 2048).at("RedirectURLs.SuccessUrl")?;
        uri_reference(&self.success_url).at("RedirectURLs.SuccessUrl")?;
        between(&self.failure_url, 1, 2048).at("RedirectURLs.FailureUrl")?;
        uri_reference(&self.failure_url).at("RedirectURLs.FailureUrl")
    }
}

impl Validate for v2::LDAPCredentials {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.username, 1, 200).at("LDAPCredentials.Username")?;
        between(&self.password, 1, 200).at("LDAPCredentials.Password")
    }
}

impl Validate for v2::RetrieveIdentityProviderIntentRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.idp_intent_id, 1, 200)
            .at("RetrieveIdentityProviderIntentRequest.IdpIntentId")?;
        between(&self.idp_intent_token, 1, 200)
            .at("RetrieveIdentityProviderIntentRequest.IdpIntentToken")
    }
}

impl Validate for v2::AddIDPLinkRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.user_id, 1, 200).at("AddIDPLinkRequest.UserId")?;
        optional(self.idp_link.as_option(), embedded).at("AddIDPLinkRequest.IdpLink")
    }
}

impl Validate for v2::RemoveIDPLinkRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.user_id, 1, 200).at("RemoveIDPLinkRequest.UserId")?;
        between(&self.idp_id, 1, 200).at("RemoveIDPLinkRequest.IdpId")?;
        between(&self.linked_user_id, 1, 200).at("RemoveIDPLinkRequest.LinkedUserId")
    }
}

impl Validate for v2::ListIDPLinksRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.user_id, 1, 200).at("ListIDPLinksRequest.UserId")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{bounded, passes, refused};
    use super::*;

    #[test]
    fn ids_and_tokens_have_1_to_200_characters() {
        type Start = v2::StartIdentityProviderIntentRequest;
        type Retrieve = v2::RetrieveIdentityProviderIntentRequest;
        type Remove = v2::RemoveIDPLinkRequest;
        bounded::<idp::GetIDPByIDRequest>(
            |text| json!({ "id": text }),
            &["GetIDPByIDRequest.Id"],
            (1, 200),
        );
        bounded::<Start>(
            |text| json!({ "idpId": text }),
            &["StartIdentityProviderIntentRequest.IdpId"],
            (1, 200),
        );
        bounded::<Retrieve>(
            |text| json!({ "idpIntentId": text, "idpIntentToken": "t" }),
            &["RetrieveIdentityProviderIntentRequest.IdpIntentId"],
            (1, 200),
        );
        bounded::<Retrieve>(
            |text| json!({ "idpIntentId": "1", "idpIntentToken": text }),
            &["RetrieveIdentityProviderIntentRequest.IdpIntentToken"],
            (1, 200),
        );
        bounded::<v2::AddIDPLinkRequest>(
            |text| json!({ "userId": text }),
            &["AddIDPLinkRequest.UserId"],
            (1, 200),
        );
        bounded::<v2::AddIDPLinkRequest>(
            |text| json!({ "userId": "1", "idpLink": { "idpId": "1", "userId": text, "userName": "x" } }),
            &["AddIDPLinkRequest.IdpLink", "IDPLink.UserId"],
            (1, 200),
        );
        bounded::<v2::ListIDPLinksRequest>(
            |text| json!({ "userId": text }),
            &["ListIDPLinksRequest.UserId"],
            (1, 200),
        );
        for (field, path) in [
            ("userId", "RemoveIDPLinkRequest.UserId"),
            ("idpId", "RemoveIDPLinkRequest.IdpId"),
            ("linkedUserId", "RemoveIDPLinkRequest.LinkedUserId"),
        ] {
            bounded::<Remove>(
                |text| {
                    let mut request = json!({ "userId": "1", "idpId": "1", "linkedUserId": "1" });
                    request[field] = json!(text);
                    request
                },
                &[path],
                (1, 200),
            );
        }
    }

    #[test]
    fn addresses_are_references_of_2048_characters_at_most() {
        type Start = v2::StartIdentityProviderIntentRequest;
        let request = |success: &str, failure: &str| json!({ "idpId": "1", "urls": { "successUrl": success, "failureUrl": failure } });
        passes::<Start>(request("https://a.example/ok?x=1#y", "/no"));
        let because = |value: &str, cause: &str| {
            format!("value must be a valid URI | caused by: parse {value:?}: {cause}")
        };
        let escape = |value| because(value, "invalid URL escape \"%zz\"");
        for (success, failure, field, text) in [
            ("", "/no", "RedirectURLs.SuccessUrl", LENGTH),
            ("/ok", "", "RedirectURLs.FailureUrl", LENGTH),
            (&"x".repeat(2049), "/no", "RedirectURLs.SuccessUrl", LENGTH),
            (
                "a b%zz",
                "/no",
                "RedirectURLs.SuccessUrl",
                &escape("a b%zz"),
            ),
            ("/ok", "%zz", "RedirectURLs.FailureUrl", &escape("%zz")),
            (
                "/ok",
                ":",
                "RedirectURLs.FailureUrl",
                &because(":", "missing protocol scheme"),
            ),
        ] {
            refused::<Start>(
                request(success, failure),
                &["StartIdentityProviderIntentRequest.Urls", field],
                text,
            );
        }
    }

    const LENGTH: &str = "value length must be between 1 and 2048 runes, inclusive";

    #[test]
    fn credentials_have_1_to_200_characters() {
        for field in ["username", "password"] {
            let name = match field {
                "username" => "LDAPCredentials.Username",
                _ => "LDAPCredentials.Password",
            };
            bounded::<v2::StartIdentityProviderIntentRequest>(
                |text| {
                    let mut ldap = json!({ "username": "u", "password": "p" });
                    ldap[field] = json!(text);
                    json!({ "idpId": "1", "ldap": ldap })
                },
                &["StartIdentityProviderIntentRequest.Ldap", name],
                (1, 200),
            );
        }
    }
}
