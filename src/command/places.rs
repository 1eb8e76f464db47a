//! Where checks come from: how often a place may fail, and which places know a user already.
//!
//! A place is an address, as the user agent of the session names it, because the caller is mostly a
//! login page and its own address says nothing of the people before it. See the decision on places.

use std::net::IpAddr;

use crate::core::Core;
use crate::domain::client::one_client;
use crate::domain::error::Kind;
use crate::domain::ids::UserId;
use crate::domain::permission::Caller;
use crate::domain::policy::{AttemptLimit, Policies};
use crate::domain::session::{Factors, UserAgent};
use crate::domain::time::Span;
use crate::domain::user::{User, UserError, login_name};
use crate::error::Error;
use crate::ports::{
    CodeDigest, Comparison, FailureKey, FailureLimits, SessionFilter, SessionQuery,
};

use super::checks::UserSelector;
use super::proofs::Checks;

/// Sessions of a user that are looked through for a known place, the newest first.
const LOOKED_THROUGH: u32 = 100;

/// A call with checks on its way through the budgets of the place it comes from.
#[derive(Debug)]
pub(super) struct Guard<'a> {
    /// Budgets from which one failure was taken. Where the call is given up halfway they stay taken.
    taken: Vec<FailureKey>,
    place: Place<'a>,
    user: Option<UserId>,
}

/// Where a call comes from.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    /// The address of the person, if anybody who may be believed names it.
    named: Option<IpAddr>,
    /// That, or else the address of the request.
    address: Option<IpAddr>,
    /// The id of the person's device.
    fingerprint: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// Who may make sessions is believed in what it says of their user agents.
    fn of(caller: &Caller, agent: Option<&'a UserAgent>) -> Self {
        let said = agent
            .and_then(|agent| agent.ip.as_deref())
            .and_then(|text| text.parse().ok());
        let forwarded = caller.from.filter(|from| from.forwarded);
        let named = said.or(forwarded.map(|from| from.address)).map(one_client);
        let peer = caller.from.map(|from| one_client(from.address));
        Self {
            named,
            address: named.or(peer),
            fingerprint: agent
                .and_then(|agent| agent.fingerprint_id.as_deref())
                .filter(|id| !id.is_empty()),
        }
    }

    /// Whether this is the place of a session.
    fn is_of(&self, agent: &UserAgent) -> bool {
        let address = agent.ip.as_deref().and_then(|text| text.parse().ok());
        self.fingerprint.is_some() && self.fingerprint == agent.fingerprint_id.as_deref()
            || self.named.is_some() && self.named == address.map(one_client)
    }
}

impl<'a> Guard<'a> {
    /// Takes one failure from each budget of the place, before anything is judged.
    ///
    /// `own` is the user of the session that the checks are for.
    ///
    /// # Errors
    /// 429 `BTZ-Fa1ls` where a budget has none left.
    pub(super) async fn enter(
        core: &Core,
        caller: &Caller,
        checks: &Checks,
        agent: Option<&'a UserAgent>,
        own: Option<UserId>,
    ) -> Result<Self, Error> {
        let place = Place::of(caller, agent);
        let mut guard = Self {
            taken: Vec::with_capacity(2),
            place,
            user: own,
        };
        if let Some(address) = place.address {
            guard.take(&*core.failures, FailureKey::Checks(address))?;
        }
        if let Some(address) = place.named {
            let (user, subject) = subject(core, checks.user.as_ref(), own).await?;
            guard.user = user;
            if let Some(subject) = subject {
                let key = FailureKey::ChecksOf(address, subject);
                guard.take(&*core.failures, key)?;
            }
        }
        Ok(guard)
    }

    fn take(&mut self, limits: &dyn FailureLimits, key: FailureKey) -> Result<(), Error> {
        if !limits.limits(&key) {
            return Ok(());
        }
        if let Err(wait) = limits.take(&key) {
            self.give_back(limits);
            return Err(Error::new(
                Kind::ResourceExhausted,
                "BTZ-Fa1ls",
                "Too many failed attempts from this address, try again later",
            )
            .retry_after(wait));
        }
        self.taken.push(key);
        Ok(())
    }

    fn give_back(&mut self, limits: &dyn FailureLimits) {
        for key in self.taken.drain(..) {
            limits.give_back(&key);
        }
    }

