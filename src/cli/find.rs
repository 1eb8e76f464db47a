//! Users by id or login name, whichever the person at the terminal has at hand.

use super::failure::Failure;
use crate::core::Core;
use crate::domain::ids::{UserId, given_user_key};
use crate::domain::user::{User, login_name};

/// The user behind an id or a login name, in that order; users that were removed are not found.
pub(super) async fn user(core: &Core, named: &str) -> Result<User, Failure> {
    let by_id = core.store.user(given_user_key(named)).await?;
    let exact = by_id.filter(|user| user.exists() && is_id_of(named, user));
    match exact {
        Some(user) => Ok(user),
        None => by_login_name(core, named).await,
    }
}

/// The user behind a login name, in any case.
pub(super) async fn by_login_name(core: &Core, name: &str) -> Result<User, Failure> {
    let found = core
        .store
        .user_by_login_name(&login_name::normalize(name))
        .await?;
    found.filter(User::exists).ok_or_else(|| {
        Failure::message(format!("no user has this id or login name: `{name}`"))
            .hint("list users with `bartizan user list`")
    })
}

/// The id of a user, for its history: also of one that was removed.
pub(super) async fn user_id(core: &Core, named: &str) -> Result<UserId, Failure> {
    let by_id = core.store.user(given_user_key(named)).await?;
    match by_id.filter(|user| is_id_of(named, user)) {
        Some(user) => Ok(user.id),
        None => by_login_name(core, named).await.map(|user| user.id),
    }
}

/// Keys of ids that clients chose are digests, and a digest is no proof of equality.
fn is_id_of(named: &str, user: &User) -> bool {
    user.public_id() == named || user.id.to_string() == named
}
