//! The log: one line per message on stderr, as text or as JSON.
//!
//! Warnings and errors are written at once, all else by a thread (see `spool`): a client that is
//! refused again and again must not cost its worker a system call each time.
//!
//! A message cannot forge another line: in text, control characters are escaped; JSON does it anyway.
//! What a message has beside its text (the key-values of `log`) stands in JSON alone: the text of our
//! own messages says all of it.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::{self, Write};

use env_logger::{Builder, Target};
use log::{Level, LevelFilter, Log, Metadata, Record, SetLoggerError};
use serde::Serialize;

use super::SystemClock;
use super::fields::Fields;
use super::moment::Moment;
use super::spool::Spool;
use crate::config::{LogConfig, LogFormat, visible};
use crate::domain::time::Timestamp;
use crate::ports::Clock;

/// The target of the lines about requests.
const ACCESS: &str = "access";

/// The library that verifies answers of authenticators writes errors with the bytes of whoever sends
/// nonsense. Why an answer was refused stands in the line about its request.
const WEBAUTHN: &str = "webauthn_rs_core";

/// The log: what is wrong goes to stderr at once, all else through a spool.
struct Logger {
    said: env_logger::Logger,
    form: Form,
    spool: Spool,
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.said.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if !self.said.matches(record) {
            return;
        }
        if record.level() > Level::Warn {
            // The spool takes everything.
            drop((self.form)(&mut &self.spool, SystemClock.now(), record));
        } else {
            // So that the lines stand in the order in which they were written.
            self.spool.write_out();
            self.said.log(record);
        }
    }

    fn flush(&self) {
        self.spool.write_out();
    }
}

