//! ZITADEL's own clients, unchanged, against the real program: each is installed from its registry and
//! runs a program written the way its documentation shows (spec clients.md).
//!
//! They need Python 3.10 with `venv`, Node 20 with `npm`, curl with HTTP/2, Chromium, and the
//! registries, so a plain `cargo test` leaves them out.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
#![expect(clippy::panic, reason = "helpers of tests fail by panicking")]

mod install;
mod mail;
mod provider;
mod server;

use std::path::Path;
use std::process::Command;

use mail::MailServer;
use provider::IdentityProvider;
use server::Server;

/// Runs a program against a server of its own, which must be found whole afterwards.
#[track_caller]
fn run(program: &str, command: Command) {
    run_on(Server::start(), program, command);
}

/// As [`run`], against this server.
#[track_caller]
fn run_on(server: Server, program: &str, mut command: Command) {
    let output = command
        .env("ZITADEL_API_URL", server.url())
        .env("ZITADEL_ADMIN_TOKEN_FILE", server.token_file("admin.pat"))
        .env(
            "ZITADEL_SERVICE_USER_TOKEN_FILE",
            server.token_file("login-client.pat"),
        )
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let steps = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{program}: {}\n{steps}{said}\nthe server:\n{}",
        output.status,
        server.log()
    );
    assert!(steps.lines().any(|line| line.starts_with("ok ")), "{steps}");
    server.stop_and_verify();
}

/// A program of `tests/clients/node`.
#[track_caller]
fn node(program: &str) {
    run(program, node_command(program));
}

/// The same over TLS.
#[track_caller]
fn node_over_tls(program: &str) {
    let server = Server::start_encrypted();
    let mut command = node_command(program);
    command.env("NODE_EXTRA_CA_CERTS", server.certificate());
    run_on(server, program, command);
}

fn node_command(program: &str) -> Command {
    let home = install::node();
    let mut command = Command::new("node");
    command.arg(home.join(program)).current_dir(&home);
    command
}

/// A program of `tests/clients/python`.
#[track_caller]
fn python(program: &str) {
    let (interpreter, programs) = install::python();
    let mut command = Command::new(interpreter);
    command
        .arg(programs.join(program))
        .current_dir(&programs)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    run(program, command);
}

/// A login at a real identity provider.
#[track_caller]
fn external_login() {
    let provider = IdentityProvider::start();
    let settings = provider.settings();
    let settings: Vec<_> = settings
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let mut command = node_command("external-login.mjs");
    command
        .env("IDP_ID", provider::ID)
        .env("IDP_ISSUER", provider.issuer())
        .env("EXTERNAL_URL", provider::EXTERNAL);
    run_on(Server::start_with(&settings), "external-login.mjs", command);
}

/// Codes by mail, over a connection that is encrypted so.
#[track_caller]
fn mails(tls: &'static str) {
    let mail = MailServer::start(tls);
    let settings = mail.settings();
    let settings: Vec<_> = settings
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let (interpreter, programs) = install::mail();
    let mut command = Command::new(interpreter);
    command
        .arg(programs.join("receive.py"))
        .env("MAILS", mail.mails());
    run_on(Server::start_with(&settings), "receive.py", command);
}

macro_rules! clients {
    ($($(#[$doc:meta])* $name:ident => $run:expr;)+) => { $(
        $(#[$doc])*
        #[test]
        #[ignore = "installs a client from its registry: cargo test --test clients -- --ignored"]
        fn $name() {
            $run;
        }
    )+ };
}

clients! {
    zitadel_client_of_python => python("sdk.py");
    grpcio_with_reflected_messages => python("reflected.py");
    zitadel_client_of_node_over_grpc => node("grpc.mjs");
    zitadel_client_of_node_over_grpc_web => node("web.mjs");
    zitadel_client_of_node_over_connect => node("connect.mjs");
    zitadel_client_of_node_over_grpc_and_tls => node_over_tls("grpc.mjs");
    zitadel_client_of_node_over_grpc_web_and_tls => node_over_tls("web.mjs");
    zitadel_client_in_a_browser => node("browser.mjs");
    zitadel_node_of_the_community => node("nice-grpc.mjs");
    the_login_page => node("login-page.mjs");
    a_login_at_an_identity_provider => external_login();
    mails_in_clear => mails("none");
    mails_after_starttls => mails("starttls");
    mails_over_tls => mails("tls");
    curl => run("journey.sh", {
        let mut command = Command::new("sh");
        command.arg(install::source("curl").join("journey.sh"));
        command
    });
}

/// The folder of this test's files.
fn here() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients"))
}
