//! The store: load by key, commit with expected sequences, search.
//!
//! The traits are coarse and speak of the domain, so that any transactional store can stand behind
//! them: one that cannot do better may turn each call into one statement or one transaction.

use std::any::Any;
use std::fmt::{self, Debug};

use super::{CodeDigest, Pending, Queued};
use crate::domain::event::{Aggregate, Event, RecordedEvent};
use crate::domain::ids::{IntentId, OrgId, PatId, Position, Sequence, SessionId, UserId};
use crate::domain::intent::Intent;
use crate::domain::org::{Instance, Member, Org};
use crate::domain::permission::Resource;
use crate::domain::session::{Session, SessionState};
use crate::domain::time::Timestamp;
use crate::domain::user::{Failures, IdpLink, Pat, User};

use super::query::{
    EventQuery, PatPage, PatQuery, SessionPage, SessionQuery, SessionView, Stretch, TailQuery,
    UserPage, UserQuery, UserView,
};
use super::query_org::{MemberPage, MemberQuery, OrgPage, OrgQuery};

/// Trouble with the store. No driver's type and no cause that a client could read.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// An aggregate is not at the sequence that the commit expects: load and decide again.
    #[error("the aggregate has changed meanwhile: `{0}`")]
    Conflict(Aggregate),
    /// A new aggregate has an id that exists.
    #[error("the id exists: `{0}`")]
    Exists(Aggregate),
    /// A login name belongs to another user.
    #[error("the login name is taken")]
    NameTaken,
    /// A user of an identity provider is linked already.
    #[error("the user of the identity provider is linked already")]
    IdpLinkTaken,
    /// A user that must be active is not, or is gone.
    #[error("the user is not active: `{0}`")]
    UserNotActive(UserId),
    /// A search has more conditions than can be run, or nests them too deeply.
    #[error("a search with too many conditions, or nested too deeply")]
    TooManyConditions,
    /// The queue of the writer is full: nothing was written.
    #[error("too many writes are waiting")]
    Overloaded,
    /// The database was locked by another process for too long: nothing was written.
    #[error("the database is locked")]
    Busy,
    /// The disk is full or cannot be written. As a rule nothing was written; where a sync has failed and
    /// the process dies before it writes again, the next one may find what was refused, whole.
    #[error("the database cannot be written")]
    Io(#[source] Cause),
    /// A row does not hold what it should.
    #[error("unreadable row {row} of `{table}`: `{column}`")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The integer key of the row.
        row: i64,
    },
    /// Anything else that the driver said.
    #[error("the database failed")]
    Failed(#[source] Cause),
    /// The store is shutting down.
    #[error("the store is closed")]
    Closed,
}

/// What the driver said; for the log alone.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The row of an aggregate after a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// A session.
    Session(Box<Session>),
    /// A user.
    User(Box<User>),
    /// An organisation.
    Org(Org),
    /// The instance.
    Instance(Instance),
    /// A login at an identity provider.
    Intent(Box<Intent>),
}

impl State {
    /// Whose row it is.
    pub fn aggregate(&self) -> Aggregate {
        match self {
            Self::Session(session) => Aggregate::Session(session.id),
            Self::User(user) => Aggregate::User(user.id),
            Self::Org(org) => Aggregate::Org(org.id),
            Self::Instance(instance) => Aggregate::Instance(instance.id),
            Self::Intent(intent) => Aggregate::Intent(intent.id),
        }
    }

    /// The sequence of its last event.
    pub fn sequence(&self) -> Sequence {
        match self {
            Self::Session(session) => session.sequence,
            Self::User(user) => user.sequence,
            Self::Org(org) => org.sequence,
            Self::Instance(instance) => instance.sequence,
            Self::Intent(intent) => intent.sequence,
        }
    }
}

/// Events for one aggregate and the row they make.
#[derive(Debug, Clone, PartialEq)]
pub struct Append {
    /// The sequence that the aggregate must have; [`Sequence::NONE`] for a new one.
    pub expected: Sequence,
    /// The organisation or instance that owns the aggregate.
    pub owner: i64,
    /// What happened, in order; `state.sequence()` is `expected` plus their number.
    pub events: Vec<Event>,
    /// The row after them.
    pub state: State,
}

/// Which live sessions end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Those of a user.
    User(UserId),
    /// Those of a device.
    UserAgent {
        /// The device.
        fingerprint_id: String,
        /// Of this user alone.
        user: Option<UserId>,
    },
}