/// Writes a message as one line, in one piece.
type Form = fn(&mut dyn Write, Timestamp, &Record<'_>) -> io::Result<()>;

const fn form(config: &LogConfig) -> Form {
    match config.format {
        LogFormat::Text => write_text,
        LogFormat::Json => write_json,
    }
}

/// Makes the log ready. Called once, before anything is logged.
///
/// Lines that tell of nothing wrong wait for some milliseconds: whoever ends the process calls
/// [`Log::flush`].
///
/// # Errors
/// [`SetLoggerError`] if a logger is installed already; [`io::Error`] if no thread can be started.
pub fn init(config: &LogConfig) -> Result<(), InitError> {
    let spool = Spool::start()?;
    let said = builder(config).target(Target::Stderr).build();
    let most = said.filter();
    let logger = Logger {
        said,
        form: form(config),
        spool,
    };
    log::set_boxed_logger(Box::new(logger))?;
    log::set_max_level(most);
    Ok(())
}

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// A logger is installed already.
    #[error(transparent)]
    Installed(#[from] SetLoggerError),
    /// The thread that writes could not be started.
    #[error("the thread of the log could not be started")]
    Thread(#[from] io::Error),
}

fn builder(config: &LogConfig) -> Builder {
    let write = form(config);
    let mut builder = Builder::new();
    builder
        // Before the levels, which may ask for it.
        .filter_module(WEBAUTHN, LevelFilter::Off)
        .parse_filters(&config.level)
        .format(move |out, record| write(out, SystemClock.now(), record));
    if !config.access {
        // After the levels, of which one may name the target too.
        builder.filter_module(ACCESS, LevelFilter::Off);
    }
    builder
}

/// Bytes that are kept for the next line.
const KEPT: usize = 1024;

thread_local! {
    static MOMENT: RefCell<Moment> = RefCell::default();
    static LINE: RefCell<String> = const { RefCell::new(String::new()) };
}

fn write_text(out: &mut dyn Write, at: Timestamp, record: &Record<'_>) -> io::Result<()> {
    LINE.with_borrow_mut(|line| {
        line.clear();
        let (level, target) = (record.level(), record.target());
        // A String takes everything.
        MOMENT.with_borrow_mut(|moment| moment.push(line, at));
        for part in [" ", level.as_str(), " ", target, " "] {
            line.push_str(part);
        }
        line.write_fmt(*record.args()).ok();
        if line.bytes().any(|byte| !(b' '..0x7f).contains(&byte)) && line.contains(char::is_control)
        {
            *line = visible(line);
        }
        line.push('\n');
        let written = out.write_all(line.as_bytes());
        line.shrink_to(KEPT);
        written
    })
}

#[derive(Serialize)]
struct Line<'a> {
    ts: &'a str,
    level: &'a str,
    target: &'a str,
    message: &'a str,
    #[serde(flatten)]
    fields: Fields<'a>,
}

fn write_json(out: &mut dyn Write, at: Timestamp, record: &Record<'_>) -> io::Result<()> {
    let mut line = serde_json::to_vec(&Line {
        ts: &at.to_string(),
        level: record.level().as_str(),
        target: record.target(),
        message: &record.args().to_string(),
        fields: Fields::of(record),
    })?;
    line.push(b'\n');
    out.write_all(&line)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::domain::secret::Secret;

    const AT: Timestamp = Timestamp::from_micros(1_795_428_000_123_456);

    fn written(write: Form, level: Level, message: &str) -> String {
        let mut out = Vec::new();
        let args = format_args!("{message}");
        let record = Record::builder()
            .level(level)
            .target("bartizan::web")
            .args(args)
            .build();
        write(&mut out, AT, &record).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_message_is_one_line_of_text() {
        for (message, line) in [
            ("listening", "INFO bartizan::web listening"),
            ("a \"b\" \u{e4}", "INFO bartizan::web a \"b\" \u{e4}"),
            (
                "x\n2026-11-23T10:00:00Z ERROR forged\r",
                "INFO bartizan::web x\\n2026-11-23T10:00:00Z ERROR forged\\r",
            ),
            (
                "\u{1b}[31m\u{9b}2J\0",
                "INFO bartizan::web \\u{1b}[31m\\u{9b}2J\\u{0}",
            ),
        ] {
            assert_eq!(
                written(write_text, Level::Info, message),
                format!("2026-11-23T10:00:00.123456Z {line}\n")
            );
        }
    }

    #[test]
    fn a_message_is_one_json_object() {
        assert_eq!(
            written(write_json, Level::Warn, "a \"b\"\n\u{e4}"),
            "{\"ts\":\"2026-11-23T10:00:00.123456Z\",\"level\":\"WARN\",\
             \"target\":\"bartizan::web\",\"message\":\"a \\\"b\\\"\\n\u{e4}\"}\n"
        );
    }

    #[test]
    fn what_a_message_has_beside_its_text_stands_in_json() {
        let (path, odd) = ("/v2/\"x\"", Some("a\nb"));
        let nothing: Option<&str> = None;
        let pairs: &[(&str, log::kv::Value<'_>)] = &[
            ("method", "GET".into()),
            ("path", path.into()),
            ("status", 200_u16.into()),
            ("duration_us", 1_234_u64.into()),
            ("change", (-5_i64).into()),
            ("share", 0.5_f64.into()),
            ("contained", true.into()),
            ("odd", log::kv::Value::from_debug(&odd)),
            ("error_id", log::kv::ToValue::to_value(&nothing)),
            // Nothing takes the place of what every line has.
            ("level", "ERROR".into()),
        ];
        let mut out = Vec::new();
        let args = format_args!("said");
        let mut record = Record::builder();
        let record = record.level(Level::Info).target("access").args(args);
        let record = record.key_values(&pairs).build();
        write_json(&mut out, AT, &record).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "{\"ts\":\"2026-11-23T10:00:00.123456Z\",\"level\":\"INFO\",\"target\":\"access\",\
             \"message\":\"said\",\"method\":\"GET\",\"path\":\"/v2/\\\"x\\\"\",\"status\":200,\
             \"duration_us\":1234,\"change\":-5,\"share\":0.5,\"contained\":true,\
             \"odd\":\"Some(\\\"a\\\\nb\\\")\",\"error_id\":null,\"level_\":\"ERROR\"}\n"
        );
        let mut out = Vec::new();
        write_text(&mut out, AT, &record).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "2026-11-23T10:00:00.123456Z INFO access said\n"
        );
    }

    /// Where a logger writes in tests.
    #[derive(Clone, Default)]
    struct Pipe(Arc<Mutex<Vec<u8>>>);

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Logs one message per level and target, and returns the lines without their times.
    fn logged(config: &LogConfig, args: std::fmt::Arguments<'_>) -> Vec<String> {
        let pipe = Pipe::default();
        let target = Target::Pipe(Box::new(pipe.clone()));
        let logger = builder(config).target(target).build();
        for target in ["bartizan", "h2", "webauthn_rs_core::internals"] {
            for level in [Level::Error, Level::Info, Level::Debug] {
                let mut record = Record::builder();
                logger.log(&record.level(level).target(target).args(args).build());
            }
        }
        let text = String::from_utf8(pipe.0.lock().unwrap().clone()).unwrap();
        text.lines()
            .map(|line| line.split_once(' ').unwrap().1.to_owned())
            .collect()
    }

    #[test]
    fn levels_are_those_of_the_configuration() {
        let with = |level: &str| LogConfig {
            level: level.to_owned(),
            ..LogConfig::default()
        };
        for (level, expected) in [
            (
                "info",
                [
                    "ERROR bartizan m",
                    "INFO bartizan m",
                    "ERROR h2 m",
                    "INFO h2 m",
                ]
                .as_slice(),
            ),
            ("off", &[]),
            (
                "error, bartizan=debug, h2= off",
                &["ERROR bartizan m", "INFO bartizan m", "DEBUG bartizan m"],
            ),
            (
                "off, webauthn_rs_core=error",
                &["ERROR webauthn_rs_core::internals m"],
            ),
        ] {
            assert_eq!(logged(&with(level), format_args!("m")), expected, "{level}");
        }
    }

    #[test]
    fn the_lines_about_requests_have_a_switch_of_their_own() {
        let logged = |access, level: &str| {
            let pipe = Pipe::default();
            let config = LogConfig {
                level: level.to_owned(),
                access,
                ..LogConfig::default()
            };
            let target = Target::Pipe(Box::new(pipe.clone()));
            let logger = builder(&config).target(target).build();
            for target in ["access", "bartizan"] {
                let mut record = Record::builder();
                record.level(Level::Info).target(target);
                logger.log(&record.args(format_args!("m")).build());
            }
            let text = String::from_utf8(pipe.0.lock().unwrap().clone()).unwrap();
            (text.contains("access"), text.contains("bartizan"))
        };
        assert_eq!(logged(true, "info"), (true, true));
        assert_eq!(logged(false, "info"), (false, true));
        assert_eq!(logged(false, "info,access=debug"), (false, true));
        assert_eq!(logged(true, "info,access=off"), (false, true));
    }

    #[test]
    fn secrets_among_the_arguments_stay_unseen() {
        let secret = Secret::new("hunter2".to_owned());
        let lines = logged(&LogConfig::default(), format_args!("{secret:?}"));
        assert_eq!(lines[0], "ERROR bartizan Secret(\u{2026})");
    }
}
