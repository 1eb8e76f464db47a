//! Why the program could not start or run.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::crypto::{IdError, KeyError, ParameterError, PoolError};
use crate::delivery::{SmtpError, WebhookError};
use crate::domain::permission::UnknownPermission;
use crate::error::Error;
use crate::ports::StoreError;
use crate::storage::sqlite::OpenError;

use super::CertificateError;

/// What stands between the configuration and a running service.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The data directory cannot be made or used.
    #[error("cannot use the data directory: `{}`", path.display())]
    DataDir {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another server has the data directory.
    #[error("another server is using the data directory: `{}`", .0.display())]
    Locked(PathBuf),
    /// There is no database where one was expected.
    #[error("there is no database yet: `{}`", .0.display())]
    NoDatabase(PathBuf),
    /// The database is there but was never set up.
    #[error("the database was never set up: `{}`", .0.display())]
    NotSetUp(PathBuf),
    /// The database was set up with the other setting.
    #[error(
        "`policy.domain.login_name_includes_domain` was `{was}` at the first start and cannot be changed"
    )]
    LoginNames {
        /// What it was.
        was: bool,
    },
    /// The certificate of the port.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The database is an empty file, and the directory was set up before.
    #[error("the database is empty, but was set up before: `{}`", .0.display())]
    Emptied(PathBuf),
    /// The last event of the database was not sealed with the key at hand.
    #[error("the key file does not belong to the database: `{}`", .0.display())]
    OtherKey(PathBuf),
    /// The key file.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The parameters of token hashing.
    #[error("`tokens`: {0}")]
    TokenHashing(#[source] ParameterError),
    /// The threads of password hashing.
    #[error("`passwords`: {0}")]
    PasswordHashing(#[from] PoolError),
    /// The id generator.
    #[error("`ids`: {0}")]
    Ids(#[from] IdError),
    /// A role.
    #[error(transparent)]
    Roles(#[from] UnknownPermission),
    /// The database.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The store, once open.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The first start.
    #[error("the first start failed: {0}")]
    Bootstrap(#[source] Error),
    /// A token file cannot be written.
    #[error("cannot write the token file: `{}`", path.display())]
    TokenFile {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The folder for messages cannot be made.
    #[error("cannot make the folder for messages: `{}`", path.display())]
    Folder {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file for the mail server: the password, or certificates.
    #[error("cannot read what the mail server needs: `{}`", path.display())]
    MailFile {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The mail server cannot be used as it is configured.
    #[error("cannot deliver to the mail server: {0}")]
    MailServer(#[source] SmtpError),
    /// The webhook cannot be used as it is configured.
    #[error("cannot deliver to the webhook of `{key}`: {source}")]
    Webhook {
        /// The key of its endpoint.
        key: String,
        /// Why.
        #[source]
        source: WebhookError,
    },
    /// The file with the signing key of a webhook.
    #[error("cannot read the signing key: `{}`", path.display())]
    SigningKey {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file with the secret of an identity provider's client.
    #[error("cannot read the client secret: `{}`", path.display())]
    ClientSecret {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The client that asks identity providers.
    #[error("cannot make a client for identity providers: {0}")]
    HttpClient(String),
    /// The port cannot be opened.
    #[error("cannot listen on: `{address}`")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The server ended by itself.
    #[error("the server failed")]
    Serve(#[source] io::Error),
}

impl AppError {
    /// What to type or look at next.
    pub const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::DataDir { .. } => {
                Some("name a directory that you may write to with `--data-dir`")
            }
            Self::Locked(_) => {
                Some("stop the other server, or name another directory with `--data-dir`")
            }
            Self::NoDatabase(_) | Self::NotSetUp(_) => Some(
                "start the service once with `bartizan serve`, or name its directory with `--data-dir`",
            ),
            Self::LoginNames { .. } => Some("set it back; users are known by their login names"),
            Self::Listen { .. } => {
                Some("another program may have the port: choose one with `--listen ADDR:PORT`")
            }
            Self::Emptied(_) => Some(
                "restore a backup with `bartizan restore FILE`; to begin anew, remove the file and the token files beside it",
            ),
            Self::OtherKey(_) => Some(
                "put the key file back that belongs to this database; if it is the one, run `bartizan verify`",
            ),
            Self::Key(error) => key_hint(error),
            Self::Open(error) => open_hint(error),
            Self::Store(error) => store_hint(error),
            Self::Bootstrap(_) | Self::TokenFile { .. } => Some(WRITABLE),
            Self::Certificate(_)
            | Self::TokenHashing(_)
            | Self::PasswordHashing(_)
            | Self::Ids(_)
            | Self::Roles(_)
            | Self::Folder { .. }
            | Self::MailFile { .. }
            | Self::MailServer(_)
            | Self::Webhook { .. }
            | Self::SigningKey { .. }
            | Self::ClientSecret { .. }
            | Self::HttpClient(_)
            | Self::Serve(_) => None,
        }
    }
}

/// About files that cannot be read or written.
const WRITABLE: &str = "look at the free space, the owner and the permissions of the data directory, and whether its file system is read-only";

/// About a file that is not what it should be.
const DAMAGED: &str = "copy the data directory, then restore a backup with `bartizan restore FILE`";

const fn key_hint(error: &KeyError) -> Option<&'static str> {
    match error {
        KeyError::Missing { .. } | KeyError::NotAFile { .. } | KeyError::Malformed { .. } => Some(
            "put the key file back from where you keep a copy; without it no token and no sealed secret can be read",
        ),
        KeyError::Permissions { .. } => Some("take it from the others with `chmod 600`"),
        KeyError::Unreadable { .. } | KeyError::Uncreatable { .. } => Some(WRITABLE),
        KeyError::Random => None,
    }
}

const fn open_hint(error: &OpenError) -> Option<&'static str> {
    match error {
        OpenError::NotADatabase(_) => Some(DAMAGED),
        OpenError::Foreign(_) => Some("name another directory with `--data-dir`"),
        OpenError::Newer { .. } => Some(
            "use the newer program that was here, or restore a backup of before with `bartizan restore FILE`",
        ),
        OpenError::File { .. } | OpenError::Migration(_) => Some(WRITABLE),
        OpenError::Store(error) => store_hint(error),
        OpenError::Missing(_) | OpenError::Older { .. } | OpenError::Start(_) => None,
    }
}

const fn store_hint(error: &StoreError) -> Option<&'static str> {
    match error {
        StoreError::Io(_) => Some(WRITABLE),
        StoreError::Failed(_) | StoreError::Corrupt { .. } => Some(DAMAGED),
        StoreError::Busy => Some("another program keeps the database locked: end it"),
        StoreError::Conflict(_)
        | StoreError::Exists(_)
        | StoreError::NameTaken
        | StoreError::IdpLinkTaken
        | StoreError::UserNotActive(_)
        | StoreError::TooManyConditions
        | StoreError::Overloaded
        | StoreError::Closed => None,
    }
}
