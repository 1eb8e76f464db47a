//! From arguments to a command on an open database: the one place that knows how both come about.

use std::path::PathBuf;

use super::args::{Cli, Command, Serve};
use super::config;
use super::exit::Exit;
use super::failure::Failure;
use super::input::Input;
use super::operator::Operator;
use super::output::Output;
use super::serve::{Serving, announce};
use super::{events, member, pat, session, user};
use crate::app::{self, AppError, Machine};
use crate::config::{Config, Overrides, environment};
use crate::core::Core;
use crate::observe;

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
        Command::Serve(_) => serve(&config, output),
        Command::Config(command) => {
            config::run(command, &config, &mut output)?;
            Ok(Exit::Done)
        }
        Command::Verify => verify(config, output),
        Command::Session(command) => on_data(&config, input, output, async |operator| {
            session::run(operator, command).await
        }),
        Command::User(command) => on_data(&config, input, output, async |operator| {
            user::run(operator, command).await
        }),
        Command::Pat(command) => on_data(&config, input, output, async |operator| {
            pat::run(operator, command).await
        }),
        Command::Member(command) => on_data(&config, input, output, async |operator| {
            member::run(operator, command).await
        }),
        Command::Events(command) => on_data(&config, input, output, async |operator| {
            events::run(operator, command).await
        }),
    }
}

/// Opens the data directory and works on it, beside a server or alone.
fn on_data<'a>(
    config: &Config,
    input: Input,
    output: Output<'a>,
    work: impl AsyncFnOnce(&mut Operator<'a>) -> Result<(), Failure>,
) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let core = open(config).await?;
        work(&mut Operator::new(core, input, output)).await?;
        Ok(Exit::Done)
    })
}

async fn open(config: &Config) -> Result<Core, Failure> {
    Ok(app::open(config, Machine::system(config)?).await?.core)
}

/// Serves until a signal ends it.
fn serve(config: &Config, mut output: Output<'_>) -> Result<Exit, Failure> {
    observe::init(&config.log).map_err(Failure::new)?;
    for warning in &config.warnings {
        log::warn!("{warning}");
    }
    let running = app::start(config, Machine::system(config)?)?;
    let [admin, login] = running.token_files().clone();
    let there = |file: PathBuf| file.is_file().then_some(file);
    announce(
        &Serving {
            address: running.address(),
            data_dir: running.data_dir().to_owned(),
            first_start: running.first_start(),
            admin_token: there(admin),
            login_token: there(login),
        },
        &mut output,
    )?;
    running.run_until_signal()?;
    Ok(Exit::Done)
}

fn verify(_: Config, _: Output<'_>) -> Result<Exit, Failure> {
    Err(Failure::message("this build has no store"))
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        let exit = if matches!(error, AppError::Locked(_)) {
            Exit::Locked
        } else {
            Exit::Failed
        };
        let hint = error.hint();
        let failure = Self {
            exit,
            ..Self::new(error)
        };
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}
