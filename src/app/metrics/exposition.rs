//! The numbers of one moment, in the text format of `OpenMetrics`.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

use crate::crypto::PoolLoad;
use crate::delivery::Progress;
use crate::domain::error::Kind;
use crate::domain::ids::Position;
use crate::domain::time::Timestamp;
use crate::observe::{BOUNDS, Counted, Operation};
use crate::storage::sqlite::{BATCH_BOUNDS, Held, TRANSACTION_BOUNDS, WriterStats};

/// Bytes of a page of memory, as `/proc` counts them.
const PAGE: u64 = 4_096;

/// What was counted up to one moment.
#[derive(Debug)]
pub(super) struct Moment {
    pub(super) operations: BTreeMap<Operation, Counted>,
    pub(super) connections: usize,
    pub(super) writer: WriterStats,
    pub(super) hashing: PoolLoad,
    pub(super) hashing_threads: usize,
    /// Look-ups that found a proof, and those that did not.
    pub(super) memo: (u64, u64),
    pub(super) held: Option<Held>,
    pub(super) event_streams: usize,
    pub(super) webhooks: Vec<Told>,
    pub(super) database_bytes: u64,
    pub(super) log_bytes: u64,
    pub(super) process: Process,
}

/// How it goes with a webhook.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) name: String,
    pub(super) progress: Progress,
    /// The end of the log.
    pub(super) end: Position,
    pub(super) now: Timestamp,
}

impl Told {
    /// How far it is behind the log.
    fn lag(&self) -> u64 {
        let lag = self.end.number() - self.progress.position.number();
        u64::try_from(lag).unwrap_or_default()
    }

    /// Microseconds since the event was written that it has still to take.
    fn age(&self) -> u64 {
        let since = self.progress.waiting_since.unwrap_or(self.now);
        let age = self.now.micros().saturating_sub(since.micros());
        u64::try_from(age).unwrap_or_default()
    }
}

/// What the system says about this process; nothing where it does not say it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Process {
    resident_bytes: Option<u64>,
    open_files: Option<u64>,
}

impl Process {
    /// Reads `/proc`.
    pub(super) fn read() -> Self {
        let pages = fs::read_to_string("/proc/self/statm")
            .ok()
            .and_then(|text| text.split(' ').nth(1)?.parse::<u64>().ok());
        Self {
            resident_bytes: pages.map(|pages| pages.saturating_mul(PAGE)),
            open_files: fs::read_dir("/proc/self/fd")
                .ok()
                .map(|files| files.count() as u64),
        }
    }
}

/// Writes the text.
pub(super) fn expose(moment: Moment) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(moment));
    let mut text = String::with_capacity(16 << 10);
    encode(&mut text, &registry)?;
    Ok(text)
}

impl Collector for Moment {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut out = Out(encoder);
        self.requests(&mut out)?;
        self.writer(&mut out)?;
        self.hashing(&mut out)?;
        self.storage(&mut out)?;
        self.events(&mut out)?;
        self.process(&mut out)
    }
}

impl Moment {
    fn requests(&self, out: &mut Out<'_>) -> fmt::Result {
        let labels = [("version", env!("CARGO_PKG_VERSION"))];
        out.begin("bartizan", "The program", None, MetricType::Info)?
            .encode_info(&labels)?;

        let help = "Requests that were answered, by operation and result";
        let mut family = out.begin("bartizan_requests", help, None, MetricType::Counter)?;
        for (operation, counted) in &self.operations {
            let name = name(*operation);
            let codes = ["OK"].into_iter().chain(Kind::ALL.map(Kind::name));
            for (code, count) in codes.zip(counted.results) {
                if count > 0 {
                    let labels = [("operation", name.as_str()), ("code", code)];
                    counter(&mut family.encode_family(&labels)?, count)?;
                }
            }
        }

        let help = "From the end of a request's head to the beginning of its answer";
        let seconds = Some(&Unit::Seconds);
        let histogram = MetricType::Histogram;
        let mut family = out.begin("bartizan_request_duration", help, seconds, histogram)?;
        for (operation, counted) in &self.operations {
            let labels = [("operation", name(*operation))];
            let mut metric = family.encode_family(&labels)?;
            durations(&mut metric, &BOUNDS, &counted.classes, counted.micros)?;
        }

        out.gauge(
            "bartizan_connections",
            "Connections that are open",
            self.connections as u64,
        )
    }

