//! From arguments to a command on an open database: the one place that knows how both come about.

use super::args::{Cli, Command, Serve};
use super::config;
use super::exit::Exit;
use super::failure::Failure;
use super::input::Input;
use super::operator::Operator;
use super::output::Output;
use super::{events, member, pat, session, user};
use crate::config::{Config, Overrides, environment};
use crate::core::Core;

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
        Command::Serve(_) => serve(config, output),
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

async fn open(_: &Config) -> Result<Core, Failure> {
    Err(Failure::message("this build has no store"))
}

fn serve(_: Config, _: Output<'_>) -> Result<Exit, Failure> {
    Err(Failure::message("this build has no server"))
}

fn verify(_: Config, _: Output<'_>) -> Result<Exit, Failure> {
    Err(Failure::message("this build has no store"))
}
