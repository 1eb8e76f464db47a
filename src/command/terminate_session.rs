//! `DeleteSession` (spec session-service.md sections 4.5 and 5.5).

use crate::core::Core;
use crate::domain::event::Event;
use crate::domain::ids::SessionId;
use crate::domain::permission::{Authority, Caller, Permission};
use crate::domain::secret::Secret;
use crate::domain::session::{self, Session, SessionError};
use crate::error::Error;
use crate::ports::{Append, Commit, State};
use crate::query::sessions::is_current_token;

use super::Rounds;

/// Ends a session, expired or not; again and again it is the same success.
///
/// Returns the session as it is afterwards; `None` for an id that nobody has, which a caller with
/// `session.delete` on the instance may delete as well.
///
/// # Errors
/// 403 `COMMAND-sGr42` for a token that is not the session's current one, whatever else the caller
/// may do; otherwise what the permission check says.
pub async fn terminate_session(
    core: &Core,
    caller: &Caller,
    id: Option<SessionId>,
    token: Option<&Secret>,
) -> Result<Option<Session>, Error> {
    let mut rounds = Rounds::new(core);
    loop {
        let session = match id {
            Some(id) => core.store.session(id).await?,
            None => None,
        };
        let authority = may_terminate(core, caller, session.as_ref(), token)?;
        let Some(session) = session else {
            return Ok(None);
        };
        let Some(live) = session.live() else {
            return Ok(Some(session));
        };
        let now = core.now_after(session.changed_at);
        let event = live.terminate(&authority, None);
        let ended = session::evolve(session.clone(), now, &event);
        let append = Append {
            expected: session.sequence,
            owner: core.instance.key(),
            events: vec![Event::Session(event)],
            state: State::Session(Box::new(ended.clone())),
        };
        match core
            .store
            .commit(Commit::new(now, authority.actor(), vec![append]))
            .await
        {
            Ok(_) => return Ok(Some(ended)),
            Err(error) => rounds.lost(error).await?,
        }
    }
}

/// The session's current token, being its user, or `session.delete`. Having created it is not enough,
/// in any release of ZITADEL.
fn may_terminate(
    core: &Core,
    caller: &Caller,
    session: Option<&Session>,
    token: Option<&Secret>,
) -> Result<Authority, Error> {
    if let Some(token) = token.filter(|token| !token.is_empty()) {
        return if session.is_some_and(|session| is_current_token(core, session, token)) {
            Ok(caller.authority())
        } else {
            Err(SessionError::TokenInvalid.into())
        };
    }
    if session.is_some_and(|session| session.is_of(caller.user)) {
        return Ok(caller.authority());
    }
    let organization = session.and_then(Session::user_organization);
    Ok(caller.may(Permission::SessionDelete, organization)?)
}
