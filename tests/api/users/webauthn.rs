//! Passkeys and security keys of a user: `/v2/users/{user_id}/passkeys`, `.../u2f`, registration links,
//! and what one can log in with.

use bartizan::domain::permission::Resource;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::helpers::keys::{DOMAIN, Key, Of, PASSKEY, U2F, text};
use crate::helpers::{Answer, Human, TestServer};

const REFUSED: (&str, &str) = ("WEBAU-3Vb9s", "Error on create credentials");
const UNPARSABLE: (&str, &str) = ("WEBAU-sEr8c", "Error on parse credential data");
const NOT_FOUND: &str = "WebAuthN Token could not be found";

fn path(human: &Human, of: Of) -> String {
    format!("/v2/users/{}/{}", human.id, of.path)
}

/// The methods and the factors that a user has.
#[track_caller]
fn listed(server: &TestServer, human: &Human, query: &str) -> (Value, Value) {
    let of = format!("/v2/users/{}", human.id);
    let methods = server
        .admin()
        .get(&format!("{of}/authentication_methods{query}"));
    let search = format!("{of}/authentication_factors/_search");
    let factors = server.admin().post(&search, &json!({}));
    (
        methods.succeeds().json()["authMethodTypes"].clone(),
        factors.succeeds().json()["result"].clone(),
    )
}

#[track_caller]
fn passkeys(server: &TestServer, human: &Human) -> Value {
    let search = format!("{}/_search", path(human, PASSKEY));
    let list = server.admin().post(&search, &json!({})).succeeds().json();
    let result = list["result"].clone();
    let count = result.as_array().map_or(0, Vec::len);
    let total = list["details"].get("totalResult");
    let total = total.map_or(0, |total| total.as_str().unwrap().parse().unwrap());
    assert_eq!(count, total);
    result
}

fn created(human: &Human, options: &Value, verification: &str, timeout: u32) -> Value {
    let public_key = &options["publicKey"];
    json!({ "publicKey": {
        "rp": { "id": DOMAIN, "name": "ZITADEL" },
        "user": {
            "id": URL_SAFE_NO_PAD.encode(&human.id),
            "name": human.login_name,
            "displayName": human.display_name,
        },
        "challenge": public_key["challenge"],
        "pubKeyCredParams": [
            { "type": "public-key", "alg": -7 },
            { "type": "public-key", "alg": -35 },
            { "type": "public-key", "alg": -257 },
        ],
        "timeout": timeout,
        "authenticatorSelection": { "userVerification": verification },
        "attestation": "none",
    } })
}

#[test]
fn a_passkey_is_registered_verified_listed_and_removed() {
    let server = TestServer::start();
    let human = server.human("mini");
    let path = path(&human, PASSKEY);
    server.clock.advance_seconds(5);
    let opened = server.admin().post(&path, &json!({ "domain": DOMAIN }));
    let id = opened.str("/passkeyId");
    let options = opened.json()["publicKeyCredentialCreationOptions"].clone();
    opened.ok(&json!({
        "details": server.user_details(3),
        "passkeyId": id,
        "publicKeyCredentialCreationOptions": created(&human, &options, "required", 300_000),
    }));
    let challenge = options["publicKey"]["challenge"].as_str().unwrap();
    assert_eq!(URL_SAFE_NO_PAD.decode(challenge).unwrap().len(), 32);
    let password = json!(["AUTHENTICATION_METHOD_TYPE_PASSWORD"]);
    assert_eq!(listed(&server, &human, ""), (password.clone(), Value::Null));
    assert_eq!(passkeys(&server, &human), Value::Null);

    server.clock.advance_seconds(5);
    let answer = Key::passkey().create(&options);
    server
        .finish_key(&human, PASSKEY, &id, &answer)
        .ok(&json!({ "details": server.user_details(4) }));
    let both = json!([
        "AUTHENTICATION_METHOD_TYPE_PASSKEY",
        "AUTHENTICATION_METHOD_TYPE_PASSWORD",
    ]);
    assert_eq!(listed(&server, &human, ""), (both, Value::Null));
    assert_eq!(
        passkeys(&server, &human),
        json!([{ "id": id, "state": "AUTH_FACTOR_STATE_READY", "name": "my key" }])
    );
    // A second one is not to be made by the same authenticator.
    let (_, second) = server.open_key(&human, PASSKEY);
    assert_eq!(
        second["publicKey"]["excludeCredentials"],
        json!([{ "type": "public-key", "id": answer["id"] }])
    );
    server.writes_nothing(|| {
        server
            .finish_key(&human, PASSKEY, &id, &answer)
            .fails(5, "WEBAU-5M9so", NOT_FOUND);
    });

    server.clock.advance_seconds(5);
    let remove = format!("{path}/{id}");
    server
        .admin()
        .delete(&remove)
        .ok(&json!({ "details": server.user_details(6) }));
    assert_eq!(listed(&server, &human, ""), (password, Value::Null));
    assert_eq!(passkeys(&server, &human), Value::Null);
    server.writes_nothing(|| {
        server
            .admin()
            .delete(&remove)
            .fails(5, "COMMAND-DAfb2", NOT_FOUND);
    });
    assert_eq!(
        server.user_history(&human.id)[2..],
        [
            "user.human.passwordless.token.added",
            "user.human.passwordless.token.verified",
            "user.human.passwordless.token.added",
            "user.human.passwordless.token.removed",
        ]
    );
}

