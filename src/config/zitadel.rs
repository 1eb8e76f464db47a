//! ZITADEL's variables for its first instance, so that a compose file can stay as it is
//! (adjacent.md section 5).
//!
//! As there, an empty variable is none at all. A variable that has no counterpart is no error, since
//! it was written for another program, but it is warned about; its value is never shown.

use ::config::{Map, ValueKind};

use super::error::{ConfigError, Origin};
use super::keys::rule_of;
use super::layer::Layer;
use super::rule::Rule;
use super::variables::insert;

/// Our key for each of theirs.
const NAMES: &[(&str, &str)] = &[
    ("ZITADEL_EXTERNALDOMAIN", "first_instance.external_domain"),
    (
        "ZITADEL_FIRSTINSTANCE_INSTANCENAME",
        "first_instance.instance_name",
    ),
    ("ZITADEL_FIRSTINSTANCE_ORG_NAME", "first_instance.org_name"),
    (
        "ZITADEL_FIRSTINSTANCE_ORG_HUMAN_USERNAME",
        "first_instance.human.username",
    ),
    (
        "ZITADEL_FIRSTINSTANCE_ORG_HUMAN_FIRSTNAME",
        "first_instance.human.first_name",
    ),
    (
        "ZITADEL_FIRSTINSTANCE_ORG_HUMAN_LASTNAME",
        "first_instance.human.last_name",
    ),
    (
        "ZITADEL_FIRSTINSTANCE_ORG_HUMAN_EMAIL_ADDRESS",
        "first_instance.human.email",
    ),
    (
        "ZITADEL_FIRSTINSTANCE_ORG_HUMAN_EMAIL_VERIFIED",
        "first_instance.human.email_verified",
    ),
    (
        "ZITADEL_FIRSTINSTANCE_ORG_HUMAN_PASSWORD",
        "first_instance.human.password",
    ),
    (
        "ZITADEL_FIRSTINSTANCE_ORG_HUMAN_PASSWORDCHANGEREQUIRED",
        "first_instance.human.password_change_required",
    ),
    (
        "ZITADEL_FIRSTINSTANCE_ORG_HUMAN_PREFERREDLANGUAGE",
        "first_instance.human.preferred_language",
    ),
    (
        "ZITADEL_FIRSTINSTANCE_ORG_MACHINE_MACHINE_USERNAME",
        "first_instance.machine.username",
    ),
    (
        "ZITADEL_FIRSTINSTANCE_ORG_MACHINE_MACHINE_NAME",
        "first_instance.machine.name",
    ),
    (
        "ZITADEL_FIRSTINSTANCE_ORG_MACHINE_PAT_EXPIRATIONDATE",
        "first_instance.machine.pat_expiration",
    ),
    (
        "ZITADEL_FIRSTINSTANCE_PATPATH",
        "first_instance.machine.pat_path",
    ),
    (
        "ZITADEL_FIRSTINSTANCE_ORG_LOGINCLIENT_MACHINE_USERNAME",
        "first_instance.login_client.username",
    ),
    (
        "ZITADEL_FIRSTINSTANCE_ORG_LOGINCLIENT_MACHINE_NAME",
        "first_instance.login_client.name",
    ),
    (
        "ZITADEL_FIRSTINSTANCE_ORG_LOGINCLIENT_PAT_EXPIRATIONDATE",
        "first_instance.login_client.pat_expiration",
    ),
    (
        "ZITADEL_FIRSTINSTANCE_LOGINCLIENTPATPATH",
        "first_instance.login_client.pat_path",
    ),
];

/// Any variable with this beginning asks for the human.
const HUMAN: &str = "ZITADEL_FIRSTINSTANCE_ORG_HUMAN_";

/// Variables that people set for ZITADEL's clients, not for its server.
const OF_CLIENTS: [&str; 2] = ["ZITADEL_API_URL", "ZITADEL_SERVICE_USER_"];

