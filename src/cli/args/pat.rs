//! `pat …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::parse;
use crate::domain::ids::PatId;
use crate::domain::time::{Span, Timestamp};

/// Personal access tokens.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum PatCommand {
    /// Make a token; it is shown this once
    Create(PatCreate),
    /// List the tokens of a user, oldest first
    List {
        /// Id or login name
        #[arg(value_name = "USER")]
        user: String,
    },
    /// Revoke a token; it is dead at once
    Revoke {
        /// Id or login name
        #[arg(value_name = "USER")]
        user: String,
        /// The token's id
        #[arg(value_name = "TOKEN_ID", value_parser = parse::pat_id)]
        token: PatId,
    },
}

/// `pat create`.
#[derive(Debug, Args)]
pub(in crate::cli) struct PatCreate {
    /// Id or login name of a service user
    #[arg(value_name = "USER")]
    pub(in crate::cli) user: String,
    /// When it expires, like 2027-01-01T00:00:00Z [default: never]
    #[arg(long, value_name = "TIME", value_parser = parse::moment, conflicts_with = "expires_in")]
    pub(in crate::cli) expires: Option<Timestamp>,
    /// After how many hours, days or weeks it expires, like 90d
    #[arg(long, value_name = "SPAN", value_parser = parse::span)]
    pub(in crate::cli) expires_in: Option<Span>,
    /// Write the token to a new file (mode 0600) instead of standard output
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) out: Option<PathBuf>,
}
