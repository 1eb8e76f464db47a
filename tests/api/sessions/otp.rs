//! The challenges and checks `otpSms` and `otpEmail` of `CreateSession` and `SetSession`
//! (spec session-service.md section 6.5).

use std::collections::BTreeSet;
use std::time::Duration;

use bartizan::command::{self, AskOtp, Challenges, Delivery, SetSession};
use bartizan::domain::ids::{SessionId, given_user_key};
use bartizan::domain::notification::{Channel, Message};
use serde_json::{Value, json};

use crate::helpers::mailbox::{LOGIN, Mailbox};
use crate::helpers::{Answer, Human, NewSession, PASSWORD, TestServer, wait};

const EMAIL: &str = "mini@mouse.com";
const PHONE: &str = "+41791234567";

const NOT_READY: &str = "Multifactor OTP (OneTimePassword) isn't ready";
const CHECK_NOT_READY: (u8, &str, &str) = (9, "COMMAND-d2r52", NOT_READY);
const NO_CODE: (u8, &str, &str) = (9, "COMMAND-S34gh", "Code not found");
const EXPIRED: (u8, &str, &str) = (9, "CODE-QvUQ4P", "Code is expired");
const WRONG: (u8, &str, &str) = (3, "CODE-woT0xc", "Code is invalid");

/// One of the two kinds of codes that are sent.
#[derive(Debug, Clone, Copy)]
struct Kind {
    /// Of challenge, check and factor.
    name: &'static str,
    route: &'static str,
    events: &'static str,
    user_missing: &'static str,
    not_ready: &'static str,
    not_configured: (&'static str, &'static str),
}

const SMS: Kind = Kind {
    name: "otpSms",
    route: "otp_sms",
    events: "otp.sms",
    user_missing: "COMMAND-JKL3g",
    not_ready: "COMMAND-BJ2g3",
    not_configured: ("BTZ-Sm50n", "SMS configuration not found"),
};

const MAIL: Kind = Kind {
    name: "otpEmail",
    route: "otp_email",
    events: "otp.email",
    user_missing: "COMMAND-JK3gp",
    not_ready: "COMMAND-JKLJ3",
    not_configured: ("BTZ-Sm7p0", "SMTP configuration not found"),
};

const KINDS: [Kind; 2] = [SMS, MAIL];

impl Kind {
    fn returned(self) -> Value {
        if self.name == SMS.name {
            json!({ "otpSms": { "returnCode": true } })
        } else {
            json!({ "otpEmail": { "returnCode": {} } })
        }
    }

    /// Asks for a code in a session.
    #[track_caller]
    fn ask(self, server: &TestServer, session: &NewSession) -> Answer {
        let body = json!({ "challenges": self.returned() });
        server.login_client().patch(&session.path(), &body)
    }

    /// The code that was asked for.
    #[track_caller]
    fn code(self, answer: &Answer) -> String {
        let code = answer.str(&format!("/challenges/{}", self.name));
        assert_eq!(code.len(), 8, "{code}");
        assert!(code.bytes().all(|byte| byte.is_ascii_digit()), "{code}");
        code
    }

    #[track_caller]
    fn asked(self, server: &TestServer, session: &NewSession) -> String {
        self.code(&self.ask(server, session))
    }

    #[track_caller]
    fn check(self, server: &TestServer, session: &NewSession, code: &str) -> Answer {
        let body = json!({ "checks": { self.name: { "code": code } } });
        server.login_client().patch(&session.path(), &body)
    }

    fn event(self, of: &str, what: &str) -> String {
        match of {
            "session" => format!("session.{}.{what}", self.events),
            _ => format!("user.human.mfa.{}.{what}", self.events),
        }
    }
}

#[track_caller]
fn refused(answer: &Answer, (code, id, text): (u8, &str, &str)) {
    answer.fails(code, id, text);
}

/// A person whose address and number are proven.
#[track_caller]
fn reachable(server: &TestServer, login_name: &str) -> Human {
    server.human_with(
        login_name,
        &json!({
            "password": { "password": PASSWORD },
            "email": { "email": EMAIL, "isVerified": true },
            "phone": { "phone": PHONE, "isVerified": true },
        }),
    )
}

