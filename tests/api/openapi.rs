//! `/openapi.json`, which everybody may read.

use serde_json::json;

use crate::helpers::TestServer;

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
