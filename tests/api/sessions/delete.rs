//! `DeleteSession`: `DELETE /v2/sessions/{session_id}` (spec session-service.md sections 4.5 and 5.5).

use bartizan::domain::permission::Resource;
use serde_json::json;

use crate::helpers::{Answer, Client, DAY, NewSession, PASSWORD, TestServer};

/// Deletes with a token in the body.
fn delete_with(client: &Client, session: &NewSession, token: &str) -> Answer {
    client.delete_with(&session.path(), &json!({ "sessionToken": token }))
}

#[test]
fn a_deleted_session_is_gone_for_every_use() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.logged_in(&human);
    let own = server.bearer(&session.token);
    own.get(&session.path()).succeeds();
    server.clock.advance_seconds(3);
    server
        .login_client()
        .delete(&session.path())
        .ok(&json!({ "details": server.details(5) }));
    server
        .login_client()
        .get(&session.path())
        .fails(5, "QUERY-SFeaa", "Session does not exist");
    own.get(&session.path())
        .fails(5, "QUERY-SFeaa", "Errors.Session.NotExisting");
    server
        .login_client()
        .patch(&session.path(), &json!({}))
        .fails(9, "COMMAND-Hewfq", "Session already terminated");
    let search = json!({ "queries": [{ "idsQuery": { "ids": [session.id] } }] });
    server
        .login_client()
        .post("/v2/sessions/search", &search)
        .ok(&json!({ "details": { "timestamp": server.clock.text() } }));
    let events = server.session_events(&session.id);
    let last = events.last().unwrap();
    assert_eq!(
        (last.0, last.1, &last.2),
        (5, "session.terminated", &json!(null))
    );
}

#[test]
fn deleting_again_answers_the_same_and_writes_nothing() {
    let server = TestServer::start();
    let session = server.session(&json!({ "lifetime": "60s" }));
    server.clock.advance_seconds(3);
    let nobody = server.service(&[]).client;
    let first = json!({ "details": server.details(4) });
    server.login_client().delete(&session.path()).ok(&first);
    for _ in 0..3 {
        server.clock.advance(DAY);
        server.writes_nothing(|| {
            server.login_client().delete(&session.path()).ok(&first);
            server.admin().delete(&session.path()).ok(&first);
            // The token that it had last still counts.
            delete_with(&nobody, &session, &session.token).ok(&first);
            delete_with(&server.admin(), &session, "wrong").fails(
                7,
                "COMMAND-sGr42",
                "Session Token is invalid",
            );
        });
    }
}

#[test]
fn the_current_token_suffices_for_any_caller() {
    let server = TestServer::start();
    let nobody = server.service(&[]).client;
    for body in [
        |token: &str| json!({ "sessionToken": token }),
        |token: &str| json!({ "session_token": token, "sessionId": "1" }),
    ] {
        let session = server.session(&json!({}));
        nobody
            .delete_with(&session.path(), &body(&session.token))
            .ok(&json!({ "details": server.details(3) }));
    }
}

#[test]
fn a_token_that_is_not_the_current_one_is_refused_whoever_asks() {
    let server = TestServer::start();
    let human = server.human("mini");
    let other = server.session(&json!({}));
    let session = server.logged_in(&human);
    let old = session.token.clone();
    let set = server
        .login_client()
        .patch(&session.path(), &json!({ "metadata": { "a": "YQ==" } }));
    let current = set.str("/sessionToken");
    let [admin_pat, _] = server.first_tokens();
    let lengthened = format!("{current}A");
    for wrong in [
        old.as_str(),
        &other.token,
        "wrong",
        " ",
        &current[..current.len() - 1],
        &lengthened,
        admin_pat,
    ] {
        for client in [
            server.admin(),
            server.login_client(),
            server.bearer(&current),
            server.service(&[]).client,
        ] {
            server.writes_nothing(|| {
                delete_with(&client, &session, wrong).fails(
                    7,
                    "COMMAND-sGr42",
                    "Session Token is invalid",
                );
            });
        }
    }
    delete_with(&server.login_client(), &session, &current).succeeds();
}

#[test]
fn an_empty_token_counts_as_none() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    let nobody = server.service(&[]).client;
    delete_with(&nobody, &session, "").fails(5, "AUTHZ-cdgFk", "membership not found");
    delete_with(&server.login_client(), &session, "").ok(&json!({ "details": server.details(3) }));
}

