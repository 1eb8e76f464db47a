//! The configuration: typed, checked once, and safe to print.
//!
//! Later sources win: defaults, the TOML file, ZITADEL's variables, `BARTIZAN_*` variables, flags.
//! Nothing is ignored in silence: an unknown key, a value of the wrong kind and one out of its range
//! are errors that name the key, the value, where it comes from and what is allowed. A secret is
//! never part of such a text. Nothing outside this module reads the environment.

mod branding;
mod check;
mod error;
mod event_webhook;
mod events;
mod failures;
mod first_instance;
mod forward_auth;
mod hashing;
mod idp;
mod ids;
mod keys;
mod layer;
mod list;
mod log;
mod login;
mod metrics;
mod notifications;
mod policy;
mod rule;
mod server;
mod settings;
mod show;
mod smtp;
mod storage;
mod sweep;
mod tls;
mod units;
mod variables;
mod webhook;
mod zitadel;

pub use branding::{BrandingConfig, DarkThemeConfig, LightThemeConfig, ThemeModeConfig};
pub use error::{ConfigError, Origin};
pub use event_webhook::{EventWebhookConfig, StartConfig};
pub use events::EventsConfig;
pub use failures::FailureConfig;
pub use first_instance::{FirstInstanceConfig, HumanConfig, MachineConfig};
pub use forward_auth::ForwardAuthConfig;
pub use hashing::{PasswordConfig, TokenConfig};
pub use idp::{AutoLinkingConfig, IdpConfig, IdpKindConfig};
pub use ids::IdConfig;
pub use list::ListConfig;
pub use log::{LogConfig, LogFormat};
pub use login::LoginConfig;
pub use metrics::MetricsConfig;
pub use notifications::{EmailConfig, EmailKind, NotificationsConfig, SmsConfig, SmsKind};
pub use policy::{
    AttemptConfig, ComplexityConfig, DomainConfig, LockoutConfig, PasswordExpiryConfig,
    PolicyConfig, TarpitConfig,
};
pub use server::{ForwardedHeaderConfig, ServerConfig};
pub use settings::{GeneralConfig, LegalConfig, SecurityConfig};
pub use smtp::{SmtpConfig, SmtpTls};
pub use storage::StorageConfig;
pub use sweep::SweepConfig;
pub use tls::TlsConfig;
pub use variables::environment;
pub use webhook::WebhookConfig;

pub(crate) use error::visible;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::client::Proxies;
use crate::domain::permission::{RoleTable, UnknownPermission};
use crate::domain::policy::Policies;
use crate::domain::settings::Settings;

use layer::Layers;

/// The file that is read when none is named and it exists.
pub const DEFAULT_FILE: &str = "config.toml";

/// What the command line says; it wins over everything else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--data-dir`.
    pub data_dir: Option<PathBuf>,
    /// `--listen`.
    pub listen: Option<SocketAddr>,
}

/// Everything that can be set.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where database, key file and token files are; default `./bartizan-data`.
    ///
    /// A relative path starts at the working directory. The directory is made with mode 0700.
    #[serde(serialize_with = "units::lossy_path")]
    pub data_dir: PathBuf,
    /// How the port is served.
    pub server: ServerConfig,
    /// How the database is used.
    pub storage: StorageConfig,
    /// When rows of sessions that have ended go.
    pub sweep: SweepConfig,
    /// What hashing a token costs.
    pub tokens: TokenConfig,
    /// What hashing a password costs.
    pub passwords: PasswordConfig,
    /// The instance's policies.
    pub policy: PolicyConfig,
    /// Languages of login pages.
    pub general: GeneralConfig,
    /// How login pages look.
    pub branding: BrandingConfig,
    /// Links that login pages show.
    pub legal: LegalConfig,
    /// Where login pages may be shown.
    pub security: SecurityConfig,
    /// How messages reach people.
    pub notifications: NotificationsConfig,
    /// Who is told of events.
    pub events: EventsConfig,
    /// How reverse proxies ask whether a request may pass.
    pub forward_auth: ForwardAuthConfig,
    /// How long answered lists are.
    pub list: ListConfig,
    /// Role name to permission names, in place of stock roles or beside them; default none.
    pub roles: BTreeMap<String, Vec<String>>,
    /// Identity providers, in the order in which login pages show them; default none.
    #[serde(deserialize_with = "units::numbered")]
    pub idp: Vec<IdpConfig>,
    /// How ids are made.
    pub ids: IdConfig,
    /// What is logged, and how.
    pub log: LogConfig,
    /// What is counted, and for whom.
    pub metrics: MetricsConfig,
    /// What the first start creates.
    pub first_instance: FirstInstanceConfig,
    /// What was understood but has no effect, or is unwise; to be logged once.
    #[serde(skip)]
    pub warnings: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("./bartizan-data"),
            server: ServerConfig::default(),
            storage: StorageConfig::default(),
            sweep: SweepConfig::default(),
            tokens: TokenConfig::default(),
            passwords: PasswordConfig::default(),
            policy: PolicyConfig::default(),
            general: GeneralConfig::default(),
            branding: BrandingConfig::default(),
            legal: LegalConfig::default(),
            security: SecurityConfig::default(),
            notifications: NotificationsConfig::default(),
            events: EventsConfig::default(),
            forward_auth: ForwardAuthConfig::default(),
            list: ListConfig::default(),
            roles: BTreeMap::new(),
            idp: Vec::new(),
            ids: IdConfig::default(),
            log: LogConfig::default(),
            metrics: MetricsConfig::default(),
            first_instance: FirstInstanceConfig::default(),
            warnings: Vec::new(),
        }
    }
}

