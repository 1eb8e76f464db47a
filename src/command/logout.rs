//! Ending many sessions at once: an extension, ZITADEL has no such call.
//!
//! One transaction ends them all. Which they are is found out inside of it, so that a session that is
//! made at the same time is either ended or made afterwards.

use super::Rounds;
use crate::core::Core;
use crate::domain::error::Kind;
use crate::domain::ids::{Position, Sequence, SessionId, UserId};
use crate::domain::permission::{Authority, Caller, Credential, Permission};
use crate::domain::secret::Secret;
use crate::domain::session::SessionError;
use crate::domain::time::Timestamp;
use crate::error::Error;
use crate::ports::{Commit, EndSessions, Ended, StoreError, TokenClaim, Whose};
use crate::query::authenticate;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedOut {
    /// The sessions that were ended.
    pub ended: Ended,
    /// The end of the log up to which this holds.
    pub position: Position,
    /// When the call was made.
    pub at: Timestamp,
}

/// Ends every session of a user. One without sessions, even one that does not exist, is a success.
///
/// # Errors
/// What the permission check says of a caller that is neither the user nor has `session.delete` on
/// the user's organisation.
pub async fn log_out_user(core: &Core, caller: &Caller, user: UserId) -> Result<LoggedOut, Error> {
    let authority = may_end(core, caller, user).await?;
    end(core, &authority, Whose::User(user), None)
        .await
        .map_err(Error::from)
}

/// Ends every session of a user but the one of a token.
///
/// That is the token of the call, or another that is as good as a bearer token. Whoever has such a
/// token is the user, so no permission is asked for; a session in which nothing but the name was
/// checked ends nothing.
///
/// # Errors
/// 403 `COMMAND-sGr42` for a token that would not be taken as a bearer token, and where none was
/// given and the caller did not authenticate with one.
pub async fn log_out_others(
    core: &Core,
    caller: &Caller,
    token: Option<&Secret>,
) -> Result<LoggedOut, Error> {
    let mut rounds = Rounds::new(core);
    loop {
        let (id, sequence, owner) = current(core, caller, token).await?;
        let whose = Whose::User(owner.user);
        match end(core, &owner.authority(), whose, Some((id, sequence))).await {
            Ok(done) => return Ok(done),
            Err(error) => rounds.lost(error).await?,
        }
    }
}

/// Ends every session of a device, or those of one user on it.
///
/// # Errors
/// What the permission check says: with a user as [`log_out_user`], else of a caller without
/// `session.delete` on the instance, because the sessions may be anybody's.
pub async fn log_out_user_agent(
    core: &Core,
    caller: &Caller,
    fingerprint_id: String,
    user: Option<UserId>,
) -> Result<LoggedOut, Error> {
    let authority = match user {
        Some(user) => may_end(core, caller, user).await?,
        None => caller.may(Permission::SessionDelete, None)?,
    };
    let whose = Whose::UserAgent {
        fingerprint_id,
        user,
    };
    end(core, &authority, whose, None)
        .await
        .map_err(Error::from)
}

/// As for a single session: being its user, or `session.delete`.
async fn may_end(core: &Core, caller: &Caller, user: UserId) -> Result<Authority, Error> {
    if caller.user == user {
        return Ok(caller.authority());
    }
    let organization = core.store.user(user).await?.map(|user| user.organization);
    Ok(caller.may(Permission::SessionDelete, organization)?)
}

/// The session that stays, its sequence, and its user as a caller.
///
/// The sequence is read first: if it still holds when all is written, so does what was judged later.
async fn current(
    core: &Core,
    caller: &Caller,
    token: Option<&Secret>,
) -> Result<(SessionId, Sequence, Caller), Error> {
    let Some(token) = token else {
        let Credential::Session(id) = caller.credential else {
            return Err(SessionError::TokenInvalid.into());
        };
        // Judged when the call came in; here it need only be there still.
        let session = core.store.session(id).await?;
        let session =
            session.filter(|session| session.live().is_some() && session.is_of(caller.user));
        let session = session.ok_or(SessionError::TokenInvalid)?;
        return Ok((id, session.sequence, caller.clone()));
    };
    let Some(TokenClaim::Session(claim)) = core.tokens.read(token.expose()) else {
        return Err(SessionError::TokenInvalid.into());
    };
    let session = core.store.session(claim.session).await?;
    let sequence = session.ok_or(SessionError::TokenInvalid)?.sequence;
    let owner = authenticate(core, token.expose(), None)
        .await
        .map_err(|error| {
            if matches!(error.kind, Kind::Internal | Kind::Unavailable) {
                error
            } else {
                SessionError::TokenInvalid.into()
            }
        })?;
    Ok((claim.session, sequence, owner))
}

async fn end(
    core: &Core,
    authority: &Authority,
    whose: Whose,
    keep: Option<(SessionId, Sequence)>,
) -> Result<LoggedOut, StoreError> {
    let at = core.clock.now();
    let mut commit = Commit::new(at, authority.actor(), Vec::new());
    commit.end_sessions = Some(EndSessions {
        whose,
        keep,
        reason: None,
    });
    let committed = core.store.commit(commit).await?;
    Ok(LoggedOut {
        ended: committed.ended,
        position: committed.position,
        at,
    })
}