    fn writer(&self, out: &mut Out<'_>) -> fmt::Result {
        let writer = &self.writer;
        out.gauge(
            "bartizan_writer_waiting",
            "Writes that wait or are being written",
            writer.waiting,
        )?;
        let help = "Writes that were refused: queue_full where too many waited, conflict where \
                    somebody else was faster, failed where the database failed";
        let mut family = out.begin("bartizan_writes_refused", help, None, MetricType::Counter)?;
        for (reason, count) in [
            ("queue_full", writer.turned_away),
            ("conflict", writer.refused),
            ("failed", writer.failed),
        ] {
            counter(&mut family.encode_family(&[("reason", reason)])?, count)?;
        }
        let help = "Writes that shared a transaction";
        let bounds = BATCH_BOUNDS.map(|bound| f64::from(u32::try_from(bound).unwrap_or(u32::MAX)));
        let mut metric = out.begin("bartizan_batch_size", help, None, MetricType::Histogram)?;
        histogram(
            &mut metric,
            &bounds,
            &writer.batches,
            float(writer.committed),
        )?;
        let help = "From the beginning of a transaction to its durable end";
        let (seconds, kind) = (Some(&Unit::Seconds), MetricType::Histogram);
        let mut metric = out.begin("bartizan_transaction_duration", help, seconds, kind)?;
        durations(
            &mut metric,
            &TRANSACTION_BOUNDS,
            &writer.transactions,
            writer.micros,
        )
    }

    fn hashing(&self, out: &mut Out<'_>) -> fmt::Result {
        out.gauge(
            "bartizan_hashing_threads",
            "Threads that hash passwords",
            self.hashing_threads as u64,
        )?;
        out.gauge(
            "bartizan_hashing_running",
            "Threads that hash at this moment",
            self.hashing.running as u64,
        )?;
        out.gauge(
            "bartizan_hashing_waiting",
            "Passwords that wait for a thread",
            self.hashing.waiting as u64,
        )?;
        out.counter(
            "bartizan_hashing_refused",
            "Passwords that were refused because too many waited",
            self.hashing.refused,
        )?;
        let help = "Tokens whose proof was remembered (hit) or had to be made (miss)";
        let mut family = out.begin("bartizan_token_memo", help, None, MetricType::Counter)?;
        for (result, count) in [("hit", self.memo.0), ("miss", self.memo.1)] {
            counter(&mut family.encode_family(&[("result", result)])?, count)?;
        }
        Ok(())
    }

    fn storage(&self, out: &mut Out<'_>) -> fmt::Result {
        let what = "Size of the database and of its write-ahead log";
        let bytes = Some(&Unit::Bytes);
        let mut family = out.begin("bartizan_database_size", what, bytes, MetricType::Gauge)?;
        for (file, size) in [("database", self.database_bytes), ("wal", self.log_bytes)] {
            let labels = [("file", file)];
            family.encode_family(&labels)?.encode_gauge(&size)?;
        }
        let Some(held) = self.held else { return Ok(()) };
        let what = "Sessions that were not terminated; expired ones until they are swept";
        let mut family = out.begin("bartizan_sessions", what, None, MetricType::Gauge)?;
        for (state, count) in [("alive", held.alive), ("expired", held.expired)] {
            let labels = [("state", state)];
            family.encode_family(&labels)?.encode_gauge(&count)?;
        }
        out.gauge(
            "bartizan_outbox_messages",
            "Messages that wait to be delivered",
            held.messages,
        )?;
        let position = u64::try_from(held.position.number()).unwrap_or_default();
        out.gauge(
            "bartizan_event_position",
            "Position of the last event",
            position,
        )
    }

