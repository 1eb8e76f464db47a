//! A real mail server beside the server.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::install;

/// What the mail server wants to be told.
const PASSWORD: &str = "pässword";

/// A mail server that ends with the test.
#[derive(Debug)]
pub(crate) struct MailServer {
    home: TempDir,
    child: Child,
    port: String,
    mode: &'static str,
}

impl MailServer {
    /// Starts it; `mode` is that of `notifications.email.smtp.tls`.
    #[track_caller]
    pub(crate) fn start(mode: &'static str) -> Self {
        let (interpreter, programs) = install::mail();
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        let certified = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        fs::write(path("tls.crt"), certified.cert.pem()).unwrap();
        fs::write(path("tls.key"), certified.signing_key.serialize_pem()).unwrap();
        fs::write(path("password"), format!("{PASSWORD}\n")).unwrap();
        fs::create_dir(path("mails")).unwrap();
        let mut child = Command::new(interpreter)
            .arg(programs.join("server.py"))
            .arg(mode)
            .args([path("mails"), path("tls.crt"), path("tls.key")])
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut port = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        assert_ne!(output.read_line(&mut port).unwrap(), 0, "it has ended");
        Self {
            home,
            child,
            port: port.trim().to_owned(),
            mode,
        }
    }

    /// Where the mails lie.
    pub(crate) fn mails(&self) -> PathBuf {
        self.home.path().join("mails")
    }

    /// How a server is configured that hands its mails to this one.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        let path = |name: &str| self.home.path().join(name).to_string_lossy().into_owned();
        let mut settings = vec![
            ("BARTIZAN_NOTIFICATIONS__EMAIL__KIND", "smtp".to_owned()),
            (
                "BARTIZAN_NOTIFICATIONS__EMAIL__SMTP__HOST",
                "127.0.0.1".to_owned(),
            ),
            (
                "BARTIZAN_NOTIFICATIONS__EMAIL__SMTP__PORT",
                self.port.clone(),
            ),
            (
                "BARTIZAN_NOTIFICATIONS__EMAIL__SMTP__TLS",
                self.mode.to_owned(),
            ),
            (
                "BARTIZAN_NOTIFICATIONS__EMAIL__SMTP__CA_FILE",
                path("tls.crt"),
            ),
            (
                "BARTIZAN_NOTIFICATIONS__EMAIL__SMTP__SENDER",
                "login@bartizan.example".to_owned(),
            ),
            (
                "BARTIZAN_NOTIFICATIONS__EMAIL__SMTP__SENDER_NAME",
                "Bartizan".to_owned(),
            ),
            (
                "BARTIZAN_NOTIFICATIONS__EMAIL__SMTP__REPLY_TO",
                "help@bartizan.example".to_owned(),
            ),
        ];
        if self.mode != "none" {
            settings.extend([
                (
                    "BARTIZAN_NOTIFICATIONS__EMAIL__SMTP__USER",
                    "bartizan".to_owned(),
                ),
                (
                    "BARTIZAN_NOTIFICATIONS__EMAIL__SMTP__PASSWORD_FILE",
                    path("password"),
                ),
            ]);
        }
        settings
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
