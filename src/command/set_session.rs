//! `SetSession` (spec session-service.md section 5.2).

use crate::core::Core;
use crate::domain::ids::SessionId;
use crate::domain::permission::{Authority, Caller, Permission};
use crate::domain::session::{self, Changes, Metadata, Session, SessionError};
use crate::domain::time::Span;
use crate::error::Error;
use crate::ports::Commit;

use super::challenges::{Challenges, Shown};
use super::places::Guard;
use super::proofs::{Checks, Proofs};
use super::{Rounds, SavedSession, append_session};

/// A change of a session.
#[derive(Debug, Clone, Default)]
pub struct SetSession {
    /// The session; absent when the id cannot be one.
    pub id: Option<SessionId>,
    /// What is to be checked.
    pub checks: Checks,
    /// Keys and values; an empty value removes its key.
    pub metadata: Metadata,
    /// How long it lives from now on.
    pub lifetime: Option<Span>,
    /// What the user is asked for.
    pub challenges: Challenges,
}

/// Changes a session and gives it a new token, if anything changes.
///
/// # Errors
/// What the permission check says; 404 `QUERY-SFeaa`; `COMMAND-Hewfq` and `COMMAND-Hkl3d` for a
/// session that is over; 429 `BTZ-Fa1ls`; what the checks say.
pub async fn set_session(
    core: &Core,
    caller: &Caller,
    command: SetSession,
) -> Result<SavedSession, Error> {
    let session = load(core, command.id).await?;
    let organization = session.as_ref().and_then(Session::user_organization);
    let authority = caller.may(Permission::SessionWrite, organization)?;
    command.challenges.are_good(core, &command.checks).await?;
    if !command.checks.prove() {
        return change(core, &authority, &command, session).await;
    }
    let known = session.as_ref();
    let agent = known.and_then(|session| session.user_agent.as_ref());
    let own = known.and_then(|session| Some(session.user.as_ref()?.id));
    let guard = Guard::enter(core, caller, &command.checks, agent, own).await?;
    let mut done = Box::pin(change(core, &authority, &command, session.clone())).await;
    if let Some(core) = guard.pardon(core, &done).await? {
        done = Box::pin(change(&core, &authority, &command, session.clone())).await;
    }
    guard.settle(core, &done);
    done
}

async fn change(
    core: &Core,
    authority: &Authority,
    command: &SetSession,
    mut session: Option<Session>,
) -> Result<SavedSession, Error> {
    let mut gathered: Option<Proofs> = None;
    let mut rounds = Rounds::new(core);
    loop {
        let current = session.take().ok_or(SessionError::NotFound)?;
        let live = current.live().ok_or(SessionError::Terminated)?;
        live.active(core.clock.now())?;
        // Hashing takes long; it is done once, and only for a session that can still be changed.
        let still = gathered.take().filter(|proofs| proofs.fit(&current));
        let mut proofs = if let Some(proofs) = still {
            proofs
        } else {
            let gathered = Proofs::gather(core, authority, &command.checks, Some(&current));
            // Boxed, so that the future of every request stays small.
            Box::pin(gathered).await?
        };
        let now = core.now_after(proofs.changed_at().max(current.changed_at));
        let active = live.active(now)?;
        if let Some(user) = proofs.user() {
            active.accepts(user.id)?;
        }
        let Some(appends) = proofs.appends(core, &command.checks, now)? else {
            rounds.again()?;
            session = Some(current);
            continue;
        };
        let asked = command
            .challenges
            .ask(core, &proofs, Some(&current), current.id, now);
        let asked = asked.await?;
        let (changes, shown, queued) = asked.into_changes(Changes {
            metadata: command.metadata.clone(),
            lifetime: command.lifetime,
            ..proofs.changes()
        });
        let events = active.change(authority, now, &changes);
        if events.is_empty() {
            return Ok(SavedSession {
                session: current,
                token: None,
                challenges: Shown::default(),
            });
        }
        let after = events.iter().fold(current.clone(), |session, event| {
            session::evolve(session, now, event)
        });
        let (append, after, token) =
            append_session(core, core.instance, current.sequence, after, events, now)?;
        let mut commit = Commit::new(now, authority.actor(), appends);
        commit.appends.push(append);
        commit.queued = queued;
        commit.appends.extend(proofs.consumed(core, authority, now));
        commit.active_users = proofs.user().map(|user| user.id).into_iter().collect();
        match core.commit(commit).await {
            Ok(_) => {
                return Ok(SavedSession {
                    session: after,
                    token: Some(token),
                    challenges: shown,
                });
            }
            Err(error) => {
                rounds.lost(error).await?;
                proofs.reload(core).await?;
                gathered = Some(proofs);
                session = load(core, command.id).await?;
            }
        }
    }
}

async fn load(core: &Core, id: Option<SessionId>) -> Result<Option<Session>, Error> {
    match id {
        Some(id) => Ok(core.store.session(id).await?),
        None => Ok(None),
    }
}
