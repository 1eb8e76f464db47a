//! The real program on a data directory of its own.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Longer than a start takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// Files in the server's folder.
const CERTIFICATE: &str = "tls.crt";
const KEY: &str = "tls.key";

/// A server that is stopped when the test is over, whatever comes of it.
#[derive(Debug)]
pub(crate) struct Server {
    home: TempDir,
    child: Child,
    url: String,
}

impl Server {
    /// Starts it and waits until it says where it listens.
    #[track_caller]
    pub(crate) fn start() -> Self {
        Self::run(tempfile::tempdir().unwrap(), &[])
    }

    /// Starts it with these variables.
    #[track_caller]
    pub(crate) fn start_with(settings: &[(&str, &str)]) -> Self {
        Self::run(tempfile::tempdir().unwrap(), settings)
    }

    /// Starts it with a certificate that it has signed itself.
    #[track_caller]
    pub(crate) fn start_encrypted() -> Self {
        let home = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        fs::write(home.path().join(CERTIFICATE), made.cert.pem()).unwrap();
        fs::write(home.path().join(KEY), made.signing_key.serialize_pem()).unwrap();
        let settings = [
            ("BARTIZAN_SERVER__TLS__CERTIFICATE", CERTIFICATE),
            ("BARTIZAN_SERVER__TLS__KEY", KEY),
        ];
        Self::run(home, &settings)
    }

    #[track_caller]
    fn run(home: TempDir, settings: &[(&str, &str)]) -> Self {
        // A file and no pipe: nobody needs to empty it while the client runs.
        let log = File::create(home.path().join("log")).unwrap();
        let child = bartizan(&home, "serve --listen 127.0.0.1:0")
            .envs(settings.iter().copied())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut server = Self {
            home,
            child,
            url: String::new(),
        };
        let started = Instant::now();
        loop {
            if let Some(url) = listening(&server.log()) {
                server.url = url;
                return server;
            }
            let ended = server.child.try_wait().unwrap();
            assert!(
                ended.is_none() && started.elapsed() < PATIENCE,
                "it does not listen: {}",
                server.log()
            );
            std::thread::yield_now();
        }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Who vouches for it, where it was started with TLS.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.home.path().join(CERTIFICATE)
    }

    /// A token that the first start made.
    pub(crate) fn token_file(&self, name: &str) -> PathBuf {
        self.home.path().join("data").join(name)
    }

    /// What it has said so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("log")).unwrap()
    }

    /// Stops it: it must end well, and what it leaves must be whole.
    #[track_caller]
    pub(crate) fn stop_and_verify(mut self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(sent.success());
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}: {}", self.log());
        let found = bartizan(&self.home, "verify").output().unwrap();
        assert!(
            found.status.success(),
            "{}\n{}{}",
            found.status,
            String::from_utf8_lossy(&found.stdout),
            String::from_utf8_lossy(&found.stderr)
        );
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It is gone already where the test stopped it.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The program; nothing of this process's surroundings reaches it.
fn bartizan(home: &TempDir, line: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bartizan"));
    command
        .args(line.split(' '))
        .arg("--data-dir")
        .arg(home.path().join("data"))
        .env_clear()
        // Passwords are hashed a few dozen times, and this is not about their cost.
        .env("BARTIZAN_PASSWORDS__MEMORY_KIB", "64")
        .env("BARTIZAN_PASSWORDS__ITERATIONS", "1")
        .current_dir(home.path())
        .stdin(Stdio::null());
    command
}

/// The address in the line that tells it.
fn listening(log: &str) -> Option<String> {
    let (_, rest) = log.split_once("listening on: `")?;
    Some(rest.split_once('`')?.0.to_owned())
}
