//! Keys, tokens, passwords, codes and the seal of the event log.
//!
//! Implements the ports of `ports/crypto.rs`, and names nothing but `ports` and `domain`. Secrets go
//! in and hashes come out: nothing here writes a log line, and no `Debug` shows key material.

mod argon;
mod codes;
mod ids;
mod intents;
mod keys;
mod parameters;
mod password;
mod phc;
mod random;
mod seal;
mod sealing;
mod token;
mod totp;
mod webauthn;

pub use codes::CodeMaker;
pub use ids::{IdError, RandomIds};
pub use intents::IntentTokenMaker;
pub use keys::{KeyError, KeyFault, KeyFile, KeyId};
pub use parameters::{ParameterError, PasswordHashing, TokenHashing};
pub use password::{PasswordPool, PoolError, PoolLoad};
pub use seal::ChainKey;
pub use sealing::SealingKeys;
pub use token::{DEFAULT_MEMO, TokenCodec};
pub use totp::TotpMaker;
pub use webauthn::WebAuthnVerifier;
