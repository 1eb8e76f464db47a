//! `AddOTPSMS`, `RemoveOTPSMS`, `AddOTPEmail`, `RemoveOTPEmail`: `/v2/users/{user_id}/otp_sms`,
//! `/v2/users/{user_id}/otp_email`.

use serde_json::{Value, json};

use crate::helpers::{Human, PASSWORD, TestServer};

const READY: &str = "Multifactor OTP (OneTimePassword) is already set up";
const NOT_READY: &str = "Multifactor OTP (OneTimePassword) isn't ready";
const DOESNT: &str = "Multifactor OTP (OneTimePassword) doesn't exist";

/// Route, the ids of its refusals, method, factor.
struct Kind {
    route: &'static str,
    already: &'static str,
    unproven: &'static str,
    none: &'static str,
    method: &'static str,
    factor: &'static str,
    events: [&'static str; 2],
}

const KINDS: [Kind; 2] = [
    Kind {
        route: "otp_sms",
        already: "COMMAND-Ad3g2",
        unproven: "COMMAND-Q54j2",
        none: "COMMAND-Sr3h3",
        method: "AUTHENTICATION_METHOD_TYPE_OTP_SMS",
        factor: "otpSms",
        events: [
            "user.human.mfa.otp.sms.added",
            "user.human.mfa.otp.sms.removed",
        ],
    },
    Kind {
        route: "otp_email",
        already: "COMMAND-MKL2s",
        unproven: "COMMAND-KLJ2d",
        none: "COMMAND-b312D",
        method: "AUTHENTICATION_METHOD_TYPE_OTP_EMAIL",
        factor: "otpEmail",
        events: [
            "user.human.mfa.otp.email.added",
            "user.human.mfa.otp.email.removed",
        ],
    },
];

fn human(server: &TestServer, proven: bool) -> Human {
    let mut more = json!({
        "password": { "password": PASSWORD },
        "email": { "email": "mini@mouse.com" },
        "phone": { "phone": "+41791234567" },
    });
    if proven {
        more["email"]["isVerified"] = json!(true);
        more["phone"]["isVerified"] = json!(true);
    }
    server.human_with("mini", &more)
}

fn path(human: &Human, kind: &Kind) -> String {
    format!("/v2/users/{}/{}", human.id, kind.route)
}

#[track_caller]
fn listed(server: &TestServer, human: &Human) -> (Value, Value) {
    let of = format!("/v2/users/{}", human.id);
    let methods = server.admin().get(&format!("{of}/authentication_methods"));
    let search = format!("{of}/authentication_factors/_search");
    let factors = server.admin().post(&search, &json!({}));
    (
        methods.succeeds().json()["authMethodTypes"].clone(),
        factors.succeeds().json()["result"].clone(),
    )
}

#[test]
fn codes_are_a_factor_from_adding_to_removing_them() {
    for kind in &KINDS {
        let server = TestServer::start();
        let human = human(&server, true);
        let path = path(&human, kind);
        server.clock.advance_seconds(5);
        server
            .admin()
            .post(&path, &json!({}))
            .ok(&json!({ "details": server.user_details(4) }));
        let password = "AUTHENTICATION_METHOD_TYPE_PASSWORD";
        let ready = json!([{ "state": "AUTH_FACTOR_STATE_READY", kind.factor: {} }]);
        assert_eq!(
            listed(&server, &human),
            (json!([kind.method, password]), ready)
        );
        server.writes_nothing(|| {
            server
                .admin()
                .post(&path, &json!({}))
                .fails(6, kind.already, READY);
        });
        server.clock.advance_seconds(5);
        server
            .admin()
            .delete(&path)
            .ok(&json!({ "details": server.user_details(5) }));
        assert_eq!(listed(&server, &human), (json!([password]), Value::Null));
        assert_eq!(server.user_history(&human.id)[3..], kind.events);
        server.writes_nothing(|| {
            server.admin().delete(&path).fails(5, kind.none, DOESNT);
        });
    }
}

#[test]
fn only_a_proven_number_or_address_gets_codes() {
    for kind in &KINDS {
        let server = TestServer::start();
        let unproven = human(&server, false);
        let machine = server.service(&[]);
        for id in [&*unproven.id, &*machine.id, "1", "nobody"] {
            let nobody = Human {
                id: id.to_owned(),
                ..unproven.clone()
            };
            server.writes_nothing(|| {
                let path = path(&nobody, kind);
                let admin = server.admin();
                admin
                    .post(&path, &json!({}))
                    .fails(9, kind.unproven, NOT_READY);
                admin.delete(&path).fails(5, kind.none, DOESNT);
            });
        }
    }
}

#[test]
fn the_factor_waits_for_another_address_to_be_proven() {
    let server = TestServer::start();
    let human = human(&server, true);
    for kind in &KINDS {
        let path = path(&human, kind);
        server.login_client().post(&path, &json!({})).succeeds();
    }
    let update = |body: Value| {
        let target = format!("/v2/users/human/{}", human.id);
        server.admin().put(&target, &body).succeeds();
    };
    update(json!({
        "email": { "email": "new@mouse.com", "returnCode": {} },
        "phone": { "phone": "+41791234568", "returnCode": {} },
    }));
    let password = "AUTHENTICATION_METHOD_TYPE_PASSWORD";
    let state =
        |state: &str| json!([{ "state": state, "otpSms": {} }, { "state": state, "otpEmail": {} }]);
    assert_eq!(
        listed(&server, &human),
        (json!([password]), state("AUTH_FACTOR_STATE_NOT_READY"))
    );
    update(json!({
        "email": { "email": "new@mouse.com", "isVerified": true },
        "phone": { "phone": "+41791234568", "isVerified": true },
    }));
    let methods = json!([
        "AUTHENTICATION_METHOD_TYPE_OTP_SMS",
        "AUTHENTICATION_METHOD_TYPE_OTP_EMAIL",
        password,
    ]);
    assert_eq!(
        listed(&server, &human),
        (methods, state("AUTH_FACTOR_STATE_READY"))
    );
    let search = format!(
        "/v2/users/{}/authentication_factors/_search?authFactors=OTP_EMAIL",
        human.id
    );
    server
        .admin()
        .post(&search, &json!({}))
        .ok(&json!({ "result": [{ "state": "AUTH_FACTOR_STATE_READY", "otpEmail": {} }] }));
}

#[test]
fn factors_are_for_their_owner_and_for_those_who_may_write_credentials() {
    let server = TestServer::start();
    let human = human(&server, true);
    let other = server.human("maxi");
    let stranger = server.bearer(&server.logged_in(&other).token);
    let viewer = server.service(&["IAM_OWNER_VIEWER"]).client;
    let own = server.bearer(&server.logged_in(&human).token);
    for kind in &KINDS {
        let path = path(&human, kind);
        for (client, (code, id, text)) in [
            (&stranger, (5, "AUTHZ-cdgFk", "membership not found")),
            (&viewer, (7, "AUTH-AWfge", "No matching permissions found")),
        ] {
            server.writes_nothing(|| {
                client.post(&path, &json!({})).fails(code, id, text);
                client.delete(&path).fails(code, id, text);
            });
        }
        own.post(&path, &json!({})).succeeds();
        own.delete(&path).succeeds();
        server.login_client().post(&path, &json!({})).succeeds();
        server.login_client().delete(&path).succeeds();
    }
}
