//! The words of errors, whole.

use super::load;

/// The text of the error, with the path of the temporary file shortened.
#[track_caller]
fn refused(toml: &str, env: &[(&str, &str)]) -> String {
    let text = load(toml, env).unwrap_err().to_string();
    let Some((before, rest)) = text.split_once("`/") else {
        return text;
    };
    let (_, after) = rest.split_once("config.toml`").unwrap();
    format!("{before}`config.toml`{after}")
}

/// The sentence, then the hint.
#[track_caller]
pub(crate) fn assert_refused(toml: &str, env: &[(&str, &str)], sentence: &str, hint: &str) {
    assert_eq!(refused(toml, env), format!("{sentence}\n\nhint: {hint}"));
}

#[test]
fn unknown_keys_of_the_file() {
    assert_refused(
        "[server]\nlisen = \"127.0.0.1:8080\"",
        &[],
        "unknown key in file `config.toml`: `server.lisen`",
        "the keys of `[server]` are `listen`, `external_url`, `trusted_proxies`, `forwarded_header`, `workers`, \
         `body_limit`, `body_memory`, `max_connections`, `connections_per_address`, `header_timeout`, `body_timeout`, `stall_timeout`, `idle_timeout`, `drain_timeout`, `tls`",
    );
    assert_refused(
        "[sever]",
        &[],
        "unknown key in file `config.toml`: `sever`",
        "the keys and sections of the top level are `data_dir`, `server`, `storage`, `sweep`, \
         `tokens`, `passwords`, `policy`, `general`, `branding`, `legal`, `security`, \
         `notifications`, `events`, `forward_auth`, `list`, `ids`, `log`, `metrics`, `traces`, `first_instance`, `idp`, `roles`",
    );
    assert_refused(
        "[policy.lockouts]\nmax = 1",
        &[],
        "unknown key in file `config.toml`: `policy.lockouts`",
        "the keys of `[policy]` are `complexity`, `lockout`, `attempts`, `failures`, `tarpit`, \
         `login`, `password_expiry`, `domain`",
    );
    assert_refused(
        "[roles]\n\"My Role\" = []",
        &[],
        "unknown key in file `config.toml`: `roles.My Role`",
        "the name of a role has letters, digits and `_`",
    );
    // Neither a quoted dot nor capitals reach another key.
    for (toml, key) in [
        ("\"server.listen\" = 1", "server.listen"),
        ("[Server]\nlisten = 1", "Server"),
        ("\"server[0]\" = 1", "server[0]"),
        ("warnings = []", "warnings"),
        ("\"a\\u001b\\nb\" = 1", "a\\u{1b}\\nb"),
    ] {
        let text = refused(toml, &[]);
        let sentence = format!("unknown key in file `config.toml`: `{key}`\n");
        assert!(text.starts_with(&sentence), "{text}");
    }
}

#[test]
fn unknown_variables() {
    assert_refused(
        "",
        &[("BARTIZAN_SERVER_LISTEN", "127.0.0.1:1")],
        "unknown environment variable: `BARTIZAN_SERVER_LISTEN`",
        "did you mean `BARTIZAN_SERVER__LISTEN`",
    );
    assert_refused(
        "",
        &[("BARTIZAN_Server__Listen", "127.0.0.1:1")],
        "unknown environment variable: `BARTIZAN_Server__Listen`",
        "did you mean `BARTIZAN_SERVER__LISTEN`",
    );
    for name in [
        "BARTIZAN_COLOR",
        "BARTIZAN_",
        "BARTIZAN_SERVER",
        "BARTIZAN_ROLES",
        "BARTIZAN_ROLES__",
        "BARTIZAN_ROLES__MY-ROLE",
        "BARTIZAN_WARNINGS",
    ] {
        assert_refused(
            "",
            &[(name, "x")],
            &format!("unknown environment variable: `{name}`"),
            "variables are named `BARTIZAN_<SECTION>__<KEY>`, with two underscores for each dot, \
             after the keys in `config.toml`",
        );
    }
}

