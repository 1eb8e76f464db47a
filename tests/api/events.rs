//! `GET /v2/events`: the log as a stream.

use std::process::Command;
use std::time::{Duration, Instant};

use bartizan::domain::permission::Resource;
use serde_json::{Value, json};

use crate::helpers::events::EventStream;
use crate::helpers::{ID, TestServer, http};

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

#[track_caller]
fn follow(server: &TestServer, target: &str) -> EventStream {
    EventStream::open(server.address(), server.first_tokens()[0], target, "")
}

const REVOKED: &str = "Errors.Token.Invalid (AUTH-7fs1e)";

#[test]
fn what_happens_is_told_as_it_happens_and_as_zitadel_tells_it() {
    let server = TestServer::configured(|config| {
        config.events.heartbeat = Duration::from_hours(1);
    });
    let mut stream = follow(&server, "/v2/events");
    for header in [
        "content-type: text/event-stream",
        "cache-control: no-store",
        "x-accel-buffering: no",
    ] {
        assert!(
            stream.headers.iter().any(|line| line == header),
            "{header} {:?}",
            stream.headers
        );
    }
    let before = server.head().number();
    let session = server.session(&json!({ "metadata": { "k": "AQID" } }));
    let creator = wait_login_client(&server);
    let event = |sequence: u32, name: &str, payload: Value| {
        let mut event = json!({
            "aggregateID": session.id,
            "aggregateType": "session",
            "resourceOwner": server.instance(),
            "instanceID": server.instance(),
            "version": "v1",
            "sequence": sequence,
            "event_type": name,
            "created_at": server.now().to_string(),
            "userID": creator,
            "position": before + i64::from(sequence),
        });
        if !payload.is_null() {
            event["event_payload"] = payload;
        }
        event
    };
    assert_eq!(
        stream.event(),
        (before + 1, event(1, "session.added", Value::Null))
    );
    assert_eq!(
        stream.event(),
        (
            before + 2,
            event(
                2,
                "session.metadata.set",
                json!({ "metadata": { "k": "AQID" } })
            )
        )
    );
    // A fingerprint of the token's hash, and nothing of the token.
    let (position, mut last) = stream.event();
    let fingerprint = last["event_payload"]["tokenID"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(!session.token.contains(&fingerprint));
    last["event_payload"]["tokenID"] = json!(ID);
    assert_eq!(position, before + 3);
    assert_eq!(
        last,
        event(3, "session.token.set", json!({ "tokenID": ID }))
    );
}

fn wait_login_client(server: &TestServer) -> String {
    use bartizan::query;
    let token = server.first_tokens()[1];
    let caller = crate::helpers::wait(query::authenticate(server.core(), token, None));
    caller.unwrap().user.to_string()
}

#[test]
fn a_client_that_comes_back_misses_nothing_and_sees_nothing_twice() {
    let server = TestServer::start();
    let first = server.session(&json!({}));
    let mut stream = follow(&server, "/v2/events?aggregate_type=session&after=0");
    let (position, event) = stream.event();
    assert_eq!(event["aggregateID"], json!(first.id));
    drop(stream);
    let second = server.session(&json!({}));
    // The header wins: a client cannot change the address that it was given.
    let last = format!("Last-Event-ID: {position}\r\n");
    let target = "/v2/events?aggregate_type=session&after=0";
    let mut stream = EventStream::open(server.address(), server.first_tokens()[0], target, &last);
    let seen: Vec<_> = (0..3)
        .map(|_| stream.event().1)
        .map(|event| (event["aggregateID"].clone(), event["sequence"].clone()))
        .collect();
    assert_eq!(
        seen,
        [
            (json!(first.id), json!(2)),
            (json!(second.id), json!(1)),
            (json!(second.id), json!(2))
        ]
    );
}

#[test]
fn filters_let_through_what_they_name() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.logged_in(&human);
    server.session(&json!({}));
    let read = |query: &str| {
        let mut stream = follow(&server, &format!("/v2/events?follow=false&after=0&{query}"));
        let mut types = Vec::new();
        while let Some(frame) = stream.next() {
            if frame.event.as_deref() == Some("end") {
                assert_eq!(frame.data, Some(json!({})));
                continue;
            }
            types.push(
                frame.data.unwrap()["event_type"]
                    .as_str()
                    .unwrap()
                    .to_owned(),
            );
        }
        types
    };
    assert_eq!(
        read("event_type=session.added,session.user.checked"),
        ["session.added", "session.user.checked", "session.added"]
    );
    assert_eq!(
        read(&format!(
            "aggregate_type=session&aggregate_id={}",
            session.id
        )),
        [
            "session.added",
            "session.user.checked",
            "session.password.checked",
            "session.token.set"
        ]
    );
    assert_eq!(
        read(&format!(
            "aggregate_type=user&aggregate_id={}&limit=1",
            human.id
        )),
        ["user.human.added"]
    );
    assert_eq!(
        read("aggregate_type=instance&event_type=instance.added"),
        ["instance.added"]
    );
    assert_eq!(read("aggregate_type=org&event_type=session.added"), [""; 0]);
    let all = server.head().number();
    assert_eq!(i64::try_from(read("gaps=true").len()), Ok(all));
}

