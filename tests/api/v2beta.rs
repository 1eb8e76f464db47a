//! `zitadel.session.v2beta`: the same operations under older names (spec session-service.md section
//! 1.4).

use serde_json::json;

use crate::helpers::{PASSWORD, TestServer};

const BETA: &str = "/v2beta/sessions";

#[test]
fn the_five_operations_are_there_and_mean_the_same() {
    let server = TestServer::start();
    let human = server.human("mini");
    let client = server.login_client();
    let created = client.post(
        BETA,
        &json!({
            "checks": { "user": { "loginName": "MINI" } },
            "metadata": { "a": "YQ==" },
            "userAgent": { "fingerprintId": "x", "header": { "h": { "values": ["v"] } } },
            "lifetime": "60s",
        }),
    );
    created.is(201, &server.created(5));
    let id = created.str("/sessionId");
    let (old, new) = (format!("{BETA}/{id}"), format!("/v2/sessions/{id}"));
    client
        .patch(
            &old,
            &json!({ "checks": { "password": { "password": PASSWORD } } }),
        )
        .ok(&server.changed(7));
    let expected = client.get(&new).succeeds().json();
    assert_eq!(expected["session"]["factors"]["user"]["id"], human.id);
    client.get(&old).ok(&expected);
    client
        .post(
            &format!("{BETA}/search"),
            &json!({ "queries": [{ "idsQuery": { "ids": [id] } }] }),
        )
        .ok(&json!({
            "details": { "totalResult": "1", "timestamp": server.clock.text() },
            "sessions": [expected["session"]],
        }));
    client
        .delete(&old)
        .ok(&json!({ "details": server.details(8) }));
    for path in [&old, &new] {
        client
            .get(path)
            .fails(5, "QUERY-SFeaa", "Session does not exist");
    }
}

#[test]
fn sessions_of_either_version_are_the_same_sessions() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    let nobody = server.service(&[]).client;
    let path = format!("{BETA}/{}", session.id);
    nobody
        .get(&format!("{path}?sessionToken={}", session.token))
        .succeeds();
    nobody
        .with("x-session-token", &session.token)
        .get(&path)
        .succeeds();
    nobody.get(&format!("{path}?sessionToken=wrong")).fails(
        7,
        "QUERY-dsfr3",
        "Errors.PermissionDenied",
    );
    nobody
        .delete_with(&path, &json!({ "sessionToken": session.token }))
        .ok(&json!({ "details": server.details(3) }));
}

#[test]
fn permissions_and_rules_are_the_same() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    let path = format!("{BETA}/{}", session.id);
    let nobody = server.service(&[]).client;
    nobody
        .post(BETA, &json!({}))
        .fails(5, "AUTHZ-cdgFk", "membership not found");
    nobody
        .get(&path)
        .fails(5, "AUTHZ-cdgFk", "membership not found");
    nobody
        .patch(&path, &json!({}))
        .fails(5, "AUTHZ-cdgFk", "membership not found");
    nobody
        .delete(&path)
        .fails(5, "AUTHZ-cdgFk", "membership not found");
    server
        .anonymous()
        .get(&path)
        .fails_plainly(16, "auth header missing");
    server
        .login_client()
        .post(BETA, &json!({ "lifetime": "0s" }))
        .fails_plainly(
            3,
            "invalid CreateSessionRequest.Lifetime: value must be greater than 0s",
        );
    server.login_client().get(&format!("{BETA}/")).fails_plainly(
        3,
        "invalid GetSessionRequest.SessionId: value length must be between 1 and 200 runes, inclusive",
    );
    server
        .login_client()
        .send("GET", BETA, None)
        .is(405, &json!({ "code": 12, "message": "Method Not Allowed" }));
}

#[test]
fn what_the_older_version_does_not_know_is_ignored_like_any_unknown_field() {
    let server = TestServer::start();
    let client = server.login_client();
    client
        .post(
            BETA,
            &json!({ "checks": { "recoveryCode": { "code": "" } } }),
        )
        .is(201, &server.created(2));
    for query in ["creatorQuery", "userAgentQuery", "expirationDateQuery"] {
        client
            .post(
                &format!("{BETA}/search"),
                &json!({ "queries": [{ query: {} }] }),
            )
            .fails_plainly(
                3,
                "invalid ListSessionsRequest.Queries[0]: embedded message failed validation \
                 | caused by: invalid SearchQuery.Query: value is required",
            );
    }
}

#[test]
fn searches_by_user_and_by_date_are_there() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.session(&json!({ "checks": { "user": { "userId": human.id } } }));
    server.clock.advance_seconds(1);
    server.session(&json!({}));
    for query in [
        json!({ "userIdQuery": { "id": human.id } }),
        json!({ "creationDateQuery": {
            "creationDate": session.details["changeDate"],
            "method": "TIMESTAMP_QUERY_METHOD_EQUALS",
        } }),
    ] {
        let found = server
            .login_client()
            .post(&format!("{BETA}/search"), &json!({ "queries": [query] }));
        assert_eq!(found.str("/sessions/0/id"), session.id);
        assert_eq!(found.str("/details/totalResult"), "1");
    }
    server
        .login_client()
        .post(
            &format!("{BETA}/search"),
            &json!({ "query": { "limit": 1001 } }),
        )
        .fails(3, "QUERY-4M0fs", "Limit exceeded");
}