/// Ends many live sessions, with a `session.terminated` event each.
///
/// Which they are is found out while it is written: a session that is not among them was made, or
/// tied to the user, after this commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndSessions {
    /// Which.
    pub whose: Whose,
    /// One that stays, with the sequence at which it was proved to be the caller's. At another
    /// sequence the whole commit is refused as a conflict.
    pub keep: Option<(SessionId, Sequence)>,
    /// The name of the user's event that brings it about, if one does.
    pub reason: Option<&'static str>,
}

impl EndSessions {
    /// Those of a user, because of an event of the user.
    pub const fn because(user: UserId, reason: &'static str) -> Self {
        Self {
            whose: Whose::User(user),
            keep: None,
            reason: Some(reason),
        }
    }
}

/// The ids that [`Ended`] names at most.
pub const ENDED_IDS: usize = 1000;

/// The sessions that a commit ended by [`EndSessions`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    /// How many.
    pub count: u32,
    /// The first [`ENDED_IDS`] of them, oldest first.
    pub ids: Vec<SessionId>,
}

/// All or nothing: what one command writes, in one transaction.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// `created_at` of all its events.
    pub at: Timestamp,
    /// Who made the call.
    pub creator: UserId,
    /// Users that must exist and be active when it is written.
    pub active_users: Vec<UserId>,
    /// Normalised login names that users get; refused when they belong to another user. Those that a
    /// user had are free once `user.username.changed` is written, so the new ones come with it.
    pub login_names: Vec<(UserId, String)>,
    /// What is written, in order.
    pub appends: Vec<Append>,
    /// Whose sessions end with it.
    pub end_sessions: Option<EndSessions>,
    /// Messages that are to be delivered once it is written.
    pub queued: Vec<Queued>,
}

impl Commit {
    /// A commit without conditions beyond its sequences.
    pub fn new(at: Timestamp, creator: UserId, appends: Vec<Append>) -> Self {
        Self {
            at,
            creator,
            active_users: Vec::new(),
            login_names: Vec::new(),
            appends,
            end_sessions: None,
            queued: Vec::new(),
        }
    }
}

/// What a commit came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The position of its last event.
    pub position: Position,
    /// The sessions that [`EndSessions`] ended.
    pub ended: Ended,
}

/// A place in line, until it is dropped.
#[derive(Default)]
pub struct InLine(Option<Box<dyn Any + Send>>);

impl InLine {
    /// The place that ends when `held` is dropped.
    pub fn new(held: impl Any + Send) -> Self {
        Self(Some(Box::new(held)))
    }
}

impl Debug for InLine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("InLine").field(&self.0.is_some()).finish()
    }
}

/// The end of the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Head {
    /// The position of the last event.
    pub position: Position,
    /// When it was written; `None` for an empty log.
    pub created_at: Option<Timestamp>,
}

/// A bearer's personal access token with all that authentication needs, read in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatBearer {
    /// The token.
    pub pat: Pat,
    /// Whether its owner is active.
    pub user_active: bool,
    /// The owner's organisation.
    pub organization: OrgId,
    /// Where the owner has roles.
    pub memberships: Vec<(Resource, Vec<String>)>,
}

/// What the core reads and writes. Every read sees every commit that was acknowledged before it.
pub trait Store: Debug + Send + Sync {
    /// The reads of this thread may share one view of the data from now until
    /// [`let_go`](Self::let_go), for as long as nothing is committed here. True if that begins now:
    /// then whoever called lets go when the thread has nothing else to do, within milliseconds.
    ///
    /// A store for which that saves nothing does nothing.
    fn hold(&self) -> bool {
        false
    }

    /// Ends what [`hold`](Self::hold) began.
    fn let_go(&self) {}

    /// Writes all or nothing and answers after it is durable.
    fn commit(&self, commit: Commit) -> Pending<'_, Result<Committed, StoreError>>;

