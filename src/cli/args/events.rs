//! `events …`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::parse;
use crate::domain::time::Timestamp;

/// The event log.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum EventsCommand {
    /// Print the last events, newest last
    Tail(Tail),
    /// Move the events of swept sessions to a file
    ///
    /// The database is proven first. The file is complete and on the disk before the first event is
    /// removed; what remains in the database is proven by `verify` as before, and the file by
    /// `verify --archive FILE`. Works beside a running server.
    Archive(Archive),
    /// Print the whole history of one thing
    Show {
        /// What it is
        #[arg(value_enum)]
        stream: Stream,
        /// Its id; a user's login name does as well; the instance needs none
        #[arg(value_name = "ID", required_if_eq_any =
            [("stream", "session"), ("stream", "user"), ("stream", "org"), ("stream", "intent")])]
        id: Option<String>,
    },
}

/// `events archive`.
#[derive(Debug, Args)]
pub(in crate::cli) struct Archive {
    /// The file to make; it must not exist
    #[arg(value_name = "FILE")]
    pub(in crate::cli) file: PathBuf,
    /// Leave histories that end behind this position [default: archive all]
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(0..))]
    pub(in crate::cli) until: Option<i64>,
    /// Leave histories that end at this moment or later [default: archive all]
    #[arg(long, value_name = "MOMENT", value_parser = parse::moment)]
    pub(in crate::cli) before: Option<Timestamp>,
}

/// `events tail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Args)]
pub(in crate::cli) struct Tail {
    /// Begin behind this position [default: so that the end of the log is shown]
    #[arg(long, value_name = "POSITION", value_parser = clap::value_parser!(i64).range(0..))]
    pub(in crate::cli) after: Option<i64>,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(in crate::cli) limit: u32,
    /// Go on with what is written from now on, until Ctrl-C; JSON is then one object a line
    #[arg(long)]
    pub(in crate::cli) follow: bool,
}

/// What has a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Stream {
    /// A session.
    Session,
    /// A user.
    User,
    /// An organisation.
    Org,
    /// The instance.
    Instance,
    /// A login at an identity provider.
    Intent,
}
