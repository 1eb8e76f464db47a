//! `ListSessions`: `POST /v2/sessions/search` (spec session-service.md sections 2.5 and 9.2).

use bartizan::command;
use bartizan::domain::ids::given_user_key;
use bartizan::domain::permission::Resource;
use serde_json::{Value, json};

use crate::helpers::{Answer, Client, NewSession, TestServer, wait};

const SEARCH: &str = "/v2/sessions/search";

/// What is found with one query.
#[track_caller]
fn search(client: &Client, query: Value) -> Answer {
    client.post(SEARCH, &json!({ "queries": [query] }))
}

/// The whole answer: the details, and each session as Get shows it.
#[track_caller]
fn page(server: &TestServer, total: usize, sessions: &[&NewSession]) -> Value {
    let mut expected = json!({ "details": { "timestamp": server.clock.text() } });
    if total > 0 {
        expected["details"]["totalResult"] = json!(total.to_string());
    }
    let shown: Vec<Value> = sessions
        .iter()
        .map(|session| server.admin().get(&session.path()).succeeds().json()["session"].clone())
        .collect();
    if !shown.is_empty() {
        expected["sessions"] = json!(shown);
    }
    expected
}

/// Sessions, one a second.
fn sessions(server: &TestServer, bodies: &[Value]) -> Vec<NewSession> {
    let create = |body| {
        server.clock.advance_seconds(1);
        server.session(body)
    };
    bodies.iter().map(create).collect()
}

#[test]
fn without_any_session_there_is_only_a_time() {
    let server = TestServer::start();
    // The first start was the last to write.
    let expected = json!({ "details": { "timestamp": server.clock.text_in(-60) } });
    for body in [
        "",
        "{}",
        "{\"queries\":[]}",
        "{\"query\":{\"offset\":\"5\",\"limit\":7}}",
    ] {
        server
            .login_client()
            .send("POST", SEARCH, Some(body.as_bytes()))
            .ok(&expected);
    }
}

#[test]
fn all_sessions_are_listed_newest_first() {
    let server = TestServer::start();
    let human = server.human("mini");
    let all = sessions(
        &server,
        &[
            json!({}),
            json!({ "checks": { "user": { "userId": human.id } }, "lifetime": "1s" }),
            json!({ "metadata": { "a": "YQ==" }, "userAgent": { "fingerprintId": "x" } }),
        ],
    );
    server.clock.advance_seconds(3600);
    server
        .login_client()
        .patch(&all[0].path(), &json!({ "lifetime": "60s" }))
        .succeeds();
    server.login_client().post(SEARCH, &json!({})).ok(&page(
        &server,
        3,
        &[&all[2], &all[1], &all[0]],
    ));
    server.login_client().delete(&all[1].path()).succeeds();
    server
        .login_client()
        .post(SEARCH, &json!({}))
        .ok(&page(&server, 2, &[&all[2], &all[0]]));
}

#[test]
fn the_order_is_by_creation_and_falls_unless_asked_otherwise() {
    let server = TestServer::start();
    let all = sessions(&server, &[json!({}), json!({}), json!({})]);
    let newest = page(&server, 3, &[&all[2], &all[1], &all[0]]);
    let oldest = page(&server, 3, &[&all[0], &all[1], &all[2]]);
    let by_creation = "SESSION_FIELD_NAME_CREATION_DATE";
    for (body, expected) in [
        (json!({ "sortingColumn": by_creation }), &newest),
        (
            json!({ "sorting_column": 1, "query": { "asc": false } }),
            &newest,
        ),
        (
            json!({ "sortingColumn": by_creation, "query": { "asc": true } }),
            &oldest,
        ),
        (
            json!({ "sortingColumn": 1, "query": { "asc": true } }),
            &oldest,
        ),
        // Without a column the direction has no effect.
        (json!({ "query": { "asc": true } }), &newest),
        (
            json!({ "sortingColumn": "SESSION_FIELD_NAME_UNSPECIFIED", "query": { "asc": true } }),
            &newest,
        ),
        (
            json!({ "sortingColumn": "SESSION_FIELD_NAME_UNKNOWN", "query": { "asc": true } }),
            &newest,
        ),
    ] {
        server.login_client().post(SEARCH, &body).ok(expected);
    }
}

