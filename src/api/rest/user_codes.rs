//! The routes of the user service that are about addresses and the codes that are sent there.

use bartizan_proto::zitadel::user::v2 as wire;

use super::call::{Answer, Call, encode};
use super::routes::CodeOperation;
use super::users::with_user;
use crate::api::user_codes_service as service;
use crate::error::Error;

/// Runs an operation on the message in the body.
macro_rules! run {
    ($call:expr, $operation:ident, $request:ident) => {{
        let request = with_user!($call, $request);
        encode(service::$operation($call.core, $call.caller, request)).await
    }};
}

pub(super) async fn dispatch(call: &Call<'_>, operation: CodeOperation) -> Result<Answer, Error> {
    let body = match operation {
        CodeOperation::SetEmail => run!(call, set_email, SetEmailRequest),
        CodeOperation::SendEmailCode => run!(call, send_email_code, SendEmailCodeRequest),
        CodeOperation::ResendEmailCode => run!(call, resend_email_code, ResendEmailCodeRequest),
        CodeOperation::VerifyEmail => run!(call, verify_email, VerifyEmailRequest),
        CodeOperation::SetPhone => run!(call, set_phone, SetPhoneRequest),
        CodeOperation::RemovePhone => run!(call, remove_phone, RemovePhoneRequest),
        CodeOperation::ResendPhoneCode => run!(call, resend_phone_code, ResendPhoneCodeRequest),
        CodeOperation::VerifyPhone => run!(call, verify_phone, VerifyPhoneRequest),
        CodeOperation::PasswordReset => run!(call, password_reset, PasswordResetRequest),
        CodeOperation::CreateInviteCode => {
            run!(call, create_invite_code, CreateInviteCodeRequest)
        }
        CodeOperation::VerifyInviteCode => {
            run!(call, verify_invite_code, VerifyInviteCodeRequest)
        }
        CodeOperation::HumanMfaInitSkipped => {
            run!(call, human_mfa_init_skipped, HumanMFAInitSkippedRequest)
        }
        // As in ZITADEL this one has no body.
        CodeOperation::ResendInviteCode => {
            let request = wire::ResendInviteCodeRequest {
                user_id: call.id().to_owned(),
                ..Default::default()
            };
            encode(service::resend_invite_code(call.core, call.caller, request)).await
        }
    };
    body.map(Answer::ok)
}
