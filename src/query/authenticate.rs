//! From a bearer token to a caller (spec session-service.md sections 4.2 and 7.3).
//!
//! State, expiry and current token are read from the store every time: what has ended is dead at
//! once. Only the hash work is remembered, inside [`Tokens`](crate::ports::Tokens).

use super::counted_factors;
use crate::core::Core;
use crate::domain::error::Kind;
use crate::domain::ids::OrgId;
use crate::domain::permission::{Caller, Credential, Membership};
use crate::domain::policy::SecondFactor;
use crate::domain::session::{BearerError, SessionState, Strength, strong_enough};
use crate::error::Error;
use crate::ports::{PatClaim, SessionClaim, SessionView, TokenClaim};

/// Finds out who is asking.
///
/// `organization` is the value of `x-zitadel-orgid`, if there was one.
///
/// # Errors
/// 401 `AUTH-7fs1e` for a token that is none of ours, revoked or expired, or whose user is not
/// active; the answers of spec section 7.3 for a session token; 403 `AUTH-Bs7Ds` for an organisation
/// that does not exist.
pub async fn authenticate(
    core: &Core,
    token: &str,
    organization: Option<&str>,
) -> Result<Caller, Error> {
    let mut caller = match core.tokens.read(token) {
        Some(TokenClaim::Pat(claim)) => by_pat(core, &claim).await?,
        // Boxed, so that the future of every request stays small.
        Some(TokenClaim::Session(claim)) => Box::pin(by_session(core, &claim)).await?,
        None => return Err(invalid_token("not a token of this instance")),
    };
    if let Some(named) = organization {
        let id = OrgId::parse(named);
        let org = match id {
            Some(id) => core.store.org(id).await?,
            None => None,
        };
        let Some(org) = org else {
            return Err(Error::new(
                Kind::PermissionDenied,
                "AUTH-Bs7Ds",
                "Organisation doesn't exist",
            ));
        };
        caller.organization = org.id;
    }
    Ok(caller)
}

/// One text for every reason, so that the answer tells a thief nothing; the log gets the reason.
pub(super) fn invalid_token(reason: &'static str) -> Error {
    Error::new(Kind::Unauthenticated, "AUTH-7fs1e", "Errors.Token.Invalid").caused_by(reason)
}

async fn by_pat(core: &Core, claim: &PatClaim) -> Result<Caller, Error> {
    let Some(bearer) = core.store.pat_bearer(claim.pat).await? else {
        return Err(invalid_token(
            "personal access token does not exist or was revoked",
        ));
    };
    let proven = bearer
        .pat
        .proof
        .hash()
        .is_some_and(|hash| core.tokens.proves(&claim.secret, hash));
    if !proven {
        return Err(invalid_token("personal access token has another secret"));
    }
    if bearer.pat.expires_at <= core.clock.now() {
        return Err(invalid_token("personal access token has expired"));
    }
    if !bearer.user_active {
        return Err(invalid_token(
            "owner of the personal access token is not active",
        ));
    }
    let memberships = bearer
        .memberships
        .iter()
        .map(|(resource, roles)| Membership {
            resource: *resource,
            permissions: core.roles.permissions(roles),
        })
        .collect();
    Ok(Caller {
        user: bearer.pat.user,
        organization: bearer.organization,
        credential: Credential::Pat(claim.pat),
        memberships,
        from: None,
    })
}

/// The session of a token that may act as its user: it is there, the token is its current one, it has
/// not expired, its user is active, and it is as strong as the login policy asks.
pub(super) async fn judge_session(core: &Core, claim: &SessionClaim) -> Result<SessionView, Error> {
    let view = core
        .store
        .session_view(claim.session)
        .await?
        .ok_or(BearerError::Gone)?;
    let session = &view.session;
    if session.state == SessionState::Terminated {
        return Err(BearerError::Gone.into());
    }
    let current = session
        .token
        .as_ref()
        .filter(|token| token.issued_at == claim.issued_at);
    let proven = current
        .and_then(|token| token.proof.hash())
        .is_some_and(|hash| core.tokens.proves(&claim.secret, hash));
    if !proven {
        return Err(BearerError::NotCurrent.into());
    }
    if session.expired(core.clock.now()) {
        return Err(BearerError::Expired.into());
    }
    let (Some(_), Some(user)) = (&session.user, &view.user) else {
        return Err(BearerError::AuthenticationRequired.into());
    };
    if !user.active {
        return Err(BearerError::Gone.into());
    }
    // Recovery codes are not among them: they stand in for another factor, and ask for none.
    let ready = [
        (user.totp_ready, SecondFactor::Totp),
        (user.u2f_ready, SecondFactor::U2f),
        (user.otp_sms_ready, SecondFactor::OtpSms),
        (user.otp_email_ready, SecondFactor::OtpEmail),
    ];
    let web_auth_n = session.factors.web_auth_n;
    let strength = Strength {
        factors: counted_factors(&view),
        external: session.factors.intent.is_some(),
        user_verified_passkey: web_auth_n.is_some_and(|factor| factor.user_verified),
        ready: ready
            .into_iter()
            .filter_map(|(ready, factor)| ready.then_some(factor))
            .collect(),
    };
    strong_enough(strength, &core.policies.login)?;
    Ok(view)
}

async fn by_session(core: &Core, claim: &SessionClaim) -> Result<Caller, Error> {
    let view = judge_session(core, claim).await?;
    let session = &view.session;
    let Some(checked) = &session.user else {
        return Err(BearerError::AuthenticationRequired.into());
    };
    let memberships = core
        .store
        .members(Some(checked.id))
        .await?
        .into_iter()
        .map(|member| Membership {
            resource: member.resource,
            permissions: core.roles.permissions(&member.roles),
        })
        .collect();
    Ok(Caller {
        user: checked.id,
        organization: checked.organization,
        credential: Credential::Session(session.id),
        memberships,
        from: None,
    })
}
