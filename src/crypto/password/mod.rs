//! Password hashing: argon2id for what we make, and verification of what is imported.
//!
//! All of it runs on threads of its own behind a bounded queue. Hashing takes milliseconds on
//! purpose, so it must never run where requests are served, and no number of logins may take more
//! memory than threads times `memory_kib`.

mod bcrypt;
mod memory;
mod pbkdf2;
mod scrypt;
mod stored;
#[cfg(test)]
mod tests;
mod workers;

use std::io;
use std::sync::Arc;

use super::argon::{ArgonHash, Cost, Memory};
use super::parameters::{ParameterError, PasswordHashing};
use super::random;
use crate::domain::secret::{HashText, Secret};
use crate::ports::{HashingError, PasswordCheck, Passwords, Pending, spanned};
use stored::StoredHash;
pub use workers::PoolLoad;
use workers::Workers;

const SALT_LENGTH: usize = 16;
const HASH_LENGTH: usize = 32;

/// Hashes passwords on its own threads.
///
/// Dropping it ends the threads and waits for them; do so outside of the async workers. Whoever waits
/// for an answer that was not begun gets [`HashingError::Failed`].
#[derive(Debug)]
pub struct PasswordPool {
    recipe: Arc<Recipe>,
    workers: Workers,
}

/// Why the pool could not be started.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// The parameters make no sense.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// The system gave no thread.
    #[error("a thread for hashing passwords could not be started")]
    Thread(#[from] io::Error),
}

impl PasswordPool {
    /// Starts the threads. Their memory is taken with the first password and given back when there
    /// was none for some seconds.
    ///
    /// # Errors
    /// [`PoolError`] if the parameters make no sense or a thread cannot be started.
    pub fn new(hashing: PasswordHashing) -> Result<Self, PoolError> {
        let cost = hashing.cost()?;
        let blocks = cost.blocks().unwrap_or_default();
        Ok(Self {
            recipe: Arc::new(Recipe::new(cost)),
            workers: Workers::start(hashing.threads()?, hashing.queue, blocks)?,
        })
    }

    /// Runs something else that takes long on one of the threads.
    pub(super) fn run_beside<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Pending<'static, Result<T, HashingError>> {
        self.workers.run(move |_| Ok(job()))
    }

    /// What the pool is doing at this moment.
    pub fn load(&self) -> PoolLoad {
        self.workers.load()
    }

    /// The number of threads that hash.
    #[must_use]
    pub fn threads(&self) -> usize {
        self.workers.count()
    }
}

impl Passwords for PasswordPool {
    fn hash(&self, password: Secret) -> Pending<'_, Result<HashText, HashingError>> {
        let recipe = Arc::clone(&self.recipe);
        let work = self
            .workers
            .run(move |memory| recipe.make(&password, memory));
        spanned("hash", work)
    }

    fn check(
        &self,
        password: Secret,
        hash: HashText,
    ) -> Pending<'_, Result<PasswordCheck, HashingError>> {
        let recipe = Arc::clone(&self.recipe);
        let work = self
            .workers
            .run(move |memory| recipe.check(&password, &hash, memory));
        spanned("hash", work)
    }

    fn check_nobody(&self, password: Secret) -> Pending<'_, Result<(), HashingError>> {
        let recipe = Arc::clone(&self.recipe);
        let work = self
            .workers
            .run(move |memory| recipe.check(&password, &recipe.nobody, memory).map(drop));
        spanned("hash", work)
    }

    fn accepts(&self, imported: &str) -> bool {
        StoredHash::parse(imported).is_some()
    }
}

/// How a hash is made and compared, whatever the thread.
#[derive(Debug)]
struct Recipe {
    cost: Cost,
    /// What the password of somebody who does not exist is compared with. No password has this hash.
    nobody: HashText,
}

impl Recipe {
    fn new(cost: Cost) -> Self {
        let nobody = ArgonHash::impossible(cost, SALT_LENGTH, HASH_LENGTH).to_text();
        Self { cost, nobody }
    }

    fn make(&self, password: &Secret, memory: &mut impl Memory) -> Result<HashText, HashingError> {
        let mut salt = [0; SALT_LENGTH];
        random::fill(&mut salt)?;
        let text = password.expose().as_bytes();
        ArgonHash::make(self.cost, text, &salt, HASH_LENGTH, memory).map(|hash| hash.to_text())
    }

    fn check(
        &self,
        password: &Secret,
        hash: &HashText,
        memory: &mut impl Memory,
    ) -> Result<PasswordCheck, HashingError> {
        let text = password.expose().as_bytes();
        let stored = StoredHash::parse(hash.as_str()).ok_or(HashingError::Failed)?;
        if !stored.matches(text, memory)? {
            return Ok(PasswordCheck::Wrong);
        }
        if !stored.is_stale(text, self.cost, SALT_LENGTH, HASH_LENGTH) {
            return Ok(PasswordCheck::Right);
        }
        // The password was right: that a better hash cannot be made just now does not change it.
        Ok(self
            .make(password, memory)
            .map_or(PasswordCheck::Right, PasswordCheck::RightButStale))
    }
}
