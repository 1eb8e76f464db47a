//! The whole day of a login page, through every protocol: somebody registers, sets everything up, logs
//! in with each combination, loses the phone, forgets the password, is locked out and let in again.

use std::collections::BTreeMap;

use bartizan::config::Config;
use bartizan::domain::policy::SecondFactor;
use serde_json::{Value, json};

use crate::calls::{
    ADD_HUMAN_USER, ADD_OTP_EMAIL, ADD_OTP_SMS, CREATE_SESSION, GENERATE_RECOVERY_CODES,
    GET_SESSION, GET_USER, LIST_METHODS, PASSWORD_RESET, REGISTER_PASSKEY, REGISTER_TOTP,
    REGISTER_U2F, SET_PASSWORD, SET_PHONE, SET_SESSION, UNLOCK_USER, VERIFY_EMAIL, VERIFY_PASSKEY,
    VERIFY_PHONE, VERIFY_TOTP, VERIFY_U2F,
};
use crate::helpers::keys::{DOMAIN, Key, ask};
use crate::helpers::letters::{take, to_folder};
use crate::helpers::{Authenticator, PASSWORD, TestServer};
use crate::otp::Login;
use crate::outcome::{Outcome, Sent, Way, call};
use crate::wire::headers;

const NEW_PASSWORD: &str = "An0ther-Secret!";
const ATTEMPTS: u32 = 3;

fn settings(config: &mut Config) {
    to_folder(config);
    config.policy.lockout.max_password_attempts = ATTEMPTS;
    config.policy.login.second_factors = SecondFactor::ALL
        .iter()
        .map(|factor| factor.name().to_owned())
        .collect();
}

/// Somebody who has set up everything that there is.
struct Somebody<'a> {
    page: &'a Login<'a>,
    id: String,
    app: Authenticator,
    passkey: Key,
    security_key: Key,
    recovery: Vec<String>,
}

fn code(server: &TestServer) -> Value {
    take(server)["args"]["code"].clone()
}

impl<'a> Somebody<'a> {
    /// Registers, proves address and number, and sets every factor up.
    fn new(page: &'a Login<'a>) -> Self {
        let server = page.server;
        let added = page.ok_as_admin(
            ADD_HUMAN_USER,
            json!({
                "username": "mini",
                "profile": { "givenName": "Mini", "familyName": "Mouse" },
                "email": { "email": "mini@mouse.com", "sendCode": {} },
                "password": { "password": PASSWORD },
            }),
        );
        let id = added["userId"].as_str().unwrap().to_owned();
        let of = |more: Value| {
            let mut request = json!({ "userId": id });
            let fields = request.as_object_mut().unwrap();
            fields.extend(more.as_object().unwrap().clone());
            request
        };
        let given = |code: Value| of(json!({ "verificationCode": code }));
        page.ok(VERIFY_EMAIL, given(code(server)));
        page.ok(
            SET_PHONE,
            of(json!({ "phone": "+41791234567", "sendCode": {} })),
        );
        page.ok(VERIFY_PHONE, given(code(server)));

        let secret = page.ok(REGISTER_TOTP, of(json!({})));
        let app = Authenticator::with(secret["secret"].as_str().unwrap());
        page.ok(VERIFY_TOTP, of(json!({ "code": app.code(server) })));

        let mut passkey = Key::passkey();
        let opened = page.ok(REGISTER_PASSKEY, of(json!({ "domain": DOMAIN })));
        let answer = passkey.create(&opened["publicKeyCredentialCreationOptions"]);
        let verify = json!({
            "passkeyId": opened["passkeyId"],
            "passkeyName": "phone",
            "publicKeyCredential": answer,
        });
        page.ok(VERIFY_PASSKEY, of(verify));
        let mut security_key = Key::security_key();
        let opened = page.ok(REGISTER_U2F, of(json!({ "domain": DOMAIN })));
        let answer = security_key.create(&opened["publicKeyCredentialCreationOptions"]);
        let verify = json!({
            "u2fId": opened["u2fId"],
            "tokenName": "key ring",
            "publicKeyCredential": answer,
        });
        page.ok(VERIFY_U2F, of(verify));
        page.ok(ADD_OTP_SMS, of(json!({})));
        page.ok(ADD_OTP_EMAIL, of(json!({})));
        let mut somebody = Self {
            page,
            id,
            app,
            passkey,
            security_key,
            recovery: Vec::new(),
        };
        somebody.write_codes_down();
        somebody
    }

