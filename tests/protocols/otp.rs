//! One-time codes of every kind from setting up to login, through every protocol.

use serde_json::{Value, json};

use crate::calls::{
    ADD_HUMAN_USER, ADD_OTP_EMAIL, ADD_OTP_SMS, CREATE_SESSION, GENERATE_RECOVERY_CODES,
    GET_SESSION, LIST_METHODS, Procedure, REMOVE_OTP_EMAIL, REMOVE_OTP_SMS, REMOVE_RECOVERY_CODES,
    SET_SESSION,
};
use crate::helpers::TestServer;
use crate::outcome::{Outcome, Sent, Way, call};
use crate::wire::headers;

/// The calls of a login page in one protocol.
pub(crate) struct Login<'a> {
    pub(crate) server: &'a TestServer,
    pub(crate) way: Way,
}

impl Login<'_> {
    fn call(&self, who: &str, procedure: Procedure, message: Value) -> Outcome {
        let bearer = headers(&[("authorization", &format!("Bearer {who}"))]);
        let sent = Sent::Message(message);
        call(self.server, self.way, procedure, &bearer, &sent)
    }

    #[track_caller]
    pub(crate) fn ok(&self, procedure: Procedure, message: Value) -> Value {
        let [_, login] = self.server.first_tokens();
        self.answered(login, procedure, message)
    }

    #[track_caller]
    pub(crate) fn ok_as_admin(&self, procedure: Procedure, message: Value) -> Value {
        let [admin, _] = self.server.first_tokens();
        self.answered(admin, procedure, message)
    }

    #[track_caller]
    fn answered(&self, who: &str, procedure: Procedure, message: Value) -> Value {
        let outcome = self.call(who, procedure, message);
        let Outcome::Answered(answer) = outcome else {
            panic!("{:?}: {}: {outcome:?}", self.way, procedure.path);
        };
        answer
    }

    #[track_caller]
    pub(crate) fn fails(&self, procedure: Procedure, message: Value, code: u8, id: &str) {
        let [_, login] = self.server.first_tokens();
        let outcome = self.call(login, procedure, message);
        let id = format!("({id})");
        let expected = matches!(
            &outcome,
            Outcome::Failed { code: found, message, .. } if *found == code && message.ends_with(&id)
        );
        assert!(expected, "{:?}: {outcome:?}", self.way);
    }
}

#[test]
fn codes_are_set_up_used_and_removed_in_every_protocol() {
    for way in Way::ALL {
        let server = TestServer::start();
        let login = Login {
            server: &server,
            way,
        };
        let human = json!({
            "username": "mini",
            "profile": { "givenName": "Mini", "familyName": "Mouse" },
            "email": { "email": "mini@mouse.com", "isVerified": true },
            "phone": { "phone": "+41791234567", "isVerified": true },
        });
        let user = login.ok(ADD_HUMAN_USER, human)["userId"].clone();
        let of_user = json!({ "userId": user });
        for (add, id) in [
            (ADD_OTP_SMS, "COMMAND-Ad3g2"),
            (ADD_OTP_EMAIL, "COMMAND-MKL2s"),
        ] {
            login.ok(add, of_user.clone());
            login.fails(add, of_user.clone(), 6, id);
        }
        let request = json!({ "userId": user, "count": 2 });
        let made = login.ok(GENERATE_RECOVERY_CODES, request);
        let request = json!({ "userId": user, "count": 11 });
        login.fails(GENERATE_RECOVERY_CODES, request, 3, "COMMAND-7c0nx");
        let methods = login.ok(LIST_METHODS, of_user.clone());
        assert_eq!(
            methods["authMethodTypes"],
            json!([
                "AUTHENTICATION_METHOD_TYPE_OTP_SMS",
                "AUTHENTICATION_METHOD_TYPE_OTP_EMAIL",
                "AUTHENTICATION_METHOD_TYPE_RECOVERY_CODE",
            ])
        );

        let asked = json!({
            "checks": { "user": of_user },
            "challenges": { "otpSms": { "returnCode": true }, "otpEmail": { "returnCode": {} } },
        });
        let session = login.ok(CREATE_SESSION, asked);
        let codes = &session["challenges"];
        let checked = json!({
            "sessionId": session["sessionId"],
            "checks": {
                "otpSms": { "code": codes["otpSms"] },
                "otpEmail": { "code": codes["otpEmail"] },
                "recoveryCode": { "code": made["recoveryCodes"][0] },
            },
        });
        login.ok(SET_SESSION, checked.clone());
        login.fails(SET_SESSION, checked, 9, "COMMAND-S34gh");
        let again = json!({
            "sessionId": session["sessionId"],
            "checks": { "recoveryCode": { "code": made["recoveryCodes"][0] } },
        });
        login.fails(SET_SESSION, again, 3, "DOMAIN-6uvh0");
        let read = login.ok(GET_SESSION, json!({ "sessionId": session["sessionId"] }));
        let factors = &read["session"]["factors"];
        for factor in ["otpSms", "otpEmail", "recoveryCode"] {
            assert!(factors[factor]["verifiedAt"].is_string(), "{factors}");
        }

        for (remove, code, id) in [
            (REMOVE_OTP_SMS, 5, "COMMAND-Sr3h3"),
            (REMOVE_OTP_EMAIL, 5, "COMMAND-b312D"),
            (REMOVE_RECOVERY_CODES, 3, "COMMAND-84rgg"),
        ] {
            login.ok(remove, of_user.clone());
            login.fails(remove, of_user.clone(), code, id);
        }
    }
}