#[test]
fn variables_that_an_orchestrator_sets_for_a_service_of_our_name_are_let_be() {
    let names = [
        "BARTIZAN_PORT",
        "BARTIZAN_SERVICE_HOST",
        "BARTIZAN_SERVICE_PORT",
        "BARTIZAN_SERVICE_PORT_HTTP",
        "BARTIZAN_PORT_8080_TCP",
        "BARTIZAN_PORT_8080_TCP_PROTO",
        "BARTIZAN_PORT_8080_TCP_ADDR",
    ];
    for name in names {
        let config = load("", &[(name, "tcp://10.0.0.1:8080")]).unwrap();
        assert!(config.warnings.is_empty(), "{name}");
    }
}

#[test]
fn values_of_the_wrong_kind() {
    const COUNT: &str = "a whole number from 0 to 1024";
    const FLAG: &str = "`true` or `false`";
    const SPAN: &str = "a span of time from 100ms to 1h with its unit, such as `5s` or `15m`";
    const SIZE: &str = "a size from 1KiB to 64MiB with its unit, `B`, `KiB`, `MiB` or `GiB`";
    const ADDRESS: &str = "an IP address and a port, such as `0.0.0.0:8080`";
    const LEVEL: &str =
        "`off`, `error`, `warn`, `info`, `debug` or `trace`, and `target=level` after commas";
    const NAMES: &str = "a list of permissions, such as `[\"session.read\", \"user.read\"]`";
    for (key, value, allowed) in [
        ("server.workers", "\"4\"", COUNT),
        ("server.workers", "2.5", COUNT),
        ("server.workers", "true", COUNT),
        ("server.workers", "[1, 2]", COUNT),
        ("log.access", "\"yes\"", FLAG),
        ("log.access", "1", FLAG),
        ("log.format", "\"xml\"", "one of `text`, `json`"),
        ("log.level", "\"inof\"", LEVEL),
        ("data_dir", "1", "a path"),
        ("roles.X", "\"user.read\"", NAMES),
        ("server.body_timeout", "5", SPAN),
        ("server.body_limit", "1024", SIZE),
        ("server.listen", "\"localhost:8080\"", ADDRESS),
        (
            "branding.light.font_color",
            "\"red\"",
            "a colour, such as `#5469d4`",
        ),
        (
            "legal.help_link",
            "\"help.html\"",
            "a web address, such as `https://example.com/help`, or nothing",
        ),
        (
            "security.allowed_origins",
            "\"https://a\"",
            "a list, each item an origin, such as `https://example.com`",
        ),
    ] {
        assert_refused(
            &format!("{key} = {value}"),
            &[],
            &format!(
                "value of `{key}` in file `config.toml` is not allowed: `{}`",
                value.trim_matches('"')
            ),
            &format!("write {allowed}"),
        );
    }
}

#[test]
fn items_of_the_wrong_kind() {
    for (key, value, shown, allowed) in [
        (
            "policy.login.multi_factors",
            "[\"otp\"]",
            "[otp]",
            "a list, each item one of `u2f_with_verification`",
        ),
        (
            "security.allowed_origins",
            "[\"https://a\", 1]",
            "[https://a, 1]",
            "a list, each item an origin, such as `https://example.com`",
        ),
    ] {
        assert_refused(
            &format!("{key} = {value}"),
            &[],
            &format!("value of `{key}` in file `config.toml` is not allowed: `{shown}`"),
            &format!("write {allowed}"),
        );
    }
}

#[test]
fn sections_and_values_in_the_place_of_the_other() {
    assert_refused(
        "server.workers.a = 1",
        &[],
        "value of `server.workers` in file `config.toml` is not allowed: `{\u{2026}}`",
        "write a whole number from 0 to 1024",
    );
    for section in ["server", "roles"] {
        assert_refused(
            &format!("{section} = []"),
            &[],
            &format!("value of `{section}` in file `config.toml` is not allowed"),
            &format!("write a section, `[{section}]`, with its keys below it"),
        );
    }
}

