//! The challenge and the check `webAuthN` of `CreateSession` and `SetSession` (spec session-service.md
//! section 6.3), and what they are worth to a bearer (section 7.3).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::helpers::keys::{DOMAIN, Key, PASSKEY, U2F, ask, text};
use crate::helpers::{Answer, Human, NewSession, PASSWORD, TestServer};

const NO_CHALLENGE: (u8, &str, &str) = (9, "COMMAND-Ioqu5", "Session without WebAuthN challenge");
const UNPARSABLE: (u8, &str, &str) = (3, "WEBAU-ADgv4", "Error on validate login credentials");
const REFUSED: (u8, &str, &str) = (3, "WEBAU-3M9si", "Error on validate login credentials");
const UNKNOWN: (u8, &str, &str) = (9, "COMMAND-Aej7i", "WebAuthN Token could not be found");
const CLONED: (u8, &str, &str) = (3, "WEBAU-4M90s", "Credentials may be cloned");
const NOT_ACTIVE: (u8, &str, &str) = (9, "COMMAND-Df4b3", "User could not be found");
const NO_KEY: (u8, &str, &str) = (9, "WEBAU-4G8sw", "WebAuthN begin login failed");

#[track_caller]
fn refused(answer: &Answer, (code, id, text): (u8, &str, &str)) {
    answer.fails(code, id, text);
}

fn of_user(human: &Human) -> Value {
    json!({ "checks": { "user": { "userId": human.id } } })
}

#[track_caller]
fn factors(server: &TestServer, session: &NewSession) -> Value {
    let read = server.admin().get(&session.path()).succeeds().json();
    read["session"]["factors"].clone()
}

/// The counter of the only key of a user.
#[track_caller]
fn sign_count(server: &TestServer, human: &Human) -> u32 {
    let id = bartizan::domain::ids::given_user_key(&human.id);
    let user = crate::helpers::wait(server.core().store.user(id));
    let user = user.unwrap().unwrap();
    let keys = &user.human().unwrap().web_auth_n.keys;
    keys[0].credential().unwrap().sign_count
}

#[test]
fn a_passkey_is_asked_and_logs_its_user_in() {
    let server = TestServer::start();
    let human = server.human("mini");
    let mut key = Key::passkey();
    let key_id = server.add_key(&human, PASSKEY, &mut key);
    // In one call with the user check.
    let mut body = of_user(&human);
    body["challenges"] = ask("REQUIRED")["challenges"].clone();
    let created = server.login_client().post("/v2/sessions", &body);
    let challenges = created.json()["challenges"].clone();
    let options = challenges["webAuthN"]["publicKeyCredentialRequestOptions"].clone();
    let challenge = options["publicKey"]["challenge"].as_str().unwrap();
    assert_eq!(URL_SAFE_NO_PAD.decode(challenge).unwrap().len(), 32);
    let credential = options["publicKey"]["allowCredentials"][0]["id"].clone();
    let mut expected = server.created(4);
    expected["challenges"] = json!({ "webAuthN": { "publicKeyCredentialRequestOptions": {
        "publicKey": {
            "challenge": challenge,
            "timeout": 300_000,
            "rpId": DOMAIN,
            "allowCredentials": [{ "type": "public-key", "id": credential }],
            "userVerification": "required",
        },
    } } });
    created.is(201, &expected);
    let session = NewSession {
        id: created.str("/sessionId"),
        token: created.str("/sessionToken"),
        details: created.json()["details"].clone(),
    };
    assert_eq!(factors(&server, &session).get("webAuthN"), None);

    server.clock.advance_seconds(5);
    let checked = server.check_key(&session, &key.sign(&options));
    let token = checked.succeeds().str("/sessionToken");
    checked.ok(&server.changed(7));
    assert_eq!(
        factors(&server, &session)["webAuthN"],
        json!({ "verifiedAt": server.clock.text(), "userVerified": true })
    );
    let events = server.session_events(&session.id);
    let told: Vec<_> = events.iter().map(|(_, name, _)| *name).collect();
    assert_eq!(
        told,
        [
            "session.added",
            "session.user.checked",
            "session.webAuthN.challenged",
            "session.token.set",
            "session.webAuthN.checked",
            "user.human.passwordless.token.signcount.changed",
            "session.token.set",
        ]
    );
    assert_eq!(
        events[2].2,
        json!({
            "challenge": challenge,
            "allowedCrentialIDs": [credential],
            "userVerification": 1,
            "rpid": DOMAIN,
        })
    );
    assert_eq!(
        events[5].2,
        json!({ "webAuthNTokenId": key_id, "signCount": 0 })
    );
    assert_eq!(
        server.user_history(&human.id).last(),
        Some(&"user.human.passwordless.token.check.succeeded")
    );
    // Two factors in one.
    server.bearer(&token).get(&session.path()).succeeds();
}

