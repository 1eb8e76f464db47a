//! One list of calls through every protocol: the outcome must be the same.

use serde_json::{Value, json};

use crate::calls::{
    ADD_HUMAN_USER, CREATE_SESSION, CREATE_SESSION_BETA, DELETE_SESSION, DELETE_USER, GET_SESSION,
    GET_USER, LIST_FACTORS, LIST_METHODS, LIST_SESSIONS, LIST_USERS, LOCK_USER, LOGOUT_OTHERS,
    LOGOUT_USER, LOGOUT_USER_AGENT, NOT_YET, Procedure, REGISTER_TOTP, REMOVE_TOTP, SET_PASSWORD,
    SET_SESSION, UNLOCK_USER, VERIFY_TOTP,
};
use crate::codes::codes;
use crate::helpers::{Authenticator, PASSWORD, TestServer};
use crate::outcome::{Outcome, Sent, Way, call, outcome};
use crate::providers::{providers, registered};
use crate::wire::{Headers, begin, headers};

/// What a test server takes at most.
const LIMIT: usize = 64 * 1024;

/// The calls of one protocol against a server of their own.
pub(crate) struct Run<'a> {
    pub(crate) server: &'a TestServer,
    way: Way,
    seen: Vec<(String, Outcome)>,
}

impl Run<'_> {
    #[track_caller]
    fn call(
        &mut self,
        name: &str,
        procedure: Procedure,
        headers: &Headers,
        sent: &Sent,
    ) -> Outcome {
        let outcome = call(self.server, self.way, procedure, headers, sent);
        self.seen.push((name.to_owned(), outcome.clone()));
        outcome
    }

    /// A call that must be answered.
    #[track_caller]
    pub(crate) fn ok(
        &mut self,
        name: &str,
        procedure: Procedure,
        who: &str,
        message: Value,
    ) -> Value {
        let outcome = self.call(name, procedure, &bearer(who), &Sent::Message(message));
        let Outcome::Answered(answer) = outcome else {
            panic!("{:?}: {name}: {outcome:?}", self.way);
        };
        answer
    }

    /// A call that must fail with this code and id; what has no id has no detail.
    #[track_caller]
    pub(crate) fn fails(
        &mut self,
        name: &str,
        procedure: Procedure,
        who: &str,
        message: Value,
        expected: (u8, &str),
    ) {
        let outcome = self.call(name, procedure, &bearer(who), &Sent::Message(message));
        self.check(name, &outcome, expected);
    }

    #[track_caller]
    fn check(&self, name: &str, outcome: &Outcome, (expected, id): (u8, &str)) {
        let Outcome::Failed {
            code,
            message,
            detail,
        } = outcome
        else {
            panic!("{:?}: {name}: {outcome:?}", self.way);
        };
        let found = detail.as_ref().map_or("", |detail| {
            let detail = detail.as_object().unwrap().values().next().unwrap();
            detail["id"].as_str().unwrap()
        });
        assert_eq!((*code, found), (expected, id), "{:?}: {name}", self.way);
        assert_eq!(detail.is_some(), !id.is_empty(), "{:?}: {name}", self.way);
        assert!(id.is_empty() || message.ends_with(&format!(" ({id})")));
    }

    /// A call whose text is each protocol's own: only the code must be the same.
    #[track_caller]
    fn fails_in_its_words(
        &mut self,
        name: &str,
        procedure: Procedure,
        headers: &Headers,
        sent: &Sent,
        code: u8,
    ) {
        let outcome = call(self.server, self.way, procedure, headers, sent);
        self.check(name, &outcome, (code, ""));
    }
}

fn bearer(token: &str) -> Headers {
    match token {
        "" => Headers::new(),
        _ => headers(&[("authorization", &format!("Bearer {token}"))]),
    }
}

fn with(token: &str, name: &str, value: &str) -> Headers {
    let mut fields = bearer(token);
    fields.extend(headers(&[(name, value)]));
    fields
}

/// Every operation, then every error and limit that does not depend on the operation.
fn run(server: &TestServer, way: Way) -> Vec<(String, Outcome)> {
    let mut run = Run {
        server,
        way,
        seen: Vec::new(),
    };
    operations(&mut run);
    codes(&mut run);
    refusals(&mut run);
    run.seen
}

