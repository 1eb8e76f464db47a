//! The operations of `zitadel.user.v2.UserService` on one-time codes: by SMS, by e-mail, written down.

use bartizan_proto::zitadel::user::v2 as wire;

use super::convert;
use super::validate::Validate as _;
use crate::command;
use crate::core::Core;
use crate::domain::ids::given_user_key;
use crate::domain::notification::Channel;
use crate::domain::permission::Caller;
use crate::error::Error;

/// Declares the operations that differ in their messages alone.
macro_rules! operations {
    ($( $(#[$doc:meta])* $name:ident($request:ident) -> $response:ident = $command:ident($($channel:expr)?); )+) => { $(
        $(#[$doc])*
        pub(crate) async fn $name(
            core: &Core,
            caller: &Caller,
            request: wire::$request,
        ) -> Result<wire::$response, Error> {
            request.validate()?;
            let user = given_user_key(&request.user_id);
            let details = command::$command(core, caller, user $(, $channel)?).await?;
            Ok(wire::$response { details: convert::details(details).into(), ..wire::$response::default() })
        }
    )+ };
}

operations! {
    /// `AddOTPSMS`.
    add_otp_sms(AddOTPSMSRequest) -> AddOTPSMSResponse = add_otp(Channel::Sms);
    /// `RemoveOTPSMS`.
    remove_otp_sms(RemoveOTPSMSRequest) -> RemoveOTPSMSResponse = remove_otp(Channel::Sms);
    /// `AddOTPEmail`.
    add_otp_email(AddOTPEmailRequest) -> AddOTPEmailResponse = add_otp(Channel::Email);
    /// `RemoveOTPEmail`.
    remove_otp_email(RemoveOTPEmailRequest) -> RemoveOTPEmailResponse = remove_otp(Channel::Email);
    /// `RemoveRecoveryCodes`.
    remove_recovery_codes(RemoveRecoveryCodesRequest) -> RemoveRecoveryCodesResponse = remove_recovery_codes();
}

/// `GenerateRecoveryCodes`.
pub(crate) async fn generate_recovery_codes(
    core: &Core,
    caller: &Caller,
    request: wire::GenerateRecoveryCodesRequest,
) -> Result<wire::GenerateRecoveryCodesResponse, Error> {
    request.validate()?;
    let user = given_user_key(&request.user_id);
    let made = command::generate_recovery_codes(core, caller, user, request.count).await?;
    Ok(wire::GenerateRecoveryCodesResponse {
        details: convert::details(made.details).into(),
        recovery_codes: made
            .codes
            .iter()
            .map(|code| code.expose().to_owned())
            .collect(),
        ..wire::GenerateRecoveryCodesResponse::default()
    })
}
