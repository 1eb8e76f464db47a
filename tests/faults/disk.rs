//! Disks that fail and fill up (security.md section 1, rows 1 and 3).
//!
//! While writes fail every client is told so, reads are answered, and nobody is told anything that is
//! not so. When the disk works again, so does the server, without being started anew.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::place::{Place, Process, call, json_of};
use crate::shim::{ALL, DATABASE, EINTR, EIO, ENOSPC, Faults, Field, SHARED_MEMORY, WAL};
use crate::traffic::{Known, gaps, look_at};

/// A server whose disk can be made to fail.
struct Trial {
    place: Place,
    faults: Faults,
    server: Process,
    token: String,
}

impl Trial {
    fn new() -> Self {
        let (place, faults) = Faults::new(Place::new());
        let server = place.serve();
        let token = place.token("login-client.pat");
        Self {
            place,
            faults,
            server,
            token,
        }
    }

    fn call(&self, method: &str, target: &str, body: &Value) -> crate::http::Response {
        self.server.call(method, target, &self.token, body).unwrap()
    }

    #[track_caller]
    fn made(&self) -> Known {
        Known::of(&self.call("POST", "/v2/sessions", &json!({})))
    }

    fn change(&self, session: &mut Known, method: &'static str) {
        session.asked = Some(method);
        let body = match method {
            "PATCH" => json!({ "metadata": { "a": "YQ==" } }),
            _ => json!({}),
        };
        let response = self.call(method, &session.target(), &body);
        session.answered(&response);
    }

    /// Asserts that a write is refused in the words that are documented, and in no others.
    #[track_caller]
    fn refused(&self, method: &str, target: &str) {
        let answer = self.call(method, target, &json!({ "metadata": { "a": "YQ==" } }));
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(answer.status, 503, "{said}");
        let expected = json!({
            "code": 14,
            "message": "The store is not available, try again later (BTZ-St0re)",
            "details": [{
                "@type": "type.googleapis.com/zitadel.v1.ErrorDetail",
                "id": "BTZ-St0re",
                "message": "The store is not available, try again later",
            }],
        });
        assert_eq!(json_of(&answer), expected);
    }

    /// Asserts that all these sessions are there, and no other one.
    #[track_caller]
    fn holds(&self, sessions: &[Known]) {
        for session in sessions {
            session.is_known_to(&self.server, &self.token);
        }
        let all = json!({ "query": { "limit": 1000 } });
        let found = json_of(&self.call("POST", "/v2/sessions/search", &all));
        let alive = sessions.iter().filter(|session| !session.deleted).count();
        let total = found["sessions"].as_array().map_or(0, Vec::len);
        assert_eq!(total, alive, "{found:#}");
    }

    /// Ends it, and looks at what is in the files: also with the eyes of the next start.
    #[track_caller]
    fn over(self, sessions: &[Known]) {
        self.server.stop();
        self.place.verified();
        let server = self.place.serve();
        for session in sessions {
            session.is_known_to(&server, &self.token);
        }
        server.stop();
        self.place.verified();
        assert_eq!(gaps(&look_at(&self.place.data_dir())), 0);
    }
}

/// What fails, and how.
const BROKEN: &[(&str, Field, u32, u32)] = &[
    ("a full disk", Field::WriteError, ENOSPC, ALL),
    ("a log that cannot be written", Field::WriteError, EIO, WAL),
    ("a log that cannot be synced", Field::SyncError, EIO, WAL),
    ("a full disk at the sync", Field::SyncError, ENOSPC, ALL),
];

#[test]
fn while_the_disk_fails_writes_are_refused_and_reads_are_served() {
    let trial = Trial::new();
    let mut sessions: Vec<Known> = (0..3).map(|_| trial.made()).collect();
    for (name, field, error, files) in BROKEN {
        println!("{name}");
        trial.faults.fail(*field, *error, *files);
        trial.refused("POST", "/v2/sessions");
        trial.refused("PATCH", &sessions[0].target());
        trial.refused("DELETE", &sessions[1].target());
        trial.refused("POST", "/v2/sessions");
        trial.holds(&sessions);
        assert!(trial.faults.failed() > 0, "nothing has failed");
        trial.faults.mend();
        // At once, with the tokens of before, and without a trace of what was refused.
        trial.change(&mut sessions[0], "PATCH");
        sessions.push(trial.made());
        let mut short = trial.made();
        trial.change(&mut short, "DELETE");
        sessions.push(short);
        trial.holds(&sessions);
    }
    trial.over(&sessions);
}

