//! `CreateSession` (spec session-service.md section 5.1).

use crate::core::Core;
use crate::domain::ids::{Sequence, SessionId};
use crate::domain::permission::{Authority, Caller, Permission};
use crate::domain::session::{self, Changes, Metadata, UserAgent};
use crate::domain::time::Span;
use crate::error::Error;
use crate::ports::{Commit, StoreError};

use super::challenges::Challenges;
use super::places::Guard;
use super::proofs::{Checks, Proofs};
use super::{Rounds, SavedSession, append_session};

/// A session to open.
#[derive(Debug, Clone, Default)]
pub struct CreateSession {
    /// What is to be checked.
    pub checks: Checks,
    /// Keys and values; empty values are ignored.
    pub metadata: Metadata,
    /// How long it lives; for ever, if absent.
    pub lifetime: Option<Span>,
    /// The user's device.
    pub user_agent: Option<UserAgent>,
    /// What the user is asked for.
    pub challenges: Challenges,
}

/// Opens a session.
///
/// The permission comes before the look at the user, so that nobody without it can tell known users
/// from unknown ones.
///
/// # Errors
/// What the permission check says; 429 `BTZ-Fa1ls`; what the checks say; 429 and 503 when the store cannot take it.
pub async fn create_session(
    core: &Core,
    caller: &Caller,
    command: CreateSession,
) -> Result<SavedSession, Error> {
    let authority = caller.may(Permission::SessionWrite, None)?;
    command.challenges.are_good(core, &command.checks).await?;
    if !command.checks.prove() {
        return open(core, &authority, &command).await;
    }
    let agent = command.user_agent.as_ref();
    let guard = Guard::enter(core, caller, &command.checks, agent, None).await?;
    let mut done = Box::pin(open(core, &authority, &command)).await;
    if let Some(core) = guard.pardon(core, &done).await? {
        done = Box::pin(open(&core, &authority, &command)).await;
    }
    guard.settle(core, &done);
    done
}

async fn open(
    core: &Core,
    authority: &Authority,
    command: &CreateSession,
) -> Result<SavedSession, Error> {
    let mut proofs = Proofs::gather(core, authority, &command.checks, None).await?;
    let mut rounds = Rounds::new(core);
    loop {
        let now = core.now_after(proofs.changed_at());
        let Some(mut appends) = proofs.appends(core, &command.checks, now)? else {
            rounds.again()?;
            proofs = Proofs::gather(core, authority, &command.checks, None).await?;
            continue;
        };
        let id = SessionId::new(core.ids.next(now));
        let asked = command.challenges.ask(core, &proofs, None, id, now).await?;
        let (changes, shown, queued) = asked.into_changes(Changes {
            metadata: command.metadata.clone(),
            lifetime: command.lifetime,
            ..proofs.changes()
        });
        let (session, events) =
            session::create(id, authority, now, command.user_agent.clone(), &changes);
        let (append, session, token) =
            append_session(core, core.instance, Sequence::NONE, session, events, now)?;
        appends.push(append);
        appends.extend(proofs.consumed(core, authority, now));
        let mut commit = Commit::new(now, authority.actor(), appends);
        commit.queued = queued;
        commit.active_users = proofs.user().map(|user| user.id).into_iter().collect();
        match core.commit(commit).await {
            Ok(_) => {
                return Ok(SavedSession {
                    session,
                    token: Some(token),
                    challenges: shown,
                });
            }
            Err(error) => {
                let conflict = matches!(error, StoreError::Conflict(_));
                rounds.lost(error).await?;
                if conflict {
                    proofs.reload(core).await?;
                }
            }
        }
    }
}
