//! The rules of the session service, v2 and v2beta.
//!
//! The two packages declare the same rules for types of their own, so the checks are written once
//! for both. What only v2 has stands by itself: recovery codes and three of the searches.

use bartizan_proto::zitadel::session::{v2, v2beta};

use super::rule::{
    At, at_least, at_most, between, defined, each, embedded, exactly, missing, optional,
    other_than, positive, required,
};
use super::{Invalid, Validate};

/// Implements the rules that both packages have.
macro_rules! rules_of_both {
    ($package:ident) => {
        impl Validate for $package::CreateSessionRequest {
            fn validate(&self) -> Result<(), Invalid> {
                optional(self.checks.as_option(), embedded).at("CreateSessionRequest.Checks")?;
                optional(self.challenges.as_option(), embedded)
                    .at("CreateSessionRequest.Challenges")?;
                optional(self.lifetime.as_option(), positive).at("CreateSessionRequest.Lifetime")
            }
        }

        impl Validate for $package::GetSessionRequest {
            fn validate(&self) -> Result<(), Invalid> {
                between(&self.session_id, 1, 200).at("GetSessionRequest.SessionId")?;
                optional(self.session_token.as_deref(), |token| {
                    between(token, 1, 500)
                })
                .at("GetSessionRequest.SessionToken")
            }
        }

        impl Validate for $package::ListSessionsRequest {
            fn validate(&self) -> Result<(), Invalid> {
                each(&self.queries).at("ListSessionsRequest.Queries")
            }
        }

        impl Validate for $package::SetSessionRequest {
            fn validate(&self) -> Result<(), Invalid> {
                between(&self.session_id, 1, 200).at("SetSessionRequest.SessionId")?;
                optional(self.checks.as_option(), embedded).at("SetSessionRequest.Checks")?;
                optional(self.challenges.as_option(), embedded)
                    .at("SetSessionRequest.Challenges")?;
                optional(self.lifetime.as_option(), positive).at("SetSessionRequest.Lifetime")
            }
        }

        impl Validate for $package::DeleteSessionRequest {
            /// The token has no rule: an empty one counts as none.
            fn validate(&self) -> Result<(), Invalid> {
                between(&self.session_id, 1, 200).at("DeleteSessionRequest.SessionId")
            }
        }

        impl Validate for $package::CheckUser {
            fn validate(&self) -> Result<(), Invalid> {
                use $package::__buffa::oneof::check_user::Search;
                match &self.search {
                    None => missing().at("CheckUser.Search"),
                    Some(Search::UserId(id)) => between(id, 1, 200).at("CheckUser.UserId"),
                    Some(Search::LoginName(name)) => {
                        between(name, 1, 200).at("CheckUser.LoginName")
                    }
                }
            }
        }

        impl Validate for $package::CheckPassword {
            fn validate(&self) -> Result<(), Invalid> {
                between(&self.password, 1, 200).at("CheckPassword.Password")
            }
        }

        impl Validate for $package::CheckWebAuthN {
            fn validate(&self) -> Result<(), Invalid> {
                required(self.credential_assertion_data.as_option())
                    .at("CheckWebAuthN.CredentialAssertionData")
            }
        }

        impl Validate for $package::CheckIDPIntent {
            fn validate(&self) -> Result<(), Invalid> {
                between(&self.idp_intent_id, 1, 200).at("CheckIDPIntent.IdpIntentId")?;
                between(&self.idp_intent_token, 1, 200).at("CheckIDPIntent.IdpIntentToken")
            }
        }

        impl Validate for $package::CheckTOTP {
            fn validate(&self) -> Result<(), Invalid> {
                exactly(&self.code, 6).at("CheckTOTP.Code")
            }
        }

        impl Validate for $package::CheckOTP {
            fn validate(&self) -> Result<(), Invalid> {
                at_least(&self.code, 1).at("CheckOTP.Code")
            }
        }

        impl Validate for $package::RequestChallenges {
            fn validate(&self) -> Result<(), Invalid> {
                optional(self.web_auth_n.as_option(), embedded).at("RequestChallenges.WebAuthN")?;
                optional(self.otp_email.as_option(), embedded).at("RequestChallenges.OtpEmail")
            }
        }

        impl Validate for $package::request_challenges::WebAuthN {
            fn validate(&self) -> Result<(), Invalid> {
                use $package::UserVerificationRequirement as Requirement;
                between(&self.domain, 1, 200).at("RequestChallenges_WebAuthN.Domain")?;
                let requirement = self.user_verification_requirement;
                other_than(
                    requirement,
                    Requirement::USER_VERIFICATION_REQUIREMENT_UNSPECIFIED,
                )
                .and_then(|()| defined(requirement))
                .at("RequestChallenges_WebAuthN.UserVerificationRequirement")
            }
        }

        impl Validate for $package::request_challenges::OTPEmail {
            fn validate(&self) -> Result<(), Invalid> {
                use $package::__buffa::oneof::request_challenges::otp_email::DeliveryType;
                match &self.delivery_type {
                    None | Some(DeliveryType::ReturnCode(_)) => Ok(()),
                    Some(DeliveryType::SendCode(send)) => {
                        embedded(&**send).at("RequestChallenges_OTPEmail.SendCode")
                    }
                }
            }
        }

        impl Validate for $package::request_challenges::otp_email::SendCode {
            fn validate(&self) -> Result<(), Invalid> {
                optional(self.url_template.as_deref(), |url| between(url, 1, 200))
                    .at("RequestChallenges_OTPEmail_SendCode.UrlTemplate")
            }
        }

        impl Validate for $package::CreationDateQuery {
            fn validate(&self) -> Result<(), Invalid> {
                defined(self.method).at("CreationDateQuery.Method")
            }
        }
    };
}