#[test]
fn a_token_in_the_query_or_in_a_header_is_not_read() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    let nobody = server.service(&[]).client;
    for token in [session.token.as_str(), "wrong"] {
        let target = format!("{}?sessionToken={token}", session.path());
        nobody
            .delete(&target)
            .fails(5, "AUTHZ-cdgFk", "membership not found");
        nobody
            .with("x-session-token", token)
            .delete(&session.path())
            .fails(5, "AUTHZ-cdgFk", "membership not found");
    }
    server
        .login_client()
        .delete(&format!(
            "{}?sessionToken=wrong&sessionToken=twice",
            session.path()
        ))
        .ok(&json!({ "details": server.details(3) }));
}

#[test]
fn the_user_of_a_session_may_delete_it_and_all_its_others() {
    let server = TestServer::start();
    let (mini, other) = (server.human("mini"), server.human("other"));
    let session = server.logged_in(&mini);
    let second = server.session(&json!({ "checks": { "user": { "userId": mini.id } } }));
    let foreign = server.logged_in(&other);
    let own = server.bearer(&session.token);
    own.delete(&foreign.path())
        .fails(5, "AUTHZ-cdgFk", "membership not found");
    own.delete(&second.path())
        .ok(&json!({ "details": server.details(4) }));
    own.delete(&session.path())
        .ok(&json!({ "details": server.details(5) }));
    let events = server.session_events(&session.id);
    assert_eq!(events.last().unwrap().1, "session.terminated");
    // Nothing can be done with it any more, not even the same again.
    own.delete(&session.path())
        .fails(5, "QUERY-SFeaa", "Errors.Session.NotExisting");
}

#[test]
fn having_created_a_session_is_not_enough() {
    let server = TestServer::start();
    let service = server.service(&["IAM_LOGIN_CLIENT"]);
    let human = server.human("mini");
    let empty = server.session_by(&service.client, &json!({}));
    let with_user = server.session_by(
        &service.client,
        &json!({ "checks": { "user": { "userId": human.id } } }),
    );
    server.member(&service.id, Resource::Instance, &["IAM_OWNER_VIEWER"]);
    for session in [&empty, &with_user] {
        server.writes_nothing(|| {
            service.client.delete(&session.path()).fails(
                7,
                "AUTH-AWfge",
                "No matching permissions found",
            );
        });
    }
}

#[test]
fn roles_with_session_delete_may_delete_where_they_were_given() {
    let server = TestServer::start();
    let home = server.core().default_org;
    let other = server.second_org("acme.example");
    let human = server.human("mini");
    for (resource, roles, on_empty, on_user) in [
        (
            Resource::Instance,
            &[
                "IAM_OWNER",
                "IAM_LOGIN_CLIENT",
                "IAM_SESSION_CLIENT",
                "IAM_ORG_MANAGER",
                "IAM_USER_MANAGER",
            ][..],
            200,
            200,
        ),
        (Resource::Instance, &["IAM_OWNER_VIEWER"], 403, 403),
        (
            Resource::Org(home),
            &["ORG_OWNER", "ORG_USER_MANAGER"],
            404,
            200,
        ),
        (Resource::Org(home), &["ORG_OWNER_VIEWER"], 404, 403),
        (Resource::Org(other), &["ORG_OWNER"], 404, 404),
    ] {
        for role in roles {
            let client = server.service_on(home, resource, &[role]).client;
            for (body, sequence, expected) in [
                (json!({}), 3, on_empty),
                (
                    json!({ "checks": { "user": { "userId": human.id } } }),
                    4,
                    on_user,
                ),
            ] {
                let session = server.session(&body);
                let answer = client.delete(&session.path());
                match expected {
                    200 => answer.ok(&json!({ "details": server.details(sequence) })),
                    403 => answer.fails(7, "AUTH-AWfge", "No matching permissions found"),
                    _ => answer.fails(5, "AUTHZ-cdgFk", "membership not found"),
                }
            }
        }
    }
}

