//! Where a password comes from: never from an argument, which every process of the machine can read.

use std::path::PathBuf;

use clap::Args;

use super::parse;
use crate::domain::secret::HashText;

/// A password, or its hash.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Password (asked for on a terminal if nothing is given)")]
pub(in crate::cli) struct PasswordArgs {
    /// Read the password from standard input
    #[arg(long, group = "password")]
    pub(in crate::cli) password_stdin: bool,
    /// Read the password from a file
    #[arg(long, value_name = "FILE", group = "password")]
    pub(in crate::cli) password_file: Option<PathBuf>,
    /// Take over a password that was hashed elsewhere
    #[arg(long, value_name = "HASH", group = "password", value_parser = parse::hash)]
    pub(in crate::cli) password_hash: Option<HashText>,
    /// It must be changed at the next login
    #[arg(long)]
    pub(in crate::cli) change_required: bool,
}