#[test]
fn a_security_key_is_registered_verified_listed_and_removed() {
    let server = TestServer::start();
    let human = server.human("mini");
    let path = path(&human, U2F);
    server.clock.advance_seconds(5);
    let opened = server.admin().post(&path, &json!({ "domain": DOMAIN }));
    let id = opened.str("/u2fId");
    let options = opened.json()["publicKeyCredentialCreationOptions"].clone();
    opened.ok(&json!({
        "details": server.user_details(3),
        "u2fId": id,
        "publicKeyCredentialCreationOptions": created(&human, &options, "discouraged", 120_000),
    }));
    let factor = |state: &str, u2f: Value| json!([{ "state": state, "u2f": u2f }]);
    let password = json!(["AUTHENTICATION_METHOD_TYPE_PASSWORD"]);
    let waiting = factor("AUTH_FACTOR_STATE_NOT_READY", json!({ "id": id }));
    assert_eq!(listed(&server, &human, ""), (password.clone(), waiting));

    let answer = Key::security_key().create(&options);
    server
        .finish_key(&human, U2F, &id, &answer)
        .ok(&json!({ "details": server.user_details(4) }));
    let both = json!([
        "AUTHENTICATION_METHOD_TYPE_U2F",
        "AUTHENTICATION_METHOD_TYPE_PASSWORD",
    ]);
    let ready = factor(
        "AUTH_FACTOR_STATE_READY",
        json!({ "id": id, "name": "my key" }),
    );
    assert_eq!(listed(&server, &human, ""), (both.clone(), ready.clone()));
    assert_eq!(passkeys(&server, &human), Value::Null);
    for (query, expected) in [
        ("?domainQuery.domain=login.example.com", &both),
        ("?domainQuery.domain=example.com", &password),
        (
            "?domainQuery.domain=example.com&domainQuery.includeWithoutDomain=true",
            &password,
        ),
    ] {
        assert_eq!(&listed(&server, &human, query).0, expected, "{query}");
    }
    let search = format!("/v2/users/{}/authentication_factors/_search", human.id);
    for (query, expected) in [
        ("?authFactors=U2F", &ready),
        ("?authFactors=OTP", &Value::Null),
        ("?states=AUTH_FACTOR_STATE_NOT_READY", &Value::Null),
    ] {
        let found = server.admin().post(&format!("{search}{query}"), &json!({}));
        assert_eq!(&found.json()["result"], expected, "{query}");
    }

    let remove = format!("{path}/{id}");
    server
        .admin()
        .delete(&remove)
        .ok(&json!({ "details": server.user_details(5) }));
    assert_eq!(listed(&server, &human, ""), (password, Value::Null));
    server
        .admin()
        .delete(&remove)
        .fails(5, "COMMAND-DAfb2", NOT_FOUND);
    assert_eq!(
        server.user_history(&human.id)[2..],
        [
            "user.human.mfa.u2f.token.added",
            "user.human.mfa.u2f.token.verified",
            "user.human.mfa.u2f.token.removed",
        ]
    );
}