    /// Waits in line for an aggregate, behind those who lost a commit on it earlier and decide anew.
    ///
    /// A store that lets one after the other decide by itself has no lines.
    fn line(&self, aggregate: Aggregate) -> Pending<'_, InLine> {
        let _ = aggregate;
        Box::pin(std::future::ready(InLine::default()))
    }

    /// Counts a failed check against a name that nobody has, and says how many there were in a row.
    /// Counts older than `forget_before` are dropped.
    fn count_unknown(
        &self,
        name: CodeDigest,
        at: Timestamp,
        forget_before: Timestamp,
    ) -> Pending<'_, Result<Failures, StoreError>>;

    /// The failed checks against a name that nobody has.
    fn unknown_failures(&self, name: CodeDigest) -> Pending<'_, Result<Failures, StoreError>>;

    /// A session's write model, in whatever state it is.
    fn session(&self, id: SessionId) -> Pending<'_, Result<Option<Session>, StoreError>>;

    /// Whether a session is there, and whether it has ended.
    fn session_state(&self, id: SessionId)
    -> Pending<'_, Result<Option<SessionState>, StoreError>>;

    /// A session with what is shown of its user, in whatever state it is.
    fn session_view(&self, id: SessionId) -> Pending<'_, Result<Option<SessionView>, StoreError>>;

    /// Sessions that have not ended.
    fn search_sessions(&self, query: SessionQuery) -> Pending<'_, Result<SessionPage, StoreError>>;

    /// A user's write model, in whatever state it is.
    fn user(&self, id: UserId) -> Pending<'_, Result<Option<User>, StoreError>>;

    /// The user behind a normalised login name.
    fn user_by_login_name(&self, name: &str) -> Pending<'_, Result<Option<User>, StoreError>>;

    /// A user with what is shown of it.
    fn user_view(&self, id: UserId) -> Pending<'_, Result<Option<UserView>, StoreError>>;

    /// Users that have not been removed.
    fn search_users(&self, query: UserQuery) -> Pending<'_, Result<UserPage, StoreError>>;

    /// A personal access token and its owner.
    fn pat_bearer(&self, id: PatId) -> Pending<'_, Result<Option<PatBearer>, StoreError>>;

    /// The personal access tokens of a user that were not revoked, oldest first.
    fn pats(&self, user: UserId) -> Pending<'_, Result<Vec<Pat>, StoreError>>;

    /// Personal access tokens that were not revoked.
    fn search_pats(&self, query: PatQuery) -> Pending<'_, Result<PatPage, StoreError>>;

    /// An intent's write model, however far it has come.
    fn intent(&self, id: IntentId) -> Pending<'_, Result<Option<Intent>, StoreError>>;

    /// The users of identity providers that somebody is, sorted by provider and id.
    fn idp_links(&self, user: UserId) -> Pending<'_, Result<Vec<IdpLink>, StoreError>>;

    /// Who a user of an identity provider is here.
    fn idp_link_owner(
        &self,
        idp_id: &str,
        external_id: &str,
    ) -> Pending<'_, Result<Option<UserId>, StoreError>>;

    /// Roles: of one user, or of everybody.
    fn members(&self, user: Option<UserId>) -> Pending<'_, Result<Vec<Member>, StoreError>>;

    /// Roles with what is shown beside them.
    fn search_members(&self, query: MemberQuery) -> Pending<'_, Result<MemberPage, StoreError>>;

    /// The instance, once it was set up.
    fn instance(&self) -> Pending<'_, Result<Option<Instance>, StoreError>>;

    /// An organisation.
    fn org(&self, id: OrgId) -> Pending<'_, Result<Option<Org>, StoreError>>;

    /// The organisation with this primary domain, lower case.
    fn org_by_domain(&self, domain: &str) -> Pending<'_, Result<Option<Org>, StoreError>>;

    /// Organisations.
    fn search_orgs(&self, query: OrgQuery) -> Pending<'_, Result<OrgPage, StoreError>>;

    /// Events in order of position.
    fn events(&self, query: EventQuery) -> Pending<'_, Result<Vec<RecordedEvent>, StoreError>>;

    /// Events for those who follow the log, in order of position.
    fn tail(&self, query: TailQuery) -> Pending<'_, Result<Stretch, StoreError>>;

    /// Resolves once something was committed here after this call. What other processes commit is not
    /// heard of.
    fn committed(&self) -> Pending<'static, ()>;

    /// The end of the log.
    fn head(&self) -> Pending<'_, Result<Head, StoreError>>;
}

/// What is done to a store beside requests.
pub trait Upkeep: Debug + Send + Sync {
    /// Removes rows of sessions that had ended before a moment, by termination or by expiry, so many at
    /// most, and says how many they were. Their events stay, and nobody has such a session any more.
    fn sweep(&self, ended_before: Timestamp, most: u32) -> Pending<'_, Result<u64, StoreError>>;
}
