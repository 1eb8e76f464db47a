//! Messages as files, for development and tests.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::future::ready;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::carrier::{Carrier, Undelivered};
use super::payload;
use super::texts::Wording;
use crate::domain::notification::Notification;
use crate::ports::{Clock, Pending};

/// Writes each message to a file of its own: what a webhook would be sent.
///
/// The names end in `.json` and are in the order in which the messages were delivered. A file appears
/// with all of its content and is never written over.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    wording: Arc<Wording>,
    clock: Arc<dyn Clock>,
    written: AtomicU32,
}

impl Folder {
    /// Makes the folder if there is none.
    ///
    /// # Errors
    /// What the system says.
    pub fn open(path: &Path, wording: Arc<Wording>, clock: Arc<dyn Clock>) -> io::Result<Self> {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(path)?;
        Ok(Self {
            path: path.to_owned(),
            wording,
            clock,
            written: AtomicU32::new(0),
        })
    }

    fn write(&self, json: &[u8]) -> io::Result<()> {
        let path = self.free_name();
        let part = path.with_extension("part");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&part)?;
        file.write_all(json)?;
        file.sync_all()?;
        fs::rename(&part, &path)?;
        // The name of a file is as durable as its folder.
        File::open(&self.path)?.sync_all()
    }

    /// The moment and a number. Nobody but us writes there, so what is free now still is when the file
    /// is named.
    fn free_name(&self) -> PathBuf {
        let micros = self.clock.now().micros();
        loop {
            let number = self.written.fetch_add(1, Ordering::Relaxed);
            let path = self.path.join(format!("{micros:020}-{number:06}.json"));
            if !path.exists() {
                return path;
            }
        }
    }
}

impl Carrier for Folder {
    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
    ) -> Pending<'a, Result<(), Undelivered>> {
        let written = payload::json(&self.wording, notification)
            .map_err(io::Error::from)
            .and_then(|json| self.write(&json))
            .map_err(|error| Undelivered::failed(format!("the file cannot be written: {error}")));
        Box::pin(ready(written))
    }
}