    fn events(&self, out: &mut Out<'_>) -> fmt::Result {
        out.gauge(
            "bartizan_event_streams",
            "Streams of events that are open",
            self.event_streams as u64,
        )?;
        if self.webhooks.is_empty() {
            return Ok(());
        }
        let help =
            "Positions of the log that the webhook has still to be told of, or does not want";
        let mut family = out.begin("bartizan_webhook_lag", help, None, MetricType::Gauge)?;
        for told in &self.webhooks {
            let labels = [("webhook", told.name.as_str())];
            family.encode_family(&labels)?.encode_gauge(&told.lag())?;
        }
        let help =
            "Since the event was written that the webhook has not taken; 0 where there is none";
        let (seconds_of, kind) = (Some(&Unit::Seconds), MetricType::Gauge);
        let mut family = out.begin("bartizan_webhook_waiting", help, seconds_of, kind)?;
        for told in &self.webhooks {
            let labels = [("webhook", told.name.as_str())];
            let age = seconds(told.age());
            family.encode_family(&labels)?.encode_gauge(&age)?;
        }
        let help =
            "Deliveries that were tried: gone where nothing else is tried until the next start";
        let mut family = out.begin("bartizan_webhook_attempts", help, None, MetricType::Counter)?;
        for told in &self.webhooks {
            let progress = told.progress;
            for (result, count) in [
                ("delivered", progress.delivered),
                ("failed", progress.failed),
                ("gone", progress.refused),
            ] {
                let labels = [("webhook", told.name.as_str()), ("result", result)];
                counter(&mut family.encode_family(&labels)?, count)?;
            }
        }
        let help = "How often events were archived before the webhook had taken them";
        let mut family = out.begin("bartizan_webhook_gaps", help, None, MetricType::Counter)?;
        for told in &self.webhooks {
            let labels = [("webhook", told.name.as_str())];
            counter(&mut family.encode_family(&labels)?, told.progress.gaps)?;
        }
        Ok(())
    }

    fn process(&self, out: &mut Out<'_>) -> fmt::Result {
        if let Some(bytes) = self.process.resident_bytes {
            let help = "Resident memory";
            let unit = Some(&Unit::Bytes);
            out.begin("process_resident_memory", help, unit, MetricType::Gauge)?
                .encode_gauge(&bytes)?;
        }
        match self.process.open_files {
            Some(files) => out.gauge("process_open_fds", "Open file descriptors", files),
            None => Ok(()),
        }
    }
}

/// Where metrics go.
struct Out<'a>(DescriptorEncoder<'a>);

impl Out<'_> {
    fn begin<'s>(
        &'s mut self,
        name: &'s str,
        help: &str,
        unit: Option<&'s Unit>,
        kind: MetricType,
    ) -> Result<MetricEncoder<'s>, fmt::Error> {
        self.0.encode_descriptor(name, help, unit, kind)
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        self.begin(name, help, None, MetricType::Gauge)?
            .encode_gauge(&value)
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) -> fmt::Result {
        let mut metric = self.begin(name, help, None, MetricType::Counter)?;
        counter(&mut metric, value)
    }
}

fn name((method, operation): Operation) -> String {
    if method.is_empty() {
        operation.trim_start_matches('/').to_owned()
    } else {
        format!("{method} {operation}")
    }
}

fn counter(metric: &mut MetricEncoder<'_>, value: u64) -> fmt::Result {
    metric.encode_counter::<NoLabelSet, u64, u64>(&value, None)
}

/// Microseconds as seconds.
fn durations(
    metric: &mut MetricEncoder<'_>,
    bounds: &[u64],
    classes: &[u64],
    micros: u64,
) -> fmt::Result {
    let bounds: Vec<_> = bounds.iter().map(|micros| seconds(*micros)).collect();
    histogram(metric, &bounds, classes, seconds(micros))
}

fn histogram(
    metric: &mut MetricEncoder<'_>,
    bounds: &[f64],
    classes: &[u64],
    sum: f64,
) -> fmt::Result {
    let bounds = bounds.iter().copied().chain([f64::INFINITY]);
    let buckets: Vec<_> = bounds.zip(classes.iter().copied()).collect();
    let count = classes.iter().sum();
    metric.encode_histogram::<NoLabelSet>(sum, count, &buckets, None)
}

fn seconds(micros: u64) -> f64 {
    float(micros) / 1e6
}

#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to 2^53 and near enough beyond"
)]
const fn float(number: u64) -> f64 {
    number as f64
}