fn operations(run: &mut Run<'_>) {
    let [admin, login] = run.server.first_tokens();
    let human = run.ok(
        "add a user",
        ADD_HUMAN_USER,
        admin,
        json!({
            "username": "mini@mouse.com",
            "profile": { "givenName": "Mini", "familyName": "Mouse" },
            "email": { "email": "mini@mouse.com", "isVerified": true },
            "password": { "password": PASSWORD },
        }),
    );
    let user = human["userId"].as_str().unwrap();
    run.ok("get a user", GET_USER, admin, json!({ "userId": user }));
    run.ok(
        "list users",
        LIST_USERS,
        admin,
        json!({ "queries": [{ "userNameQuery": { "userName": "mini@mouse.com" } }] }),
    );
    let session = run.ok(
        "create a session",
        CREATE_SESSION,
        login,
        json!({
            "checks": { "user": { "loginName": "mini@mouse.com" } },
            "metadata": { "key": "dmFsdWU=" },
            "userAgent": { "fingerprintId": "", "ip": "::1", "header": { "a": { "values": ["b"] } } },
            "lifetime": "18000.5s",
        }),
    );
    let id = session["sessionId"].as_str().unwrap();
    run.fails(
        "check a wrong password",
        SET_SESSION,
        login,
        json!({ "sessionId": id, "checks": { "password": { "password": "wrong" } } }),
        (3, "COMMAND-3M0fs"),
    );
    run.fails(
        "check a wrong password again",
        SET_SESSION,
        login,
        json!({ "sessionId": id, "checks": { "password": { "password": "wrong" } } }),
        (3, "COMMAND-3M0fs"),
    );
    let set = run.ok(
        "check a password",
        SET_SESSION,
        login,
        json!({ "sessionId": id, "checks": { "password": { "password": PASSWORD } } }),
    );
    let token = set["sessionToken"].as_str().unwrap();
    run.ok(
        "get a session",
        GET_SESSION,
        login,
        json!({ "sessionId": id }),
    );
    run.ok(
        "get a session with its token",
        GET_SESSION,
        login,
        json!({ "sessionId": id, "sessionToken": token }),
    );
    run.fails(
        "get a session with an old token",
        GET_SESSION,
        login,
        json!({ "sessionId": id, "sessionToken": session["sessionToken"] }),
        (7, "QUERY-dsfr3"),
    );
    run.ok(
        "list sessions",
        LIST_SESSIONS,
        login,
        json!({ "queries": [{ "idsQuery": { "ids": [id] } }] }),
    );
    run.fails(
        "delete a session with a wrong token",
        DELETE_SESSION,
        login,
        json!({ "sessionId": id, "sessionToken": "wrong" }),
        (7, "COMMAND-sGr42"),
    );
    run.ok(
        "delete a session",
        DELETE_SESSION,
        login,
        json!({ "sessionId": id }),
    );
    run.ok(
        "delete it again",
        DELETE_SESSION,
        login,
        json!({ "sessionId": id }),
    );
    run.fails(
        "get a deleted session",
        GET_SESSION,
        login,
        json!({ "sessionId": id }),
        (5, "QUERY-SFeaa"),
    );
    run.fails(
        "change a deleted session",
        SET_SESSION,
        login,
        json!({ "sessionId": id, "metadata": { "a": "YQ==" } }),
        (9, "COMMAND-Hewfq"),
    );
    run.fails(
        "use the token of a deleted session",
        GET_SESSION,
        token,
        json!({ "sessionId": id }),
        (5, "QUERY-SFeaa"),
    );
    run.ok(
        "create a session in v2beta",
        CREATE_SESSION_BETA,
        login,
        json!({}),
    );
    run.ok(
        "set a password",
        SET_PASSWORD,
        admin,
        json!({ "userId": user, "newPassword": { "password": "Another1!" } }),
    );
    authenticator_app(run, user);
    providers(run, user);
    let of_user = json!({ "userId": user });
    run.ok("log a user out", LOGOUT_USER, admin, of_user);
    run.fails(
        "log out the others without a session",
        LOGOUT_OTHERS,
        admin,
        json!({}),
        (7, "COMMAND-sGr42"),
    );
    let device = json!({ "fingerprintId": "phone" });
    run.ok("log a device out", LOGOUT_USER_AGENT, admin, device);
    run.ok("lock a user", LOCK_USER, admin, json!({ "userId": user }));
    run.fails(
        "create a session for a locked user",
        CREATE_SESSION,
        login,
        json!({ "checks": { "user": { "userId": user } } }),
        (9, "SESSION-Gj4ko"),
    );
    run.ok(
        "unlock a user",
        UNLOCK_USER,
        admin,
        json!({ "userId": user }),
    );
    run.ok(
        "delete a user",
        DELETE_USER,
        admin,
        json!({ "userId": user }),
    );
    run.fails(
        "call what is not there yet",
        NOT_YET,
        admin,
        json!({ "userId": user }),
        (12, ""),
    );
}

