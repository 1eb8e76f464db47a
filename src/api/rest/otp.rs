//! The routes of the user service for one-time codes.

use bartizan_proto::zitadel::user::v2 as wire;

use super::call::{Answer, Call, encode};
use super::routes::OtpOperation;
use super::users::with_user;
use crate::api::otp_service as service;
use crate::error::Error;

/// The request of a route without a body.
macro_rules! only_user {
    ($call:ident, $request:ident) => {
        wire::$request {
            user_id: $call.id().to_owned(),
            ..Default::default()
        }
    };
}

pub(super) async fn dispatch(call: &Call<'_>, operation: OtpOperation) -> Result<Answer, Error> {
    let Call { core, caller, .. } = *call;
    let body = match operation {
        OtpOperation::AddOtpSms => {
            let request = with_user!(call, AddOTPSMSRequest);
            encode(service::add_otp_sms(core, caller, request)).await
        }
        OtpOperation::RemoveOtpSms => {
            let request = only_user!(call, RemoveOTPSMSRequest);
            encode(service::remove_otp_sms(core, caller, request)).await
        }
        OtpOperation::AddOtpEmail => {
            let request = with_user!(call, AddOTPEmailRequest);
            encode(service::add_otp_email(core, caller, request)).await
        }
        OtpOperation::RemoveOtpEmail => {
            let request = only_user!(call, RemoveOTPEmailRequest);
            encode(service::remove_otp_email(core, caller, request)).await
        }
        OtpOperation::GenerateRecoveryCodes => {
            let request = with_user!(call, GenerateRecoveryCodesRequest);
            encode(service::generate_recovery_codes(core, caller, request)).await
        }
        OtpOperation::RemoveRecoveryCodes => {
            let request = only_user!(call, RemoveRecoveryCodesRequest);
            encode(service::remove_recovery_codes(core, caller, request)).await
        }
    };
    body.map(Answer::ok)
}
