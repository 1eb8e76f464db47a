//! Requests of the first version of the API.

use bartizan_proto::zitadel::admin::v1 as admin;
use bartizan_proto::zitadel::management::v1 as management;

use super::rule::{At, at_most, between};
use super::{Invalid, Validate};

impl Validate for management::AddMachineUserRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.user_name, 1, 200).at("AddMachineUserRequest.UserName")?;
        between(&self.name, 1, 200).at("AddMachineUserRequest.Name")?;
        at_most(&self.description, 500).at("AddMachineUserRequest.Description")?;
        at_most(&self.user_id, 200).at("AddMachineUserRequest.UserId")
    }
}

impl Validate for management::AddPersonalAccessTokenRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.user_id, 1, 200).at("AddPersonalAccessTokenRequest.UserId")
    }
}

impl Validate for admin::AddIAMMemberRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.user_id, 1, 200).at("AddIAMMemberRequest.UserId")
    }
}

impl Validate for admin::UpdateIAMMemberRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.user_id, 1, 200).at("UpdateIAMMemberRequest.UserId")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::bounded;
    use super::*;

    #[test]
    fn texts_are_bounded() {
        bounded::<management::AddMachineUserRequest>(
            |text| json!({"userName": text, "name": "x"}),
            &["AddMachineUserRequest.UserName"],
            (1, 200),
        );
        bounded::<management::AddMachineUserRequest>(
            |text| json!({"userName": "x", "name": text}),
            &["AddMachineUserRequest.Name"],
            (1, 200),
        );
        bounded::<management::AddMachineUserRequest>(
            |text| json!({"userName": "x", "name": "x", "description": text}),
            &["AddMachineUserRequest.Description"],
            (0, 500),
        );
        bounded::<management::AddMachineUserRequest>(
            |text| json!({"userName": "x", "name": "x", "userId": text}),
            &["AddMachineUserRequest.UserId"],
            (0, 200),
        );
        bounded::<management::AddPersonalAccessTokenRequest>(
            |text| json!({"userId": text}),
            &["AddPersonalAccessTokenRequest.UserId"],
            (1, 200),
        );
        bounded::<admin::AddIAMMemberRequest>(
            |text| json!({"userId": text}),
            &["AddIAMMemberRequest.UserId"],
            (1, 200),
        );
        bounded::<admin::UpdateIAMMemberRequest>(
            |text| json!({"userId": text}),
            &["UpdateIAMMemberRequest.UserId"],
            (1, 200),
        );
    }
}