#[test]
fn pages_are_cut_out_of_all_that_match() {
    let server = TestServer::start();
    let all = sessions(&server, &vec![json!({}); 5]);
    let newest: Vec<&NewSession> = all.iter().rev().collect();
    for (query, total, range) in [
        (json!({ "limit": 2 }), 5, 0..2),
        (json!({ "limit": "2", "offset": "2" }), 5, 2..4),
        (json!({ "limit": 2, "offset": 4 }), 5, 4..5),
        (json!({ "limit": 1000 }), 5, 0..5),
        (json!({ "limit": 0, "offset": 3 }), 5, 3..5),
        // Beyond the end there is nothing, not even a total.
        (json!({ "offset": 5 }), 0, 0..0),
        (json!({ "offset": "18446744073709551615" }), 0, 0..0),
        (
            json!({ "offset": "9223372036854775808", "limit": 1 }),
            0,
            0..0,
        ),
    ] {
        server
            .login_client()
            .post(SEARCH, &json!({ "query": query }))
            .ok(&page(&server, total, &newest[range]));
    }
    let ids: Vec<&str> = all[1..4]
        .iter()
        .map(|session| session.id.as_str())
        .collect();
    server
        .login_client()
        .post(
            SEARCH,
            &json!({
                "query": { "limit": 2, "offset": 1, "asc": true },
                "sortingColumn": 1,
                "queries": [{ "idsQuery": { "ids": ids } }],
            }),
        )
        .ok(&page(&server, 3, &[&all[2], &all[3]]));
}

#[test]
fn a_page_has_100_sessions_unless_named_and_1000_at_most() {
    let server = TestServer::start();
    for _ in 0..102 {
        server.session(&json!({}));
    }
    let count = |body: Value| {
        let answer = server.login_client().post(SEARCH, &body).succeeds().json();
        assert_eq!(answer["details"]["totalResult"], "102");
        answer["sessions"].as_array().unwrap().len()
    };
    assert_eq!(count(json!({})), 100);
    assert_eq!(count(json!({ "query": { "limit": 0 } })), 100);
    assert_eq!(count(json!({ "query": { "limit": 101 } })), 101);
    assert_eq!(count(json!({ "query": { "limit": 1000 } })), 102);
    for limit in [1_001_u32, u32::MAX] {
        server
            .login_client()
            .post(SEARCH, &json!({ "query": { "limit": limit } }))
            .fails(3, "QUERY-4M0fs", "Limit exceeded");
    }
}

#[test]
fn limits_follow_the_configuration() {
    let server = TestServer::configured(|config| {
        config.list.default_limit = 2;
        config.list.max_limit = 3;
    });
    let all = sessions(&server, &vec![json!({}); 4]);
    server
        .login_client()
        .post(SEARCH, &json!({}))
        .ok(&page(&server, 4, &[&all[3], &all[2]]));
    server
        .login_client()
        .post(SEARCH, &json!({ "query": { "limit": 4 } }))
        .fails(3, "QUERY-4M0fs", "Limit exceeded");
}

#[test]
fn ids_are_alternatives() {
    let server = TestServer::start();
    let all = sessions(&server, &vec![json!({}); 3]);
    let ids = |ids: &[&str]| {
        search(
            &server.login_client(),
            json!({ "idsQuery": { "ids": ids } }),
        )
    };
    ids(&[&all[0].id, &all[2].id, "1", "x", ""]).ok(&page(&server, 2, &[&all[2], &all[0]]));
    ids(&[&all[0].id, &all[0].id]).ok(&page(&server, 1, &[&all[0]]));
    for nothing in [&[][..], &["1"], &["x"], &["9223372036854775808"]] {
        ids(nothing).ok(&page(&server, 0, &[]));
    }
    let many: Vec<String> = (1..2_000).map(|id| id.to_string()).collect();
    let mut many: Vec<&str> = many.iter().map(String::as_str).collect();
    many.push(&all[1].id);
    ids(&many).ok(&page(&server, 1, &[&all[1]]));
}

#[test]
fn a_search_with_too_many_conditions_is_the_fault_of_the_client() {
    let server = TestServer::start();
    let queries = vec![json!({ "idsQuery": { "ids": ["1"] } }); 401];
    server
        .login_client()
        .post(SEARCH, &json!({ "queries": queries }))
        .fails(3, "BTZ-C0nds", "Too many conditions in one search");
}