    fn of(&self, more: &Value) -> Value {
        let mut request = json!({ "userId": self.id });
        let fields = request.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        request
    }

    fn write_codes_down(&mut self) {
        let made = self
            .page
            .ok(GENERATE_RECOVERY_CODES, self.of(&json!({ "count": 10 })));
        let codes = made["recoveryCodes"].as_array().unwrap().iter();
        self.recovery = codes
            .map(|code| code.as_str().unwrap().to_owned())
            .collect();
    }

    /// Opens a session and proves these, each in a call of its own; gives its token.
    fn log_in(&mut self, password: &str, factors: &[Factor]) -> String {
        let (page, server) = (self.page, self.page.server);
        // No code of the app works twice.
        server.clock.advance_seconds(90);
        let user = json!({ "checks": { "user": { "userId": self.id } } });
        let mut session = page.ok(CREATE_SESSION, user);
        let id = session["sessionId"].clone();
        for factor in factors {
            let checks = match factor {
                Factor::Password => json!({ "password": { "password": password } }),
                Factor::Totp => json!({ "totp": { "code": self.app.code(server) } }),
                Factor::Sms | Factor::Email => {
                    let name = if *factor == Factor::Sms {
                        "otpSms"
                    } else {
                        "otpEmail"
                    };
                    page.ok(
                        SET_SESSION,
                        json!({ "sessionId": id, "challenges": { name: {} } }),
                    );
                    json!({ name: { "code": code(server) } })
                }
                Factor::Recovery => {
                    if self.recovery.is_empty() {
                        self.write_codes_down();
                    }
                    json!({ "recoveryCode": { "code": self.recovery.pop() } })
                }
                Factor::SecurityKey | Factor::Passkey => {
                    let (requirement, key) = if *factor == Factor::Passkey {
                        ("REQUIRED", &mut self.passkey)
                    } else {
                        ("DISCOURAGED", &mut self.security_key)
                    };
                    let mut request = ask(requirement);
                    request["sessionId"] = id.clone();
                    let asked = page.ok(SET_SESSION, request);
                    let options =
                        &asked["challenges"]["webAuthN"]["publicKeyCredentialRequestOptions"];
                    json!({ "webAuthN": { "credentialAssertionData": key.sign(options) } })
                }
            };
            session = page.ok(SET_SESSION, json!({ "sessionId": id, "checks": checks }));
        }
        let read = page.ok(GET_SESSION, json!({ "sessionId": id }));
        let mut proven: Vec<_> = factors.iter().map(|factor| factor.shown()).collect();
        proven.push("user");
        proven.sort_unstable();
        let shown = read["session"]["factors"].as_object().unwrap();
        let shown: BTreeMap<_, _> = shown.iter().collect();
        assert_eq!(
            shown.into_keys().collect::<Vec<_>>(),
            proven,
            "{:?}",
            page.way
        );
        session["sessionToken"].as_str().unwrap().to_owned()
    }

