//! `UpdateHumanUser`: `PUT /v2/users/human/{user_id}`.

use bartizan::domain::permission::Resource;
use serde_json::{Value, json};

use crate::helpers::{Answer, CODE, Client, Human, PASSWORD, TestServer};

const NEW: &str = "Another123!";

#[track_caller]
fn update(client: &Client, id: &str, body: &Value) -> Answer {
    client.put(&format!("/v2/users/human/{id}"), body)
}

#[track_caller]
fn login(server: &TestServer, login_name: &str, password: &str) -> Answer {
    let checks =
        json!({ "user": { "loginName": login_name }, "password": { "password": password } });
    server
        .login_client()
        .post("/v2/sessions", &json!({ "checks": checks }))
}

fn profile(given: &str) -> Value {
    json!({ "profile": { "givenName": given, "familyName": "Duck" } })
}

#[test]
fn a_person_can_be_changed_as_a_whole() {
    let server = TestServer::start();
    let human = server.human("mini");
    server.clock.advance_seconds(5);
    let body = json!({
        "username": "max",
        "profile": {
            "givenName": "Max",
            "familyName": "Duck",
            "nickName": "MD",
            "displayName": "Max the Duck",
            "preferredLanguage": "de",
            "gender": "GENDER_DIVERSE",
        },
        "email": { "email": "max@duck.com", "returnCode": {} },
        "phone": { "phone": "079 123 45 67", "returnCode": {} },
        "password": { "password": { "password": NEW }, "currentPassword": PASSWORD },
    });
    update(&server.admin(), &human.id, &body).ok(&json!({
        "details": server.user_details(9),
        "emailCode": CODE,
        "phoneCode": CODE,
    }));
    assert_eq!(
        server.user_history(&human.id)[2..],
        [
            "user.username.changed",
            "user.human.profile.changed",
            "user.human.email.changed",
            "user.human.email.code.added",
            "user.human.phone.changed",
            "user.human.phone.code.added",
            "user.human.password.changed",
        ]
    );
    let read = server
        .admin()
        .get(&format!("/v2/users/{}", human.id))
        .json();
    assert_eq!(read["user"]["loginNames"], json!(["max"]));
    assert_eq!(
        read["user"]["human"],
        json!({
            "profile": {
                "givenName": "Max",
                "familyName": "Duck",
                "nickName": "MD",
                "displayName": "Max the Duck",
                "preferredLanguage": "de",
                "gender": "GENDER_DIVERSE",
            },
            "email": { "email": "max@duck.com" },
            "phone": { "phone": "+41791234567" },
            "passwordChanged": server.clock.text(),
        })
    );
    login(&server, "mini", NEW).fails(5, "QUERY-Dfbg2", "User could not be found");
    login(&server, "max", NEW).is(201, &server.created(4));
}

#[test]
fn the_log_says_what_changed_and_holds_no_secret() {
    let server = TestServer::start();
    let human = server.human("mini");
    let mut body = profile("Max");
    body["email"] = json!({ "email": "max@duck.com", "returnCode": {} });
    body["password"] = json!({ "password": { "password": NEW } });
    let answer = update(&server.admin(), &human.id, &body);
    let code = answer.str("/emailCode");
    let events = server.user_events(&human.id);
    assert_eq!(
        events[2].2,
        json!({ "firstName": "Max", "lastName": "Duck" })
    );
    assert_eq!(events[3].2, json!({ "email": "max@duck.com" }));
    for (_, name, payload) in &events[2..] {
        let text = payload.to_string();
        assert!(
            !text.contains(&code) && !text.contains(NEW) && !text.contains("argon2"),
            "{name}: {text}"
        );
    }
}

#[test]
fn no_change_is_a_success_without_an_event() {
    let server = TestServer::start();
    let human = server.human("mini");
    let details = server.user_details(2);
    server.clock.advance_seconds(5);
    for body in [
        json!({}),
        json!({ "username": "mini" }),
        json!({ "profile": { "givenName": "Mini", "familyName": "Mouse" } }),
        json!({ "email": { "email": "mini@mouse.com", "isVerified": true } }),
        // An empty number removes nothing here.
        json!({ "phone": { "phone": "" } }),
    ] {
        server.writes_nothing(|| {
            update(&server.admin(), &human.id, &body).ok(&json!({ "details": details }));
        });
    }
}

