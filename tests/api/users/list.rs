//! `ListUsers`: `POST /v2/users`.

use bartizan::domain::permission::Resource;
use serde_json::{Value, json};

use crate::helpers::{Client, TestServer};

const USERS: &str = "/v2/users";

/// The usernames that a search finds, in its order; the total must be their number.
#[track_caller]
fn names(client: &Client, body: &Value) -> Vec<String> {
    let answer = client.post(USERS, body).succeeds().json();
    let found: Vec<String> = answer["result"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|user| user["username"].as_str().unwrap().to_owned())
        .collect();
    let total = answer["details"]["totalResult"].as_str().unwrap_or("0");
    assert_eq!(total, found.len().to_string(), "{answer:#}");
    found
}

/// A server with some people, one a second.
fn populated() -> TestServer {
    let server = TestServer::start();
    for (username, given, family, nick, email, phone) in [
        (
            "mini",
            "Mini",
            "Mouse",
            "MM",
            "mini@mouse.com",
            Some("+41791234567"),
        ),
        ("Micky", "Micky", "Mouse", "", "micky@mouse.com", None),
        (
            "donald",
            "Donald",
            "Duck",
            "DD",
            "donald@duck.org",
            Some("+41797654321"),
        ),
        ("\u{c4}nne", "\u{c4}nne", "M_%", "", "aenne@x.org", None),
    ] {
        server.clock.advance_seconds(1);
        let mut body = json!({
            "profile": { "givenName": given, "familyName": family, "nickName": nick },
            "email": { "email": email, "isVerified": true },
        });
        if let Some(phone) = phone {
            body["phone"] = json!({ "phone": phone, "isVerified": true });
        }
        server.human_with(username, &body);
    }
    server
}

#[test]
fn users_are_shown_as_get_shows_them() {
    let server = TestServer::start();
    let human = server.human("mini");
    let user = server
        .admin()
        .get(&format!("/v2/users/{}", human.id))
        .json()["user"]
        .clone();
    server
        .login_client()
        .post(
            USERS,
            &json!({ "queries": [{ "loginNameQuery": { "loginName": "mini" } }] }),
        )
        .ok(&json!({
            "details": { "totalResult": "1", "timestamp": server.clock.text() },
            "result": [user],
        }));
    server
        .login_client()
        .post(
            USERS,
            &json!({
                "queries": [{ "loginNameQuery": { "loginName": "nobody" } }],
                "sortingColumn": "USER_FIELD_NAME_EMAIL",
            }),
        )
        .ok(&json!({
            "details": { "timestamp": server.clock.text() },
            "sortingColumn": "USER_FIELD_NAME_EMAIL",
        }));
}

#[test]
fn texts_are_compared_in_eight_ways() {
    let server = populated();
    let table = [
        (
            "TEXT_QUERY_METHOD_EQUALS",
            0,
            "mini@mouse.com",
            &["mini"][..],
        ),
        ("TEXT_QUERY_METHOD_EQUALS", 0, "MINI@mouse.com", &[]),
        (
            "TEXT_QUERY_METHOD_EQUALS_IGNORE_CASE",
            1,
            "MINI@Mouse.com",
            &["mini"],
        ),
        ("TEXT_QUERY_METHOD_EQUALS_IGNORE_CASE", 1, "MINI", &[]),
        ("TEXT_QUERY_METHOD_STARTS_WITH", 2, "mi", &["Micky", "mini"]),
        ("TEXT_QUERY_METHOD_STARTS_WITH", 2, "MI", &[]),
        (
            "TEXT_QUERY_METHOD_STARTS_WITH_IGNORE_CASE",
            3,
            "MI",
            &["Micky", "mini"],
        ),
        (
            "TEXT_QUERY_METHOD_CONTAINS",
            4,
            "@mouse",
            &["Micky", "mini"],
        ),
        ("TEXT_QUERY_METHOD_CONTAINS", 4, "@MOUSE", &[]),
        (
            "TEXT_QUERY_METHOD_CONTAINS_IGNORE_CASE",
            5,
            "@DUCK",
            &["donald"],
        ),
        (
            "TEXT_QUERY_METHOD_ENDS_WITH",
            6,
            ".org",
            &["\u{c4}nne", "donald"],
        ),
        ("TEXT_QUERY_METHOD_ENDS_WITH", 6, ".ORG", &[]),
        (
            "TEXT_QUERY_METHOD_ENDS_WITH_IGNORE_CASE",
            7,
            ".ORG",
            &["\u{c4}nne", "donald"],
        ),
        // What has a meaning in SQL has none here.
        ("TEXT_QUERY_METHOD_CONTAINS", 4, "%", &[]),
        ("TEXT_QUERY_METHOD_CONTAINS_IGNORE_CASE", 5, "_", &[]),
        ("TEXT_QUERY_METHOD_STARTS_WITH", 2, "' OR 1=1 --", &[]),
        ("TEXT_QUERY_METHOD_STARTS_WITH_IGNORE_CASE", 3, "*", &[]),
    ];
    for (name, number, text, expected) in table {
        for method in [json!(name), json!(number)] {
            let query = json!({ "emailQuery": { "emailAddress": text, "method": method } });
            assert_eq!(
                names(&server.admin(), &json!({ "queries": [query] })),
                expected,
                "{name} {text}"
            );
        }
    }
}

