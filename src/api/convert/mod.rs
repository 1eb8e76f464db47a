//! From messages to commands and back. What comes out of here on the way in needs no further look.

mod administrator;
mod authentication;
mod idp;
mod org;
mod otp;
mod pat;
mod session;
mod session_search;
mod settings;
mod user;
mod user_codes;
mod user_create;
mod user_search;
mod user_update;
pub(crate) mod v1;
mod webauthn;

pub(crate) use administrator::{Target, administrators_page, list_members, target};
pub(crate) use authentication::{authentication_factors, authentication_methods};
pub(crate) use idp::{
    active_identity_providers, idp, idp_link, idp_links_page, retrieved_intent, start_intent,
    started_intent,
};
pub(crate) use org::{list_orgs, orgs_page};
pub(crate) use pat::{expiration, list_pats, pats_page};
pub(crate) use session::{challenges, create_session, saved_token, session, set_session};
pub(crate) use session_search::{list_sessions, sessions_page};
pub(crate) use settings::{
    branding_settings, complexity_settings, domain_settings, expiry_settings, general_settings,
    legal_settings, lockout_settings, login_settings, security_settings, settings_details,
};
pub(crate) use user::{add_human, set_password, user, user_details};
pub(crate) use user_codes::{
    invitation, resend_email_delivery, resend_phone_delivery, reset_delivery, send_email_delivery,
    set_email_delivery, set_phone_delivery,
};
pub(crate) use user_create::create_user;
pub(crate) use user_search::{list_users, users_page};
pub(crate) use user_update::{update_human_user, update_user};
pub(crate) use webauthn::{
    creation_options, json, passkey_code, passkey_grant, passkey_link, passkeys,
};

use bartizan_proto::buffa_types::google::protobuf::{Duration, Timestamp as WireTimestamp};
use bartizan_proto::zitadel::object::v2::{Details as WireDetails, ListDetails};

use crate::command::Details;
use crate::core::Core;
use crate::domain::ids::Sequence;
use crate::domain::session::Session;
use crate::domain::time::{Span, Timestamp};
use crate::ports::Comparison;

/// The zero time of Go.
const YEAR_ONE: Timestamp = Timestamp::from_micros(-62_135_596_800_000_000);

/// The moment on the wire.
pub(crate) fn timestamp(moment: Timestamp) -> WireTimestamp {
    WireTimestamp {
        seconds: moment.seconds(),
        nanos: moment.subsec_nanos(),
        ..WireTimestamp::default()
    }
}

/// A moment from the wire; what is finer than a microsecond is cut off.
fn moment(wire: &WireTimestamp) -> Timestamp {
    let micros = wire.seconds.saturating_mul(1_000_000);
    Timestamp::from_micros(micros.saturating_add(i64::from(wire.nanos / 1_000)))
}

/// The moment that a filter names; a missing one is the Unix epoch, as protobuf has it.
fn moment_or_epoch(wire: Option<&WireTimestamp>) -> Timestamp {
    wire.map(moment).unwrap_or_default()
}

/// How two moments are compared: `TimestampQueryMethod` and `TimestampFilterMethod` have the same
/// numbers. Undefined ones were refused by the validation.
fn comparison(method: i32) -> Comparison {
    match method {
        1 => Comparison::Greater,
        2 => Comparison::GreaterOrEquals,
        3 => Comparison::Less,
        4 => Comparison::LessOrEquals,
        _ => Comparison::Equals,
    }
}

/// A span from the wire; what is longer than 292 years is cut off, as in ZITADEL.
fn span(wire: &Duration) -> Span {
    Span::from_nanos(
        wire.seconds
            .saturating_mul(1_000_000_000)
            .saturating_add(i64::from(wire.nanos)),
    )
}

fn sequence(sequence: Sequence) -> u64 {
    u64::from(sequence.number())
}

/// `object.v2.Details` of a user.
pub(crate) fn details(details: Details) -> WireDetails {
    WireDetails {
        sequence: sequence(details.sequence),
        change_date: timestamp(details.changed_at).into(),
        resource_owner: details.owner.to_string(),
        ..WireDetails::default()
    }
}

/// `object.v2.Details` of a session; its resource owner is the instance.
pub(crate) fn session_details(core: &Core, session: &Session) -> WireDetails {
    details(Details {
        sequence: session.sequence,
        changed_at: session.changed_at,
        owner: core.instance.key(),
    })
}

/// `object.v2.ListDetails`; `processedSequence` is never filled (spec session-service.md section 9.2).
pub(crate) fn list_details(total: u64, written_at: Option<Timestamp>) -> ListDetails {
    // What ZITADEL says before the first event.
    let written_at = written_at.unwrap_or(YEAR_ONE);
    ListDetails {
        total_result: total,
        timestamp: timestamp(written_at).into(),
        ..ListDetails::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_keep_their_microseconds() {
        for micros in [0, 1_783_661_559_007_096, -1, -62_135_596_800_000_000] {
            let there = timestamp(Timestamp::from_micros(micros));
            assert_eq!(moment(&there).micros(), micros);
        }
    }

    #[test]
    fn spans_saturate() {
        let wire = Duration {
            seconds: 315_576_000_000,
            nanos: 0,
            ..Duration::default()
        };
        assert_eq!(span(&wire).nanos(), i64::MAX);
        let wire = Duration {
            seconds: 1,
            nanos: 500_000_000,
            ..Duration::default()
        };
        assert_eq!(span(&wire).nanos(), 1_500_000_000);
    }
}
