//! `serve`: from the first word to the last.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};

use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::run::runtime;
use crate::app::{self, Machine, Running};
use crate::config::Config;
use crate::observe;

/// Serves until SIGTERM or SIGINT.
pub(super) fn run(config: Config, mut output: Output<'_>) -> Result<Exit, Failure> {
    observe::init(&config.log).context("cannot start the log")?;
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
        announce(&Serving::of(&running), &mut output);
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tokio::task::spawn_blocking(move || running.stop())
            .await
            .context("stopping was broken off")??;
        Ok(Exit::Done)
    })
}

/// A service that takes requests.
#[derive(Debug)]
struct Serving {
    /// Where.
    address: SocketAddr,
    /// Its data directory.
    data_dir: PathBuf,
    /// Whether it was set up just now.
    first_start: bool,
    /// The file with the token of the role `IAM_OWNER`, while it is there.
    admin_token: Option<PathBuf>,
    /// The file with the token of the role `IAM_LOGIN_CLIENT`, while it is there.
    login_token: Option<PathBuf>,
}

impl Serving {
    fn of(running: &Running) -> Self {
        let there = |path: &PathBuf| path.exists().then(|| path.clone());
        let [admin, login] = running.token_files();
        Self {
            address: running.address(),
            data_dir: running.data_dir().to_owned(),
            first_start: running.first_start(),
            admin_token: there(admin),
            login_token: there(login),
        }
    }
}

/// Says that it is there, in one line, and where the tokens are; after the first start also what to
/// type next.
fn announce(serving: &Serving, output: &mut Output<'_>) {
    let (address, data_dir) = (serving.address, serving.data_dir.display());
    output.message(&format!(
        "listening on: `http://{address}` (data in `{data_dir}`)"
    ));
    for (role, file) in [
        ("IAM_OWNER", &serving.admin_token),
        ("IAM_LOGIN_CLIENT", &serving.login_token),
    ] {
        if let Some(file) = file {
            output.message(&format!("token with the role {role}: `{}`", file.display()));
        }
    }
    if let Some(token) = serving.login_token.as_ref().filter(|_| serving.first_start) {
        output.hint("open a session with");
        output.message(&format!(
            "curl http://{}/v2/sessions -H \"Authorization: Bearer $(cat {})\" -H 'Content-Type: application/json' -d '{{}}'",
            reachable(address),
            token.display()
        ));
    }
}

/// Where a program on this machine finds a port that is open on all its addresses.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), address.port())
    } else {
        address
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Format;
    use crate::cli::fixtures::written;

    fn serving() -> Serving {
        Serving {
            address: "127.0.0.1:8080".parse().unwrap(),
            data_dir: "./bartizan-data".into(),
            first_start: true,
            admin_token: Some("./bartizan-data/admin.pat".into()),
            login_token: Some("./bartizan-data/login-client.pat".into()),
        }
    }

    fn announced(serving: &Serving) -> String {
        let (data, messages) = written(Format::Table, |output| announce(serving, output));
        assert_eq!(data, "", "stdout is for data");
        messages
    }

    #[test]
    fn the_first_start_says_what_to_type_next() {
        insta::assert_snapshot!(announced(&serving()));
    }

    #[test]
    fn later_starts_say_where_things_are() {
        let later = Serving {
            first_start: false,
            admin_token: None,
            ..serving()
        };
        insta::assert_snapshot!(announced(&later));
    }

    #[test]
    fn what_is_to_be_typed_can_be_reached() {
        for (listening, typed) in [
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::]:80", "127.0.0.1:80"),
            ("[::1]:80", "[::1]:80"),
            ("192.0.2.7:80", "192.0.2.7:80"),
        ] {
            let address = listening.parse().unwrap();
            assert_eq!(reachable(address).to_string(), typed, "{listening}");
        }
    }
}
