//! The rules of JSON over the wire (spec session-service.md section 3).

use serde_json::{Value, json};

use crate::helpers::{Answer, NewSession, TestServer};

const SESSIONS: &str = "/v2/sessions";
const SEARCH: &str = "/v2/sessions/search";

/// Creates a session with a body as it is.
#[track_caller]
fn create(server: &TestServer, body: &str) -> Answer {
    server
        .login_client()
        .send("POST", SESSIONS, Some(body.as_bytes()))
}

/// The session that a body makes, as it can be read.
#[track_caller]
fn created(server: &TestServer, body: &str) -> Value {
    let answer = create(server, body);
    assert_eq!(answer.response.status, 201, "{body}: {}", answer.text());
    let path = format!("{SESSIONS}/{}", answer.str("/sessionId"));
    server.admin().get(&path).succeeds().json()["session"].clone()
}

/// A body that must be refused, with a text that begins like this.
#[track_caller]
fn refused(server: &TestServer, body: &[u8]) -> String {
    let answer = server.writes_nothing(|| server.login_client().send("POST", SESSIONS, Some(body)));
    let shown = String::from_utf8_lossy(body);
    let found = answer.json();
    assert_eq!(answer.response.status, 400, "{shown}: {found}");
    assert_eq!(found["code"], 3, "{shown}");
    assert_eq!(found.as_object().unwrap().len(), 2, "{shown}: {found}");
    let text = answer.str("/message");
    assert!(text.starts_with("proto: "), "{shown}: {text}");
    text
}

#[test]
fn names_are_read_in_both_spellings() {
    let server = TestServer::start();
    for body in [
        r#"{"userAgent":{"fingerprintId":"x"}}"#,
        r#"{"user_agent":{"fingerprint_id":"x"}}"#,
        r#"{"userAgent":{"fingerprint_id":"x"}}"#,
        r#"{"\u0075ser_agent":{"fingerprint\u0049d":"\u0078"}}"#,
    ] {
        let session = created(&server, body);
        assert_eq!(
            session["userAgent"],
            json!({ "fingerprintId": "x" }),
            "{body}"
        );
    }
    // No other spelling is one.
    for body in [
        r#"{"UserAgent":{"fingerprintId":"x"}}"#,
        r#"{"useragent":{"fingerprintId":"x"}}"#,
    ] {
        assert_eq!(created(&server, body).get("userAgent"), None, "{body}");
    }
}

