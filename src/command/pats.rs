//! Personal access tokens of service users (adjacent.md section 7).

use crate::core::Core;
use crate::domain::event::PatAdded;
use crate::domain::ids::{PatId, UserId};
use crate::domain::permission::{Caller, Permission};
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;
use crate::domain::user::{self, User, UserError};
use crate::error::Error;
use crate::ports::Commit;

use super::{Details, Rounds, append_user};

/// What "never expires" is stored as: the last second that the API can write down.
pub(super) const FAR_FUTURE: Timestamp = Timestamp::from_micros(253_402_300_799_000_000);

/// A token that was made; it is shown this once.
#[derive(Debug, Clone)]
pub struct NewPat {
    /// Its id.
    pub id: PatId,
    /// The token.
    pub token: Secret,
    /// When it was made.
    pub created_at: Timestamp,
    /// What its owner looks like since.
    pub details: Details,
    /// The moment from which it is refused.
    pub expires_at: Timestamp,
}

/// Gives a service user a personal access token. One that ends later than the API can write down never
/// ends.
///
/// # Errors
/// `COMMAND-Dggw2`, `COMMAND-Df2f1`, an expiry in the past; what the permission check says.
pub async fn add_pat(
    core: &Core,
    caller: &Caller,
    user: UserId,
    expires_at: Option<Timestamp>,
) -> Result<NewPat, Error> {
    let mut rounds = Rounds::new(core);
    loop {
        let user = core
            .store
            .user(user)
            .await?
            .filter(User::exists)
            .ok_or(UserError::PatUserNotFound)?;
        let authority = caller.may_or_is(user.id, Permission::UserWrite, user.organization)?;
        let now = core.now_after(user.changed_at);
        let id = PatId::new(core.ids.next(now));
        let issued = core.tokens.issue_pat(id)?;
        let expires_at = expires_at.unwrap_or(FAR_FUTURE).min(FAR_FUTURE);
        let added = PatAdded {
            token_id: id,
            expiration: expires_at,
            hash_id: issued.fingerprint,
            hash: Some(issued.hash),
        };
        let event = user::add_pat(&authority, &user, now, added)?;
        let append = append_user(&user, now, vec![event]);
        let details = Details {
            sequence: append.state.sequence(),
            changed_at: now,
            owner: append.owner,
        };
        let commit = Commit::new(now, authority.actor(), vec![append]);
        match core.store.commit(commit).await {
            Ok(_) => {
                return Ok(NewPat {
                    id,
                    token: issued.token,
                    created_at: now,
                    details,
                    expires_at,
                });
            }
            Err(error) => rounds.lost(error).await?,
        }
    }
}

/// Revokes a personal access token; it is dead at once. Returns when that was written.
///
/// # Errors
/// 404 `COMMAND-4m77G`; what the permission check says.
pub async fn remove_pat(
    core: &Core,
    caller: &Caller,
    user: UserId,
    pat: PatId,
) -> Result<Timestamp, Error> {
    let mut rounds = Rounds::new(core);
    loop {
        let user = core
            .store
            .user(user)
            .await?
            .filter(User::exists)
            .ok_or(UserError::PatNotFound)?;
        let authority = caller.may_or_is(user.id, Permission::UserWrite, user.organization)?;
        if !core
            .store
            .pats(user.id)
            .await?
            .iter()
            .any(|known| known.id == pat)
        {
            return Err(UserError::PatNotFound.into());
        }
        let now = core.now_after(user.changed_at);
        let event = user::remove_pat(&authority, pat);
        let commit = Commit::new(
            now,
            authority.actor(),
            vec![append_user(&user, now, vec![event])],
        );
        match core.store.commit(commit).await {
            Ok(_) => return Ok(now),
            Err(error) => rounds.lost(error).await?,
        }
    }
}
