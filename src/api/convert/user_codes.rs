//! How a code is to reach somebody, as the messages that make codes say it.

use bartizan_proto::zitadel::user::v2 as wire;
use bartizan_proto::zitadel::user::v2::__buffa::oneof::{
    create_invite_code_request, password_reset_request, resend_email_code_request,
    resend_phone_code_request, send_email_code_request, set_email_request, set_human_email,
    set_human_phone, set_phone_request,
};

use crate::command::{CodeDelivery, Delivery, Invitation, ResetDelivery};
use crate::domain::notification::Channel;

fn sent(send: wire::SendEmailVerificationCode) -> Delivery {
    Delivery::Send(send.url_template)
}

fn vouched(verified: bool) -> CodeDelivery {
    if verified {
        CodeDelivery::Verified
    } else {
        CodeDelivery::Unspecified
    }
}

/// Of the address of a new or changed person.
pub(super) fn email_delivery(verification: Option<set_human_email::Verification>) -> CodeDelivery {
    use set_human_email::Verification::{IsVerified, ReturnCode, SendCode};
    match verification {
        Some(SendCode(send)) => CodeDelivery::Code(sent(*send)),
        Some(ReturnCode(_)) => CodeDelivery::Code(Delivery::Return),
        Some(IsVerified(verified)) => vouched(verified),
        None => CodeDelivery::Unspecified,
    }
}

/// Of the number of a new or changed person.
pub(super) fn phone_delivery(verification: Option<&set_human_phone::Verification>) -> CodeDelivery {
    use set_human_phone::Verification::{IsVerified, ReturnCode, SendCode};
    match verification {
        Some(SendCode(_)) => CodeDelivery::Code(Delivery::Send(None)),
        Some(ReturnCode(_)) => CodeDelivery::Code(Delivery::Return),
        Some(IsVerified(verified)) => vouched(*verified),
        None => CodeDelivery::Unspecified,
    }
}

/// Of `SetEmail`.
pub(crate) fn set_email_delivery(
    verification: Option<set_email_request::Verification>,
) -> CodeDelivery {
    use set_email_request::Verification::{IsVerified, ReturnCode, SendCode};
    match verification {
        Some(SendCode(send)) => CodeDelivery::Code(sent(*send)),
        Some(ReturnCode(_)) => CodeDelivery::Code(Delivery::Return),
        Some(IsVerified(verified)) => vouched(verified),
        None => CodeDelivery::Unspecified,
    }
}

/// Of `SendEmailCode`.
pub(crate) fn send_email_delivery(
    verification: Option<send_email_code_request::Verification>,
) -> Delivery {
    use send_email_code_request::Verification::{ReturnCode, SendCode};
    match verification {
        Some(SendCode(send)) => sent(*send),
        Some(ReturnCode(_)) => Delivery::Return,
        None => Delivery::default(),
    }
}

/// Of `ResendEmailCode`.
pub(crate) fn resend_email_delivery(
    verification: Option<resend_email_code_request::Verification>,
) -> Delivery {
    use resend_email_code_request::Verification::{ReturnCode, SendCode};
    match verification {
        Some(SendCode(send)) => sent(*send),
        Some(ReturnCode(_)) => Delivery::Return,
        None => Delivery::default(),
    }
}

/// Of `SetPhone`.
pub(crate) fn set_phone_delivery(
    verification: Option<&set_phone_request::Verification>,
) -> CodeDelivery {
    use set_phone_request::Verification::{IsVerified, ReturnCode, SendCode};
    match verification {
        Some(SendCode(_)) => CodeDelivery::Code(Delivery::Send(None)),
        Some(ReturnCode(_)) => CodeDelivery::Code(Delivery::Return),
        Some(IsVerified(verified)) => vouched(*verified),
        None => CodeDelivery::Unspecified,
    }
}

/// Of `ResendPhoneCode`.
pub(crate) fn resend_phone_delivery(
    verification: Option<&resend_phone_code_request::Verification>,
) -> Delivery {
    use resend_phone_code_request::Verification::{ReturnCode, SendCode};
    match verification {
        Some(SendCode(_)) | None => Delivery::default(),
        Some(ReturnCode(_)) => Delivery::Return,
    }
}

/// Of `PasswordReset`. What is no known way of notification is mail.
pub(crate) fn reset_delivery(medium: Option<password_reset_request::Medium>) -> ResetDelivery {
    use password_reset_request::Medium::{ReturnCode, SendLink};
    let (delivery, channel) = match medium {
        Some(SendLink(link)) => {
            let sms = link.notification_type == wire::NotificationType::NOTIFICATION_TYPE_SMS;
            let channel = if sms { Channel::Sms } else { Channel::Email };
            (Delivery::Send(link.url_template), channel)
        }
        Some(ReturnCode(_)) => (Delivery::Return, Channel::Email),
        None => (Delivery::default(), Channel::Email),
    };
    ResetDelivery { delivery, channel }
}

/// Of `CreateInviteCode`.
pub(crate) fn invitation(
    verification: Option<create_invite_code_request::Verification>,
) -> Invitation {
    use create_invite_code_request::Verification::{ReturnCode, SendCode};
    match verification {
        Some(SendCode(send)) => Invitation {
            delivery: Delivery::Send(send.url_template),
            application_name: send.application_name,
        },
        Some(ReturnCode(_)) => Invitation {
            delivery: Delivery::Return,
            application_name: None,
        },
        None => Invitation::default(),
    }
}
