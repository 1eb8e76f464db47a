//! The words of the command line, parsed once: behind this module there are ids and moments, no texts.

mod events;
mod member;
mod parse;
mod password;
mod pat;
mod session;
#[cfg(test)]
mod tests;
mod user;

pub(super) use events::{Archive, EventsCommand, Stream, Tail};
pub(super) use member::{MemberCommand, MemberOn, MemberSet};
pub(super) use password::PasswordArgs;
pub(super) use pat::{PatCommand, PatCreate};
pub(super) use session::{SessionCommand, SessionList};
pub(super) use user::{NewHuman, NewMachine, UserAdd, UserCommand, UserList};
#[cfg(test)]
pub(super) use user::{StateArg, TypeArg};

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use super::exit;

/// ZITADEL's Session Service v2 in one small binary on SQLite
///
/// Without a command it serves.
#[derive(Debug, Parser)]
#[command(name = "bartizan", version, after_help = exit::HELP)]
pub(super) struct Cli {
    #[command(flatten)]
    pub(super) global: Global,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Everywhere")]
pub(super) struct Global {
    /// Configuration file [default: `config.toml`, if it exists]
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// Directory of the database, its key and the first tokens [default: `./bartizan-data`]
    #[arg(long, global = true, value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// Form of the data: a table for people, or one JSON document
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        value_enum,
        default_value_t
    )]
    pub(super) output: Format,
}

/// The form of what goes to stdout.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    #[default]
    Table,
    /// For programs.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Serve all protocols on one port; the first start sets the data directory up
    Serve(Serve),
    /// Look at sessions and end them
    #[command(subcommand)]
    Session(SessionCommand),
    /// Add people and service users, look at them, lock, switch off, remove
    #[command(subcommand)]
    User(UserCommand),
    /// Make and revoke the personal access tokens of service users
    #[command(subcommand)]
    Pat(PatCommand),
    /// Give and take roles
    #[command(subcommand)]
    Member(MemberCommand),
    /// Read the event log
    #[command(subcommand)]
    Events(EventsCommand),
    /// Prove that the event log is whole and that everything stored follows from it
    ///
    /// The last line names the end of the log. Note it elsewhere: a later `verify` whose log does not
    /// hold it any more tells that the log was cut.
    Verify(Verify),
    /// Copy the database to a new file, beside a running server or alone
    ///
    /// The copy is of one moment and is whole. It is of no use without the key file: keep a copy of
    /// `bartizan.key` too, but not beside it.
    Backup(File),
    /// Put a backup in the place of the database
    ///
    /// The server must not be running. The backup is proven first, as `verify` does it; one that is not
    /// whole, or belongs to another key file, changes nothing. The database that was there is kept
    /// beside the new one.
    Restore(File),
    /// Look at everything that can be wrong, and say what to do about it
    ///
    /// Configuration, files and their modes, ports, key, database, clock, roles, room on the disk.
    /// Changes nothing; works beside a running server. The exit code is 3 if something is wrong.
    Doctor(Doctor),
    /// Add a key to the key file; what older keys made stays good
    ///
    /// The server must not be running. The new key makes tokens and encrypts from then on; the older
    /// ones stay in the file and read what they made. Codes that are under way are void.
    RotateKey(RotateKey),
    /// Print the OpenAPI document of the REST routes
    Openapi,
    /// Print the completions of a shell
    Completions {
        /// Which
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Write the manual pages into a directory
    Man {
        /// Where; it is made if it is not there
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Test and show the configuration
    #[command(subcommand)]
    Config(ConfigCommand),
}

/// `serve`.
#[derive(Debug, Default, Args)]
pub(super) struct Serve {
    /// IP address and port of all protocols; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(super) listen: Option<SocketAddr>,
}

/// `verify`.
#[derive(Debug, Args)]
pub(super) struct Verify {
    /// Prove an archive of events instead, and that it is of this database
    #[arg(long, value_name = "FILE")]
    pub(super) archive: Option<PathBuf>,
}

/// `doctor`.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// Connect to what messages are delivered to
    #[arg(long)]
    pub(super) online: bool,
}

/// `rotate-key`.
#[derive(Debug, Args)]
pub(super) struct RotateKey {
    /// End all session tokens and personal access tokens that were made so far
    #[arg(long)]
    pub(super) end_tokens: bool,
}

/// `backup`, `restore`.
#[derive(Debug, Args)]
pub(super) struct File {
    /// The backup
    #[arg(value_name = "FILE")]
    pub(super) file: PathBuf,
}

/// `config …`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub(super) enum ConfigCommand {
    /// Test all sources of the configuration without starting anything
    Check,
    /// Print the configuration as it applies, without its secrets
    Show,
}
