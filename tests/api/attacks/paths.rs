//! Paths that two readers could understand differently.

use serde_json::json;

use crate::helpers::TestServer;

/// What stands in front of a server may look at a path in one way and the server in another. Here a
/// path is decoded once, is never shortened, and no part of it is forgiven: what is not exactly a
/// route is none, or the id of nothing.
#[test]
fn no_path_reaches_anything_by_a_detour() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.session(&json!({}));
    let (id, user) = (&session.id, &human.id);
    let detours = [
        format!("/v2/users/../sessions/{id}"),
        format!("/v2/users/{user}/../../sessions/{id}"),
        format!("/v2/users%2f..%2fsessions/{id}"),
        format!("/v2/%2e%2e/v2/sessions/{id}"),
        format!("/v2/./sessions/{id}"),
        format!("/./v2/sessions/{id}"),
        format!("//v2/sessions/{id}"),
        format!("/v2//sessions/{id}"),
        format!("/v2/sessions//{id}"),
        format!("/v2/sessions/{id}/"),
        format!("/v2/sessions/{id}/."),
        format!("/v2/sessions/{id}/.."),
        format!("/v2/sessions/{id}%00"),
        format!("/v2/sessions/{id}%00.json"),
        format!("/v2/sessions/%00{id}"),
        format!("/v2/sessions/{id}%0a"),
        format!("/v2/sessions/{id}%20"),
        format!("/v2/sessions/{id}.json"),
        format!("/v2/sessions/{id};a=b"),
        format!("/v2/sessions;a=b/{id}"),
        format!("/v2/sessions/{id}%23"),
        format!("/v2/sessions/{id}%3f"),
        format!("/v2/sessions/+{id}"),
        format!("/v2/sessions/0{id}"),
        format!("/V2/sessions/{id}"),
        format!("/v2/Sessions/{id}"),
        format!("/v2%5csessions%5c{id}"),
        format!("/v2/sessions/..%5c{id}"),
        format!("/v2/sessions/%c0%ae%c0%ae/{id}"),
        format!("/v2/sessions/%25{id}"),
        format!("/v2/sessions/{id}%252f"),
        format!("/v2/sessions/%25{:02x}{}", id.as_bytes()[0], &id[1..]),
        format!("/v2%252fsessions%252f{id}"),
        format!("/v2/sessions%252f{id}"),
        format!("/v2/sessions/{}", id.repeat(20)),
        format!("/v2/sessions/{}", "%61".repeat(3_000)),
        format!("/{}", "a/".repeat(3_000)),
        "/static/..%2f..%2f..%2fetc/passwd".to_owned(),
        "/../../../../etc/passwd".to_owned(),
        "/%2e%2e/%2e%2e/etc/passwd".to_owned(),
    ];
    let admin = server.admin();
    server.writes_nothing(|| {
        for path in &detours {
            let read = admin.get(path);
            assert!((400..500).contains(&read.response.status), "{read:?}");
            assert!(!read.text().contains("root:"), "{read:?}");
            // Ending what is not there is a success that does nothing; so the log tells.
            let ended = admin.delete(path);
            assert!(ended.response.status < 500, "{ended:?}");
            let set = admin.patch(path, &json!({ "metadata": { "a": "YQ==" } }));
            assert!((400..500).contains(&set.response.status), "{set:?}");
        }
    });
    admin.get(&session.path()).succeeds();
}

/// CVE-2026-123797: an unknown prefix or an old version must not be a way around the token.
#[test]
fn no_route_is_without_a_caller_but_those_that_say_so() {
    let server = TestServer::start();
    let human = server.human("mini");
    let (session, user) = (server.session(&json!({})), &human.id);
    for path in [
        session.path(),
        session.path().replace("/v2/", "/v2beta/"),
        "/v2/sessions/search".to_owned(),
        format!("/v2/users/{user}"),
        "/v2/users".to_owned(),
        "/v2/settings/login".to_owned(),
        "/v2/organizations/_search".to_owned(),
        "/management/v1/users/machine".to_owned(),
        "/zitadel.session.v2.SessionService/ListSessions".to_owned(),
        "/zitadel.user.v2.UserService/ListUsers".to_owned(),
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            for name in [
                "x-tenant",
                "api-version",
                "x-zitadel-orgid",
                "x-original-url",
            ] {
                let client = server.anonymous().with(name, "1");
                let client = client.with("Content-Type", "application/json");
                let answer = client.send(method, &path, Some(b"{}"));
                let status = answer.response.status;
                assert!(
                    [401, 404, 405, 415, 501].contains(&status),
                    "{method} {path}: {answer:?}"
                );
            }
        }
    }
}