#[test]
fn a_security_key_is_a_second_factor() {
    let server = TestServer::start();
    let human = server.human("mini");
    let first = server.logged_in(&human);
    server.bearer(&first.token).get(&first.path()).succeeds();
    let mut key = Key::security_key();
    server.add_key(&human, U2F, &mut key);
    // From now on a password alone is not enough.
    server
        .bearer(&first.token)
        .get(&first.path())
        .fails(7, "AUTHZ-Kl3p0", "mfa required");
    for (requirement, word, timeout, count) in [
        ("DISCOURAGED", "discouraged", 120_000, 1),
        ("PREFERRED", "preferred", 300_000, 2),
    ] {
        let session = server.session(&of_user(&human));
        let options = server.ask_key(&session, requirement);
        assert_eq!(options["publicKey"]["userVerification"], word);
        assert_eq!(options["publicKey"]["timeout"], timeout);
        let checked = server.check_key(&session, &key.sign(&options));
        let token = checked.succeeds().str("/sessionToken");
        assert_eq!(
            factors(&server, &session)["webAuthN"],
            json!({ "verifiedAt": server.clock.text() })
        );
        assert_eq!(sign_count(&server, &human), count);
        let events = server.session_events(&session.id);
        let (_, name, payload) = &events[events.len() - 2];
        assert_eq!(*name, "user.human.mfa.u2f.token.signcount.changed");
        assert_eq!(payload["signCount"], count);
        // The key alone is one factor, and one is not enough either.
        server
            .bearer(&token)
            .get(&session.path())
            .fails(7, "AUTHZ-Kl3p0", "mfa required");
        let both = json!({ "checks": { "password": { "password": PASSWORD } } });
        let both = server.login_client().patch(&session.path(), &both);
        let token = both.succeeds().str("/sessionToken");
        server.bearer(&token).get(&session.path()).succeeds();
    }
    assert_eq!(
        server.user_history(&human.id)[5],
        "user.human.mfa.u2f.token.check.succeeded"
    );
    // What is removed is not asked for any more.
    let id = server.open_key(&human, PASSKEY).0;
    let path = format!("/v2/users/{}/passkeys/{id}", human.id);
    server.admin().delete(&path).succeeds();
    let keys = format!("/v2/users/{}/authentication_factors/_search", human.id);
    let id = server
        .admin()
        .post(&keys, &json!({}))
        .str("/result/0/u2f/id");
    let path = format!("/v2/users/{}/u2f/{id}", human.id);
    server.admin().delete(&path).succeeds();
    server.bearer(&first.token).get(&first.path()).succeeds();
}

#[test]
fn a_passkey_is_two_factors_in_one_whatever_is_asked_for() {
    for forced in [false, true] {
        let server = TestServer::configured(|config| config.policy.login.force_mfa = forced);
        // The app is a second factor that is set up.
        let (human, _) = server.human_with_app("mini");
        let mut key = Key::passkey();
        server.add_key(&human, PASSKEY, &mut key);
        let password = server.logged_in(&human);
        let bearer = server.bearer(&password.token).get(&password.path());
        bearer.fails(7, "AUTHZ-Kl3p0", "mfa required");
        let session = server.session(&of_user(&human));
        let options = server.ask_key(&session, "REQUIRED");
        let checked = server.check_key(&session, &key.sign(&options));
        let token = checked.succeeds().str("/sessionToken");
        server.bearer(&token).get(&session.path()).succeeds();
        // So is a security key that verifies its user, although nobody asked for it.
        let mut verifying = Key::passkey();
        server.add_key(&human, U2F, &mut verifying);
        let session = server.session(&of_user(&human));
        let options = server.ask_key(&session, "PREFERRED");
        let checked = server.check_key(&session, &verifying.sign(&options));
        let token = checked.succeeds().str("/sessionToken");
        assert_eq!(factors(&server, &session)["webAuthN"]["userVerified"], true);
        server.bearer(&token).get(&session.path()).succeeds();
        // Without that it is one.
        let options = server.ask_key(&session, "DISCOURAGED");
        let checked = server.check_key(&session, &verifying.sign(&options));
        let token = checked.succeeds().str("/sessionToken");
        let bearer = server.bearer(&token).get(&session.path());
        bearer.fails(7, "AUTHZ-Kl3p0", "mfa required");
    }
}

