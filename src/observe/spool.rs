//! Lines on their way to stderr: gathered in memory, written by a thread.
//!
//! A `write` for each line costs its thread a system call, and a reader of stderr that is slow
//! would hold it up. So a line goes into a buffer, and a thread writes what has gathered
//! some fifty times a second. A process that is killed loses the lines of the last moment, and
//! nothing else: no answer rests on them.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long lines may wait for company.
const PAUSE: Duration = Duration::from_millis(20);

/// Bytes that may wait. Where the reader of the log takes no more, lines are dropped and counted.
const MOST: usize = 4 << 20;

/// The lines that wait, and the way out for them.
#[derive(Debug, Clone)]
pub(super) struct Spool(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    came: Condvar,
    /// Held while lines are written, so that those of one thread do not overtake another's.
    out: Mutex<Vec<u8>>,
}

#[derive(Debug, Default)]
struct Waiting {
    bytes: Vec<u8>,
    dropped: u64,
}

impl Waiting {
    /// Takes a line if there is room; true if it is the first.
    fn take(&mut self, line: &[u8]) -> bool {
        if self.bytes.len() + line.len() > MOST {
            self.dropped += 1;
            return false;
        }
        let first = self.bytes.is_empty();
        self.bytes.extend_from_slice(line);
        first
    }
}

impl Spool {
    /// Starts the thread.
    ///
    /// # Errors
    /// If the system starts no thread.
    pub(super) fn start() -> io::Result<Self> {
        let spool = Self(Arc::new(Shared::default()));
        let writing = spool.clone();
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || writing.run())?;
        Ok(spool)
    }

    /// Writes what waits before it returns.
    pub(super) fn write_out(&self) {
        self.drain(&mut io::stderr());
    }

    fn run(&self) {
        loop {
            self.gather();
            self.write_out();
        }
    }

    /// Waits for a line, and then for those that come soon after it.
    fn gather(&self) {
        let came = &self.0.came;
        let waiting = came
            .wait_while(self.waiting(), |waiting| waiting.bytes.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        drop(came.wait_timeout_while(waiting, PAUSE, |_| true));
    }

    fn drain(&self, to: &mut dyn Write) {
        let mut out = self.0.out.lock().unwrap_or_else(PoisonError::into_inner);
        let dropped = {
            let mut waiting = self.waiting();
            // The buffers change places, so that neither is allocated again.
            std::mem::swap(&mut waiting.bytes, &mut out);
            std::mem::take(&mut waiting.dropped)
        };
        // Where stderr is closed there is nobody to tell.
        drop(to.write_all(&out));
        out.clear();
        out.shrink_to(MOST / 16);
        drop(out);
        if dropped > 0 {
            drop(writeln!(to, "{dropped} lines were dropped"));
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for &Spool {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.waiting().take(line) {
            self.0.came.notify_one();
        }
        Ok(line.len())
    }

    /// Does nothing: the thread writes.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn idle() -> Spool {
        Spool(Arc::new(Shared::default()))
    }

    fn drained(spool: &Spool) -> String {
        let mut out = Vec::new();
        spool.drain(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_come_out_once_and_in_their_order() {
        let spool = idle();
        let mut to = &spool;
        to.write_all(b"one\n").unwrap();
        (&spool.clone()).write_all(b"two\n").unwrap();
        assert_eq!(drained(&spool), "one\ntwo\n");
        assert_eq!(drained(&spool), "");
    }

    #[test]
    fn lines_that_nobody_takes_are_dropped_and_counted() {
        let spool = idle();
        let mut to = &spool;
        let line = vec![b'x'; MOST / 2];
        for _ in 0..4 {
            to.write_all(&line).unwrap();
        }
        let out = drained(&spool);
        assert_eq!(out.trim_start_matches('x'), "2 lines were dropped\n");
        assert_eq!(out.len() - out.trim_start_matches('x').len(), MOST);
        to.write_all(b"again\n").unwrap();
        assert_eq!(drained(&spool), "again\n");
    }
}
