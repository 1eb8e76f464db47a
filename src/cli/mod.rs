//! The command line: the same commands and queries as the API, by the person who may open the file.
//!
//! ```text
//! bartizan [serve]                          session  list show terminate
//! bartizan verify                           user     add human, add machine, list, show, lock, unlock,
//! bartizan config check | show                       deactivate, reactivate, remove, set-password
//! bartizan events tail | show               pat      create list revoke
//!                                           member   set list remove roles
//! ```
//!
//! It works on the database itself, also while a server runs on it: nothing goes through HTTP, and
//! what it writes is in the log under the creator `0`.
//!
//! Data goes to stdout, as a table or one JSON document; everything else goes to stderr. JSON has
//! camelCase keys, ids as strings, moments as RFC 3339 in UTC, and `null` for what is absent; keys
//! are added, never renamed. Exit codes: 0 done, 1 failed, 2 arguments or configuration cannot be
//! used, 3 `verify` found something, 4 another server has the data directory.
//!
//! A password is never an argument and never printed; a token is printed once, by `pat create`.

mod args;
mod config;
mod events;
mod exit;
mod failure;
mod find;
#[cfg(test)]
mod fixtures;
mod input;
mod member;
mod operator;
mod output;
mod pages;
mod pat;
mod record;
mod run;
mod serve;
mod session;
mod table;
mod terminal;
mod token_file;
mod user;
mod verify;

use std::io::{self, IsTerminal as _, Write};
use std::process::ExitCode;

use clap::Parser as _;

use args::Cli;
use exit::Exit;
use input::{Input, Prompt};
use output::Output;
use terminal::Terminal;

/// Does what the arguments of this process say.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // `--help` and `--version` come here too, and go to stdout.
        Err(error) => {
            let told = error.print();
            let code = u8::try_from(error.exit_code()).unwrap_or(Exit::Usage.code());
            return told.map_or_else(|_| Exit::Failed.into(), |()| code.into());
        }
    };
    let person: Option<Box<dyn Prompt>> = if io::stdin().is_terminal() {
        Some(Box::new(Terminal))
    } else {
        None
    };
    let input = Input {
        stdin: Box::new(io::stdin()),
        person,
    };
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    // Stderr is not locked: the log writes there too.
    let mut stderr = io::stderr();
    let live = stderr.is_terminal();
    let format = cli.global.output;
    let output = Output::new(format, &mut stdout, &mut stderr).live(live);
    let done = run::run(cli, input, output);
    let done = done.and_then(|exit| Ok(stdout.flush().map(|()| exit)?));
    let exit = done.unwrap_or_else(|failure| {
        if failure.is_closed_pipe() {
            return Exit::Done;
        }
        Output::new(format, &mut stdout, &mut stderr).failure(&failure);
        failure.exit
    });
    exit.into()
}
