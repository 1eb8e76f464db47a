//! How it starts, and how it stops: two of them never share a directory (design section 2,
//! security.md section 1).

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::place::{Place, json_of, text};

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

/// Processor time that a process has used, in hundredths of a second (proc(5), `stat`).
fn processor_time(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let numbers = fields.split(' ').skip(11).take(2);
    numbers.map(|number| number.parse::<u64>().unwrap()).sum()
}

/// Fewer descriptors than connections: what cannot be accepted waits, the server does not spin, and
/// when descriptors are free again everybody is served.
#[test]
fn without_file_descriptors_it_waits_and_recovers() {
    let place = Place::new().with("BARTIZAN_SERVER__HEADER_TIMEOUT", "200ms");
    let mut command = Command::new("sh");
    let shell = format!(
        "ulimit -n 64; exec '{}' serve --listen 127.0.0.1:0 --data-dir '{}'",
        env!("CARGO_BIN_EXE_bartizan"),
        place.data_dir().display(),
    );
    command
        .args(["-c", &shell])
        .current_dir(place.directory.path())
        .env_clear()
        .envs(place.variables.iter().cloned())
        .stdin(Stdio::null());
    let server = Place::listen(command);
    let token = place.token("login-client.pat");
    assert_eq!(
        server
            .call("GET", "/v2/sessions/1", &token, &json!({}))
            .unwrap()
            .status,
        404
    );

    let flood: Vec<_> = (0..200)
        .map(|_| TcpStream::connect(server.address).unwrap())
        .collect();
    let before = processor_time(server.child.id());
    // The connections come to nothing, so that the deadline of heads makes room for this one, and
    // that many times: 200 of them take turns with 64 descriptors.
    let answer = server.call("GET", "/v2/sessions/1", &token, &json!({}));
    assert_eq!(answer.unwrap().status, 404);
    let used = processor_time(server.child.id()) - before;
    assert!(used < 200, "it spins: {used} hundredths of a second");
    drop(flood);
    let created = server.call("POST", "/v2/sessions", &token, &json!({}));
    assert_eq!(created.unwrap().status, 201);
    server.stop();
    place.verified();
}