#[test]
fn a_key_is_asked_by_its_kind_and_its_domain() {
    let server = TestServer::start();
    let human = server.human("mini");
    let session = server.session(&of_user(&human));
    let asked = |body: &Value| server.login_client().patch(&session.path(), body);
    let none = |body: &Value| server.writes_nothing(|| refused(&asked(body), NO_KEY));
    for requirement in ["REQUIRED", "PREFERRED", "DISCOURAGED"] {
        none(&ask(requirement));
    }
    // A registration that is open is no key.
    server.open_key(&human, PASSKEY);
    none(&ask("REQUIRED"));
    server.add_key(&human, PASSKEY, &mut Key::passkey());
    none(&ask("PREFERRED"));
    none(&ask("DISCOURAGED"));
    let mut elsewhere = ask("REQUIRED");
    elsewhere["challenges"]["webAuthN"]["domain"] = json!("example.com");
    none(&elsewhere);
    elsewhere["challenges"]["webAuthN"]["domain"] = json!("https://login.example.com");
    server.writes_nothing(|| {
        asked(&elsewhere).fails(3, "WEBAU-UX9ta", "Errors.User.WebAuthN.ServerConfig");
    });
    elsewhere["challenges"]["webAuthN"]["domain"] = json!("LOGIN.example.com");
    let options = asked(&elsewhere).succeeds().json();
    let options = &options["challenges"]["webAuthN"]["publicKeyCredentialRequestOptions"];
    assert_eq!(options["publicKey"]["rpId"], DOMAIN);
    // Without a user there is nobody to ask.
    let empty = server.session(&json!({}));
    server.writes_nothing(|| {
        for answer in [
            server.login_client().patch(&empty.path(), &ask("REQUIRED")),
            server.login_client().post("/v2/sessions", &ask("REQUIRED")),
        ] {
            answer.fails(9, "COMMAND-eeR2e", "User ID missing");
        }
    });
    let machine = server.service(&[]);
    let mut body = json!({ "checks": { "user": { "userId": machine.id } } });
    body["challenges"] = ask("REQUIRED")["challenges"].clone();
    server.writes_nothing(|| {
        refused(
            &server.login_client().post("/v2/sessions", &body),
            NOT_ACTIVE,
        );
    });
}

#[test]
fn a_check_needs_a_challenge_of_an_earlier_call() {
    let server = TestServer::start();
    let human = server.human("mini");
    let mut key = Key::passkey();
    server.add_key(&human, PASSKEY, &mut key);
    let asking = server.session(&of_user(&human));
    let answer = key.sign(&server.ask_key(&asking, "REQUIRED"));
    let check = json!({ "webAuthN": { "credentialAssertionData": answer } });
    let session = server.session(&of_user(&human));
    let mut create = of_user(&human);
    create["checks"]["webAuthN"] = check["webAuthN"].clone();
    let mut at_once = ask("REQUIRED");
    at_once["checks"] = check.clone();
    server.writes_nothing(|| {
        refused(&server.check_key(&session, &answer), NO_CHALLENGE);
        refused(
            &server.login_client().post("/v2/sessions", &create),
            NO_CHALLENGE,
        );
        refused(
            &server.login_client().patch(&session.path(), &at_once),
            NO_CHALLENGE,
        );
    });
    // The check comes before the challenge of its own call, and that stays open.
    let both = server.login_client().patch(&asking.path(), &at_once);
    let options =
        both.succeeds().json()["challenges"]["webAuthN"]["publicKeyCredentialRequestOptions"]
            .clone();
    assert_eq!(
        server.session_history(&asking.id)[5..],
        [
            "session.webAuthN.checked",
            "user.human.passwordless.token.signcount.changed",
            "session.webAuthN.challenged",
            "session.token.set",
        ]
    );
    server.check_key(&asking, &key.sign(&options)).succeeds();
}