#[test]
fn an_empty_text_takes_away_what_need_not_be_there() {
    let server = TestServer::start();
    let human = server.human_with(
        "mini",
        &json!({ "profile": {
            "givenName": "Mini",
            "familyName": "Mouse",
            "nickName": "MM",
            "displayName": "The Mouse",
            "preferredLanguage": "de",
            "gender": "GENDER_FEMALE",
        } }),
    );
    let body = json!({ "profile": {
        "givenName": "Mini",
        "familyName": "Duck",
        "nickName": "",
        "displayName": "",
        "preferredLanguage": "",
        "gender": "GENDER_UNSPECIFIED",
    } });
    update(&server.admin(), &human.id, &body).succeeds();
    let read = server
        .admin()
        .get(&format!("/v2/users/{}", human.id))
        .json();
    assert_eq!(
        read["user"]["human"]["profile"],
        json!({ "givenName": "Mini", "familyName": "Duck", "displayName": "Mini Duck" })
    );
}

#[test]
fn sessions_show_the_new_names() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.logged_in(&human);
    let mut body = profile("Max");
    body["username"] = json!("max");
    body["profile"]["displayName"] = json!("");
    update(&server.admin(), &human.id, &body).succeeds();
    let read = server.login_client().get(&session.path()).json();
    let user = &read["session"]["factors"]["user"];
    assert_eq!(user["loginName"], "max");
    assert_eq!(user["displayName"], "Max Duck");
}

#[test]
fn a_name_that_was_given_up_can_be_taken() {
    let server = TestServer::start();
    let (mini, other) = (server.human("mini"), server.human("other"));
    let name = |name: &str| json!({ "username": name });
    server.writes_nothing(|| {
        update(&server.admin(), &other.id, &name("Mini")).fails(
            6,
            "V3-DKcYh",
            "User already exists",
        );
    });
    update(&server.admin(), &mini.id, &name("max")).succeeds();
    update(&server.admin(), &other.id, &name("Mini")).succeeds();
    login(&server, "mini", PASSWORD).is(201, &server.created(4));
    server.second_org("other.example");
    update(&server.admin(), &mini.id, &name("max@other.example")).fails(
        3,
        "COMMAND-SFd21",
        "Domain is already reserved and cannot be used",
    );
}

#[test]
fn a_wrong_current_password_counts_for_the_lockout() {
    let server = TestServer::configured(|config| {
        config.policy.lockout.max_password_attempts = 2;
    });
    let human = server.human("mini");
    let body = json!({ "password": { "password": { "password": NEW }, "currentPassword": "x" } });
    for attempts in 1..=2 {
        update(&server.admin(), &human.id, &body).fails_credentials(
            3,
            "COMMAND-3M0fs",
            "Password is invalid",
            attempts,
        );
    }
    update(&server.admin(), &human.id, &body).fails_credentials(
        9,
        "COMMAND-JLK35",
        "User is locked",
        0,
    );
}

