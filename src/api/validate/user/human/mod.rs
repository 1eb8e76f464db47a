//! Adding people and machines.

use bartizan_proto::zitadel::user::v2;

use super::super::rule::{
    At, Checked, address, at_most, between, bytes_between, each, embedded, missing, only_true,
    optional, required,
};
use super::super::{Invalid, Validate};

/// A message that must be there and keep its own rules.
fn required_and_valid<T: Validate>(value: Option<&T>) -> Checked {
    required(value)?;
    optional(value, embedded)
}

impl Validate for v2::AddHumanUserRequest {
    fn validate(&self) -> Result<(), Invalid> {
        use v2::__buffa::oneof::add_human_user_request::PasswordType;
        required_and_valid(self.profile.as_option()).at("AddHumanUserRequest.Profile")?;
        required_and_valid(self.email.as_option()).at("AddHumanUserRequest.Email")?;
        optional(self.phone.as_option(), embedded).at("AddHumanUserRequest.Phone")?;
        each(&self.metadata).at("AddHumanUserRequest.Metadata")?;
        each(&self.idp_links).at("AddHumanUserRequest.IdpLinks")?;
        match &self.password_type {
            None => {}
            Some(PasswordType::Password(password)) => {
                embedded(&**password).at("AddHumanUserRequest.Password")?;
            }
            Some(PasswordType::HashedPassword(hash)) => {
                embedded(&**hash).at("AddHumanUserRequest.HashedPassword")?;
            }
        }
        name(self.user_id.as_deref()).at("AddHumanUserRequest.UserId")?;
        name(self.username.as_deref()).at("AddHumanUserRequest.Username")?;
        name(self.totp_secret.as_deref()).at("AddHumanUserRequest.TotpSecret")
    }
}

impl Validate for v2::CreateUserRequest {
    fn validate(&self) -> Result<(), Invalid> {
        use v2::__buffa::oneof::create_user_request::UserType;
        between(&self.organization_id, 1, 200).at("CreateUserRequest.OrganizationId")?;
        match &self.user_type {
            None => missing().at("CreateUserRequest.UserType")?,
            Some(UserType::Human(human)) => embedded(&**human).at("CreateUserRequest.Human")?,
            Some(UserType::Machine(machine)) => {
                embedded(&**machine).at("CreateUserRequest.Machine")?;
            }
        }
        name(self.user_id.as_deref()).at("CreateUserRequest.UserId")?;
        name(self.username.as_deref()).at("CreateUserRequest.Username")
    }
}

impl Validate for v2::create_user_request::Human {
    fn validate(&self) -> Result<(), Invalid> {
        use v2::__buffa::oneof::create_user_request::human::PasswordType;
        required_and_valid(self.profile.as_option()).at("CreateUserRequest_Human.Profile")?;
        required_and_valid(self.email.as_option()).at("CreateUserRequest_Human.Email")?;
        each(&self.idp_links).at("CreateUserRequest_Human.IdpLinks")?;
        each(&self.metadata).at("CreateUserRequest_Human.Metadata")?;
        match &self.password_type {
            None => {}
            Some(PasswordType::Password(password)) => {
                embedded(&**password).at("CreateUserRequest_Human.Password")?;
            }
            Some(PasswordType::HashedPassword(hash)) => {
                embedded(&**hash).at("CreateUserRequest_Human.HashedPassword")?;
            }
        }
        optional(self.phone.as_option(), embedded).at("CreateUserRequest_Human.Phone")?;
        name(self.totp_secret.as_deref()).at("CreateUserRequest_Human.TotpSecret")
    }
}

impl Validate for v2::create_user_request::Machine {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.name, 1, 200).at("CreateUserRequest_Machine.Name")?;
        optional(self.description.as_deref(), |text| between(text, 1, 500))
            .at("CreateUserRequest_Machine.Description")
    }
}

impl Validate for v2::SetHumanProfile {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.given_name, 1, 200).at("SetHumanProfile.GivenName")?;
        between(&self.family_name, 1, 200).at("SetHumanProfile.FamilyName")?;
        optional(self.nick_name.as_deref(), |name| at_most(name, 200))
            .at("SetHumanProfile.NickName")?;
        optional(self.display_name.as_deref(), |name| at_most(name, 200))
            .at("SetHumanProfile.DisplayName")?;
        optional(self.preferred_language.as_deref(), |tag| at_most(tag, 10))
            .at("SetHumanProfile.PreferredLanguage")
    }
}

impl Validate for v2::SetHumanEmail {
    fn validate(&self) -> Result<(), Invalid> {
        use v2::__buffa::oneof::set_human_email::Verification;
        between(&self.email, 1, 200)
            .and_then(|()| address(&self.email))
            .at("SetHumanEmail.Email")?;
        match &self.verification {
            None | Some(Verification::ReturnCode(_) | Verification::IsVerified(_)) => Ok(()),
            Some(Verification::SendCode(send)) => embedded(&**send).at("SetHumanEmail.SendCode"),
        }
    }
}

impl Validate for v2::SendEmailVerificationCode {
    fn validate(&self) -> Result<(), Invalid> {
        name(self.url_template.as_deref()).at("SendEmailVerificationCode.UrlTemplate")
    }
}

impl Validate for v2::SetHumanPhone {
    fn validate(&self) -> Result<(), Invalid> {
        use v2::__buffa::oneof::set_human_phone::Verification;
        between(&self.phone, 0, 200).at("SetHumanPhone.Phone")?;
        match &self.verification {
            None | Some(Verification::SendCode(_) | Verification::ReturnCode(_)) => Ok(()),
            Some(Verification::IsVerified(verified)) => {
                only_true(*verified).at("SetHumanPhone.IsVerified")
            }
        }
    }
}

impl Validate for v2::SetMetadataEntry {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.key, 1, 200).at("SetMetadataEntry.Key")?;
        bytes_between(&self.value, 1, 500_000).at("SetMetadataEntry.Value")
    }
}

impl Validate for v2::Metadata {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.key, 1, 200).at("Metadata.Key")?;
        bytes_between(&self.value, 1, 500_000).at("Metadata.Value")
    }
}

impl Validate for v2::IDPLink {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.idp_id, 1, 200).at("IDPLink.IdpId")?;
        between(&self.user_id, 1, 200).at("IDPLink.UserId")?;
        between(&self.user_name, 1, 200).at("IDPLink.UserName")
    }
}

/// The bounds that most optional texts have.
fn name(value: Option<&str>) -> Checked {
    optional(value, |text| between(text, 1, 200))
}

#[cfg(test)]
mod tests;
