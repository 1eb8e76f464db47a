//! `/openapi.json`, which everybody may read.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::helpers::{PASSWORD, TestServer};

/// What the document has at a place.
#[track_caller]
fn documented(pointer: &str) -> Value {
    let document: Value = serde_json::from_str(bartizan::api::openapi::DOCUMENT).unwrap();
    document.pointer(pointer).unwrap().clone()
}

#[track_caller]
fn names(object: &Value) -> BTreeSet<&str> {
    object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn the_document_is_there_for_everybody_and_may_be_kept() {
    let server = TestServer::start();
    let answer = server.anonymous().get("/openapi.json");
    assert_eq!(answer.response.status, 200);
    assert_eq!(answer.text(), bartizan::api::openapi::DOCUMENT);
    let header = |name: &str| answer.response.header(name).unwrap_or_default().to_owned();
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(header("cache-control"), "no-cache");
    let tag = header("etag");
    assert!(tag.len() > 10 && tag.starts_with('"'), "{tag}");

    let head = server.anonymous().send("HEAD", "/openapi.json", None);
    assert_eq!(head.response.status, 200);
    assert_eq!(head.response.header("etag"), Some(&*tag));
    for known in [
        tag.clone(),
        format!("W/{tag}"),
        format!("\"other\", {tag}"),
        "*".to_owned(),
    ] {
        let answer = server
            .anonymous()
            .with("If-None-Match", &known)
            .get("/openapi.json");
        assert_eq!(
            (answer.response.status, &*answer.text()),
            (304, ""),
            "{known}"
        );
        assert_eq!(answer.response.header("etag"), Some(&*tag));
    }
    for unknown in ["\"other\"", "nonsense", ""] {
        let answer = server
            .anonymous()
            .with("If-None-Match", unknown)
            .get("/openapi.json");
        assert_eq!(answer.response.status, 200, "{unknown}");
    }
}

#[test]
fn the_document_is_only_read() {
    let server = TestServer::start();
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let answer = server.admin().send(method, "/openapi.json", None);
        answer.is(404, &json!({ "code": 5, "message": "Not Found" }));
    }
}

#[test]
fn introspection_answers_with_what_is_documented() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.session(&json!({
        "checks": { "user": { "userId": human.id }, "password": { "password": PASSWORD } },
        "lifetime": "600s",
    }));
    let answer = server
        .admin()
        .with("Content-Type", "application/x-www-form-urlencoded")
        .send(
            "POST",
            "/bartizan/v1/introspect",
            Some(format!("token={}", session.token).as_bytes()),
        );
    let properties = documented(
        "/paths/~1bartizan~1v1~1introspect/post/responses/200/content/application~1json/schema/properties",
    );
    assert_eq!(names(&answer.json()), names(&properties));
}

#[test]
fn forward_auth_answers_with_what_is_documented() {
    let server = TestServer::start();
    let session = server.logged_in(&server.human("mini"));
    let at = "/paths/~1bartizan~1v1~1forward-auth/get";
    let mut asked = Vec::new();
    for parameter in documented(&format!("{at}/parameters")).as_array().unwrap() {
        let text = |name: &str| parameter[name].as_str().unwrap().to_owned();
        asked.push(format!("{}={}", text("name"), text("example")));
    }
    let answer = server
        .bearer(&session.token)
        .get(&format!("/bartizan/v1/forward-auth?{}", asked.join("&")));
    assert_eq!(answer.response.status, 200, "{answer:?}");
    let told = answer
        .response
        .headers
        .iter()
        .map(|(name, _)| name.as_str());
    let told: BTreeSet<_> = told
        .filter(|name| name.starts_with("x-auth-") || *name == "remote-user")
        .collect();
    assert_eq!(
        told,
        names(&documented(&format!("{at}/responses/200/headers")))
    );
}

#[test]
fn the_stream_of_events_takes_what_is_documented() {
    let server = TestServer::start();
    let mut asked = BTreeSet::new();
    for parameter in documented("/paths/~1v2~1events/get/parameters")
        .as_array()
        .unwrap()
    {
        if parameter["in"] == "query" {
            let example = parameter["example"].to_string();
            let name = parameter["name"].as_str().unwrap();
            asked.insert(format!("{name}={}", example.trim_matches('"')));
        }
    }
    assert_eq!(asked.len(), 7);
    let query: Vec<String> = asked.into_iter().collect();
    let answer = server
        .admin()
        .get(&format!("/v2/events?{}", query.join("&")));
    assert_eq!(answer.response.status, 200, "{answer:?}");
    assert_eq!(
        answer.response.header("content-type"),
        Some("text/event-stream")
    );
}
