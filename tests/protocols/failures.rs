//! Budgets of failures: the refusal is the same in every protocol, with when to come again.

use serde_json::json;

use crate::calls::{CREATE_SESSION, GET_SESSION, Procedure};
use crate::helpers::TestServer;
use crate::outcome::{Outcome, Sent, Way, call, exchange, outcome};
use crate::wire::{Headers, headers};

fn server() -> TestServer {
    TestServer::configured(|config| {
        config.policy.failures.per_address_and_user = 3;
        config.policy.failures.tokens_per_address = 3;
        config.policy.tarpit.step_size = 0;
        config.server.trusted_proxies = vec!["127.0.0.1".to_owned()];
    })
}

fn code(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Answered(_) => 0,
        Outcome::Failed { code, .. } => *code,
    }
}

fn refused(id: &str, text: &str) -> Outcome {
    Outcome::Failed {
        code: 8,
        message: format!("{text} ({id})"),
        detail: Some(json!({ "zitadel.v1.ErrorDetail": { "id": id, "message": text } })),
    }
}

/// Calls, each way from an address of its own, until the budget is used up, and once more.
#[track_caller]
fn exhausts(
    server: &TestServer,
    procedure: Procedure,
    bearer: &str,
    sent: impl Fn(&str) -> Sent,
    expected: (u8, &Outcome, &str),
) {
    let (wrong, refusal, wait) = expected;
    for (number, way) in (1..).zip(Way::ALL) {
        let address = format!("192.0.2.{number}");
        let given: Headers = headers(&[
            ("authorization", &format!("Bearer {bearer}")),
            ("x-forwarded-for", &address),
        ]);
        let sent = sent(&address);
        for _ in 0..3 {
            assert_eq!(code(&call(server, way, procedure, &given, &sent)), wrong);
        }
        let reply = exchange(server, way, procedure, &given, &sent);
        assert_eq!(outcome(way, procedure, &reply), *refusal, "{way:?}");
        assert_eq!(reply.header("retry-after"), Some(wait), "{way:?} {reply:?}");
    }
}

#[test]
fn failed_checks_are_refused_in_every_protocol() {
    let server = server();
    let human = server.human("mini");
    let [_, login] = server.first_tokens();
    let text = "Too many failed attempts from this address, try again later";
    let sent = |address: &str| {
        Sent::Message(json!({
            "checks": { "user": { "userId": human.id }, "password": { "password": "wrong" } },
            "userAgent": { "ip": address },
        }))
    };
    let refusal = refused("BTZ-Fa1ls", text);
    exhausts(&server, CREATE_SESSION, login, sent, (3, &refusal, "180"));
}

#[test]
fn wrong_tokens_are_refused_in_every_protocol() {
    let server = server();
    let text = "Too many wrong tokens from this address, try again later";
    let sent = |_: &str| Sent::Message(json!({ "sessionId": "1" }));
    let refusal = refused("BTZ-Fa1lt", text);
    exhausts(&server, GET_SESSION, "nonsense", sent, (16, &refusal, "1"));
}
