//! Paths and methods, as the gateway in front of ZITADEL matches them (spec session-service.md
//! section 1.2).

use serde_json::json;

use crate::helpers::{Answer, ID, PASSWORD, TOKEN, TestServer};

#[test]
fn unknown_paths_are_not_found() {
    let server = TestServer::start();
    let id = server.session(&json!({})).id;
    for (method, target) in [
        ("GET", "/".to_owned()),
        ("GET", "/v2".to_owned()),
        ("GET", "/v2/".to_owned()),
        ("GET", "/v2/session".to_owned()),
        ("POST", "/V2/sessions".to_owned()),
        ("POST", "/v2/Sessions".to_owned()),
        ("POST", "//v2/sessions".to_owned()),
        ("POST", "/v2//sessions".to_owned()),
        ("POST", "/v2/sessions/search/".to_owned()),
        ("GET", format!("/v2/sessions/{id}/")),
        ("GET", format!("/v2/sessions/{id}/x")),
        ("DELETE", format!("/v2/sessions/{id}/")),
        ("PATCH", format!("/v2/sessions/{id}/token")),
        // The path is decoded before it is split.
        ("GET", format!("/v2/sessions/{id}%2F")),
        ("GET", "/v2/sessions/a%2Fb".to_owned()),
        ("POST", "/v2/users/1/nothing".to_owned()),
        ("POST", "/v3alpha/sessions".to_owned()),
        ("POST", "/v2alpha/sessions".to_owned()),
        ("GET", "/v2/sessions/../sessions/1".to_owned()),
    ] {
        for client in [server.admin(), server.anonymous()] {
            client
                .send(method, &target, None)
                .is(404, &json!({ "code": 5, "message": "Not Found" }));
        }
    }
}

#[test]
fn wrong_methods_on_known_paths_are_not_allowed() {
    let server = TestServer::start();
    for (method, target, allowed) in [
        ("GET", "/v2/sessions", "POST"),
        ("PUT", "/v2/sessions", "POST"),
        ("DELETE", "/v2/sessions", "POST"),
        ("POST", "/v2/sessions/1", "GET, PATCH, DELETE"),
        ("PUT", "/v2/sessions/1", "GET, PATCH, DELETE"),
        ("POST", "/v2/sessions/", "GET, PATCH, DELETE"),
        ("GET", "/v2/users/1/lock", "POST"),
        ("PATCH", "/v2/users/1", "GET, DELETE"),
        ("GET", "/v2/users", "POST"),
        ("TRACE", "/v2/sessions", "POST"),
        ("FOO", "/v2/sessions", "POST"),
    ] {
        for client in [server.admin(), server.anonymous()] {
            let answer = client.send(method, target, None);
            answer.is(405, &json!({ "code": 12, "message": "Method Not Allowed" }));
            let mut found: Vec<&str> = answer
                .response
                .header("allow")
                .unwrap_or_default()
                .split(", ")
                .collect();
            let mut expected: Vec<&str> = allowed.split(", ").collect();
            found.sort_unstable();
            expected.sort_unstable();
            assert_eq!(found, expected, "{method} {target}");
        }
    }
}

#[test]
fn search_is_an_id_for_every_method_but_one() {
    let server = TestServer::start();
    for method in ["GET", "PATCH"] {
        server
            .login_client()
            .send(method, "/v2/sessions/search", None)
            .fails(5, "QUERY-SFeaa", "Session does not exist");
    }
    server
        .login_client()
        .delete("/v2/sessions/search")
        .ok(&json!({ "details": {} }));
    server
        .login_client()
        .post("/v2/sessions/search", &json!({}))
        .succeeds();
}

#[test]
fn an_empty_id_reaches_the_operation() {
    let server = TestServer::start();
    for (method, message) in [
        ("GET", "GetSessionRequest"),
        ("PATCH", "SetSessionRequest"),
        ("DELETE", "DeleteSessionRequest"),
    ] {
        server.admin().send(method, "/v2/sessions/", None).fails_plainly(
            3,
            &format!(
                "invalid {message}.SessionId: value length must be between 1 and 200 runes, inclusive"
            ),
        );
        server
            .anonymous()
            .send(method, "/v2/sessions/", None)
            .fails_plainly(16, "auth header missing");
    }
}

