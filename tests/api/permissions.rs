//! Roles and what they permit, beyond the tables of the operations (adjacent.md sections 3.2 and 4).

use std::collections::BTreeMap;

use bartizan::command;
use bartizan::domain::ids::given_user_key;
use bartizan::domain::permission::Resource;
use serde_json::json;

use crate::helpers::{TestServer, wait};

#[test]
fn a_change_of_roles_takes_hold_with_the_next_call() {
    let server = TestServer::start();
    let service = server.service(&["IAM_OWNER_VIEWER"]);
    let create = || service.client.post("/v2/sessions", &json!({}));
    create().fails(7, "AUTH-AWfge", "No matching permissions found");
    server.member(&service.id, Resource::Instance, &["IAM_LOGIN_CLIENT"]);
    create().is(201, &server.created(2));
    server.member(
        &service.id,
        Resource::Instance,
        &["IAM_OWNER_VIEWER", "IAM_ORG_MANAGER"],
    );
    create().fails(7, "AUTH-AWfge", "No matching permissions found");
    let (admin, user) = (server.caller(), given_user_key(&service.id));
    wait(command::remove_member(
        server.core(),
        &admin,
        user,
        Resource::Instance,
    ))
    .unwrap();
    create().fails(5, "AUTHZ-cdgFk", "membership not found");
}

#[test]
fn roles_add_up() {
    let server = TestServer::start();
    let home = server.core().default_org;
    let service = server.service(&["IAM_OWNER_VIEWER"]);
    server.member(&service.id, Resource::Org(home), &["ORG_OWNER"]);
    let human = server.human("mini");
    let empty = server.session(&json!({}));
    let with_user = server.session(&json!({ "checks": { "user": { "userId": human.id } } }));
    service
        .client
        .delete(&empty.path())
        .fails(7, "AUTH-AWfge", "No matching permissions found");
    service
        .client
        .delete(&with_user.path())
        .ok(&json!({ "details": server.details(4) }));
}

#[test]
fn roles_can_be_mapped_anew_and_added() {
    let server = TestServer::configured(|config| {
        let permissions = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        config.roles = BTreeMap::from([
            (
                "IAM_OWNER_VIEWER".to_owned(),
                permissions(&["session.write"]),
            ),
            (
                "IAM_SUPPORT".to_owned(),
                permissions(&["session.read", "user.read"]),
            ),
        ]);
    });
    let viewer = server.service(&["IAM_OWNER_VIEWER"]).client;
    let support = server.service(&["IAM_SUPPORT"]).client;
    viewer
        .post("/v2/sessions", &json!({}))
        .is(201, &server.created(2));
    let session = server.session(&json!({}));
    viewer
        .get(&session.path())
        .fails(7, "AUTH-AWfge", "No matching permissions found");
    support.get(&session.path()).succeeds();
    support
        .delete(&session.path())
        .fails(7, "AUTH-AWfge", "No matching permissions found");
    support
        .get(&format!("/v2/users/{}", server.admin_id()))
        .succeeds();
}

#[test]
fn the_login_client_cannot_delete_users_and_the_session_client_cannot_change_them() {
    let server = TestServer::start();
    let human = server.human("mini");
    let path = format!("/v2/users/{}", human.id);
    server
        .login_client()
        .delete(&path)
        .fails(7, "AUTH-AWfge", "No matching permissions found");
    let narrow = server.service(&["IAM_SESSION_CLIENT"]).client;
    narrow.get(&path).succeeds();
    for (method, target, body) in [
        ("DELETE", path.clone(), json!({})),
        ("POST", format!("{path}/lock"), json!({})),
        ("POST", format!("{path}/deactivate"), json!({})),
        (
            "POST",
            format!("{path}/password"),
            json!({ "newPassword": { "password": "Another123!" } }),
        ),
        (
            "POST",
            "/v2/users/human".to_owned(),
            json!({
                "profile": { "givenName": "A", "familyName": "B" },
                "email": { "email": "a@b.c" },
            }),
        ),
    ] {
        server.writes_nothing(|| {
            narrow
                .send(method, &target, Some(body.to_string().as_bytes()))
                .fails(7, "AUTH-AWfge", "No matching permissions found");
        });
    }
}

#[test]
fn the_roles_of_a_removed_user_are_gone_with_it() {
    let server = TestServer::start();
    let body = json!({ "userId": "given" });
    let human = server.human_with("mini", &body);
    server.member(&human.id, Resource::Instance, &["IAM_OWNER"]);
    server.member(
        &human.id,
        Resource::Org(server.core().default_org),
        &["ORG_OWNER"],
    );
    server.admin().delete("/v2/users/given").succeeds();
    let members = wait(server.core().store.members(Some(given_user_key("given")))).unwrap();
    assert_eq!(members, []);
    // Nobody can take its place (CVE-2026-55670).
    let again = json!({
        "userId": "given",
        "username": "other",
        "profile": { "givenName": "A", "familyName": "B" },
        "email": { "email": "a@b.c" },
    });
    server.admin().post("/v2/users/human", &again).fails(
        9,
        "COMMAND-7yiox1isql",
        "User already exists",
    );
}
