//! `config.toml` says what the types say, key by key.

use std::collections::BTreeSet;

use bartizan::config::{
    Config, EventWebhookConfig, HumanConfig, IdpConfig, IdpKindConfig, Overrides,
};
use serde_json::Value;

use super::{NOWHERE, load};

const SHIPPED: &str = include_str!("../../config.toml");

/// The shipped file with its commented-out keys switched on.
fn uncommented() -> String {
    let key = |line: &str| line.starts_with('#') && !line.starts_with("# ") && line != "#";
    let lines = SHIPPED.lines().map(|line| {
        if key(line) {
            line.trim_start_matches('#')
        } else {
            line
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Lists of tables.
const LISTS: [&str; 2] = ["events.webhook", "idp"];

/// The dotted keys of a file, without those of roles and of lists of tables.
fn keys_of_text(toml: &str) -> BTreeSet<String> {
    all_keys_of_text(toml)
        .into_iter()
        .filter(|key| !key.starts_with("roles.") && !LISTS.iter().any(|list| key.starts_with(list)))
        .collect()
}

/// The dotted keys of a file; those of all tables of a list are those of one.
fn all_keys_of_text(toml: &str) -> BTreeSet<String> {
    let mut section = String::new();
    let mut keys = BTreeSet::new();
    for line in toml.lines() {
        if let Some(list) = line.strip_prefix("[[") {
            section = format!("{}.", list.trim_end_matches(']'));
        } else if let Some(name) = line.strip_prefix('[') {
            section = format!("{}.", name.trim_end_matches(']'));
        } else if let Some((name, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            // A second table has keys of the first one again.
            let new = keys.insert(format!("{section}{name}"));
            assert!(
                new || LISTS.contains(&section.trim_end_matches('.')),
                "twice: {section}{name}"
            );
        }
    }
    keys
}

/// The dotted keys of a serialised configuration, without those of roles and of lists of tables.
fn keys_of_value(prefix: &str, value: &Value, keys: &mut BTreeSet<String>) {
    let Some(table) = value.as_object() else {
        assert!(keys.insert(prefix.to_owned()));
        return;
    };
    for (name, value) in table {
        let dot = if prefix.is_empty() { "" } else { "." };
        let key = format!("{prefix}{dot}{name}");
        if key != "roles" && !LISTS.contains(&key.as_str()) {
            keys_of_value(&key, value, keys);
        }
    }
}

/// Leaves out what has no value.
fn drop_nulls(value: &mut Value) {
    if let Some(table) = value.as_object_mut() {
        table.retain(|_, value| !value.is_null());
        table.values_mut().for_each(drop_nulls);
    }
}

#[test]
fn the_shipped_file_says_exactly_the_defaults() {
    let shipped = load(SHIPPED, &[]).unwrap();
    assert_eq!(format!("{shipped:#?}"), format!("{:#?}", Config::default()));
    let nothing = Config::load_or(None, NOWHERE.as_ref(), [], Overrides::default()).unwrap();
    assert_eq!(format!("{nothing:#?}"), format!("{:#?}", Config::default()));
}

#[test]
fn the_shipped_file_has_every_key_and_no_other() {
    let complete = load(&uncommented(), &[]).unwrap();
    let mut keys = BTreeSet::new();
    keys_of_value("", &serde_json::to_value(&complete).unwrap(), &mut keys);
    assert_eq!(keys_of_text(&uncommented()), keys);
    assert!(keys.len() > 60, "{}", keys.len());
    // Keys that are not commented out are those that a default has.
    let mut set = BTreeSet::new();
    let mut defaults = serde_json::to_value(Config::default()).unwrap();
    drop_nulls(&mut defaults);
    keys_of_value("", &defaults, &mut set);
    assert_eq!(keys_of_text(SHIPPED), set);
}

/// The shipped file shows exactly the keys that tables of a list have.
#[track_caller]
fn has_every_key(prefix: &str, table: &impl serde::Serialize) {
    let text = all_keys_of_text(&uncommented());
    let shown: BTreeSet<_> = text
        .iter()
        .filter_map(|key| key.strip_prefix(prefix))
        .collect();
    let value = serde_json::to_value(table).unwrap();
    let keys: BTreeSet<_> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(shown, keys);
}

#[test]
fn the_shipped_file_has_every_key_of_an_identity_provider() {
    has_every_key("idp.", &IdpConfig::default());
    let complete = load(&uncommented(), &[]).unwrap();
    let [oidc, oauth] = &complete.idp[..] else {
        panic!("{:?}", complete.idp);
    };
    let default = IdpConfig::default();
    assert_eq!(oidc.kind, IdpKindConfig::Oidc);
    assert_eq!(oauth.kind, IdpKindConfig::OAuth);
    assert_eq!(oidc.scopes, default.scopes);
    assert_eq!(oidc.to_domain().options, default.to_domain().options);
}

#[test]
fn the_shipped_file_has_every_key_of_a_webhook() {
    has_every_key("events.webhook.", &EventWebhookConfig::default());
    let complete = load(&uncommented(), &[]).unwrap();
    let [audit, logouts] = &complete.events.webhook[..] else {
        panic!("{:?}", complete.events.webhook);
    };
    let default = EventWebhookConfig {
        name: audit.name.clone(),
        endpoint: audit.endpoint.clone(),
        signing_key: audit.signing_key.clone(),
        ..EventWebhookConfig::default()
    };
    assert_eq!(format!("{audit:?}"), format!("{default:?}"));
    assert_eq!(logouts.event_types, ["session.terminated"]);
}

#[test]
fn the_shipped_file_shows_the_defaults_of_the_human_too() {
    let complete = load(&uncommented(), &[]).unwrap();
    let human = complete.first_instance.human.unwrap();
    assert_eq!(human.email.as_deref(), Some("admin@example.com"));
    let without_address = HumanConfig {
        email: None,
        ..human
    };
    let default = HumanConfig::default();
    assert_eq!(format!("{without_address:?}"), format!("{default:?}"));
    assert_eq!(without_address.password.expose(), default.password.expose());
}

#[test]
fn the_shipped_file_explains_every_key() {
    let mut before = "";
    for line in SHIPPED.lines() {
        let is_key = line.contains(" = ") && !line.starts_with("# ");
        assert!(!is_key || before.starts_with("# "), "{line}");
        assert!(line.len() <= 100, "{line}");
        before = line;
    }
}

#[test]
fn what_is_shown_reads_back() {
    let config = load(
        &uncommented().replace("Login client", "\\\"Login\\\\client\\u00e9"),
        &[(
            "BARTIZAN_FIRST_INSTANCE__HUMAN__PASSWORD",
            "hunter2-Hunter2",
        )],
    )
    .unwrap();
    let shown = config.to_toml_redacted();
    assert!(
        shown.starts_with("data_dir = \"./bartizan-data\"\n\n[server]\n"),
        "{shown}"
    );
    assert!(
        shown.contains("\n# password is set and not shown\n"),
        "{shown}"
    );
    assert!(shown.contains("\n[roles]\nSUPPORT = [\"session.read\", \"user.read\"]\n"));
    // A webhook has to have a key.
    let key = ("BARTIZAN_EVENTS__WEBHOOK__0__SIGNING_KEY", "shared");
    let again = load(&shown, &[key]).unwrap();
    // What is not shown cannot be read back; the password of the first human has a default.
    let without_secret = shown
        .replace("\n# client_secret is set and not shown", "")
        .replace("\n# signing_key is set and not shown", "")
        .replacen(
            "\n# password is set and not shown\npassword_file",
            "\npassword_file",
            1,
        );
    let again_shown = again.to_toml_redacted();
    assert_eq!(
        again_shown.replace("\n# signing_key is set and not shown", ""),
        without_secret
    );
    assert!(
        shown.contains("\n[[idp]]\nid = \"270000000000000001\"\n"),
        "{shown}"
    );
    assert!(
        shown.contains("\n# client_secret is set and not shown\n"),
        "{shown}"
    );
    let without_warnings = |mut config: Config| {
        config
            .idp
            .iter_mut()
            .for_each(|idp| idp.client_secret = None);
        let webhooks = config.events.webhook.iter_mut();
        webhooks.for_each(|webhook| webhook.signing_key = None);
        let notifications = &mut config.notifications;
        notifications.email.smtp.password = None;
        notifications.email.signing_key = None;
        notifications.sms.signing_key = None;
        Config {
            warnings: Vec::new(),
            ..config
        }
    };
    assert_eq!(
        format!("{:#?}", without_warnings(again)),
        format!("{:#?}", without_warnings(config))
    );
    let defaults = Config::default().to_toml_redacted();
    assert!(
        !defaults.contains("human") && !defaults.contains("roles"),
        "{defaults}"
    );
}
