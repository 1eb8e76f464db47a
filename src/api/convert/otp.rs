//! Codes by SMS and e-mail: what a call asks for, and what it gets.

use bartizan_proto::zitadel::session::v2 as wire;
use bartizan_proto::zitadel::session::v2::__buffa::oneof::request_challenges::otp_email::DeliveryType;

use crate::command::{AskOtp, Delivery};

/// The codes that a call asks for.
pub(super) fn ask_otp(challenges: &wire::RequestChallenges) -> AskOtp {
    let sms = challenges.otp_sms.as_option();
    let email = challenges.otp_email.as_option();
    AskOtp {
        sms: sms.map(|asked| {
            if asked.return_code {
                Delivery::Return
            } else {
                Delivery::Send(None)
            }
        }),
        email: email.map(|asked| match &asked.delivery_type {
            Some(DeliveryType::ReturnCode(_)) => Delivery::Return,
            Some(DeliveryType::SendCode(send)) => Delivery::Send(send.url_template.clone()),
            None => Delivery::Send(None),
        }),
    }
}