#[test]
fn every_text_of_a_user_can_be_searched() {
    let server = populated();
    let equals = |name: &str, field: &str, text: &str| {
        names(
            &server.admin(),
            &json!({ "queries": [{ name: { field: text } }] }),
        )
    };
    assert_eq!(equals("userNameQuery", "userName", "Micky"), ["Micky"]);
    assert_eq!(equals("userNameQuery", "userName", "micky"), [""; 0]);
    assert_eq!(equals("firstNameQuery", "firstName", "Donald"), ["donald"]);
    assert_eq!(
        equals("lastNameQuery", "lastName", "Mouse"),
        ["Micky", "mini"]
    );
    assert_eq!(equals("nickNameQuery", "nickName", "MM"), ["mini"]);
    assert_eq!(
        equals("displayNameQuery", "displayName", "Mini Mouse"),
        ["mini"]
    );
    assert_eq!(
        equals("emailQuery", "emailAddress", "aenne@x.org"),
        ["\u{c4}nne"]
    );
    assert_eq!(equals("phoneQuery", "number", "+41797654321"), ["donald"]);
    assert_eq!(equals("loginNameQuery", "loginName", "mini"), ["mini"]);
    assert_eq!(equals("lastNameQuery", "lastName", "M_%"), ["\u{c4}nne"]);

    let ignore = |name: &str, field: &str, text: &str, method: u8| {
        let query = json!({ name: { field: text, "method": method } });
        names(&server.admin(), &json!({ "queries": [query] }))
    };
    assert_eq!(ignore("loginNameQuery", "loginName", "MICKY", 1), ["Micky"]);
    assert_eq!(
        ignore("loginNameQuery", "loginName", "\u{e4}NNE", 1),
        ["\u{c4}nne"]
    );
    assert_eq!(
        ignore("firstNameQuery", "firstName", "\u{e4}n", 3),
        ["\u{c4}nne"]
    );
    assert_eq!(ignore("phoneQuery", "number", "1234", 4), ["mini"]);
    assert_eq!(ignore("lastNameQuery", "lastName", "_%", 6), ["\u{c4}nne"]);
}

#[test]
fn login_names_have_the_domain_where_the_policy_says_so() {
    let server = TestServer::configured(|config| {
        config.policy.domain.login_name_includes_domain = true;
    });
    server.human("mini");
    let other = server.second_org("acme.example");
    server.human_with(
        "Mini",
        &json!({ "organization": { "orgId": other.to_string() } }),
    );
    let by = |text: &str, method: u8| {
        let query = json!({ "loginNameQuery": { "loginName": text, "method": method } });
        names(&server.admin(), &json!({ "queries": [query] }))
    };
    assert_eq!(by("mini@zitadel.localhost", 0), ["mini"]);
    assert_eq!(by("MINI@acme.example", 1), ["Mini"]);
    assert_eq!(by("@acme", 4), ["Mini"]);
    assert_eq!(by("mini", 0), [""; 0]);
}

