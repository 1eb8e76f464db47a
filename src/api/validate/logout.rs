//! The rules of the logout service, in the form of the others.

use bartizan_proto::bartizan::logout::v1 as wire;

use super::rule::{At, at_most, between};
use super::{Invalid, Validate};

impl Validate for wire::LogoutUserRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.user_id, 1, 200).at("LogoutUserRequest.UserId")
    }
}

impl Validate for wire::LogoutOthersRequest {
    fn validate(&self) -> Result<(), Invalid> {
        at_most(&self.session_token, 500).at("LogoutOthersRequest.SessionToken")
    }
}

impl Validate for wire::LogoutUserAgentRequest {
    fn validate(&self) -> Result<(), Invalid> {
        between(&self.fingerprint_id, 1, 200).at("LogoutUserAgentRequest.FingerprintId")?;
        at_most(&self.user_id, 200).at("LogoutUserAgentRequest.UserId")
    }
}
