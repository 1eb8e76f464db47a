//! The sources, each tested on its own and then laid over one another.

use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::path::Path;

use ::config::{FileFormat, Map, Source, Value, ValueKind};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::{ConfigError, Origin, visible};
use super::keys::{self, List};

/// Dotted keys with values that passed their rules, from one source.
#[derive(Clone, Default)]
pub(super) struct Layer(BTreeMap<String, (ValueKind, Origin)>);

impl Layer {
    /// Adds a value that was tested.
    pub(super) fn insert(&mut self, key: String, value: ValueKind, origin: Origin) {
        self.0.insert(key, (value, origin));
    }
}

impl fmt::Debug for Layer {
    /// Keys only: values may be secret.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.0.keys()).finish()
    }
}

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Map<String, Value>, ::config::ConfigError> {
        let value = |kind: &ValueKind| Value::new(None, kind.clone());
        let entries = self.0.iter();
        Ok(entries
            .map(|(key, (kind, _))| (key.clone(), value(kind)))
            .collect())
    }
}

/// Where each key that is not at its default was set.
pub(super) type Origins = BTreeMap<String, Origin>;

/// All sources but defaults and flags, the weakest first.
#[derive(Debug)]
pub(super) struct Layers {
    pub(super) file: Layer,
    pub(super) zitadel: Layer,
    pub(super) bartizan: Layer,
}

impl Layers {
    /// Lays them over the defaults.
    pub(super) fn merge<C: Default + Serialize + DeserializeOwned>(
        self,
    ) -> Result<(C, Origins), ConfigError> {
        let layers = [self.file, self.zitadel, self.bartizan];
        let mut origins = Origins::new();
        let mut builder = ::config::Config::builder().add_source(
            ::config::Config::try_from(&C::default()).map_err(|error| unusable(&error))?,
        );
        for layer in layers {
            let places = layer.0.iter();
            origins.extend(places.map(|(key, (_, origin))| (key.clone(), origin.clone())));
            builder = builder.add_source(layer);
        }
        let config = builder
            .build()
            .and_then(::config::Config::try_deserialize)
            .map_err(|error| unusable(&error))?;
        Ok((config, origins))
    }
}

/// Keeps the key and nothing else: the text of the error may show the value.
fn unusable(error: &::config::ConfigError) -> ConfigError {
    let key = if let ::config::ConfigError::Type { key, .. }
    | ::config::ConfigError::At { key, .. } = error
    {
        key.clone()
    } else {
        None
    };
    ConfigError::Unusable {
        key: key.unwrap_or_default(),
    }
}

/// The layer of the file: the named one, which must exist, or the default one if it does.
pub(super) fn from_file(named: Option<&Path>, default: &Path) -> Result<Layer, ConfigError> {
    let path = named.unwrap_or(default);
    match std::fs::read_to_string(path) {
        Ok(text) => from_toml(&text, path),
        Err(error) if named.is_none() && error.kind() == ErrorKind::NotFound => {
            Ok(Layer::default())
        }
        Err(error) => Err(ConfigError::Unreadable {
            path: path.to_owned(),
            reason: error.to_string(),
        }),
    }
}

fn from_toml(text: &str, path: &Path) -> Result<Layer, ConfigError> {
    let table = ::config::File::from_str(text, FileFormat::Toml)
        .collect()
        .map_err(|error| ConfigError::NotToml {
            path: path.to_owned(),
            reason: without_source_line(&error.to_string()),
        })?;
    let mut layer = Layer::default();
    flatten("", table, &Origin::File(path.to_owned()), &mut layer)?;
    Ok(layer)
}

/// The parser's words: the first line says where, the last what; between them is the line itself.
fn without_source_line(text: &str) -> String {
    let mut lines = text.lines();
    let place = lines.next().unwrap_or_default();
    lines
        .next_back()
        .map_or_else(|| place.to_owned(), |what| format!("{place}: {what}"))
}

