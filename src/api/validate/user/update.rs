//! Changing people and machines.

use bartizan_proto::zitadel::user::v2;

use super::super::rule::{At, Checked, at_most, between, defined, embedded, optional};
use super::super::{Invalid, Validate};

impl Validate for v2::UpdateUserRequest {
    fn validate(&self) -> Result<(), Invalid> {
        use v2::__buffa::oneof::update_user_request::UserType;
        between(&self.user_id, 1, 200).at("UpdateUserRequest.UserId")?;
        match &self.user_type {
            None => {}
            Some(UserType::Human(human)) => embedded(&**human).at("UpdateUserRequest.Human")?,
            Some(UserType::Machine(machine)) => {
                embedded(&**machine).at("UpdateUserRequest.Machine")?;
            }
        }
        name(self.username.as_deref(), 200).at("UpdateUserRequest.Username")
    }
}

impl Validate for v2::update_user_request::Human {
    fn validate(&self) -> Result<(), Invalid> {
        optional(self.profile.as_option(), embedded).at("UpdateUserRequest_Human.Profile")?;
        optional(self.email.as_option(), embedded).at("UpdateUserRequest_Human.Email")?;
        optional(self.phone.as_option(), embedded).at("UpdateUserRequest_Human.Phone")?;
        optional(self.password.as_option(), embedded).at("UpdateUserRequest_Human.Password")
    }
}

impl Validate for v2::update_user_request::human::Profile {
    fn validate(&self) -> Result<(), Invalid> {
        name(self.given_name.as_deref(), 200).at("UpdateUserRequest_Human_Profile.GivenName")?;
        name(self.family_name.as_deref(), 200).at("UpdateUserRequest_Human_Profile.FamilyName")?;
        name(self.nick_name.as_deref(), 200).at("UpdateUserRequest_Human_Profile.NickName")?;
        name(self.display_name.as_deref(), 200)
            .at("UpdateUserRequest_Human_Profile.DisplayName")?;
        name(self.preferred_language.as_deref(), 10)
            .at("UpdateUserRequest_Human_Profile.PreferredLanguage")?;
        optional(self.gender, defined).at("UpdateUserRequest_Human_Profile.Gender")
    }
}

impl Validate for v2::update_user_request::Machine {
    fn validate(&self) -> Result<(), Invalid> {
        optional(self.name.as_deref(), |text| at_most(text, 200))
            .at("UpdateUserRequest_Machine.Name")?;
        optional(self.description.as_deref(), |text| at_most(text, 500))
            .at("UpdateUserRequest_Machine.Description")
    }
}

impl Validate for v2::UpdateHumanUserRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.user_id, 1, 200).at("UpdateHumanUserRequest.UserId")?;
        name(self.username.as_deref(), 200).at("UpdateHumanUserRequest.Username")?;
        optional(self.profile.as_option(), embedded).at("UpdateHumanUserRequest.Profile")?;
        optional(self.email.as_option(), embedded).at("UpdateHumanUserRequest.Email")?;
        optional(self.phone.as_option(), embedded).at("UpdateHumanUserRequest.Phone")?;
        optional(self.password.as_option(), embedded).at("UpdateHumanUserRequest.Password")
    }
}

impl Validate for v2::SetPassword {
    fn validate(&self) -> Result<(), Invalid> {
        use v2::__buffa::oneof::set_password::{PasswordType, Verification};
        match &self.password_type {
            None => {}
            Some(PasswordType::Password(password)) => {
                embedded(&**password).at("SetPassword.Password")?;
            }
            Some(PasswordType::HashedPassword(hash)) => {
                embedded(&**hash).at("SetPassword.HashedPassword")?;
            }
        }
        match &self.verification {
            None => Ok(()),
            Some(Verification::CurrentPassword(password)) => {
                between(password, 1, 200).at("SetPassword.CurrentPassword")
            }
            Some(Verification::VerificationCode(code)) => {
                between(code, 1, 20).at("SetPassword.VerificationCode")
            }
        }
    }
}

