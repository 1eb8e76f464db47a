//! `LockUser`, `UnlockUser`, `DeactivateUser`, `ReactivateUser`, `DeleteUser`.

use bartizan::domain::event::Event;
use bartizan::domain::ids::given_user_key;
use bartizan::domain::permission::Resource;
use bartizan::ports::EventQuery;
use serde_json::json;

use crate::helpers::{Answer, Client, TestServer, wait};

/// Does one of the operations.
#[track_caller]
fn change(client: &Client, id: &str, operation: &str) -> Answer {
    match operation {
        "delete" => client.delete(&format!("/v2/users/{id}")),
        _ => client.post(&format!("/v2/users/{id}/{operation}"), &json!({})),
    }
}

#[test]
fn a_user_is_locked_unlocked_deactivated_reactivated_and_deleted() {
    let server = TestServer::start();
    let human = server.human("mini");
    for (sequence, operation, state, event) in [
        (3, "lock", "USER_STATE_LOCKED", "user.locked"),
        (4, "unlock", "USER_STATE_ACTIVE", "user.unlocked"),
        (5, "deactivate", "USER_STATE_INACTIVE", "user.deactivated"),
        (6, "reactivate", "USER_STATE_ACTIVE", "user.reactivated"),
        (7, "lock", "USER_STATE_LOCKED", "user.locked"),
        (8, "deactivate", "USER_STATE_INACTIVE", "user.deactivated"),
        (9, "delete", "", "user.removed"),
    ] {
        server.clock.advance_seconds(1);
        change(&server.admin(), &human.id, operation)
            .ok(&json!({ "details": server.user_details(sequence) }));
        assert_eq!(server.user_history(&human.id).last(), Some(&event));
        let read = server.admin().get(&format!("/v2/users/{}", human.id));
        if state.is_empty() {
            read.fails(5, "QUERY-Dfbg2", "User could not be found");
        } else {
            assert_eq!(read.str("/user/state"), state, "{operation}");
        }
    }
}

#[test]
fn each_operation_has_its_own_refusals() {
    let server = TestServer::start();
    let (active, locked, inactive) = (
        server.human("active"),
        server.human("locked"),
        server.human("inactive"),
    );
    let removed = server.human("removed");
    change(&server.admin(), &locked.id, "lock").succeeds();
    change(&server.admin(), &inactive.id, "deactivate").succeeds();
    change(&server.admin(), &removed.id, "delete").succeeds();
    let gone = "User could not be found";
    let not_active = "User is not active or initial";
    for (id, operation, code, error, text) in [
        ("1", "lock", 5, "COMMAND-450yxuqrh1", gone),
        ("1", "unlock", 5, "COMMAND-x377t913pw", gone),
        ("1", "deactivate", 5, "COMMAND-5gp2p62iin", gone),
        ("1", "reactivate", 5, "COMMAND-9hy5kzbuk6", gone),
        ("1", "delete", 5, "COMMAND-bd4ir1mblj", gone),
        (&removed.id, "lock", 5, "COMMAND-450yxuqrh1", gone),
        (&removed.id, "unlock", 5, "COMMAND-x377t913pw", gone),
        (&removed.id, "deactivate", 5, "COMMAND-5gp2p62iin", gone),
        (&removed.id, "reactivate", 5, "COMMAND-9hy5kzbuk6", gone),
        (&removed.id, "delete", 5, "COMMAND-bd4ir1mblj", gone),
        (&locked.id, "lock", 9, "COMMAND-lgws8wtsqf", not_active),
        (&inactive.id, "lock", 9, "COMMAND-lgws8wtsqf", not_active),
        (
            &active.id,
            "unlock",
            9,
            "COMMAND-olb9vb0oca",
            "User is not locked",
        ),
        (
            &inactive.id,
            "unlock",
            9,
            "COMMAND-olb9vb0oca",
            "User is not locked",
        ),
        (
            &inactive.id,
            "deactivate",
            9,
            "COMMAND-5gunjw0cd7",
            "User already inactive",
        ),
        (
            &active.id,
            "reactivate",
            9,
            "COMMAND-s5qqcz97hf",
            "User is not inactive",
        ),
        (
            &locked.id,
            "reactivate",
            9,
            "COMMAND-s5qqcz97hf",
            "User is not inactive",
        ),
    ] {
        server.writes_nothing(|| {
            change(&server.admin(), id, operation).fails(code, error, text);
        });
    }
}

#[test]
fn the_id_has_a_length_of_1_to_200() {
    let server = TestServer::start();
    for (operation, message) in [
        ("lock", "LockUserRequest"),
        ("unlock", "UnlockUserRequest"),
        ("deactivate", "DeactivateUserRequest"),
        ("reactivate", "ReactivateUserRequest"),
        ("delete", "DeleteUserRequest"),
    ] {
        for id in [String::new(), "x".repeat(201)] {
            change(&server.admin(), &id, operation).fails_plainly(
                3,
                &format!(
                    "invalid {message}.UserId: value length must be between 1 and 200 runes, inclusive"
                ),
            );
        }
    }
}

