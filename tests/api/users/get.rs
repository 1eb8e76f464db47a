//! `GetUserByID`: `GET /v2/users/{user_id}`.

use bartizan::domain::permission::Resource;
use serde_json::json;

use crate::helpers::TestServer;

#[test]
fn a_machine_is_shown_as_one() {
    let server = TestServer::start();
    let machine = server.service(&[]);
    let read = server
        .admin()
        .get(&format!("/v2/users/{}", machine.id))
        .json();
    let mut details = server.user_details(2);
    details["creationDate"] = json!(server.clock.text());
    assert_eq!(
        read,
        json!({
            "details": details,
            "user": {
                "userId": machine.id,
                "details": details,
                "state": "USER_STATE_ACTIVE",
                "username": machine.username,
                "loginNames": [machine.username],
                "preferredLoginName": machine.username,
                "machine": { "name": "Service" },
            },
        })
    );
}

#[test]
fn the_first_users_are_there() {
    let server = TestServer::start();
    let read = server
        .admin()
        .get(&format!("/v2/users/{}", server.admin_id()));
    assert_eq!(read.str("/user/username"), "admin-sa");
    assert_eq!(read.str("/user/machine/name"), "Admin");
}

#[test]
fn what_is_not_there_is_not_found() {
    let server = TestServer::start();
    let human = server.human("mini");
    server
        .admin()
        .delete(&format!("/v2/users/{}", human.id))
        .succeeds();
    let nobody = server.service(&[]).client;
    for id in [
        human.id.as_str(),
        "1",
        "x",
        "human",
        "%00",
        "9223372036854775808",
    ] {
        for client in [&server.admin(), &nobody] {
            client.get(&format!("/v2/users/{id}")).fails(
                5,
                "QUERY-Dfbg2",
                "User could not be found",
            );
        }
    }
}

#[test]
fn the_id_has_a_length_of_1_to_200() {
    let server = TestServer::start();
    let text = "invalid GetUserByIDRequest.UserId: value length must be between 1 and 200 runes, inclusive";
    for id in [String::new(), "x".repeat(201)] {
        server
            .admin()
            .get(&format!("/v2/users/{id}"))
            .fails_plainly(3, text);
    }
}

#[test]
fn only_roles_with_user_read_and_the_user_itself_may_look() {
    let server = TestServer::start();
    let home = server.core().default_org;
    let other = server.second_org("acme.example");
    let human = server.human("mini");
    let path = format!("/v2/users/{}", human.id);
    for (resource, role, expected) in [
        (Resource::Instance, "IAM_OWNER", 200),
        (Resource::Instance, "IAM_OWNER_VIEWER", 200),
        (Resource::Instance, "IAM_LOGIN_CLIENT", 200),
        (Resource::Instance, "IAM_SESSION_CLIENT", 200),
        (Resource::Org(home), "ORG_OWNER_VIEWER", 200),
        (Resource::Org(other), "ORG_OWNER", 404),
    ] {
        let answer = server.service_on(home, resource, &[role]).client.get(&path);
        if expected == 200 {
            answer.succeeds();
        } else {
            answer.fails(5, "AUTHZ-cdgFk", "membership not found");
        }
    }
    server
        .service(&[])
        .client
        .get(&path)
        .fails(5, "AUTHZ-cdgFk", "membership not found");
    let session = server.logged_in(&human);
    server.bearer(&session.token).get(&path).succeeds();
    let second = server.human("second");
    server
        .bearer(&session.token)
        .get(&format!("/v2/users/{}", second.id))
        .fails(5, "AUTHZ-cdgFk", "membership not found");
}
