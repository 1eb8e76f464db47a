//! `RegisterTOTP`, `VerifyTOTPRegistration`, `RemoveTOTP`, and what one can log in with:
//! `/v2/users/{user_id}/totp`, `.../authentication_methods`, `.../authentication_factors/_search`.

use bartizan::domain::permission::Resource;
use serde_json::{Value, json};

use crate::helpers::{Answer, Authenticator, Client, Human, TestServer};

const REGISTERED: [&str; 3] = [
    "user.human.added",
    "user.human.email.verified",
    "user.human.mfa.otp.added",
];

fn path(human: &Human) -> String {
    format!("/v2/users/{}/totp", human.id)
}

#[track_caller]
fn register(client: &Client, human: &Human) -> Answer {
    client.post(&path(human), &json!({}))
}

#[track_caller]
fn verify(client: &Client, human: &Human, code: &str) -> Answer {
    client.post(&format!("{}/verify", path(human)), &json!({ "code": code }))
}

/// The methods and the factors that a user has.
#[track_caller]
fn listed(server: &TestServer, human: &Human) -> (Value, Value) {
    let of = format!("/v2/users/{}", human.id);
    let methods = server.admin().get(&format!("{of}/authentication_methods"));
    let methods = methods.succeeds().json();
    let count = methods["authMethodTypes"].as_array().map_or(0, Vec::len);
    let total = methods["details"]
        .get("totalResult")
        .map_or(0, |total| total.as_str().unwrap().parse().unwrap());
    assert_eq!(count, total);
    let search = format!("{of}/authentication_factors/_search");
    let factors = server.admin().post(&search, &json!({}));
    (
        methods["authMethodTypes"].clone(),
        factors.succeeds().json()["result"].clone(),
    )
}

#[test]
fn an_app_is_registered_verified_and_removed() {
    let server = TestServer::start();
    let human = server.human("mini");
    let password = json!(["AUTHENTICATION_METHOD_TYPE_PASSWORD"]);
    assert_eq!(listed(&server, &human), (password.clone(), Value::Null));

    server.clock.advance_seconds(5);
    let registered = register(&server.admin(), &human);
    let secret = registered.str("/secret");
    registered.ok(&json!({
        "details": server.user_details(3),
        "uri": format!("otpauth://totp/ZITADEL:mini?secret={secret}&issuer=ZITADEL"),
        "secret": secret,
    }));
    assert_eq!(server.user_history(&human.id), REGISTERED);
    let waiting = json!([{ "state": "AUTH_FACTOR_STATE_NOT_READY", "otp": {} }]);
    assert_eq!(listed(&server, &human), (password.clone(), waiting));

    let app = Authenticator::with(&secret);
    server.writes_nothing(|| {
        verify(&server.admin(), &human, &app.wrong(&server)).fails(
            3,
            "EVENT-8isk2",
            "Invalid code",
        );
    });
    server.clock.advance_seconds(5);
    verify(&server.admin(), &human, &app.code(&server))
        .ok(&json!({ "details": server.user_details(4) }));
    let both = json!([
        "AUTHENTICATION_METHOD_TYPE_TOTP",
        "AUTHENTICATION_METHOD_TYPE_PASSWORD",
    ]);
    let ready = json!([{ "state": "AUTH_FACTOR_STATE_READY", "otp": {} }]);
    assert_eq!(listed(&server, &human), (both, ready));
    server.writes_nothing(|| {
        register(&server.admin(), &human).fails(
            6,
            "COMMAND-do9se",
            "Multifactor OTP (OneTimePassword) is already set up",
        );
        verify(&server.admin(), &human, &app.code(&server)).fails(
            9,
            "COMMAND-qx4ls",
            "Errors.Users.MFA.OTP.AlreadyReady",
        );
    });

    server.clock.advance_seconds(5);
    server
        .admin()
        .delete(&path(&human))
        .ok(&json!({ "details": server.user_details(5) }));
    assert_eq!(listed(&server, &human), (password, Value::Null));
    assert_eq!(
        server.user_history(&human.id)[3..],
        ["user.human.mfa.otp.verified", "user.human.mfa.otp.removed"]
    );
    register(&server.admin(), &human).succeeds();
}

#[test]
fn another_registration_replaces_one_that_was_not_verified() {
    let server = TestServer::start();
    let human = server.human("mini");
    let first = Authenticator::with(&register(&server.admin(), &human).str("/secret"));
    let second = Authenticator::with(&register(&server.admin(), &human).str("/secret"));
    verify(&server.admin(), &human, &first.code(&server)).fails(3, "EVENT-8isk2", "Invalid code");
    verify(&server.admin(), &human, &second.code(&server)).succeeds();
}

#[test]
fn where_there_is_no_app_there_is_nothing_to_verify_or_remove() {
    let server = TestServer::start();
    let doesnt = "Multifactor OTP (OneTimePassword) doesn't exist";
    let machine = server.service(&[]);
    let human = server.human("mini");
    for id in [&*human.id, &*machine.id, "1", "nobody"] {
        let nobody = Human {
            id: id.to_owned(),
            ..human.clone()
        };
        server.writes_nothing(|| {
            if id != human.id {
                register(&server.admin(), &nobody).fails(
                    9,
                    "COMMAND-SqyJz",
                    "User could not be found",
                );
            }
            verify(&server.admin(), &nobody, "123456").fails(5, "COMMAND-3Mif9s", doesnt);
            server
                .admin()
                .delete(&path(&nobody))
                .fails(5, "COMMAND-Hd9sd", doesnt);
        });
    }
    verify(&server.admin(), &human, "").fails_plainly(
        3,
        "invalid VerifyTOTPRegistrationRequest.Code: value length must be between 1 and 200 runes, \
         inclusive",
    );
}

