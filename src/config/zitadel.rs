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