fn authenticator_app(run: &mut Run<'_>, user: &str) {
    let [admin, login] = run.server.first_tokens();
    let of_user = json!({ "userId": user });
    let registered = run.ok("register an app", REGISTER_TOTP, admin, of_user.clone());
    let app = Authenticator::with(registered["secret"].as_str().unwrap());
    for (name, code, refused) in [
        ("verify it with a wrong code", app.wrong(run.server), true),
        ("verify it", app.code(run.server), false),
    ] {
        let request = json!({ "userId": user, "code": code });
        if refused {
            run.fails(name, VERIFY_TOTP, admin, request, (3, "EVENT-8isk2"));
        } else {
            run.ok(name, VERIFY_TOTP, admin, request);
        }
    }
    run.ok("list methods", LIST_METHODS, admin, of_user.clone());
    run.ok("list factors", LIST_FACTORS, admin, of_user.clone());
    let checks = json!({
        "user": { "userId": user },
        "totp": { "code": app.code(run.server) },
    });
    let request = json!({ "checks": checks });
    run.ok("check a code", CREATE_SESSION, login, request.clone());
    run.fails(
        "check a used code",
        CREATE_SESSION,
        login,
        request,
        (3, "TOTP-Auw0a"),
    );
    run.ok("remove the app", REMOVE_TOTP, admin, of_user.clone());
    run.fails(
        "remove it again",
        REMOVE_TOTP,
        admin,
        of_user,
        (5, "COMMAND-Hd9sd"),
    );
}

fn refusals(run: &mut Run<'_>) {
    let [admin, login] = run.server.first_tokens();
    let nobody = run.server.service(&[]);
    let viewer = run.server.service(&["IAM_OWNER_VIEWER"]);
    run.fails(
        "have no role",
        CREATE_SESSION,
        nobody.token(),
        json!({}),
        (5, "AUTHZ-cdgFk"),
    );
    run.fails(
        "have a role without the permission",
        CREATE_SESSION,
        viewer.token(),
        json!({}),
        (7, "AUTH-AWfge"),
    );
    run.fails(
        "say nothing of oneself",
        CREATE_SESSION,
        "",
        json!({}),
        (16, ""),
    );
    run.fails(
        "have a bad token",
        CREATE_SESSION,
        "garbage",
        json!({}),
        (16, "AUTH-7fs1e"),
    );
    run.fails(
        "have a bad token for what is not there yet",
        NOT_YET,
        "garbage",
        json!({ "userId": "1" }),
        (16, "AUTH-7fs1e"),
    );
    let outcome = run.call(
        "name an organisation that is none",
        CREATE_SESSION,
        &with(login, "x-zitadel-orgid", "1"),
        &Sent::Message(json!({})),
    );
    run.check("organisation", &outcome, (7, "AUTH-Bs7Ds"));
    run.fails(
        "break a rule",
        CREATE_SESSION,
        login,
        json!({ "lifetime": "0s" }),
        (3, ""),
    );
    run.fails(
        "break a rule and have no permission",
        CREATE_SESSION,
        nobody.token(),
        json!({ "checks": { "user": {} } }),
        (3, ""),
    );
    run.fails(
        "ask for a session that is none",
        GET_SESSION,
        login,
        json!({ "sessionId": "1" }),
        (5, "QUERY-SFeaa"),
    );
    run.fails(
        "ask for a user that is none",
        GET_USER,
        admin,
        json!({ "userId": "1" }),
        (5, "QUERY-Dfbg2"),
    );
    run.fails_in_its_words(
        "send what is no message",
        CREATE_SESSION,
        &bearer(login),
        &Sent::Garbage,
        3,
    );
    let outcome = run.call(
        "send what is no message with a bad token",
        CREATE_SESSION,
        &bearer("garbage"),
        &Sent::Garbage,
    );
    run.check("bad token before bad body", &outcome, (16, "AUTH-7fs1e"));
    for length in [LIMIT, 3 * LIMIT, 40 * LIMIT] {
        let huge = json!({ "userAgent": { "description": "x".repeat(length) } });
        run.fails_in_its_words(
            "send too much",
            CREATE_SESSION,
            &bearer(login),
            &Sent::Message(huge),
            8,
        );
    }
    let (name, value) = run.way.no_time();
    let outcome = run.call(
        "have no time",
        CREATE_SESSION,
        &with(login, name, value),
        &Sent::Message(json!({})),
    );
    run.check("no time", &outcome, (4, ""));
    let (name, value) = run.way.bad_time();
    run.fails_in_its_words(
        "name a time that is none",
        CREATE_SESSION,
        &with(login, name, value),
        &Sent::Message(json!({})),
        3,
    );
}

