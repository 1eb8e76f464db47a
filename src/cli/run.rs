//! From arguments to a command on an open database: the one place that knows how both come about.

use std::path::PathBuf;

use anyhow::Context as _;
use sd_notify::NotifyState;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use super::args::{Cli, Command, ConfigCommand, EventsCommand, Serve};
use super::config;
use super::exit::Exit;
use super::failure::Failure;
use super::input::Input;
use super::operator::Operator;
use super::output::Output;
use super::progress::Progress;
use super::serve::{self, Serving};
use super::verify::{Verified, tell};
use super::{archive, backup, doctor, events, member, pat, session, shipped, user};
use crate::api::openapi;
use crate::app::{self, AppError, Certificates, Machine};
use crate::config::{Config, Overrides, environment};
use crate::observe;
use crate::storage::sqlite;

/// Does what the arguments say.
pub(super) fn run(cli: Cli, input: Input, mut output: Output<'_>) -> Result<Exit, Failure> {
    let command = cli
        .command
        .unwrap_or_else(|| Command::Serve(Serve::default()));
    // These look at no configuration.
    if let Command::Completions { shell } = command {
        return shipped::completions(shell, &mut output);
    }
    if let Command::Openapi = command {
        output.text(openapi::DOCUMENT)?;
        return Ok(Exit::Done);
    }
    if let Command::Man { directory } = &command {
        return shipped::man(directory, &mut output);
    }
    let overrides = Overrides {
        data_dir: cli.global.data_dir,
        listen: if let Command::Serve(args) = &command {
            args.listen
        } else {
            None
        },
    };
    let mut config = Config::load(cli.global.config.as_deref(), environment(), overrides)?;
    match command {
        Command::Serve(_) => serve(config, output),
        Command::Config(command) => {
            if let ConfigCommand::Check = command {
                let certificates = Certificates::load(&config).map_err(AppError::from)?;
                let warning = certificates.as_ref().and_then(Certificates::warning);
                config.warnings.extend(warning);
            }
            config::run(command, &config, &mut output)?;
            Ok(Exit::Done)
        }
        Command::Verify(args) => match args.archive {
            None => verify(config, output),
            Some(file) => on_file(config, output, async |config, opened, output| {
                archive::prove(config, opened, &file, output)
            }),
        },
        Command::Events(EventsCommand::Archive(args)) => {
            on_file(config, output, async |config, opened, output| {
                archive::archive(config, opened, &args, output).await
            })
        }
        Command::Backup(args) => backup::backup(&config, &args.file, &mut output),
        Command::Restore(args) => backup::restore(&config, &args.file, &mut output),
        Command::Doctor(args) => {
            let found = app::examine(&config, &observe::SystemClock, args.online);
            Ok(doctor::tell(found, &mut output)?)
        }
        // See above.
        Command::Completions { .. } | Command::Man { .. } | Command::Openapi => Ok(Exit::Done),
        Command::RotateKey(args) => doctor::rotate_key(&config, args.end_tokens, &mut output),
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
        // What somebody looks at who suspects something is shown whatever it was sealed with.
        Command::Events(command) => on_log(config, input, output, async |operator| {
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
    app::require_key(&config)?;
    on_log(config, input, output, work)
}

/// As [`on_data`], for what writes nothing.
fn on_log<'a>(
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

/// As [`on_data`], for what reads the file of the database itself.
fn on_file<'a>(
    config: Config,
    mut output: Output<'a>,
    work: impl AsyncFnOnce(&Config, &app::Opened, &mut Output<'a>) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let config = for_one(config);
    let machine = Machine::system(&config)?;
    runtime()?.block_on(async {
        let opened = app::open(&config, machine).await?;
        let done = work(&config, &opened, &mut output).await;
        opened.store.close();
        done
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

fn serve(config: Config, output: Output<'_>) -> Result<Exit, Failure> {
    observe::init(&config.log).context("cannot start the log")?;
    let served = until_told_to_stop(config, output);
    log::logger().flush();
    served
}

fn until_told_to_stop(config: Config, mut output: Output<'_>) -> Result<Exit, Failure> {
    for warning in &config.warnings {
        log::warn!("{warning}");
    }
    runtime()?.block_on(async {
        // Before anybody can know that there is something to stop.
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let machine = Machine::system(&config)?;
        // It has a runtime of its own, and one cannot be started within another.
        let running = tokio::task::spawn_blocking(move || app::start(&config, machine))
            .await
            .context("the start was broken off")??;
        let there = |path: &PathBuf| path.exists().then(|| path.clone());
        let [admin, login] = running.token_files();
        serve::announce(
            &Serving {
                address: running.address(),
                encrypted: running.encrypted(),
                data_dir: running.data_dir().to_owned(),
                first_start: running.first_start(),
                admin_token: there(admin),
                login_token: there(login),
            },
            &mut output,
        )?;
        tell_manager(&[NotifyState::Ready]);
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tell_manager(&[NotifyState::Stopping]);
        tokio::task::spawn_blocking(move || running.stop())
            .await
            .context("stopping was broken off")??;
        Ok(Exit::Done)
    })
}

/// Tells the service manager, where there is one that asked for it (`sd_notify(3)`).
fn tell_manager(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        log::warn!("the service manager cannot be told: {error}");
    }
}

/// Reads the database in one snapshot, beside a server or alone.
fn verify(config: Config, mut output: Output<'_>) -> Result<Exit, Failure> {
    let config = for_one(config);
    let machine = Machine::system(&config)?;
    let opened = runtime()?.block_on(app::open(&config, machine))?;
    let tokens = &opened.core.tokens;
    let progress = Progress::beside(&output, "verifying");
    let report = sqlite::verify(
        &config.database_path(),
        opened.seal.as_ref(),
        &|hash| tokens.fingerprint(hash),
        &mut |done, total| progress.tell(done, total),
    );
    drop(progress);
    opened.store.close();
    let report = report.map_err(AppError::from)?;
    Ok(tell(&Verified::from(report), &mut output)?)
}

fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        let exit = match &error {
            AppError::Locked(_) => Exit::Locked,
            AppError::Certificate(_)
            | AppError::ClientSecret { .. }
            | AppError::SigningKey { .. }
            | AppError::LoginNames { .. }
            | AppError::TokenHashing(_)
            | AppError::PasswordHashing(_)
            | AppError::Ids(_)
            | AppError::Roles(_) => Exit::Usage,
            AppError::DataDir { .. }
            | AppError::NoDatabase(_)
            | AppError::NotSetUp(_)
            | AppError::Emptied(_)
            | AppError::OtherKey(_)
            | AppError::Key(_)
            | AppError::Open(_)
            | AppError::Store(_)
            | AppError::Bootstrap(_)
            | AppError::TokenFile { .. }
            | AppError::Folder { .. }
            | AppError::MailFile { .. }
            | AppError::MailServer(_)
            | AppError::Webhook { .. }
            | AppError::Listen { .. }
            | AppError::HttpClient(_)
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
