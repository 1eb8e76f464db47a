//! `SetSession` (spec session-service.md section 5.2).

use crate::core::Core;
use crate::domain::ids::SessionId;
use crate::domain::permission::{Authority, Caller, Permission};
use crate::domain::secret::Secret;
use crate::domain::session::{self, Changes, Metadata, Session, SessionError};
use crate::domain::time::{Span, Timestamp};
use crate::domain::user::{User, UserError};
use crate::error::Error;
use crate::ports::{Append, Commit, StoreError};

use super::checks::{Compared, UserSelector, find_user, prove_password, proven, usable, user_fact};
use super::create_session::reload;
use super::{ATTEMPTS, SavedSession, append_session, contended};

/// A change of a session.
#[derive(Debug, Clone, Default)]
pub struct SetSession {
    /// The session; absent when the id cannot be one.
    pub id: Option<SessionId>,
    /// The user to check.
    pub user: Option<UserSelector>,
    /// The user's password.
    pub password: Option<Secret>,
    /// Keys and values; an empty value removes its key.
    pub metadata: Metadata,
    /// How long it lives from now on.
    pub lifetime: Option<Span>,
}

/// Changes a session and gives it a new token, if anything changes.
///
/// # Errors
/// What the permission check says; 404 `QUERY-SFeaa`; `COMMAND-Hewfq` and `COMMAND-Hkl3d` for a
/// session that is over; what the checks say.
pub async fn set_session(
    core: &Core,
    caller: &Caller,
    command: SetSession,
) -> Result<SavedSession, Error> {
    let mut session = load(core, command.id).await?;
    let organization = session.as_ref().and_then(Session::user_organization);
    let authority = caller.may(Permission::SessionWrite, organization)?;
    let mut checked = None;
    let mut last = StoreError::Closed;
    for _ in 0..ATTEMPTS {
        let current = session.take().ok_or(SessionError::NotFound)?;
        let live = current.live().ok_or(SessionError::Terminated)?;
        live.active(core.clock.now())?;
        // Hashing takes long; it is done once, and only for a session that can still be changed.
        let mut checks = match checked.take() {
            Some(checks) => checks,
            None => check(core, &authority, &command, &current).await?,
        };
        let now = core.now_after(checks.changed_at().max(current.changed_at));
        let active = live.active(now)?;
        if let Some(user) = &checks.user_check {
            active.accepts(user.id)?;
        }
        let Some(appends) = checks.appends(core, now)? else {
            session = Some(current);
            continue;
        };
        let changes = Changes {
            user: checks.user_check.as_ref().map(user_fact),
            password: checks.password.is_some(),
            metadata: command.metadata.clone(),
            lifetime: command.lifetime,
        };
        let events = active.change(&authority, now, &changes);
        if events.is_empty() {
            return Ok(SavedSession {
                session: current,
                token: None,
            });
        }
        let after = events.iter().fold(current.clone(), |session, event| {
            session::evolve(session, now, event)
        });
        let (append, after, token) =
            append_session(core, core.instance, current.sequence, after, events, now)?;
        let mut commit = Commit::new(now, authority.actor(), appends);
        commit.appends.push(append);
        commit.active_users = checks.users().map(|user| user.id).collect();
        match core.store.commit(commit).await {
            Ok(_) => {
                return Ok(SavedSession {
                    session: after,
                    token: Some(token),
                });
            }
            Err(conflict @ StoreError::Conflict(_)) => {
                last = conflict;
                checks.reload(core).await?;
                checked = Some(checks);
                session = load(core, command.id).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(contended(last))
}

async fn load(core: &Core, id: Option<SessionId>) -> Result<Option<Session>, Error> {
    match id {
        Some(id) => Ok(core.store.session(id).await?),
        None => Ok(None),
    }
}

/// The checks of a call that have succeeded.
#[derive(Debug, Default)]
struct Checks {
    user_check: Option<User>,
    password: Option<(User, Compared)>,
}

impl Checks {
    fn users(&self) -> impl Iterator<Item = &User> {
        let proven = self.password.as_ref().map(|(user, _)| user);
        self.user_check
            .iter()
            .filter(move |_| proven.is_none())
            .chain(proven)
    }

    fn changed_at(&self) -> Timestamp {
        self.users()
            .map(|user| user.changed_at)
            .max()
            .unwrap_or_default()
    }

    /// What they write to the user; `None` when the password has to be proven anew.
    fn appends(&self, core: &Core, at: Timestamp) -> Result<Option<Vec<Append>>, Error> {
        let Some((user, compared)) = &self.password else {
            return Ok(Some(Vec::new()));
        };
        Ok(proven(user, compared, &core.policies, at)?.map(|append| vec![append]))
    }

    /// The users as they are now.
    async fn reload(&mut self, core: &Core) -> Result<(), Error> {
        self.user_check = reload(core, self.user_check.take()).await?;
        if let Some((user, compared)) = self.password.take() {
            self.password = reload(core, Some(user)).await?.map(|user| (user, compared));
        }
        Ok(())
    }
}

async fn check(
    core: &Core,
    authority: &Authority,
    command: &SetSession,
    session: &Session,
) -> Result<Checks, Error> {
    let mut checks = Checks::default();
    if let Some(selector) = &command.user {
        let user = find_user(core, selector, command.password.as_ref()).await?;
        if let Some(own) = &session.user
            && own.id != user.id
        {
            return Err(SessionError::UserChange.into());
        }
        checks.user_check = Some(user);
    }
    if let Some(password) = &command.password {
        let user = match (&checks.user_check, &session.user) {
            (Some(user), _) => user.clone(),
            (None, Some(own)) => own_user(core, own.id).await?,
            (None, None) => return Err(SessionError::PasswordUserMissing.into()),
        };
        checks.password = Some(prove_password(core, authority, user, password).await?);
    }
    Ok(checks)
}

/// The user a session is already tied to. Its state is tested on every check, whatever the order of
/// calls: stricter than ZITADEL, never looser (design section 7).
async fn own_user(core: &Core, id: crate::domain::ids::UserId) -> Result<User, Error> {
    let user = core
        .store
        .user(id)
        .await?
        .filter(User::exists)
        .ok_or(UserError::PasswordUserNotFound)?;
    if user.state != crate::domain::user::UserState::Locked {
        usable(&user)?;
    }
    Ok(user)
}