impl Config {
    /// Reads all sources. `file` is the flag `--config`; without it the variable `BARTIZAN_CONFIG`
    /// names the file, and without that [`DEFAULT_FILE`] is read if it exists.
    ///
    /// # Errors
    /// [`ConfigError`] for whatever cannot be used exactly as it is written.
    pub fn load(
        file: Option<&Path>,
        env: impl IntoIterator<Item = (String, String)>,
        overrides: Overrides,
    ) -> Result<Self, ConfigError> {
        Self::load_or(file, Path::new(DEFAULT_FILE), env, overrides)
    }

    /// As [`load`](Self::load), with another file in the place of [`DEFAULT_FILE`].
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_or(
        file: Option<&Path>,
        default_file: &Path,
        env: impl IntoIterator<Item = (String, String)>,
        overrides: Overrides,
    ) -> Result<Self, ConfigError> {
        let env = variables::read(env)?;
        let layers = Layers {
            file: layer::from_file(file.or(env.file.as_deref()), default_file)?,
            zitadel: env.zitadel,
            bartizan: env.bartizan,
        };
        let (mut config, origins) = layers.merge::<Self>()?;
        config.warnings = env.warnings;
        if let Some(data_dir) = overrides.data_dir {
            config.data_dir = data_dir;
        }
        if let Some(listen) = overrides.listen {
            config.server.listen = listen;
        }
        check::check(&mut config, &origins)?;
        Ok(config)
    }

    /// The policies as the domain has them.
    pub fn policies(&self) -> Policies {
        self.policy.to_domain()
    }

    /// What login pages are told beside the policies, as the domain has it.
    pub fn settings(&self) -> Settings {
        Settings {
            password_expiry: self.policy.password_expiry.to_domain(),
            branding: self.branding.to_domain(),
            legal: self.legal.to_domain(),
            security: self.security.to_domain(),
            languages: self.general.to_domain(),
        }
    }

    /// The proxies whose word on the addresses of their clients counts.
    pub fn proxies(&self) -> Proxies {
        self.server.proxies()
    }

    /// The address of this server as browsers know it, without a slash at its end.
    pub fn external_url(&self) -> String {
        let server = &self.server;
        if !server.external_url.is_empty() {
            return server.external_url.trim_end_matches('/').to_owned();
        }
        let scheme = match server.tls.certificate {
            Some(_) => "https",
            None => "http",
        };
        let domain = &self.first_instance.external_domain;
        format!("{scheme}://{domain}:{}", server.listen.port())
    }

    /// The stock roles with the configured ones in their place.
    ///
    /// # Errors
    /// [`UnknownPermission`]; never for a loaded configuration, which was checked.
    pub fn role_table(&self) -> Result<RoleTable, UnknownPermission> {
        RoleTable::with(&self.roles)
    }

    /// Threads that serve requests, at least one.
    pub fn workers(&self) -> usize {
        or_cores(self.server.workers)
    }

    /// Connections for point reads, at least one.
    pub fn read_connections(&self) -> usize {
        match self.storage.read_connections {
            0 => self.workers(),
            count => count,
        }
    }

    /// Threads that hash passwords, at least one.
    pub fn hashing_threads(&self) -> usize {
        or_cores(self.passwords.threads)
    }

    /// The database file.
    pub fn database_path(&self) -> PathBuf {
        self.data_dir.join("bartizan.db")
    }

    /// The key file.
    pub fn key_path(&self) -> PathBuf {
        self.data_dir.join("bartizan.key")
    }

    /// Where the first start writes the token of the machine user with role `IAM_OWNER`.
    pub fn admin_pat_path(&self) -> PathBuf {
        self.first_instance
            .machine
            .pat_path_or(&self.data_dir, "admin.pat")
    }

    /// Where the first start writes the token of the machine user with role `IAM_LOGIN_CLIENT`.
    pub fn login_client_pat_path(&self) -> PathBuf {
        self.first_instance
            .login_client
            .pat_path_or(&self.data_dir, "login-client.pat")
    }
}

fn or_cores(count: usize) -> usize {
    match count {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        count => count,
    }
}
