//! What is logged while the tests run.

use std::sync::{Mutex, OnceLock};

use log::{LevelFilter, Log, Metadata, Record};

/// Keeps every line for the tests to look at.
pub(crate) struct Lines(Mutex<Vec<(String, String)>>);

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

    /// Those in which a text stands: target and message.
    pub(crate) fn with(&self, text: &str) -> Vec<(String, String)> {
        let mut lines = self.0.lock().unwrap().clone();
        lines.retain(|(_, line)| line.contains(text));
        lines
    }
}

impl Log for Lines {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let line = (record.target().to_owned(), record.args().to_string());
        self.0.lock().unwrap().push(line);
    }

    fn flush(&self) {}
}
