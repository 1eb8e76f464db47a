//! A directory in which the program runs, and the process that runs in it.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::{self, Response};

/// Longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A running process.
#[derive(Debug)]
pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) lines: Receiver<String>,
    pub(crate) said: Vec<String>,
}

/// A directory in which processes run, and their variables.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) directory: TempDir,
    pub(crate) variables: Vec<(String, String)>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
        .with("BARTIZAN_PASSWORDS__MEMORY_KIB", "64")
        .with("BARTIZAN_PASSWORDS__ITERATIONS", "1")
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.path("data")
    }

    /// The program with arguments; nothing of this process's surroundings reaches it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bartizan"));
        command
            .args(arguments)
            .arg("--data-dir")
            .arg(self.data_dir())
            .current_dir(self.directory.path())
            .env_clear()
            .envs(self.variables.iter().cloned())
            .stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    #[track_caller]
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Starts a server and waits until it says where it listens.
    #[track_caller]
    pub(crate) fn serve(&self) -> Process {
        Self::listen(self.command(&["serve", "--listen", "127.0.0.1:0"]))
    }

    /// As [`serve`](Self::serve), started as the command says.
    #[track_caller]
    pub(crate) fn listen(mut command: Command) -> Process {
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut said = Vec::new();
        loop {
            match lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    said.push(line);
                    if let Some(address) = said.last().and_then(|line| listening(line)) {
                        return Process {
                            child,
                            address,
                            lines,
                            said,
                        };
                    }
                }
                Err(error) => {
                    child.kill().ok();
                    child.wait().ok();
                    panic!("it does not listen: {error}: {said:#?}");
                }
            }
        }
    }

    /// Starts a server that is expected to end by itself: its code, and what it says.
    #[track_caller]
    pub(crate) fn refused(&self) -> (Option<i32>, String) {
        let mut child = self
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        for line in BufReader::new(child.stderr.take().unwrap()).lines() {
            let line = line.unwrap();
            if listening(&line).is_some() {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("it serves: {said}{line}");
            }
            said.push_str(&line);
            said.push('\n');
        }
        (child.wait().unwrap().code(), said)
    }

    pub(crate) fn token(&self, name: &str) -> String {
        let path = self.data_dir().join(name);
        fs::read_to_string(path).unwrap().trim().to_owned()
    }

    /// What `bartizan verify` says of the data; it must find nothing wrong.
    #[track_caller]
    pub(crate) fn verified(&self) -> Value {
        let output = self.run(&["verify", "--output", "json"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{:?}: {said}", output.status);
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(found["findings"], json!([]), "{found:#}");
        found
    }
}

/// The address in the line that tells it.
pub(crate) fn listening(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("listening on: `http://")?;
    rest.split_once('`')?.0.parse().ok()
}

impl Process {
    /// Sends a signal to this process alone.
    #[track_caller]
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end: what it returned, and what it said.
    #[track_caller]
    pub(crate) fn end(mut self) -> (ExitStatus, Vec<String>) {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.said.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    drop(self.child.kill());
                    panic!("it does not end: {:#?}", self.said);
                }
            }
        }
        let status = self.child.wait().unwrap();
        (status, std::mem::take(&mut self.said))
    }

    /// Asks it to end and waits until it has.
    #[track_caller]
    pub(crate) fn stop(self) -> Vec<String> {
        self.signal("TERM");
        let (status, said) = self.end();
        assert_eq!(status.code(), Some(0), "{said:#?}");
        said
    }

    /// Sends a request; `None` if there was no whole answer.
    pub(crate) fn call(
        &self,
        method: &str,
        target: &str,
        token: &str,
        body: &Value,
    ) -> Option<Response> {
        call(self.address, method, target, token, body)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) fn call(
    address: SocketAddr,
    method: &str,
    target: &str,
    token: &str,
    body: &Value,
) -> Option<Response> {
    let headers = [("Authorization".to_owned(), format!("Bearer {token}"))];
    let body = body.to_string();
    let bytes = http::request(method, target, &headers, Some(body.as_bytes()));
    http::exchange(address, &bytes).ok()
}

pub(crate) fn json_of(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

pub(crate) fn text(value: &Value, pointer: &str) -> String {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no `{pointer}` in {value:#}"))
        .to_owned()
}