/// The layer of ZITADEL's variables.
pub(super) fn read(
    variables: Vec<(String, String)>,
    warnings: &mut Vec<String>,
) -> Result<Layer, ConfigError> {
    let mut layer = Layer::default();
    let mut without_effect = Vec::new();
    for (name, value) in variables {
        if value.is_empty() {
            continue;
        }
        if name.starts_with(HUMAN) {
            let human = ValueKind::Table(Map::new());
            layer.insert(
                "first_instance.human".to_owned(),
                human,
                Origin::Variable(name.clone()),
            );
        }
        let known = NAMES.iter().find(|(theirs, _)| *theirs == name);
        if let Some((_, key)) = known {
            let flag = rule_of(key) == Some(Rule::Flag);
            let text = if flag {
                spelled_as_ours(&value)
            } else {
                &value
            };
            insert(&mut layer, key, &name, text)?;
        } else if !OF_CLIENTS.iter().any(|prefix| name.starts_with(prefix)) {
            without_effect.push(name);
        }
    }
    warnings.extend(without_effect.iter().map(|name| warning(name)));
    Ok(layer)
}

/// The spellings of a flag that ZITADEL takes.
fn spelled_as_ours(flag: &str) -> &str {
    match flag {
        "1" | "t" | "T" | "TRUE" | "True" => "true",
        "0" | "f" | "F" | "FALSE" | "False" => "false",
        other => other,
    }
}

