//! Commands that meet on one session, over the wire and for many rounds.
//!
//! `FAULTS_ROUNDS=2000 cargo test --test faults races -- --nocapture` for the long run.

use std::collections::BTreeMap;
use std::sync::Barrier;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::place::{Place, call, json_of, text};
use crate::traffic::{Known, asked_for, gaps, look_at};

/// What each of several threads does at the same moment.
fn at_once<T: Send>(count: usize, act: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (start, act) = (Barrier::new(count), &act);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|index| {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    act(index)
                })
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

/// How often each event is in the log of a session.
fn events(log: &Connection, id: &str) -> BTreeMap<String, i64> {
    let mut statement = log
        .prepare_cached(
            "SELECT event_types.name, count(*) FROM events
            JOIN event_types ON event_types.code = events.event_type
            WHERE aggregate_type = 4 AND aggregate_id = ?1
            GROUP BY 1",
        )
        .unwrap();
    let rows = statement
        .query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn of_commands_that_meet_on_a_session_one_ends_it_and_none_is_lost() {
    let rounds = asked_for("FAULTS_ROUNDS", 40);
    let place = Place::new();
    let server = place.serve();
    let token = place.token("login-client.pat");
    let mut met = BTreeMap::new();
    for _ in 0..rounds {
        let made = server.call("POST", "/v2/sessions", &token, &json!({}));
        let session = Known::of(&made.unwrap());
        let answers = at_once(8, |index| {
            // Three set, three set and prove that they may, two end it.
            let (method, body) = match index {
                0..3 => ("PATCH", json!({ "metadata": { "a": "YQ==" } })),
                3..6 => (
                    "PATCH",
                    json!({ "sessionToken": session.token, "metadata": { "b": "YQ==" } }),
                ),
                _ => ("DELETE", json!({})),
            };
            let answer = call(server.address, method, &session.target(), &token, &body);
            (method, answer.expect("it answers"))
        });
        let log = look_at(&place.data_dir());
        let (mut set, mut sequences) = (0, Vec::new());
        for (method, answer) in &answers {
            *met.entry((*method, answer.status)).or_insert(0_usize) += 1;
            // A set that comes too late meets no session, or has lost to others too often.
            let known: &[u16] = match *method {
                "PATCH" => &[200, 400, 409],
                _ => &[200, 409],
            };
            let said = String::from_utf8_lossy(&answer.body);
            assert!(known.contains(&answer.status), "{method}: {said}");
            if answer.status == 400 {
                assert!(said.contains("already terminated"), "{said}");
            }
            if *method == "PATCH" && answer.status == 200 {
                set += 1;
                sequences.push(text(&json_of(answer), "/details/sequence"));
            }
        }
        let found = events(&log, &session.id);
        let count = |name: &str| found.get(name).copied().unwrap_or_default();
        assert_eq!(count("session.terminated"), 1, "{found:?}");
        assert_eq!(count("session.metadata.set"), set, "{found:?}");
        assert_eq!(count("session.token.set"), set + 1, "{found:?}");
        let given = sequences.len();
        sequences.sort();
        sequences.dedup();
        assert_eq!(sequences.len(), given, "two changes have one sequence");
        let last: String = log
            .query_row(
                "SELECT event_types.name FROM events
                JOIN event_types ON event_types.code = events.event_type
                WHERE aggregate_type = 4 AND aggregate_id = ?1
                ORDER BY sequence DESC LIMIT 1",
                [&session.id],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(last, "session.terminated", "something follows the end");
    }
    println!("{rounds} rounds: {met:?}");
    server.stop();
    place.verified();
    assert_eq!(gaps(&look_at(&place.data_dir())), 0);
}

#[test]
fn of_sessions_that_are_made_while_a_user_is_logged_out_each_is_ended_or_newer() {
    let rounds = asked_for("FAULTS_ROUNDS", 40).div_ceil(4);
    let place = Place::new();
    let server = place.serve();
    let (admin, token) = (place.token("admin.pat"), place.token("login-client.pat"));
    let users = server.call("POST", "/v2/users", &admin, &json!({}));
    let user = text(&json_of(&users.unwrap()), "/result/0/userId");
    let checks = json!({ "checks": { "user": { "userId": user } } });
    let target = format!("/bartizan/v1/users/{user}/logout");
    let (mut ended, mut newer) = (0, 0);
    for _ in 0..rounds {
        // So many in a row that some are made before the log out, some meanwhile and some after.
        let answers = at_once(9, |index| {
            let (target, token, body, calls) = match index {
                0 => (&*target, &admin, &json!({}), 2),
                _ => ("/v2/sessions", &token, &checks, 4),
            };
            (0..calls)
                .map(|_| call(server.address, "POST", target, token, body).unwrap())
                .collect::<Vec<_>>()
        });
        let (out, made) = answers.split_first().unwrap();
        let positions = out.iter().map(|out| {
            assert_eq!(out.status, 200, "{}", String::from_utf8_lossy(&out.body));
            text(&json_of(out), "/position").parse::<i64>().unwrap()
        });
        let position = positions.max().unwrap();
        let log = look_at(&place.data_dir());
        for made in made.iter().flatten() {
            let session = Known::of(made);
            let first: i64 = log
                .query_row(
                    "SELECT min(position) FROM events
                    WHERE aggregate_type = 4 AND aggregate_id = ?1",
                    [&session.id],
                    |row| row.get(0),
                )
                .unwrap();
            let found = server.call("GET", &session.target(), &token, &Value::Null);
            // Up to its position everything has ended; what is newer lives.
            if first <= position {
                assert_eq!(found.unwrap().status, 404, "it was there and lives on");
                assert_eq!(events(&log, &session.id)["session.terminated"], 1);
                ended += 1;
            } else {
                assert_eq!(found.unwrap().status, 200, "it came later and is gone");
                newer += 1;
            }
        }
    }
    println!("{rounds} rounds: {ended} sessions ended, {newer} were newer");
    server.stop();
    place.verified();
}
