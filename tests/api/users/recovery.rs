//! `GenerateRecoveryCodes`, `RemoveRecoveryCodes`: `/v2/users/{user_id}/recovery_codes`.

use std::collections::BTreeSet;

use bartizan::domain::permission::Resource;
use serde_json::{Value, json};

use crate::helpers::{Answer, Client, Human, TestServer};

const INVALID: (u8, &str, &str) = (3, "COMMAND-7c0nx", "Number of recovery codes is invalid");
const TOO_MANY: (u8, &str, &str) = (
    6,
    "COMMAND-8f2k9",
    "Maximum number of recovery codes exceeded",
);
const NONE: (u8, &str, &str) = (3, "COMMAND-84rgg", "Recovery codes are not ready for use");

fn path(human: &Human) -> String {
    format!("/v2/users/{}/recovery_codes", human.id)
}

#[track_caller]
fn generate(client: &Client, human: &Human, count: i32) -> Answer {
    client.post(&path(human), &json!({ "count": count }))
}

#[track_caller]
fn refused(answer: &Answer, (code, id, text): (u8, &str, &str)) {
    answer.fails(code, id, text);
}

#[track_caller]
fn codes(answer: &Answer) -> Vec<String> {
    let body = answer.succeeds().json();
    let codes = body["recoveryCodes"].as_array().unwrap();
    codes
        .iter()
        .map(|code| code.as_str().unwrap().to_owned())
        .collect()
}

#[track_caller]
fn methods(server: &TestServer, human: &Human) -> Value {
    let target = format!("/v2/users/{}/authentication_methods", human.id);
    server.admin().get(&target).json()["authMethodTypes"].clone()
}

#[test]
fn codes_are_shown_once_and_are_a_way_to_log_in_until_they_are_removed() {
    let server = TestServer::start();
    let human = server.human("mini");
    server.clock.advance_seconds(5);
    let answer = generate(&server.admin(), &human, 3);
    let made = codes(&answer);
    answer.ok(&json!({ "details": server.user_details(3), "recoveryCodes": made }));
    assert_eq!(made.iter().collect::<BTreeSet<_>>().len(), 3);
    for code in &made {
        let (first, second) = code.split_once('-').unwrap();
        for half in [first, second] {
            assert_eq!(half.len(), 5, "{code}");
            let crockford = |letter: u8| b"0123456789abcdefghjkmnpqrstvwxyz".contains(&letter);
            assert!(half.bytes().all(crockford), "{code}");
        }
    }
    assert_eq!(
        methods(&server, &human),
        json!([
            "AUTHENTICATION_METHOD_TYPE_RECOVERY_CODE",
            "AUTHENTICATION_METHOD_TYPE_PASSWORD",
        ])
    );
    server.clock.advance_seconds(5);
    server
        .admin()
        .delete(&path(&human))
        .ok(&json!({ "details": server.user_details(4) }));
    assert_eq!(
        methods(&server, &human),
        json!(["AUTHENTICATION_METHOD_TYPE_PASSWORD"])
    );
    assert_eq!(
        server.user_history(&human.id)[2..],
        [
            "user.human.mfa.recoverycode.added",
            "user.human.mfa.recoverycode.removed",
        ]
    );
    server.writes_nothing(|| refused(&server.admin().delete(&path(&human)), NONE));
}

#[test]
fn there_are_ten_at_most() {
    let server = TestServer::start();
    let human = server.human("mini");
    let admin = server.admin();
    server.writes_nothing(|| {
        for count in [i32::MIN, -1, 0, 11, i32::MAX] {
            refused(&generate(&admin, &human, count), INVALID);
        }
        refused(&admin.post(&path(&human), &json!({})), INVALID);
    });
    generate(&admin, &human, 7).succeeds();
    server.writes_nothing(|| refused(&generate(&admin, &human, 4), TOO_MANY));
    assert_eq!(codes(&generate(&admin, &human, 3)).len(), 3);
    refused(&generate(&admin, &human, 1), TOO_MANY);
}

#[test]
fn only_people_who_exist_and_are_not_locked() {
    let server = TestServer::start();
    let human = server.human("mini");
    let machine = server.service(&[]);
    for id in [&*machine.id, "1", "nobody"] {
        let nobody = Human {
            id: id.to_owned(),
            ..human.clone()
        };
        server.writes_nothing(|| {
            generate(&server.admin(), &nobody, 1).fails(
                5,
                "QUERY-Dfbg2",
                "User could not be found",
            );
            refused(&server.admin().delete(&path(&nobody)), NONE);
        });
    }
    generate(&server.admin(), &human, 1).succeeds();
    let change = |name: &str| {
        let target = format!("/v2/users/{}/{name}", human.id);
        server.admin().post(&target, &json!({})).succeeds();
    };
    change("lock");
    server.writes_nothing(|| {
        let answer = server.admin().delete(&path(&human));
        answer.fails(5, "COMMAND-d9u8q", "User is locked");
    });
    change("unlock");
    server.admin().delete(&path(&human)).succeeds();
}

#[test]
fn codes_are_for_their_owner_and_for_those_who_may_write_credentials() {
    let server = TestServer::start();
    let human = server.human("mini");
    let other = server.human("maxi");
    let stranger = server.bearer(&server.logged_in(&other).token);
    let viewer = server.service(&["IAM_OWNER_VIEWER"]).client;
    let elsewhere = server.second_org("other.example");
    let foreign = server
        .service_on(elsewhere, Resource::Org(elsewhere), &["ORG_OWNER"])
        .client;
    let (membership, permission) = (
        (5, "AUTHZ-cdgFk", "membership not found"),
        (7, "AUTH-AWfge", "No matching permissions found"),
    );
    let own = server.bearer(&server.logged_in(&human).token);
    generate(&own, &human, 1).succeeds();
    for (client, refusal) in [
        (&stranger, membership),
        (&foreign, membership),
        (&viewer, permission),
    ] {
        server.writes_nothing(|| {
            refused(&generate(client, &human, 1), refusal);
            refused(&client.delete(&path(&human)), refusal);
        });
    }
    generate(&server.login_client(), &human, 1).succeeds();
    // Recovery codes alone do not ask for a second factor.
    own.delete(&path(&human)).succeeds();
}

#[test]
fn no_code_is_in_the_events_or_the_database() {
    let mut server = TestServer::start();
    let human = server.human("mini");
    let made = codes(&generate(&server.admin(), &human, 10));
    let events = json!(server.user_events(&human.id)).to_string();
    for code in &made {
        assert!(!events.contains(code.as_str()), "{events}");
    }
    server.restart();
    for entry in std::fs::read_dir(&server.config().data_dir).unwrap() {
        let file = entry.unwrap().path();
        let bytes = std::fs::read(&file).unwrap();
        for code in &made {
            let part = code.as_bytes();
            let found = bytes.windows(part.len()).any(|window| window == part);
            assert!(!found, "{}", file.display());
        }
    }
    server.session(&json!({ "checks": {
        "user": { "userId": human.id },
        "recoveryCode": { "code": made[9] },
    } }));
}
