//! Secrets are where they belong and nowhere else: not in the database, not in the log however much
//! is logged, not in any refusal (security.md section 1, ASVS 14.2.1 and 16.2.5).

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use log::kv::{Error, Key, Value as Field, VisitSource};
use log::{LevelFilter, Log, Metadata, Record};
use serde_json::{Value, json};

use crate::helpers::{Answer, Client, TestServer, wait};

/// Everything that is logged, from the moment it is asked for.
#[derive(Debug, Default)]
pub(crate) struct Captured(Mutex<Vec<String>>);

/// A message and what it has beside its text.
struct Line(Vec<String>);

impl<'kvs> VisitSource<'kvs> for Line {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Field<'kvs>) -> Result<(), Error> {
        self.0.push(format!("{key}={value}"));
        Ok(())
    }
}

impl Log for Captured {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &Record<'_>) {
        let mut line = Line(vec![
            record.level().to_string(),
            record.target().to_owned(),
            record.args().to_string(),
        ]);
        record.key_values().visit(&mut line).unwrap();
        self.0.lock().unwrap().push(line.0.join(" "));
    }

    fn flush(&self) {}
}

impl Captured {
    /// The lines with this in them.
    pub(crate) fn with(&self, text: &str) -> Vec<String> {
        let mut lines = self.0.lock().unwrap().clone();
        lines.retain(|line| line.contains(text));
        lines
    }
}

/// Starts to capture the log of this process at its most talkative.
pub(crate) fn capture() -> &'static Captured {
    static LOG: OnceLock<&'static Captured> = OnceLock::new();
    LOG.get_or_init(|| {
        let log: &'static Captured = Box::leak(Box::default());
        log::set_logger(log).unwrap();
        log::set_max_level(LevelFilter::Trace);
        log
    })
}

/// All files below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

fn contains(bytes: &[u8], pattern: &[u8]) -> bool {
    bytes.windows(pattern.len()).any(|window| window == pattern)
}

/// What was said and what was answered, in one run through everything.
#[derive(Debug, Default)]
struct Scenario {
    secrets: Vec<String>,
    refusals: Vec<String>,
}

impl Scenario {
    /// A text that must be seen nowhere.
    fn secret(&mut self, text: &str) -> String {
        self.secrets.push(text.to_owned());
        text.to_owned()
    }

    /// An answer that must be a refusal.
    #[track_caller]
    fn refused(&mut self, answer: &Answer) {
        assert!(answer.response.status >= 400, "{}", answer.text());
        let headers = format!("{:?}", answer.response.headers);
        self.refusals.push(answer.text() + &headers);
    }

    /// An answer that must have a new token.
    #[track_caller]
    fn token(&mut self, answer: &Answer) -> String {
        let token = answer.succeeds().str("/sessionToken");
        self.secret(&token)
    }
}

fn login(user: &str, password: &str) -> Value {
    json!({ "checks": { "user": { "userId": user }, "password": { "password": password } } })
}