#[test]
fn sessions_are_found_by_their_user() {
    let server = TestServer::start();
    let mini = server.human("mini");
    let other = server.human_with("other", &json!({ "userId": "text-id" }));
    let check = |id: &str| json!({ "checks": { "user": { "userId": id } } });
    let all = sessions(
        &server,
        &[
            json!({}),
            check(&mini.id),
            check(&other.id),
            check(&mini.id),
        ],
    );
    let by_user = |id: &str| {
        search(
            &server.login_client(),
            json!({ "userIdQuery": { "id": id } }),
        )
    };
    by_user(&mini.id).ok(&page(&server, 2, &[&all[3], &all[1]]));
    by_user("text-id").ok(&page(&server, 1, &[&all[2]]));
    for nothing in ["", "1", "mini", "Text-id"] {
        by_user(nothing).ok(&page(&server, 0, &[]));
    }
}

#[test]
fn sessions_are_found_by_their_creator() {
    let server = TestServer::start();
    let service = server.service(&["IAM_LOGIN_CLIENT"]);
    server.clock.advance_seconds(1);
    let (own, foreign) = (
        server.session_by(&service.client, &json!({})),
        server.session(&json!({})),
    );
    let creator =
        |client: &Client, id: Option<&str>| search(client, json!({ "creatorQuery": { "id": id } }));
    creator(&service.client, None).ok(&page(&server, 1, &[&own]));
    creator(&server.login_client(), None).ok(&page(&server, 1, &[&foreign]));
    creator(&server.login_client(), Some(&service.id)).ok(&page(&server, 1, &[&own]));
    creator(&server.login_client(), Some("nobody")).ok(&page(&server, 0, &[]));
    creator(&server.login_client(), Some("")).fails(3, "GRPC-x8n24uh", "List.Query.Invalid");
    creator(&server.login_client(), Some(&"x".repeat(200))).ok(&page(&server, 0, &[]));
    creator(&server.login_client(), Some(&"x".repeat(201))).fails_plainly(
        3,
        "invalid ListSessionsRequest.Queries[0]: embedded message failed validation \
         | caused by: invalid SearchQuery.CreatorQuery: embedded message failed validation \
         | caused by: invalid CreatorQuery.Id: value length must be at most 200 runes",
    );
}

#[test]
fn sessions_are_found_by_the_device() {
    let server = TestServer::start();
    let all = sessions(
        &server,
        &[
            json!({ "userAgent": { "fingerprintId": "a" } }),
            json!({ "userAgent": { "fingerprintId": "A" } }),
            json!({ "userAgent": { "description": "a" } }),
            json!({ "userAgent": { "fingerprintId": "" } }),
            json!({}),
        ],
    );
    let device = |query: Value| search(&server.login_client(), json!({ "userAgentQuery": query }));
    device(json!({ "fingerprintId": "a" })).ok(&page(&server, 1, &[&all[0]]));
    device(json!({ "fingerprint_id": "A" })).ok(&page(&server, 1, &[&all[1]]));
    device(json!({ "fingerprintId": "b" })).ok(&page(&server, 0, &[]));
    // Neither kind of token knows a device of its own.
    for query in [json!({}), json!({ "fingerprintId": "" })] {
        device(query).fails(3, "GRPC-x8n23uh", "List.Query.Invalid");
    }
    device(json!({ "fingerprintId": "x".repeat(201) })).fails_plainly(
        3,
        "invalid ListSessionsRequest.Queries[0]: embedded message failed validation \
         | caused by: invalid SearchQuery.UserAgentQuery: embedded message failed validation \
         | caused by: invalid UserAgentQuery.FingerprintId: value length must be at most 200 runes",
    );
}

/// Methods by their names and by their numbers, and which of before, at and after they take.
const METHODS: [(&str, u8, [bool; 3]); 5] = [
    ("TIMESTAMP_QUERY_METHOD_EQUALS", 0, [false, true, false]),
    ("TIMESTAMP_QUERY_METHOD_GREATER", 1, [false, false, true]),
    (
        "TIMESTAMP_QUERY_METHOD_GREATER_OR_EQUALS",
        2,
        [false, true, true],
    ),
    ("TIMESTAMP_QUERY_METHOD_LESS", 3, [true, false, false]),
    (
        "TIMESTAMP_QUERY_METHOD_LESS_OR_EQUALS",
        4,
        [true, true, false],
    ),
];

