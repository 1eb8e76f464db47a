//! Too many failures of one address, through every protocol.

use serde_json::json;

use crate::calls::CREATE_SESSION;
use crate::helpers::TestServer;
use crate::outcome::{Outcome, Sent, Way, exchange, outcome};
use crate::wire::headers;

#[test]
fn every_protocol_says_that_it_is_enough_and_when_to_come_again() {
    for way in Way::ALL {
        let server = TestServer::configured(|config| {
            config.policy.failures.per_address_and_user = 2;
            config.policy.tarpit.step_size = 0;
            config.server.trusted_proxies = vec!["127.0.0.1".to_owned()];
        });
        let human = server.human("mini");
        let [_, login] = server.first_tokens();
        let bearer = headers(&[("authorization", &format!("Bearer {login}"))]);
        let wrong = Sent::Message(json!({
            "checks": { "user": { "userId": human.id }, "password": { "password": "wrong" } },
            "userAgent": { "ip": "192.0.2.1" },
        }));
        let call = || exchange(&server, way, CREATE_SESSION, &bearer, &wrong);
        for _ in 0..2 {
            let judged = outcome(way, CREATE_SESSION, &call());
            assert!(
                matches!(judged, Outcome::Failed { code: 3, .. }),
                "{way:?}: {judged:?}"
            );
        }
        let reply = call();
        assert_eq!(reply.header("retry-after"), Some("180"), "{way:?}");
        let text = "Too many failed attempts from this address, try again later";
        let expected = Outcome::Failed {
            code: 8,
            message: format!("{text} (BTZ-Fa1ls)"),
            detail: Some(json!({
                "zitadel.v1.ErrorDetail": { "id": "BTZ-Fa1ls", "message": text },
            })),
        };
        assert_eq!(outcome(way, CREATE_SESSION, &reply), expected, "{way:?}");
    }
}
