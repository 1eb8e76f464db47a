//! The files of `[server.tls]`: read at the start, and again when they change.
//!
//! Whatever renews a certificate replaces two files, not always both at the same moment, and tells
//! nobody or sends SIGHUP. So files that cannot be used are told about and otherwise left alone: the
//! pair before them stays in use, and they are looked at again as soon as they change.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::Signal;
use zeroize::Zeroizing;

use crate::config::Config;
use crate::ports::Clock;
use crate::web::{Pair, PairError, Tls};

/// How often the files are looked at. Certificates last for days, and renewals keep a margin.
const PERIOD: Duration = Duration::from_mins(1);

/// Why the files of `[server.tls]` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The file cannot be read.
    #[error("cannot read the file of `{setting}`: `{}`", path.display())]
    Unreadable {
        /// The key of the configuration that names it.
        setting: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file was read and is of no use.
    #[error("cannot use the file of `{setting}`: `{}`", path.display())]
    Unusable {
        /// The key of the configuration that names it.
        setting: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: PairError,
    },
}

/// Both files, and the pair that was last made of them.
#[derive(Debug)]
pub struct Certificates {
    certificate: PathBuf,
    key: PathBuf,
    tls: Arc<Tls>,
    /// What the files looked like before they were last read.
    seen: Stamps,
}

/// By what a change of certificate and key is noticed; nothing for a file that is not there.
type Stamps = [Option<Stamp>; 2];

/// Time of change, size and place: a file that another one took the place of differs at least in the
/// last, even where a link points to it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp {
    changed: (i64, i64),
    size: u64,
    place: (u64, u64),
}

impl Certificates {
    /// Reads the files that the configuration names; nothing if it names none.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn load(config: &Config) -> Result<Option<Self>, CertificateError> {
        let Some((certificate, key)) = config.server.tls.files() else {
            return Ok(None);
        };
        // Before reading: a change in between is then found by the next look.
        let seen = stamps(certificate, key);
        Ok(Some(Self {
            tls: Arc::new(Tls::new(read(certificate, key)?)),
            certificate: certificate.to_owned(),
            key: key.to_owned(),
            seen,
        }))
    }

    /// What the port is encrypted with: always the latest pair.
    pub fn tls(&self) -> Arc<Tls> {
        Arc::clone(&self.tls)
    }

    /// What is allowed and still deserves a word: a key that everybody on this machine can read.
    pub fn warning(&self) -> Option<String> {
        let mode = fs::metadata(&self.key).ok()?.permissions().mode() & 0o777;
        (mode & 0o007 != 0).then(|| {
            format!(
                "others can use the key of the certificate: `{}` has mode {mode:04o}",
                self.key.display()
            )
        })
    }

    /// Reads the files again at each hang-up, and when a look at them once a minute finds a change.
    /// Never ends by itself.
    pub(super) async fn renew(mut self, mut hangup: Signal, clock: Arc<dyn Clock>) {
        loop {
            let asked = tokio::select! {
                received = hangup.recv() => received.is_some(),
                () = clock.sleep(PERIOD) => false,
            };
            // Files may be on another machine: nobody else waits for them.
            let looked = tokio::task::spawn_blocking(move || {
                self.look(asked);
                self
            });
            match looked.await {
                Ok(certificates) => self = certificates,
                Err(_) => return log::error!("the certificate is not looked after any more"),
            }
        }
    }

    fn look(&mut self, asked: bool) {
        let seen = stamps(&self.certificate, &self.key);
        if !asked && seen == self.seen {
            return;
        }
        self.seen = seen;
        match read(&self.certificate, &self.key) {
            Ok(pair) => {
                self.tls.replace(pair);
                log::info!(
                    "new connections get the certificate in `{}`",
                    self.certificate.display()
                );
                if let Some(warning) = self.warning() {
                    log::warn!("{warning}");
                }
            }
            Err(error) => log::error!(
                "the certificate in use stays: {error}: {}",
                cause_of(&error)
            ),
        }
    }
}

fn cause_of(error: &CertificateError) -> &dyn std::error::Error {
    match error {
        CertificateError::Unreadable { source, .. } => source,
        CertificateError::Unusable { source, .. } => source,
    }
}

fn read(certificate: &Path, key: &Path) -> Result<Pair, CertificateError> {
    const CERTIFICATE: &str = "server.tls.certificate";
    const KEY: &str = "server.tls.key";
    let file = |setting, path: &Path| {
        fs::read(path).map_err(|source| CertificateError::Unreadable {
            setting,
            path: path.to_owned(),
            source,
        })
    };
    let chain = Zeroizing::new(file(CERTIFICATE, certificate)?);
    let secret = Zeroizing::new(file(KEY, key)?);
    Pair::from_pem(&chain, &secret).map_err(|source| {
        let (setting, path) = match source {
            PairError::Certificate => (CERTIFICATE, certificate),
            PairError::Key | PairError::Mismatch | PairError::Unsupported(_) => (KEY, key),
        };
        CertificateError::Unusable {
            setting,
            path: path.to_owned(),
            source,
        }
    })
}

fn stamps(certificate: &Path, key: &Path) -> Stamps {
    [certificate, key].map(|path| fs::metadata(path).ok().map(|found| Stamp::of(&found)))
}

impl Stamp {
    fn of(found: &Metadata) -> Self {
        Self {
            changed: (found.mtime(), found.mtime_nsec()),
            size: found.len(),
            place: (found.dev(), found.ino()),
        }
    }
}
