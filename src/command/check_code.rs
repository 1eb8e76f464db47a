//! One-time codes that were sent to somebody, given back.

use crate::core::Core;
use crate::domain::event::UserEvent;
use crate::domain::ids::UserId;
use crate::domain::permission::{Authority, Caller};
use crate::domain::secret::Secret;
use crate::domain::user::{CodePurpose, User, judge_code};
use crate::error::Error;
use crate::ports::Commit;

use super::checks::prove;
use super::codes::digest;
use super::{Details, Rounds, after, append_user};

/// Takes a code for what it proves. Whoever has it may give it back: no permission is needed.
///
/// # Errors
/// The ids of adjacent.md section 8 for the kind of code; 429 after too many wrong ones.
pub async fn verify_code(
    core: &Core,
    caller: &Caller,
    id: UserId,
    purpose: CodePurpose,
    given: &Secret,
) -> Result<Details, Error> {
    let authority = caller.authority();
    let mut rounds = Rounds::new(core);
    loop {
        let user = load(core, id, purpose).await?;
        let (user, events) = prove_code(core, &authority, user, purpose, given).await?;
        let now = core.now_after(user.changed_at);
        let after = after(&user, &events, now);
        let append = append_user(&user, now, events);
        let commit = Commit::new(now, authority.actor(), vec![append]);
        match core.commit(commit).await {
            Ok(_) => return Ok(Details::of(&after)),
            Err(error) => rounds.lost(error).await?,
        }
    }
}

/// Judges until the answer stands: the user as it was loaded last, and what the right code writes.
///
/// A wrong code is counted, and that is durable, before it is told. It never locks the user: codes are
/// taken from anybody, and nobody shall lock others out.
///
/// # Errors
/// As [`verify_code`].
pub(super) async fn prove_code(
    core: &Core,
    authority: &Authority,
    user: User,
    purpose: CodePurpose,
    given: &Secret,
) -> Result<(User, Vec<UserEvent>), Error> {
    let digest = digest(core, purpose, given);
    let limit = &core.policies.attempts;
    let judge = |user: &User, at| Ok(judge_code(user, purpose, &digest, limit, at)?);
    let delay = |attempts| core.policies.tarpit.delay(attempts);
    prove(core, authority, user, judge, delay).await
}

async fn load(core: &Core, id: UserId, purpose: CodePurpose) -> Result<User, Error> {
    let user = core.store.user(id).await?;
    Ok(user.filter(User::exists).ok_or(purpose.nobody())?)
}
