//! Passkeys and security keys from registration to login, through every protocol.

use serde_json::{Value, json};

use crate::calls::{
    CREATE_SESSION, LIST_FACTORS, LIST_METHODS, LIST_PASSKEYS, PASSKEY_LINK, Procedure,
    REGISTER_PASSKEY, REGISTER_U2F, REMOVE_PASSKEY, REMOVE_U2F, SET_SESSION, VERIFY_PASSKEY,
    VERIFY_U2F,
};
use crate::helpers::TestServer;
use crate::helpers::keys::{DOMAIN, Key, ask};
use crate::outcome::{Outcome, Sent, Way, call};
use crate::wire::headers;

/// The calls of one protocol in the name of a login page.
struct Page<'a> {
    server: &'a TestServer,
    way: Way,
}

impl Page<'_> {
    fn call(&self, procedure: Procedure, message: Value) -> Outcome {
        let [_, login] = self.server.first_tokens();
        let bearer = headers(&[("authorization", &format!("Bearer {login}"))]);
        call(
            self.server,
            self.way,
            procedure,
            &bearer,
            &Sent::Message(message),
        )
    }

    #[track_caller]
    fn ok(&self, procedure: Procedure, message: Value) -> Value {
        match self.call(procedure, message) {
            Outcome::Answered(answer) => answer,
            failed @ Outcome::Failed { .. } => {
                panic!("{:?}: {}: {failed:?}", self.way, procedure.path)
            }
        }
    }

    #[track_caller]
    fn fails(&self, procedure: Procedure, message: Value, code: u8, id: &str) {
        let outcome = self.call(procedure, message);
        let Outcome::Failed {
            code: found,
            message,
            ..
        } = &outcome
        else {
            panic!("{:?}: {}: {outcome:?}", self.way, procedure.path);
        };
        assert!(
            *found == code && message.ends_with(&format!("({id})")),
            "{:?}: {outcome:?}",
            self.way
        );
    }
}

#[test]
fn keys_are_registered_used_and_removed_in_every_protocol() {
    for way in Way::ALL {
        let server = TestServer::start();
        let page = Page {
            server: &server,
            way,
        };
        let human = server.human("mini");
        let of = |more: Value| {
            let mut request = json!({ "userId": human.id });
            let fields = request.as_object_mut().unwrap();
            fields.extend(more.as_object().unwrap().clone());
            request
        };
        // With the code of a link, as a login page does; the host names the domain.
        let link = page.ok(PASSKEY_LINK, of(json!({ "returnCode": {} })));
        let opened = page.ok(REGISTER_PASSKEY, of(json!({ "code": link["code"] })));
        let options = &opened["publicKeyCredentialCreationOptions"];
        // What the tests ask for in `Host`, and over HTTP/2 in `:authority`.
        let host = if way == Way::Grpc {
            "service.test"
        } else {
            "localhost"
        };
        assert_eq!(options["publicKey"]["rp"]["id"], host, "{way:?}");
        page.fails(
            REGISTER_PASSKEY,
            of(json!({ "code": link["code"] })),
            3,
            "COMMAND-Eeb2a",
        );

        let mut passkey = Key::passkey();
        let opened = page.ok(REGISTER_PASSKEY, of(json!({ "domain": DOMAIN })));
        let answer = passkey.create(&opened["publicKeyCredentialCreationOptions"]);
        let verify = of(json!({
            "passkeyId": opened["passkeyId"],
            "passkeyName": "phone",
            "publicKeyCredential": answer,
        }));
        let mut nonsense = verify.clone();
        nonsense["publicKeyCredential"] = json!({ "a": [1.5, null, true, {}] });
        page.fails(VERIFY_PASSKEY, nonsense, 3, "WEBAU-sEr8c");
        page.ok(VERIFY_PASSKEY, verify);
        let listed = page.ok(LIST_PASSKEYS, of(json!({})));
        assert_eq!(listed["result"][0]["name"], "phone", "{way:?}");
        let methods = page.ok(LIST_METHODS, of(json!({})));
        assert_eq!(
            methods["authMethodTypes"],
            json!([
                "AUTHENTICATION_METHOD_TYPE_PASSKEY",
                "AUTHENTICATION_METHOD_TYPE_PASSWORD",
            ])
        );

        let mut request = ask("REQUIRED");
        request["checks"] = json!({ "user": { "userId": human.id } });
        let session = page.ok(CREATE_SESSION, request);
        let options = &session["challenges"]["webAuthN"]["publicKeyCredentialRequestOptions"];
        let check = json!({
            "sessionId": session["sessionId"],
            "checks": { "webAuthN": { "credentialAssertionData": passkey.sign(options) } },
        });
        page.ok(SET_SESSION, check.clone());
        page.fails(SET_SESSION, check, 9, "COMMAND-Ioqu5");
        let removed = of(json!({ "passkeyId": opened["passkeyId"] }));
        page.ok(REMOVE_PASSKEY, removed.clone());
        page.fails(REMOVE_PASSKEY, removed, 5, "COMMAND-DAfb2");

        let opened = page.ok(REGISTER_U2F, of(json!({ "domain": DOMAIN })));
        let answer = Key::security_key().create(&opened["publicKeyCredentialCreationOptions"]);
        page.ok(
            VERIFY_U2F,
            of(json!({
                "u2fId": opened["u2fId"],
                "tokenName": "key ring",
                "publicKeyCredential": answer,
            })),
        );
        let factors = page.ok(LIST_FACTORS, of(json!({})));
        assert_eq!(factors["result"][0]["u2f"]["name"], "key ring", "{way:?}");
        page.ok(REMOVE_U2F, of(json!({ "u2fId": opened["u2fId"] })));
    }
}