/// The same, with codes as factors.
#[track_caller]
fn with_factors(server: &TestServer, login_name: &str) -> Human {
    let human = reachable(server, login_name);
    for kind in KINDS {
        let path = format!("/v2/users/{}/{}", human.id, kind.route);
        server.admin().post(&path, &json!({})).succeeds();
    }
    human
}

fn of_user(human: &Human) -> Value {
    json!({ "checks": { "user": { "userId": human.id } } })
}

#[track_caller]
fn factors(server: &TestServer, session: &NewSession) -> Value {
    let read = server.admin().get(&session.path()).succeeds().json();
    read["session"]["factors"].clone()
}

#[track_caller]
fn failures(server: &TestServer, human: &Human) -> u32 {
    let user = wait(server.core().store.user(given_user_key(&human.id)));
    user.unwrap().unwrap().human().unwrap().otp_failures.count
}

/// A code that is not this one.
fn other(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:08}", (number + 1) % 100_000_000)
}

#[test]
fn a_code_that_is_given_back_is_a_factor() {
    for kind in KINDS {
        let server = TestServer::start();
        let human = with_factors(&server, "mini");
        let session = server.session(&of_user(&human));
        server.clock.advance_seconds(5);
        let answer = kind.ask(&server, &session);
        let code = kind.code(&answer);
        let mut expected = server.changed(5);
        expected["challenges"] = json!({ kind.name: code });
        answer.ok(&expected);
        assert_eq!(factors(&server, &session).get(kind.name), None);
        server.clock.advance_seconds(5);
        kind.check(&server, &session, &code).ok(&server.changed(7));
        let moment = json!({ "verifiedAt": server.clock.text() });
        assert_eq!(factors(&server, &session)[kind.name], moment);
        let list = server.admin().post("/v2/sessions/search", &json!({}));
        assert_eq!(list.json()["sessions"][0]["factors"][kind.name], moment);
        assert_eq!(
            server.session_history(&session.id)[3..],
            [
                &*kind.event("session", "challenged"),
                "session.token.set",
                &*kind.event("session", "checked"),
                "session.token.set",
            ]
        );
        assert_eq!(
            server.user_history(&human.id).last(),
            Some(&&*kind.event("user", "check.succeeded"))
        );
        // It is used up.
        server.writes_nothing(|| refused(&kind.check(&server, &session, &code), NO_CODE));
    }
}

#[test]
fn both_codes_can_be_asked_for_when_a_session_is_made() {
    let server = TestServer::start();
    let human = with_factors(&server, "mini");
    let body = json!({
        "checks": { "user": { "userId": human.id }, "password": { "password": PASSWORD } },
        "challenges": { "otpSms": { "returnCode": true }, "otpEmail": { "returnCode": {} } },
    });
    let answer = server.login_client().post("/v2/sessions", &body);
    let (sms, email) = (SMS.code(&answer), MAIL.code(&answer));
    let mut expected = server.created(6);
    expected["challenges"] = json!({ "otpSms": sms, "otpEmail": email });
    answer.is(201, &expected);
    let id = answer.str("/sessionId");
    let events = server.session_events(&id);
    let names: Vec<_> = events.iter().map(|(_, name, _)| *name).collect();
    assert_eq!(
        names[1..],
        [
            "session.user.checked",
            "session.password.checked",
            "session.otp.sms.challenged",
            "session.otp.email.challenged",
            "session.token.set",
        ]
    );
    for (event, returned) in [(3, "codeReturned"), (4, "returnCode")] {
        let payload = events[event].2.as_object().unwrap();
        let keys: BTreeSet<_> = payload.keys().map(String::as_str).collect();
        assert_eq!(keys, BTreeSet::from(["digest", "expiry", returned]));
        assert_eq!(payload["expiry"], 300_000_000_000_u64);
        let text = events[event].2.to_string();
        assert!(!text.contains(&sms) && !text.contains(&email), "{text}");
    }
    // Each is good for its own kind alone, and both can be checked in one call.
    let path = format!("/v2/sessions/{id}");
    let check = |sms: &str, email: &str| {
        let body =
            json!({ "checks": { "otpEmail": { "code": email }, "otpSms": { "code": sms } } });
        server.login_client().patch(&path, &body)
    };
    refused(&check(&email, &email), WRONG);
    refused(&check(&sms, &sms), WRONG);
    check(&sms, &email).ok(&server.changed(9));
}