#[test]
fn a_field_given_twice_is_an_error() {
    let server = TestServer::start();
    for (body, name) in [
        (r#"{"lifetime":"1s","lifetime":"1s"}"#, "lifetime"),
        (r#"{"lifetime":null,"lifetime":"1s"}"#, "lifetime"),
        (r#"{"userAgent":{},"user_agent":{}}"#, "userAgent"),
        (
            r#"{"checks":{"user":{"userId":"1","user_id":"1"}}}"#,
            "userId",
        ),
        (r#"{"userAgent":{"ip":"1","\u0069p":"2"}}"#, "ip"),
    ] {
        let text = refused(&server, body.as_bytes());
        assert!(
            text.ends_with(&format!("duplicate field \"{name}\"")),
            "{body}: {text}"
        );
    }
    let text = refused(&server, br#"{"metadata":{"a":"YQ==","a":"YQ=="}}"#);
    assert!(
        text.ends_with("duplicate map key in field \"metadata\""),
        "{text}"
    );
    // Twice the same unknown field is nothing.
    created(&server, r#"{"unknown":1,"unknown":2}"#);
}

#[test]
fn a_choice_made_twice_is_an_error() {
    let server = TestServer::start();
    let text = refused(
        &server,
        br#"{"checks":{"user":{"userId":"1","loginName":"x"}}}"#,
    );
    assert!(
        text.ends_with(
            "error parsing \"loginName\", oneof zitadel.session.v2.CheckUser.search is already set"
        ),
        "{text}"
    );
    // Null is no choice.
    let human = server.human("mini");
    let body = format!(
        r#"{{"checks":{{"user":{{"userId":"{}","loginName":null}}}}}}"#,
        human.id
    );
    created(&server, &body);
}

#[test]
fn unknown_fields_are_ignored_at_every_depth() {
    let server = TestServer::start();
    for body in [
        r#"{"unknown":1}"#,
        r#"{"unknown":{"a":[1,{"b":null}],"a":true}}"#,
        r#"{"userAgent":{"unknown":[]},"checks":{"unknown":{}}}"#,
        r#"{"":0,"null":null,"0":"0"}"#,
        r#"{"unknown":1e999}"#,
    ] {
        assert_eq!(created(&server, body)["sequence"], "2", "{body}");
    }
    // Unknown, but still JSON.
    for body in [
        r#"{"unknown":01}"#,
        r#"{"unknown":tru}"#,
        r#"{"unknown":"\x"}"#,
        r#"{"unknown":}"#,
    ] {
        refused(&server, body.as_bytes());
    }
}

#[test]
fn null_is_the_same_as_absent() {
    let server = TestServer::start();
    let body =
        r#"{"checks":null,"metadata":null,"challenges":null,"userAgent":null,"lifetime":null}"#;
    create(&server, body).is(201, &server.created(2));
    let session = created(
        &server,
        r#"{"userAgent":{"fingerprintId":null,"ip":null,"header":null}}"#,
    );
    assert_eq!(session.get("userAgent"), None);
    create(
        &server,
        r#"{"checks":{"user":null,"password":null,"totp":null}}"#,
    )
    .is(201, &server.created(2));
    // But not for what a map or a list holds.
    for body in [
        r#"{"metadata":{"a":null}}"#,
        r#"{"userAgent":{"header":{"a":{"values":[null]}}}}"#,
        r#"{"userAgent":{"header":{"a":null}}}"#,
    ] {
        refused(&server, body.as_bytes());
    }
    let list = server
        .login_client()
        .post(SEARCH, &json!({ "queries": null, "query": null }));
    list.succeeds();
    let answer = server
        .login_client()
        .post(SEARCH, &json!({ "queries": [null] }));
    assert_eq!(answer.response.status, 400, "{}", answer.text());
}

#[test]
fn bytes_come_in_both_alphabets_with_or_without_padding_and_leave_in_one() {
    let server = TestServer::start();
    for (given, shown) in [
        ("+/+/", "+/+/"),
        ("-_-_", "+/+/"),
        ("YQ==", "YQ=="),
        ("YQ", "YQ=="),
        ("_w", "/w=="),
        ("/w==", "/w=="),
        ("AAECAwQ=", "AAECAwQ="),
        // As encoders for mail write it.
        ("AAEC\\nAwQF", "AAECAwQF"),
    ] {
        let session = created(&server, &format!(r#"{{"metadata":{{"a":"{given}"}}}}"#));
        assert_eq!(session["metadata"]["a"], shown, "{given}");
    }
    for wrong in ["=", "a", "a===", "YQ=", "YQ===", "Y Q==", "Y*==", "YQ==YQ==", "\\u00e4", "YQ\\t"] {
        refused(&server, format!(r#"{{"metadata":{{"a":"{wrong}"}}}}"#).as_bytes());
    }
}

#[test]
fn durations_are_decimal_seconds() {
    let server = TestServer::start();
    for given in ["1s", "0.1s", "1.5s", ".5s", "1.s", "0.000000001s", "1.123456789s", "+1s"] {
        created(&server, &format!(r#"{{"lifetime":"{given}"}}"#));
    }
    for wrong in [
        "\"\"", "\"1\"", "\"1 s\"", "\" 1s\"", "\"1m\"", "\"s\"", "\"01s\"", "\"1..5s\"", "\"1.1234567890s\"",
        "\"1e3s\"", "\"0x1s\"", "\"315576000001s\"", "\"-315576000001s\"", "1", "1.5", "{}", "[]", "true",
        "{\"seconds\":1}", "\"NaNs\"", "\"99999999999999999999s\"",
    ] {
        refused(&server, format!("{{\"lifetime\":{wrong}}}").as_bytes());
    }
    // What is well written may still be too little.
    for little in ["0s", ".s", "-0s", "0.000000000s", "-1s", "-0.5s"] {
        create(&server, &format!(r#"{{"lifetime":"{little}"}}"#)).fails_plainly(
            3,
            "invalid CreateSessionRequest.Lifetime: value must be greater than 0s",
        );
    }
}

/// How a moment is found that is written in some way.
fn by_creation(server: &TestServer, moment: &str) -> Answer {
    let body = format!(r#"{{"queries":[{{"creationDateQuery":{{"creationDate":{moment}}}}}]}}"#);
    server
        .login_client()
        .send("POST", SEARCH, Some(body.as_bytes()))
}

#[test]
fn moments_have_any_offset_and_leave_in_utc() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    assert_eq!(session.details["changeDate"], "2026-11-23T10:01:00.123456Z");
    for moment in [
        "2026-11-23T10:01:00.123456Z",
        "2026-11-23T10:01:00.123456000Z",
        "2026-11-23T10:01:00.123456+00:00",
        "2026-11-23T10:01:00.123456-00:00",
        "2026-11-23T23:31:00.123456+13:30",
        "2026-11-22T22:01:00.123456-12:00",
    ] {
        let found = by_creation(&server, &format!("\"{moment}\""))
            .succeeds()
            .json();
        assert_eq!(found["sessions"][0]["id"], session.id, "{moment}");
    }
    for wrong in [
        "\"\"",
        "\"2026-11-23\"",
        "\"2026-11-23T10:01:00\"",
        "\"2026-11-23 10:01:00Z\"",
        "\"2026-11-23T10:01:00.Z\"",
        "\"2026-13-23T10:01:00Z\"",
        "\"2026-02-30T10:01:00Z\"",
        "\"2026-11-23T24:01:00Z\"",
        "\"2026-11-23T10:60:00Z\"",
        "\"2026-11-23T10:01:00.1234567890Z\"",
        "\"0000-12-31T23:59:59Z\"",
        "\"10000-01-01T00:00:00Z\"",
        "\"2026-11-23T10:01:00+25:00\"",
        "1795428060",
        "{}",
        "{\"seconds\":1}",
        "true",
    ] {
        let answer = by_creation(&server, wrong);
        assert_eq!(answer.response.status, 400, "{wrong}: {}", answer.text());
        assert!(
            answer.str("/message").starts_with("proto: "),
            "{wrong}: {}",
            answer.text()
        );
    }
}

#[test]
fn fractions_have_three_six_or_nine_digits_or_none() {
    let server = TestServer::start();
    for (lifetime, shown) in [
        ("0.876544s", "2026-11-23T10:01:01Z"),
        ("0.376544s", "2026-11-23T10:01:00.500Z"),
        ("0.376545s", "2026-11-23T10:01:00.500001Z"),
    ] {
        let session = created(&server, &format!(r#"{{"lifetime":"{lifetime}"}}"#));
        assert_eq!(session["expirationDate"], shown, "{lifetime}");
    }
}

#[test]
fn large_integers_are_strings_and_small_ones_are_numbers() {
    let server = TestServer::start();
    let sessions: Vec<NewSession> = (0..3).map(|_| server.session(&json!({}))).collect();
    assert!(sessions[0].details["sequence"].is_string());
    let page = |query: &str| {
        let body = format!(r#"{{"query":{{{query}}}}}"#);
        server
            .login_client()
            .send("POST", SEARCH, Some(body.as_bytes()))
    };
    for query in [
        r#""offset":"1","limit":1"#,
        r#""offset":1,"limit":"1""#,
        r#""offset":1.0,"limit":1e0"#,
        r#""offset":"1","limit":10E-1"#,
    ] {
        let found = page(query).succeeds().json();
        assert_eq!(found["sessions"].as_array().unwrap().len(), 1, "{query}");
        assert_eq!(found["details"]["totalResult"], "3", "{query}");
    }
    for query in [
        r#""limit":-1"#,
        r#""limit":1.5"#,
        r#""limit":4294967296"#,
        r#""limit":"x""#,
        r#""limit":"" "#,
        r#""limit":" 1""#,
        r#""limit":true"#,
        r#""offset":-1"#,
        r#""offset":18446744073709551616"#,
        r#""asc":"true""#,
        r#""asc":1"#,
    ] {
        let answer = page(query);
        assert_eq!(answer.response.status, 400, "{query}: {}", answer.text());
        assert!(answer.str("/message").starts_with("proto: "), "{query}");
    }
}

#[test]
fn enums_come_by_name_or_number_and_unknown_names_are_ignored() {
    let server = TestServer::start();
    server.session(&json!({}));
    let search = |column: &str| {
        let body = format!(r#"{{"sortingColumn":{column}}}"#);
        server
            .login_client()
            .send("POST", SEARCH, Some(body.as_bytes()))
    };
    for column in [
        "\"SESSION_FIELD_NAME_CREATION_DATE\"",
        "\"SESSION_FIELD_NAME_SOMETHING\"",
        "\"session_field_name_creation_date\"",
        "\"\"",
        "0",
        "1",
        "99",
        "-1",
        "null",
    ] {
        search(column).succeeds();
    }
    for wrong in ["1.5", "2147483648", "true", "{}", "[]"] {
        let answer = search(wrong);
        assert_eq!(answer.response.status, 400, "{wrong}: {}", answer.text());
    }
}

#[test]
fn answers_leave_out_what_is_empty_but_not_what_was_chosen_to_be() {
    let server = TestServer::start();
    let session = created(
        &server,
        r#"{"userAgent":{"fingerprintId":"","description":"","ip":"","header":{"a":{"values":[]}}}}"#,
    );
    assert_eq!(
        session["userAgent"],
        json!({ "fingerprintId": "", "description": "", "header": { "a": {} } })
    );
    let deleted = server.login_client().delete("/v2/sessions/1");
    deleted.ok(&json!({ "details": {} }));
}

#[test]
fn white_space_is_allowed_where_json_allows_it() {
    let server = TestServer::start();
    let body = " \r\n\t{ \"userAgent\" : { \"ip\"\n:\t\"1.2.3.4\" } ,\"lifetime\":\"1s\" } \n";
    assert_eq!(created(&server, body)["userAgent"]["ip"], "1.2.3.4");
    for body in [
        "\u{a0}{}",
        "{}\u{0}",
        "\u{feff}{}",
        "{}{}",
        "{} x",
        "\u{b}{}",
    ] {
        refused(&server, body.as_bytes());
    }
}

#[test]
fn text_is_any_unicode_and_nothing_else() {
    let server = TestServer::start();
    let session = created(
        &server,
        r#"{"userAgent":{"description":"\u00e4\ud83d\ude00\u0000\n\"\\\/\b\f"}}"#,
    );
    assert_eq!(
        session["userAgent"]["description"],
        "\u{e4}\u{1f600}\0\n\"\\/\u{8}\u{c}"
    );
    for body in [
        &b"{\"userAgent\":{\"ip\":\"\xff\"}}"[..],
        b"{\"userAgent\":{\"ip\":\"\xc3\"}}",
        b"{\"userAgent\":{\"ip\":\"\xed\xa0\x80\"}}",
        b"{\"userAgent\":{\"ip\":\"\xf5\x80\x80\x80\"}}",
        b"{\"\xff\":1}",
        br#"{"userAgent":{"ip":"\ud800"}}"#,
        br#"{"userAgent":{"ip":"\ud800\u0041"}}"#,
        br#"{"userAgent":{"ip":"\udc00"}}"#,
        br#"{"userAgent":{"ip":"\u12"}}"#,
        b"{\"userAgent\":{\"ip\":\"a\nb\"}}",
        b"{\"userAgent\":{\"ip\":\"a\x00b\"}}",
    ] {
        refused(&server, body);
    }
}

#[test]
fn what_is_no_json_or_no_message_is_refused() {
    let server = TestServer::start();
    for body in [
        "x",
        "{",
        "}",
        "[",
        "[]",
        "[{}]",
        "null",
        "true",
        "0",
        "\"\"",
        "{\"lifetime\"}",
        "{\"lifetime\":}",
        "{\"lifetime\":\"1s\",}",
        "{,}",
        "{'lifetime':'1s'}",
        "{lifetime:\"1s\"}",
        "{\"lifetime\":\"1s\"",
        "{\"lifetime\" \"1s\"}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1;}",
        "// x\n{}",
        "{\"a\":+1}",
        "{\"a\":.5}",
        "{\"a\":1.}",
        "{\"a\":0x1}",
        "{\"a\":NaN}",
        "{\"a\":Infinity}",
        "{\"a\":\"",
        "{\"a",
        "\\",
    ] {
        refused(&server, body.as_bytes());
    }
}

#[test]
fn wrong_kinds_are_refused_and_the_field_is_named() {
    let server = TestServer::start();
    for (body, field) in [
        (r#"{"checks":[]}"#, None),
        (r#"{"checks":"x"}"#, None),
        (r#"{"checks":{"user":1}}"#, None),
        (r#"{"checks":{"user":{"userId":1}}}"#, Some("userId")),
        (r#"{"checks":{"user":{"userId":{}}}}"#, Some("userId")),
        (
            r#"{"checks":{"password":{"password":["x"]}}}"#,
            Some("password"),
        ),
        (r#"{"metadata":[]}"#, None),
        (r#"{"metadata":{"a":1}}"#, Some("metadata")),
        (r#"{"metadata":{"a":{}}}"#, Some("metadata")),
        (r#"{"metadata":{"a":"*"}}"#, Some("metadata")),
        (r#"{"userAgent":{"header":{"a":["x"]}}}"#, None),
        (r#"{"userAgent":{"header":{"a":{"values":"x"}}}}"#, None),
        (
            r#"{"userAgent":{"header":{"a":{"values":[1]}}}}"#,
            Some("values"),
        ),
        (r#"{"lifetime":60}"#, Some("lifetime")),
        (r#"{"lifetime":"soon"}"#, Some("lifetime")),
        (
            r#"{"challenges":{"otpSms":{"returnCode":"true"}}}"#,
            Some("returnCode"),
        ),
    ] {
        let text = refused(&server, body.as_bytes());
        if let Some(field) = field {
            assert!(text.contains(field), "{body}: {text}");
        }
    }
}

#[test]
fn a_refusal_never_repeats_a_value() {
    let server = TestServer::start();
    for body in [
        r#"{"checks":{"password":{"password":["s3cr3t-value"]}}}"#,
        r#"{"checks":{"password":{"password":"s3cr3t-value"#,
        r#"{"checks":{"password":{"password":"s3cr3t-value"}}"#,
        r#"{"checks":{"password":{"password":"s3cr3t-value","password":"s3cr3t-value"}}}"#,
        r#"{"checks":{"password":"s3cr3t-value"}}"#,
        r#"{"checks":{"password":{"password":"s3cr3t-value\x"}}}"#,
        r#"{"metadata":{"s3cr3t-value":"*","a":"s3cr3t-value"}}"#,
        r#"{"lifetime":"s3cr3t-value"}"#,
        r#"{"checks":{"password":{"password":s3cr3t-value}}}"#,
    ] {
        let text = refused(&server, body.as_bytes());
        assert!(!text.contains("s3cr3t"), "{body}: {text}");
    }
}

#[test]
fn nesting_has_an_end() {
    let server = TestServer::start();
    let nested = |open: &str, close: &str, depth: usize| {
        format!(
            "{{\"unknown\":{}1{}}}",
            open.repeat(depth),
            close.repeat(depth)
        )
    };
    created(&server, &nested("[", "]", 50));
    created(&server, &nested("{\"a\":", "}", 50));
    for depth in [200, 10_000, 100_000] {
        refused(&server, nested("[", "]", depth).as_bytes());
        refused(&server, nested("{\"a\":", "}", depth).as_bytes());
        refused(&server, "[".repeat(depth).as_bytes());
    }
    // Also inside of what is read and not only skipped.
    let deep = format!(
        r#"{{"checks":{{"webAuthN":{{"credentialAssertionData":{}1{}}}}}}}"#,
        "{\"a\":".repeat(5_000),
        "}".repeat(5_000)
    );
    refused(&server, deep.as_bytes());
    created(&server, "{}");
}

#[test]
fn the_content_type_is_not_looked_at() {
    let server = TestServer::start();
    for content_type in [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
        "nonsense",
        "",
    ] {
        server
            .login_client()
            .with("Content-Type", content_type)
            .send("POST", SESSIONS, Some(b"{\"lifetime\":\"1s\"}"))
            .is(201, &server.created(3));
    }
}
