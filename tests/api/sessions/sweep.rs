//! Sessions that ended long ago are gone, for every operation as if they had never been.

use std::time::Duration;

use serde_json::json;

use crate::helpers::{Answer, TestServer};

const DAY: u64 = 86_400;

/// Asks until the sweeper has been there.
#[track_caller]
fn gone(server: &TestServer, target: &str) -> Answer {
    for _ in 0..200_000 {
        let answer = server.login_client().get(target);
        if answer.response.status == 404 {
            return answer;
        }
    }
    panic!("{target} is still there");
}

fn sweeping() -> TestServer {
    TestServer::configured(|config| config.sweep.after = Duration::from_hours(24))
}

#[test]
fn an_expired_session_is_shown_for_a_while_and_then_unknown() {
    let mut server = sweeping();
    let short = server.session(&json!({ "lifetime": "60s" }));
    let endless = server.session(&json!({}));
    server.clock.advance_seconds(DAY);
    server.restart();
    server.login_client().get(&short.path()).succeeds();
    server.clock.advance_seconds(61);
    server.restart();

    gone(&server, &short.path()).fails(5, "QUERY-SFeaa", "Session does not exist");
    let client = server.login_client();
    client
        .patch(&short.path(), &json!({ "lifetime": "60s" }))
        .fails(5, "QUERY-SFeaa", "Session does not exist");
    client.delete(&short.path()).ok(&json!({ "details": {} }));
    let with_token = format!("{}?sessionToken={}", short.path(), short.token);
    client
        .get(&with_token)
        .fails(5, "QUERY-SFeaa", "Session does not exist");
    client.get(&endless.path()).succeeds();
    let found = client.post("/v2/sessions/search", &json!({}));
    assert_eq!(found.str("/details/totalResult"), "1");
}

#[test]
fn a_terminated_session_stays_as_it_was_for_everybody() {
    let mut server = sweeping();
    let session = server.session(&json!({}));
    server.login_client().delete(&session.path()).succeeds();
    let before = server.login_client().get(&session.path());
    server.clock.advance_seconds(2 * DAY);
    server.restart();
    let client = server.login_client();
    // Whether its row is still there makes no difference.
    for _ in 0..20 {
        let now = client.get(&session.path());
        assert_eq!(
            (now.response.status, now.json()),
            (before.response.status, before.json())
        );
    }
}

#[test]
fn nothing_is_swept_where_that_is_switched_off() {
    let mut server = TestServer::configured(|config| {
        config.sweep.enabled = false;
        config.sweep.after = Duration::ZERO;
    });
    let short = server.session(&json!({ "lifetime": "60s" }));
    server.clock.advance_seconds(100 * DAY);
    server.restart();
    for _ in 0..20 {
        server.login_client().get(&short.path()).succeeds();
    }
}