#[test]
fn a_code_is_never_of_its_own_call() {
    for kind in KINDS {
        let server = TestServer::start();
        let human = with_factors(&server, "mini");
        let body = json!({
            "checks": { "user": { "userId": human.id }, kind.name: { "code": "12345678" } },
            "challenges": kind.returned(),
        });
        let session = server.session(&of_user(&human));
        server.writes_nothing(|| {
            refused(&server.login_client().post("/v2/sessions", &body), NO_CODE);
            refused(
                &server.login_client().patch(&session.path(), &body),
                NO_CODE,
            );
        });
        // One call can give a code back and ask for the next one.
        let code = kind.asked(&server, &session);
        let body = json!({
            "checks": { kind.name: { "code": code } },
            "challenges": kind.returned(),
        });
        let next = kind.code(&server.login_client().patch(&session.path(), &body));
        kind.check(&server, &session, &next).succeeds();
    }
}

#[test]
fn a_code_needs_a_user_who_has_the_factor() {
    for kind in KINDS {
        let server = TestServer::start();
        let human = reachable(&server, "mini");
        let machine = server.service(&[]);
        let empty = server.session(&json!({}));
        let session = server.session(&of_user(&human));
        let of_machine = server.session(&json!({ "checks": { "user": { "userId": machine.id } } }));
        server.writes_nothing(|| {
            kind.ask(&server, &empty)
                .fails(9, kind.user_missing, "User ID missing");
            kind.check(&server, &empty, "1")
                .fails(3, "COMMAND-S453v", "User ID missing");
            for session in [&session, &of_machine] {
                kind.ask(&server, session)
                    .fails(9, kind.not_ready, NOT_READY);
                refused(&kind.check(&server, session, "1"), CHECK_NOT_READY);
            }
        });
    }
}

#[test]
fn wrong_and_late_codes_are_counted_and_leave_the_challenge() {
    for kind in KINDS {
        let server = TestServer::start();
        let human = with_factors(&server, "mini");
        let session = server.session(&of_user(&human));
        let code = kind.asked(&server, &session);
        for wrong in [&other(&code), "1", &format!("{code}0")] {
            refused(&kind.check(&server, &session, wrong), WRONG);
        }
        assert_eq!(failures(&server, &human), 3);
        server.clock.advance(Duration::from_secs(299));
        kind.check(&server, &session, &code).succeeds();
        assert_eq!(failures(&server, &human), 0);

        let code = kind.asked(&server, &session);
        server.clock.advance(Duration::from_mins(5));
        let events = server.session_history(&session.id).len();
        refused(&kind.check(&server, &session, &code), EXPIRED);
        refused(&kind.check(&server, &session, &other(&code)), EXPIRED);
        assert_eq!(server.session_history(&session.id).len(), events);
        assert_eq!(failures(&server, &human), 2);
        let failed = kind.event("user", "check.failed");
        let history = server.user_history(&human.id);
        assert_eq!(history[history.len() - 2..], [&*failed; 2]);
    }
}

#[test]
fn a_newer_code_voids_the_older_and_one_session_knows_not_those_of_another() {
    for kind in KINDS {
        let server = TestServer::start();
        let human = with_factors(&server, "mini");
        let session = server.session(&of_user(&human));
        let elsewhere = server.session(&of_user(&human));
        let first = kind.asked(&server, &session);
        let foreign = kind.asked(&server, &elsewhere);
        let second = kind.asked(&server, &session);
        refused(&kind.check(&server, &session, &first), WRONG);
        refused(&kind.check(&server, &session, &foreign), WRONG);
        kind.check(&server, &session, &second).succeeds();
        kind.check(&server, &elsewhere, &foreign).succeeds();
    }
}