/// Uses every secret in every place where a client may put it, rightly and wrongly.
fn run(server: &TestServer) -> Scenario {
    let mut run = Scenario::default();
    let (admin, client) = (server.admin(), server.login_client());
    for token in server.first_tokens() {
        run.secret(token);
    }
    let password = run.secret("Pl4in-First-Password!");
    let second = run.secret("Pl4in-Second-Password!");
    let guess = run.secret("Wr0ng-Guessed-Password!");
    let simple = run.secret("simple-and-refused-password");
    let person = |name: &str, password: &str| {
        json!({
            "username": name,
            "profile": { "givenName": "Mini", "familyName": "Mouse" },
            "email": { "email": "mini@mouse.com", "returnCode": {} },
            "phone": { "phone": "+41791234567", "returnCode": {} },
            "password": { "password": password },
        })
    };
    let added = admin.post("/v2/users/human", &person("mini", &password));
    let user = added.str("/userId");
    run.secret(&added.str("/emailCode"));
    run.secret(&added.str("/phoneCode"));
    run.refused(&admin.post("/v2/users/human", &person("other", &simple)));
    run.refused(&admin.post("/v2/users/human", &person("mini", &second)));

    let created = client.post("/v2/sessions", &login(&user, &password));
    let path = format!("/v2/sessions/{}", created.str("/sessionId"));
    let old = run.token(&created);
    let body = json!({
        "checks": { "password": { "password": password } },
        "metadata": { "a": "ZmluZG1lLW1ldGFkYXRh" },
        "sessionToken": old,
    });
    let token = run.token(&client.patch(&path, &body));
    server.bearer(&token).get(&path).succeeds();
    client
        .get(&format!("{path}?sessionToken={token}"))
        .succeeds();
    client.with("x-session-token", &token).get(&path).succeeds();
    run.refused(&client.get(&format!("{path}?session_token={old}")));
    run.refused(&client.get(&format!("{path}?sessionToken={old}&sessionToken={token}")));
    run.refused(&client.with("x-session-token", &old).get(&path));
    run.refused(&server.bearer(&old).get(&path));
    run.refused(&client.delete_with(&path, &json!({ "sessionToken": old })));
    run.refused(&client.send(
        "POST",
        "/v2/sessions",
        Some(body.to_string()[1..].as_bytes()),
    ));
    run.refused(&client.get(&format!("/v2/sessions/{token}/")));

    run.refused(&client.post("/v2/sessions", &login(&user, &guess)));
    run.refused(&client.post("/v2/sessions", &login("1", &guess)));
    let by_name = json!({ "checks": {
        "user": { "loginName": "nobody" },
        "password": { "password": guess },
    } });
    run.refused(&client.post("/v2/sessions", &by_name));
    let wrong_kind = json!({ "checks": { "password": { "password": [password] } } });
    run.refused(&client.post("/v2/sessions", &wrong_kind));

    let set =
        |client: &Client, body: Value| client.post(&format!("/v2/users/{user}/password"), &body);
    let proven = |new: &str, current: &str| json!({ "newPassword": { "password": new }, "currentPassword": current });
    run.refused(&set(&client, proven(&second, &guess)));
    run.refused(&set(&client, proven(&simple, &password)));
    run.refused(&set(
        &client,
        json!({ "newPassword": { "password": second }, "verificationCode": "X" }),
    ));
    set(&client, proven(&second, &password)).succeeds();

    let returned = json!({ "returnCode": {} });
    let of_user = |path: &str, body: &Value| client.post(&format!("/v2/users/{user}/{path}"), body);
    for (make, field, verify) in [
        ("email/send", "/verificationCode", "email/verify"),
        ("phone/resend", "/verificationCode", "phone/verify"),
        ("password_reset", "/verificationCode", "password"),
    ] {
        let code = run.secret(&of_user(make, &returned).str(field));
        let guessed = run.secret("GUE55ED-C0DE");
        let body = |code: &str| {
            json!({
                "verificationCode": code,
                "newPassword": { "password": second },
            })
        };
        run.refused(&of_user(verify, &body(&guessed)));
        of_user(verify, &body(&code)).succeeds();
        run.refused(&of_user(verify, &body(&code)));
    }

    let service = server.service(&["IAM_LOGIN_CLIENT"]);
    run.secret(service.token());
    let made = server.session_by(&service.client, &json!({ "lifetime": "60s" }));
    run.secret(&made.token);
    run.refused(&client.get(&format!("{}?sessionToken={}", made.path(), service.token())));
    run.refused(&server.bearer(&format!("{}x", service.token())).get(&path));
    run.refused(
        &server
            .anonymous()
            .with("Authorization", &format!("Basic {}", service.token()))
            .get(&path),
    );
    client
        .delete_with(&made.path(), &json!({ "sessionToken": made.token }))
        .succeeds();
    admin
        .post(&format!("/v2/users/{user}/lock"), &json!({}))
        .succeeds();
    run
}