/// Puts marks in the place of what differs from run to run.
fn blur(value: &mut Value, key: &str) {
    match value {
        Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| blur(value, key)),
        Value::Array(values) => values.iter_mut().for_each(|value| blur(value, key)),
        Value::String(text) => {
            let digits = text.bytes().all(|byte| byte.is_ascii_digit());
            if key == "sessionToken" {
                "<token>".clone_into(text);
            } else if matches!(key, "secret" | "uri" | "authUrl") {
                "<secret>".clone_into(text);
            } else if ["verificationCode", "inviteCode"].contains(&key) {
                "<code>".clone_into(text);
            } else if digits && text.len() > 12 {
                "<id>".clone_into(text);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn a_message_may_be_as_long_as_the_limit_and_no_longer() {
    let server = TestServer::configured(|config| config.server.body_limit = LIMIT);
    let [_, login] = server.first_tokens();
    for way in Way::ALL {
        for (more, code) in [(0, 0), (1, 8)] {
            let sent = Sent::Padded(LIMIT + more);
            let outcome = call(&server, way, CREATE_SESSION, &bearer(login), &sent);
            let found = match outcome {
                Outcome::Answered(_) => 0,
                Outcome::Failed { code, .. } => code,
            };
            assert_eq!(found, code, "{way:?}: {more}");
        }
    }
}

#[test]
fn a_body_that_does_not_come_is_not_waited_for() {
    let server = TestServer::configured(|config| {
        config.server.body_timeout = std::time::Duration::from_millis(200);
    });
    let [_, login] = server.first_tokens();
    for way in Way::ALL {
        let mut given = bearer(login);
        given.extend(headers(&[("content-type", way.content_type())]));
        let path = if way == Way::Rest {
            CREATE_SESSION.rest.1
        } else {
            CREATE_SESSION.path
        };
        let reply = begin(server.address(), path, &given, way == Way::Grpc);
        let outcome = outcome(way, CREATE_SESSION, &reply);
        let Outcome::Failed { code, message, .. } = outcome else {
            panic!("{way:?}: {outcome:?}");
        };
        assert_eq!(
            (code, message.as_str()),
            (1, "the request body took too long"),
            "{way:?}"
        );
    }
}

#[test]
fn every_protocol_comes_to_the_same() {
    let mut expected = None;
    for way in Way::ALL {
        let server = TestServer::configured(|config| {
            config.server.body_limit = LIMIT;
            registered(config);
        });
        let mut seen = run(&server, way);
        for (_, outcome) in &mut seen {
            if let Outcome::Answered(answer) = outcome {
                blur(answer, "");
            }
        }
        let expected = expected.get_or_insert_with(|| seen.clone());
        assert_eq!(seen.len(), expected.len(), "{way:?}");
        for (found, expected) in seen.iter().zip(expected) {
            assert_eq!(found, expected, "{way:?}");
        }
    }
}