    /// Whether a session token may act as its user.
    fn is_bearer(&self, token: &str) -> bool {
        let bearer = headers(&[("authorization", &format!("Bearer {token}"))]);
        let sent = Sent::Message(json!({ "userId": self.id }));
        match call(self.page.server, self.page.way, GET_USER, &bearer, &sent) {
            Outcome::Answered(_) => true,
            Outcome::Failed { code, message, .. } => {
                assert_eq!(code, 7, "{message}");
                assert!(message.ends_with("(AUTHZ-Kl3p0)"), "{message}");
                false
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Factor {
    Password,
    Totp,
    Sms,
    Email,
    Recovery,
    SecurityKey,
    Passkey,
}

impl Factor {
    /// All but the passkey, which takes the place of the security key.
    const WITHOUT_PASSKEY: [Self; 6] = [
        Self::Password,
        Self::Totp,
        Self::Sms,
        Self::Email,
        Self::Recovery,
        Self::SecurityKey,
    ];

    /// How a session shows it.
    const fn shown(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Totp => "totp",
            Self::Sms => "otpSms",
            Self::Email => "otpEmail",
            Self::Recovery => "recoveryCode",
            Self::SecurityKey | Self::Passkey => "webAuthN",
        }
    }
}

#[test]
fn somebody_goes_through_a_whole_day_in_every_protocol() {
    for way in Way::ALL {
        let server = TestServer::configured(settings);
        let page = Login {
            server: &server,
            way,
        };
        let mut somebody = Somebody::new(&page);
        let methods = page.ok(LIST_METHODS, somebody.of(&json!({})));
        assert_eq!(
            methods["authMethodTypes"].as_array().unwrap().len(),
            7,
            "{way:?}"
        );

        for (factors, enough) in [
            (&[][..], false),
            (&[Factor::Password], false),
            (&[Factor::Password, Factor::Totp], true),
            (&[Factor::Password, Factor::Sms], true),
            (&[Factor::Password, Factor::Email], true),
            (&[Factor::Password, Factor::Recovery], true),
            (&[Factor::Password, Factor::SecurityKey], true),
            (&[Factor::Passkey], true),
        ] {
            let token = somebody.log_in(PASSWORD, factors);
            assert_eq!(somebody.is_bearer(&token), enough, "{way:?} {factors:?}");
        }

        // The password is forgotten.
        page.ok(PASSWORD_RESET, somebody.of(&json!({ "sendLink": {} })));
        let letter = take(&server);
        let given = letter["args"]["code"].clone();
        let link = letter["templateData"]["url"].as_str().unwrap();
        assert!(link.contains(given.as_str().unwrap()), "{link}");
        let reset = somebody.of(&json!({
            "newPassword": { "password": NEW_PASSWORD },
            "verificationCode": given,
        }));
        page.ok(SET_PASSWORD, reset.clone());
        page.fails(SET_PASSWORD, reset, 9, "COMMAND-2M9fs");
        let token = somebody.log_in(NEW_PASSWORD, &[Factor::Password, Factor::Totp]);
        assert!(somebody.is_bearer(&token), "{way:?}");

        // Somebody else guesses, and nobody gets in until it is unlocked.
        let with = |password: &str| {
            json!({ "checks": {
                "user": { "userId": somebody.id },
                "password": { "password": password },
            } })
        };
        for _ in 0..ATTEMPTS {
            page.fails(CREATE_SESSION, with(PASSWORD), 3, "COMMAND-3M0fs");
        }
        page.fails(CREATE_SESSION, with(NEW_PASSWORD), 9, "SESSION-Gj4ko");
        page.ok_as_admin(UNLOCK_USER, somebody.of(&json!({})));
        let token = somebody.log_in(NEW_PASSWORD, &[Factor::Password, Factor::SecurityKey]);
        assert!(somebody.is_bearer(&token), "{way:?}");
    }
}

/// The rule of spec session-service.md section 7.3 for somebody with second factors: two of any kind,
/// or a passkey whose user was verified.
#[test]
fn a_session_is_a_bearer_with_two_factors_or_a_passkey_in_every_combination() {
    let server = TestServer::configured(settings);
    let page = Login {
        server: &server,
        way: Way::ConnectBinary,
    };
    let mut somebody = Somebody::new(&page);
    for chosen in 0_u32..1 << Factor::WITHOUT_PASSKEY.len() {
        let factors: Vec<_> = (0..)
            .zip(Factor::WITHOUT_PASSKEY)
            .filter_map(|(bit, factor)| (chosen >> bit & 1 == 1).then_some(factor))
            .collect();
        let token = somebody.log_in(PASSWORD, &factors);
        let enough = factors.len() >= 2;
        assert_eq!(somebody.is_bearer(&token), enough, "{factors:?}");
        if !factors.contains(&Factor::SecurityKey) {
            let mut with_passkey = factors.clone();
            with_passkey.push(Factor::Passkey);
            let token = somebody.log_in(PASSWORD, &with_passkey);
            assert!(somebody.is_bearer(&token), "{with_passkey:?}");
        }
    }
}