#[test]
fn users_are_found_by_state_kind_id_address_and_organisation() {
    let server = populated();
    let other = server.second_org("acme.example");
    let gone = server.human("gone");
    server
        .admin()
        .delete(&format!("/v2/users/{}", gone.id))
        .succeeds();
    server.clock.advance_seconds(1);
    let locked = server.human_with("locked", &json!({ "userId": "text-id" }));
    server
        .admin()
        .post("/v2/users/text-id/lock", &json!({}))
        .succeeds();
    server.clock.advance_seconds(1);
    let inactive = server.human_with(
        "inactive",
        &json!({
            "organization": { "orgId": other.to_string() },
            "email": { "email": "i@n.active" },
        }),
    );
    let path = format!("/v2/users/{}/deactivate", inactive.id);
    server.admin().post(&path, &json!({})).succeeds();
    let people = ["inactive", "locked", "\u{c4}nne", "donald", "Micky", "mini"];
    let by = |query: Value| names(&server.admin(), &json!({ "queries": [query] }));
    for (query, expected) in [
        (
            json!({ "stateQuery": { "state": "USER_STATE_LOCKED" } }),
            &["locked"][..],
        ),
        (
            json!({ "stateQuery": { "state": "USER_STATE_INACTIVE" } }),
            &["inactive"],
        ),
        (
            json!({ "stateQuery": { "state": "USER_STATE_DELETED" } }),
            &[],
        ),
        (json!({ "stateQuery": { "state": 5 } }), &[]),
        (json!({ "typeQuery": { "type": "TYPE_HUMAN" } }), &people),
        (
            json!({ "andQuery": { "queries": [
                { "typeQuery": { "type": "TYPE_MACHINE" } },
                { "userNameQuery": { "userName": "admin-sa" } },
            ] } }),
            &["admin-sa"],
        ),
        (
            json!({ "inUserIdsQuery": { "userIds": [locked.id, inactive.id, "1"] } }),
            &people[..2],
        ),
        (json!({ "inUserIdsQuery": { "userIds": [gone.id] } }), &[]),
        (json!({ "inUserIdsQuery": {} }), &[]),
        (
            json!({ "inUserEmailsQuery": { "userEmails": ["i@n.active", "donald@duck.org"] } }),
            &["inactive", "donald"],
        ),
        (json!({ "inUserEmailsQuery": {} }), &[]),
        (
            json!({ "organizationIdQuery": { "organizationId": other.to_string() } }),
            &["inactive"],
        ),
        (
            json!({ "organizationIdQuery": { "organizationId": "1" } }),
            &[],
        ),
        (
            json!({ "organizationIdQuery": { "organizationId": "x" } }),
            &[],
        ),
    ] {
        assert_eq!(by(query.clone()), expected, "{query}");
    }
}

#[test]
fn queries_combine_with_and_or_and_not() {
    let server = populated();
    let name = |name: &str| json!({ "userNameQuery": { "userName": name } });
    let mouse = json!({ "lastNameQuery": { "lastName": "Mouse" } });
    let human = json!({ "typeQuery": { "type": "TYPE_HUMAN" } });
    let or = |queries: Value| json!({ "orQuery": { "queries": queries } });
    let and = |queries: Value| json!({ "andQuery": { "queries": queries } });
    let not = |query: &Value| json!({ "notQuery": { "query": query } });
    for (queries, expected) in [
        (json!([mouse, name("mini")]), &["mini"][..]),
        (
            json!([or(json!([name("mini"), name("donald")]))]),
            &["donald", "mini"],
        ),
        (json!([and(json!([mouse, not(&name("mini"))]))]), &["Micky"]),
        (json!([human, not(&mouse)]), &["\u{c4}nne", "donald"]),
        (json!([human, not(&not(&mouse))]), &["Micky", "mini"]),
        (
            json!([not(&or(json!([mouse, not(&human)])))]),
            &["\u{c4}nne", "donald"],
        ),
        (json!([or(json!([]))]), &[]),
        (
            json!([human, and(json!([]))]),
            &["\u{c4}nne", "donald", "Micky", "mini"],
        ),
        (
            json!([or(json!([
                and(json!([mouse, name("mini")])),
                name("donald")
            ]))]),
            &["donald", "mini"],
        ),
    ] {
        assert_eq!(
            names(&server.admin(), &json!({ "queries": queries })),
            expected,
            "{queries}"
        );
    }
}

#[test]
fn queries_are_not_nested_without_end() {
    let server = TestServer::start();
    let nested = |depth: usize| {
        let mut query = json!({ "userNameQuery": { "userName": "mini" } });
        for _ in 0..depth {
            query = json!({ "notQuery": { "query": query } });
        }
        json!({ "queries": [query] })
    };
    server.admin().post(USERS, &nested(10)).succeeds();
    server.admin().post(USERS, &nested(40)).fails(
        3,
        "USER-zsQ97",
        "Too many query nesting levels (Max 20)",
    );
}

