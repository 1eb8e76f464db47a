//! `bartizan.logout.v1.LogoutService`: many sessions ended at once.

use bartizan::domain::permission::Resource;
use serde_json::{Value, json};

use crate::helpers::{Client, DAY, Human, NewSession, PASSWORD, TestServer};

const OTHERS: &str = "/bartizan/v1/sessions/logout_others";

fn of_user(human: &Human) -> String {
    format!("/bartizan/v1/users/{}/logout", human.id)
}

fn on_device(server: &TestServer, human: &Human, device: &str) -> NewSession {
    server.session(&json!({
        "checks": { "user": { "userId": human.id }, "password": { "password": PASSWORD } },
        "userAgent": { "fingerprintId": device },
    }))
}

fn answer(server: &TestServer, sessions: &[&NewSession]) -> Value {
    let position = server.head().number().to_string();
    if sessions.is_empty() {
        return json!({ "position": position, "changeDate": server.clock.text() });
    }
    let ids: Vec<_> = sessions.iter().map(|session| &session.id).collect();
    json!({
        "terminated": sessions.len().to_string(),
        "sessionIds": ids,
        "position": position,
        "changeDate": server.clock.text(),
    })
}

#[track_caller]
fn ended(server: &TestServer, sessions: &[&NewSession]) {
    for session in sessions {
        server.login_client().get(&session.path()).fails(
            5,
            "QUERY-SFeaa",
            "Session does not exist",
        );
        let events = server.session_events(&session.id);
        let names: Vec<_> = events.iter().map(|event| event.1).collect();
        let ends = names.iter().filter(|name| **name == "session.terminated");
        assert_eq!(ends.count(), 1);
        let (sequence, name, payload) = events.last().unwrap();
        assert_eq!((*name, payload), ("session.terminated", &Value::Null));
        assert_eq!(usize::try_from(*sequence).unwrap(), events.len());
    }
}

#[track_caller]
fn lives(server: &TestServer, sessions: &[&NewSession]) {
    for session in sessions {
        server.login_client().get(&session.path()).succeeds();
    }
}

#[test]
fn a_user_is_logged_out_everywhere_and_nobody_else() {
    let server = TestServer::start();
    let (mini, mickey) = (server.human("mini"), server.human("mickey"));
    let first = server.logged_in(&mini);
    server.clock.advance_seconds(1);
    let second = server.logged_in(&mini);
    let (of_another, of_nobody) = (server.logged_in(&mickey), server.session(&json!({})));
    server.clock.advance_seconds(3);
    let done = server.admin().post(&of_user(&mini), &json!({}));
    done.ok(&answer(&server, &[&first, &second]));
    ended(&server, &[&first, &second]);
    lives(&server, &[&of_another, &of_nobody]);
    server
        .bearer(&first.token)
        .post(&of_user(&mini), &json!({}))
        .fails(5, "QUERY-SFeaa", "Errors.Session.NotExisting");
}

#[test]
fn again_and_for_nobody_it_is_a_success_that_writes_nothing() {
    let server = TestServer::start();
    let mini = server.human("mini");
    server.logged_in(&mini);
    server.admin().post(&of_user(&mini), &json!({})).succeeds();
    server.clock.advance(DAY);
    for path in [
        of_user(&mini),
        "/bartizan/v1/users/nobody/logout".to_owned(),
        "/bartizan/v1/user_agents/none/logout".to_owned(),
    ] {
        let again = server.writes_nothing(|| server.admin().post(&path, &json!({})));
        again.ok(&answer(&server, &[]));
    }
}

#[test]
fn users_end_their_own_sessions_and_roles_those_of_their_organization() {
    let server = TestServer::start();
    let mini = server.human("mini");
    let first = server.logged_in(&mini);
    // Ids of one moment have no order.
    server.clock.advance_seconds(1);
    let second = server.logged_in(&mini);
    let elsewhere = server.second_org("elsewhere");
    let refused = |client: &Client, code, id, text| {
        server.writes_nothing(|| {
            client
                .post(&of_user(&mini), &json!({}))
                .fails(code, id, text);
        });
    };
    let none = (5, "AUTHZ-cdgFk", "membership not found");
    refused(&server.service(&[]).client, none.0, none.1, none.2);
    let stranger = server.service_on(elsewhere, Resource::Org(elsewhere), &["ORG_OWNER"]);
    refused(&stranger.client, none.0, none.1, none.2);
    let viewer = server.service(&["IAM_OWNER_VIEWER"]).client;
    refused(&viewer, 7, "AUTH-AWfge", "No matching permissions found");
    lives(&server, &[&first, &second]);
    let own = server
        .bearer(&first.token)
        .post(&of_user(&mini), &json!({}));
    own.ok(&answer(&server, &[&first, &second]));
    let third = server.logged_in(&mini);
    let home = server.core().default_org;
    let owner = server.service_on(home, Resource::Org(home), &["ORG_OWNER"]);
    let by_role = owner.client.post(&of_user(&mini), &json!({}));
    by_role.ok(&answer(&server, &[&third]));
    ended(&server, &[&first, &second, &third]);
}