rules_of_both!(v2);
rules_of_both!(v2beta);

/// The checks that both packages have, in their order.
macro_rules! checks_of_both {
    ($checks:expr) => {{
        let checks = $checks;
        optional(checks.user.as_option(), embedded).at("Checks.User")?;
        optional(checks.password.as_option(), embedded).at("Checks.Password")?;
        optional(checks.web_auth_n.as_option(), embedded).at("Checks.WebAuthN")?;
        optional(checks.idp_intent.as_option(), embedded).at("Checks.IdpIntent")?;
        optional(checks.totp.as_option(), embedded).at("Checks.Totp")?;
        optional(checks.otp_sms.as_option(), embedded).at("Checks.OtpSms")?;
        optional(checks.otp_email.as_option(), embedded).at("Checks.OtpEmail")
    }};
}

impl Validate for v2::Checks {
    fn validate(&self) -> Result<(), Invalid> {
        checks_of_both!(self)?;
        optional(self.recovery_code.as_option(), embedded).at("Checks.RecoveryCode")
    }
}

impl Validate for v2beta::Checks {
    fn validate(&self) -> Result<(), Invalid> {
        checks_of_both!(self)
    }
}

impl Validate for v2::CheckRecoveryCode {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.code, 1, 200).at("CheckRecoveryCode.Code")
    }
}

impl Validate for v2::SearchQuery {
    fn validate(&self) -> Result<(), Invalid> {
        use v2::__buffa::oneof::search_query::Query;
        match &self.query {
            None => missing().at("SearchQuery.Query"),
            Some(Query::IdsQuery(_) | Query::UserIdQuery(_)) => Ok(()),
            Some(Query::CreationDateQuery(query)) => {
                embedded(&**query).at("SearchQuery.CreationDateQuery")
            }
            Some(Query::CreatorQuery(query)) => embedded(&**query).at("SearchQuery.CreatorQuery"),
            Some(Query::UserAgentQuery(query)) => {
                embedded(&**query).at("SearchQuery.UserAgentQuery")
            }
            Some(Query::ExpirationDateQuery(query)) => {
                embedded(&**query).at("SearchQuery.ExpirationDateQuery")
            }
        }
    }
}

impl Validate for v2beta::SearchQuery {
    fn validate(&self) -> Result<(), Invalid> {
        use v2beta::__buffa::oneof::search_query::Query;
        match &self.query {
            None => missing().at("SearchQuery.Query"),
            Some(Query::IdsQuery(_) | Query::UserIdQuery(_)) => Ok(()),
            Some(Query::CreationDateQuery(query)) => {
                embedded(&**query).at("SearchQuery.CreationDateQuery")
            }
        }
    }
}

impl Validate for v2::CreatorQuery {
    fn validate(&self) -> Result<(), Invalid> {
        optional(self.id.as_deref(), |id| at_most(id, 200)).at("CreatorQuery.Id")
    }
}

impl Validate for v2::UserAgentQuery {
    fn validate(&self) -> Result<(), Invalid> {
        optional(self.fingerprint_id.as_deref(), |id| at_most(id, 200))
            .at("UserAgentQuery.FingerprintId")
    }
}

impl Validate for v2::ExpirationDateQuery {
    fn validate(&self) -> Result<(), Invalid> {
        defined(self.method).at("ExpirationDateQuery.Method")
    }
}

#[cfg(test)]
mod tests;