#[test]
fn broken_rules_are_named_as_zitadel_names_them() {
    let server = TestServer::start();
    let query = |cause: &str| {
        format!(
            "invalid ListUsersRequest.Queries[0]: embedded message failed validation | caused by: {cause}"
        )
    };
    let inner = |name: &str, cause: &str| {
        query(&format!(
            "invalid SearchQuery.{name}: embedded message failed validation | caused by: invalid {cause}"
        ))
    };
    let range = "value length must be between 1 and 200 runes, inclusive";
    for (body, text) in [
        (
            json!({}),
            query("invalid SearchQuery.Query: value is required"),
        ),
        (
            json!({ "userNameQuery": {} }),
            inner("UserNameQuery", &format!("UserNameQuery.UserName: {range}")),
        ),
        (
            json!({ "userNameQuery": { "userName": "x", "method": 8 } }),
            inner(
                "UserNameQuery",
                "UserNameQuery.Method: value must be one of the defined enum values",
            ),
        ),
        (
            json!({ "loginNameQuery": { "loginName": "x".repeat(201) } }),
            inner(
                "LoginNameQuery",
                &format!("LoginNameQuery.LoginName: {range}"),
            ),
        ),
    ] {
        server
            .admin()
            .post(USERS, &json!({ "queries": [body] }))
            .fails_plainly(3, &text);
    }
}

#[test]
fn users_are_sorted_by_any_column() {
    let server = populated();
    let human = json!({ "typeQuery": { "type": "TYPE_HUMAN" } });
    let sorted = |column: Value, asc: bool| {
        names(
            &server.admin(),
            &json!({ "queries": [human], "sortingColumn": column, "query": { "asc": asc } }),
        )
    };
    let by = |column: &str| format!("USER_FIELD_NAME_{column}");
    for (column, number, expected) in [
        ("EMAIL", 6, ["\u{c4}nne", "donald", "Micky", "mini"]),
        ("CREATION_DATE", 9, ["mini", "Micky", "donald", "\u{c4}nne"]),
        ("FIRST_NAME", 2, ["donald", "Micky", "mini", "\u{c4}nne"]),
        ("DISPLAY_NAME", 5, ["donald", "Micky", "mini", "\u{c4}nne"]),
    ] {
        assert_eq!(sorted(json!(by(column)), true), expected, "{column}");
        assert_eq!(sorted(json!(number), true), expected, "{column}");
        let mut falling = expected;
        falling.reverse();
        assert_eq!(sorted(json!(by(column)), false), falling, "{column}");
    }
    for column in ["USER_NAME", "LAST_NAME", "NICK_NAME", "STATE", "TYPE"] {
        assert_eq!(sorted(json!(by(column)), true).len(), 4, "{column}");
    }
    // Without a column the newest stand first, whatever the direction.
    assert_eq!(
        sorted(Value::Null, true),
        ["\u{c4}nne", "donald", "Micky", "mini"]
    );
}

#[test]
fn pages_are_cut_out_of_all_that_match() {
    let server = populated();
    let human = json!({ "typeQuery": { "type": "TYPE_HUMAN" } });
    let page = |query: Value| {
        let body = json!({ "queries": [human], "query": query, "sortingColumn": 9 });
        server.admin().post(USERS, &body).succeeds().json()
    };
    let found = page(json!({ "limit": 2, "offset": 1, "asc": true }));
    assert_eq!(found["details"]["totalResult"], "4");
    assert_eq!(found["result"][0]["username"], "Micky");
    assert_eq!(found["result"][1]["username"], "donald");
    assert_eq!(found["result"].as_array().unwrap().len(), 2);
    let beyond = page(json!({ "offset": "100" }));
    assert_eq!(beyond.get("result"), None);
    server
        .admin()
        .post(USERS, &json!({ "query": { "limit": 1001 } }))
        .fails(3, "QUERY-4M0fs", "Limit exceeded");
}

#[test]
fn only_those_are_listed_and_counted_who_may_be_seen() {
    let server = populated();
    let home = server.core().default_org;
    let other = server.second_org("acme.example");
    let organization = json!({ "orgId": other.to_string() });
    server.human_with("stranger", &json!({ "organization": organization }));
    let human = json!({ "queries": [{ "typeQuery": { "type": "TYPE_HUMAN" } }] });
    let viewer = server.service(&["IAM_OWNER_VIEWER"]);
    assert_eq!(names(&viewer.client, &human).len(), 5);
    let here = server.service_on(home, Resource::Org(home), &["ORG_OWNER_VIEWER"]);
    assert_eq!(names(&here.client, &human).len(), 4);
    let there = server.service_on(home, Resource::Org(other), &["ORG_OWNER"]);
    assert_eq!(names(&there.client, &human), ["stranger"]);
    // Oneself is always seen, and nobody else is even counted (CVE-2025-67717).
    let nobody = server.service(&[]);
    assert_eq!(
        names(&nobody.client, &json!({})),
        [nobody.username.as_str()]
    );
    assert_eq!(names(&nobody.client, &human), [""; 0]);
    let own = server.human("own");
    let session = server.logged_in(&own);
    assert_eq!(names(&server.bearer(&session.token), &human), ["own"]);
}