#[test]
fn values_out_of_their_range() {
    for (key, value, allowed) in [
        ("ids.node", "4", "a whole number from 0 to 3"),
        ("ids.node", "-1", "a whole number from 0 to 3"),
        (
            "list.default_limit",
            "0",
            "a whole number from 1 to 1000000",
        ),
        (
            "list.default_limit",
            "4294967396",
            "a whole number from 1 to 1000000",
        ),
        (
            "policy.complexity.min_length",
            "0",
            "a whole number from 1 to 200",
        ),
    ] {
        assert_refused(
            &format!("{key} = {value}"),
            &[],
            &format!("value of `{key}` in file `config.toml` is not allowed: `{value}`"),
            &format!("write {allowed}"),
        );
        let name = format!("BARTIZAN_{}", key.replace('.', "__").to_uppercase());
        assert_refused(
            "",
            &[(&name, value)],
            &format!("value of `{key}` in environment variable `{name}` is not allowed: `{value}`"),
            &format!("write {allowed}"),
        );
    }
}

#[test]
fn a_wrong_value_is_told_even_where_another_source_would_hide_it() {
    assert_refused(
        "ids.node = 9",
        &[("BARTIZAN_IDS__NODE", "1")],
        "value of `ids.node` in file `config.toml` is not allowed: `9`",
        "write a whole number from 0 to 3",
    );
}

#[test]
fn shared_variables_are_named_as_they_are() {
    assert_refused(
        "",
        &[("RUST_LOG", "verbose")],
        "value of `log.level` in environment variable `RUST_LOG` is not allowed: `verbose`",
        "write `off`, `error`, `warn`, `info`, `debug` or `trace`, and `target=level` after commas",
    );
    assert_refused(
        "",
        &[(
            "ZITADEL_FIRSTINSTANCE_ORG_MACHINE_PAT_EXPIRATIONDATE",
            "soon",
        )],
        "value of `first_instance.machine.pat_expiration` in environment variable \
         `ZITADEL_FIRSTINSTANCE_ORG_MACHINE_PAT_EXPIRATIONDATE` is not allowed: `soon`",
        "write a moment with its time zone, such as `2030-01-01T00:00:00Z`",
    );
}

#[test]
fn values_are_shown_on_one_line_and_not_at_length() {
    let text = refused("", &[("BARTIZAN_SERVER__LISTEN", "a\n\u{1b}[31mb")]);
    assert!(text.contains(r": `a\n\u{1b}[31mb`"), "{text}");
    let text = refused("", &[("BARTIZAN_SERVER__LISTEN", &"x".repeat(10_000))]);
    assert!(
        text.contains(&format!(": `{}\u{2026}`", "x".repeat(79))),
        "{text}"
    );
}

#[test]
fn permissions_that_do_not_exist() {
    let text = refused("roles.SUPPORT = [\"session.read\", \"session.fly\"]", &[]);
    assert!(
        text.starts_with(
            "value of `roles.SUPPORT` in file `config.toml` is not allowed: `session.fly`\n\n\
             hint: write permissions out of `session.read`, `session.write`, "
        ),
        "{text}"
    );
    assert!(text.ends_with(", `events.read`"), "{text}");
}

#[test]
fn values_that_do_not_fit_each_other() {
    assert_refused(
        "list.default_limit = 2000",
        &[],
        "value of `list.default_limit` in file `config.toml` is not allowed: `2000`",
        "write at most the value of `list.max_limit`, which is 1000",
    );
    assert_refused(
        "list.max_limit = 50",
        &[],
        "value of `list.max_limit` in file `config.toml` is not allowed: `50`",
        "write at least the value of `list.default_limit`, which is 100, or 0 for no limit",
    );
    assert!(load("[list]\ndefault_limit = 2000\nmax_limit = 0", &[]).is_ok());
    assert_refused(
        "[passwords]\nmemory_kib = 8\nparallelism = 2",
        &[],
        "value of `passwords.memory_kib` in file `config.toml` is not allowed: `8`",
        "write at least 16, which is 8 for each of `passwords.parallelism`",
    );
    assert_refused(
        "",
        &[(
            "BARTIZAN_FIRST_INSTANCE__LOGIN_CLIENT__USERNAME",
            "ADMIN-sa",
        )],
        "value of `first_instance.login_client.username` in environment variable \
         `BARTIZAN_FIRST_INSTANCE__LOGIN_CLIENT__USERNAME` is not allowed: `ADMIN-sa`",
        "write another name than that of `first_instance.machine.username`",
    );
    assert_refused(
        "first_instance.human.username = \"login-client\"",
        &[],
        "value of `first_instance.human.username` in file `config.toml` is not allowed: \
         `login-client`",
        "write another name than that of `first_instance.login_client.username`",
    );
    assert_refused(
        "data_dir = \"x\"\nfirst_instance.machine.pat_path = \"x/login-client.pat\"",
        &[],
        "value of `first_instance.machine.pat_path` in file `config.toml` is not allowed: \
         `x/login-client.pat`",
        "write another path than that of `first_instance.login_client.pat_path`",
    );
}

