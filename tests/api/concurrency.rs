//! Many at once on the same thing (design sections 4 and 6, CVE-2023-47111).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::helpers::{Answer, NewSession, PASSWORD, TestServer};

/// Runs the same thing on so many threads and collects what came of it.
fn in_parallel<T: Send>(count: usize, act: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = std::sync::Barrier::new(count);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..count)
            .map(|index| {
                let (barrier, act) = (&barrier, &act);
                scope.spawn(move || {
                    barrier.wait();
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

/// How many answers there are of each status.
fn statuses(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.response.status).or_default() += 1;
    }
    counts
}

/// Those of the tokens that the session takes.
fn current<'a>(server: &TestServer, session: &NewSession, tokens: &'a [String]) -> Vec<&'a String> {
    let takes = |token: &&String| {
        let target = format!("{}?sessionToken={token}", session.path());
        server.login_client().get(&target).response.status == 200
    };
    tokens.iter().filter(takes).collect()
}

/// More than a command has rounds: whoever loses waits in line, and is not turned away.
#[test]
fn parallel_changes_of_one_session_all_come_through_with_no_gap_and_one_token() {
    const COUNT: usize = 200;
    let server = TestServer::configured(|config| config.server.workers = 4);
    let session = server.session(&json!({}));
    let answers = in_parallel(COUNT, |index| {
        let body = json!({ "metadata": { index.to_string(): "YQ==" } });
        server.login_client().patch(&session.path(), &body)
    });
    assert_eq!(statuses(&answers), BTreeMap::from([(200, COUNT)]));
    let mut sequences: Vec<u32> = answers
        .iter()
        .map(|answer| answer.str("/details/sequence").parse().unwrap())
        .collect();
    sequences.sort_unstable();
    let expected: Vec<u32> = (1..=COUNT)
        .map(|count| 2 + 2 * u32::try_from(count).unwrap())
        .collect();
    assert_eq!(sequences, expected);
    // The history has no gap, or this fails.
    assert_eq!(server.session_history(&session.id).len(), 2 + 2 * COUNT);
    let read = server.login_client().get(&session.path()).json();
    assert_eq!(
        read["session"]["metadata"]
            .as_object()
            .map(serde_json::Map::len),
        Some(COUNT),
        "no change is lost"
    );
    let tokens: Vec<String> = answers
        .iter()
        .map(|answer| answer.str("/sessionToken"))
        .collect();
    let current = current(&server, &session, &tokens);
    assert_eq!(current.len(), 1);
    let last = answers
        .iter()
        .max_by_key(|answer| answer.str("/details/sequence").parse::<u32>().unwrap())
        .unwrap();
    assert_eq!(*current[0], last.str("/sessionToken"));
}

/// Through commands of different kinds, which wait in one line.
#[test]
fn parallel_changes_of_one_user_all_come_through() {
    const COUNT: usize = 160;
    let server = TestServer::configured(|config| config.server.workers = 4);
    let user = server.human("many@example.com").id;
    let answers = in_parallel(COUNT, |index| {
        if index % 2 == 0 {
            let skipped = format!("/v2/users/{user}/mfa_init_skipped");
            server.admin().post(&skipped, &json!({}))
        } else {
            let profile = json!({ "profile": {
                "givenName": "Many", "familyName": "Names", "nickName": index.to_string(),
            } });
            let path = format!("/v2/users/human/{user}");
            server.admin().put(&path, &profile)
        }
    });
    assert_eq!(statuses(&answers), BTreeMap::from([(200, COUNT)]));
    let sequences: std::collections::BTreeSet<u32> = answers
        .iter()
        .map(|answer| answer.str("/details/sequence").parse().unwrap())
        .collect();
    assert_eq!(sequences.len(), COUNT, "each change is one event");
}

#[test]
fn a_session_that_is_deleted_many_times_at_once_ends_once() {
    let server = TestServer::configured(|config| config.server.workers = 4);
    for _ in 0..10 {
        let session = server.session(&json!({}));
        let expected = json!({ "details": server.details(3) });
        let answers = in_parallel(8, |index| {
            if index % 2 == 0 {
                server.login_client().delete(&session.path())
            } else {
                let body = json!({ "sessionToken": session.token });
                server.login_client().delete_with(&session.path(), &body)
            }
        });
        for answer in answers {
            answer.ok(&expected);
        }
        assert_eq!(
            server.session_history(&session.id),
            ["session.added", "session.token.set", "session.terminated"]
        );
    }
}

#[test]
fn nothing_follows_the_end_of_a_session() {
    let server = TestServer::configured(|config| config.server.workers = 4);
    for _ in 0..10 {
        let session = server.session(&json!({}));
        let answers = in_parallel(9, |index| {
            if index == 4 {
                server.login_client().delete(&session.path())
            } else {
                let body = json!({ "metadata": { "a": "YQ==" } });
                server.login_client().patch(&session.path(), &body)
            }
        });
        for (index, answer) in answers.iter().enumerate() {
            match (index, answer.response.status) {
                (_, 200) => {}
                (4, _) => panic!("{}", answer.text()),
                _ => answer.fails(9, "COMMAND-Hewfq", "Session already terminated"),
            }
        }
        let history = server.session_history(&session.id);
        let ends = history
            .iter()
            .filter(|name| **name == "session.terminated")
            .count();
        assert_eq!((ends, history.last()), (1, Some(&"session.terminated")));
    }
}

/// What came of many wrong passwords at once: the attempts that were judged, and the refusals.
fn judged(answers: &[Answer], refused: impl Fn(&Answer)) -> Vec<u64> {
    let mut attempts = Vec::new();
    for answer in answers {
        let body = answer.json();
        if body["details"][0]["id"] == "COMMAND-3M0fs" {
            attempts.push(body["details"][0]["failedAttempts"].as_u64().unwrap());
        } else {
            refused(answer);
        }
    }
    attempts.sort_unstable();
    attempts
}