    /// The core with which the work of the call is to be done once more: without the pause between
    /// series of failures, where that is what it was refused for and the user is known in this place.
    ///
    /// # Errors
    /// What the store says.
    pub(super) async fn pardon<T>(
        &self,
        core: &Core,
        done: &Result<T, Error>,
    ) -> Result<Option<Core>, Error> {
        if !done.as_ref().is_err_and(is_pause) || !self.is_known(core).await? {
            return Ok(None);
        }
        Ok(Some(without_pause(core)))
    }

    /// Gives back what was taken, unless the checks of the call did not hold.
    pub(super) fn settle<T>(mut self, core: &Core, done: &Result<T, Error>) {
        if !done.as_ref().is_err_and(is_failure) {
            self.give_back(&*core.failures);
        }
    }

    /// Whether the user has proven here before who it is. Never where nothing limits this place: what
    /// is judged in the pause must be limited by something else.
    async fn is_known(&self, core: &Core) -> Result<bool, Error> {
        let limited = |key: &FailureKey| matches!(key, FailureKey::ChecksOf(..));
        let known_for = core.policies.failures.known_for.as_nanos();
        let known_for = Span::from_nanos(i64::try_from(known_for).unwrap_or(i64::MAX));
        let (Some(user), true) = (self.user, self.taken.iter().any(limited)) else {
            return Ok(false);
        };
        let since = core.clock.now().minus(known_for);
        let query = SessionQuery {
            filters: vec![
                SessionFilter::User(user),
                SessionFilter::CreatedAt(Comparison::GreaterOrEquals, since),
            ],
            ascending: false,
            offset: 0,
            limit: LOOKED_THROUGH,
        };
        let found = core.store.search_sessions(query).await?;
        Ok(found.sessions.iter().any(|view| {
            let session = &view.session;
            let agent = session.user_agent.as_ref();
            is_proven(&session.factors) && agent.is_some_and(|agent| self.place.is_of(agent))
        }))
    }
}

/// The user of a check, and what its budget is kept for: the user, or a name that nobody has.
async fn subject(
    core: &Core,
    selector: Option<&UserSelector>,
    own: Option<UserId>,
) -> Result<(Option<UserId>, Option<CodeDigest>), Error> {
    let (found, name) = match selector {
        None => (own, String::new()),
        Some(UserSelector::Id(id)) => {
            let user = core.store.user(*id).await?;
            (
                user.filter(User::exists).map(|user| user.id),
                format!("id:{id}"),
            )
        }
        Some(UserSelector::LoginName(name)) => {
            let name = login_name::normalize(name);
            let user = core.store.user_by_login_name(&name).await?;
            (
                user.filter(User::exists).map(|user| user.id),
                format!("name:{name}"),
            )
        }
    };
    let text = match found {
        Some(id) => format!("user:{id}"),
        None if name.is_empty() => return Ok((None, None)),
        None => name,
    };
    Ok((found, Some(core.codes.digest("budget of failures", &text))))
}

/// Whether a session has come to more than a name.
const fn is_proven(factors: &Factors) -> bool {
    factors.password.is_some() || factors.web_auth_n.is_some() || factors.intent.is_some()
}

/// The core as it is where a user is known: failures in a row are counted and bring no pause.
fn without_pause(core: &Core) -> Core {
    Core {
        policies: Policies {
            attempts: AttemptLimit {
                max_in_a_row: 0,
                ..core.policies.attempts
            },
            ..core.policies.clone()
        },
        ..core.clone()
    }
}

fn is_pause(error: &Error) -> bool {
    use crate::domain::error::Refusal as _;

    error.id == Some(UserError::TooManyAttempts.id())
}

/// Whether an error means that the checks were judged and did not hold, and not that there was no
/// time, no room or no luck.
fn is_failure(error: &Error) -> bool {
    match error.kind {
        Kind::InvalidArgument
        | Kind::NotFound
        | Kind::AlreadyExists
        | Kind::PermissionDenied
        | Kind::FailedPrecondition
        | Kind::Unauthenticated => true,
        Kind::Canceled
        | Kind::Unknown
        | Kind::DeadlineExceeded
        | Kind::ResourceExhausted
        | Kind::Aborted
        | Kind::Unimplemented
        | Kind::Internal
        | Kind::Unavailable => false,
    }
}
