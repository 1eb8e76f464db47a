//! From a configuration to a core on a data directory.

use std::sync::Arc;

use tokio::sync::Notify;

use crate::config::Config;
use crate::core::{Core, ListLimits};
use crate::crypto::{
    ChainKey, CodeMaker, KeyFile, PasswordHashing, PasswordPool, RandomIds, TokenCodec,
    TokenHashing, TotpMaker, WebAuthnVerifier,
};
use crate::domain::ids::{InstanceId, OrgId};
use crate::domain::time::Timestamp;
use crate::domain::user::login_name;
use crate::observe::SystemClock;
use crate::ports::{Clock, IdGenerator, Readable, Seal, UserOrder, UserQuery};
use crate::storage::sqlite::{self, Options, SqliteStore};
use crate::throttle::Throttle;

use super::identity_providers::identity_providers;
use super::{AppError, data_dir, delivery};

/// What tests put in the place of the machine's own.
#[derive(Debug, Clone)]
pub struct Machine {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn IdGenerator>,
}

impl Machine {
    /// The machine's clock and random ids.
    ///
    /// # Errors
    /// A node number that does not fit.
    pub fn system(config: &Config) -> Result<Self, AppError> {
        Ok(Self {
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds::new(config.ids.node)?),
        })
    }
}

/// A data directory that was opened.
#[derive(Debug)]
pub struct Opened {
    /// The core on it.
    pub core: Core,
    /// Its store, for what is done beside the core: verifying, closing.
    pub store: Arc<SqliteStore>,
    /// Its tokens, for those who watch.
    pub(super) tokens: Arc<TokenCodec>,
    /// Its hashing threads, for those who watch.
    pub(super) passwords: Arc<PasswordPool>,
    /// The key of its hash chain.
    pub seal: Arc<dyn Seal>,
    /// Rings when messages were queued.
    pub bell: Arc<Notify>,
}

/// Opens a data directory that was set up before.
///
/// # Errors
/// [`AppError`]; nothing is created.
pub async fn open(config: &Config, machine: Machine) -> Result<Opened, AppError> {
    let path = config.database_path();
    if !path.is_file() {
        return Err(AppError::NoDatabase(path));
    }
    if sqlite::is_blank(&path) {
        return Err(AppError::NotSetUp(path));
    }
    let keys = KeyFile::load(&config.key_path())?;
    // A server has done what is to be done about a log that was left behind.
    let alone = !data_dir::is_locked(&config.data_dir);
    let mut opened = compose(config, machine, &keys, alone)?;
    if !recognize(config, &mut opened.core).await? {
        return Err(AppError::NotSetUp(path));
    }
    Ok(opened)
}

/// Refuses a key file that belongs to another database: what is sealed with it would break the chain,
/// and no token would be good. Changes nothing.
///
/// # Errors
/// [`AppError::OtherKey`] alone: what else may be wrong is told by opening the directory.
pub fn require_key(config: &Config) -> Result<(), AppError> {
    let path = config.database_path();
    if sqlite::is_blank(&path) {
        return Ok(());
    }
    let Ok(keys) = KeyFile::load(&config.key_path()) else {
        return Ok(());
    };
    let seal = ChainKey::new(&keys);
    match sqlite::look(&path, Some(&seal)) {
        Ok(look) if look.sealed == Some(false) => Err(AppError::OtherKey(config.key_path())),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Opens the store and puts the core together. Which instance it is, is not known yet; `alone` says
/// that no other server has the data directory.
pub(super) fn compose(
    config: &Config,
    machine: Machine,
    keys: &KeyFile,
    alone: bool,
) -> Result<Opened, AppError> {
    let seal: Arc<dyn Seal> = Arc::new(ChainKey::new(keys));
    let store = Arc::new(SqliteStore::open(
        &config.database_path(),
        &Options {
            alone,
            ..options(config)
        },
        Arc::clone(&seal),
    )?);
    let tokens = TokenCodec::new(keys, token_hashing(config), config.tokens.memo_entries)
        .map_err(AppError::TokenHashing)?;
    let tokens = Arc::new(tokens);
    let passwords = PasswordPool::new(PasswordHashing {
        memory_kib: config.passwords.memory_kib,
        iterations: config.passwords.iterations,
        parallelism: config.passwords.parallelism,
        threads: Some(config.hashing_threads()),
        queue: config.passwords.queue,
    })?;
    let passwords = Arc::new(passwords);
    let postbox = delivery::postbox(config, keys);
    let bell = postbox.bell();
    let core = Core {
        store: Arc::<SqliteStore>::clone(&store),
        tokens: Arc::<TokenCodec>::clone(&tokens),
        web_auth_n: Arc::new(WebAuthnVerifier::new(Arc::clone(&passwords))),
        passwords: Arc::<PasswordPool>::clone(&passwords),
        codes: Arc::new(CodeMaker::new(keys)),
        totps: Arc::new(TotpMaker::new(keys)),
        outbox: Arc::new(postbox),
        failures: Arc::new(Throttle::new(&config.policies().failures, &machine.clock)),
        idps: identity_providers(config, Arc::clone(&machine.clock), keys)?,
        set_up_at: Timestamp::default(),
        configured_at: machine.clock.now(),
        clock: machine.clock,
        ids: machine.ids,
        policies: config.policies(),
        settings: config.settings(),
        roles: config.role_table()?,
        limits: ListLimits {
            default: config.list.default_limit,
            max: config.list.max_limit,
        },
        instance: InstanceId::new(0),
        default_org: OrgId::new(0),
    };
    Ok(Opened {
        core,
        store,
        tokens,
        passwords,
        seal,
        bell,
    })
}

/// What tokens are hashed with.
pub(super) const fn token_hashing(config: &Config) -> TokenHashing {
    TokenHashing {
        memory_kib: config.tokens.memory_kib,
        iterations: config.tokens.iterations,
    }
}

pub(super) fn options(config: &Config) -> Options {
    let kib = |bytes: usize| u32::try_from(bytes / 1024).unwrap_or(u32::MAX);
    Options {
        read_connections: u32::try_from(config.read_connections()).unwrap_or(u32::MAX),
        search_threads: config.storage.search_threads,
        queue: config.storage.write_queue,
        batch: config.storage.batch,
        writer_cache_kib: kib(config.storage.writer_cache),
        reader_cache_kib: kib(config.storage.reader_cache),
        ..Options::default()
    }
}

/// Reads which instance the store holds; `false` if it holds none yet.
///
/// # Errors
/// [`AppError::LoginNames`] if users would not be found under the names that the setting gives them.
pub(super) async fn recognize(config: &Config, core: &mut Core) -> Result<bool, AppError> {
    let Some(instance) = core.store.instance().await? else {
        return Ok(false);
    };
    core.instance = instance.id;
    core.set_up_at = instance.created_at;
    core.default_org = instance.default_org.unwrap_or(OrgId::new(0));
    let includes_domain = config.policy.domain.login_name_includes_domain;
    let any = core
        .store
        .search_users(UserQuery {
            readable: Readable::Everybody,
            filters: Vec::new(),
            order: UserOrder::CreationDate,
            ascending: true,
            offset: 0,
            limit: 1,
            login_name_includes_domain: includes_domain,
        })
        .await?;
    if let Some(view) = any.users.first() {
        let name = login_name::key(&view.user.username, &view.org_domain, includes_domain);
        let found = core.store.user_by_login_name(&name).await?;
        if found.is_none_or(|user| user.id != view.user.id) {
            return Err(AppError::LoginNames {
                was: !includes_domain,
            });
        }
    }
    Ok(true)
}