fn warning(name: &str) -> String {
    let why = if name.contains("MACHINEKEY") {
        "machine keys are not supported, the machine users have personal access tokens"
    } else if name.starts_with("ZITADEL_SYSTEMAPIUSERS") {
        "system users are not supported, the machine users have personal access tokens"
    } else {
        "nothing here corresponds to it"
    };
    format!("environment variable has no effect, {why}: `{name}`")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::{Config, ConfigError, Overrides};
    use super::*;

    fn load(env: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let env: Vec<_> = env.iter().map(owned).collect();
        Config::load_or(None, "/nonexistent".as_ref(), env, Overrides::default())
    }

    /// Every variable of adjacent.md section 5 that has a counterpart, after the common beginning:
    /// its name, a value, the field that gets it.
    const TABLE: &[[&str; 3]] = &[
        ["INSTANCENAME", "Acme", "/instance_name"],
        ["ORG_NAME", "Acme Inc.", "/org_name"],
        ["ORG_HUMAN_USERNAME", "root@x.example", "/human/username"],
        ["ORG_HUMAN_FIRSTNAME", "Ada", "/human/first_name"],
        ["ORG_HUMAN_LASTNAME", "Lovelace", "/human/last_name"],
        ["ORG_HUMAN_EMAIL_ADDRESS", "ada@x.example", "/human/email"],
        ["ORG_HUMAN_EMAIL_VERIFIED", "false", "/human/email_verified"],
        [
            "ORG_HUMAN_PREFERREDLANGUAGE",
            "de",
            "/human/preferred_language",
        ],
        [
            "ORG_HUMAN_PASSWORDCHANGEREQUIRED",
            "false",
            "/human/password_change_required",
        ],
        ["ORG_MACHINE_MACHINE_USERNAME", "sa", "/machine/username"],
        ["ORG_MACHINE_MACHINE_NAME", "Service", "/machine/name"],
        [
            "ORG_MACHINE_PAT_EXPIRATIONDATE",
            DATE,
            "/machine/pat_expiration",
        ],
        ["PATPATH", "./sa.pat", "/machine/pat_path"],
        [
            "ORG_LOGINCLIENT_MACHINE_USERNAME",
            "ui",
            "/login_client/username",
        ],
        ["ORG_LOGINCLIENT_MACHINE_NAME", "UI", "/login_client/name"],
        [
            "ORG_LOGINCLIENT_PAT_EXPIRATIONDATE",
            DATE,
            "/login_client/pat_expiration",
        ],
        [
            "LOGINCLIENTPATPATH",
            "/run/ui.pat",
            "/login_client/pat_path",
        ],
    ];
    const DATE: &str = "2030-01-01T00:00:00.000000Z";

    #[test]
    fn each_variable_sets_its_field_and_no_other() {
        for [name, value, field] in TABLE {
            let name = format!("ZITADEL_FIRSTINSTANCE_{name}");
            let config = load(&[(&name, value)]).unwrap();
            let first = serde_json::to_value(&config.first_instance).unwrap();
            let expected = value.parse().map_or_else(|_| json!(value), Value::Bool);
            assert_eq!(first.pointer(field), Some(&expected), "{name}");

            let mut base = Config::default().first_instance;
            base.human = field.starts_with("/human").then(Default::default);
            let mut base = serde_json::to_value(base).unwrap();
            *base.pointer_mut(field).unwrap() = expected;
            assert_eq!(first, base, "{name}");
        }
        // The rest: the domain, and the password, which cannot be seen there.
        assert_eq!(TABLE.len() + 2, NAMES.len());
        let config = load(&[("ZITADEL_EXTERNALDOMAIN", "login.example.com")]).unwrap();
        assert_eq!(config.first_instance.external_domain, "login.example.com");
        let password = ("ZITADEL_FIRSTINSTANCE_ORG_HUMAN_PASSWORD", "RootPassword1!");
        let human = load(&[password]).unwrap().first_instance.human.unwrap();
        assert_eq!(human.password.expose(), "RootPassword1!");
    }

    #[test]
    fn any_variable_of_the_human_makes_one_with_zitadels_defaults() {
        for name in ["USERNAME", "PASSWORD", "NICKNAME"] {
            let name = format!("{HUMAN}{name}");
            let human = load(&[(&name, "x")]).unwrap().first_instance.human.unwrap();
            assert_eq!(human.last_name, "Admin", "{name}");
            assert!(human.email_verified && human.password_change_required);
        }
        assert!(load(&[]).unwrap().first_instance.human.is_none());
    }

    #[test]
    fn empty_variables_are_none_at_all() {
        let config = load(&[
            ("ZITADEL_FIRSTINSTANCE_ORG_NAME", ""),
            ("ZITADEL_FIRSTINSTANCE_ORG_HUMAN_PASSWORD", ""),
            ("ZITADEL_SYSTEMAPIUSERS", ""),
        ])
        .unwrap();
        assert_eq!(config.first_instance.org_name, "ZITADEL");
        assert!(config.first_instance.human.is_none());
        assert!(config.warnings.is_empty());
    }

    #[test]
    fn flags_have_zitadels_spellings() {
        for (text, expected) in [
            ("1", Some(true)),
            ("T", Some(true)),
            ("true", Some(true)),
            ("TRUE", Some(true)),
            ("0", Some(false)),
            ("f", Some(false)),
            ("False", Some(false)),
            ("yes", None),
            ("tRUE", None),
        ] {
            let found = load(&[("ZITADEL_FIRSTINSTANCE_ORG_HUMAN_EMAIL_VERIFIED", text)])
                .ok()
                .and_then(|config| config.first_instance.human)
                .map(|human| human.email_verified);
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn variables_without_counterpart_are_warned_about_without_their_value() {
        let config = load(&[
            ("ZITADEL_FIRSTINSTANCE_ORG_MACHINE_MACHINEKEY_TYPE", "1"),
            ("ZITADEL_FIRSTINSTANCE_MACHINEKEYPATH", "/key.json"),
            ("ZITADEL_SYSTEMAPIUSERS", "{\"hunter2\": {}}"),
            (
                "ZITADEL_DEFAULTINSTANCE_LOCKOUTPOLICY_MAXPASSWORDATTEMPTS",
                "5",
            ),
            ("ZITADEL_API_URL", "http://localhost:8080"),
            ("ZITADEL_SERVICE_USER_TOKEN", "hunter2"),
            ("ZITADELLE", "hunter2"),
        ])
        .unwrap();
        assert_eq!(
            config.warnings,
            [
                "environment variable has no effect, nothing here corresponds to it: \
                 `ZITADEL_DEFAULTINSTANCE_LOCKOUTPOLICY_MAXPASSWORDATTEMPTS`",
                "environment variable has no effect, machine keys are not supported, the machine \
                 users have personal access tokens: `ZITADEL_FIRSTINSTANCE_MACHINEKEYPATH`",
                "environment variable has no effect, machine keys are not supported, the machine \
                 users have personal access tokens: \
                 `ZITADEL_FIRSTINSTANCE_ORG_MACHINE_MACHINEKEY_TYPE`",
                "environment variable has no effect, system users are not supported, the machine \
                 users have personal access tokens: `ZITADEL_SYSTEMAPIUSERS`",
            ]
        );
    }
}