#[test]
fn a_code_used_at_many_places_at_once_works_at_one() {
    for kind in KINDS {
        let server = TestServer::configured(|config| config.server.workers = 4);
        let human = with_factors(&server, "mini");
        let session = server.session(&of_user(&human));
        let code = kind.asked(&server, &session);
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let mut threads = Vec::new();
            for _ in 0..8 {
                threads.push(scope.spawn(|| kind.check(&server, &session, &code)));
            }
            let joined = threads.into_iter().map(|thread| thread.join().unwrap());
            joined.collect()
        });
        let (checked, others): (Vec<_>, Vec<_>) = answers
            .iter()
            .partition(|answer| answer.response.status == 200);
        assert_eq!(checked.len(), 1);
        for answer in others {
            refused(answer, NO_CODE);
        }
    }
}

#[test]
fn a_code_that_went_to_an_older_address_proves_nothing() {
    let server = TestServer::start();
    let human = with_factors(&server, "mini");
    let session = server.session(&of_user(&human));
    let [sms, email] = KINDS.map(|kind| kind.asked(&server, &session));
    let update = |body: Value| {
        let target = format!("/v2/users/human/{}", human.id);
        server.admin().put(&target, &body).succeeds();
    };
    update(json!({
        "email": { "email": "new@mouse.com", "returnCode": {} },
        "phone": { "phone": "+41791234568", "returnCode": {} },
    }));
    server.writes_nothing(|| {
        for (kind, code) in [(SMS, &sms), (MAIL, &email)] {
            refused(&kind.check(&server, &session, code), CHECK_NOT_READY);
            kind.ask(&server, &session)
                .fails(9, kind.not_ready, NOT_READY);
        }
    });
    update(json!({
        "email": { "email": "new@mouse.com", "isVerified": true },
        "phone": { "phone": "+41791234568", "isVerified": true },
    }));
    for (kind, code) in [(SMS, &sms), (MAIL, &email)] {
        refused(&kind.check(&server, &session, code), WRONG);
        let code = kind.asked(&server, &session);
        kind.check(&server, &session, &code).succeeds();
    }
}

#[test]
fn the_lockout_policy_counts_both_kinds_and_locking_ends_the_session() {
    let server = TestServer::configured(|config| config.policy.lockout.max_otp_attempts = 3);
    let human = with_factors(&server, "mini");
    let session = server.session(&of_user(&human));
    let [sms, email] = KINDS.map(|kind| kind.asked(&server, &session));
    refused(&SMS.check(&server, &session, &other(&sms)), WRONG);
    refused(&MAIL.check(&server, &session, &other(&email)), WRONG);
    refused(&SMS.check(&server, &session, &other(&sms)), WRONG);
    let history = server.user_history(&human.id);
    assert_eq!(
        history[history.len() - 3..],
        [
            "user.human.mfa.otp.email.check.failed",
            "user.human.mfa.otp.sms.check.failed",
            "user.locked",
        ]
    );
    let over = SMS.check(&server, &session, &sms);
    over.fails(9, "COMMAND-Hewfq", "Session already terminated");
}

#[test]
fn answers_to_wrong_codes_are_held_back_and_after_too_many_none_is_judged() {
    for kind in KINDS {
        let server = TestServer::configured(|config| config.policy.attempts.max_in_a_row = 10);
        let human = with_factors(&server, "mini");
        let session = server.session(&of_user(&human));
        let code = kind.asked(&server, &session);
        for attempts in 1..=10 {
            refused(&kind.check(&server, &session, &other(&code)), WRONG);
            let slept = server.clock.take_slept();
            let expected = if attempts == 10 {
                vec![Duration::from_secs(1)]
            } else {
                vec![]
            };
            assert_eq!(slept, expected, "{attempts}");
        }
        let text = "Too many failed attempts, try again later";
        server.writes_nothing(|| {
            kind.check(&server, &session, &code)
                .fails(8, "BTZ-Tm4ny", text);
        });
        // A new code is no new chance.
        let code = kind.asked(&server, &session);
        kind.check(&server, &session, &code)
            .fails(8, "BTZ-Tm4ny", text);
    }
}

