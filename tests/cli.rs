//! The program as people and scripts use it: the real binary on a data directory of its own.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    reason = "helpers of tests fail by panicking"
)]

#[path = "cli/manual.rs"]
mod manual;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use serde_json::{Value, json};
use tempfile::TempDir;

const PASSWORD: &str = "Secret123!";

/// The program in a directory of its own, with an empty environment.
struct Program {
    home: TempDir,
}

/// What a run of it came to.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

/// A server that is stopped when the test is over, whatever comes of it.
struct Server {
    child: Child,
    address: SocketAddr,
    /// What it said before it was ready.
    said: String,
}

impl Program {
    fn new() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
        }
    }

    /// One that was set up by a server which is gone again.
    #[track_caller]
    fn set_up() -> Self {
        let program = Self::new();
        assert_eq!(program.serve().stop().code, Some(0));
        program
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn data(&self, name: &str) -> PathBuf {
        self.path("bartizan-data").join(name)
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bartizan"));
        command
            .args(line.split(' ').filter(|word| !word.is_empty()))
            .env_clear()
            .current_dir(self.home.path())
            .stdin(Stdio::null());
        command
    }

    fn run(&self, line: &str) -> Ran {
        Ran::of(self.command(line).output().unwrap())
    }

    /// With a line on standard input.
    fn pipe(&self, line: &str, input: &str) -> Ran {
        let mut child = self
            .command(line)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        writeln!(child.stdin.take().unwrap(), "{input}").unwrap();
        Ran::of(child.wait_with_output().unwrap())
    }

    /// What a successful run prints.
    #[track_caller]
    fn ok(&self, line: &str) -> String {
        let ran = self.run(line);
        assert_eq!(ran.code, Some(0), "bartizan {line}\n{ran:?}");
        ran.stdout
    }

    /// The document that a successful run prints.
    #[track_caller]
    fn json(&self, line: &str) -> Value {
        let text = self.ok(&format!("{line} --output json"));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{line}: {error}\n{text}"))
    }

    #[track_caller]
    fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    /// With something in its environment.
    #[track_caller]
    fn serve_with(&self, environment: &[(&str, &str)]) -> Server {
        let mut child = self
            .command("serve --listen 127.0.0.1:0")
            .envs(environment.iter().copied())
            .stderr(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let address = loop {
            let before = said.len();
            assert!(lines.read_line(&mut said).unwrap() > 0, "it ended: {said}");
            let line = &said[before..];
            if let Some((_, rest)) = line.split_once("listening on: `http") {
                let (_, rest) = rest.split_once("://").unwrap();
                break rest.split('`').next().unwrap().parse().unwrap();
            }
        };
        // What was read ahead would be lost with the reader.
        said.push_str(str::from_utf8(lines.buffer()).unwrap());
        child.stderr = Some(lines.into_inner());
        Server {
            child,
            address,
            said,
        }
    }

    fn token(&self, name: &str) -> String {
        let text = std::fs::read_to_string(self.data(name)).unwrap();
        text.trim().to_owned()
    }

    #[track_caller]
    fn add_human(&self, name: &str) -> Ran {
        let line = format!(
            "user add human --username {name} --given-name Mini --family-name Mouse \
             --email {name}@mouse.com --email-verified --password-stdin"
        );
        let ran = self.pipe(&line, PASSWORD);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        ran
    }
}

impl Ran {
    fn of(output: std::process::Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Server {
    /// A request over HTTP/1.1: status and document.
    fn call(&self, method: &str, path: &str, token: &str, body: &Value) -> (u16, Value) {
        let body = body.to_string();
        let mut stream = TcpStream::connect(self.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap())
    }

    /// Asks it to stop and waits.
    fn stop(mut self) -> Ran {
        signal("TERM", &self.child);
        let mut ran = Ran::of(wait(&mut self.child));
        ran.stderr.insert_str(0, &self.said);
        ran
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It is gone already where the test stopped it.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn signal(name: &str, child: &Child) {
    let sent = Command::new("kill")
        .args([format!("-{name}"), child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

fn wait(child: &mut Child) -> std::process::Output {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    child
        .stdout
        .take()
        .unwrap()
        .read_to_end(&mut stdout)
        .unwrap();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_end(&mut stderr)
        .unwrap();
    std::process::Output {
        status: child.wait().unwrap(),
        stdout,
        stderr,
    }
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_session_opened_over_http_is_listed_and_ended_while_the_server_runs() {
    let program = Program::new();
    let server = program.serve();
    program.add_human("mini");
    let body = json!({"checks": {
        "user": {"loginName": "mini"},
        "password": {"password": PASSWORD},
    }});
    let token = program.token("login-client.pat");
    let (status, opened) = server.call("POST", "/v2/sessions", &token, &body);
    assert_eq!(status, 201, "{opened}");
    let id = opened["sessionId"].as_str().unwrap();
    let session_token = opened["sessionToken"].as_str().unwrap();

    let listed = program.json("session list --user mini");
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["id"], id);
    assert_eq!(listed[0]["state"], "active");
    assert_eq!(listed[0]["loginName"], "mini");
    assert!(listed[0]["passwordCheckedAt"].is_string(), "{listed}");
    let table = program.ok("session list --login-name MINI");
    assert!(
        table.contains(id) && table.contains("user, password"),
        "{table}"
    );
    assert!(!table.contains(session_token));

    let ended = program.json(&format!("session terminate {id}"));
    assert_eq!(ended[0]["state"], "terminated");
    let path = format!("/v2/sessions/{id}");
    let (status, gone) = server.call("GET", &path, &token, &json!({}));
    assert_eq!((status, &gone["code"]), (404, &json!(5)), "{gone}");
    assert_eq!(program.json("session list"), json!([]));

    let history = program.json(&format!("events show session {id}"));
    let last = history.as_array().unwrap().last().unwrap();
    assert_eq!(last["type"], "session.terminated");
    assert_eq!(last["creatorId"], "0", "the command line did it");

    let ran = server.stop();
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let verified = program.json("verify");
    assert_eq!(verified["findings"], json!([]));
    assert_eq!(verified["events"], verified["head"]["position"]);
}

#[test]
fn the_first_start_says_where_the_tokens_are_and_never_what_they_are() {
    let program = Program::new();
    let first = program.serve().stop();
    for name in ["admin.pat", "login-client.pat"] {
        assert!(
            first.stderr.contains(&format!("bartizan-data/{name}`")),
            "{first:?}"
        );
        assert!(!first.stderr.contains(&program.token(name)));
        assert_eq!(mode(&program.data(name)), 0o600);
    }
    assert!(first.stderr.contains("\nhint: "), "{first:?}");
    assert_eq!((first.code, first.stdout.as_str()), (Some(0), ""));
    assert_eq!(mode(&program.path("bartizan-data")), 0o700);

    let tokens = ["admin.pat", "login-client.pat"].map(|name| program.token(name));
    let events = program.json("events tail --limit 1000");
    let second = program.serve().stop();
    assert!(!second.stderr.contains("hint: "), "{second:?}");
    assert_eq!(
        tokens,
        ["admin.pat", "login-client.pat"].map(|name| program.token(name))
    );
    assert_eq!(events, program.json("events tail --limit 1000"));
}

#[test]
fn a_second_server_is_refused_with_a_code_of_its_own() {
    let program = Program::new();
    let server = program.serve();
    let second = program.run("serve --listen 127.0.0.1:0");
    assert_eq!(second.code, Some(4), "{second:?}");
    assert!(
        second
            .stderr
            .starts_with("error: another server is using the data directory: `")
    );
    assert!(second.stderr.contains("\n\nhint: "), "{second:?}");
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn without_a_database_every_command_says_what_to_do() {
    let program = Program::new();
    for line in [
        "session list",
        "user list",
        "member roles",
        "events tail",
        "verify",
    ] {
        let ran = program.run(line);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (Some(1), ""),
            "{line}\n{ran:?}"
        );
        assert!(
            ran.stderr.starts_with("error: there is no database yet: `"),
            "{ran:?}"
        );
        assert!(ran.stderr.contains("\n\nhint: ") && ran.stderr.contains("`bartizan serve`"));
    }
    assert!(!program.path("bartizan-data").exists(), "nothing was made");
}

#[test]
fn arguments_and_configuration_that_cannot_be_used_have_a_code_of_their_own() {
    let program = Program::new();
    for line in [
        "sessions",
        "session show mini",
        "user set-password x --password y",
    ] {
        let ran = program.run(line);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (Some(2), ""),
            "{line}\n{ran:?}"
        );
    }
    std::fs::write(program.path("wrong.toml"), "[server]\nlisten = 8080\n").unwrap();
    for line in ["config check", "config show", "serve", "user list"] {
        let ran = program.run(&format!("{line} --config wrong.toml"));
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (Some(2), ""),
            "{line}\n{ran:?}"
        );
        assert!(ran.stderr.contains("`server.listen`"), "{ran:?}");
    }
    let ran = program.run("--help");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    assert!(ran.stdout.contains("Exit codes:"));
}

#[test]
fn the_configuration_is_shown_without_its_secrets() {
    let program = Program::new();
    let text = format!("[first_instance.human]\npassword = \"{PASSWORD}\"\n");
    std::fs::write(program.path("config.toml"), text).unwrap();
    let table = program.ok("config show --data-dir elsewhere");
    assert!(table.contains("data_dir = \"elsewhere\""), "{table}");
    let json = program.json("config show");
    assert_eq!(json["server"]["listen"], "127.0.0.1:8080");
    for shown in [table, json.to_string()] {
        assert!(!shown.contains(PASSWORD), "{shown}");
    }
    let ran = program.run("config check");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(0), ""));
    assert!(
        ran.stderr.ends_with("the configuration can be used\n"),
        "{ran:?}"
    );
    assert_eq!(program.json("config check"), json!({"warnings": []}));
}

#[test]
fn a_line_of_the_log_is_an_object_with_what_it_is_about() {
    const LOST: &str = "/v2/sessions/1?sessionToken=S3cr3t-S3cr3t";
    let program = Program::new();
    let text = "[log]\nformat = \"json\"\n";
    std::fs::write(program.path("config.toml"), text).unwrap();
    let server = program.serve();
    let address = server.address;
    let (status, _) = server.call("GET", LOST, "nobody", &json!({}));
    assert_eq!(status, 401);
    let said = server.stop().stderr;
    assert!(!said.contains("S3cr3t"), "{said}");
    let lines: Vec<Value> = said
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let find = |target: &str| {
        let found: Vec<_> = lines
            .iter()
            .filter(|line| line["target"] == target)
            .collect();
        assert_eq!(found.len(), 1, "{said}");
        found[0].clone()
    };
    let access = find("access");
    let (id, duration) = (&access["request_id"], &access["duration_us"]);
    assert!(id.as_str().unwrap().len() == 36 && duration.is_u64());
    let peer = access["peer"].as_str().unwrap();
    let bytes = access["bytes"].as_u64().unwrap();
    assert!(bytes > 50, "{access}");
    let message = format!(
        "GET /v2/sessions/1 401 Unauthenticated {bytes}B {duration}us {} {peer}",
        id.as_str().unwrap()
    );
    assert_eq!(
        access,
        json!({
            "ts": access["ts"], "level": "INFO", "target": "access", "message": message,
            "method": "GET", "path": "/v2/sessions/1", "status": 401, "duration_us": duration,
            "operation": "/v2/sessions/{session_id}", "code": "Unauthenticated", "bytes": bytes,
            "request_id": id, "peer": peer,
        })
    );
    assert_ne!(peer, address.to_string());
    let failure = find("bartizan::app::failure_log");
    assert_eq!(&failure["request_id"], id);
    assert_eq!(failure["kind"], "Unauthenticated");
    assert_eq!(failure["error_id"], "AUTH-7fs1e", "{failure}");
}

#[test]
fn the_log_of_requests_can_be_switched_off() {
    let program = Program::new();
    std::fs::write(program.path("config.toml"), "[log]\naccess = false\n").unwrap();
    let server = program.serve();
    server.call("GET", "/v2/sessions/1", "nobody", &json!({}));
    let said = server.stop().stderr;
    assert!(!said.contains(" access "), "{said}");
    assert!(said.contains(" INFO bartizan::app::failure_log "), "{said}");
}

/// Writes a certificate and its key where `config.toml` says, and returns the certificate.
fn certify(program: &Program) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let text = "[server.tls]\ncertificate = \"tls.crt\"\nkey = \"tls.key\"\n";
    std::fs::write(program.path("config.toml"), text).unwrap();
    std::fs::write(program.path("tls.crt"), made.cert.pem()).unwrap();
    std::fs::write(program.path("tls.key"), made.signing_key.serialize_pem()).unwrap();
    allow(&program.path("tls.key"), 0o600);
    made.cert.der().clone()
}

fn allow(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn certificate_and_key_are_tested_with_the_configuration() {
    let program = Program::new();
    certify(&program);
    let ran = program.run("config check");
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (Some(0), "the configuration can be used\n")
    );
    allow(&program.path("tls.key"), 0o644);
    assert_eq!(
        program.json("config check"),
        json!({"warnings": ["others can use the key of the certificate: `tls.key` has mode 0644"]})
    );
    let other = Program::new();
    certify(&other);
    std::fs::copy(other.path("tls.key"), program.path("tls.key")).unwrap();
    let refused = "error: cannot use the file of `server.tls.key`: `tls.key`\n\
                   cause: it is not the key of the first certificate\n";
    for line in ["config check", "serve --listen 127.0.0.1:0"] {
        let ran = program.run(line);
        assert_eq!(
            (ran.code, ran.stderr.as_str()),
            (Some(2), refused),
            "{line}"
        );
    }
    std::fs::remove_file(program.path("tls.crt")).unwrap();
    let ran = program.run("config check");
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (
            Some(2),
            "error: cannot read the file of `server.tls.certificate`: `tls.crt`\n\
             cause: No such file or directory (os error 2)\n"
        )
    );
    // Whoever only works on the database needs no certificate.
    assert_eq!(program.run("config show").code, Some(0));
}

/// The certificate that a server shows.
fn shown(server: &Server, trusted: &CertificateDer<'static>) -> Result<Vec<u8>, String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let mut session = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut socket = TcpStream::connect(server.address).unwrap();
    while session.is_handshaking() {
        session
            .complete_io(&mut socket)
            .map_err(|error| error.to_string())?;
    }
    Ok(session
        .peer_certificates()
        .unwrap()
        .first()
        .unwrap()
        .to_vec())
}

#[test]
fn the_certificate_is_read_again_at_a_hang_up() {
    let program = Program::new();
    let first = certify(&program);
    let mut server = program.serve();
    assert!(server.said.contains("listening on: `https://127.0.0.1:"));
    assert_eq!(shown(&server, &first), Ok(first.to_vec()));
    let second = certify(&program);
    signal("HUP", &server.child);
    let mut lines = BufReader::new(server.child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("new connections get the certificate in `tls.crt`") {
        line.clear();
        assert!(lines.read_line(&mut line).unwrap() > 0, "it ended");
    }
    server.child.stderr = Some(lines.into_inner());
    assert_eq!(shown(&server, &second), Ok(second.to_vec()));
    assert!(shown(&server, &first).is_err());
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn users_are_named_by_id_or_login_name() {
    let program = Program::set_up();
    program.add_human("mini");
    let user = program.json("user show MINI");
    let id = user["id"].as_str().unwrap();
    assert_eq!(program.json(&format!("user show {id}")), user);
    assert_eq!(user["type"], "human");
    assert_eq!(user["human"]["emailVerified"], true);
    assert_eq!(user["human"]["hasPassword"], true);

    for (line, state) in [
        ("user lock mini".to_owned(), "locked"),
        (format!("user unlock {id}"), "active"),
        ("user deactivate mini".to_owned(), "inactive"),
        (format!("user reactivate {id}"), "active"),
    ] {
        let ran = program.run(&line);
        assert_eq!(
            (ran.code, ran.stdout.as_str()),
            (Some(0), ""),
            "{line}\n{ran:?}"
        );
        assert!(ran.stderr.ends_with(": `mini`\n"), "{ran:?}");
        assert_eq!(program.json("user show mini")["state"], state, "{line}");
    }

    let unlocked = program.run("user unlock mini");
    assert_eq!(unlocked.code, Some(1));
    assert_eq!(
        unlocked.stderr,
        "error: User is not locked (COMMAND-olb9vb0oca)\n"
    );

    let doubted = program.run("user remove mini");
    assert_eq!(doubted.code, Some(2), "{doubted:?}");
    program.ok("user remove mini --yes");
    let gone = program.run("user show mini");
    assert_eq!(gone.code, Some(1));
    assert!(
        gone.stderr
            .starts_with("error: no user has this id or login name: `mini`\n\nhint: ")
    );
    let history = program.json(&format!("events show user {id}"));
    let last = history.as_array().unwrap().last().unwrap();
    assert_eq!(last["type"], "user.removed");
}

#[test]
fn an_id_may_be_any_text_and_a_name_may_look_like_an_id() {
    let program = Program::set_up();
    program.ok("user add machine --username one --id f3b1-x");
    assert_eq!(program.json("user show f3b1-x")["username"], "one");
    assert_eq!(program.json("user show one")["id"], "f3b1-x");
    program.ok("user add machine --username 4711 --id 12");
    assert_eq!(program.json("user show 4711")["id"], "12");
    assert_eq!(program.json("user show 12")["username"], "4711");
    assert_eq!(program.json("session list --login-name 4711"), json!([]));

    let taken = program.run("user add machine --username ONE");
    assert_eq!(taken.code, Some(1));
    assert!(
        taken
            .stderr
            .starts_with("error: User already exists (V3-DKcYh)\n\nhint: "),
        "{taken:?}"
    );
}

#[test]
fn users_are_found_by_state_kind_and_text() {
    let program = Program::set_up();
    program.add_human("mini");
    program.add_human("donald");
    program.ok("user add machine --username billing --description Invoices");
    program.ok("user lock donald");
    let names = |line: &str| {
        let mut names: Vec<_> = program
            .json(line)
            .as_array()
            .unwrap()
            .iter()
            .map(|user| user["username"].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("user list --state locked"), ["donald"]);
    assert_eq!(names("user list --type human"), ["donald", "mini"]);
    assert_eq!(names("user list --type human --state active"), ["mini"]);
    assert_eq!(names("user list --search BILL"), ["billing"]);
    assert_eq!(names("user list --search mouse.com"), ["donald", "mini"]);
    assert_eq!(
        names("user list --all").len(),
        5,
        "with the two of the first start"
    );
    let some = program.run("user list --limit 2");
    assert_eq!(some.stdout.lines().count(), 3, "{some:?}");
    assert!(
        some.stderr.contains("2 of 5 users are shown\n\nhint: "),
        "{some:?}"
    );
    let none = program.run("user list --search nobody");
    assert_eq!(
        (none.stdout.as_str(), none.stderr.as_str()),
        ("", "no users\n")
    );
}

#[test]
fn a_password_is_never_echoed_nor_stored_in_clear() {
    let program = Program::set_up();
    let added = program.add_human("mini");
    std::fs::write(program.path("p"), "Another456?\n").unwrap();
    let mut runs = vec![added];
    for line in [
        "user set-password mini --password-file p",
        "user show mini",
        "user list --output json",
        "events tail --limit 1000 --output json",
        "events show user mini",
    ] {
        let ran = program.run(line);
        assert_eq!(ran.code, Some(0), "{line}\n{ran:?}");
        runs.push(ran);
    }
    let weak = program.pipe("user set-password mini --password-stdin", "hunter2");
    assert_eq!(weak.code, Some(1));
    assert!(
        weak.stderr
            .starts_with("error: Password is too short (DOMAIN-HuJf6)\n\nhint: ")
    );
    runs.push(weak);
    let missing = program.run("user set-password mini");
    assert_eq!(missing.code, Some(2), "{missing:?}");
    for ran in &runs {
        for secret in [PASSWORD, "Another456?", "hunter2", "$argon2"] {
            assert!(
                !ran.stdout.contains(secret) && !ran.stderr.contains(secret),
                "{ran:?}"
            );
        }
    }
    for entry in std::fs::read_dir(program.path("bartizan-data")).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for secret in [PASSWORD, "Another456?"] {
            assert!(
                !bytes
                    .windows(secret.len())
                    .any(|found| found == secret.as_bytes())
            );
        }
    }
}

#[test]
fn a_token_is_shown_once_works_and_dies_when_it_is_revoked() {
    let program = Program::new();
    let server = program.serve();
    program.ok("user add machine --username svc");
    program.ok("member set svc --role IAM_LOGIN_CLIENT");
    let made = program.run("pat create svc --expires-in 90d");
    let token = made.stdout.trim();
    assert_eq!(
        (made.code, made.stdout.lines().count()),
        (Some(0), 1),
        "{made:?}"
    );
    assert!(!made.stderr.contains(token));
    let opened = |token: &str| server.call("POST", "/v2/sessions", token, &json!({})).0;
    assert_eq!(opened(token), 201);

    let file = program.run("pat create svc --expires 2100-01-01T00:00:00Z --out svc.pat");
    assert_eq!((file.code, file.stdout.as_str()), (Some(0), ""), "{file:?}");
    assert_eq!(mode(&program.path("svc.pat")), 0o600);
    let in_file = std::fs::read_to_string(program.path("svc.pat")).unwrap();
    assert_eq!(opened(in_file.trim()), 201);
    let again = program.run("pat create svc --out svc.pat");
    assert_eq!(again.code, Some(1));
    assert_eq!(
        std::fs::read_to_string(program.path("svc.pat")).unwrap(),
        in_file
    );

    let listed = program.json("pat list svc");
    assert_eq!(
        listed.as_array().unwrap().len(),
        2,
        "the refused one was not made: {listed}"
    );
    assert!(!listed.to_string().contains(token));
    assert_eq!(listed[1]["expiresAt"], "2100-01-01T00:00:00.000000Z");
    program.ok(&format!(
        "pat revoke svc {}",
        listed[0]["id"].as_str().unwrap()
    ));
    assert_eq!(opened(token), 401);
    assert_eq!(opened(in_file.trim()), 201);

    let document = program.json("pat create svc");
    assert_eq!(opened(document["token"].as_str().unwrap()), 201);
    for (line, error) in [
        (
            "pat revoke svc 1",
            "error: Personal Access Token not found (COMMAND-4m77G)\n\nhint: ",
        ),
        (
            "pat create svc --expires 2020-01-01T00:00:00Z --out past.pat",
            "error: Expiration date must be in the future (DOMAIN-dv3t5)\n",
        ),
    ] {
        let ran = program.run(line);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.stderr.starts_with(error), "{ran:?}");
    }
    assert!(
        !program.path("past.pat").exists(),
        "without a token there is no file"
    );
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn people_have_no_tokens_and_are_told_who_has() {
    let program = Program::set_up();
    program.add_human("mini");
    let ran = program.run("pat create mini");
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert!(
        ran.stderr
            .starts_with("error: Not allowed for this user type (COMMAND-Df2f1)\n\nhint: ")
    );
}

#[test]
fn roles_are_given_replaced_and_taken() {
    let program = Program::set_up();
    let added = program.json("user add machine --username svc");
    let org = added["organizationId"].as_str().unwrap();
    let roles = || {
        let listed = program.json("member list svc");
        listed
            .as_array()
            .unwrap()
            .iter()
            .map(|member| (member["organizationId"].clone(), member["roles"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(roles(), []);
    program.ok("member set svc --role IAM_OWNER");
    program.ok("member set svc --role IAM_USER_MANAGER,IAM_OWNER_VIEWER");
    program.ok(&format!("member set svc --role ORG_OWNER --org {org}"));
    let expected = [
        (Value::Null, json!(["IAM_OWNER_VIEWER", "IAM_USER_MANAGER"])),
        (json!(org), json!(["ORG_OWNER"])),
    ];
    assert_eq!(roles(), expected);
    program.ok("member remove svc");
    assert_eq!(roles(), expected[1..]);

    for (line, error) in [
        (
            "member remove svc",
            "error: no roles of `svc` on the instance\n\nhint: ",
        ),
        (
            "member set svc --role OWNER",
            "error: Member is invalid (INSTANCE-4m0fS)\n\nhint: ",
        ),
        (
            "member set svc --role ORG_OWNER --org 1",
            "error: Organisation doesn't exist (ORG-1VSkE)\n",
        ),
    ] {
        let ran = program.run(line);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.stderr.starts_with(error), "{ran:?}");
    }
    let known = program.json("member roles");
    let known: Vec<_> = known
        .as_array()
        .unwrap()
        .iter()
        .map(|role| &role["role"])
        .collect();
    assert!(known.contains(&&json!("IAM_SESSION_CLIENT")), "{known:?}");
}

#[test]
fn sessions_that_cannot_be_ended_do_not_keep_the_others_alive() {
    let program = Program::new();
    let server = program.serve();
    let token = program.token("login-client.pat");
    let (_, opened) = server.call("POST", "/v2/sessions", &token, &json!({}));
    let id = opened["sessionId"].as_str().unwrap();
    let ran = program.run(&format!("session terminate 1 {id}"));
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.stderr.contains("no session has this id: `1`\n"),
        "{ran:?}"
    );
    assert!(
        ran.stderr
            .contains("error: 1 of 2 sessions were not ended\n"),
        "{ran:?}"
    );
    let shown = program.run(&format!("session show {id}"));
    assert!(
        shown
            .stderr
            .starts_with("error: Session does not exist (QUERY-SFeaa)\n\nhint: ")
    );
    let again = program.run(&format!("session terminate {id}"));
    assert_eq!(again.code, Some(0), "again it is the same success");
}

#[test]
fn the_log_can_be_followed_until_it_is_interrupted() {
    let program = Program::set_up();
    let head = program.json("verify")["head"]["position"].as_i64().unwrap();
    let mut child = program
        .command(&format!(
            "events tail --follow --after {} --output json",
            head - 1
        ))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut next = || {
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        serde_json::from_str::<Value>(&line).unwrap()
    };
    assert_eq!(next()["position"], head);
    program.ok("user add machine --username svc");
    let added = next();
    assert_eq!(added["type"], "user.machine.added");
    assert_eq!(added["position"], head + 1);
    program.ok("user lock svc");
    assert_eq!(next()["type"], "user.locked");
    signal("INT", &child);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn the_log_is_read_from_its_end_or_from_a_position() {
    let program = Program::set_up();
    let all = program.json("events tail --after 0 --limit 1000");
    let all = all.as_array().unwrap();
    let positions = |line: &str| {
        let events = program.json(line);
        let events = events.as_array().unwrap().iter();
        events
            .map(|event| event["position"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    let end = i64::try_from(all.len()).unwrap();
    assert_eq!(positions("events tail --limit 3"), [end - 2, end - 1, end]);
    assert_eq!(positions("events tail --after 1 --limit 2"), [2, 3]);
    assert_eq!(positions(&format!("events tail --after {end}")), [0_i64; 0]);
    let instance = program.json("events show instance");
    assert_eq!(instance[0]["type"], "instance.added");
    let none = program.run("events show session 7");
    assert_eq!((none.code, none.stdout.as_str()), (Some(0), ""));
    assert_eq!(none.stderr, "no events of session 7\n");
}

#[test]
fn a_log_that_was_changed_is_found_out() {
    let program = Program::set_up();
    let whole = program.run("verify");
    assert_eq!(whole.code, Some(0), "{whole:?}");
    let last = whole.stdout.lines().last().unwrap();
    assert!(last.starts_with("end of the log: position "), "{whole:?}");
    // No bar where nobody looks.
    assert_eq!(whole.stderr, "nothing was changed, removed or slipped in\n");

    tamper(&program.data("bartizan.db"));
    let found = program.run("verify");
    assert_eq!(found.code, Some(3), "{found:?}");
    assert!(
        found
            .stderr
            .contains("error: the database is not what its log says: "),
        "{found:?}"
    );
    let found = program.run("verify --output json");
    let document: Value = serde_json::from_str(&found.stdout).unwrap();
    assert!(
        !document["findings"].as_array().unwrap().is_empty(),
        "{document}"
    );
}

/// Makes somebody else the creator of an event, as a person with the file and a SQL shell would.
#[expect(
    clippy::disallowed_methods,
    reason = "this is somebody who does not come through the program"
)]
fn tamper(database: &Path) {
    let connection = rusqlite::Connection::open(database).unwrap();
    let trigger: String = connection
        .query_row(
            "SELECT sql FROM sqlite_schema WHERE name = 'events_are_never_changed'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let script = format!(
        "DROP TRIGGER events_are_never_changed;
         UPDATE events SET creator = 5 WHERE position = 2;
         {trigger};"
    );
    connection.execute_batch(&script).unwrap();
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let program = Program::set_up();
    let mut child = program
        .command("events tail --limit 1000 --output json")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ran = Ran::of(child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{ran:?}");
}

#[test]
fn a_backup_made_beside_a_running_server_brings_everything_back() {
    let program = Program::new();
    let server = program.serve();
    let pat = program.token("admin.pat");
    let opened = |server: &Server| {
        let (status, answer) = server.call("POST", "/v2/sessions", &pat, &json!({}));
        assert_eq!(status, 201, "{answer}");
        answer["sessionId"].as_str().unwrap().to_owned()
    };
    let kept = opened(&server);
    let told = program.run("backup copy.db");
    assert_eq!(
        (told.code, told.stdout.as_str()),
        (Some(0), "copy.db\n"),
        "{told:?}"
    );
    assert!(told.stderr.contains("bartizan.key"), "{told:?}");
    assert_eq!(mode(&program.path("copy.db")), 0o600);
    let lost = opened(&server);
    let refused = program.run("restore copy.db");
    assert_eq!(refused.code, Some(4), "{refused:?}");
    assert_eq!(server.stop().code, Some(0));

    let again = program.run("backup copy.db");
    assert_eq!(again.code, Some(1), "{again:?}");
    let restored = program.run("restore copy.db");
    assert_eq!(restored.code, Some(0), "{restored:?}");
    assert!(
        restored.stdout.contains("end of the log: position"),
        "{restored:?}"
    );
    assert!(program.data("bartizan.db.before-restore").is_file());
    let server = program.serve();
    let status = |id: &str| {
        server
            .call("GET", &format!("/v2/sessions/{id}"), &pat, &json!(null))
            .0
    };
    assert_eq!((status(&kept), status(&lost)), (200, 404));
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(program.run("verify").code, Some(0));
}

#[test]
fn a_backup_that_is_not_whole_or_not_ours_changes_nothing() {
    let program = Program::set_up();
    program.ok("backup copy.db");
    let before = std::fs::read(program.data("bartizan.db")).unwrap();
    let untouched = |code: i32, file: &str, word: &str| {
        let told = program.run(&format!("restore {file}"));
        assert_eq!(told.code, Some(code), "{told:?}");
        assert!(format!("{told:?}").contains(word), "{told:?}");
        assert_eq!(std::fs::read(program.data("bartizan.db")).unwrap(), before);
        assert!(!program.data("bartizan.restoring").exists());
        assert!(!program.data("bartizan.db.before-restore").exists());
    };
    untouched(1, "nothing.db", "no database there");
    std::fs::write(program.path("text.db"), "no database ".repeat(1_000)).unwrap();
    untouched(1, "text.db", "not a database");
    // Another installation's: its log was sealed with another key.
    let other = Program::set_up();
    other.ok("backup copy.db");
    std::fs::copy(other.path("copy.db"), program.path("other.db")).unwrap();
    untouched(3, "other.db", "the backup was not taken");
    // A page of the middle is gone.
    let mut bytes = std::fs::read(program.path("copy.db")).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes
        .iter_mut()
        .skip(middle)
        .take(4096)
        .for_each(|byte| *byte = 0);
    std::fs::write(program.path("torn.db"), bytes).unwrap();
    let told = program.run("restore torn.db");
    assert!(matches!(told.code, Some(1 | 3)), "{told:?}");
    assert_eq!(std::fs::read(program.data("bartizan.db")).unwrap(), before);
    assert_eq!(program.run("restore copy.db").code, Some(0));
}

#[test]
fn the_service_manager_is_told_when_the_port_is_open_and_when_it_closes() {
    let program = Program::new();
    let socket = std::os::unix::net::UnixDatagram::bind(program.path("notify")).unwrap();
    socket
        .set_read_timeout(Some(std::time::Duration::from_mins(1)))
        .unwrap();
    let told = || {
        let mut buffer = [0; 256];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(buffer.get(..length).unwrap())
            .trim()
            .to_owned()
    };
    let path = program.path("notify");
    let server = program.serve_with(&[("NOTIFY_SOCKET", path.to_str().unwrap())]);
    assert_eq!(told(), "READY=1");
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(told(), "STOPPING=1");
}

/// The lines of `doctor` about something.
fn about<'f>(found: &'f Value, subject: &str) -> Vec<&'f Value> {
    let lines = found.as_array().unwrap().iter();
    lines.filter(|line| line["subject"] == subject).collect()
}

#[test]
fn the_doctor_finds_nothing_wrong_before_during_and_after() {
    let program = Program::new();
    std::fs::write(
        program.path("config.toml"),
        "[server]\nlisten = \"127.0.0.1:0\"\n",
    )
    .unwrap();
    let before = program.json("doctor");
    assert_eq!(about(&before, "database")[0]["health"], "unknown");
    assert!(!program.path("bartizan-data").exists(), "nothing is made");

    let server = program.serve();
    std::fs::write(
        program.path("config.toml"),
        format!("[server]\nlisten = \"{}\"\n", server.address),
    )
    .unwrap();
    let during = program.json("doctor");
    for (subject, what) in [
        (
            "port",
            format!(
                "`{}` is used by the server on this data directory",
                server.address
            ),
        ),
        ("files", "are for their owner alone".to_owned()),
        (
            "key of the database",
            "the last event was sealed with this key file".to_owned(),
        ),
        ("roles", "permit what they should".to_owned()),
    ] {
        assert_eq!(
            about(&during, subject),
            [&json!({ "subject": subject, "health": "ok", "what": what, "remedy": null })],
        );
    }
    assert_eq!(about(&during, "first tokens").len(), 2);
    assert_eq!(server.stop().code, Some(0));
    let after = program.json("doctor");
    assert_eq!(about(&after, "port")[0]["health"], "ok");
    assert_eq!(program.run("verify").code, Some(0));
}

#[test]
fn the_doctor_names_what_is_wrong_and_what_to_do() {
    let program = Program::set_up();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    std::fs::write(
        program.path("config.toml"),
        format!(
            "[server]\nlisten = \"{}\"\n[roles]\nIAM_LOGIN_CLIENT = [\"session.read\"]\n\
             [notifications.email]\nkind = \"webhook\"\nendpoint = \"https://127.0.0.1:1/x\"\n\
             signing_key = \"k\"\n[notifications.webhook]\nallow = [\"127.0.0.1\"]\n",
            taken.local_addr().unwrap()
        ),
    )
    .unwrap();
    allow(&program.data("bartizan.db"), 0o644);
    let other = Program::set_up();
    std::fs::copy(other.data("bartizan.key"), program.data("bartizan.key")).unwrap();
    let told = program.run("doctor --online --output json");
    assert_eq!(told.code, Some(3), "{told:?}");
    let found: Value = serde_json::from_str(&told.stdout).unwrap();
    let bad = |subject: &str| {
        let lines = about(&found, subject);
        let line = lines.iter().find(|line| line["health"] == "error");
        let line = line.unwrap_or_else(|| panic!("{subject}: {found:#}"));
        (
            line["what"].as_str().unwrap(),
            line["remedy"].as_str().unwrap(),
        )
    };
    assert!(bad("port").0.starts_with("another program has"));
    assert!(bad("files").0.contains("mode 0644"));
    assert!(bad("files").1.starts_with("chmod 600 "));
    assert!(bad("key of the database").0.contains("not sealed"));
    assert!(
        bad("e-mail")
            .0
            .starts_with("`127.0.0.1:1` cannot be reached")
    );
    let roles = about(&found, "roles")[0]["what"].as_str().unwrap();
    assert!(
        roles.starts_with("`IAM_LOGIN_CLIENT` lacks `session.write`, `session.link`"),
        "{roles}"
    );
    drop(taken);
}

#[test]
fn events_of_swept_sessions_are_archived_beside_a_running_server() {
    let program = Program::new();
    let server = program.serve_with(&[
        ("BARTIZAN_SWEEP__AFTER", "0s"),
        ("BARTIZAN_SWEEP__INTERVAL", "1s"),
    ]);
    let pat = program.token("admin.pat");
    let open = || {
        let (status, answer) = server.call("POST", "/v2/sessions", &pat, &json!({}));
        assert_eq!(status, 201, "{answer}");
        answer["sessionId"].as_str().unwrap().to_owned()
    };
    let (ended, alive) = (open(), open());
    let path = format!("/v2/sessions/{ended}");
    assert_eq!(server.call("DELETE", &path, &pat, &json!({})).0, 200);
    open();
    let archived = (0..1_000).find_map(|_| {
        let told = program.run("events archive a.jsonl --output json");
        assert_eq!(told.code, Some(0), "{told:?}");
        serde_json::from_str::<Value>(&told.stdout).ok()
    });
    assert_eq!(archived, Some(json!({ "file": "a.jsonl", "events": 3 })));
    assert_eq!(mode(&program.path("a.jsonl")), 0o600);
    assert_eq!(
        program.json(&format!("events show session {ended}")),
        json!([])
    );
    let left = program.json(&format!("events show session {alive}"));
    assert_eq!(left.as_array().unwrap().len(), 2);
    assert_eq!(server.call("GET", &path, &pat, &json!(null)).0, 404);
    open();
    assert_eq!(server.stop().code, Some(0));

    assert_eq!(program.run("verify").code, Some(0));
    let proven = program.json("verify --archive a.jsonl");
    assert_eq!(
        (&proven["events"], &proven["findings"]),
        (&json!(3), &json!([]))
    );
    let again = program.run("events archive a.jsonl");
    assert_eq!(again.code, Some(1), "{again:?}");
    let text = std::fs::read_to_string(program.path("a.jsonl")).unwrap();
    std::fs::write(
        program.path("a.jsonl"),
        text.replace("terminated", "terminatex"),
    )
    .unwrap();
    assert_eq!(program.run("verify --archive a.jsonl").code, Some(3));
    // A backup has the archived runs as well, and the other archive is none of its own.
    program.ok("backup copy.db");
    assert_eq!(program.run("restore copy.db").code, Some(0));
    let other = Program::set_up();
    std::fs::write(other.path("a.jsonl"), text).unwrap();
    assert_eq!(other.run("verify --archive a.jsonl").code, Some(3));
}

#[test]
fn a_new_key_ends_tokens_only_if_it_is_told_to() {
    let program = Program::new();
    let server = program.serve();
    let pat = program.token("admin.pat");
    let refused = program.run("rotate-key");
    assert_eq!(refused.code, Some(4), "a server runs: {refused:?}");
    let open = |server: &Server| {
        let (status, answer) = server.call("POST", "/v2/sessions", &pat, &json!({}));
        assert_eq!(status, 201, "{answer}");
        let text = |name: &str| answer[name].as_str().unwrap().to_owned();
        (text("sessionId"), text("sessionToken"))
    };
    let reads = |server: &Server, (id, token): &(String, String), by: &str| {
        let path = format!("/v2/sessions/{id}?sessionToken={token}");
        server.call("GET", &path, by, &json!(null)).0
    };
    let first = open(&server);
    assert_eq!(server.stop().code, Some(0));

    let rotated = program.json("rotate-key");
    assert_eq!(
        (&rotated["keys"], &rotated["tokensEnded"]),
        (&json!(2), &json!(false))
    );
    let server = program.serve();
    let second = open(&server);
    assert_eq!(
        (reads(&server, &first, &pat), reads(&server, &second, &pat)),
        (200, 200)
    );
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(program.run("verify").code, Some(0));

    assert_eq!(program.run("rotate-key --end-tokens").code, Some(0));
    let service = program.json("user add machine --username fresh --name Fresh");
    let user = service["id"].as_str().unwrap().to_owned();
    program.ok(&format!("member set {user} --role IAM_OWNER"));
    let fresh = program.json("pat create fresh")["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let server = program.serve();
    assert_eq!(
        reads(&server, &first, &pat),
        401,
        "the old token of the service"
    );
    assert_ne!(
        reads(&server, &first, &fresh),
        200,
        "the old token of the session"
    );
    let path = format!("/v2/sessions/{}", second.0);
    assert_eq!(server.call("GET", &path, &fresh, &json!(null)).0, 200);
    assert_eq!(server.stop().code, Some(0));
    assert_eq!(program.run("verify").code, Some(0));
}

#[test]
fn completions_and_manual_need_no_configuration() {
    let program = Program::new();
    std::fs::write(program.path("config.toml"), "nonsense").unwrap();
    assert!(program.ok("completions bash").contains("_bartizan()"));
    program.ok("man pages");
    assert!(program.path("pages/bartizan-events-archive.1").is_file());
}

#[test]
fn the_document_of_the_routes_needs_no_configuration() {
    let program = Program::new();
    std::fs::write(program.path("config.toml"), "nonsense").unwrap();
    assert_eq!(program.ok("openapi"), bartizan::api::openapi::DOCUMENT);
}