#[test]
fn an_answer_is_good_once_and_for_the_last_challenge_alone() {
    let server = TestServer::start();
    let human = server.human("mini");
    let mut key = Key::passkey();
    server.add_key(&human, PASSKEY, &mut key);
    let session = server.session(&of_user(&human));
    let first = key.sign(&server.ask_key(&session, "REQUIRED"));
    let second = key.sign(&server.ask_key(&session, "REQUIRED"));
    server.writes_nothing(|| refused(&server.check_key(&session, &first), REFUSED));
    // A failure leaves the challenge.
    server.check_key(&session, &second).succeeds();
    server.writes_nothing(|| refused(&server.check_key(&session, &second), NO_CHALLENGE));
    // Nor is it good for another challenge, here or elsewhere.
    server.ask_key(&session, "REQUIRED");
    let other = server.session(&of_user(&human));
    server.ask_key(&other, "REQUIRED");
    server.writes_nothing(|| {
        refused(&server.check_key(&session, &second), REFUSED);
        refused(&server.check_key(&other, &second), REFUSED);
    });
}

#[test]
fn a_cloned_key_is_noticed_by_its_counter() {
    let server = TestServer::start();
    let human = server.human("mini");
    let mut key = Key::passkey().counting();
    server.add_key(&human, PASSKEY, &mut key);
    let mut clone = key.clone_of();
    let session = server.session(&of_user(&human));
    let options = server.ask_key(&session, "REQUIRED");
    server.check_key(&session, &key.sign(&options)).succeeds();
    let count = sign_count(&server, &human);
    let options = server.ask_key(&session, "REQUIRED");
    server.writes_nothing(|| {
        refused(&server.check_key(&session, &clone.sign(&options)), CLONED);
    });
    assert_eq!(sign_count(&server, &human), count);
    assert_eq!(
        server.session_history(&session.id).last(),
        Some(&"session.token.set")
    );
    // The challenge is still there, and the counter of the real key has risen.
    server.check_key(&session, &key.sign(&options)).succeeds();
    assert_eq!(sign_count(&server, &human), count + 1);
}

#[test]
fn the_same_counter_counts_once_even_in_parallel() {
    let server = TestServer::start();
    let human = server.human("mini");
    let mut key = Key::passkey().counting();
    server.add_key(&human, PASSKEY, &mut key);
    let sessions: Vec<_> = (0..6).map(|_| server.session(&of_user(&human))).collect();
    let answers: Vec<_> = sessions
        .iter()
        .map(|session| {
            let options = server.ask_key(session, "REQUIRED");
            (session, key.clone_of().sign(&options))
        })
        .collect();
    let mut statuses: Vec<_> = std::thread::scope(|scope| {
        let mut calls = Vec::new();
        for (session, answer) in &answers {
            calls.push(scope.spawn(|| server.check_key(session, answer)));
        }
        let answers = calls.into_iter().map(|call| call.join().unwrap());
        answers
            .map(|answer| {
                if answer.response.status != 200 {
                    refused(&answer, CLONED);
                }
                answer.response.status
            })
            .collect()
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400, 400, 400, 400, 400]);
}

#[test]
fn the_same_answer_is_taken_once_even_in_parallel() {
    let server = TestServer::start();
    let human = server.human("mini");
    let mut key = Key::passkey();
    server.add_key(&human, PASSKEY, &mut key);
    for _ in 0..4 {
        let session = server.session(&of_user(&human));
        let answer = key.sign(&server.ask_key(&session, "REQUIRED"));
        let mut statuses: Vec<_> = std::thread::scope(|scope| {
            let mut calls = Vec::new();
            for _ in 0..6 {
                calls.push(scope.spawn(|| server.check_key(&session, &answer)));
            }
            let answers = calls.into_iter().map(|call| call.join().unwrap());
            answers
                .map(|answer| {
                    if answer.response.status != 200 {
                        refused(&answer, NO_CHALLENGE);
                    }
                    answer.response.status
                })
                .collect()
        });
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400, 400, 400, 400, 400]);
    }
}

