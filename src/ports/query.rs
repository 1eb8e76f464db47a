//! What can be searched for, and what comes back.

use crate::domain::event::{Aggregate, AggregateType, RecordedEvent};
use crate::domain::ids::{OrgId, PatId, Position, SessionId, UserId};
use crate::domain::session::Session;
use crate::domain::time::Timestamp;
use crate::domain::user::User;

/// How two moments are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// The same microsecond.
    Equals,
    /// Later.
    Greater,
    /// Later or the same.
    GreaterOrEquals,
    /// Earlier.
    Less,
    /// Earlier or the same.
    LessOrEquals,
}

/// A condition on sessions (spec session-service.md section 9.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionFilter {
    /// One of these; none matches nothing.
    Ids(Vec<SessionId>),
    /// Tied to this user.
    User(UserId),
    /// Created by this caller.
    Creator(UserId),
    /// On the device with this fingerprint.
    Fingerprint(String),
    /// Creation date.
    CreatedAt(Comparison, Timestamp),
    /// Expiration. Sessions that never expire are later than every moment.
    ExpiresAt(Comparison, Timestamp),
}

/// A search for sessions: all filters must hold. Sorted by creation date, then id.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionQuery {
    /// Conditions.
    pub filters: Vec<SessionFilter>,
    /// Oldest first instead of newest first.
    pub ascending: bool,
    /// Rows to skip.
    pub offset: u64,
    /// Rows to take.
    pub limit: u32,
}

/// What is shown of a session's user.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of the user that sessions depend on"
)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionUser {
    /// The id as the client knows it.
    pub public_id: String,
    /// Its username.
    pub username: String,
    /// The primary domain of its organisation.
    pub org_domain: String,
    /// The name to show; humans only.
    pub display_name: Option<String>,
    /// Whether it is active: sessions of others are never accepted as bearers.
    pub active: bool,
    /// When its password was last set: a password factor from before counts no more.
    pub password_changed_at: Option<Timestamp>,
    /// Whether it has an authenticator app that was verified.
    pub totp_ready: bool,
    /// Whether it has a security key that can be used.
    pub u2f_ready: bool,
    /// Whether codes by SMS are a factor and the number is proven.
    pub otp_sms_ready: bool,
    /// Whether codes by e-mail are a factor and the address is proven.
    pub otp_email_ready: bool,
}

/// A session and what is shown of its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionView {
    /// The session.
    pub session: Session,
    /// Its user; absent while none was checked.
    pub user: Option<SessionUser>,
}

/// A page of sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionPage {
    /// Rows that match, before paging.
    pub total: u64,
    /// The rows.
    pub sessions: Vec<SessionView>,
}

/// How texts are compared; the numbers are those of the API (`TextQueryMethod`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextMethod {
    /// The same.
    Equals,
    /// The beginning.
    StartsWith,
    /// Any part.
    Contains,
    /// The end.
    EndsWith,
}

/// A condition on a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextMatch {
    /// How.
    pub method: TextMethod,
    /// Capital and small letters are the same.
    pub ignore_case: bool,
    /// With what.
    pub value: String,
}

/// The texts of a user that can be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserText {
    /// Username.
    UserName,
    /// Given name.
    FirstName,
    /// Family name.
    LastName,
    /// Nick name.
    NickName,
    /// The name to show.
    DisplayName,
    /// E-mail address.
    Email,
    /// Phone number.
    Phone,
    /// Login name.
    LoginName,
}

/// A condition on users (adjacent.md section 7, `ListUsers`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserFilter {
    /// On a text.
    Text(UserText, TextMatch),
    /// State, by its number in the API; one that no user can have matches nothing.
    State(i32),
    /// Kind: 1 human, 2 machine; another matches nothing.
    Type(i32),
    /// One of these.
    Ids(Vec<UserId>),
    /// One of these e-mail addresses.
    Emails(Vec<String>),
    /// Owned by this organisation.
    Organization(OrgId),
    /// Some metadata has a key like this.
    MetadataKey(TextMatch),
    /// Some metadata has exactly this value, or one that is not this.
    MetadataValue {
        /// The value.
        value: Vec<u8>,
        /// Whether it is looked for, or anything else.
        equal: bool,
    },
    /// At least one holds; of none, none does.
    Or(Vec<Self>),
    /// All hold.
    And(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// Never holds: a condition on an id that cannot exist.
    Never,
}

