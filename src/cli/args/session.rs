//! `session …`.

use clap::{Args, Subcommand};

use super::parse;
use crate::domain::ids::SessionId;

/// Sessions.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum SessionCommand {
    /// List sessions that have not ended, newest first
    List(SessionList),
    /// Show a session
    Show {
        /// Its id
        #[arg(value_name = "ID", value_parser = parse::session_id)]
        id: SessionId,
    },
    /// End sessions for good; their tokens are dead at once
    Terminate {
        /// Their ids
        #[arg(value_name = "ID", required = true, value_parser = parse::session_id)]
        ids: Vec<SessionId>,
    },
}

/// `session list`.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct SessionList {
    /// Of this user: id or login name
    #[arg(long, value_name = "USER", conflicts_with = "login_name")]
    pub(in crate::cli) user: Option<String>,
    /// Of the user with this login name, also where it looks like an id
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) login_name: Option<String>,
    /// How many
    #[arg(long, value_name = "N", default_value_t = 100, conflicts_with = "all")]
    pub(in crate::cli) limit: u32,
    /// All of them
    #[arg(long)]
    pub(in crate::cli) all: bool,
}