#[test]
fn the_current_session_stays_by_its_bearer_or_by_its_token() {
    let server = TestServer::start();
    let mini = server.human("mini");
    let of_another = server.logged_in(&server.human("mickey"));
    let (stays, first) = (server.logged_in(&mini), server.logged_in(&mini));
    let own = server.bearer(&stays.token).post(OTHERS, &json!({}));
    own.ok(&answer(&server, &[&first]));
    let second = server.logged_in(&mini);
    let body = json!({ "sessionToken": stays.token });
    let by_token = server.service(&[]).client.post(OTHERS, &body);
    by_token.ok(&answer(&server, &[&second]));
    ended(&server, &[&first, &second]);
    lives(&server, &[&stays, &of_another]);
}

#[test]
fn a_token_that_is_no_bearer_token_ends_nothing() {
    let server = TestServer::start();
    let mini = server.human("mini");
    let current = server.logged_in(&mini);
    let rotated = server.logged_in(&mini);
    let body = json!({ "metadata": { "a": "YQ==" } });
    server
        .login_client()
        .patch(&rotated.path(), &body)
        .succeeds();
    let named = json!({ "checks": { "user": { "userId": mini.id } } });
    let only_named = server.session(&named);
    let over = server.logged_in(&mini);
    server.login_client().delete(&over.path()).succeeds();
    let [admin_pat, _] = server.first_tokens();
    for token in [
        "",
        "wrong",
        &rotated.token,
        &only_named.token,
        &over.token,
        admin_pat,
    ] {
        server.writes_nothing(|| {
            server
                .admin()
                .post(OTHERS, &json!({ "sessionToken": token }))
                .fails(7, "COMMAND-sGr42", "Session Token is invalid");
        });
    }
    lives(&server, &[&current, &rotated, &only_named]);
}

#[test]
fn the_sessions_of_a_device_end_for_all_its_users_or_for_one() {
    let server = TestServer::start();
    let (mini, mickey) = (server.human("mini"), server.human("mickey"));
    let path = "/bartizan/v1/user_agents/phone/logout";
    let of_mini = on_device(&server, &mini, "phone");
    let of_mickey = on_device(&server, &mickey, "phone");
    let elsewhere = on_device(&server, &mini, "desk");
    let own = server.bearer(&of_mini.token);
    server.writes_nothing(|| {
        own.post(path, &json!({}))
            .fails(5, "AUTHZ-cdgFk", "membership not found");
        own.post(path, &json!({ "userId": mickey.id })).fails(
            5,
            "AUTHZ-cdgFk",
            "membership not found",
        );
    });
    let one = own.post(path, &json!({ "userId": mini.id }));
    one.ok(&answer(&server, &[&of_mini]));
    let all = server.admin().post(path, &json!({}));
    all.ok(&answer(&server, &[&of_mickey]));
    ended(&server, &[&of_mini, &of_mickey]);
    lives(&server, &[&elsewhere]);
}

#[test]
fn ids_have_lengths() {
    let server = TestServer::start();
    let long = "x".repeat(201);
    server
        .admin()
        .post(&format!("/bartizan/v1/users/{long}/logout"), &json!({}))
        .fails_plainly(
            3,
            "invalid LogoutUserRequest.UserId: value length must be between 1 and 200 runes, \
             inclusive",
        );
    server
        .admin()
        .post("/bartizan/v1/user_agents//logout", &json!({}))
        .fails_plainly(
            3,
            "invalid LogoutUserAgentRequest.FingerprintId: value length must be between 1 and \
             200 runes, inclusive",
        );
    server
        .anonymous()
        .post(OTHERS, &json!({}))
        .fails_plainly(16, "auth header missing");
}