/// What users are sorted by; the numbers are those of the API (`UserFieldName`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UserOrder {
    /// Username.
    UserName,
    /// Given name.
    FirstName,
    /// Family name.
    LastName,
    /// Nick name.
    NickName,
    /// The name to show.
    DisplayName,
    /// E-mail address.
    Email,
    /// State.
    State,
    /// Kind.
    Type,
    /// Creation date.
    #[default]
    CreationDate,
}

/// Which users, or whose things, the caller may see at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readable {
    /// All of the instance.
    Everybody,
    /// Those of these organisations, and one itself.
    Some {
        /// Organisations.
        organizations: Vec<OrgId>,
        /// The caller.
        user: UserId,
    },
}

/// A search for users: all filters must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserQuery {
    /// Who may be seen; others are not even counted.
    pub readable: Readable,
    /// Conditions.
    pub filters: Vec<UserFilter>,
    /// Order.
    pub order: UserOrder,
    /// Direction.
    pub ascending: bool,
    /// Rows to skip.
    pub offset: u64,
    /// Rows to take.
    pub limit: u32,
    /// Whether login names end in the organisation's domain.
    pub login_name_includes_domain: bool,
}

/// A user and what is shown beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserView {
    /// The user.
    pub user: User,
    /// The primary domain of its organisation.
    pub org_domain: String,
}

/// A page of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPage {
    /// Rows that match and may be seen, before paging.
    pub total: u64,
    /// The rows.
    pub users: Vec<UserView>,
}

/// A condition on personal access tokens (adjacent.md section 7, `ListPersonalAccessTokens`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatFilter {
    /// This one.
    Id(PatId),
    /// Of this user.
    User(UserId),
    /// Of users that this organisation owns.
    Organization(OrgId),
    /// Creation date.
    CreatedAt(Comparison, Timestamp),
    /// Expiration.
    ExpiresAt(Comparison, Timestamp),
    /// Never holds: a condition on an id that cannot exist.
    Never,
}

/// What personal access tokens are sorted by, and then by id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PatOrder {
    /// Creation date.
    #[default]
    CreationDate,
    /// Id.
    Id,
    /// Owner.
    User,
    /// Organisation of the owner.
    Organization,
    /// Expiration.
    ExpirationDate,
}

/// A search for personal access tokens: all filters must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatQuery {
    /// Whose tokens may be seen; others are not even counted.
    pub readable: Readable,
    /// Conditions.
    pub filters: Vec<PatFilter>,
    /// Order.
    pub order: PatOrder,
    /// Direction.
    pub ascending: bool,
    /// Rows to skip.
    pub offset: u64,
    /// Rows to take.
    pub limit: u32,
}

/// A personal access token as it is shown: without what proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatView {
    /// Its id.
    pub id: PatId,
    /// The id of its owner as the client knows it.
    pub user: String,
    /// The organisation of its owner.
    pub organization: OrgId,
    /// When it was made.
    pub created_at: Timestamp,
    /// The moment from which it is refused.
    pub expires_at: Timestamp,
}

/// A page of personal access tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatPage {
    /// Rows that match and may be seen, before paging.
    pub total: u64,
    /// The rows.
    pub pats: Vec<PatView>,
}

/// A stretch of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventQuery {
    /// Events behind this position.
    pub after: Position,
    /// Of this aggregate alone.
    pub aggregate: Option<Aggregate>,
    /// Of this kind of aggregate alone.
    pub kind: Option<AggregateType>,
    /// At most so many.
    pub limit: u32,
}

/// A stretch of the log for those who follow it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TailQuery {
    /// Events behind this position.
    pub after: Position,
    /// Of this aggregate alone.
    pub aggregate: Option<Aggregate>,
    /// Of these kinds of aggregates alone; of all where there is none.
    pub kinds: Vec<AggregateType>,
    /// With these numbers alone; with all where there is none.
    pub types: Vec<u16>,
    /// At most so many.
    pub limit: u32,
}

/// What was found there. It may be less than there is: a read has an end however long the log is.
#[derive(Debug, Clone, PartialEq)]
pub struct Stretch {
    /// The events.
    pub events: Vec<RecordedEvent>,
    /// Up to here nothing else matches.
    pub through: Position,
    /// The end of the log.
    pub end: Position,
    /// The last position that was archived, if any behind the one of the query were.
    pub archived: Option<Position>,
}
