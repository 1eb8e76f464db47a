//! What is logged while the tests run.

use std::sync::{Mutex, OnceLock};

use log::kv::{Error, Key, Value, VisitSource};
use log::{LevelFilter, Log, Metadata, Record};

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) target: String,
    pub(crate) text: String,
    /// What it has beside its text, each as `name=value`.
    pub(crate) fields: Vec<String>,
}

impl<'kvs> VisitSource<'kvs> for Line {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        self.fields.push(format!("{key}={value}"));
        Ok(())
    }
}

/// Keeps every line for the tests to look at.
pub(crate) struct Lines(Mutex<Vec<Line>>);

impl Lines {
    pub(crate) fn kept() -> &'static Self {
        static LINES: OnceLock<&'static Lines> = OnceLock::new();
        LINES.get_or_init(|| {
            let lines = Box::leak(Box::new(Self(Mutex::default())));
            log::set_logger(lines).unwrap();
            log::set_max_level(LevelFilter::Trace);
            lines
        })
    }

    /// Those in which a text stands, wherever.
    pub(crate) fn with(&self, text: &str) -> Vec<Line> {
        let mut lines = self.0.lock().unwrap().clone();
        lines.retain(|line| {
            line.text.contains(text) || line.fields.iter().any(|field| field.contains(text))
        });
        lines
    }
}

impl Log for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let mut line = Line {
            target: record.target().to_owned(),
            text: record.args().to_string(),
            fields: Vec::new(),
        };
        record.key_values().visit(&mut line).unwrap();
        self.0.lock().unwrap().push(line);
    }

    fn flush(&self) {}
}
