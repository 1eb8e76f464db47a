//! What every command and query needs, in one place: the ports and the policies.

use std::sync::Arc;

use crate::domain::ids::{InstanceId, OrgId};
use crate::domain::permission::RoleTable;
use crate::domain::policy::Policies;
use crate::domain::settings::Settings;
use crate::domain::time::Timestamp;
use crate::ports::{
    Clock, Codes, Commit, Committed, FailureLimits, IdGenerator, IdentityProviders, Outbox,
    Passwords, Store, StoreError, Tokens, Totps, WebAuthn,
};

/// How long lists may be; 0 switches a rule off (spec session-service.md section 9.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListLimits {
    /// Rows of a page when the request names no limit.
    pub default: u32,
    /// The largest limit that a request may name.
    pub max: u32,
}

impl Default for ListLimits {
    fn default() -> Self {
        Self {
            default: 100,
            max: 1000,
        }
    }
}

/// The core of the service: made once at the start, shared by all workers.
#[derive(Debug, Clone)]
pub struct Core {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// Session tokens and personal access tokens.
    pub tokens: Arc<dyn Tokens>,
    /// Password hashing.
    pub passwords: Arc<dyn Passwords>,
    /// One-time codes.
    pub codes: Arc<dyn Codes>,
    /// Authenticator apps.
    pub totps: Arc<dyn Totps>,
    /// Passkeys and security keys.
    pub web_auth_n: Arc<dyn WebAuthn>,
    /// Messages to people.
    pub outbox: Arc<dyn Outbox>,
    /// How often addresses may fail.
    pub failures: Arc<dyn FailureLimits>,
    /// Identity providers at which users log in.
    pub idps: IdentityProviders,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdGenerator>,
    /// The instance's policies.
    pub policies: Policies,
    /// What login pages are told beside the policies.
    pub settings: Settings,
    /// Which role permits what.
    pub roles: RoleTable,
    /// How long lists may be.
    pub limits: ListLimits,
    /// The instance.
    pub instance: InstanceId,
    /// When the instance was set up; its settings exist since then.
    pub set_up_at: Timestamp,
    /// When the configuration was read, which is the latest moment at which settings changed.
    pub configured_at: Timestamp,
    /// The organisation that users belong to unless another is named.
    pub default_org: OrgId,
}

impl Core {
    /// Writes all or nothing, and has the messages delivered that were written.
    ///
    /// # Errors
    /// What the store says.
    pub async fn commit(&self, commit: Commit) -> Result<Committed, StoreError> {
        let queued = !commit.queued.is_empty();
        let committed = self.store.commit(commit).await?;
        if queued {
            self.outbox.wake();
        }
        Ok(committed)
    }

    /// Now, but never before what an aggregate has already seen: a clock that jumps back must not
    /// turn a history around.
    pub fn now_after(&self, seen: Timestamp) -> Timestamp {
        self.clock.now().max(seen)
    }

    /// Now, but never before the last that was written nor before what was seen: for commands on
    /// several aggregates. The last event alone is not enough, because where a clock jumped back it
    /// is not the latest.
    ///
    /// # Errors
    /// What the store says.
    pub async fn now_after_all(&self, seen: Timestamp) -> Result<Timestamp, StoreError> {
        let head = self.store.head().await?;
        Ok(self.now_after(head.created_at.unwrap_or_default().max(seen)))
    }
}
