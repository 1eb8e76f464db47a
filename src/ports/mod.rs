//! What the core knows of the world: traits for storage, clock, ids and cryptography.
//!
//! Nothing here names a driver, a file or a protocol. A second backend comes behind the same traits
//! and passes the same contract suite.

mod clock;
mod crypto;
mod failures;
mod federation;
mod feed;
mod outbox;
mod query;
mod query_org;
mod store;
mod webauthn;

pub use clock::{Clock, IdGenerator};
pub use crypto::{
    CodeAlphabet, CodeDigest, Codes, HashingError, IssuedToken, LinkHash, PasswordCheck, Passwords,
    PatClaim, Seal, Sealer, SessionClaim, TokenClaim, Tokens, TotpFault, TotpSecret, Totps,
};
pub use failures::{FailureKey, FailureLimits};
pub use federation::{
    Departure, Federation, FederationFault, Handshake, IdentityProviders, IntentTokenFault,
    IntentTokens,
};
pub use feed::{Cursor, Feed};
pub use outbox::{Deliveries, DueMessage, Outbox, Queued, Settlement};
pub use query::{
    Comparison, EventQuery, PatFilter, PatOrder, PatPage, PatQuery, PatView, Readable,
    SessionFilter, SessionPage, SessionQuery, SessionUser, SessionView, Stretch, TailQuery,
    TextMatch, TextMethod, UserFilter, UserOrder, UserPage, UserQuery, UserText, UserView,
};
pub use query_org::{
    MemberFilter, MemberOrder, MemberPage, MemberQuery, MemberText, MemberView, OrgFilter,
    OrgOrder, OrgPage, OrgQuery, Orgs, ReadableMembers,
};
pub use store::{
    Append, Cause, Commit, Committed, ENDED_IDS, EndSessions, Ended, Head, InLine, PatBearer,
    State, Store, StoreError, Upkeep, Whose,
};
pub use webauthn::{
    Candidate, ExpectedRegistration, ExpectedSignature, MadeCredential, VerifiedSignature,
    WebAuthn, WebAuthnFault,
};

use std::future::Future;
use std::pin::Pin;

/// A boxed future of a port's call: ports are used behind `dyn`, so that the core is compiled once.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