#[test]
fn paths_are_decoded_once() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    let encoded: String = session
        .id
        .bytes()
        .map(|byte| format!("%{byte:02x}"))
        .collect();
    server
        .login_client()
        .get(&format!("/%762/sessions/{encoded}"))
        .succeeds();
    server
        .login_client()
        .get(&format!("/v2/sessions/{}", encoded.replace('%', "%25")))
        .fails(5, "QUERY-SFeaa", "Session does not exist");
    for (target, text) in [
        ("/v2/sessions/%zz", "malformed path escape \"%zz\""),
        ("/v2/sessions/%2", "malformed path escape \"%2\""),
        ("/v2/sessions/%", "malformed path escape \"%\""),
        ("/v2/sessions/%ff", "path contains invalid UTF-8"),
    ] {
        server.login_client().get(target).fails_plainly(3, text);
    }
}

#[test]
fn queries_are_read_for_get_alone() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    let client = server.login_client();
    client
        .post("/v2/sessions?lifetime=0s&unknown=%zz", &json!({}))
        .is(201, &server.created(2));
    client
        .patch(&format!("{}?lifetime=1s", session.path()), &json!({}))
        .ok(&json!({ "details": session.details }));
    client
        .post(
            "/v2/sessions/search?query.limit=0&query.limit=1",
            &json!({}),
        )
        .succeeds();
    client
        .get(&format!("{}?a=1&a=2&%zz=%zz&&=", session.path()))
        .succeeds();
    client.get(&format!("{}?", session.path())).succeeds();
}

#[test]
fn head_is_no_get() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    let answer = server.login_client().send("HEAD", &session.path(), None);
    assert_eq!(answer.response.status, 405);
}

#[test]
fn methods_are_not_overridden() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    let client = server
        .login_client()
        .with("X-HTTP-Method-Override", "DELETE");
    client.get(&session.path()).succeeds();
    server.login_client().get(&session.path()).succeeds();
}

#[test]
fn documented_operations_of_later_versions_say_so() {
    let server = TestServer::start();
    for (method, target, name) in [
        ("POST", "/v2/users/1/metadata", "SetUserMetadata"),
        ("DELETE", "/v2/users/1/metadata", "DeleteUserMetadata"),
        ("POST", "/v2/users/1/metadata/search", "ListUserMetadata"),
    ] {
        server
            .admin()
            .send(method, target, None)
            .fails_plainly(12, &format!("operation `{name}` is not implemented"));
        // Only for those who may ask at all.
        server
            .anonymous()
            .send(method, target, None)
            .fails_plainly(16, "auth header missing");
    }
}

#[test]
fn deadlines_are_read_and_kept() {
    let server = TestServer::start();
    let client = server.login_client();
    for value in ["5S", "100000m", "1H", "2M", "8000000u", "99999999n"] {
        let answer = client
            .with("Grpc-Timeout", value)
            .post("/v2/sessions", &json!({}));
        answer.is(201, &server.created(2));
    }
    for value in [
        "",
        "5",
        "S",
        "5s",
        "-5S",
        "5 S",
        "123456789S",
        "1.5S",
        "\u{e4}",
    ] {
        client
            .with("Grpc-Timeout", value)
            .post("/v2/sessions", &json!({}))
            .fails_plainly(3, "invalid grpc-timeout");
    }
}

#[test]
fn browsers_may_ask_from_every_origin() {
    let server = TestServer::start();
    let preflight = server
        .anonymous()
        .with("Origin", "https://login.example")
        .with("Access-Control-Request-Method", "PATCH")
        .with(
            "Access-Control-Request-Headers",
            "authorization,content-type,x-grpc-web",
        )
        .send("OPTIONS", "/v2/sessions/1", None);
    assert!(
        (200..300).contains(&preflight.response.status),
        "{}",
        preflight.text()
    );
    let header = |name: &str| {
        preflight
            .response
            .header(name)
            .unwrap_or_default()
            .to_lowercase()
    };
    assert_eq!(
        header("access-control-allow-origin"),
        "https://login.example"
    );
    assert_eq!(header("access-control-allow-credentials"), "true");
    for method in ["get", "head", "post", "put", "patch", "delete", "options"] {
        assert!(
            header("access-control-allow-methods").contains(method),
            "{method}"
        );
    }
    for name in ["authorization", "content-type", "x-grpc-web"] {
        assert!(
            header("access-control-allow-headers").contains(name),
            "{name}"
        );
    }
    let answer = server
        .login_client()
        .with("Origin", "https://login.example")
        .post("/v2/sessions", &json!({}));
    answer.is(201, &server.created(2));
    let header = |name: &str| {
        answer
            .response
            .header(name)
            .unwrap_or_default()
            .to_lowercase()
    };
    assert_eq!(
        header("access-control-allow-origin"),
        "https://login.example"
    );
    assert_eq!(header("access-control-allow-credentials"), "true");
    for name in ["location", "content-length", "grpc-status", "grpc-message"] {
        assert!(
            header("access-control-expose-headers").contains(name),
            "{name}"
        );
    }
}