/// Those of the sessions that a method takes, newest first.
fn taken<'a>(sessions: &'a [NewSession], takes: [bool; 3]) -> Vec<&'a NewSession> {
    let mut found: Vec<&NewSession> = sessions
        .iter()
        .zip(takes)
        .filter_map(|(session, takes)| takes.then_some(session))
        .collect();
    found.reverse();
    found
}

#[test]
fn creation_dates_are_compared_in_five_ways() {
    let server = TestServer::start();
    let all = sessions(&server, &vec![json!({}); 3]);
    let moment = server.clock.text_in(-1);
    for (name, number, takes) in METHODS {
        let found = taken(&all, takes);
        for method in [json!(name), json!(number)] {
            let query = json!({ "creationDate": moment, "method": method });
            search(
                &server.login_client(),
                json!({ "creationDateQuery": query }),
            )
            .ok(&page(&server, found.len(), &found));
        }
    }
    let query = |query: Value| {
        search(
            &server.login_client(),
            json!({ "creationDateQuery": query }),
        )
    };
    // The same moment in another zone, a missing method, a missing date.
    query(json!({ "creationDate": "2026-11-23T12:01:02.123456+02:00" })).ok(&page(
        &server,
        1,
        &[&all[1]],
    ));
    query(json!({ "creationDate": "2026-11-23T10:01:02.123457Z" })).ok(&page(&server, 0, &[]));
    query(json!({})).ok(&page(&server, 0, &[]));
    query(json!({ "method": 1 })).ok(&page(&server, 3, &[&all[2], &all[1], &all[0]]));
    for edge in ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"] {
        query(json!({ "creationDate": edge })).ok(&page(&server, 0, &[]));
    }
}

#[test]
fn expiration_dates_are_compared_in_five_ways_and_never_is_later_than_all() {
    let server = TestServer::start();
    let all = sessions(
        &server,
        &[
            json!({ "lifetime": "100s" }),
            json!({ "lifetime": "100s" }),
            json!({ "lifetime": "100s" }),
            json!({}),
        ],
    );
    let moment = server.clock.text_in(100 - 2);
    for (name, number, takes) in METHODS {
        let mut found = taken(&all[..3], takes);
        if name.contains("GREATER") {
            found.insert(0, &all[3]);
        }
        for method in [json!(name), json!(number)] {
            let query = json!({ "expirationDate": moment, "method": method });
            search(
                &server.login_client(),
                json!({ "expirationDateQuery": query }),
            )
            .ok(&page(&server, found.len(), &found));
        }
    }
    let query = |query: Value| {
        search(
            &server.login_client(),
            json!({ "expirationDateQuery": query }),
        )
    };
    query(json!({})).ok(&page(&server, 0, &[]));
    query(json!({ "method": 2, "expirationDate": "9999-12-31T23:59:59Z" })).ok(&page(
        &server,
        1,
        &[&all[3]],
    ));
}

#[test]
fn a_method_must_be_one_that_exists() {
    let server = TestServer::start();
    for query in ["creationDateQuery", "expirationDateQuery"] {
        let message = query[..1].to_uppercase() + &query[1..];
        search(&server.login_client(), json!({ query: { "method": 5 } })).fails_plainly(
            3,
            &format!(
                "invalid ListSessionsRequest.Queries[0]: embedded message failed validation \
                 | caused by: invalid SearchQuery.{message}: embedded message failed validation \
                 | caused by: invalid {message}.Method: value must be one of the defined enum values"
            ),
        );
    }
}

#[test]
fn a_query_must_ask_for_something() {
    let server = TestServer::start();
    let text = |index: u8| {
        format!(
            "invalid ListSessionsRequest.Queries[{index}]: embedded message failed validation \
             | caused by: invalid SearchQuery.Query: value is required"
        )
    };
    let ids = json!({ "idsQuery": { "ids": [] } });
    for (queries, index) in [
        (json!([{}]), 0),
        (json!([ids, {}]), 1),
        (json!([ids, { "unknownQuery": {} }]), 1),
        (json!([{ "idsQuery": null }]), 0),
    ] {
        server
            .login_client()
            .post(SEARCH, &json!({ "queries": queries }))
            .fails_plainly(3, &text(index));
    }
}

