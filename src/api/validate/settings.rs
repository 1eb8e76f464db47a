//! Requests of the settings service.

use bartizan_proto::zitadel::object::v2 as object;
use bartizan_proto::zitadel::settings::v2;

use super::rule::{At, at_least, embedded, only_true, optional};
use super::{Invalid, Validate};

impl Validate for object::RequestContext {
    fn validate(&self) -> Result<(), Invalid> {
        use object::__buffa::oneof::request_context::ResourceOwner;
        match &self.resource_owner {
            Some(ResourceOwner::Instance(instance)) => {
                only_true(*instance).at("RequestContext.Instance")
            }
            Some(ResourceOwner::OrgId(_)) | None => Ok(()),
        }
    }
}

/// Implements the rules of requests that have nothing but a context to check.
macro_rules! has_context {
    ($( $message:ident )+) => { $(
        impl Validate for v2::$message {
            fn validate(&self) -> Result<(), Invalid> {
                optional(self.ctx.as_option(), embedded).at(concat!(stringify!($message), ".Ctx"))
            }
        }
    )+ };
}

has_context! {
    GetLoginSettingsRequest
    GetPasswordComplexitySettingsRequest
    GetPasswordExpirySettingsRequest
    GetBrandingSettingsRequest
    GetDomainSettingsRequest
    GetLegalAndSupportSettingsRequest
    GetLockoutSettingsRequest
    GetActiveIdentityProvidersRequest
}

impl Validate for v2::GetHostedLoginTranslationRequest {
    fn validate(&self) -> Result<(), Invalid> {
        use v2::__buffa::oneof::get_hosted_login_translation_request::Level;
        at_least(&self.locale, 2).at("GetHostedLoginTranslationRequest.Locale")?;
        match &self.level {
            Some(Level::System(system)) => {
                only_true(*system).at("GetHostedLoginTranslationRequest.System")
            }
            Some(Level::Instance(instance)) => {
                only_true(*instance).at("GetHostedLoginTranslationRequest.Instance")
            }
            Some(Level::OrganizationId(_)) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{passes, refused};
    use super::*;

    #[test]
    fn the_instance_is_asked_for_or_not_mentioned() {
        for ctx in [json!({}), json!({"orgId": ""}), json!({"instance": true})] {
            passes::<v2::GetLoginSettingsRequest>(json!({ "ctx": ctx }));
            passes::<v2::GetActiveIdentityProvidersRequest>(json!({ "ctx": ctx }));
        }
        passes::<v2::GetLockoutSettingsRequest>(json!({}));
        refused::<v2::GetBrandingSettingsRequest>(
            json!({"ctx": {"instance": false}}),
            &["GetBrandingSettingsRequest.Ctx", "RequestContext.Instance"],
            "value must equal true",
        );
    }

    #[test]
    fn texts_are_asked_for_in_a_language_and_at_a_level() {
        for level in ["system", "instance"] {
            passes::<v2::GetHostedLoginTranslationRequest>(json!({"locale": "en", level: true}));
            let field = if level == "system" {
                "System"
            } else {
                "Instance"
            };
            refused::<v2::GetHostedLoginTranslationRequest>(
                json!({"locale": "en", level: false}),
                &[&format!("GetHostedLoginTranslationRequest.{field}")],
                "value must equal true",
            );
        }
        passes::<v2::GetHostedLoginTranslationRequest>(json!({"locale": "en"}));
        refused::<v2::GetHostedLoginTranslationRequest>(
            json!({"locale": "e", "system": false}),
            &["GetHostedLoginTranslationRequest.Locale"],
            "value length must be at least 2 runes",
        );
    }
}