#[test]
fn many_who_write_to_a_failing_disk_are_all_told() {
    const CLIENTS: usize = 32;
    let trial = Trial::new();
    let mut sessions = vec![trial.made()];
    for (name, field, error, files) in BROKEN {
        trial.faults.fail(*field, *error, *files);
        // Some of them, so that batches fail in the middle too.
        trial.faults.set(Field::Every, 2);
        let (address, token) = (trial.server.address, trial.token.as_str());
        let answers: Vec<_> = std::thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|_| {
                    scope.spawn(move || call(address, "POST", "/v2/sessions", token, &json!({})))
                })
                .collect();
            clients
                .into_iter()
                .map(|client| client.join().unwrap().unwrap())
                .collect()
        });
        trial.faults.mend();
        let mut statuses = BTreeMap::new();
        for answer in &answers {
            *statuses.entry(answer.status).or_insert(0_usize) += 1;
            if answer.status == 201 {
                sessions.push(Known::of(answer));
            }
        }
        println!("{name}: {statuses:?}");
        assert!(
            statuses.keys().all(|status| [201, 503].contains(status)),
            "{statuses:?}"
        );
        sessions.push(trial.made());
        trial.holds(&sessions);
    }
    trial.over(&sessions);
}

#[test]
fn a_write_that_is_interrupted_or_cut_short_goes_on() {
    let trial = Trial::new();
    let mut sessions = Vec::new();
    trial.faults.set(Field::Every, 2);
    trial.faults.fail(Field::WriteError, EINTR, ALL);
    for _ in 0..5 {
        let mut session = trial.made();
        trial.change(&mut session, "PATCH");
        sessions.push(session);
    }
    assert!(trial.faults.failed() > 20);
    trial.faults.mend();
    trial.faults.set(Field::ShortWrites, 1);
    for _ in 0..5 {
        let mut session = trial.made();
        trial.change(&mut session, "PATCH");
        sessions.push(session);
    }
    trial.faults.mend();
    // A sync that is interrupted may have synced nothing: that is an error.
    trial.faults.set(Field::Times, 1);
    trial.faults.fail(Field::SyncError, EINTR, WAL);
    trial.refused("POST", "/v2/sessions");
    sessions.push(trial.made());
    trial.holds(&sessions);
    trial.over(&sessions);
}

#[test]
fn reads_do_not_wait_for_a_slow_sync() {
    let trial = Trial::new();
    let session = trial.made();
    trial.faults.set(Field::SyncDelay, 1_500);
    let (address, token) = (trial.server.address, trial.token.as_str());
    let made = std::thread::scope(|scope| {
        let slow = scope.spawn(move || call(address, "POST", "/v2/sessions", token, &json!({})));
        while trial.faults.get(Field::Syncing) == 0 {
            std::thread::yield_now();
        }
        for _ in 0..20 {
            session.is_known_to(&trial.server, token);
        }
        assert!(!slow.is_finished(), "it was acknowledged before the sync");
        assert_eq!(trial.faults.get(Field::Syncing), 1);
        slow.join().unwrap().unwrap()
    });
    trial.faults.mend();
    let sessions = [session, Known::of(&made)];
    trial.holds(&sessions);
    trial.over(&sessions);
}

#[test]
fn a_database_that_cannot_be_written_leaves_everything_in_the_log() {
    let trial = Trial::new();
    let log = trial.place.data_dir().join("bartizan.db-wal");
    let main = trial.place.data_dir().join("bartizan.db");
    let mut sessions = Vec::new();
    for field in [Field::WriteError, Field::SyncError] {
        let before = fs::metadata(&main).unwrap().len();
        trial.faults.fail(field, ENOSPC, DATABASE);
        // Longer than the log grows before it is written back.
        while trial.faults.failed() == 0 {
            sessions.push(trial.made());
        }
        for _ in 0..20 {
            sessions.push(trial.made());
        }
        assert!(fs::metadata(&log).unwrap().len() > 4_000_000);
        if matches!(field, Field::WriteError) {
            assert_eq!(fs::metadata(&main).unwrap().len(), before);
        }
        trial.faults.mend();
        while fs::metadata(&main).unwrap().len() == before {
            sessions.push(trial.made());
        }
        for session in sessions.iter().step_by(20) {
            session.is_known_to(&trial.server, &trial.token);
        }
    }
    trial.over(&[]);
}

#[test]
fn a_full_disk_at_the_shared_memory_is_an_error_and_no_signal() {
    let trial = Trial::new();
    let mut sessions = vec![trial.made()];
    trial
        .faults
        .fail(Field::WriteError, ENOSPC, SHARED_MEMORY | DATABASE);
    // The index of the log grows with the log; where it cannot, somebody is told.
    let log = trial.place.data_dir().join("bartizan.db-wal");
    let mut refused = 0;
    while refused == 0
        && sessions.len() < 8_000
        && fs::metadata(&log).unwrap().len() < 24 * 1024 * 1024
    {
        let answer = trial.call("POST", "/v2/sessions", &json!({}));
        match answer.status {
            201 => sessions.push(Known::of(&answer)),
            status => {
                assert_eq!(status, 503, "{}", String::from_utf8_lossy(&answer.body));
                refused += 1;
            }
        }
    }
    assert!(refused > 0, "the index never had to grow");
    trial.faults.mend();
    sessions.push(trial.made());
    for session in sessions.iter().step_by(50) {
        session.is_known_to(&trial.server, &trial.token);
    }
    trial.over(&[]);
}