#[test]
fn a_limit_ends_a_stream() {
    let server = TestServer::start();
    let mut stream = follow(&server, "/v2/events?limit=3");
    server.session(&json!({}));
    // It has come to its page before there is another.
    assert_eq!(stream.types(2), ["session.added", "session.token.set"]);
    server.session(&json!({}));
    assert_eq!(stream.types(1), ["session.added"]);
    assert_eq!(stream.end(), json!({}));
}

#[test]
fn many_pages_are_one_stream_without_gaps() {
    let server = TestServer::start();
    let human = server.human("mini");
    for _ in 0..150 {
        server.session(&json!({ "checks": { "user": { "userId": human.id } } }));
    }
    let mut stream = follow(&server, "/v2/events?follow=false");
    let end = server.head().number();
    for expected in 1..=end {
        assert_eq!(stream.event().0, expected);
    }
    assert_eq!(stream.end(), json!({}));
}

#[test]
fn silence_is_broken_by_a_comment_that_tells_how_far_the_stream_is() {
    let server = TestServer::configured(|config| {
        config.events.heartbeat = Duration::from_millis(50);
    });
    let mut stream = follow(&server, "/v2/events?aggregate_type=org");
    server.session(&json!({}));
    let end = server.head().number();
    for _ in 0..1_000 {
        let frame = stream.next().unwrap();
        assert_eq!(frame.data, None);
        assert_eq!(frame.comment, frame.id.map(|id| id.to_string()));
        if frame.id == Some(end) {
            return;
        }
    }
    panic!("the position stands still");
}

#[test]
fn whoever_may_not_read_events_gets_no_stream() {
    let server = TestServer::start();
    let target = "/v2/events";
    server
        .anonymous()
        .get(target)
        .fails_plainly(16, "auth header missing");
    server
        .bearer("x")
        .get(target)
        .fails(16, "AUTH-7fs1e", "Errors.Token.Invalid");
    server
        .login_client()
        .get(target)
        .fails(7, "AUTH-AWfge", "No matching permissions found");
    let nobody = server.service(&[]);
    nobody
        .client
        .get(target)
        .fails(5, "AUTHZ-cdgFk", "membership not found");
    let org = Resource::Org(server.core().default_org);
    let of_org = server.service_on(server.core().default_org, org, &["ORG_OWNER"]);
    of_org
        .client
        .get(target)
        .fails(5, "AUTHZ-cdgFk", "membership not found");
    let viewer = server.service(&["IAM_OWNER_VIEWER"]);
    EventStream::open(server.address(), viewer.token(), target, "");
    let answer = server.admin().post(target, &json!({}));
    assert_eq!(answer.response.header("allow"), Some("GET"));
    answer.is(405, &json!({ "code": 12, "message": "Method Not Allowed" }));
}

#[test]
fn a_stream_ends_with_the_right_to_it() {
    let server = TestServer::start();
    let admin = server.admin();
    let open = |roles: &[&str]| {
        let service = server.service(roles);
        let stream = EventStream::open(
            server.address(),
            service.token(),
            "/v2/events?aggregate_type=org",
            "",
        );
        (service, stream)
    };
    let (deactivated, mut first) = open(&["IAM_OWNER_VIEWER"]);
    let (demoted, mut second) = open(&["IAM_OWNER"]);
    let (revoked, mut third) = open(&["IAM_OWNER"]);
    let path = format!("/v2/users/{}/deactivate", deactivated.id);
    admin.post(&path, &json!({})).succeeds();
    assert_eq!(first.end()["message"], json!(REVOKED));
    server.member(&demoted.id, Resource::Instance, &["IAM_LOGIN_CLIENT"]);
    assert_eq!(
        second.end(),
        json!({
            "code": 7,
            "message": "No matching permissions found (AUTH-AWfge)",
            "details": [{
                "@type": "type.googleapis.com/zitadel.v1.ErrorDetail",
                "id": "AUTH-AWfge",
                "message": "No matching permissions found",
            }],
        })
    );
    let user = bartizan::domain::ids::given_user_key(&revoked.id);
    let caller = server.caller();
    let removed = bartizan::command::remove_pat(server.core(), &caller, user, revoked.pat.id);
    crate::helpers::wait(removed).unwrap();
    assert_eq!(third.end()["message"], json!(REVOKED));
}

