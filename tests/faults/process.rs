//! The program as a process: what it has acknowledged survives whatever happens to it, it starts and
//! stops as it says, and two of them never share a directory (design section 2, security.md section 1).

#![expect(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]
#![expect(clippy::panic, reason = "helpers of tests fail by panicking")]
#![expect(
    clippy::indexing_slicing,
    reason = "a JSON document answers an absent key with null"
)]
#![expect(
    clippy::needless_collect,
    reason = "all threads start before one is waited for"
)]

#[path = "api/helpers/http.rs"]
mod http;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use http::Response;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running process.
#[derive(Debug)]
struct Process {
    child: Child,
    address: SocketAddr,
    lines: Receiver<String>,
    said: Vec<String>,
}

/// A directory in which processes run, and their variables.
#[derive(Debug)]
struct Place {
    directory: TempDir,
    variables: Vec<(String, String)>,
}

impl Place {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
        .with("BARTIZAN_PASSWORDS__MEMORY_KIB", "64")
        .with("BARTIZAN_PASSWORDS__ITERATIONS", "1")
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn data_dir(&self) -> PathBuf {
        self.path("data")
    }

    /// The program with arguments; nothing of this process's surroundings reaches it.
    fn command(&self, arguments: &[&str]) -> Command {
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
    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Starts a server and waits until it says where it listens.
    #[track_caller]
    fn serve(&self) -> Process {
        let mut child = self
            .command(&["serve", "--listen", "127.0.0.1:0"])
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

    fn token(&self, name: &str) -> String {
        let path = self.data_dir().join(name);
        fs::read_to_string(path).unwrap().trim().to_owned()
    }

    /// What `bartizan verify` says of the data; it must find nothing wrong.
    #[track_caller]
    fn verified(&self) -> Value {
        let output = self.run(&["verify", "--output", "json"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{:?}: {said}", output.status);
        let found: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(found["findings"], json!([]), "{found:#}");
        found
    }
}

/// The address in the line that tells it.
fn listening(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("listening on: `http://")?;
    rest.split_once('`')?.0.parse().ok()
}

impl Process {
    /// Sends a signal to this process alone.
    #[track_caller]
    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        let status = Command::new("sh").args(["-c", &kill]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end: what it returned, and what it said.
    #[track_caller]
    fn end(mut self) -> (ExitStatus, Vec<String>) {
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
    fn stop(self) -> Vec<String> {
        self.signal("TERM");
        let (status, said) = self.end();
        assert_eq!(status.code(), Some(0), "{said:#?}");
        said
    }

    /// Sends a request; `None` if there was no whole answer.
    fn call(&self, method: &str, target: &str, token: &str, body: &Value) -> Option<Response> {
        call(self.address, method, target, token, body)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn call(
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

fn json_of(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

fn text(value: &Value, pointer: &str) -> String {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no `{pointer}` in {value:#}"))
        .to_owned()
}

/// What a client knows of a session it has made.
#[derive(Debug, Clone)]
struct Known {
    id: String,
    token: String,
    sequence: String,
    /// It was told that the session is deleted.
    deleted: bool,
    /// It has asked for something and was told nothing.
    asked: Option<&'static str>,
}

/// Makes sessions, changes some, deletes some, until the server is gone.
fn write_until_the_end(
    address: SocketAddr,
    token: &str,
    acknowledged: &std::sync::mpsc::Sender<()>,
) -> Vec<Known> {
    let mut known: Vec<Known> = Vec::new();
    for round in 0_u32.. {
        let body = json!({ "metadata": { "round": "YQ==" } });
        let Some(response) = call(address, "POST", "/v2/sessions", token, &body) else {
            return known;
        };
        assert_eq!(
            response.status,
            201,
            "{}",
            String::from_utf8_lossy(&response.body)
        );
        let made = json_of(&response);
        let mut session = Known {
            id: text(&made, "/sessionId"),
            token: text(&made, "/sessionToken"),
            sequence: text(&made, "/details/sequence"),
            deleted: false,
            asked: None,
        };
        acknowledged.send(()).ok();
        let next = match round % 3 {
            0 => None,
            1 => Some("PATCH"),
            _ => Some("DELETE"),
        };
        if let Some(method) = next {
            session.asked = Some(method);
            let target = format!("/v2/sessions/{}", session.id);
            let body = if method == "PATCH" { body } else { json!({}) };
            let Some(response) = call(address, method, &target, token, &body) else {
                known.push(session);
                return known;
            };
            assert_eq!(
                response.status,
                200,
                "{}",
                String::from_utf8_lossy(&response.body)
            );
            let answer = json_of(&response);
            session.asked = None;
            session.sequence = text(&answer, "/details/sequence");
            if method == "PATCH" {
                session.token = text(&answer, "/sessionToken");
            } else {
                session.deleted = true;
            }
            acknowledged.send(()).ok();
        }
        known.push(session);
    }
    known
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    const WRITERS: usize = 64;
    const ENOUGH: usize = 600;
    let place = Place::new();
    let mut server = place.serve();
    let token = place.token("login-client.pat");
    let (sender, acknowledged) = channel();
    let address = server.address;
    let known: Vec<Known> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                let (sender, token) = (sender.clone(), token.as_str());
                scope.spawn(move || write_until_the_end(address, token, &sender))
            })
            .collect();
        for _ in 0..ENOUGH {
            acknowledged.recv_timeout(PATIENCE).unwrap();
        }
        // In the middle of it, and this process alone.
        server.child.kill().unwrap();
        writers
            .into_iter()
            .flat_map(|writer| writer.join().unwrap())
            .collect()
    });
    drop(server);
    assert!(known.len() >= ENOUGH / 2);

    let server = place.serve();
    let none = Value::Null;
    for session in &known {
        let target = format!("/v2/sessions/{}?sessionToken={}", session.id, session.token);
        let found = server.call("GET", &target, &token, &none).unwrap();
        match (session.deleted, session.asked) {
            (true, _) => assert_eq!(found.status, 404, "a deleted one is back: {session:?}"),
            (false, None) => {
                assert_eq!(
                    found.status, 200,
                    "an acknowledged one is lost: {session:?}"
                );
                let found = json_of(&found);
                assert_eq!(text(&found, "/session/sequence"), session.sequence);
            }
            // It may have been written or not; but not half of it.
            (false, Some("PATCH")) => assert!([200, 403].contains(&found.status), "{session:?}"),
            (false, Some(_)) => assert!([200, 404].contains(&found.status), "{session:?}"),
        }
    }
    // And it goes on as before.
    let made = server
        .call("POST", "/v2/sessions", &token, &json!({}))
        .unwrap();
    assert_eq!(made.status, 201);
    server.stop();
    let verified = place.verified();
    assert!(verified["sessions"].as_u64().unwrap() > known.len() as u64);
}

#[test]
fn being_killed_at_the_first_start_leaves_a_directory_that_starts() {
    // Killed at some moment of the first start, whichever it is: the next one sets it up or finds it.
    for lines in 0..3 {
        let place = Place::new();
        let mut child = place
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        for _ in 0..lines {
            said.next();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let server = place.serve();
        for name in ["admin.pat", "login-client.pat"] {
            let made = server.call("POST", "/v2/sessions", &place.token(name), &json!({}));
            assert_eq!(made.unwrap().status, 201, "{name} after {lines} lines");
        }
        server.stop();
        place.verified();
    }
}

#[test]
fn a_second_server_on_the_same_directory_is_refused() {
    let place = Place::new();
    let server = place.serve();
    let token = place.token("login-client.pat");
    let second = place.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(4));
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(
        said.contains("another server is using the data directory"),
        "{said}"
    );
    assert!(said.contains("hint: "), "{said}");
    assert_eq!(second.stdout, b"");
    let made = server
        .call("POST", "/v2/sessions", &token, &json!({}))
        .unwrap();
    assert_eq!(made.status, 201, "the first one does not mind");
    server.stop();
    // With the first one the claim is gone.
    place.serve().stop();
}

#[test]
fn a_port_that_is_taken_is_an_error_and_not_a_hang() {
    let (place, other) = (Place::new(), Place::new());
    let server = place.serve();
    let refused = other.run(&["serve", "--listen", &server.address.to_string()]);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        said.contains(&format!("cannot listen on: `{}`", server.address)),
        "{said}"
    );
    server.stop();
}

#[test]
fn it_ends_with_0_when_it_is_asked_to() {
    for signal in ["TERM", "INT"] {
        let place = Place::new();
        let server = place.serve();
        server.signal(signal);
        let (status, said) = server.end();
        assert_eq!(status.code(), Some(0), "{signal}: {said:#?}");
        place.verified();
    }
}

#[test]
fn idle_and_half_sent_requests_do_not_keep_it() {
    let place = Place::new().with("BARTIZAN_SERVER__DRAIN_TIMEOUT", "1s");
    let server = place.serve();
    let token = place.token("login-client.pat");
    let idle = TcpStream::connect(server.address).unwrap();
    let head = format!(
        "POST /v2/sessions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 9\r\n\r\n{{"
    );
    let mut half = TcpStream::connect(server.address).unwrap();
    half.write_all(head.as_bytes()).unwrap();
    let mut begun = TcpStream::connect(server.address).unwrap();
    begun.write_all(b"POST /v2/ses").unwrap();
    let kept = TcpStream::connect(server.address).unwrap();
    let request =
        format!("GET /v2/sessions/1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
    (&kept).write_all(request.as_bytes()).unwrap();
    (&kept).read_exact(&mut [0; 12]).unwrap();
    server.stop();
    drop((idle, half, begun, kept));
}

#[test]
fn the_second_start_changes_nothing() {
    let place = Place::new();
    let first = place.serve();
    let said = first.stop();
    let files = ["admin.pat", "login-client.pat", "bartizan.key"];
    let read = || files.map(|name| fs::read(place.data_dir().join(name)).unwrap());
    let (before, log) = (read(), place.verified());
    let tokens = [place.token("admin.pat"), place.token("login-client.pat")];

    let second = place.serve();
    for token in &tokens {
        let found = second
            .call("GET", "/v2/sessions/1", token, &Value::Null)
            .unwrap();
        assert_eq!(
            found.status, 404,
            "the tokens of the first start still work"
        );
    }
    let said_again = second.stop();
    assert_eq!(read(), before);
    assert_eq!(place.verified(), log, "nothing was written");
    for line in said.iter().chain(&said_again) {
        for token in &tokens {
            assert!(!line.contains(token), "a token is printed: {line}");
        }
    }
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place.data_dir()), 0o700);
    for entry in fs::read_dir(place.data_dir()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn a_directory_without_its_key_does_not_start() {
    let place = Place::new();
    place.serve().stop();
    let key = place.data_dir().join("bartizan.key");
    let kept = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    let refused = place.run(&["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(
        refused.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&refused.stderr)
    );
    assert!(!key.exists(), "no new key is made for old data");
    // With another key nothing would verify, and no token would work.
    let other = Place::new();
    other.serve().stop();
    fs::write(
        &key,
        fs::read(other.data_dir().join("bartizan.key")).unwrap(),
    )
    .unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let found = place.run(&["verify"]);
    assert_eq!(
        found.status.code(),
        Some(3),
        "{}",
        String::from_utf8_lossy(&found.stderr)
    );
    fs::write(&key, kept).unwrap();
    place.verified();
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one scenario from the first to the last step"
)]
fn the_variables_of_zitadel_set_the_first_start_up() {
    let place = Place::new()
        .with("ZITADEL_FIRSTINSTANCE_ORG_NAME", "Acme Inc")
        .with("ZITADEL_FIRSTINSTANCE_ORG_HUMAN_USERNAME", "root")
        .with(
            "ZITADEL_FIRSTINSTANCE_ORG_HUMAN_PASSWORD",
            "Str0ng-and-own!",
        )
        .with("ZITADEL_FIRSTINSTANCE_ORG_HUMAN_FIRSTNAME", "Rita")
        .with("ZITADEL_FIRSTINSTANCE_ORG_HUMAN_LASTNAME", "Root")
        .with(
            "ZITADEL_FIRSTINSTANCE_ORG_HUMAN_EMAIL_ADDRESS",
            "rita@acme.example",
        )
        .with(
            "ZITADEL_FIRSTINSTANCE_ORG_HUMAN_PASSWORDCHANGEREQUIRED",
            "false",
        )
        .with("ZITADEL_FIRSTINSTANCE_ORG_MACHINE_MACHINE_USERNAME", "boss")
        .with("ZITADEL_FIRSTINSTANCE_ORG_MACHINE_MACHINE_NAME", "The boss")
        .with("ZITADEL_FIRSTINSTANCE_PATPATH", "boss.pat")
        .with(
            "ZITADEL_FIRSTINSTANCE_ORG_LOGINCLIENT_MACHINE_USERNAME",
            "login",
        )
        .with("ZITADEL_FIRSTINSTANCE_LOGINCLIENTPATPATH", "login.pat");
    let server = place.serve();
    let read = |name: &str| {
        let path = place.path(name);
        let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{name}");
        fs::read_to_string(path).unwrap().trim().to_owned()
    };
    let (boss, login) = (read("boss.pat"), read("login.pat"));
    for name in ["admin.pat", "login-client.pat"] {
        assert!(
            !place.data_dir().join(name).exists(),
            "{name} is somewhere else"
        );
    }
    let all = json!({ "sortingColumn": "USER_FIELD_NAME_USER_NAME", "query": { "asc": true } });
    let users = json_of(&server.call("POST", "/v2/users", &boss, &all).unwrap());
    let names: Vec<&str> = users["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| user["username"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["boss", "login", "root@acme-inc.localhost"]);
    let human = &users["result"][2]["human"];
    assert_eq!(human["profile"]["givenName"], "Rita");
    assert_eq!(human["profile"]["familyName"], "Root");
    assert_eq!(
        human["email"],
        json!({ "email": "rita@acme.example", "isVerified": true })
    );
    assert_eq!(human.get("passwordChangeRequired"), None);
    let checks = json!({ "checks": {
        "user": { "loginName": "root@acme-inc.localhost" },
        "password": { "password": "Str0ng-and-own!" },
    } });
    let made = server
        .call("POST", "/v2/sessions", &login, &checks)
        .unwrap();
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    // The person is an owner of the instance, the login client is not.
    let token = text(&json_of(&made), "/sessionToken");
    let user = text(&users, "/result/1/userId");
    let target = format!("/v2/users/{user}");
    let refused = server.call("DELETE", &target, &login, &json!({})).unwrap();
    assert_eq!(refused.status, 403);
    let deleted = server.call("DELETE", &target, &token, &json!({})).unwrap();
    assert_eq!(
        deleted.status,
        200,
        "{}",
        String::from_utf8_lossy(&deleted.body)
    );
    let said = server.stop();
    assert!(
        said.iter().all(|line| !line.contains("Str0ng-and-own!")),
        "{said:#?}"
    );
}