#[test]
fn all_queries_must_hold() {
    let server = TestServer::start();
    let human = server.human("mini");
    let check = json!({ "checks": { "user": { "userId": human.id } } });
    let all = sessions(&server, &[json!({}), check.clone(), check, json!({})]);
    let ids: Vec<&str> = all[..2].iter().map(|session| session.id.as_str()).collect();
    let by_ids = json!({ "idsQuery": { "ids": ids } });
    let by_user = json!({ "userIdQuery": { "id": human.id } });
    let later = json!({ "creationDateQuery": {
        "creationDate": all[1].details["changeDate"],
        "method": "TIMESTAMP_QUERY_METHOD_GREATER",
    } });
    for (queries, found) in [
        (json!([by_ids, by_user]), vec![&all[1]]),
        (json!([by_user, later]), vec![&all[2]]),
        (json!([by_ids, later]), vec![]),
        (json!([by_user, by_user]), vec![&all[2], &all[1]]),
        (json!([by_ids, by_user, later]), vec![]),
    ] {
        server
            .login_client()
            .post(SEARCH, &json!({ "queries": queries }))
            .ok(&page(&server, found.len(), &found));
    }
}

#[test]
fn what_the_caller_may_not_read_is_left_out_but_counted() {
    let server = TestServer::start();
    let home = server.core().default_org;
    let other = server.second_org("acme.example");
    let human = server.human("mini");
    let check = json!({ "checks": { "user": { "userId": human.id } } });
    let all = sessions(&server, &[json!({}), check.clone(), check]);
    let nobody = server.service(&[]).client;
    let stranger = server
        .service_on(home, Resource::Org(other), &["ORG_OWNER"])
        .client;
    let org_owner = server
        .service_on(home, Resource::Org(home), &["ORG_OWNER"])
        .client;
    let viewer = server.service(&["IAM_OWNER_VIEWER"]).client;
    for client in [&nobody, &stranger] {
        client.post(SEARCH, &json!({})).ok(&page(&server, 3, &[]));
    }
    org_owner
        .post(SEARCH, &json!({}))
        .ok(&page(&server, 3, &[&all[2], &all[1]]));
    viewer
        .post(SEARCH, &json!({}))
        .ok(&page(&server, 3, &[&all[2], &all[1], &all[0]]));
    // A page is cut out before the filter, so it can be shorter than its limit.
    org_owner
        .post(SEARCH, &json!({ "query": { "limit": 2, "offset": 1 } }))
        .ok(&page(&server, 3, &[&all[1]]));
    // What one has created or is the user of is one's own.
    let service = server.service(&["IAM_LOGIN_CLIENT"]);
    let own = server.session_by(&service.client, &json!({}));
    server.member(&service.id, Resource::Org(home), &["ORG_OWNER_VIEWER"]);
    let (admin, user) = (server.caller(), given_user_key(&service.id));
    wait(command::remove_member(
        server.core(),
        &admin,
        user,
        Resource::Instance,
    ))
    .unwrap();
    service
        .client
        .post(SEARCH, &json!({}))
        .ok(&page(&server, 4, &[&own]));
    let logged_in = server.logged_in(&human);
    let found = server
        .bearer(&logged_in.token)
        .post(SEARCH, &json!({}))
        .json();
    assert_eq!(found["details"]["totalResult"], "5");
    assert_eq!(found["sessions"].as_array().unwrap().len(), 3);
}

#[test]
fn sessions_without_a_device_are_nobodys() {
    // CVE-2024-39683: sessions without a user agent were listed for everybody.
    let server = TestServer::start();
    let human = server.human("mini");
    server.session(&json!({}));
    server.session(&json!({ "userAgent": { "fingerprintId": "" } }));
    let own = server.logged_in(&human);
    server
        .bearer(&own.token)
        .post(SEARCH, &json!({}))
        .ok(&page(&server, 3, &[&own]));
}
