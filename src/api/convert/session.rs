//! Sessions: requests in, sessions out.

use std::net::IpAddr;

use bartizan_proto::zitadel::session::v2 as wire;
use bartizan_proto::zitadel::session::v2::__buffa::oneof::check_user::Search;

use super::otp::ask_otp;
use super::{sequence, span, timestamp, webauthn};
use crate::command::{
    Challenges, Checks, CreateSession, IntentCheck, SavedSession, SetSession, UserSelector,
};
use crate::domain::ids::{IntentId, SessionId, given_user_key};
use crate::domain::secret::Secret;
use crate::domain::session::UserAgent;
use crate::domain::time::Timestamp;
use crate::domain::user::login_name;
use crate::error::Error;
use crate::ports::SessionView;
use crate::query::password_checked_at;

/// The command of a `CreateSessionRequest`.
///
/// # Errors
/// 400 for an answer of an authenticator that JSON does not have.
pub(crate) fn create_session(request: wire::CreateSessionRequest) -> Result<CreateSession, Error> {
    Ok(CreateSession {
        checks: checks(request.checks.into_option())?,
        metadata: request.metadata,
        lifetime: request.lifetime.as_option().map(span),
        user_agent: request.user_agent.into_option().map(user_agent),
        challenges: asked(request.challenges.into_option()),
    })
}

/// The command of a `SetSessionRequest`. Its session token is ignored, as in ZITADEL since 4.5.
///
/// # Errors
/// As [`create_session`].
pub(crate) fn set_session(request: wire::SetSessionRequest) -> Result<SetSession, Error> {
    Ok(SetSession {
        id: SessionId::parse(&request.session_id),
        checks: checks(request.checks.into_option())?,
        metadata: request.metadata,
        lifetime: request.lifetime.as_option().map(span),
        challenges: asked(request.challenges.into_option()),
    })
}

fn asked(challenges: Option<wire::RequestChallenges>) -> Challenges {
    challenges.map_or_else(Challenges::default, |asked| Challenges {
        otp: ask_otp(&asked),
        web_auth_n: asked.web_auth_n.into_option().map(webauthn::ask_key),
    })
}

fn checks(checks: Option<wire::Checks>) -> Result<Checks, Error> {
    let checks = checks.unwrap_or_default();
    let user = checks
        .user
        .into_option()
        .and_then(|user| user.search)
        .map(|search| match search {
            Search::UserId(id) => UserSelector::Id(given_user_key(&id)),
            Search::LoginName(name) => UserSelector::LoginName(name),
        });
    let password = checks
        .password
        .into_option()
        .map(|check| Secret::new(check.password));
    let intent = checks.idp_intent.into_option();
    let intent = intent.map(|check| IntentCheck {
        id: IntentId::parse(&check.idp_intent_id),
        token: Secret::new(check.idp_intent_token),
    });
    let web_auth_n = checks
        .web_auth_n
        .as_option()
        .map(|check| webauthn::json(check.credential_assertion_data.as_option()))
        .transpose()?;
    let totp = checks.totp.into_option();
    let totp = totp.map(|check| Secret::new(check.code));
    let otp_sms = checks.otp_sms.into_option();
    let otp_email = checks.otp_email.into_option();
    let recovery_code = checks.recovery_code.into_option();
    Ok(Checks {
        user,
        password,
        intent,
        web_auth_n,
        totp,
        otp_sms: otp_sms.map(|check| Secret::new(check.code)),
        otp_email: otp_email.map(|check| Secret::new(check.code)),
        recovery_code: recovery_code.map(|check| Secret::new(check.code)),
    })
}

/// The challenges as an answer has them: there, if only empty, where the call asked for any.
///
/// # Errors
/// None that a client could bring about.
pub(crate) fn challenges(
    asked: bool,
    saved: &SavedSession,
) -> Result<Option<wire::Challenges>, Error> {
    if !asked {
        return Ok(None);
    }
    let shown = |code: &Option<Secret>| code.as_ref().map(|code| code.expose().to_owned());
    let web_auth_n = saved
        .challenges
        .web_auth_n
        .as_ref()
        .map(webauthn::request_options);
    Ok(Some(wire::Challenges {
        web_auth_n: web_auth_n.transpose()?.into(),
        otp_sms: shown(&saved.challenges.otp.sms),
        otp_email: shown(&saved.challenges.otp.email),
        ..wire::Challenges::default()
    }))
}

