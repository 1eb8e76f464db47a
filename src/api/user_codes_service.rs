//! `zitadel.user.v2.UserService`: e-mail addresses, phone numbers, and the codes that are sent there.

use bartizan_proto::zitadel::user::v2 as wire;

use super::convert;
use super::validate::Validate as _;
use crate::command;
use crate::core::Core;
use crate::domain::ids::given_user_key;
use crate::domain::permission::Caller;
use crate::domain::secret::Secret;
use crate::domain::user::CodePurpose;
use crate::error::Error;

/// Declares the operations that may make a code, out of the command that each comes to.
macro_rules! with_code {
    ($( $(#[$doc:meta])* $name:ident($request:ident) -> $response:ident { $field:ident } =
        |$core:ident, $caller:ident, $user:ident, $message:ident| $command:expr; )+) => { $(
        $(#[$doc])*
        pub(crate) async fn $name(
            $core: &Core,
            $caller: &Caller,
            $message: wire::$request,
        ) -> Result<wire::$response, Error> {
            $message.validate()?;
            let $user = given_user_key(&$message.user_id);
            let changed = $command.await?;
            Ok(wire::$response {
                details: convert::details(changed.details).into(),
                $field: changed.code.map(|code| code.expose().to_owned()),
                ..wire::$response::default()
            })
        }
    )+ };
}

with_code! {
    /// `SetEmail`.
    set_email(SetEmailRequest) -> SetEmailResponse { verification_code } =
        |core, caller, user, request| {
            let delivery = convert::set_email_delivery(request.verification);
            command::set_email(core, caller, user, &request.email, delivery)
        };
    /// `SendEmailCode`.
    send_email_code(SendEmailCodeRequest) -> SendEmailCodeResponse { verification_code } =
        |core, caller, user, request| {
            let delivery = convert::send_email_delivery(request.verification);
            command::send_email_code(core, caller, user, delivery, false)
        };
    /// `ResendEmailCode`.
    resend_email_code(ResendEmailCodeRequest) -> ResendEmailCodeResponse { verification_code } =
        |core, caller, user, request| {
            let delivery = convert::resend_email_delivery(request.verification);
            command::send_email_code(core, caller, user, delivery, true)
        };
    /// `SetPhone`.
    set_phone(SetPhoneRequest) -> SetPhoneResponse { verification_code } =
        |core, caller, user, request| {
            let delivery = convert::set_phone_delivery(request.verification.as_ref());
            command::set_phone(core, caller, user, &request.phone, delivery)
        };
    /// `ResendPhoneCode`.
    resend_phone_code(ResendPhoneCodeRequest) -> ResendPhoneCodeResponse { verification_code } =
        |core, caller, user, request| {
            let delivery = convert::resend_phone_delivery(request.verification.as_ref());
            command::resend_phone_code(core, caller, user, delivery)
        };
    /// `PasswordReset`.
    password_reset(PasswordResetRequest) -> PasswordResetResponse { verification_code } =
        |core, caller, user, request| {
            let delivery = convert::reset_delivery(request.medium);
            command::reset_password(core, caller, user, delivery)
        };
    /// `CreateInviteCode`.
    create_invite_code(CreateInviteCodeRequest) -> CreateInviteCodeResponse { invite_code } =
        |core, caller, user, request| {
            let invitation = convert::invitation(request.verification);
            command::invite(core, caller, user, invitation)
        };
}

/// Declares the operations that give a code back.
macro_rules! verify {
    ($( $(#[$doc:meta])* $name:ident($request:ident) -> $response:ident = $purpose:ident; )+) => { $(
        $(#[$doc])*
        pub(crate) async fn $name(
            core: &Core,
            caller: &Caller,
            request: wire::$request,
        ) -> Result<wire::$response, Error> {
            request.validate()?;
            let user = given_user_key(&request.user_id);
            let code = Secret::new(request.verification_code);
            let purpose = CodePurpose::$purpose;
            let details = command::verify_code(core, caller, user, purpose, &code).await?;
            Ok(wire::$response {
                details: convert::details(details).into(),
                ..wire::$response::default()
            })
        }
    )+ };
}

verify! {
    /// `VerifyEmail`.
    verify_email(VerifyEmailRequest) -> VerifyEmailResponse = Email;
    /// `VerifyPhone`.
    verify_phone(VerifyPhoneRequest) -> VerifyPhoneResponse = Phone;
    /// `VerifyInviteCode`.
    verify_invite_code(VerifyInviteCodeRequest) -> VerifyInviteCodeResponse = Invite;
}

/// `RemovePhone`.
pub(crate) async fn remove_phone(
    core: &Core,
    caller: &Caller,
    request: wire::RemovePhoneRequest,
) -> Result<wire::RemovePhoneResponse, Error> {
    request.validate()?;
    let user = given_user_key(&request.user_id);
    let details = command::remove_phone(core, caller, user).await?;
    Ok(wire::RemovePhoneResponse {
        details: convert::details(details).into(),
        ..wire::RemovePhoneResponse::default()
    })
}

/// `ResendInviteCode`.
pub(crate) async fn resend_invite_code(
    core: &Core,
    caller: &Caller,
    request: wire::ResendInviteCodeRequest,
) -> Result<wire::ResendInviteCodeResponse, Error> {
    request.validate()?;
    let user = given_user_key(&request.user_id);
    let details = command::invite_again(core, caller, user).await?;
    Ok(wire::ResendInviteCodeResponse {
        details: convert::details(details).into(),
        ..wire::ResendInviteCodeResponse::default()
    })
}

/// `HumanMFAInitSkipped`.
pub(crate) async fn human_mfa_init_skipped(
    core: &Core,
    caller: &Caller,
    request: wire::HumanMFAInitSkippedRequest,
) -> Result<wire::HumanMFAInitSkippedResponse, Error> {
    request.validate()?;
    let user = given_user_key(&request.user_id);
    let details = command::skip_mfa_init(core, caller, user).await?;
    Ok(wire::HumanMFAInitSkippedResponse {
        details: convert::details(details).into(),
        ..wire::HumanMFAInitSkippedResponse::default()
    })
}
