//! What a message has beside its text, as members of the JSON object of its line.

use log::Record;
use log::kv::{Error, Key, Source, Value, VisitSource, VisitValue};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// Members that every line has.
const TAKEN: [&str; 4] = ["ts", "level", "target", "message"];

/// The key-values of a record. Numbers and truth values stay what they are, all else becomes text.
pub(super) struct Fields<'a>(&'a dyn Source);

impl<'a> Fields<'a> {
    pub(super) fn of(record: &'a Record<'_>) -> Self {
        Self(record.key_values())
    }
}

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = Members {
            map: serializer.serialize_map(None)?,
            failed: None,
        };
        // The visitor keeps the error that counts.
        self.0.visit(&mut members).ok();
        match members.failed {
            Some(error) => Err(error),
            None => members.map.end(),
        }
    }
}

struct Members<M: SerializeMap> {
    map: M,
    failed: Option<M::Error>,
}

impl<'kvs, M: SerializeMap> VisitSource<'kvs> for Members<M> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        let key = key.as_str();
        if TAKEN.contains(&key) {
            let key = format!("{key}_");
            return value.visit(Member {
                key: &key,
                members: self,
            });
        }
        value.visit(Member { key, members: self })
    }
}

struct Member<'a, M: SerializeMap> {
    key: &'a str,
    members: &'a mut Members<M>,
}

impl<M: SerializeMap> Member<'_, M> {
    fn put(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        let put = self.members.map.serialize_entry(self.key, value);
        put.map_err(|error| {
            self.members.failed = Some(error);
            Error::msg("no JSON")
        })
    }
}

impl<M: SerializeMap> VisitValue<'_> for Member<'_, M> {
    fn visit_any(&mut self, value: Value<'_>) -> Result<(), Error> {
        self.put(&format_args!("{value}"))
    }

    fn visit_null(&mut self) -> Result<(), Error> {
        self.put(&())
    }

    fn visit_u64(&mut self, value: u64) -> Result<(), Error> {
        self.put(&value)
    }

    fn visit_i64(&mut self, value: i64) -> Result<(), Error> {
        self.put(&value)
    }

    fn visit_f64(&mut self, value: f64) -> Result<(), Error> {
        self.put(&value)
    }

    fn visit_bool(&mut self, value: bool) -> Result<(), Error> {
        self.put(&value)
    }

    fn visit_str(&mut self, value: &str) -> Result<(), Error> {
        self.put(value)
    }
}