#[test]
fn the_state_of_the_user_is_tested_before_a_code_is_made() {
    let server = TestServer::start();
    let human = with_factors(&server, "mini");
    let change = |name: &str| {
        let target = format!("/v2/users/{}/{name}", human.id);
        server.admin().post(&target, &json!({})).succeeds();
    };
    for (off, on) in [("deactivate", "reactivate"), ("lock", "unlock")] {
        change(off);
        for kind in KINDS {
            let mut body = of_user(&human);
            body["challenges"] = kind.returned();
            server.writes_nothing(|| {
                server.login_client().post("/v2/sessions", &body).fails(
                    9,
                    "SESSION-Gj4ko",
                    "Errors.User.NotActive",
                );
            });
        }
        change(on);
    }
}

#[test]
fn where_nothing_delivers_nothing_is_written() {
    let server = TestServer::start();
    let human = with_factors(&server, "mini");
    let session = server.session(&of_user(&human));
    let template = json!({ "sendCode": { "urlTemplate": "https://x.example/{{.Code}}" } });
    for (kind, how) in [
        (SMS, json!({})),
        (SMS, json!({ "returnCode": false })),
        (MAIL, json!({})),
        (MAIL, json!({ "sendCode": {} })),
        (MAIL, template),
    ] {
        let body = json!({ "challenges": { kind.name: how } });
        let (id, text) = kind.not_configured;
        server.writes_nothing(|| {
            server
                .login_client()
                .patch(&session.path(), &body)
                .fails(9, id, text);
        });
    }
}

#[test]
fn a_template_is_tested_after_the_user_and_before_everything_else() {
    let server = TestServer::start();
    let human = server.human("mini");
    let text = "URL Template is invalid";
    let asked = |template: &str, user: Value| {
        json!({
            "checks": { "user": user, "password": { "password": "wrong" } },
            "challenges": { "otpEmail": { "sendCode": { "urlTemplate": template } } },
        })
    };
    let session = server.session(&json!({}));
    for (template, id) in [
        ("https://x.example/{{.Code", "DOMAIN-oGh5e"),
        ("https://x.example/{{.Secret}}", "DOMAIN-ieYa7"),
        ("https://x.example/{{.OrgID}}", "DOMAIN-ieYa7"),
    ] {
        let body = asked(template, json!({ "userId": human.id }));
        server.writes_nothing(|| {
            let client = server.login_client();
            client.post("/v2/sessions", &body).fails(3, id, text);
            client.patch(&session.path(), &body).fails(3, id, text);
            client
                .post(
                    "/v2/sessions",
                    &asked(template, json!({ "loginName": "nobody" })),
                )
                .fails(5, "QUERY-Dfbg2", "User could not be found");
        });
    }
    let long = "x".repeat(201);
    server
        .login_client()
        .post(
            "/v2/sessions",
            &asked(&long, json!({ "userId": human.id })),
        )
        .fails_plainly(
            3,
            "invalid CreateSessionRequest.Challenges: embedded message failed validation | caused \
             by: invalid RequestChallenges.OtpEmail: embedded message failed validation | caused by: \
             invalid RequestChallenges_OTPEmail.SendCode: embedded message failed validation | \
             caused by: invalid RequestChallenges_OTPEmail_SendCode.UrlTemplate: value length must \
             be between 1 and 200 runes, inclusive",
        );
}

