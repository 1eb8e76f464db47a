//! Checks of a session: who it is, and whether it can be proven (spec session-service.md section 6).

use std::time::Duration;

use crate::core::Core;
use crate::domain::event::UserEvent;
use crate::domain::ids::UserId;
use crate::domain::permission::Authority;
use crate::domain::policy::Policies;
use crate::domain::secret::{HashText, Secret};
use crate::domain::session::{SessionError, UserFact};
use crate::domain::time::{Span, Timestamp};
use crate::domain::user::{
    Judgement, PasswordJudgement, User, UserError, UserState, judge_password, login_name,
    password_ready,
};
use crate::error::Error;
use crate::ports::{Commit, EndSessions, PasswordCheck, StoreError};

use super::{Rounds, append_user};

/// How a client names the user of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserSelector {
    /// By id.
    Id(UserId),
    /// By login name, in any case.
    LoginName(String),
}

/// Finds the user of a check and tests that it may log in.
///
/// With a `password`, a name that nobody has costs what a known one costs: the same hash work, the
/// same count, the same delay (spec security.md section 1, CVE-2026-80199).
///
/// # Errors
/// 404 `QUERY-Dfbg2`; 400 `SESSION-Gj4ko` for a user that is not active.
pub(super) async fn find_user(
    core: &Core,
    selector: &UserSelector,
    password: Option<&Secret>,
) -> Result<User, Error> {
    let found = match selector {
        UserSelector::Id(id) => core.store.user(*id).await?,
        UserSelector::LoginName(name) => {
            core.store
                .user_by_login_name(&login_name::normalize(name))
                .await?
        }
    };
    let Some(user) = found.filter(User::exists) else {
        if let Some(password) = password {
            waste_a_check(core, selector, password).await?;
        }
        return Err(SessionError::UserNotFound.into());
    };
    usable(&user)?;
    Ok(user)
}

/// Tests that a user may log in.
///
/// # Errors
/// 400 `SESSION-Gj4ko`.
pub(super) fn usable(user: &User) -> Result<(), Error> {
    if user.state == UserState::Active {
        Ok(())
    } else {
        Err(SessionError::UserNotActive.into())
    }
}

/// What the events of a session say of a user.
pub(super) fn user_fact(user: &User) -> UserFact {
    UserFact {
        id: user.id,
        public_id: user.public_id(),
        organization: user.organization,
        preferred_language: user.preferred_language().map(str::to_owned),
    }
}

async fn waste_a_check(
    core: &Core,
    selector: &UserSelector,
    password: &Secret,
) -> Result<(), Error> {
    let text = match selector {
        UserSelector::Id(id) => format!("id:{id}"),
        UserSelector::LoginName(name) => format!("name:{}", login_name::normalize(name)),
    };
    let name = core.codes.digest("unknown login name", &text);
    let now = core.clock.now();
    let limit = &core.policies.attempts;
    let failures = core.store.unknown_failures(name).await?;
    if !limit.allows(failures.count, failures.last_at, now) {
        return Err(UserError::TooManyAttempts.into());
    }
    core.passwords.check_nobody(password.clone()).await?;
    let pause = Span::from_nanos(i64::try_from(limit.pause.as_nanos()).unwrap_or(i64::MAX));
    let failures = core
        .store
        .count_unknown(name, now, now.minus(pause))
        .await?;
    core.clock
        .sleep(core.policies.tarpit.delay(failures.count))
        .await;
    Ok(())
}

/// A password that was compared, and with which hash.
#[derive(Debug)]
pub(super) struct Compared {
    with: HashText,
    right: bool,
    renewed: Option<(HashText, String)>,
}

impl Compared {
    /// The hash that the password was compared with.
    pub(super) fn into_hash(self) -> HashText {
        self.with
    }
}

/// Compares a password with the user's hash, on the hashing threads.
///
/// # Errors
/// What [`password_ready`] says; 429 when the queue of the threads is full.
pub(super) async fn compare_password(
    core: &Core,
    user: &User,
    password: &Secret,
) -> Result<Compared, Error> {
    let with = match password_ready(user, core.clock.now(), &core.policies.attempts) {
        Ok(hash) => hash,
        Err(error) => {
            // Nobody shall learn from the time whether there is a password.
            core.passwords.check_nobody(password.clone()).await?;
            return Err(error.into());
        }
    };
    let check = core.passwords.check(password.clone(), with.clone()).await?;
    let (right, renewed) = match check {
        PasswordCheck::Wrong => (false, None),
        PasswordCheck::Right => (true, None),
        PasswordCheck::RightButStale(hash) => {
            let fingerprint = core.tokens.fingerprint(&hash);
            (true, Some((hash, fingerprint)))
        }
    };
    Ok(Compared {
        with,
        right,
        renewed,
    })
}