#[test]
fn an_answer_that_does_not_fit_proves_nothing() {
    let server = TestServer::start();
    let human = server.human("mini");
    let other = server.human("micky");
    let (mut key, mut second, mut foreign) = (Key::passkey(), Key::passkey(), Key::passkey());
    server.add_key(&human, PASSKEY, &mut key);
    server.add_key(&other, PASSKEY, &mut foreign);
    let session = server.session(&of_user(&human));
    let options = server.ask_key(&session, "REQUIRED");
    let theirs = server.session(&of_user(&other));
    let their_options = server.ask_key(&theirs, "REQUIRED");
    let fails = |answer: &Value, expected| {
        server.writes_nothing(|| refused(&server.check_key(&session, answer), expected));
    };
    // A key of somebody else, with his challenge and with this one.
    fails(&foreign.sign(&their_options), UNKNOWN);
    let mut anybody = options.clone();
    anybody["publicKey"]["allowCredentials"] =
        their_options["publicKey"]["allowCredentials"].clone();
    fails(&foreign.sign(&anybody), UNKNOWN);
    // A key of the user that was not asked, because it was made later.
    server.add_key(&human, PASSKEY, &mut second);
    let mut all = options.clone();
    all["publicKey"]["allowCredentials"] = Value::Null;
    fails(&second.sign(&all), REFUSED);
    // A page of another domain, and another domain in what is signed.
    let mut elsewhere = all.clone();
    elsewhere["publicKey"]["rpId"] = json!("evil.example");
    fails(&key.sign_at("https://evil.example", &elsewhere), REFUSED);
    elsewhere["publicKey"]["rpId"] = json!("example.com");
    fails(&key.sign(&elsewhere), REFUSED);
    // A passkey has to verify its user.
    let mut lenient = options.clone();
    lenient["publicKey"]["userVerification"] = json!("discouraged");
    let unverified = key.sign(&lenient);
    let good = key.sign(&options);
    fails(&unverified, REFUSED);
    // Every part counts.
    for (pointer, change) in [
        ("/response/signature", None),
        ("/response/authenticatorData", None),
        ("/response/userHandle", Some(json!(text(b"somebody else")))),
        (
            "/response/clientDataJSON",
            Some(unverified["response"]["clientDataJSON"].clone()),
        ),
    ] {
        let mut altered = good.clone();
        let place = altered.pointer_mut(pointer).unwrap();
        *place = change.unwrap_or_else(|| {
            let mut bytes = URL_SAFE_NO_PAD.decode(place.as_str().unwrap()).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            json!(text(&bytes))
        });
        if pointer == "/response/clientDataJSON" {
            // The same data of the client, signed twice: each is good for itself alone.
            altered["response"]["signature"] = json!(text(b"nonsense"));
        }
        fails(&altered, REFUSED);
    }
    // A key that does not name its user is fine.
    let mut without = good.clone();
    without["response"]["userHandle"] = Value::Null;
    server.check_key(&session, &without).succeeds();
}