/// The forms in which a secret could lie around: as text, and a token also as the random bytes in it.
fn forms(secret: &str) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.as_bytes().to_vec()];
    // Id and sequence stand before the secret part, and may be seen.
    if let Some(random) = URL_SAFE_NO_PAD
        .decode(secret)
        .ok()
        .and_then(|bytes| Some(bytes.get(12..28)?.to_vec()))
    {
        forms.push(random);
    }
    forms
}

#[test]
fn no_secret_is_stored_logged_or_answered() {
    let log = capture();
    let server = TestServer::start();
    let run = run(&server);
    assert!(run.secrets.len() >= 12 && run.refusals.len() > 15);

    let files = stored(&server.config().data_dir);
    for control in ["ZmluZG1lLW1ldGFkYXRh", "mini@mouse.com", "$argon2id$"] {
        assert!(
            files
                .iter()
                .any(|(_, bytes)| contains(bytes, control.as_bytes())),
            "the scan does not see `{control}`"
        );
    }
    are_nowhere(&run.secrets, &files);

    let lines = log.0.lock().unwrap().clone();
    assert!(
        lines
            .iter()
            .any(|line| line.contains(" error_id=COMMAND-3M0fs kind=InvalidArgument")),
        "the log does not tell of refusals"
    );
    for secret in &run.secrets {
        for line in &lines {
            assert!(
                !line.contains(secret.as_str()),
                "`{secret}` is logged: {line}"
            );
        }
        for refusal in &run.refusals {
            assert!(
                !refusal.contains(secret.as_str()),
                "`{secret}` is answered: {refusal}"
            );
        }
    }
}

/// The files of a data directory that must hold no secret, and their bytes.
fn stored(data_dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let secret = ["admin.pat", "login-client.pat", "bartizan.key"];
    files(data_dir)
        .into_iter()
        .filter(|path| !secret.iter().any(|name| path.ends_with(name)))
        .map(|path| {
            let bytes = fs::read(&path).unwrap();
            (path, bytes)
        })
        .collect()
}

#[test]
fn no_secret_is_left_in_the_file_after_the_end() {
    let mut server = TestServer::start();
    let run = run(&server);
    server.restart();
    wait(server.core().store.head()).unwrap();
    let files = stored(&server.config().data_dir);
    assert!(
        files
            .iter()
            .any(|(_, bytes)| contains(bytes, b"mini@mouse.com"))
    );
    are_nowhere(&run.secrets, &files);
}

/// That no secret is in any of the files.
#[track_caller]
fn are_nowhere(secrets: &[String], files: &[(PathBuf, Vec<u8>)]) {
    for secret in secrets {
        for form in forms(secret) {
            for (path, bytes) in files {
                assert!(
                    !contains(bytes, &form),
                    "`{secret}` is in {}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn the_files_are_for_the_owner_alone() {
    let server = TestServer::start();
    server.session(&json!({}));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let data_dir = &server.config().data_dir;
    assert_eq!(mode(data_dir), 0o700);
    let mut names = Vec::new();
    for path in files(data_dir) {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
    }
    for expected in [
        "admin.pat",
        "bartizan.db",
        "bartizan.db-wal",
        "bartizan.key",
        "login-client.pat",
    ] {
        assert!(
            names.iter().any(|name| name == expected),
            "no `{expected}` in {names:?}"
        );
    }
    // Nothing is written beside the data directory.
    assert_eq!(fs::read_dir(server.directory()).unwrap().count(), 1);
}

#[test]
fn secrets_cannot_be_printed() {
    let server = TestServer::start();
    let [admin, login_client] = server.first_tokens();
    let shown = format!(
        "{:?} {:?} {:?}",
        server.core(),
        server.config(),
        server.caller()
    );
    assert!(
        !shown.contains(admin) && !shown.contains(login_client),
        "{shown}"
    );
    let key = fs::read_to_string(server.config().key_path()).unwrap_or_default();
    for line in key.lines().filter(|line| line.len() > 20) {
        assert!(!shown.contains(line), "the key is printed");
    }
}
