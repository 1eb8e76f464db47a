//! Every command as it is typed, and what is refused.

use std::fmt::Write as _;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};

use super::Cli;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    let words = line.split(' ').filter(|word| !word.is_empty());
    Cli::try_parse_from(std::iter::once("bartizan").chain(words))
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn the_help_is_as_it_is_meant() {
    insta::assert_snapshot!(Cli::command().render_help());
}

/// What becomes of each line is in the snapshot.
#[test]
fn every_command_can_be_typed() {
    let lines = [
        "",
        "serve",
        "serve --listen 127.0.0.1:0",
        "--config a.toml --data-dir /var/lib/bartizan --output json serve --listen [::1]:8080",
        "session list",
        "session list --user mini --limit 5",
        "session list --login-name mini@mouse.com --all",
        "session show 7 --output json",
        "session terminate 7 8",
        "user add human --username mini --given-name Mini --family-name Mouse --email mini@mouse.com",
        "user add human --username mini --given-name Mini --family-name Mouse --email mini@mouse.com \
         --email-verified --password-stdin --change-required --id f3b1 --org 5",
        "user add human --username mini --given-name Mini --family-name Mouse --email mini@mouse.com \
         --password-file p",
        "user add human --username mini --given-name Mini --family-name Mouse --email mini@mouse.com \
         --password-hash $2y$x",
        "user add machine --username svc",
        "user add machine --username svc --name Service --description Billing --id 9 --org 5",
        "user list",
        "user list --state locked --type human --search min --limit 5",
        "user list --all",
        "user show mini",
        "user lock mini",
        "user unlock mini",
        "user deactivate mini",
        "user reactivate mini",
        "user remove mini",
        "user remove mini --yes",
        "user set-password mini",
        "user set-password mini --password-stdin --change-required",
        "pat create svc",
        "pat create svc --expires 2027-01-01T00:00:00Z",
        "pat create svc --expires-in 90d --out svc.pat",
        "pat list svc",
        "pat revoke svc 4",
        "member set svc --role IAM_OWNER",
        "member set svc --role ORG_OWNER ORG_USER_MANAGER --org 5",
        "member set svc --role ORG_OWNER,ORG_USER_MANAGER --role ORG_OWNER_VIEWER",
        "member list",
        "member list svc",
        "member remove svc",
        "member remove svc --org 5",
        "member roles",
        "events tail",
        "events tail --after 10 --limit 5 --follow",
        "events show session 7",
        "events show user mini",
        "events show org 5",
        "events show instance",
        "events show instance 1",
        "events archive a.jsonl",
        "events archive a.jsonl --until 7 --before 2027-01-01T00:00:00Z",
        "verify",
        "verify --archive a.jsonl",
        "doctor",
        "doctor --online --output json",
        "rotate-key",
        "rotate-key --end-tokens",
        "completions bash",
        "man target/man",
        "config check",
        "config show --config a.toml",
    ];
    let mut parsed = String::new();
    for line in lines {
        let cli = parse(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        writeln!(parsed, "$ bartizan {line}\n{cli:?}").unwrap();
    }
    insta::assert_snapshot!(parsed);
}

#[test]
fn what_does_not_fit_is_refused() {
    use ErrorKind::{
        ArgumentConflict, DisplayHelpOnMissingArgumentOrSubcommand, InvalidSubcommand,
        InvalidValue, MissingRequiredArgument, UnknownArgument, ValueValidation,
    };
    for (line, kind) in [
        ("sessions", InvalidSubcommand),
        ("session", DisplayHelpOnMissingArgumentOrSubcommand),
        ("--output yaml", InvalidValue),
        ("serve --listen 8080", ValueValidation),
        (
            "session list --user mini --login-name mini",
            ArgumentConflict,
        ),
        ("session list --limit 5 --all", ArgumentConflict),
        ("session list --limit -1", UnknownArgument),
        ("session show", MissingRequiredArgument),
        ("session show mini", ValueValidation),
        ("session terminate", MissingRequiredArgument),
        ("user add", DisplayHelpOnMissingArgumentOrSubcommand),
        ("user add human --username mini", MissingRequiredArgument),
        ("user set-password mini --password hunter2", UnknownArgument),
        (
            "user set-password mini --password-stdin --password-file p",
            ArgumentConflict,
        ),
        (
            "user set-password mini --password-stdin --password-hash h",
            ArgumentConflict,
        ),
        ("user list --state removed", InvalidValue),
        ("pat create svc --expires 2027-01-01", ValueValidation),
        ("pat create svc --expires-in 90", ValueValidation),
        (
            "pat create svc --expires-in 90d --expires 2027-01-01T00:00:00Z",
            ArgumentConflict,
        ),
        ("pat revoke svc", MissingRequiredArgument),
        ("member set svc", MissingRequiredArgument),
        ("member set svc --role", InvalidValue),
        ("member remove svc --org acme", ValueValidation),
        ("events tail --after -1", UnknownArgument),
        ("events show session", MissingRequiredArgument),
        ("events show user", MissingRequiredArgument),
        ("events show org", MissingRequiredArgument),
        ("events show role 7", InvalidValue),
        ("events archive", MissingRequiredArgument),
        ("events archive a --before 2027", ValueValidation),
        ("verify now", UnknownArgument),
    ] {
        let refused = parse(line).expect_err(line);
        assert_eq!(refused.kind(), kind, "{line}\n{refused}");
        assert_eq!(refused.exit_code(), 2, "{line}");
    }
}

#[test]
fn a_password_that_was_typed_as_an_argument_is_not_repeated() {
    for line in [
        "user set-password mini --password=hunter2",
        "user set-password mini --password hunter2",
        "user add human --password hunter2",
    ] {
        let refused = parse(line).expect_err(line);
        assert!(!refused.to_string().contains("hunter2"), "{refused}");
    }
}

#[test]
fn a_hash_is_not_among_what_is_printed_of_the_arguments() {
    let cli = parse("user set-password mini --password-hash $2y$x").unwrap();
    assert!(!format!("{cli:?}").contains("$2y"), "{cli:?}");
}

#[test]
fn paths_need_not_be_utf_8() {
    use std::os::unix::ffi::OsStringExt as _;
    let path = OsString::from_vec(vec![b'a', 0xff]);
    let words = ["bartizan".into(), "--data-dir".into(), path.clone()];
    let cli = Cli::try_parse_from(words).unwrap();
    assert_eq!(cli.global.data_dir.unwrap(), path);
}
