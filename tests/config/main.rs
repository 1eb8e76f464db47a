//! The configuration as a whole: `config.toml` against the types, the order of sources, the words of
//! errors, and that no secret is ever shown.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod errors;
mod event_webhooks;
mod idp;
mod secrets;
mod shipped;

use std::path::Path;
use std::time::Duration;

use bartizan::config::{Config, ConfigError, HumanConfig, LogFormat, Overrides};
use bartizan::domain::permission::Permission;
use bartizan::domain::policy::{Policies, SecondFactor};
use bartizan::domain::settings::Settings;

const NOWHERE: &str = "/nonexistent/config.toml";

/// Loads a file with this text, and variables.
fn load(toml: &str, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config.toml");
    std::fs::write(&path, toml).unwrap();
    Config::load_or(None, &path, variables(env), Overrides::default())
}

fn variables(env: &[(&str, &str)]) -> Vec<(String, String)> {
    env.iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn later_sources_win() {
    let file = "[log]\nlevel = \"warn\"\n[first_instance]\norg_name = \"File\"\n";
    let zitadel = ("ZITADEL_FIRSTINSTANCE_ORG_NAME", "Theirs");
    let ours = ("BARTIZAN_FIRST_INSTANCE__ORG_NAME", "Ours");
    let name = |env: &[_]| load(file, env).unwrap().first_instance.org_name;
    assert_eq!(Config::default().first_instance.org_name, "ZITADEL");
    assert_eq!(name(&[]), "File");
    assert_eq!(name(&[zitadel]), "Theirs");
    assert_eq!(name(&[ours, zitadel]), "Ours");

    let level = |env: &[_]| load(file, env).unwrap().log.level;
    assert_eq!(level(&[]), "warn");
    assert_eq!(level(&[("RUST_LOG", "")]), "warn");
    assert_eq!(level(&[("BARTIZAN_LOG__LEVEL", "debug")]), "debug");
    let shared = ("RUST_LOG", "bartizan=trace");
    assert_eq!(
        level(&[shared, ("BARTIZAN_LOG__LEVEL", "debug")]),
        "bartizan=trace"
    );
}

#[test]
fn flags_win_over_everything() {
    let env = [
        ("BARTIZAN_DATA_DIR", "/from/variable"),
        ("BARTIZAN_SERVER__LISTEN", "127.0.0.1:1"),
    ];
    let flags = Overrides {
        data_dir: Some("/from/flag".into()),
        listen: Some(([127, 0, 0, 1], 2).into()),
    };
    let config = Config::load_or(None, NOWHERE.as_ref(), variables(&env), flags).unwrap();
    assert_eq!(config.data_dir, Path::new("/from/flag"));
    assert_eq!(config.server.listen.port(), 2);
    assert_eq!(config.database_path(), Path::new("/from/flag/bartizan.db"));
    assert_eq!(config.key_path(), Path::new("/from/flag/bartizan.key"));
    assert_eq!(config.admin_pat_path(), Path::new("/from/flag/admin.pat"));
    assert_eq!(
        config.login_client_pat_path(),
        Path::new("/from/flag/login-client.pat")
    );
}

#[test]
fn the_flag_names_the_file_before_the_variable_before_the_default() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, node: u8| {
        let path = dir.path().join(name);
        std::fs::write(&path, format!("ids.node = {node}")).unwrap();
        path
    };
    let (default, variable, flag) = (file("0", 1), file("1", 2), file("2", 3));
    let env = variables(&[("BARTIZAN_CONFIG", variable.to_str().unwrap())]);
    let node = |named: Option<&Path>, env: &[_]| {
        Config::load_or(named, &default, env.to_vec(), Overrides::default())
            .unwrap()
            .ids
            .node
    };
    assert_eq!(node(None, &[]), 1);
    assert_eq!(node(None, &env), 2);
    assert_eq!(node(Some(&flag), &env), 3);
}