#[test]
fn a_code_is_sent_with_a_link_and_logs_the_user_in() {
    let server = TestServer::start();
    let human = with_factors(&server, "mini");
    let session = server.session(&of_user(&human));
    let (mailbox, core) = Mailbox::at(server.core());
    let template = "https://x.example/{{.SessionID}}?c={{.Code}}&n={{.LoginName}}".to_owned();
    let asked = |otp: AskOtp| {
        let set = SetSession {
            id: SessionId::parse(&session.id),
            challenges: Challenges {
                otp,
                ..Challenges::default()
            },
            ..SetSession::default()
        };
        let saved = wait(command::set_session(&core, &server.caller(), set)).unwrap();
        assert!(saved.challenges.otp.sms.is_none() && saved.challenges.otp.email.is_none());
        mailbox.one()
    };
    let send = |template| Some(Delivery::Send(template));
    let (user, id) = (&human.id, &session.id);
    for (kind, otp, message, channel, address, link) in [
        (
            SMS,
            AskOtp {
                sms: send(None),
                ..AskOtp::default()
            },
            Message::OtpSms,
            Channel::Sms,
            PHONE,
            format!("{LOGIN}/otp/sms?code=CODE&userId={user}&sessionId={id}"),
        ),
        (
            MAIL,
            AskOtp {
                email: send(None),
                ..AskOtp::default()
            },
            Message::OtpEmail,
            Channel::Email,
            EMAIL,
            format!("{LOGIN}/otp/email?code=CODE&userId={user}&sessionId={id}"),
        ),
        (
            MAIL,
            AskOtp {
                email: send(Some(template.clone())),
                ..AskOtp::default()
            },
            Message::OtpEmail,
            Channel::Email,
            EMAIL,
            format!("https://x.example/{id}?c=CODE&n=mini"),
        ),
    ] {
        let message_sent = asked(otp);
        let digits = message_sent.code.expose();
        assert_eq!(
            (message_sent.message, message_sent.recipient.channel),
            (message, channel)
        );
        assert_eq!(message_sent.recipient.address, address);
        assert_eq!(message_sent.url.expose(), link.replace("CODE", digits));
        let (_, name, payload) = server.session_events(id).into_iter().rev().nth(1).unwrap();
        assert_eq!(name, kind.event("session", "challenged"));
        let payload = payload.to_string();
        assert!(
            !payload.contains(digits) && !payload.contains("eturn"),
            "{payload}"
        );
        kind.check(&server, &session, digits).succeeds();
    }
    let events = json!(server.session_events(id)).to_string();
    assert!(events.contains("urlTmpl"), "{events}");
}

#[test]
fn who_has_codes_as_a_factor_needs_two_factors_to_be_a_bearer() {
    for kind in KINDS {
        let server = TestServer::configured(|config| {
            config.policy.login.second_factors = vec![kind.route.to_owned()];
        });
        let human = reachable(&server, "mini");
        let session = server.logged_in(&human);
        let target = format!("/v2/users/{}", human.id);
        let call = |token: &str| server.bearer(token).get(&target);
        call(&session.token).succeeds();
        let path = format!("/v2/users/{}/{}", human.id, kind.route);
        server.admin().post(&path, &json!({})).succeeds();
        call(&session.token).fails(7, "AUTHZ-Kl3p0", "mfa required");
        let answer = kind.ask(&server, &session);
        call(&answer.str("/sessionToken")).fails(7, "AUTHZ-Kl3p0", "mfa required");
        let token = kind
            .check(&server, &session, &kind.code(&answer))
            .str("/sessionToken");
        call(&token).succeeds();
        // The code alone is one factor.
        let only_code = server.session(&of_user(&human));
        let code = kind.asked(&server, &only_code);
        let token = kind.check(&server, &only_code, &code).str("/sessionToken");
        call(&token).fails(7, "AUTHZ-Kl3p0", "mfa required");
    }
}

#[test]
fn the_older_package_asks_for_codes_and_checks_them_as_well() {
    for kind in KINDS {
        let server = TestServer::start();
        let human = with_factors(&server, "mini");
        let mut body = of_user(&human);
        body["challenges"] = kind.returned();
        let client = server.login_client();
        let answer = client.post("/v2beta/sessions", &body);
        let mut expected = server.created(4);
        expected["challenges"] = json!({ kind.name: kind.code(&answer) });
        answer.is(201, &expected);
        let path = format!("/v2beta/sessions/{}", answer.str("/sessionId"));
        let body = json!({ "checks": { kind.name: { "code": kind.code(&answer) } } });
        client.patch(&path, &body).ok(&server.changed(6));
    }
}