#[test]
fn languages_that_do_not_fit_each_other() {
    assert_refused(
        "general.default_language = \"tlh\"\ngeneral.supported_languages = [\"de\", \"en\"]",
        &[],
        "value of `general.default_language` in file `config.toml` is not allowed: `tlh`",
        "write one of `general.supported_languages`, which are `de`, `en`",
    );
    assert_refused(
        "general.supported_languages = [\"de\", \"fr\"]",
        &[],
        "value of `general.supported_languages` in file `config.toml` is not allowed: `de, fr`",
        "write a list with `en` in it, which `general.default_language` names",
    );
    assert_refused(
        "",
        &[("BARTIZAN_GENERAL__ALLOWED_LANGUAGES", "de,fr")],
        "value of `general.allowed_languages` in environment variable \
         `BARTIZAN_GENERAL__ALLOWED_LANGUAGES` is not allowed: `de, fr`",
        "write a list with `en` in it, which `general.default_language` names",
    );
    assert_refused(
        "general.supported_languages = [\"de\", \"en\"]\ngeneral.allowed_languages = [\"en\", \"fr\"]",
        &[],
        "value of `general.allowed_languages` in file `config.toml` is not allowed: `fr`",
        "write one of `general.supported_languages`, which are `de`, `en`",
    );
    assert!(load("general.default_language = \"de\"", &[]).is_ok());
}

#[test]
fn a_certificate_needs_its_key_and_a_key_its_certificate() {
    assert_refused(
        "server.tls.certificate = \"tls.crt\"",
        &[],
        "`server.tls.certificate` is set in file `config.toml` and `server.tls.key` is not",
        "set both or neither",
    );
    assert_refused(
        "",
        &[("BARTIZAN_SERVER__TLS__KEY", "tls.key")],
        "`server.tls.key` is set in environment variable `BARTIZAN_SERVER__TLS__KEY` and \
         `server.tls.certificate` is not",
        "set both or neither",
    );
    let both = "[server.tls]\ncertificate = \"tls.crt\"\nkey = \"tls.key\"";
    let files = load(both, &[]).unwrap().server.tls;
    assert_eq!(
        files.files(),
        Some(("tls.crt".as_ref(), "tls.key".as_ref()))
    );
    assert_eq!(load("", &[]).unwrap().server.tls.files(), None);
}

#[test]
fn files_that_cannot_be_read() {
    let missing = super::Config::load_or(
        Some("nowhere.toml".as_ref()),
        "config.toml".as_ref(),
        [],
        super::Overrides::default(),
    );
    assert_eq!(
        missing.unwrap_err().to_string(),
        "cannot read configuration file: `nowhere.toml`\n\n\
         hint: No such file or directory (os error 2)"
    );
    let directory = tempfile::tempdir().unwrap();
    let error = super::Config::load_or(None, directory.path(), [], super::Overrides::default());
    let text = error.unwrap_err().to_string();
    assert!(
        text.starts_with("cannot read configuration file: `/"),
        "{text}"
    );
    assert!(
        text.ends_with("\n\nhint: Is a directory (os error 21)"),
        "{text}"
    );
}

#[test]
fn files_that_are_no_toml() {
    for (toml, hint) in [
        (
            "a = 1\nb",
            "TOML parse error at line 2, column 2: key with no value, expected `=`",
        ),
        (
            "[ids]\nnode = 1\nnode = 2",
            "TOML parse error at line 3, column 1: duplicate key",
        ),
        (
            "ids.node = 99999999999999999999",
            "number too large to fit in target type",
        ),
    ] {
        assert_refused(
            toml,
            &[],
            "cannot parse configuration file: `config.toml`",
            hint,
        );
    }
}