#[test]
fn without_a_domain_a_key_is_bound_to_the_host_of_the_request() {
    let server = TestServer::start();
    let human = server.human("mini");
    let path = path(&human, PASSKEY);
    let id = |answer: Answer| {
        answer
            .succeeds()
            .str("/publicKeyCredentialCreationOptions/publicKey/rp/id")
    };
    let client = server
        .admin()
        .with("X-Forwarded-Host", "evil.example")
        .with("Forwarded", "host=evil.example");
    let plain = id(client.post(&path, &json!({})));
    assert_eq!(plain, "localhost");
    let named = client.post(&path, &json!({ "domain": "Login.Example.COM" }));
    assert_eq!(id(named), DOMAIN);
    server.writes_nothing(|| {
        for domain in ["https://example.com", "example.com:443", "a b", "."] {
            for of in [PASSKEY, U2F] {
                let path = format!("/v2/users/{}/{}", human.id, of.path);
                client.post(&path, &json!({ "domain": domain })).fails(
                    3,
                    "WEBAU-UX9ta",
                    "Errors.User.WebAuthN.ServerConfig",
                );
            }
        }
    });
}

#[test]
fn the_kind_of_authenticator_is_passed_on() {
    let server = TestServer::start();
    let human = server.human("mini");
    for (authenticator, expected) in [
        ("PASSKEY_AUTHENTICATOR_UNSPECIFIED", Value::Null),
        ("PASSKEY_AUTHENTICATOR_PLATFORM", json!("platform")),
        (
            "PASSKEY_AUTHENTICATOR_CROSS_PLATFORM",
            json!("cross-platform"),
        ),
    ] {
        let body = json!({ "domain": DOMAIN, "authenticator": authenticator });
        let opened = server.admin().post(&path(&human, PASSKEY), &body).json();
        let options = &opened["publicKeyCredentialCreationOptions"]["publicKey"];
        let selection = &options["authenticatorSelection"];
        assert_eq!(selection["authenticatorAttachment"], expected);
    }
}

#[test]
fn an_answer_that_does_not_fit_makes_no_key() {
    let server = TestServer::start();
    let human = server.human("mini");
    let (id, options) = server.open_key(&human, PASSKEY);
    let (_, other) = server.open_key(&human, PASSKEY);
    let refused = |answer: &Value, (error, words): (&str, &str)| {
        server.writes_nothing(|| {
            server
                .finish_key(&human, PASSKEY, &id, answer)
                .fails(3, error, words);
        });
    };
    // The challenge of another registration.
    refused(&Key::passkey().create(&other), REFUSED);
    // Another domain, whatever the page says of itself.
    let mut elsewhere = options.clone();
    elsewhere["publicKey"]["rp"]["id"] = json!("evil.example");
    let made = Key::passkey().create_at("https://evil.example", &elsewhere);
    refused(&made, REFUSED);
    elsewhere["publicKey"]["rp"]["id"] = json!("example.com");
    refused(&Key::passkey().create(&elsewhere), REFUSED);
    // A passkey has to verify its user.
    let mut lenient = options.clone();
    lenient["publicKey"]["authenticatorSelection"]["userVerification"] = json!("discouraged");
    refused(&Key::security_key().create(&lenient), REFUSED);
    // What was signed for another kind of ceremony, or altered.
    let good = Key::passkey().create(&options);
    let data = good["response"]["clientDataJSON"].as_str().unwrap();
    let data = String::from_utf8(URL_SAFE_NO_PAD.decode(data).unwrap()).unwrap();
    for (from, to, expected) in [
        ("webauthn.create", "webauthn.get", REFUSED),
        ("https://login.example.com", "https://example.com", REFUSED),
        ("https://login.example.com", "nonsense", UNPARSABLE),
    ] {
        assert!(data.contains(from), "{data}");
        let mut altered = good.clone();
        altered["response"]["clientDataJSON"] = json!(text(data.replace(from, to).as_bytes()));
        refused(&altered, expected);
    }
    let mut renamed = good.clone();
    for field in ["id", "rawId"] {
        renamed[field] = json!(text(b"another id"));
    }
    refused(&renamed, REFUSED);
    // All that did not make the registration unusable.
    server.finish_key(&human, PASSKEY, &id, &good).succeeds();
    // The same credential once more.
    let (id, options) = server.open_key(&human, PASSKEY);
    let mut again = options.clone();
    again["publicKey"]["excludeCredentials"] = json!([]);
    let mut key = Key::passkey();
    let first = key.create(&again);
    server.finish_key(&human, PASSKEY, &id, &first).succeeds();
    server
        .finish_key(&human, PASSKEY, &id, &first)
        .fails(5, "WEBAU-5M9so", NOT_FOUND);
}

