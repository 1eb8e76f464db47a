//! Verification of what authenticators answer, with `webauthn-rs-core`.
//!
//! It runs on the threads that hash: an RSA key or a chain of certificates takes its time. Answers
//! come from anybody, so that a panic inside the library is an answer that is refused.

mod answer;
mod verify;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{PasswordPool, random};
use crate::ports::{
    ExpectedRegistration, ExpectedSignature, HashingError, MadeCredential, Pending,
    VerifiedSignature, WebAuthn, WebAuthnFault,
};

const CHALLENGE: usize = 32;

/// Verifies answers of authenticators on the threads of a pool.
#[derive(Debug)]
pub struct WebAuthnVerifier {
    pool: Arc<PasswordPool>,
}

impl WebAuthnVerifier {
    /// A verifier that shares the threads that hash passwords.
    #[must_use]
    pub const fn new(pool: Arc<PasswordPool>) -> Self {
        Self { pool }
    }

    fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> Result<T, WebAuthnFault> + Send + 'static,
    ) -> Pending<'static, Result<T, WebAuthnFault>> {
        let answer = self.pool.run_beside(|| contained(job));
        Box::pin(async move { answer.await? })
    }
}

/// Whatever hostile bytes do to the library, they do not make it our fault.
fn contained<T>(job: impl FnOnce() -> Result<T, WebAuthnFault>) -> Result<T, WebAuthnFault> {
    catch_unwind(AssertUnwindSafe(job))
        .unwrap_or_else(|_| Err(WebAuthnFault::Refused("the verification panicked".into())))
}

impl WebAuthn for WebAuthnVerifier {
    fn challenge(&self) -> Result<String, HashingError> {
        let mut bytes = [0; CHALLENGE];
        random::fill(&mut bytes)?;
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    fn register(
        &self,
        expected: ExpectedRegistration,
        answer: String,
    ) -> Pending<'_, Result<MadeCredential, WebAuthnFault>> {
        self.run(move || verify::registration(&expected, &answer))
    }

    fn check(
        &self,
        expected: ExpectedSignature,
        answer: String,
    ) -> Pending<'_, Result<VerifiedSignature, WebAuthnFault>> {
        self.run(move || verify::signature(&expected, &answer))
    }
}
