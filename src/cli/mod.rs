//! The command line: the same commands and queries as the API, by the person who may open the file.
//!
//! ```text
//! bartizan [serve]                          session  list show terminate
//! bartizan verify | doctor | rotate-key     user     add human, add machine, list, show, lock, unlock,
//! bartizan config check | show                       deactivate, reactivate, remove, set-password
//! bartizan events tail | show | archive     pat      create list revoke
//! bartizan completions | man | openapi      member   set list remove roles
//! ```
//!
//! It works on the database itself, also while a server runs on it: nothing goes through HTTP, and
//! what it writes is in the log under the creator `0`.
//!
//! Data goes to stdout, as a table or one JSON document; everything else goes to stderr. JSON has
//! camelCase keys, ids as strings, moments as RFC 3339 in UTC, and `null` for what is absent; keys
//! are added, never renamed. Exit codes: 0 done, 1 failed, 2 arguments or configuration cannot be
//! used, 3 `verify` or `doctor` found something, 4 another server has the data directory.
//!
//! A password is never an argument and never printed; a token is printed once, by `pat create`.

mod archive;
mod args;
mod backup;
mod config;
mod doctor;
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
mod progress;
mod record;
mod run;
mod serve;
mod session;
mod shipped;
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
    // Stderr is not locked: the log writes there too.
    perform(cli, input, &mut io::stdout().lock(), &mut io::stderr()).into()
}

fn perform(cli: Cli, input: Input, data: &mut dyn Write, messages: &mut dyn Write) -> Exit {
    let format = cli.global.output;
    let mut data = io::BufWriter::new(data);
    let done = run::run(cli, input, Output::new(format, &mut data, messages));
    let done = done.and_then(|exit| Ok(data.flush().map(|()| exit)?));
    match done {
        Ok(exit) => exit,
        Err(failure) if failure.is_closed_pipe() => Exit::Done,
        Err(failure) => {
            // With stderr gone there is nowhere left to say so; the code still tells.
            Output::new(format, &mut io::sink(), messages)
                .failure(&failure)
                .ok();
            failure.exit
        }
    }
}
