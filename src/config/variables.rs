//! The environment: `BARTIZAN_*`, `RUST_LOG` and, through [`zitadel`], `ZITADEL_*`.

use std::path::PathBuf;

use ::config::ValueKind;

use super::error::{ConfigError, Origin, visible};
use super::keys::{self, KEYS, LISTS, List, ROLES};
use super::layer::{Layer, shown};
use super::rule::Rule;
use super::zitadel;

/// Names the configuration file.
const FILE: &str = "BARTIZAN_CONFIG";
/// What comes before the name of a role.
const ROLE_PREFIX: &str = "BARTIZAN_ROLES__";

/// What the environment says.
#[derive(Debug, Default)]
pub(super) struct Variables {
    pub(super) file: Option<PathBuf>,
    pub(super) zitadel: Layer,
    pub(super) bartizan: Layer,
    pub(super) warnings: Vec<String>,
}

/// The environment of this process. What is not UTF-8 becomes visible as U+FFFD, which no rule
/// accepts, instead of being skipped.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().map(|(name, value)| {
        let text = |part: &std::ffi::OsStr| part.to_string_lossy().into_owned();
        (text(&name), text(&value))
    })
}

/// Sorts the environment into its parts.
pub(super) fn read(
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<Variables, ConfigError> {
    // In the order of the names, so that of several errors the same one is told every time.
    let mut all: Vec<_> = env.into_iter().collect();
    all.sort();
    let mut read = Variables::default();
    let mut foreign = Vec::new();
    for (name, value) in all {
        if name == FILE {
            read.file = Some(PathBuf::from(value));
        } else if name == "RUST_LOG" {
            // After BARTIZAN_LOG__LEVEL in the order of names, so it wins. It belongs to all Rust
            // programs, to which an empty one is none.
            if !value.is_empty() {
                insert(&mut read.bartizan, "log.level", &name, &value)?;
            }
        } else if name.starts_with("BARTIZAN_") {
            if !is_service_link(&name) {
                let key = key_of(&name)?;
                insert(&mut read.bartizan, &key, &name, &value)?;
            }
        } else if name.starts_with("ZITADEL_") {
            foreign.push((name, value));
        }
    }
    read.zitadel = zitadel::read(foreign, &mut read.warnings)?;
    Ok(read)
}

/// Adds the value of a variable if it fits the key's rule.
pub(super) fn insert(
    layer: &mut Layer,
    key: &str,
    name: &str,
    text: &str,
) -> Result<(), ConfigError> {
    let rule = keys::rule_of(key).unwrap_or(Rule::Text);
    let origin = Origin::Variable(name.to_owned());
    let Some(value) = rule.read(text) else {
        return Err(ConfigError::NotAllowed {
            key: key.to_owned(),
            value: (!rule.is_secret()).then(|| shown(&ValueKind::from(text))),
            origin,
            allowed: rule.allowed(),
        });
    };
    layer.insert(key.to_owned(), value, origin);
    Ok(())
}

fn key_of(name: &str) -> Result<String, ConfigError> {
    if let Some(role) = name.strip_prefix(ROLE_PREFIX) {
        let key = format!("{ROLES}.{role}");
        if keys::rule_of(&key).is_some() {
            return Ok(key);
        }
    }
    if let Some(key) = table_key_of(name) {
        return Ok(key);
    }
    let known = KEYS.iter().find(|(key, _)| keys::variable_of(key) == name);
    known
        .map(|(key, _)| (*key).to_owned())
        .ok_or_else(|| ConfigError::UnknownVariable {
            name: visible(name),
            hint: nearest(name),
        })
}

/// `BARTIZAN_IDP__0__CLIENT_SECRET`: of the first table of a list.
fn table_key_of(name: &str) -> Option<String> {
    let of = |list: &List| {
        let rest = name.strip_prefix(&keys::variable_of(list.name))?;
        let (place, key) = rest.strip_prefix("__")?.split_once("__")?;
        let mut known = list.keys.iter().map(|(known, _)| *known);
        let known = known.find(|known| known.to_uppercase() == key)?;
        Some(format!("{}.{place}.{known}", list.name))
    };
    let key = LISTS.iter().find_map(of)?;
    keys::rule_of(&key).is_some().then_some(key)
}

/// The variable that has the same letters, or how variables are named at all.
fn nearest(name: &str) -> String {
    let letters = |name: &str| name.replace('_', "").to_uppercase();
    let meant = KEYS
        .iter()
        .map(|(key, _)| keys::variable_of(key))
        .find(|variable| letters(variable) == letters(name));
    meant.map_or_else(
        || {
            "variables are named `BARTIZAN_<SECTION>__<KEY>`, with two underscores for each dot, \
             after the keys in `config.toml`"
                .to_owned()
        },
        |meant| format!("did you mean `{meant}`"),
    )
}

/// Kubernetes gives every container variables about each service of the namespace; for one that is
/// called `bartizan` they begin as ours do: `BARTIZAN_SERVICE_HOST`, `BARTIZAN_PORT_8080_TCP_ADDR`.
fn is_service_link(name: &str) -> bool {
    let Some(rest) = name.strip_prefix("BARTIZAN_") else {
        return false;
    };
    let link = rest == "PORT"
        || rest == "SERVICE_HOST"
        || rest == "SERVICE_PORT"
        || rest.starts_with("SERVICE_PORT_");
    let port = rest
        .strip_prefix("PORT_")
        .is_some_and(|port| port.starts_with(|c: char| c.is_ascii_digit()));
    (link || port) && !name.contains("__")
}
