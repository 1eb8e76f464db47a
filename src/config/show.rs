//! The configuration as TOML, for people to read. Secrets are named and never shown.

use serde_json::Value;

use super::Config;
use super::keys::{KEYS, LISTS, List, ROLES};

impl Config {
    /// Every key that has a value, in the order of `config.toml`. What is printed can be read as a
    /// configuration file and gives the same configuration, but for secrets.
    pub fn to_toml_redacted(&self) -> String {
        let values = serde_json::to_value(self).unwrap_or_default();
        let mut lines = Vec::new();
        let mut current = "";
        for (key, rule) in KEYS {
            let Some(value) = at(&values, key).filter(|value| !value.is_null()) else {
                continue;
            };
            let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
            if section != current {
                lines.push(format!("\n[{section}]"));
                current = section;
            }
            lines.push(if rule.is_secret() {
                format!("# {name} is set and not shown")
            } else {
                format!("{name} = {}", literal(value))
            });
        }
        if !self.roles.is_empty() {
            lines.push(format!("\n[{ROLES}]"));
        }
        for (role, permissions) in &self.roles {
            let names: Vec<_> = permissions.iter().map(|name| quoted(name)).collect();
            lines.push(format!("{role} = [{}]", names.join(", ")));
        }
        for list in &LISTS {
            let tables = at(&values, list.name).and_then(Value::as_array);
            for table in tables.into_iter().flatten() {
                show_table(list, table, &mut lines);
            }
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

fn show_table(list: &List, table: &Value, lines: &mut Vec<String>) {
    lines.push(format!("\n[[{}]]", list.name));
    for (key, rule) in list.keys {
        let value = table.get(key).filter(|value| !value.is_null());
        let Some(value) = value.filter(|value| *value != "") else {
            continue;
        };
        lines.push(if rule.is_secret() {
            format!("# {key} is set and not shown")
        } else {
            format!("{key} = {}", literal(value))
        });
    }
}

fn at<'a>(values: &'a Value, key: &str) -> Option<&'a Value> {
    key.split('.')
        .try_fold(values, |value, name| value.get(name))
}

fn literal(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), quoted)
}

/// JSON's escapes are TOML's, but for DEL, which TOML wants escaped too.
fn quoted(text: &str) -> String {
    Value::from(text).to_string().replace('\u{7f}', "\\u007f")
}