/// An address that is none is dropped without a word, as ZITADEL does.
fn user_agent(agent: wire::UserAgent) -> UserAgent {
    UserAgent {
        fingerprint_id: agent.fingerprint_id,
        ip: agent
            .ip
            .and_then(|text| text.parse::<IpAddr>().ok())
            .map(|address| address.to_canonical().to_string()),
        description: agent.description,
        header: agent
            .header
            .into_iter()
            .map(|(name, values)| (name, values.values))
            .collect(),
    }
}

/// The token as an answer has it: empty, thus left out, when there is no new one.
pub(crate) fn saved_token(saved: &SavedSession) -> String {
    saved
        .token
        .as_ref()
        .map_or_else(String::new, |token| token.expose().to_owned())
}

/// The session as answers show it (spec session-service.md sections 2.4 and 9.3).
pub(crate) fn session(view: SessionView, includes_domain: bool) -> wire::Session {
    let factors = factors(&view, includes_domain);
    let session = view.session;
    let shown = session.shown();
    wire::Session {
        id: session.id.to_string(),
        creation_date: timestamp(session.created_at).into(),
        change_date: timestamp(shown.changed_at).into(),
        sequence: sequence(shown.sequence),
        factors: factors.into(),
        metadata: session.metadata,
        user_agent: session.user_agent.map(wire_user_agent).into(),
        expiration_date: session.expires_at.map(timestamp).into(),
        ..wire::Session::default()
    }
}

/// Absent unless a user was checked.
fn factors(view: &SessionView, includes_domain: bool) -> Option<wire::Factors> {
    let (checked, user) = (view.session.user.as_ref()?, view.user.as_ref()?);
    let user_factor = wire::UserFactor {
        verified_at: timestamp(checked.checked_at).into(),
        id: user.public_id.clone(),
        login_name: login_name::login_name(&user.username, &user.org_domain, includes_domain),
        display_name: user.display_name.clone().unwrap_or_default(),
        organization_id: checked.organization.to_string(),
        ..wire::UserFactor::default()
    };
    let password = password_checked_at(view).map(|at| wire::PasswordFactor {
        verified_at: timestamp(at).into(),
        ..wire::PasswordFactor::default()
    });
    let intent = view.session.factors.intent.map(|at| wire::IntentFactor {
        verified_at: timestamp(at).into(),
        ..wire::IntentFactor::default()
    });
    let web_auth_n = view.session.factors.web_auth_n;
    let web_auth_n = web_auth_n.map(|factor| wire::WebAuthNFactor {
        verified_at: timestamp(factor.checked_at).into(),
        user_verified: factor.user_verified,
        ..wire::WebAuthNFactor::default()
    });
    let totp = view.session.factors.totp.map(|at| wire::TOTPFactor {
        verified_at: timestamp(at).into(),
        ..wire::TOTPFactor::default()
    });
    let factors = view.session.factors;
    let otp = |at: Option<Timestamp>| {
        at.map(|at| wire::OTPFactor {
            verified_at: timestamp(at).into(),
            ..wire::OTPFactor::default()
        })
    };
    let recovery_code = factors.recovery_code.map(|at| wire::RecoveryCodeFactor {
        verified_at: timestamp(at).into(),
        ..wire::RecoveryCodeFactor::default()
    });
    Some(wire::Factors {
        user: user_factor.into(),
        password: password.into(),
        intent: intent.into(),
        web_auth_n: web_auth_n.into(),
        totp: totp.into(),
        otp_sms: otp(factors.otp_sms).into(),
        otp_email: otp(factors.otp_email).into(),
        recovery_code: recovery_code.into(),
        ..wire::Factors::default()
    })
}

fn wire_user_agent(agent: UserAgent) -> wire::UserAgent {
    wire::UserAgent {
        fingerprint_id: agent.fingerprint_id,
        ip: agent.ip,
        description: agent.description,
        header: agent
            .header
            .into_iter()
            .map(|(name, values)| {
                (
                    name,
                    wire::user_agent::HeaderValues {
                        values,
                        ..Default::default()
                    },
                )
            })
            .collect(),
        ..wire::UserAgent::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_printed_canonically_or_dropped() {
        let stored = |text: &str| {
            user_agent(wire::UserAgent {
                ip: Some(text.to_owned()),
                ..wire::UserAgent::default()
            })
            .ip
        };
        assert_eq!(stored("1.2.3.4").as_deref(), Some("1.2.3.4"));
        assert_eq!(stored("2001:DB8:0:0::1").as_deref(), Some("2001:db8::1"));
        assert_eq!(stored("::ffff:1.2.3.4").as_deref(), Some("1.2.3.4"));
        assert_eq!(stored("my house"), None);
    }
}