#[test]
fn an_expired_session_can_be_deleted() {
    let server = TestServer::start();
    let human = server.human("mini");
    for with_token in [false, true] {
        let session = server.session(&json!({
            "checks": { "user": { "userId": human.id }, "password": { "password": PASSWORD } },
            "lifetime": "60s",
        }));
        server.clock.advance(DAY);
        // As a bearer it is worth nothing.
        server.bearer(&session.token).delete(&session.path()).fails(
            7,
            "AUTHZ-EGDo3",
            "session expired",
        );
        let answer = if with_token {
            delete_with(&server.service(&[]).client, &session, &session.token)
        } else {
            server.login_client().delete(&session.path())
        };
        answer.ok(&json!({ "details": server.details(6) }));
        server.login_client().get(&session.path()).fails(
            5,
            "QUERY-SFeaa",
            "Session does not exist",
        );
    }
}

#[test]
fn an_unknown_id_is_a_success_for_those_who_may_delete_on_the_instance() {
    let server = TestServer::start();
    let home = server.core().default_org;
    let org_owner = server
        .service_on(home, Resource::Org(home), &["ORG_OWNER"])
        .client;
    let viewer = server.service(&["IAM_OWNER_VIEWER"]).client;
    let nobody = server.service(&[]).client;
    for id in [
        "1",
        "222430354126975533",
        "9223372036854775808",
        "01",
        "x",
        "%F0%9F%94%91",
    ] {
        let path = format!("/v2/sessions/{id}");
        server.writes_nothing(|| {
            server
                .login_client()
                .delete(&path)
                .ok(&json!({ "details": {} }));
            viewer
                .delete(&path)
                .fails(7, "AUTH-AWfge", "No matching permissions found");
            for client in [&org_owner, &nobody] {
                client
                    .delete(&path)
                    .fails(5, "AUTHZ-cdgFk", "membership not found");
            }
            for client in [&server.admin(), &nobody] {
                client
                    .delete_with(&path, &json!({ "sessionToken": "any" }))
                    .fails(7, "COMMAND-sGr42", "Session Token is invalid");
            }
        });
    }
}

#[test]
fn a_token_of_another_session_deletes_neither() {
    let server = TestServer::start();
    let (first, second) = (server.session(&json!({})), server.session(&json!({})));
    let nobody = server.service(&[]).client;
    delete_with(&nobody, &first, &second.token).fails(
        7,
        "COMMAND-sGr42",
        "Session Token is invalid",
    );
    nobody
        .delete_with("/v2/sessions/1", &json!({ "sessionToken": first.token }))
        .fails(7, "COMMAND-sGr42", "Session Token is invalid");
    for session in [first, second] {
        server.login_client().get(&session.path()).succeeds();
    }
}

#[test]
fn a_deleted_session_stays_deleted_after_a_restart() {
    let mut server = TestServer::start();
    let human = server.human("mini");
    let session = server.logged_in(&human);
    server.login_client().delete(&session.path()).succeeds();
    let details = json!({ "details": server.details(5) });
    server.restart();
    server.clock.advance_seconds(5);
    server.bearer(&session.token).get(&session.path()).fails(
        5,
        "QUERY-SFeaa",
        "Errors.Session.NotExisting",
    );
    server.login_client().delete(&session.path()).ok(&details);
}

#[test]
fn the_id_has_a_length_of_1_to_200() {
    let server = TestServer::start();
    let text = "invalid DeleteSessionRequest.SessionId: value length must be between 1 and 200 runes, inclusive";
    for id in [String::new(), "x".repeat(201)] {
        server
            .login_client()
            .delete(&format!("/v2/sessions/{id}"))
            .fails_plainly(3, text);
    }
}

#[test]
fn a_body_that_is_none_changes_nothing() {
    let server = TestServer::start();
    let session = server.session(&json!({}));
    server.writes_nothing(|| {
        for body in ["{", "[]", "{\"sessionToken\":1}", "\u{0}"] {
            let answer =
                server
                    .login_client()
                    .send("DELETE", &session.path(), Some(body.as_bytes()));
            assert_eq!(answer.response.status, 400, "{body}: {}", answer.text());
            assert_eq!(answer.json()["code"], 3, "{body}");
        }
    });
    for body in ["", " ", "{}", "{\"sessionToken\":null}"] {
        let session = server.session(&json!({}));
        server
            .login_client()
            .send("DELETE", &session.path(), Some(body.as_bytes()))
            .ok(&json!({ "details": server.details(3) }));
    }
}