#[test]
fn an_app_is_for_its_owner_and_for_those_who_may_write_credentials() {
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
    let app = Authenticator::with(&register(&own, &human).str("/secret"));
    let code = app.code(&server);
    for (client, (kind, id, text)) in [
        (&stranger, membership),
        (&foreign, membership),
        (&viewer, permission),
    ] {
        server.writes_nothing(|| {
            register(client, &human).fails(kind, id, text);
            verify(client, &human, &code).fails(kind, id, text);
            client.delete(&path(&human)).fails(kind, id, text);
        });
    }
    verify(&own, &human, &code).succeeds();
    let of = format!("/v2/users/{}", human.id);
    for client in [&stranger, &foreign] {
        let (kind, id, text) = membership;
        client
            .get(&format!("{of}/authentication_methods"))
            .fails(kind, id, text);
        client
            .post(&format!("{of}/authentication_factors/_search"), &json!({}))
            .fails(kind, id, text);
    }
    viewer
        .get(&format!("{of}/authentication_methods"))
        .succeeds();
    // From now on the session with a password alone is not enough.
    own.delete(&path(&human))
        .fails(7, "AUTHZ-Kl3p0", "mfa required");
}

#[test]
fn what_one_can_log_in_with_is_found_by_kind_and_state() {
    let server = TestServer::start();
    let (human, _) = server.human_with_app("mini");
    let of = format!("/v2/users/{}", human.id);
    let ready = json!({ "result": [{ "state": "AUTH_FACTOR_STATE_READY", "otp": {} }] });
    let search = |query: &str| {
        let target = format!("{of}/authentication_factors/_search{query}");
        server.admin().post(&target, &json!({}))
    };
    for (query, found) in [
        ("?authFactors=OTP", true),
        ("?authFactors=0&authFactors=U2F", true),
        ("?auth_factors=OTP_SMS&authFactors=U2F", false),
        ("?states=AUTH_FACTOR_STATE_READY", true),
        ("?states=AUTH_FACTOR_STATE_NOT_READY", false),
        ("?authFactors=OTP&states=2&states=1", true),
    ] {
        let expected = if found { ready.clone() } else { json!({}) };
        search(query).ok(&expected);
    }
    search("?states=OFTEN")
        .fails_plainly(3, "parsing list \"states\": \"OFTEN\" is not a valid value");
    let methods = |query: &str| {
        let target = format!("{of}/authentication_methods{query}");
        server.admin().get(&target)
    };
    methods("?domainQuery.domain=localhost&domainQuery.includeWithoutDomain=true").succeeds();
    methods("?domainQuery.includeWithoutDomain=true").fails_plainly(
        3,
        "invalid ListAuthenticationMethodTypesRequest.DomainQuery: embedded message failed \
         validation | caused by: invalid DomainQuery.Domain: value length must be between 1 and 200 \
         runes, inclusive",
    );
    server
        .admin()
        .get("/v2/users/1/authentication_methods")
        .fails(5, "QUERY-Dfbg2", "User could not be found");
    let machine = server.service(&[]);
    let target = format!("/v2/users/{}/authentication_methods", machine.id);
    let none = server.admin().get(&target).json();
    assert_eq!(none.get("authMethodTypes"), None);
}

#[test]
fn an_imported_secret_is_a_factor_at_once() {
    let server = TestServer::start();
    let (human, _) = server.human_with_app("mini");
    assert_eq!(
        server.user_history(&human.id)[2..],
        ["user.human.mfa.otp.added", "user.human.mfa.otp.verified"]
    );
    let (methods, factors) = listed(&server, &human);
    assert_eq!(methods[0], "AUTHENTICATION_METHOD_TYPE_TOTP");
    assert_eq!(factors[0]["state"], "AUTH_FACTOR_STATE_READY");
}

#[test]
fn the_secret_is_in_neither_the_events_nor_the_database() {
    let mut server = TestServer::start();
    let human = server.human("mini");
    let secret = register(&server.admin(), &human).str("/secret");
    let app = Authenticator::with(&secret);
    verify(&server.admin(), &human, &app.code(&server)).succeeds();
    let events = json!(server.user_events(&human.id)).to_string();
    assert!(!events.contains(&secret), "{events}");
    server.restart();
    let raw = totp_rs::Secret::try_from_base32(&secret).unwrap();
    for entry in std::fs::read_dir(&server.config().data_dir).unwrap() {
        let file = entry.unwrap().path();
        let bytes = std::fs::read(&file).unwrap();
        for part in [secret.as_bytes(), raw.as_bytes()] {
            let found = bytes.windows(part.len()).any(|window| window == part);
            assert!(!found, "{}", file.display());
        }
    }
    // Another start reads what was encrypted before it.
    server.session(&json!({ "checks": {
        "user": { "userId": human.id },
        "totp": { "code": app.code(&server) },
    } }));
}