#[test]
fn hostile_bytes_are_refused_and_break_nothing() {
    let server = TestServer::start();
    let human = server.human("mini");
    let mut key = Key::passkey();
    server.add_key(&human, PASSKEY, &mut key);
    let session = server.session(&of_user(&human));
    let good = key.sign(&server.ask_key(&session, "REQUIRED"));
    server.writes_nothing(|| {
        refused(&server.check_key(&session, &json!({})), UNPARSABLE);
        let nothing = json!({ "checks": { "webAuthN": {} } });
        server
            .login_client()
            .patch(&session.path(), &nothing)
            .fails_plainly(
                3,
                "invalid SetSessionRequest.Checks: embedded message failed validation | caused by: \
                 invalid Checks.WebAuthN: embedded message failed validation | caused by: \
                 invalid CheckWebAuthN.CredentialAssertionData: value is required",
            );
        for (pointer, values) in [
            ("/id", vec![json!(""), json!("AAAA"), json!(7), json!(null)]),
            ("/rawId", vec![json!("%"), json!([1, 2]), json!(null)]),
            ("/type", vec![json!("private-key"), json!(null)]),
            (
                "/response",
                vec![json!(null), json!([]), json!({}), json!("x")],
            ),
            (
                "/response/clientDataJSON",
                vec![json!(""), json!("!"), json!(text(b"{}"))],
            ),
            ("/response/authenticatorData", vec![json!("!"), json!(null)]),
            ("/response/signature", vec![json!(1.5), json!(true)]),
            ("/response/userHandle", vec![json!("!"), json!({})]),
        ] {
            for value in values {
                let mut altered = good.clone();
                *altered.pointer_mut(pointer).unwrap() = value;
                refused(&server.check_key(&session, &altered), UNPARSABLE);
            }
        }
        let data = good["response"]["authenticatorData"].as_str().unwrap();
        let data = URL_SAFE_NO_PAD.decode(data).unwrap();
        let mut hostile: Vec<_> = (0..data.len()).map(|end| data[..end].to_vec()).collect();
        // It says that extensions follow: endless lists, and lengths beyond all memory.
        for more in [
            vec![0x81; 50_000],
            vec![0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            vec![0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
        ] {
            let mut extended = data.clone();
            extended[32] |= 0x80;
            extended.extend(more);
            hostile.push(extended);
        }
        for bytes in hostile {
            let mut altered = good.clone();
            altered["response"]["authenticatorData"] = json!(text(&bytes));
            refused(&server.check_key(&session, &altered), REFUSED);
        }
        for signature in [Vec::new(), vec![0x30], vec![0; 5000]] {
            let mut altered = good.clone();
            altered["response"]["signature"] = json!(text(&signature));
            refused(&server.check_key(&session, &altered), REFUSED);
        }
    });
    server.check_key(&session, &good).succeeds();
}

#[test]
fn a_user_who_is_not_active_is_neither_asked_nor_logged_in() {
    let server = TestServer::start();
    for (way, back) in [("lock", "unlock"), ("deactivate", "reactivate")] {
        let human = server.human(way);
        let mut key = Key::passkey();
        server.add_key(&human, PASSKEY, &mut key);
        let of = format!("/v2/users/{}", human.id);
        let session = server.session(&of_user(&human));
        let answer = key.sign(&server.ask_key(&session, "REQUIRED"));
        server
            .admin()
            .post(&format!("{of}/{way}"), &json!({}))
            .succeeds();
        server.writes_nothing(|| {
            // Its sessions have ended with it.
            server.check_key(&session, &answer).fails(
                9,
                "COMMAND-Hewfq",
                "Session already terminated",
            );
        });
        server
            .admin()
            .post(&format!("{of}/{back}"), &json!({}))
            .succeeds();
        let session = server.session(&of_user(&human));
        let answer = key.sign(&server.ask_key(&session, "REQUIRED"));
        server.check_key(&session, &answer).succeeds();
    }
}

#[test]
fn a_key_that_was_removed_signs_no_more() {
    let server = TestServer::start();
    let human = server.human("mini");
    let mut key = Key::passkey();
    let id = server.add_key(&human, PASSKEY, &mut key);
    let session = server.session(&of_user(&human));
    let answer = key.sign(&server.ask_key(&session, "REQUIRED"));
    let path = format!("/v2/users/{}/passkeys/{id}", human.id);
    server.admin().delete(&path).succeeds();
    server.writes_nothing(|| refused(&server.check_key(&session, &answer), UNKNOWN));
}

#[test]
fn a_key_stands_in_its_fixed_place_among_other_checks() {
    let server = TestServer::start();
    let (human, app) = server.human_with_app("mini");
    let mut key = Key::passkey();
    server.add_key(&human, PASSKEY, &mut key);
    let session = server.session(&of_user(&human));
    let answer = key.sign(&server.ask_key(&session, "REQUIRED"));
    let wrong = json!({ "checks": {
        "webAuthN": { "credentialAssertionData": answer },
        "totp": { "code": app.wrong(&server) },
    } });
    // What came before a failure is dropped: the challenge is still there.
    let failed = server.login_client().patch(&session.path(), &wrong);
    failed.fails(3, "EVENT-8isk2", "Invalid code");
    let all = json!({ "checks": {
        "totp": { "code": app.code(&server) },
        "webAuthN": { "credentialAssertionData": answer },
        "password": { "password": PASSWORD },
        "user": { "userId": human.id },
    } });
    let done = server.login_client().patch(&session.path(), &all);
    done.ok(&server.changed(11));
    assert_eq!(
        server.session_history(&session.id)[5..],
        [
            "session.user.checked",
            "session.password.checked",
            "session.webAuthN.checked",
            "user.human.passwordless.token.signcount.changed",
            "session.totp.checked",
            "session.token.set",
        ]
    );
    let history = server.user_history(&human.id);
    assert_eq!(
        history[history.len() - 3..],
        [
            "user.human.password.check.succeeded",
            "user.human.passwordless.token.check.succeeded",
            "user.human.mfa.otp.check.succeeded",
        ]
    );
}