fn flatten(
    section: &str,
    table: Map<String, Value>,
    origin: &Origin,
    layer: &mut Layer,
) -> Result<(), ConfigError> {
    // In the order of the names, so that of several errors the same one is told every time.
    let table: BTreeMap<_, _> = table.into_iter().collect();
    for (name, value) in table {
        // A quoted name with a dot is one name, and none of ours.
        let quoted = name.contains('.');
        let key = if section.is_empty() {
            name
        } else {
            format!("{section}.{name}")
        };
        if let Some(list) = keys::list_named(&key).filter(|_| !quoted) {
            flatten_tables(list, value.kind, origin, layer)?;
        } else if let Some(rule) = keys::rule_of(&key).filter(|_| !quoted) {
            if !rule.accepts(&value.kind) {
                return Err(ConfigError::NotAllowed {
                    value: (!rule.is_secret()).then(|| shown(&value.kind)),
                    key,
                    origin: origin.clone(),
                    allowed: rule.allowed(),
                });
            }
            layer.insert(key, value.kind, origin.clone());
        } else if quoted || !keys::is_section(&key) {
            return Err(ConfigError::UnknownKey {
                hint: known_beside(section),
                key: visible(&key),
                origin: origin.clone(),
            });
        } else if let ValueKind::Table(inner) = value.kind {
            if inner.is_empty() {
                layer.insert(key.clone(), ValueKind::Table(Map::new()), origin.clone());
            }
            flatten(&key, inner, origin, layer)?;
        } else {
            return Err(ConfigError::NotAllowed {
                allowed: format!("a section, `[{key}]`, with its keys below it"),
                value: None,
                key,
                origin: origin.clone(),
            });
        }
    }
    Ok(())
}

/// The tables of a list, each under its place.
fn flatten_tables(
    list: &List,
    value: ValueKind,
    origin: &Origin,
    layer: &mut Layer,
) -> Result<(), ConfigError> {
    let misfit = || ConfigError::NotAllowed {
        allowed: format!("tables, `[[{}]]`, with their keys below them", list.name),
        value: None,
        key: list.name.to_owned(),
        origin: origin.clone(),
    };
    let ValueKind::Array(items) = value else {
        return Err(misfit());
    };
    for (place, item) in items.into_iter().enumerate() {
        let section = format!("{}.{place}", list.name);
        let ValueKind::Table(table) = item.kind else {
            return Err(misfit());
        };
        if !keys::is_section(&section) {
            return Err(misfit());
        }
        flatten(&section, table, origin, layer)?;
    }
    Ok(())
}

/// What may stand where an unknown key stands.
fn known_beside(section: &str) -> String {
    if let Some(list) = keys::list_of(section) {
        let names: Vec<_> = list.keys.iter().map(|(name, _)| *name).collect();
        return format!(
            "the keys of `[[{}]]` are `{}`",
            list.name,
            names.join("`, `")
        );
    }
    let lists = keys::LISTS.iter().filter_map(|list| {
        let (parent, name) = list.name.rsplit_once('.').unwrap_or(("", list.name));
        (parent == section).then_some(name)
    });
    let names: Vec<_> = keys::members(section).chain(lists).collect();
    let names = names.join("`, `");
    match section {
        "" => format!(
            "the keys and sections of the top level are `{names}`, `{}`",
            keys::ROLES
        ),
        keys::ROLES => "the name of a role has letters, digits and `_`".to_owned(),
        _ => format!("the keys of `[{section}]` are `{names}`"),
    }
}

/// A value for an error: on one line, not too long.
pub(super) fn shown(value: &ValueKind) -> String {
    let text = match value {
        ValueKind::Table(_) => "{…}".to_owned(),
        ValueKind::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| shown(&item.kind)).collect();
            format!("[{}]", items.join(", "))
        }
        ValueKind::Nil
        | ValueKind::Boolean(_)
        | ValueKind::I64(_)
        | ValueKind::I128(_)
        | ValueKind::U64(_)
        | ValueKind::U128(_)
        | ValueKind::Float(_)
        | ValueKind::String(_) => value.to_string(),
    };
    let text = visible(&text);
    if text.chars().count() > 80 {
        text.chars().take(79).chain(['…']).collect()
    } else {
        text
    }
}
