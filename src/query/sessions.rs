//! Reading sessions (spec session-service.md sections 4.5 and 9).

use super::{list_timestamp, page_limit};
use crate::core::Core;
use crate::domain::ids::SessionId;
use crate::domain::permission::{Caller, Permission};
use crate::domain::secret::Secret;
use crate::domain::session::{Session, SessionError, SessionState};
use crate::domain::time::Timestamp;
use crate::error::Error;
use crate::ports::{SessionClaim, SessionFilter, SessionQuery, SessionView, TokenClaim};

/// Reads a session.
///
/// Expired sessions are returned with their expiration, as ZITADEL does.
///
/// # Errors
/// 404 `QUERY-SFeaa` for what is not there or has ended; 403 `QUERY-dsfr3` for a token that is not
/// the current one; otherwise what the permission check says.
pub async fn get_session(
    core: &Core,
    caller: &Caller,
    id: Option<SessionId>,
    token: Option<&Secret>,
) -> Result<SessionView, Error> {
    let id = id.ok_or(SessionError::NotFound)?;
    let token = token.filter(|token| !token.is_empty());
    let claim = token.and_then(|token| claim_to(core, id, token));
    if token.is_some() && claim.is_none() {
        // Whatever the row says; which of the two refusals it is depends on whether there is one.
        return Err(match core.store.session_state(id).await? {
            Some(SessionState::Active) => SessionError::TokenNotCurrent.into(),
            Some(SessionState::Terminated) | None => SessionError::NotFound.into(),
        });
    }
    let view = core
        .store
        .session_view(id)
        .await?
        .filter(|view| view.session.state == SessionState::Active)
        .ok_or(SessionError::NotFound)?;
    match claim {
        Some(claim) if is_current(core, &view.session, &claim) => {}
        Some(_) => return Err(SessionError::TokenNotCurrent.into()),
        None => may_read(caller, &view.session)?,
    }
    Ok(view)
}

/// What a token of ours claims, if it is one to this session; read from the token alone.
fn claim_to(core: &Core, id: SessionId, token: &Secret) -> Option<SessionClaim> {
    match core.tokens.read(token.expose())? {
        TokenClaim::Session(claim) => Some(claim).filter(|claim| claim.session == id),
        TokenClaim::Pat(_) => None,
    }
}

/// Whether a token is the session's current one.
pub(crate) fn is_current_token(core: &Core, session: &Session, token: &Secret) -> bool {
    claim_to(core, session.id, token).is_some_and(|claim| is_current(core, session, &claim))
}

fn is_current(core: &Core, session: &Session, claim: &SessionClaim) -> bool {
    let current = session.token.as_ref();
    current
        .filter(|current| current.issued_at == claim.issued_at)
        .and_then(|current| current.proof.hash())
        .is_some_and(|hash| core.tokens.proves(&claim.secret, hash))
}

/// The rules of reading without a token: its creator, its user, or a role with `session.read`.
pub(super) fn may_read(caller: &Caller, session: &Session) -> Result<(), Error> {
    if caller.user == session.creator || session.is_of(caller.user) {
        return Ok(());
    }
    caller.may(Permission::SessionRead, session.user_organization())?;
    Ok(())
}

/// How many factors of a session still count.
///
/// A password that was changed after it was proven proves nothing any more (spec section 9.1).
pub fn counted_factors(view: &SessionView) -> u32 {
    let factors = &view.session.factors;
    let codes = [
        factors.totp,
        factors.otp_sms,
        factors.otp_email,
        factors.recovery_code,
    ];
    codes
        .into_iter()
        .chain([password_checked_at(view), factors.intent])
        .chain([factors.web_auth_n.map(|factor| factor.checked_at)])
        .map(|factor| u32::from(factor.is_some()))
        .sum()
}

/// When the password was proven, if that still counts.
pub fn password_checked_at(view: &SessionView) -> Option<Timestamp> {
    let changed = view.user.as_ref().and_then(|user| user.password_changed_at);
    view.session
        .factors
        .password
        .filter(|checked| changed.is_none_or(|changed| *checked >= changed))
}

/// A search as the client asked for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListSessions {
    /// Conditions; all must hold.
    pub filters: Vec<SessionFilter>,
    /// Oldest first.
    pub ascending: bool,
    /// Rows to skip.
    pub offset: u64,
    /// Rows to take; 0 for the default.
    pub limit: u32,
}

/// A page of sessions as the caller may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionList {
    /// Rows that match before paging and before the permission filter; 0 for a page beyond the end.
    pub total: u64,
    /// When the log was last written.
    pub timestamp: Option<Timestamp>,
    /// The rows of the page that the caller may read.
    pub sessions: Vec<SessionView>,
}

/// Searches sessions. Rows that the caller may not read are left out of the page, silently.
///
/// # Errors
/// 400 `QUERY-4M0fs` for a limit beyond the maximum.
pub async fn list_sessions(
    core: &Core,
    caller: &Caller,
    list: ListSessions,
) -> Result<SessionList, Error> {
    let query = SessionQuery {
        filters: list.filters,
        ascending: list.ascending,
        offset: list.offset,
        limit: page_limit(core.limits, list.limit)?,
    };
    let page = core.store.search_sessions(query).await?;
    let total = if page.sessions.is_empty() {
        0
    } else {
        page.total
    };
    let mut sessions = page.sessions;
    sessions.retain(|view| may_read(caller, &view.session).is_ok());
    Ok(SessionList {
        total,
        timestamp: list_timestamp(core).await?,
        sessions,
    })
}