/// Compares until the answer stands: the user as it was loaded last, and the comparison that was right.
///
/// A wrong password is counted, and that is durable, before it is told.
///
/// # Errors
/// `COMMAND-3M0fs` with the failures in a row; what [`compare_password`] says;
/// `COMMAND-SFA3t` if others locked the user meanwhile.
pub(super) async fn prove_password(
    core: &Core,
    authority: &Authority,
    mut user: User,
    password: &Secret,
) -> Result<(User, Compared), Error> {
    let mut compared = compare_password(core, &user, password).await?;
    let mut rounds = Rounds::nested();
    loop {
        if compared.right {
            return Ok((user, compared));
        }
        let at = core.now_after(user.changed_at);
        let judgement = judge_password(&user, false, None, &core.policies, at)?;
        let PasswordJudgement::Refused { events, attempts } = judgement else {
            return Err(Error::internal("a wrong password was judged right"));
        };
        match count_failure(core, authority, &user, at, events).await? {
            Counted::Written => {
                core.clock.sleep(core.policies.tarpit.delay(attempts)).await;
                return Err(Error::from(UserError::PasswordWrong).with_failed_attempts(attempts));
            }
            Counted::Raced(conflict) => rounds.lost(conflict).await?,
        }
        user = core
            .store
            .user(user.id)
            .await?
            .ok_or(UserError::PasswordUserNotFound)?;
        if current_hash(&user) != Some(&compared.with) {
            compared = compare_password(core, &user, password).await?;
        }
    }
}

/// Judges a code until the answer stands: the user as it was loaded last, and what was proven.
///
/// A refusal is counted, and that is durable, before it is told; `delay` is how long it is held back
/// after so many failures in a row.
///
/// # Errors
/// What `judge` says and refuses with.
pub(super) async fn prove<T>(
    core: &Core,
    authority: &Authority,
    mut user: User,
    judge: impl Fn(&User, Timestamp) -> Result<Judgement<T>, Error>,
    delay: impl Fn(u32) -> Duration,
) -> Result<(User, T), Error> {
    let mut rounds = Rounds::nested();
    loop {
        let at = core.now_after(user.changed_at);
        match judge(&user, at)? {
            Judgement::Proven(proven) => return Ok((user, proven)),
            Judgement::Refused {
                events,
                attempts,
                error,
            } => match count_failure(core, authority, &user, at, events).await? {
                Counted::Written => {
                    core.clock.sleep(delay(attempts)).await;
                    return Err(error.into());
                }
                Counted::Raced(conflict) => rounds.lost(conflict).await?,
            },
        }
        let found = core.store.user(user.id).await?;
        user = found.ok_or(SessionError::UserNotFound)?;
    }
}

/// What came of writing a failed check down.
pub(super) enum Counted {
    /// It is durable.
    Written,
    /// Someone else wrote first: load the user and judge again.
    Raced(StoreError),
}

/// Writes down what a failed check makes of its user; the sessions of one that it locks end with it.
pub(super) async fn count_failure(
    core: &Core,
    authority: &Authority,
    user: &User,
    at: Timestamp,
    events: Vec<UserEvent>,
) -> Result<Counted, Error> {
    let locks = events
        .iter()
        .any(|event| matches!(event, UserEvent::Locked(_)));
    let mut commit = Commit::new(at, authority.actor(), vec![append_user(user, at, events)]);
    commit.end_sessions = locks.then(|| EndSessions::because(user.id, "user.locked"));
    match core.store.commit(commit).await {
        Ok(_) => Ok(Counted::Written),
        Err(conflict @ StoreError::Conflict(_)) => Ok(Counted::Raced(conflict)),
        Err(error) => Err(error.into()),
    }
}

/// The hash of the user's password.
pub(super) fn current_hash(user: &User) -> Option<&HashText> {
    user.human()
        .and_then(|human| human.password.as_ref())
        .and_then(|password| password.proof.hash())
}

/// What a right comparison writes to the user as it is now; `None` when the password was changed
/// since, so that it has to be proven anew.
///
/// # Errors
/// `COMMAND-SFA3t` if others locked the user meanwhile.
pub(super) fn proven(
    user: &User,
    compared: &Compared,
    policies: &Policies,
    at: Timestamp,
) -> Result<Option<Vec<UserEvent>>, Error> {
    if current_hash(user) != Some(&compared.with) {
        return Ok(None);
    }
    match judge_password(user, compared.right, compared.renewed.clone(), policies, at)? {
        PasswordJudgement::Proven(events) => Ok(Some(events)),
        PasswordJudgement::Refused { .. } => Ok(None),
    }
}
