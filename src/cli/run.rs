//! From arguments to a command on an open database: the one place that knows how both come about.

use std::io;

use tokio::runtime::Runtime;

use super::args::{Cli, Command, Serve};
use super::config;
use super::exit::Exit;
use super::failure::Failure;
use super::input::Input;
use super::operator::Operator;
use super::output::Output;
use super::{events, member, pat, serve, session, user, verify};
use crate::app::{self, AppError, Machine};
use crate::config::{Config, Overrides, environment};

/// Does what the arguments say.
pub(super) fn run(cli: Cli, input: Input, mut output: Output<'_>) -> Result<Exit, Failure> {
    let command = cli
        .command
        .unwrap_or_else(|| Command::Serve(Serve::default()));
    let overrides = Overrides {
        data_dir: cli.global.data_dir,
        listen: if let Command::Serve(args) = &command {
            args.listen
        } else {
            None
        },
    };
    let config = Config::load(cli.global.config.as_deref(), environment(), overrides)?;
    match command {
        Command::Serve(_) => serve::run(config, output),
        Command::Config(command) => {
            config::run(command, &config, &mut output)?;
            Ok(Exit::Done)
        }
        Command::Verify => verify::run(&config, output),
        Command::Session(command) => on_data(config, input, output, async |operator| {
            session::run(operator, command).await
        }),
        Command::User(command) => on_data(config, input, output, async |operator| {
            user::run(operator, command).await
        }),
        Command::Pat(command) => on_data(config, input, output, async |operator| {
            pat::run(operator, command).await
        }),
        Command::Member(command) => on_data(config, input, output, async |operator| {
            member::run(operator, command).await
        }),
        Command::Events(command) => on_data(config, input, output, async |operator| {
            events::run(operator, command).await
        }),
    }
}

/// Opens the data directory and works on it, beside a server or alone.
fn on_data<'a>(
    config: Config,
    input: Input,
    output: Output<'a>,
    work: impl AsyncFnOnce(&mut Operator<'a>) -> Result<(), Failure>,
) -> Result<Exit, Failure> {
    let config = for_one(config);
    let machine = Machine::system(&config)?;
    runtime()?.block_on(async {
        let opened = app::open(&config, machine).await?;
        let done = work(&mut Operator::new(opened.core, input, output)).await;
        opened.store.close();
        done.map(|()| Exit::Done)
    })
}

/// What serves thousands is too much for one person: threads, connections and memory.
fn for_one(mut config: Config) -> Config {
    config.server.workers = 1;
    config.storage.read_connections = 1;
    config.storage.search_threads = 1;
    config.passwords.threads = 1;
    config.tokens.memo_entries = 0;
    config
}

/// One thread is enough for one person; a server has threads of its own.
pub(super) fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        let exit = match &error {
            AppError::Locked(_) => Exit::Locked,
            AppError::LoginNames { .. }
            | AppError::TokenHashing(_)
            | AppError::PasswordHashing(_)
            | AppError::Ids(_)
            | AppError::Roles(_) => Exit::Usage,
            AppError::DataDir { .. }
            | AppError::NoDatabase(_)
            | AppError::NotSetUp(_)
            | AppError::Key(_)
            | AppError::Open(_)
            | AppError::Store(_)
            | AppError::Bootstrap(_)
            | AppError::TokenFile { .. }
            | AppError::Listen { .. }
            | AppError::Serve(_) => Exit::Failed,
        };
        let hint = error.hint().map(str::to_owned);
        Self {
            exit,
            hint,
            ..Self::new(error)
        }
    }
}
