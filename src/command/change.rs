//! One user, changed: load, decide, write, and again when others were faster.

use crate::core::Core;
use crate::domain::event::UserEvent;
use crate::domain::ids::UserId;
use crate::domain::permission::Authority;
use crate::domain::time::Timestamp;
use crate::domain::user::{User, UserError};
use crate::error::Error;
use crate::ports::{Commit, Queued, State};

use super::{Rounds, append_user};

/// What a decision on a user came to.
#[derive(Debug, Clone)]
pub(super) struct Decided {
    /// What gave the right to it.
    pub(super) authority: Authority,
    /// What happened; where nothing did, nothing is written.
    pub(super) events: Vec<UserEvent>,
    /// Messages that go out with it.
    pub(super) queued: Vec<Queued>,
}

impl Decided {
    /// Events and no message.
    pub(super) const fn new(authority: Authority, events: Vec<UserEvent>) -> Self {
        Self {
            authority,
            events,
            queued: Vec::new(),
        }
    }
}

/// Decides on a user as it is, writes what came of it, and decides anew when others changed the user
/// meanwhile. `decide` gets the user and the moment at which its events are written.
///
/// # Errors
/// `missing` for a user that does not exist; what `decide` says; what the store says.
pub(super) async fn change_one(
    core: &Core,
    id: UserId,
    missing: UserError,
    decide: impl Fn(&User, Timestamp) -> Result<Decided, Error>,
) -> Result<User, Error> {
    let mut rounds = Rounds::new(core);
    loop {
        let user = core.store.user(id).await?;
        let user = user.filter(User::exists).ok_or(missing)?;
        let now = core.now_after(user.changed_at);
        let decided = decide(&user, now)?;
        if decided.events.is_empty() {
            return Ok(user);
        }
        let append = append_user(&user, now, decided.events);
        let State::User(after) = append.state.clone() else {
            return Err(Error::internal("the row of a user is not a user"));
        };
        let mut commit = Commit::new(now, decided.authority.actor(), vec![append]);
        commit.queued = decided.queued;
        match core.commit(commit).await {
            Ok(_) => return Ok(*after),
            Err(error) => rounds.lost(error).await?,
        }
    }
}