#[test]
fn what_is_wrong_is_told() {
    let server = TestServer::start();
    let human = server.human_with("mini", &json!({}));
    let robot = server.service(&[]);
    let password = |more: Value| {
        let mut password = json!({ "password": { "password": NEW } });
        for (name, value) in more.as_object().unwrap() {
            password[name] = value.clone();
        }
        json!({ "password": password })
    };
    for (id, body, code, error, text) in [
        (
            human.id.as_str(),
            json!({ "phone": { "phone": "12" } }),
            3,
            "PHONE-so0wa",
            "Phone is invalid",
        ),
        (
            &human.id,
            json!({ "email": { "email": "max@duck.com", "sendCode": {} } }),
            9,
            "BTZ-Sm7p0",
            "SMTP configuration not found",
        ),
        (
            &human.id,
            json!({ "email": {
                "email": "mini@mouse.com",
                "sendCode": { "urlTemplate": "https://x/{{.Nothing}}" },
            } }),
            3,
            "DOMAIN-ieYa7",
            "URL Template is invalid",
        ),
        (
            &human.id,
            json!({ "password": { "currentPassword": PASSWORD } }),
            3,
            "COMMAND-3klek4sbns",
            "Password is empty",
        ),
        (
            &human.id,
            password(json!({ "currentPassword": PASSWORD })),
            9,
            "COMMAND-Fds3s",
            "User has not set a password",
        ),
        (
            &human.id,
            password(json!({ "verificationCode": "ABC123" })),
            9,
            "COMMAND-2M9fs",
            "Code not found",
        ),
        (
            &robot.id,
            profile("Max"),
            5,
            "COMMAND-ugjs0upun6",
            "User could not be found",
        ),
        (
            "1",
            profile("Max"),
            5,
            "COMMAND-ugjs0upun6",
            "User could not be found",
        ),
    ] {
        server.writes_nothing(|| {
            update(&server.admin(), id, &body).fails(code, error, text);
        });
    }
    update(&server.admin(), "", &json!({})).fails_plainly(
        3,
        "invalid UpdateHumanUserRequest.UserId: value length must be between 1 and 200 runes, inclusive",
    );
    update(&server.admin(), &human.id, &profile("")).fails_plainly(
        3,
        "invalid UpdateHumanUserRequest.Profile: embedded message failed validation | caused by: \
         invalid SetHumanProfile.GivenName: value length must be between 1 and 200 runes, inclusive",
    );
}

#[test]
fn it_takes_a_role_or_being_the_user() {
    let server = TestServer::start();
    let home = server.core().default_org;
    let human: Human = server.human("mini");
    for (resource, role, expected) in [
        (Resource::Instance, "IAM_OWNER", true),
        (Resource::Instance, "IAM_LOGIN_CLIENT", true),
        (Resource::Instance, "IAM_OWNER_VIEWER", false),
        (Resource::Instance, "IAM_SESSION_CLIENT", false),
        (Resource::Org(home), "ORG_OWNER", true),
        (Resource::Org(home), "ORG_OWNER_VIEWER", false),
    ] {
        let client = server.service_on(home, resource, &[role]).client;
        let answer = update(&client, &human.id, &profile("Max"));
        if expected {
            answer.succeeds();
        } else {
            answer.fails(7, "AUTH-AWfge", "No matching permissions found");
        }
    }
    let session = server.logged_in(&human);
    let itself = server.bearer(&session.token);
    update(&itself, &human.id, &profile("Min")).succeeds();
    // But nobody vouches for an address of its own.
    let address = json!({ "email": { "email": "boss@mouse.com", "isVerified": true } });
    update(&itself, &human.id, &address).fails(5, "AUTHZ-cdgFk", "membership not found");
    let other = server.bearer(&server.logged_in(&server.human("other")).token);
    update(&other, &human.id, &profile("Max")).fails(5, "AUTHZ-cdgFk", "membership not found");
    server
        .anonymous()
        .put(&format!("/v2/users/human/{}", human.id), &profile("Max"))
        .fails_plainly(16, "auth header missing");
}

#[test]
fn of_many_who_want_a_name_one_gets_it() {
    let server = TestServer::start();
    let humans: Vec<_> = (0..6)
        .map(|number| server.human(&format!("mini-{number}")))
        .collect();
    let statuses = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for human in &humans {
            scope.spawn(|| {
                let body = json!({ "username": "max" });
                let answer = update(&server.admin(), &human.id, &body);
                statuses.lock().unwrap().push(answer.response.status);
            });
        }
    });
    let statuses = statuses.into_inner().unwrap();
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
    assert!(statuses.iter().all(|status| [200, 409].contains(status)));
    login(&server, "max", PASSWORD).is(201, &server.created(4));
}