fn wrong(user: &str) -> Value {
    json!({ "checks": { "user": { "userId": user }, "password": { "password": "wrong" } } })
}

#[test]
fn parallel_wrong_passwords_are_never_judged_beyond_the_lockout_limit() {
    let server = TestServer::configured(|config| {
        config.server.workers = 4;
        config.passwords.threads = 4;
        config.policy.lockout.max_password_attempts = 5;
    });
    let human = server.human("mini");
    let answers = in_parallel(32, |_| {
        server
            .login_client()
            .post("/v2/sessions", &wrong(&human.id))
    });
    let attempts = judged(&answers, |answer| {
        let body = answer.json();
        let id = body["details"][0]["id"].as_str().unwrap().to_owned();
        match id.as_str() {
            "SESSION-Gj4ko" => answer.fails(9, &id, "Errors.User.NotActive"),
            _ => {
                assert!(
                    ["COMMAND-JLK35", "COMMAND-SFA3t"].contains(&id.as_str()),
                    "{body}"
                );
                answer.fails_credentials(9, &id, "User is locked", 0);
            }
        }
    });
    assert_eq!(attempts, [1, 2, 3, 4, 5]);
    let history = server.user_history(&human.id);
    let count = |name: &str| history.iter().filter(|found| **found == name).count();
    assert_eq!(count("user.human.password.check.failed"), 5);
    assert_eq!(count("user.locked"), 1);
    server
        .login_client()
        .post(
            "/v2/sessions",
            &json!({ "checks": { "user": { "userId": human.id }, "password": { "password": PASSWORD } } }),
        )
        .fails(9, "SESSION-Gj4ko", "Errors.User.NotActive");
}

#[test]
fn parallel_wrong_passwords_are_never_judged_beyond_the_limit_of_attempts() {
    let server = TestServer::configured(|config| {
        config.server.workers = 4;
        config.passwords.threads = 4;
        config.policy.attempts.max_in_a_row = 7;
    });
    let human = server.human("mini");
    let answers = in_parallel(32, |_| {
        server
            .login_client()
            .post("/v2/sessions", &wrong(&human.id))
    });
    let attempts = judged(&answers, |answer| {
        answer.fails(8, "BTZ-Tm4ny", "Too many failed attempts, try again later");
    });
    assert_eq!(attempts, [1, 2, 3, 4, 5, 6, 7]);
}

#[test]
fn the_right_password_among_wrong_ones_is_right() {
    let server = TestServer::configured(|config| {
        config.server.workers = 4;
        config.passwords.threads = 4;
    });
    let human = server.human("mini");
    let answers = in_parallel(16, |index| {
        let password = if index == 8 { PASSWORD } else { "wrong" };
        let checks =
            json!({ "user": { "userId": human.id }, "password": { "password": password } });
        server
            .login_client()
            .post("/v2/sessions", &json!({ "checks": checks }))
    });
    answers[8].is(201, &server.created(4));
    server.user_history(&human.id);
}

#[test]
fn parallel_users_of_one_name_are_one_user() {
    let server = TestServer::configured(|config| config.server.workers = 4);
    let answers = in_parallel(16, |index| {
        let body = json!({
            "username": if index % 2 == 0 { "mini" } else { "MINI" },
            "profile": { "givenName": "Mini", "familyName": "Mouse" },
            "email": { "email": "mini@mouse.com" },
        });
        server.admin().post("/v2/users/human", &body)
    });
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 1), (409, 15)]));
    for answer in answers
        .iter()
        .filter(|answer| answer.response.status == 409)
    {
        answer.fails(6, "V3-DKcYh", "User already exists");
    }
}

#[test]
fn a_user_that_is_being_locked_gets_no_session_that_outlives_it() {
    let server = TestServer::configured(|config| config.server.workers = 4);
    for round in 0..5 {
        let human = server.human(&format!("mini-{round}"));
        let check = json!({ "checks": { "user": { "userId": human.id } } });
        let answers = in_parallel(9, |index| {
            if index == 4 {
                let path = format!("/v2/users/{}/lock", human.id);
                server.admin().post(&path, &json!({}))
            } else {
                server.login_client().post("/v2/sessions", &check)
            }
        });
        answers[4].succeeds();
        for (index, answer) in answers.iter().enumerate() {
            match (index, answer.response.status) {
                (4, _) | (_, 201) => {}
                _ => answer.fails(9, "SESSION-Gj4ko", "Errors.User.NotActive"),
            }
        }
        let search = json!({ "queries": [{ "userIdQuery": { "id": human.id } }] });
        let found = server.admin().post("/v2/sessions/search", &search).json();
        assert_eq!(found.get("sessions"), None, "{found}");
    }
}

#[test]
fn many_sessions_at_once_are_all_there() {
    let server = TestServer::configured(|config| config.server.workers = 4);
    let sessions = in_parallel(64, |_| {
        (0..4)
            .map(|_| server.session(&json!({ "lifetime": "60s" })))
            .collect::<Vec<_>>()
    });
    let mut ids: Vec<String> = sessions
        .into_iter()
        .flatten()
        .map(|session| session.id)
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 256);
    let search = json!({
        "queries": [{ "idsQuery": { "ids": ids } }],
        "query": { "limit": 1000 },
    });
    let found = server
        .login_client()
        .post("/v2/sessions/search", &search)
        .json();
    assert_eq!(found["details"]["totalResult"], "256");
    for id in ids {
        server.session_history(&id);
    }
}
