//! `CreateSession` (spec session-service.md section 5.1).

use crate::core::Core;
use crate::domain::ids::{Sequence, SessionId};
use crate::domain::permission::{Caller, Permission};
use crate::domain::secret::Secret;
use crate::domain::session::{self, Changes, Metadata, SessionError, UserAgent};
use crate::domain::time::{Span, Timestamp};
use crate::domain::user::User;
use crate::error::Error;
use crate::ports::{Commit, StoreError};

use super::checks::{UserSelector, find_user, prove_password, proven, usable, user_fact};
use super::{ATTEMPTS, SavedSession, append_session, contended};

/// A session to open.
#[derive(Debug, Clone, Default)]
pub struct CreateSession {
    /// The user it is for.
    pub user: Option<UserSelector>,
    /// The user's password.
    pub password: Option<Secret>,
    /// Keys and values; empty values are ignored.
    pub metadata: Metadata,
    /// How long it lives; for ever, if absent.
    pub lifetime: Option<Span>,
    /// The user's device.
    pub user_agent: Option<UserAgent>,
}

/// Opens a session.
///
/// The permission comes before the look at the user, so that nobody without it can tell known users
/// from unknown ones.
///
/// # Errors
/// What the permission check says; what the checks say; 429 and 503 when the store cannot take it.
pub async fn create_session(
    core: &Core,
    caller: &Caller,
    command: CreateSession,
) -> Result<SavedSession, Error> {
    let authority = caller.may(Permission::SessionWrite, None)?;
    let mut user = match &command.user {
        Some(selector) => Some(find_user(core, selector, command.password.as_ref()).await?),
        None => None,
    };
    let mut compared = None;
    if let Some(password) = &command.password {
        let known = user.take().ok_or(SessionError::PasswordUserMissing)?;
        let (known, comparison) = prove_password(core, &authority, known, password).await?;
        (user, compared) = (Some(known), Some(comparison));
    }

    let mut last = StoreError::Closed;
    for _ in 0..ATTEMPTS {
        let now = core.now_after(
            user.as_ref()
                .map_or(Timestamp::default(), |user| user.changed_at),
        );
        let mut appends = Vec::with_capacity(2);
        if let (Some(known), Some(comparison)) = (&user, &compared) {
            let Some(append) = proven(known, comparison, &core.policies, now)? else {
                let password = command
                    .password
                    .as_ref()
                    .ok_or(SessionError::PasswordUserMissing)?;
                let (known, again) =
                    prove_password(core, &authority, known.clone(), password).await?;
                (user, compared) = (Some(known), Some(again));
                continue;
            };
            appends.push(append);
        }
        let changes = Changes {
            user: user.as_ref().map(user_fact),
            password: compared.is_some(),
            metadata: command.metadata.clone(),
            lifetime: command.lifetime,
        };
        let id = SessionId::new(core.ids.next(now));
        let (session, events) =
            session::create(id, &authority, now, command.user_agent.clone(), &changes);
        let (append, session, token) =
            append_session(core, core.instance, Sequence::NONE, session, events, now)?;
        appends.push(append);
        let mut commit = Commit::new(now, authority.actor(), appends);
        commit.active_users = user.iter().map(|user| user.id).collect();
        match core.store.commit(commit).await {
            Ok(_) => {
                return Ok(SavedSession {
                    session,
                    token: Some(token),
                });
            }
            Err(error @ StoreError::Exists(_)) => last = error,
            Err(error @ StoreError::Conflict(_)) => {
                last = error;
                user = reload(core, user).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(contended(last))
}

/// The user as it is now; still one that may log in.
pub(super) async fn reload(core: &Core, user: Option<User>) -> Result<Option<User>, Error> {
    let Some(user) = user else { return Ok(None) };
    let user = core
        .store
        .user(user.id)
        .await?
        .ok_or(SessionError::UserNotFound)?;
    usable(&user)?;
    Ok(Some(user))
}
