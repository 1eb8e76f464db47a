//! `[[events.webhook]]`: from files and variables, complete or refused, and never with its key.

use std::time::Duration;

use bartizan::config::StartConfig;
use bartizan::domain::event::AggregateType;
use bartizan::domain::ids::Position;

use super::errors::assert_refused;
use super::load;

const AUDIT: &str = "[[events.webhook]]\nname = \"audit\"\nendpoint = \"https://hooks.example/\"\n\
                     signing_key = \"hunter2\"\n";

#[test]
fn webhooks_come_from_tables_and_variables() {
    let other = AUDIT.replace("audit", "other");
    let file = format!(
        "events.max_streams = 1\n{AUDIT}event_types = [\"session.terminated\", \"user.locked\"]\n\
         start = 7\nhold = \"0s\"\n{other}"
    );
    let config = load(
        &file,
        &[
            (
                "BARTIZAN_EVENTS__WEBHOOK__1__AGGREGATE_TYPES",
                "org,instance",
            ),
            ("BARTIZAN_EVENTS__WEBHOOK__1__START", "0"),
        ],
    )
    .unwrap();
    assert_eq!(config.events.max_streams, 1);
    let [audit, other] = &config.events.webhook[..] else {
        panic!("{:?}", config.events.webhook);
    };
    assert_eq!(audit.start, StartConfig::After(Position::new(7)));
    assert_eq!(audit.hold, Duration::ZERO);
    let filter = audit.filter();
    assert_eq!(filter.types, [311, 407]);
    assert_eq!(filter.kinds, [AggregateType::User, AggregateType::Session]);
    assert_eq!(other.start, StartConfig::After(Position::START));
    let filter = other.filter();
    assert_eq!(filter.types, [0; 0]);
    assert_eq!(filter.kinds, [AggregateType::Instance, AggregateType::Org]);
    let alone = [
        ("BARTIZAN_EVENTS__WEBHOOK__0__NAME", "audit"),
        (
            "BARTIZAN_EVENTS__WEBHOOK__0__ENDPOINT",
            "https://hooks.example/",
        ),
        ("BARTIZAN_EVENTS__WEBHOOK__0__SIGNING_KEY", "hunter2"),
    ];
    let config = load("", &alone).unwrap();
    assert_eq!(config.events.webhook[0].name, "audit");
    assert_eq!(config.events.webhook[0].start, StartConfig::Newest);
    assert!(load(&format!("{AUDIT}start = \"newest\""), &[]).is_ok());
}

#[test]
fn no_output_shows_the_key_of_a_webhook() {
    let config = load(AUDIT, &[]).unwrap();
    for text in [
        format!("{config:?}"),
        config.to_toml_redacted(),
        serde_json::to_string(&config).unwrap(),
    ] {
        assert!(!text.contains("hunter2"), "{text}");
        assert!(text.contains("signing_key"), "{text}");
    }
    let refused = load(&AUDIT.replace("\"hunter2\"", "[\"hunter2\"]"), &[]).unwrap_err();
    assert!(
        !format!("{refused} {refused:?}").contains("hunter2"),
        "{refused}"
    );
}

#[test]
fn what_is_incomplete_or_does_not_fit_is_refused() {
    for (line, missing) in [
        ("name = \"audit\"", "name"),
        ("endpoint = \"https://hooks.example/\"", "endpoint"),
        ("signing_key = \"hunter2\"", "signing_key"),
    ] {
        assert_refused(
            &AUDIT.replace(&format!("{line}\n"), ""),
            &[],
            &format!("`{missing}` of a webhook is not set: `events.webhook.0`"),
            "every `[[events.webhook]]` needs it",
        );
    }
    assert_refused(
        &format!("{AUDIT}{AUDIT}"),
        &[],
        "value of `events.webhook.1.name` in file `config.toml` is not allowed: `audit`",
        "write another name than that of `events.webhook.0.name`",
    );
    assert_refused(
        &format!("{AUDIT}signing_key_file = \"x\""),
        &[],
        "value of `events.webhook.0.signing_key` in file `config.toml` is not allowed",
        "write either this or `events.webhook.0.signing_key_file`",
    );
    for (key, value, allowed) in [
        ("start", "\"oldest\"", "`newest` or a position of the log"),
        ("start", "-1", "`newest` or a position of the log"),
        (
            "event_types",
            "[\"session\"]",
            "a list, each item a type of events, such as `session.terminated` or `session.*`",
        ),
        (
            "aggregate_types",
            "[\"sessions\"]",
            "a list, each item one of `instance`, `org`, `user`, `session`, `idpintent`",
        ),
    ] {
        assert_refused(
            &format!("{AUDIT}{key} = {value}"),
            &[],
            &format!(
                "value of `events.webhook.0.{key}` in file `config.toml` is not allowed: `{}`",
                value.replace('"', "")
            ),
            &format!("write {allowed}"),
        );
    }
    assert_refused(
        &AUDIT.replace("audit", "a b"),
        &[],
        "value of `events.webhook.0.name` in file `config.toml` is not allowed: `a b`",
        "write letters, digits, `-`, `_` and `.`, at most 64",
    );
    assert_refused(
        "[events]\nwebhook = 1",
        &[],
        "value of `events.webhook` in file `config.toml` is not allowed",
        "write tables, `[[events.webhook]]`, with their keys below them",
    );
}

#[test]
fn unknown_keys_are_told() {
    assert_refused(
        &format!("{AUDIT}secret = \"hunter2\""),
        &[],
        "unknown key in file `config.toml`: `events.webhook.0.secret`",
        "the keys of `[[events.webhook]]` are `name`, `endpoint`, `signing_key`, \
         `signing_key_file`, `event_types`, `aggregate_types`, `start`, `timeout`, `hold`",
    );
    assert_refused(
        "[events]\nwebhooks = 1",
        &[],
        "unknown key in file `config.toml`: `events.webhooks`",
        "the keys of `[events]` are `max_streams`, `heartbeat`, `webhook`",
    );
    let error = load("", &[("BARTIZAN_EVENTS__WEBHOOK__0__SECRET", "hunter2")]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`BARTIZAN_EVENTS__WEBHOOK__0__SECRET`"),
        "{error}"
    );
}