/// A text that may be absent, but not empty.
fn name(value: Option<&str>, max: usize) -> Checked {
    optional(value, |text| between(text, 1, max))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::super::testing::{bounded, passes, refused, survives, wire};
    use super::*;

    fn human(part: &Value) -> Value {
        json!({"userId": "1", "human": part})
    }

    #[test]
    fn an_update_needs_no_more_than_an_id() {
        passes::<v2::UpdateUserRequest>(json!({"userId": "1"}));
        passes::<v2::UpdateUserRequest>(human(&json!({})));
        passes::<v2::UpdateUserRequest>(human(&json!({"profile": {}, "password": {}})));
        passes::<v2::UpdateUserRequest>(json!({"userId": "1", "machine": {}}));
        passes::<v2::UpdateHumanUserRequest>(json!({"userId": "1"}));
        bounded::<v2::UpdateUserRequest>(
            |id| json!({"userId": id}),
            &["UpdateUserRequest.UserId"],
            (1, 200),
        );
        bounded::<v2::UpdateHumanUserRequest>(
            |id| json!({"userId": id}),
            &["UpdateHumanUserRequest.UserId"],
            (1, 200),
        );
        bounded::<v2::UpdateUserRequest>(
            |name| json!({"userId": "1", "username": name}),
            &["UpdateUserRequest.Username"],
            (1, 200),
        );
        bounded::<v2::UpdateHumanUserRequest>(
            |name| json!({"userId": "1", "username": name}),
            &["UpdateHumanUserRequest.Username"],
            (1, 200),
        );
    }

    #[test]
    fn names_of_a_person_are_absent_or_not_empty() {
        for (field, shown, max) in [
            ("givenName", "GivenName", 200),
            ("familyName", "FamilyName", 200),
            ("nickName", "NickName", 200),
            ("displayName", "DisplayName", 200),
            ("preferredLanguage", "PreferredLanguage", 10),
        ] {
            bounded::<v2::UpdateUserRequest>(
                |text| human(&json!({"profile": {field: text}})),
                &[
                    "UpdateUserRequest.Human",
                    "UpdateUserRequest_Human.Profile",
                    &format!("UpdateUserRequest_Human_Profile.{shown}"),
                ],
                (1, max),
            );
        }
        passes::<v2::UpdateUserRequest>(human(&json!({"profile": {"gender": 3}})));
        refused::<v2::UpdateUserRequest>(
            human(&json!({"profile": {"gender": 4}})),
            &[
                "UpdateUserRequest.Human",
                "UpdateUserRequest_Human.Profile",
                "UpdateUserRequest_Human_Profile.Gender",
            ],
            "value must be one of the defined enum values",
        );
    }

    #[test]
    fn the_older_operation_takes_whole_profiles() {
        let profile = |given: &str| json!({"userId": "1", "profile": {"givenName": given, "familyName": "x"}});
        bounded::<v2::UpdateHumanUserRequest>(
            profile,
            &[
                "UpdateHumanUserRequest.Profile",
                "SetHumanProfile.GivenName",
            ],
            (1, 200),
        );
        passes::<v2::UpdateHumanUserRequest>(json!({"userId": "1", "phone": {"phone": ""}}));
    }

    #[test]
    fn machines_may_lose_name_and_description() {
        for (field, shown, max) in [("name", "Name", 200), ("description", "Description", 500)] {
            bounded::<v2::UpdateUserRequest>(
                |text| json!({"userId": "1", "machine": {field: text}}),
                &[
                    "UpdateUserRequest.Machine",
                    &format!("UpdateUserRequest_Machine.{shown}"),
                ],
                (0, max),
            );
        }
    }

    #[test]
    fn addresses_and_passwords_keep_their_rules_in_an_update() {
        for (part, path, text) in [
            (
                json!({"email": {"email": "mini"}}),
                ["UpdateUserRequest_Human.Email", "SetHumanEmail.Email"],
                "value must be a valid email address | caused by: mail: missing '@' or angle-addr",
            ),
            (
                json!({"phone": {"isVerified": false}}),
                ["UpdateUserRequest_Human.Phone", "SetHumanPhone.IsVerified"],
                "value must equal true",
            ),
            (
                json!({"password": {"currentPassword": ""}}),
                [
                    "UpdateUserRequest_Human.Password",
                    "SetPassword.CurrentPassword",
                ],
                "value length must be between 1 and 200 runes, inclusive",
            ),
            (
                json!({"password": {"verificationCode": "x".repeat(21)}}),
                [
                    "UpdateUserRequest_Human.Password",
                    "SetPassword.VerificationCode",
                ],
                "value length must be between 1 and 20 runes, inclusive",
            ),
        ] {
            let [outer, inner] = path;
            refused::<v2::UpdateUserRequest>(
                human(&part),
                &["UpdateUserRequest.Human", outer, inner],
                text,
            );
        }
        bounded::<v2::UpdateUserRequest>(
            |hash| human(&json!({"password": {"hashedPassword": {"hash": hash}}})),
            &[
                "UpdateUserRequest.Human",
                "UpdateUserRequest_Human.Password",
                "SetPassword.HashedPassword",
                "HashedPassword.Hash",
            ],
            (1, 200),
        );
        bounded::<v2::UpdateHumanUserRequest>(
            |password| json!({"userId": "1", "password": {"password": {"password": password}}}),
            &[
                "UpdateHumanUserRequest.Password",
                "SetPassword.Password",
                "Password.Password",
            ],
            (1, 200),
        );
    }

    #[test]
    fn optional_fields_are_checked_after_the_oneof() {
        refused::<v2::UpdateUserRequest>(
            json!({"userId": "1", "username": "", "machine": {"name": "x".repeat(201)}}),
            &[
                "UpdateUserRequest.Machine",
                "UpdateUserRequest_Machine.Name",
            ],
            "value length must be at most 200 runes",
        );
    }

    proptest! {
        #[test]
        fn any_request_is_judged(
            fields in prop::collection::vec(wire(), 0..6),
            noise in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            for bytes in [fields.concat(), noise] {
                survives::<v2::UpdateUserRequest>(&bytes);
                survives::<v2::UpdateHumanUserRequest>(&bytes);
            }
        }
    }
}