#[test]
fn a_stream_ends_when_its_token_has_expired() {
    let server = TestServer::configured(|config| {
        config.events.heartbeat = Duration::from_millis(50);
    });
    let viewer = server.service(&["IAM_OWNER_VIEWER"]);
    let soon = bartizan::domain::time::Timestamp::from_micros(server.now().micros() + 1_000_000);
    let pat = server.pat(
        bartizan::domain::ids::given_user_key(&viewer.id),
        Some(soon),
    );
    let mut stream = EventStream::open(server.address(), pat.token.expose(), "/v2/events", "");
    server.clock.advance_seconds(2);
    assert_eq!(stream.end()["message"], json!(REVOKED));
}

#[test]
fn one_stream_too_many_is_refused_until_another_has_ended() {
    let server = TestServer::configured(|config| config.events.max_streams = 1);
    let mut stream = follow(&server, "/v2/events?limit=1");
    server.admin().get("/v2/events").fails(
        8,
        "BTZ-Ev3st",
        "Too many event streams are open, try again later",
    );
    server.session(&json!({}));
    assert_eq!(stream.types(1), ["session.added"]);
    assert_eq!(stream.end(), json!({}));
    follow(&server, "/v2/events");
}

#[test]
fn streams_that_are_open_are_counted() {
    let server = TestServer::configured(|config| {
        config.metrics.listen = Some(([127, 0, 0, 1], 0).into());
    });
    let counts = |count: usize| {
        let line = format!("bartizan_event_streams {count}");
        let request = http::request("GET", "/metrics", &[], None);
        let response = http::exchange(server.metrics_address().unwrap(), &request).unwrap();
        let text = String::from_utf8(response.body).unwrap();
        text.lines().any(|found| found == line)
    };
    assert!(counts(0));
    let first = follow(&server, "/v2/events");
    let mut second = follow(&server, "/v2/events?limit=1");
    assert!(counts(2));
    drop(first);
    server.session(&json!({}));
    assert_eq!(second.types(1), ["session.added"]);
    assert_eq!(second.end(), json!({}));
    let begun = Instant::now();
    while !counts(0) {
        assert!(begun.elapsed() < PATIENCE, "they stay");
        std::thread::yield_now();
    }
}

#[test]
fn a_stop_ends_streams_with_a_word() {
    let mut server = TestServer::start();
    let mut stream = follow(&server, "/v2/events");
    server.restart();
    assert_eq!(
        stream.end(),
        json!({ "code": 14, "message": "the server is stopping" })
    );
}

#[test]
fn what_cannot_be_followed_is_refused_before_the_stream_begins() {
    let server = TestServer::start();
    let admin = server.admin();
    let end = server.head();
    admin.get("/v2/events?after=1000").fails(
        9,
        "BTZ-Ev4fu",
        &format!("The log ends at position {end} and does not reach 1000"),
    );
    admin
        .get("/v2/events?aggregate_typ=user")
        .fails_plainly(3, "parsing field \"aggregate_typ\": there is no such field");
    admin
        .with("Last-Event-ID", "abc")
        .get("/v2/events")
        .fails_plainly(3, "parsing field \"Last-Event-ID\": not a position");
}

#[test]
fn archived_events_are_missed_by_nobody_unawares() {
    let mut server = TestServer::configured(|config| config.sweep.after = Duration::ZERO);
    let begin = server.head().number();
    let ended = server.session(&json!({}));
    server.login_client().delete(&ended.path()).succeeds();
    let middle = server.head().number();
    server.session(&json!({}));
    server.clock.advance_seconds(60);
    server.restart();
    let data = server.config().data_dir.clone();
    let archived = (0..2_000).any(|number| {
        let told = Command::new(env!("CARGO_BIN_EXE_bartizan"))
            .args(["events", "archive"])
            .arg(server.directory().join(format!("{number}.jsonl")))
            .arg("--data-dir")
            .arg(&data)
            .args(["--output", "json"])
            .output()
            .unwrap();
        assert!(told.status.success(), "{told:?}");
        serde_json::from_slice::<Value>(&told.stdout).is_ok_and(|told| told["events"] == json!(3))
    });
    assert!(archived);
    server.admin().get("/v2/events?after=1").fails(
        9,
        "BTZ-Ev4rc",
        &format!(
            "Events of sessions between the positions 1 and {middle} were archived: begin at {middle}, or allow gaps"
        ),
    );
    let mut rest = follow(&server, &format!("/v2/events?follow=false&after={middle}"));
    assert_eq!(rest.types(2), ["session.added", "session.token.set"]);
    let mut users = follow(
        &server,
        "/v2/events?follow=false&aggregate_type=user,org&after=0",
    );
    users.event();
    let mut gaps = follow(&server, "/v2/events?follow=false&gaps=true");
    for expected in (1..=begin).chain(middle + 1..=middle + 2) {
        assert_eq!(gaps.event().0, expected);
    }
    assert_eq!(gaps.end(), json!({}));
}