#[test]
fn every_answer_says_what_it_is_and_that_it_must_not_be_kept() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    for answer in [
        server.login_client().get(&session.path()),
        server.login_client().post("/v2/sessions", &json!({})),
        server.login_client().get("/v2/sessions/1"),
        server.anonymous().get("/v2/sessions/1"),
        server.anonymous().get("/nothing"),
        server.anonymous().get("/v2/sessions"),
    ] {
        let header = |name: &str| answer.response.header(name).unwrap_or_default();
        assert_eq!(header("content-type"), "application/json");
        assert!(header("cache-control").contains("no-store"), "{answer:?}");
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("x-robots-tag"), "none");
        assert!(!header("x-request-id").is_empty());
        // What runs here, and in which version, is nobody's business (ASVS 13.4.6).
        assert_eq!(header("server"), "");
        assert_eq!(header("x-powered-by"), "");
    }
}

#[test]
fn probes_are_answered_to_anybody() {
    let server = TestServer::start();
    let probe = |method: &str, target: &str| server.anonymous().send(method, target, None);
    for target in ["/debug/healthz", "/debug/ready"] {
        let answer = probe("GET", target);
        assert_eq!(
            (answer.response.status, answer.text()),
            (200, "ok".to_owned())
        );
        let header = |name: &str| answer.response.header(name).unwrap_or_default();
        assert_eq!(header("content-type"), "text/plain; charset=utf-8");
        assert!(header("cache-control").contains("no-store"), "{answer:?}");
        assert_eq!(probe("HEAD", target).response.status, 200);
        assert_eq!(probe("POST", target).response.status, 404);
    }
}

#[test]
fn success_has_what_the_gateway_passes_on_and_a_refusal_has_not() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    let passed_on = |answer: &Answer| {
        [
            "grpcgateway-cache-control",
            "grpcgateway-pragma",
            "grpcgateway-content-type",
        ]
        .map(|name| answer.response.header(name).map(str::to_owned))
    };
    let all = ["no-store", "no-cache", "application/grpc"].map(|value| Some(value.to_owned()));
    for answer in [
        server.login_client().post("/v2/sessions", &json!({})),
        server.login_client().get(&session.path()),
        server.admin().post("/v2/users", &json!({})),
        server.login_client().delete(&session.path()),
    ] {
        assert_eq!(passed_on(answer.succeeds()), all, "{answer:?}");
    }
    for answer in [
        server.login_client().get(&session.path()),
        server.anonymous().get("/v2/sessions/1"),
        server.anonymous().get("/nothing"),
        server.anonymous().get("/v2/sessions"),
    ] {
        assert_eq!(passed_on(&answer), [None, None, None], "{answer:?}");
    }
}

#[test]
fn the_tour_of_the_documentation_works() {
    let server = TestServer::start();
    let client = server.login_client();
    let human = server.human("mini@mouse.com");
    let created = client.post(
        "/v2/sessions",
        &json!({ "checks": { "user": { "loginName": "mini@mouse.com" } }, "lifetime": "18000s" }),
    );
    created.is(
        201,
        &json!({ "details": server.details(4), "sessionId": ID, "sessionToken": TOKEN }),
    );
    let path = format!("/v2/sessions/{}", created.str("/sessionId"));
    client
        .patch(
            &path,
            &json!({ "checks": { "password": { "password": PASSWORD } } }),
        )
        .ok(&server.changed(6));
    let read = client.get(&path);
    assert_eq!(read.str("/session/factors/user/id"), human.id);
    client
        .delete(&path)
        .ok(&json!({ "details": server.details(7) }));
}