#[test]
fn variables_reach_every_kind_of_key() {
    let config = load(
        "",
        &[
            ("BARTIZAN_DATA_DIR", "/var/lib/bartizan"),
            ("BARTIZAN_SERVER__LISTEN", "[::]:80"),
            ("BARTIZAN_SERVER__BODY_LIMIT", "64KiB"),
            ("BARTIZAN_SERVER__IDLE_TIMEOUT", "2m"),
            ("BARTIZAN_POLICY__LOCKOUT__MAX_PASSWORD_ATTEMPTS", "7"),
            (
                "BARTIZAN_POLICY__DOMAIN__LOGIN_NAME_INCLUDES_DOMAIN",
                "true",
            ),
            ("BARTIZAN_LOG__FORMAT", "json"),
            ("BARTIZAN_ROLES__SUPPORT", "session.read, user.read"),
            ("BARTIZAN_ROLES__ORG_OWNER", ""),
            ("BARTIZAN_FIRST_INSTANCE__LOGIN_CLIENT__NAME", "Login"),
            ("BARTIZAN_FIRST_INSTANCE__HUMAN__FIRST_NAME", "Ada"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap();
    assert_eq!(config.data_dir, Path::new("/var/lib/bartizan"));
    assert_eq!(config.server.listen.to_string(), "[::]:80");
    assert_eq!(config.server.body_limit, 65_536);
    assert_eq!(config.server.idle_timeout, Duration::from_mins(2));
    let policies = config.policies();
    assert_eq!(policies.lockout.max_password_attempts, 7);
    assert!(policies.login_name_includes_domain);
    assert_eq!(config.log.format, LogFormat::Json);
    let roles = config.role_table().unwrap();
    let support: Vec<_> = roles.permissions(["SUPPORT"]).iter().collect();
    assert_eq!(support, [Permission::SessionRead, Permission::UserRead]);
    assert_eq!(roles.permissions(["ORG_OWNER"]).iter().count(), 0);
    assert!(roles.knows("IAM_OWNER"));
    let first = config.first_instance;
    // The rest of a section keeps its own defaults.
    assert_eq!(first.login_client.name, "Login");
    assert_eq!(first.login_client.username, "login-client");
    assert_eq!(first.human.unwrap().first_name, "Ada");
}

#[test]
fn default_policies_and_settings_are_those_of_the_domain() {
    assert_eq!(Config::default().policies(), Policies::default());
    assert_eq!(Config::default().settings(), Settings::default());
}

#[test]
fn lists_replace_the_default_as_a_whole() {
    let factors = |file: &str, env: &[_]| {
        let login = load(file, env).unwrap().policies().login;
        login.second_factors.iter().collect::<Vec<_>>()
    };
    let file = "policy.login.second_factors = [\"otp_sms\"]";
    let none = [("BARTIZAN_POLICY__LOGIN__SECOND_FACTORS", "")];
    let two = [(
        "BARTIZAN_POLICY__LOGIN__SECOND_FACTORS",
        "u2f, recovery_codes",
    )];
    assert_eq!(factors("", &[]), [SecondFactor::Totp, SecondFactor::U2f]);
    assert_eq!(factors(file, &[]), [SecondFactor::OtpSms]);
    assert_eq!(factors(file, &none), []);
    assert_eq!(
        factors(file, &two),
        [SecondFactor::U2f, SecondFactor::RecoveryCodes]
    );
    let login = load("policy.login.multi_factors = []", &[]).unwrap();
    assert!(!login.policies().login.allow_multi_factor_passkey);
}

#[test]
fn zero_stands_for_as_many_as_there_are_cores() {
    let cores = std::thread::available_parallelism().unwrap().get();
    let config = Config::default();
    assert_eq!(config.workers(), cores);
    assert_eq!(config.read_connections(), cores);
    assert_eq!(config.hashing_threads(), cores);
    let config = load("server.workers = 7", &[]).unwrap();
    assert_eq!((config.workers(), config.read_connections()), (7, 7));
}

#[test]
fn the_organisations_domain_is_made_of_its_name() {
    for (name, domain, expected) in [
        ("ZITADEL", "localhost", "zitadel.localhost"),
        ("Acme  Inc.", "Example.com", "acme-inc.example.com"),
        ("  -- Q&A -- ", "localhost", "q-a.localhost"),
        ("\u{dc}ber", "localhost", "ber.localhost"),
        ("\u{6771}\u{4eac}", "localhost", "localhost"),
    ] {
        let file = format!(
            "first_instance.org_name = \"{name}\"\nfirst_instance.external_domain = \"{domain}\""
        );
        let first = load(&file, &[]).unwrap().first_instance;
        assert_eq!(first.org_domain(), expected, "{name}");
    }
    let name = |username: &str| HumanConfig {
        username: username.to_owned(),
        ..HumanConfig::default()
    };
    for (username, full) in [
        ("root", "root@acme.example"),
        ("a@b.example", "a@b.example"),
    ] {
        assert_eq!(name(username).full_username("acme.example"), full);
        assert_eq!(name(username).email_address("acme.example"), full);
    }
}