#[test]
fn hostile_bytes_are_refused_and_break_nothing() {
    let server = TestServer::start();
    let human = server.human("mini");
    let (id, options) = server.open_key(&human, PASSKEY);
    let good = Key::passkey().create(&options);
    let finish = |answer: &Value| server.finish_key(&human, PASSKEY, &id, answer);
    let unparsable = |answer: &Value| {
        server.writes_nothing(|| finish(answer).fails(3, UNPARSABLE.0, UNPARSABLE.1));
    };
    unparsable(&json!({}));
    for (pointer, values) in [
        ("/id", vec![json!(""), json!("AAAA"), json!(7), json!(null)]),
        ("/rawId", vec![json!("%"), json!([1, 2]), json!(null)]),
        ("/type", vec![json!("private-key"), json!(null)]),
        ("/response", vec![json!(null), json!([]), json!({})]),
        (
            "/response/clientDataJSON",
            vec![json!(""), json!("!"), json!(text(b"{}"))],
        ),
        (
            "/response/attestationObject",
            vec![json!("!"), json!(null), json!(7)],
        ),
    ] {
        for value in values {
            let mut altered = good.clone();
            *altered.pointer_mut(pointer).unwrap() = value;
            unparsable(&altered);
        }
    }
    let object = good["response"]["attestationObject"].as_str().unwrap();
    let object = URL_SAFE_NO_PAD.decode(object).unwrap();
    let mut hostile = vec![
        Vec::new(),
        vec![0xff; 64],
        // Lists in lists in lists, and lengths beyond all memory.
        vec![0x81; 100_000],
        vec![0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        vec![0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    ];
    hostile.extend(
        (0..object.len())
            .step_by(7)
            .map(|end| object[..end].to_vec()),
    );
    for bytes in hostile {
        let mut altered = good.clone();
        altered["response"]["attestationObject"] = json!(text(&bytes));
        server.writes_nothing(|| finish(&altered).fails(3, REFUSED.0, REFUSED.1));
    }
    // Without attestation nothing is signed here: an altered byte may make another key.
    let mut keys = 0;
    for place in (0..object.len()).step_by(5) {
        let mut altered = object.clone();
        altered[place] ^= 0xff;
        let mut answer = good.clone();
        answer["response"]["attestationObject"] = json!(text(&altered));
        let finished = finish(&answer);
        if finished.response.status == 200 {
            keys += 1;
            break;
        }
        finished.fails(3, REFUSED.0, REFUSED.1);
    }
    assert_eq!(
        passkeys(&server, &human).as_array().map_or(0, Vec::len),
        keys
    );
}

#[test]
fn only_the_user_and_who_may_register_keys_do_so() {
    let server = TestServer::start();
    let human = server.human("mini");
    let other = server.human("micky");
    let session = server.logged_in(&human);
    let stranger = server.logged_in(&other);
    let stranger = server.bearer(&stranger.token);
    let viewer = server.service(&["IAM_OWNER_VIEWER"]).client;
    let body = json!({ "domain": DOMAIN });
    for of in [PASSKEY, U2F] {
        let path = path(&human, of);
        server.bearer(&session.token).post(&path, &body).succeeds();
        server.login_client().post(&path, &body).succeeds();
        let manager = server.service_on(
            server.core().default_org,
            Resource::Org(server.core().default_org),
            &["ORG_OWNER"],
        );
        manager.client.post(&path, &body).succeeds();
        let (id, options) = server.open_key(&human, of);
        let mut key = Key::passkey();
        let answer = key.create(&options);
        server.writes_nothing(|| {
            let verify = json!({ of.name: "x", "publicKeyCredential": answer });
            for (method, path, body) in [
                ("POST", path.clone(), body.clone()),
                ("POST", format!("{path}/{id}"), verify),
                ("DELETE", format!("{path}/{id}"), json!({})),
            ] {
                let body = body.to_string();
                stranger.send(method, &path, Some(body.as_bytes())).fails(
                    5,
                    "AUTHZ-cdgFk",
                    "membership not found",
                );
                viewer.send(method, &path, Some(body.as_bytes())).fails(
                    7,
                    "AUTH-AWfge",
                    "No matching permissions found",
                );
            }
        });
    }
    for path in [path(&human, PASSKEY), path(&human, U2F)] {
        server.anonymous().post(&path, &body).is(
            401,
            &json!({ "code": 16, "message": "auth header missing" }),
        );
    }
}

#[test]
fn nobody_and_machines_have_no_keys() {
    let server = TestServer::start();
    let machine = server.service(&[]);
    for id in ["4711", "not-an-id", &machine.id] {
        for of in [PASSKEY, U2F] {
            let path = format!("/v2/users/{id}/{}", of.path);
            let answer = server.admin().post(&path, &json!({ "domain": DOMAIN }));
            answer.fails(5, "COMMAND-M9dsd", "User could not be found");
            let verify = json!({ of.name: "x", "publicKeyCredential": {} });
            let answer = server.admin().post(&format!("{path}/8"), &verify);
            if id == machine.id {
                answer.fails(5, "WEBAU-5M9so", NOT_FOUND);
            } else {
                answer.fails(5, "COMMAND-M9dsd", "User could not be found");
            }
            let answer = server.admin().delete(&format!("{path}/8"));
            answer.fails(5, "COMMAND-DAfb2", NOT_FOUND);
        }
        let link = format!("/v2/users/{id}/passkeys/registration_link");
        server
            .admin()
            .post(&link, &json!({ "returnCode": {} }))
            .fails(5, "COMMAND-M9dsd", "User could not be found");
    }
    let search = format!("/v2/users/{}/passkeys/_search", machine.id);
    let list = server.admin().post(&search, &json!({})).succeeds().json();
    assert_eq!(list.get("result"), None);
}

#[test]
fn keys_are_bounded_and_registrations_that_are_never_finished_give_way() {
    let server = TestServer::start();
    let human = server.human("mini");
    let (first, options) = server.open_key(&human, U2F);
    for _ in 0..4 {
        server.open_key(&human, U2F);
    }
    let answer = Key::security_key().create(&options);
    server
        .finish_key(&human, U2F, &first, &answer)
        .fails(5, "WEBAU-5M9so", NOT_FOUND);
    let history = server.user_history(&human.id);
    assert_eq!(history.last(), Some(&"user.human.mfa.u2f.token.added"));
    assert!(history.contains(&"user.human.mfa.u2f.token.removed"));
    for _ in 0..29 {
        server.add_key(&human, U2F, &mut Key::security_key());
    }
    server.writes_nothing(|| {
        let path = path(&human, PASSKEY);
        server
            .admin()
            .post(&path, &json!({ "domain": DOMAIN }))
            .fails(9, "BTZ-W3bmx", "Too many passkeys and security keys");
    });
}

#[test]
fn a_link_lets_anybody_register_one_passkey() {
    let server = TestServer::start();
    let human = server.human("mini");
    let stranger = server.service(&[]);
    let link = format!("{}/registration_link", path(&human, PASSKEY));
    server.clock.advance_seconds(5);
    let made = server
        .login_client()
        .post(&link, &json!({ "returnCode": {} }));
    let (id, code) = (made.str("/code/id"), made.str("/code/code"));
    made.ok(&json!({
        "details": server.user_details(3),
        "code": { "id": id, "code": code },
    }));
    assert_eq!(code.len(), 12);
    assert!(code.chars().all(|letter| letter.is_ascii_alphanumeric()));
    let events = server.user_events(&human.id);
    assert_eq!(
        events[2].1,
        "user.human.passwordless.initialization.code.added"
    );
    assert!(!events[2].2.to_string().contains(&code), "{events:?}");

    let register = |id: &str, code: &str| {
        let body = json!({ "domain": DOMAIN, "code": { "id": id, "code": code } });
        stranger.client.post(&path(&human, PASSKEY), &body)
    };
    let invalid = |answer: Answer| answer.fails(3, "COMMAND-Eeb2a", "Code is invalid");
    invalid(register(&id, "AAAAAAAAAAAA"));
    assert_eq!(
        server.user_history(&human.id).last(),
        Some(&"user.human.passwordless.initialization.code.check.failed")
    );
    let other = path(&server.human("micky"), PASSKEY);
    server.writes_nothing(|| {
        invalid(register("1", &code));
        invalid(register("no id", &code));
        let body = json!({ "domain": DOMAIN, "code": { "id": id, "code": code } });
        invalid(stranger.client.post(&other, &body));
    });
    let opened = register(&id, &code);
    let key = opened.succeeds().str("/passkeyId");
    let options = opened.json()["publicKeyCredentialCreationOptions"].clone();
    assert_eq!(
        server.user_history(&human.id)[4..],
        [
            "user.human.passwordless.token.added",
            "user.human.passwordless.initialization.code.check.succeeded",
        ]
    );
    // It was good once, and only for the one who used it.
    invalid(register(&id, &code));
    let answer = Key::passkey().create(&options);
    let verify = format!("{}/{key}", path(&human, PASSKEY));
    let body = json!({ "passkeyName": "x", "publicKeyCredential": answer });
    let other = server.service(&[]).client.post(&verify, &body);
    other.fails(5, "AUTHZ-cdgFk", "membership not found");
    stranger.client.post(&verify, &body).succeeds();
}

#[test]
fn a_code_ends_with_its_hour_and_with_too_many_wrong_answers() {
    let server = TestServer::start();
    let human = server.human("mini");
    let link = format!("{}/registration_link", path(&human, PASSKEY));
    let make = || {
        let made = server
            .login_client()
            .post(&link, &json!({ "returnCode": {} }));
        (made.str("/code/id"), made.str("/code/code"))
    };
    let register = |(id, code): &(String, String)| {
        let body = json!({ "domain": DOMAIN, "code": { "id": id, "code": code } });
        server.login_client().post(&path(&human, PASSKEY), &body)
    };
    let code = make();
    server.clock.advance_seconds(3599);
    let second = make();
    register(&code).succeeds();
    server.clock.advance_seconds(3600);
    server.writes_nothing(|| register(&second).fails(3, "COMMAND-Eeb2a", "Code is invalid"));
    let third = make();
    let wrong = (third.0.clone(), "AAAAAAAAAAAA".to_owned());
    for _ in 0..10 {
        register(&wrong).fails(3, "COMMAND-Eeb2a", "Code is invalid");
    }
    server.writes_nothing(|| register(&third).fails(3, "COMMAND-Eeb2a", "Code is invalid"));
}

#[test]
fn a_link_needs_its_permission_and_something_that_sends_it() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.logged_in(&human);
    let link = format!("{}/registration_link", path(&human, PASSKEY));
    server.writes_nothing(|| {
        let own = server
            .bearer(&session.token)
            .post(&link, &json!({ "returnCode": {} }));
        own.fails(5, "AUTHZ-cdgFk", "membership not found");
        for body in [json!({}), json!({ "sendLink": {} })] {
            server.login_client().post(&link, &body).fails(
                9,
                "BTZ-Sm7p0",
                "SMTP configuration not found",
            );
        }
        let body = json!({ "sendLink": { "urlTemplate": "https://x/{{.Nothing}}" } });
        server.login_client().post(&link, &body).fails(
            3,
            "DOMAIN-ieYa7",
            "URL Template is invalid",
        );
    });
}

#[test]
fn who_has_a_passkey_is_not_invited() {
    let server = TestServer::start();
    let human = server.human_with("mini", &json!({ "password": null }));
    let invite = || {
        let path = format!("/v2/users/{}/invite_code", human.id);
        server.admin().post(&path, &json!({ "returnCode": {} }))
    };
    server.open_key(&human, PASSKEY);
    server.add_key(&human, U2F, &mut Key::security_key());
    invite().succeeds();
    server.add_key(&human, PASSKEY, &mut Key::passkey());
    server.writes_nothing(|| {
        invite().fails(9, "COMMAND-EF34g", "User is already initialized");
    });
}

#[test]
fn removing_a_user_removes_keys_and_codes() {
    let server = TestServer::start();
    let human = server.human("mini");
    server.add_key(&human, PASSKEY, &mut Key::passkey());
    let of = format!("/v2/users/{}", human.id);
    server.admin().delete(&of).succeeds();
    let user = crate::helpers::wait(
        server
            .core()
            .store
            .user(bartizan::domain::ids::given_user_key(&human.id)),
    );
    let user = user.unwrap().unwrap();
    assert!(user.human().unwrap().web_auth_n.is_empty());
}
