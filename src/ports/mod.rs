//! What the core knows of the world: traits for storage, clock, ids and cryptography.
//!
//! Nothing here names a driver, a file or a protocol. A second backend comes behind the same traits
//! and passes the same contract suite.

mod clock;
mod crypto;

pub use clock::{Clock, IdGenerator};
pub use crypto::{
    CodeDigest, Codes, HashingError, IssuedToken, LinkHash, PasswordCheck, Passwords, PatClaim,
    Seal, SessionClaim, TokenClaim, Tokens,
};

use std::future::Future;
use std::pin::Pin;

/// A boxed future of a port's call: ports are used behind `dyn`, so that the core is compiled once.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
