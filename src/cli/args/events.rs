//! `events …`.

use clap::{Args, Subcommand, ValueEnum};

/// The event log.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum EventsCommand {
    /// Print the last events, newest last
    Tail(Tail),
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
