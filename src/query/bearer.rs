//! Sessions for those who rely on them: reverse proxies and the services behind them.

use super::authenticate::{invalid_token, judge_session};
use super::password_checked_at;
use super::sessions::may_read;
use crate::core::Core;
use crate::domain::permission::Caller;
use crate::domain::session::ProvenBy;
use crate::domain::time::Timestamp;
use crate::domain::user::login_name;
use crate::error::Error;
use crate::ports::{SessionUser, SessionView, TokenClaim};

/// A session that may act as its user.
#[derive(Debug, Clone)]
pub struct BearerSession {
    /// The session.
    pub view: SessionView,
    /// What is told of its user.
    pub user: SessionUser,
    /// The user's login name.
    pub login_name: String,
    /// What was proven and still counts, with when.
    pub proven: Vec<(ProvenBy, Timestamp)>,
}

impl BearerSession {
    /// When something was proven last.
    pub fn proven_at(&self) -> Option<Timestamp> {
        self.proven.iter().map(|(_, at)| *at).max()
    }

    /// The names of what was proven, sorted as they are declared.
    pub fn factors(&self) -> Vec<&'static str> {
        self.proven.iter().map(|(way, _)| way.name()).collect()
    }
}

/// The session of a session token, by the rules of bearer tokens: one read, nothing is written.
///
/// Personal access tokens are none: whoever has one has no session.
///
/// # Errors
/// As [`authenticate`](super::authenticate()).
pub async fn bearer_session(core: &Core, token: &str) -> Result<BearerSession, Error> {
    let Some(TokenClaim::Session(claim)) = core.tokens.read(token) else {
        return Err(invalid_token("not a session token of this instance"));
    };
    let view = judge_session(core, &claim).await?;
    let Some(user) = view.user.clone() else {
        return Err(invalid_token("the session has no user"));
    };
    let includes_domain = core.policies.login_name_includes_domain;
    Ok(BearerSession {
        login_name: login_name::login_name(&user.username, &user.org_domain, includes_domain),
        proven: proven(&view),
        user,
        view,
    })
}

/// The session of a token that somebody was handed, if it holds and the caller may read it.
///
/// # Errors
/// As [`bearer_session`], and what the permission check says. Whoever asked is told neither.
pub async fn introspect(core: &Core, caller: &Caller, token: &str) -> Result<BearerSession, Error> {
    let session = bearer_session(core, token).await?;
    may_read(caller, &session.view.session)?;
    Ok(session)
}

fn proven(view: &SessionView) -> Vec<(ProvenBy, Timestamp)> {
    let factors = &view.session.factors;
    let key = factors.web_auth_n;
    let passkey = key.filter(|key| key.user_verified);
    [
        (ProvenBy::Password, password_checked_at(view)),
        (ProvenBy::Totp, factors.totp),
        (ProvenBy::OtpSms, factors.otp_sms),
        (ProvenBy::OtpEmail, factors.otp_email),
        (ProvenBy::RecoveryCode, factors.recovery_code),
        (ProvenBy::Idp, factors.intent),
        (ProvenBy::WebAuthN, key.map(|key| key.checked_at)),
        (ProvenBy::Passkey, passkey.map(|key| key.checked_at)),
    ]
    .into_iter()
    .filter_map(|(way, at)| at.map(|at| (way, at)))
    .collect()
}