#[test]
fn the_sessions_of_a_user_end_with_it_in_the_same_transaction() {
    let server = TestServer::start();
    let bystander = server.human("bystander");
    let other = server.logged_in(&bystander);
    for (operation, event) in [
        ("lock", "user.locked"),
        ("deactivate", "user.deactivated"),
        ("delete", "user.removed"),
    ] {
        let human = server.human(operation);
        let live = [
            server.logged_in(&human),
            server.session(&json!({ "checks": { "user": { "userId": human.id } } })),
            server.session(&json!({
                "checks": { "user": { "userId": human.id } },
                "lifetime": "1s",
            })),
        ];
        let ended = server.logged_in(&human);
        server.login_client().delete(&ended.path()).succeeds();
        server.clock.advance_seconds(60);
        let before = server.head();
        change(&server.admin(), &human.id, operation).succeeds();
        let written = wait(server.core().store.events(EventQuery {
            after: before,
            aggregate: None,
            kind: None,
            limit: 100,
        }))
        .unwrap();
        let mut found: Vec<_> = written
            .iter()
            .map(|recorded| (recorded.aggregate.key().to_string(), recorded.event.name()))
            .collect();
        found.sort();
        let mut expected = vec![(human.id.clone(), event)];
        expected.extend(
            live.iter()
                .map(|session| (session.id.clone(), "session.terminated")),
        );
        expected.sort();
        assert_eq!(found, expected);
        for recorded in &written {
            assert_eq!(recorded.created_at, server.now());
            assert_eq!(recorded.creator.to_string(), server.admin_id());
            if let Event::Session(session) = &recorded.event {
                let payload = session.payload().unwrap();
                assert_eq!(payload, Some(json!({ "reason": event }).to_string()));
            }
        }
        for session in &live {
            server.login_client().get(&session.path()).fails(
                5,
                "QUERY-SFeaa",
                "Session does not exist",
            );
            server
                .login_client()
                .patch(&session.path(), &json!({ "lifetime": "60s" }))
                .fails(9, "COMMAND-Hewfq", "Session already terminated");
            server.bearer(&session.token).get(&session.path()).fails(
                5,
                "QUERY-SFeaa",
                "Errors.Session.NotExisting",
            );
            server.session_history(&session.id);
        }
    }
    server.bearer(&other.token).get(&other.path()).succeeds();
}

#[test]
fn what_ended_with_a_lock_does_not_come_back() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.logged_in(&human);
    change(&server.admin(), &human.id, "lock").succeeds();
    change(&server.admin(), &human.id, "unlock").succeeds();
    server.bearer(&session.token).get(&session.path()).fails(
        5,
        "QUERY-SFeaa",
        "Errors.Session.NotExisting",
    );
    server.logged_in(&human);
}

#[test]
fn unlocking_forgets_the_failures() {
    let server = TestServer::start();
    let human = server.human("mini");
    let checks = json!({ "user": { "userId": human.id }, "password": { "password": "wrong" } });
    let wrong = |attempts| {
        server
            .login_client()
            .post("/v2/sessions", &json!({ "checks": checks }))
            .fails_credentials(3, "COMMAND-3M0fs", "Password is invalid", attempts);
    };
    (1..=3).for_each(wrong);
    change(&server.admin(), &human.id, "lock").succeeds();
    change(&server.admin(), &human.id, "unlock").succeeds();
    wrong(1);
}

#[test]
fn a_body_may_be_left_out() {
    let server = TestServer::start();
    let human = server.human("mini");
    for operation in ["lock", "unlock", "deactivate", "reactivate"] {
        let path = format!("/v2/users/{}/{operation}", human.id);
        server.admin().send("POST", &path, None).succeeds();
    }
}

#[test]
fn roles_and_being_the_user_give_the_right() {
    let server = TestServer::start();
    let home = server.core().default_org;
    let other = server.second_org("acme.example");
    for (resource, role, write, delete) in [
        (Resource::Instance, "IAM_OWNER", 200, 200),
        (Resource::Instance, "IAM_USER_MANAGER", 200, 200),
        (Resource::Instance, "IAM_LOGIN_CLIENT", 200, 403),
        (Resource::Instance, "IAM_SESSION_CLIENT", 403, 403),
        (Resource::Instance, "IAM_OWNER_VIEWER", 403, 403),
        (Resource::Org(home), "ORG_OWNER", 200, 200),
        (Resource::Org(home), "ORG_USER_MANAGER", 200, 200),
        (Resource::Org(home), "ORG_OWNER_VIEWER", 403, 403),
        (Resource::Org(other), "ORG_OWNER", 404, 404),
    ] {
        let client = server.service_on(home, resource, &[role]).client;
        let human = server.human(&format!("{role}-{resource:?}"));
        for (operation, expected) in [("lock", write), ("delete", delete)] {
            let answer = change(&client, &human.id, operation);
            match expected {
                200 => drop(answer.succeeds()),
                403 => answer.fails(7, "AUTH-AWfge", "No matching permissions found"),
                _ => answer.fails(5, "AUTHZ-cdgFk", "membership not found"),
            }
        }
    }
    let human = server.human("mini");
    let session = server.logged_in(&human);
    let own = server.bearer(&session.token);
    change(&own, &human.id, "delete").fails(5, "AUTHZ-cdgFk", "membership not found");
    change(&own, &human.id, "deactivate").succeeds();
    own.get(&session.path())
        .fails(5, "QUERY-SFeaa", "Errors.Session.NotExisting");
}

#[test]
fn a_removed_user_leaves_neither_tokens_nor_roles() {
    let server = TestServer::start();
    let service = server.service(&["IAM_OWNER"]);
    change(&server.admin(), &service.id, "delete").succeeds();
    service
        .client
        .post("/v2/sessions", &json!({}))
        .fails(16, "AUTH-7fs1e", "Errors.Token.Invalid");
    let user = given_user_key(&service.id);
    assert_eq!(wait(server.core().store.pats(user)).unwrap(), []);
    assert_eq!(wait(server.core().store.members(Some(user))).unwrap(), []);
}
